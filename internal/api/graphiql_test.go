package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "console.log('a console');"

func bundle(t *testing.T) fstest.MapFS {
	t.Helper()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>Console</title>")},
		"placeholder.txt":       {Data: []byte("nothing")},
		"assets/main-1a.js.gz":  {Data: zipped.Bytes()},
		"assets/font-2b.ttf":    {Data: []byte("a font")},
		"assets/strange-3c.xyz": {Data: []byte("?")},
	}
}

// ask sends a request; headers are pairs.
func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

// TestConsole: the page is asked for again each time, assets never, and nothing of it may load from elsewhere.
func TestConsole(t *testing.T) {
	c := newConsole(bundle(t), true)
	for _, want := range []struct {
		path, accept, encoding       string
		code                         int
		body, kind, caching, encoded string
	}{
		{"/", browser, "gzip", 200, "<title>Console", "text/html; charset=utf-8", "no-cache", ""},
		{"/", "*/*", "", 200, "/graphql", "text/plain; charset=utf-8", "no-cache", ""},
		{"/", "text/html;q=0", "", 200, "/graphql", "text/plain; charset=utf-8", "no-cache", ""},
		{"/assets/main-1a.js", "*/*", "", 200, script, "text/javascript; charset=utf-8", "immutable", ""},
		{"/assets/main-1a.js", "*/*", "br, gzip;q=0", 200, script, "text/javascript; charset=utf-8", "immutable", ""},
		{"/assets/main-1a.js", "*/*", "br, gzip;q=0.5", 200, "\x1f\x8b", "text/javascript; charset=utf-8", "immutable", "gzip"},
		{"/assets/font-2b.ttf", "*/*", "gzip", 200, "a font", "font/ttf", "immutable", ""},
		{"/assets/strange-3c.xyz", "*/*", "gzip", 200, "?", "application/octet-stream", "immutable", ""},
		{"/assets/gone.js", "*/*", "gzip", 404, "not found", "text/plain; charset=utf-8", "", ""},
		{"/assets/", "*/*", "gzip", 404, "not found", "text/plain; charset=utf-8", "", ""},
		{"/placeholder.txt", "*/*", "gzip", 404, "not found", "text/plain; charset=utf-8", "", ""},
		{"/index.html", browser, "gzip", 404, "not found", "text/plain; charset=utf-8", "", ""},
	} {
		w := ask(c, "GET", want.path, "Accept", want.accept, "Accept-Encoding", want.encoding)
		h := w.Header()
		if w.Code != want.code || !strings.Contains(w.Body.String(), want.body) || h.Get("Content-Type") != want.kind ||
			h.Get("Content-Encoding") != want.encoded || !strings.Contains(h.Get("Cache-Control"), want.caching) ||
			want.code != 200 && h.Get("Cache-Control") != "" {
			t.Errorf("%s, %s, %s: %d %v %.60q", want.path, want.accept, want.encoding, w.Code, h, w.Body)
		}
		if policy := h.Get("Content-Security-Policy"); h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s: %v", want.path, h)
		}
	}
}

// TestConsoleIsNotSentTwice: who has the page or an asset already is told so, and the two encodings of an asset are told apart.
func TestConsoleIsNotSentTwice(t *testing.T) {
	c := newConsole(bundle(t), true)
	seen := map[string]bool{}
	for _, headers := range [][]string{
		{"/", "Accept", browser},
		{"/assets/main-1a.js", "Accept-Encoding", "gzip"},
		{"/assets/main-1a.js", "Accept-Encoding", "identity"},
		{"/assets/font-2b.ttf", "Accept-Encoding", "gzip"},
	} {
		path, rest := headers[0], headers[1:]
		tag := ask(c, "GET", path, rest...).Header().Get("ETag")
		if len(tag) < 20 || seen[tag] {
			t.Errorf("%v: the tag %q is short or another's", headers, tag)
		}
		seen[tag] = true
		if w := ask(c, "GET", path, append(rest, "If-None-Match", tag)...); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%v: %d %q", headers, w.Code, w.Body)
		}
		if w := ask(c, "GET", path, append(rest, "If-None-Match", `"other"`)...); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%v: %d %q", headers, w.Code, w.Body)
		}
	}
}

// TestWithoutConsole: a server without the bundle is no error. It says where the API is and how to get the console.
func TestWithoutConsole(t *testing.T) {
	incomplete := bundle(t)
	delete(incomplete, "index.html")
	for name, c := range map[string]*console{
		"not built": newConsole(fstest.MapFS{"placeholder.txt": {}}, false), "without its page": newConsole(incomplete, true),
	} {
		for accept, kind := range map[string]string{browser: "text/html; charset=utf-8", "*/*": "text/plain; charset=utf-8", "": "text/plain; charset=utf-8"} {
			w := ask(c, "GET", "/", "Accept", accept)
			if w.Code != 200 || w.Header().Get("Content-Type") != kind {
				t.Errorf("%s, %q: %d %v", name, accept, w.Code, w.Header())
			}
			for _, want := range []string{"/graphql", "make web", "npm ci", "npm run build", "Node 20.19", "start the server again"} {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s, %q: there is no %q in %s", name, accept, want, w.Body)
				}
			}
			if strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe-eval") {
				t.Errorf("%s: %v", name, w.Header())
			}
		}
	}
}

// TestBrokenBundle: what can't be unpacked is an error of ours, not half a script.
func TestBrokenBundle(t *testing.T) {
	tree := bundle(t)
	tree["assets/main-1a.js.gz"] = &fstest.MapFile{Data: []byte("no gzip")}
	w := ask(newConsole(tree, true), "GET", "/assets/main-1a.js")
	if w.Code != http.StatusInternalServerError || w.Header().Get("Cache-Control") != "" {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
}
