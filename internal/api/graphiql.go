package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// The console may load from this server only, talk to this server only, and be framed by nobody. Styles may stand in the page because
// the editor (Monaco) writes its themes there.
const consolePolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const indexPage = "index.html"

// asset is one file of the console in memory.
type asset struct {
	body   []byte // gzipped if zipped
	zipped bool
	kind   string // Content-Type
	tag    string // ETag, of the body
}

// console serves GraphiQL from the bundle in web/dist. It is an http.Handler for / and /assets/.
type console struct {
	assets map[string]asset // by path without the first slash
	built  bool
}

// newConsole reads the bundle: index.html and assets/, which may be there as NAME.gz. Without a bundle, or when it can't be read, / says
// where the API is and how to get the console.
func newConsole(tree fs.FS, built bool) *console {
	c := &console{assets: map[string]asset{}}
	if !built {
		return c
	}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name != indexPage && !strings.HasPrefix(name, "assets/") {
			return err
		}
		body, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		plain, zipped := strings.CutSuffix(name, ".gz")
		c.assets[plain] = asset{body: body, zipped: zipped, kind: contentType(plain), tag: fmt.Sprintf(`"%x"`, sha256.Sum256(body))}
		return nil
	})
	_, there := c.assets[indexPage]
	c.built = err == nil && there
	return c
}

// contentType does not ask the system's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".ttf":
		return "font/ttf"
	case ".woff2":
		return "font/woff2"
	default:
		return "application/octet-stream"
	}
}

// ServeHTTP answers GET and HEAD. A client that does not ask for HTML, such as curl, gets / as plain text.
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", consolePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if r.URL.Path != "/" {
		c.serveAsset(w, r, strings.TrimPrefix(r.URL.Path, "/"))
		return
	}
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Accept")
	switch html := accepts(r, "Accept", "text/html"); {
	case !html && c.built:
		writeText(w, "text/plain; charset=utf-8", aboutAPI+"A console for browsers is at this same address.\n")
	case !html:
		writeText(w, "text/plain; charset=utf-8", aboutAPI+howToBuild)
	case !c.built:
		writeText(w, "text/html; charset=utf-8", pageWithoutConsole)
	default:
		send(w, r, c.assets[indexPage])
	}
}

// serveAsset serves what has its content's hash in its name, so that it may be kept for ever.
func (c *console) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	a, ok := c.assets[name]
	if !ok || name == indexPage {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	send(w, r, a)
}

func send(w http.ResponseWriter, r *http.Request, a asset) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	body, tag := a.body, a.tag
	if a.zipped {
		h.Add("Vary", "Accept-Encoding")
		if accepts(r, "Accept-Encoding", "gzip") {
			h.Set("Content-Encoding", "gzip")
		} else { // hardly anybody: it is unpacked for each
			var err error
			if body, err = unzip(body); err != nil {
				h.Del("Cache-Control")
				http.Error(w, "the console's bundle is broken", http.StatusInternalServerError)
				return
			}
			tag = strings.TrimSuffix(tag, `"`) + `-plain"`
		}
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func unzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// accepts tells whether a list such as "text/html, text/*;q=0.5" names exactly this, and not with q=0. Wildcards don't count: they are
// what clients send who don't care.
func accepts(r *http.Request, header, what string) bool {
	for _, line := range r.Header.Values(header) {
		for _, part := range strings.Split(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(name), what) {
				continue
			}
			q, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !found || err == nil && weight > 0
		}
	}
	return false
}

func writeText(w http.ResponseWriter, kind, text string) {
	w.Header().Set("Content-Type", kind)
	_, _ = io.WriteString(w, text) // the client may be gone
}

const (
	aboutAPI = "Rapport\n\nGraphQL over HTTP POST and WebSocket (graphql-transport-ws): /graphql\nIts schema: /schema.graphql\n" +
		"Health: /healthz /readyz /metrics\n\n"
	howToBuild = "This server was built without its console for browsers. To have it, with Node 20.19 or later:\n" +
		"  make web        (or, in web/: npm ci && npm run build)\nand then build and start the server again.\n"
	pageWithoutConsole = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rapport</title>
<link rel="icon" href="data:,">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42em; margin: 3em auto; padding: 0 1em }
code { padding: 0 .3em; border: 1px solid #8886; border-radius: 4px }
</style>
<h1>Rapport</h1>
<p>The GraphQL API is at <code>/graphql</code>: HTTP POST, and WebSocket (graphql-transport-ws) for subscriptions.
Its schema is at <a href="/schema.graphql">/schema.graphql</a>.
<p>Health: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a>.
<h2>The console</h2>
<p>This server was built without its console (GraphiQL). To have it here, with Node 20.19 or later, run <code>make web</code>, or
<code>npm ci &amp;&amp; npm run build</code> in the folder <code>web/</code>, and then build and start the server again.
</html>
`
)
