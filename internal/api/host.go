package api

import (
	"net"
	"net/http"
	"strings"

	"rapport/engine"
)

// loopbackOnly answers requests only that name a loopback address as their host. A page of somebody else whose name was made to lead here (DNS
// rebinding) names its own: without this it could do everything that the development mode lets its user do.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			refuse(w, accepted(r), http.StatusMisdirectedRequest, engine.CodeForbidden,
				"in development mode this server answers under localhost, 127.0.0.1 or [::1] only")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport // without a port
	}
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
