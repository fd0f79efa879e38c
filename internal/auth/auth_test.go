package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"rapport/engine"
)

const (
	ann = "ag_01900000-0000-7000-8000-000000000001"
	bob = "ag_01900000-0000-7000-8000-000000000002"
)

var asAnn = engine.Actor{ID: "agent:" + ann, AgentID: ann}

func request(header string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	if header != "" {
		r.Header.Set(Header, header)
	}
	return r
}

// bad are ids that are none; a principal's name must not become anything a client likes.
var bad = []string{
	"ann", "ag_", "ag_1", "ct_01900000-0000-7000-8000-000000000001", "AG_01900000-0000-7000-8000-000000000001", ann + " ", " " + ann, ann + "0",
	"ag_01900000-0000-7000-8000-00000000000G", "ag_01900000-0000-7000-8000-00000000000A", "ag_01900000x0000-7000-8000-000000000001", "system", "developer",
	"agent:" + ann, "ag_01900000-0000-7000-8000-00000000000\n",
}

func TestFromRequest(t *testing.T) {
	if a, err := FromRequest(request("")); err != nil || a != Developer {
		t.Errorf("nobody: %+v %v", a, err)
	}
	if a, err := FromRequest(request(ann)); err != nil || a != asAnn {
		t.Errorf("Ann: %+v %v", a, err)
	}
	for _, id := range bad {
		if a, err := FromRequest(request(id)); !errors.Is(err, ErrBadActor) || a != (engine.Actor{}) {
			t.Errorf("%q: %+v %v", id, a, err)
		}
	}
	if n := len(asAnn.ID); n > 80 {
		t.Errorf("the principal has %d bytes, more than the database keeps", n)
	}
}

func TestFromInit(t *testing.T) {
	for _, c := range []struct {
		name, header string
		payload      map[string]any
		want         engine.Actor
		bad          bool
	}{
		{"neither", "", nil, Developer, false},
		{"an empty payload", "", map[string]any{}, Developer, false},
		{"the payload", "", map[string]any{Param: ann}, asAnn, false},
		{"the header", ann, map[string]any{"other": bob}, asAnn, false},
		{"the payload counts before the header", bob, map[string]any{Param: ann}, asAnn, false},
		{"null is no actor", ann, map[string]any{Param: nil}, asAnn, false},
		{"an empty actor", ann, map[string]any{Param: ""}, Developer, false},
		{"a number", ann, map[string]any{Param: 1.0}, engine.Actor{}, true},
		{"a list", "", map[string]any{Param: []any{ann}}, engine.Actor{}, true},
		{"an object", "", map[string]any{Param: map[string]any{"id": ann}}, engine.Actor{}, true},
		{"a bad header", "ann", nil, engine.Actor{}, true},
		{"a bad header behind a good payload", "ann", map[string]any{Param: ann}, asAnn, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := FromInit(request(c.header), c.payload)
			if got != c.want || errors.Is(err, ErrBadActor) != c.bad || !c.bad && err != nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	for _, id := range bad {
		if a, err := FromInit(request(""), map[string]any{Param: id}); !errors.Is(err, ErrBadActor) || a != (engine.Actor{}) {
			t.Errorf("%q: %+v %v", id, a, err)
		}
	}
}

func TestContext(t *testing.T) {
	if a := Actor(context.Background()); a != (engine.Actor{}) {
		t.Errorf("without one: %+v", a)
	}
	ctx := With(With(context.Background(), Developer), asAnn)
	if a := Actor(ctx); a != asAnn {
		t.Errorf("%+v", a)
	}
}
