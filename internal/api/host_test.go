package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestLoopbackOnly: whoever reaches the server under another name is a page that was led here.
func TestLoopbackOnly(t *testing.T) {
	handler := loopbackOnly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"localhost": 204, "LOCALHOST": 204, "localhost:8080": 204, "127.0.0.1:8080": 204, "127.9.9.9": 204, "[::1]:8080": 204, "[::1]": 204,
		"evil.example": 421, "evil.example:8080": 421, "localhost.evil.example:8080": 421, "127.0.0.1.evil.example": 421,
		"192.168.0.1:8080": 421, "0.0.0.0:8080": 421, "": 421, "[]": 421, "[": 421,
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}
