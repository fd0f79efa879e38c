package api

import (
	"net"
	"net/http"
	"strings"

	"rapport/engine"
	"rapport/internal/loopback"
)

// loopbackOnly answers requests only that name a loopback address as their host. A page of somebody else whose name was made to lead here (DNS
// rebinding) names its own: without this it could do everything that the development mode lets its user do.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.Is(hostname(r.Host)) {
			refuse(w, accepted(r), http.StatusMisdirectedRequest, engine.CodeForbidden,
				"in development mode this server answers under localhost, 127.0.0.1 or [::1] only")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostname is the host of a Host header, without its port and brackets.
func hostname(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return host
	}
	if inner, bracketed := strings.CutPrefix(header, "["); bracketed && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return header
}
