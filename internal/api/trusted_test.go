package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"rapport/internal/api/documents"
	"rapport/internal/config"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// trustedFile writes a file of trusted documents.
func trustedFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trusted.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const two = "query A { organization { id } } query B { organization { version } }"

// newTrustingStage runs only: smallest by a name and by its hash, two, and a subscription.
func newTrustingStage(t *testing.T) *stage {
	s := newStage(t)
	text, err := json.Marshal(map[string]string{"org": smallest, "sha256:" + hashOf(smallest): smallest, "two": two, hashOf(offers): offers})
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := ReadTrusted(trustedFile(t, string(text)), config.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	params := graphql.RawParams{}
	documents.Attach(&params, documents.Extra{ID: "org", Given: true})
	if document, refusal := trusted.Choose(&params); refusal != nil || params.Query != smallest || len(document.Operations) != 1 {
		t.Fatalf("org is %+v, %v", params, refusal)
	}
	s.api = New(Options{
		Writer: s.writer, Reader: s.reader, Metrics: NewMetrics(func() (int, int) { return 3, 5 }), Bus: s.bus,
		Log: slog.New(slog.NewTextHandler(s.log, nil)), Trusted: trusted,
	})
	return s
}

// answered tells how a request over HTTP and the same on a socket were answered: "data", or the code of the error. They must agree.
func (s *stage) answered(request string) string {
	s.Helper()
	_, text := s.send(http.MethodPost, "/graphql", request, "Content-Type", "application/json")
	code := func(errs []any) string {
		return fmt.Sprint(errs[0].(map[string]any)["extensions"].(map[string]any)["code"])
	}
	var r map[string]any
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
	overHTTP := "data"
	if errs, failed := r["errors"].([]any); failed {
		overHTTP = code(errs)
	}
	c := s.dial("")
	c.send(map[string]any{"id": "x", "type": "subscribe", "payload": json.RawMessage(request)})
	onSocket := ""
	switch m := c.next(); m["type"] {
	case "next":
		onSocket = "data"
	case "error":
		onSocket = code(m["payload"].([]any))
	case "closed": // a message that is not one of the protocol, where HTTP has a refusal
		onSocket = "BAD_USER_INPUT"
	}
	if onSocket != overHTTP {
		s.Errorf("%s: %s over HTTP, %s on the socket", request, overHTTP, onSocket)
	}
	return overHTTP
}

// TestTrusted: only what is listed is run, by its id, by its hash, or by its very text.
func TestTrusted(t *testing.T) {
	s := newTrustingStage(t)
	hashed := func(hash, more string) string {
		return `{` + more + `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}}`
	}
	const refused = "DOCUMENT_NOT_TRUSTED"
	for request, want := range map[string]string{
		`{"documentId":"org"}`:                                      "data",
		`{"documentId":"sha256:` + hashOf(smallest) + `"}`:          "data",
		`{"documentId":"two","operationName":"B"}`:                  "data",
		`{"documentId":"two"}`:                                      "GRAPHQL_VALIDATION_FAILED", // which of the two?
		`{"query":"` + smallest + `"}`:                              "data",
		`{"query":"` + smallest + `","documentId":"org"}`:           "data",
		hashed(hashOf(smallest), ""):                                "data",
		hashed("sha256:"+hashOf(smallest), ""):                      "data",
		hashed(strings.ToUpper(hashOf(smallest)), ""):               "data",
		hashed(hashOf(smallest), `"query":"`+smallest+`",`):         "data",
		`{"documentId":null,"query":"` + smallest + `"}`:            "data",
		`{"documentId":"org2"}`:                                     refused,
		`{"documentId":""}`:                                         refused,
		`{"documentId":"` + hashOf(smallest) + `"}`:                 refused, // its id has sha256: before it
		`{"query":"` + smallest + ` "}`:                             refused,
		`{"query":"{ organization { version } }"}`:                  refused,
		`{"query":"{"}`:                                             refused, // nothing is parsed that is not listed
		`{"query":"` + two + `","documentId":"org"}`:                refused,
		hashed(hashOf(two), ""):                                     refused, // its id is no hash
		hashed("org", ""):                                           refused,
		hashed(hashOf(smallest), `"query":"{ __typename }",`):       refused,
		`{"extensions":{"documentId":"org"},"query":"{ server }"}`:  refused,
		`{"extensions":{"rapport":{"ID":"org"}},"query":"{ a }"}`:   refused,
		`{"documentId":7}`:                                          "BAD_USER_INPUT",
		`{"variables":{}}`:                                          "BAD_USER_INPUT",
		`{"DocumentID":"org","QUERY":"` + smallest + `","query":7}`: "BAD_USER_INPUT",
	} {
		if got := s.answered(request); got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
	c := s.dial(string(ann))
	c.send(map[string]any{"id": "x", "type": "subscribe", "payload": map[string]any{"documentId": hashOf(offers), "variables": map[string]any{"a": ann}}})
	if got := c.message(); got != "READY <nil> <nil>" {
		t.Errorf("a subscription says %s", got)
	}
}

// TestNotTrusting: without a list, an id is refused and a hash beside the text is nobody's concern.
func TestNotTrusting(t *testing.T) {
	s := newStage(t)
	for request, want := range map[string]string{
		`{"documentId":"org"}`:                                                                             "BAD_USER_INPUT",
		`{"documentId":"org","query":"` + smallest + `"}`:                                                  "BAD_USER_INPUT",
		`{"extensions":{"persistedQuery":{"sha256Hash":"` + hashOf(smallest) + `"}}}`:                      "BAD_USER_INPUT",
		`{"extensions":{"persistedQuery":{"sha256Hash":"x"}},"query":"` + smallest + `"}`:                  "data",
		`{"extensions":{"rapport":{"Refusal":{},"Given":true},"documentId":7},"query":"` + smallest + `"}`: "data",
	} {
		if got := s.answered(request); got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}

// TestTrustedFiles: what is wrong with a file is said at the start, with the id and the reason, and the exit code of a bad configuration.
func TestTrustedFiles(t *testing.T) {
	many := `{"0":""` + repeated(10_000, func(i int) string { return fmt.Sprintf(`,"a%d":""`, i) }) + `}`
	for text, want := range map[string]string{
		"":                                "must be one JSON object",
		"[]":                              "must be one JSON object",
		`{"a":"{ __typename }"} {}`:       "stands behind it",
		`{"a":"{ __typename }"`:           "not JSON",
		`{}`:                              "1 to 10000 documents",
		many:                              "1 to 10000 documents",
		`{"a":7}`:                         `"a" must be a string`,
		`{"a":null}`:                      `"a" must be a string`,
		`{"":"{ __typename }"}`:           "its id is empty",
		`{"a":"{ id }","a":"{ id }"}`:     `has "a" twice`,
		`{"ok":"{ __typename }","a":"{"}`: `the document "a": input:1:2: Expected Name`,
		`{"a":""}`:                        "no operation provided",
		`{"a":"fragment a on Query { __typename }"}`:                    "no operation provided",
		`{"a":"{ nothing }"}`:                                           `the document "a": input:1:3: Cannot query field "nothing"`,
		`{"a":"{` + repeated(21, same(" organization { id }")) + ` }"}`: "more than 20 root fields",
		`{"a":"query ($n: Int! = 100) { queues(first: $n) { nodes { members(first: $n) { nodes { assignments(first: $n) { nodes { id } } } } } } }"}`: "has complexity",
		strings.Repeat(" ", 16<<20) + `{}`: "more than 16777216 bytes",
	} {
		_, err := ReadTrusted(trustedFile(t, text), config.DefaultLimits())
		var coded interface{ ExitCode() int }
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--trusted-documents") || !errors.As(err, &coded) || coded.ExitCode() != 2 {
			t.Errorf("%.80s: %v, want %s", text, err, want)
		}
	}
	if _, err := ReadTrusted(filepath.Join(t.TempDir(), "none.json"), config.DefaultLimits()); err == nil {
		t.Error("a file that is not there was read")
	}
	if all, err := ReadTrusted("", config.DefaultLimits()); all != nil || err != nil {
		t.Errorf("without the flag: %v, %v", all, err)
	}
}
