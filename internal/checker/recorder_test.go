package checker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// listener feeds a recorder, whose clock stands where the test sets it.
type listener struct {
	*testing.T
	*Recorder
	clock float64
}

func newListener(t *testing.T) *listener {
	l := &listener{T: t}
	l.Recorder = NewRecorder(func() time.Time { return at(l.clock) }, 0)
	return l
}

func (l *listener) hear(stream, field, message string) {
	l.Helper()
	if err := l.Hear(stream, json.RawMessage(fmt.Sprintf(`{"%s":%s}`, field, message))); err != nil {
		l.Fatal(err)
	}
}

func (l *listener) presence(kind, agent, base, cause string, since float64, more string) {
	l.Helper()
	l.hear(PresenceStream, "agentPresence", fmt.Sprintf(`{"type":"%s","cursor":"%s/%g"%s,"agentId":"%s","presence":{"base":"%s","cause":"%s","changedAt":"%s","signedIn":%t}}`,
		kind, kind, since, more, agent, base, cause, at(since).Format(time.RFC3339Nano), base != offline))
}

func atField(when float64) string { return `,"at":"` + at(when).Format(time.RFC3339Nano) + `"` }

// A presence that is told at a start has held since the server says; what was before is not known (PR-9, EV-1).
func TestRecordsPresences(t *testing.T) {
	l := newListener(t)
	l.presence("STATE", "ag_a", "AVAILABLE", signIn, 5, "")
	l.presence("STATE", "ag_b", offline, "CREATED", 1, "")
	l.hear(PresenceStream, "agentPresence", `{"type":"READY","cursor":"ready"}`)
	l.presence("CHANGED", "ag_b", "AVAILABLE", signIn, 10, atField(10))
	l.presence("CHANGED", "ag_a", "BUSY", manual, 12, atField(12))
	l.presence("CHANGED", "ag_a", "BUSY", workTaken, 12, atField(13)) // the same, but computed from now on
	if got := l.Cursor(PresenceStream); got != "CHANGED/12" {
		t.Errorf("resumes behind %v", got)
	}
	l.clock = 18 // a quiet time, in which nothing was missed
	l.Cut(PresenceStream)
	l.Closed(PresenceStream)
	l.presence("STATE", "ag_b", "AWAY", manual, 20, "")    // went, came back and chose, perhaps
	l.presence("STATE", "ag_a", "BUSY", workTaken, 12, "") // told again, unchanged
	l.hear(PresenceStream, "agentPresence", `{"type":"READY","cursor":"again"}`)
	l.hear(PresenceStream, "agentPresence", `{"type":"REMOVED","agentId":"ag_b","presence":null`+atField(30)+`}`)
	want := []PresenceChange{
		{Span: Span{time.Time{}, at(5)}, Agent: "ag_a", Base: "AVAILABLE", SignedIn: true, Cause: signIn, More: true},
		{Span: At(at(10)), Agent: "ag_b", Base: "AVAILABLE", SignedIn: true, Cause: signIn},
		{Span: At(at(12)), Agent: "ag_a", Base: "BUSY", SignedIn: true, Cause: manual},
		{Span: At(at(13)), Agent: "ag_a", Base: "BUSY", SignedIn: true, Cause: workTaken},
		{Span: Span{at(17), at(20)}, Agent: "ag_b", Base: "AWAY", SignedIn: true, Cause: manual, More: true},
		{Span: Span{at(30), at(35)}, Agent: "ag_a", Base: "BUSY", SignedIn: true, Cause: manual, More: true},
		{Span: At(at(35)), Agent: "ag_a", Base: "AVAILABLE", SignedIn: true, Cause: manual},
	}
	l.clock = 40 // chosen while nobody listened, though shown as before
	l.presence("STATE", "ag_a", "BUSY", manual, 12, "")
	l.presence("CHANGED", "ag_a", "AVAILABLE", manual, 35, atField(35)) // by a clock that is behind
	if got := l.Log().Presence; !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v\nwant     %+v", got, want)
	}
	if l.hear(PresenceStream, "agentPresence", `{"type":"RESET"}`); l.Cursor(PresenceStream) != nil {
		t.Errorf("after RESET resumes behind %v", l.Cursor(PresenceStream))
	}
}

func (l *listener) item(kind, change, queue, contact string, priority int, more string) {
	l.Helper()
	l.hear(ItemStream, "workItems", fmt.Sprintf(`{"type":"%s","change":"%s"%s,"workItem":{"id":"wi_1","queueId":"%s","contactId":"%s","priority":%d,"withoutPreferred":false,"createdAt":"%s"}}`,
		kind, change, more, queue, contact, priority, at(2).Format(time.RFC3339Nano)))
}

// Two items that are taken in one instant can give two presences of one cause: both are heard, in their order (PR-4, PR-9).
func TestRecordsPresencesOfOneInstant(t *testing.T) {
	l := newListener(t)
	l.presence("STATE", "ag_a", "AVAILABLE", signIn, 5, "")
	l.hear(PresenceStream, "agentPresence", `{"type":"READY","cursor":"ready"}`)
	l.presence("CHANGED", "ag_a", busy, workTaken, 10, atField(10))
	l.presence("CHANGED", "ag_a", doNotDisturb, workTaken, 10, atField(10))
	var heard []string
	for _, c := range l.Log().Presence[1:] {
		heard = append(heard, c.Base)
	}
	if want := []string{busy, doNotDisturb}; !reflect.DeepEqual(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
}

// What people change of items is told with its instant; after an interruption only that it differs (WS-6, EV-1).
func TestRecordsWorkByHand(t *testing.T) {
	l := newListener(t)
	l.hear(ItemStream, "workItems", `{"type":"READY"}`)
	l.item("CHANGED", "CREATED", "qu_1", "ct_1", 0, atField(2))
	l.item("CHANGED", "DECIDED", "qu_1", "ct_1", 0, atField(2))
	l.item("CHANGED", "LEFT_QUEUE", "qu_2", "ct_1", 0, atField(5))
	l.item("CHANGED", "TRANSFERRED", "qu_2", "ct_1", 0, atField(5))
	l.item("CHANGED", "PRIORITY_CHANGED", "qu_2", "ct_1", 7, atField(6))
	l.item("CHANGED", "CONTACT_UNLINKED", "qu_2", "ct_2", 7, atField(7))
	l.item("CHANGED", "CONTACT_LINKED", "qu_2", "ct_2", 7, atField(7))
	l.Closed(ItemStream)
	l.clock = 20
	l.item("STATE", "", "qu_1", "ct_2", 7, "")
	one, two := Placement{"qu_1", "ct_1", 0, false}, Placement{"qu_2", "ct_1", 0, false}
	urgent, linked, back := Placement{"qu_2", "ct_1", 7, false}, Placement{"qu_2", "ct_2", 7, false}, Placement{"qu_1", "ct_2", 7, false}
	want := []ItemChange{
		{At(at(5)), "wi_1", "TRANSFERRED", one, two, false}, {At(at(6)), "wi_1", "PRIORITY_CHANGED", two, urgent, false},
		{At(at(7)), "wi_1", "CONTACT_LINKED", urgent, linked, false}, {Span{at(7), at(20)}, "wi_1", "", linked, back, true},
	}
	if got := l.Contacts(); !reflect.DeepEqual(got, []string{"ct_1", "ct_2"}) {
		t.Errorf("items were of %v", got)
	}
	if got := l.Log().Items; !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v\nwant     %+v", got, want)
	}
}

// An agent's own stream ends where the driver says, with what was still on its way (EV-1).
func TestRecordsOffers(t *testing.T) {
	l := newListener(t)
	l.clock = 3
	l.hear("ag_a", "agentOffers", `{"type":"STATE","offer":{"id":"of_1","agentId":"ag_a","state":"OPEN"}}`)
	l.hear("ag_a", "agentOffers", `{"type":"READY","cursor":"c"}`)
	l.clock = 9
	l.Cut("ag_a")
	l.hear("ag_a", "agentOffers", `{"type":"CHANGED","offer":{"id":"of_1","agentId":"ag_a","state":"MISSED"}`+atField(8)+`}`)
	l.clock = 10
	l.Closed("ag_a")
	want := []Stream{{"ag_a", at(3), at(9), []StreamMessage{{"of_1", "ag_a", open, time.Time{}}, {"of_1", "ag_a", missed, at(8)}}}}
	if got := l.Log().Streams; !reflect.DeepEqual(got, want) {
		t.Errorf("recorded %+v\nwant     %+v", got, want)
	}
	l.Answered(Answer{Done: accepted, Sent: at(4)})
	l.Unanswered(Answer{Done: rejected, Sent: at(5)})
	l.Restarted(Span{at(6), at(7)})
	l.Member(MemberChange{At(at(8)), "qu_1", "ag_a", true})
	if got := l.Log(); !got.Answers[0].Acknowledged.Equal(at(10)) || !got.Answers[1].Acknowledged.IsZero() || len(got.Restarts) != 1 || len(got.Members) != 1 {
		t.Errorf("recorded %+v", got)
	}
	for _, bad := range []string{`7`, `{}`, `{"a":{},"b":{}}`, `{"a":{"cursor":"c"}}`} {
		if l.Hear("ag_a", json.RawMessage(bad)) == nil {
			t.Errorf("%s was taken for a message", bad)
		}
	}
}

// told answers with what the test says, in turns; each is the answer to one document.
type told []string

func (t *told) Query(_ context.Context, _ string, _ map[string]any, into any) error {
	next := (*t)[0]
	if *t = (*t)[1:]; next == "" {
		return errors.New("nobody answers")
	}
	return json.Unmarshal([]byte(next), into)
}

// Settings are read before and after a change: the server tells when, or it was between asking and the answer.
func TestRecordsSettings(t *testing.T) {
	contact := func(second int, own, row string) string {
		return fmt.Sprintf(`{"contact":{"id":"ct_1","updatedAt":"2026-01-05T09:00:%02dZ","routingPolicy":{%s},"preferredAgents":%s}}`, second, own, row)
	}
	l := newListener(t)
	around := func(id string, answers told, failed error) error {
		l.clock = 10
		return l.Around(t.Context(), &answers, id, func() error { l.clock = 20; return failed })
	}
	row := func(second int, agent string) string {
		return fmt.Sprintf(`{"updatedAt":"2026-01-05T09:00:%02dZ","entries":[{"agentId":"%s"}]}`, second, agent)
	}
	stream := func(second, units int, own string) string {
		return fmt.Sprintf(`{"workstream":{"id":"ws_1","capacityUnits":%d,"routingPolicy":{%s},"updatedAt":"2026-01-05T09:00:%02dZ"}}`, units, own, second)
	}
	members := `{"item":{"list":{"nodes":[{"id":"ag_c"}],"pageInfo":{}}}}`
	refused := errors.New("refused")
	for _, err := range []error{
		around("ct_1", told{contact(1, "", row(1, "ag_a")), contact(1, "", row(15, "ag_b"))}, nil),
		around("ct_1", told{contact(1, "", row(1, "ag_b")), contact(16, `"enabled":true`, "null")}, nil),
		around("ag_a", told{`{"agent":{"id":"ag_a","capacityUnits":2,"queues":[{"id":"qu_1"}]}}`, `{"agent":null}`}, nil),
		around("ag_b", told{`{"agent":{"id":"ag_b","capacityUnits":2}}`, `{"agent":{"id":"ag_b","capacityUnits":2}}`}, nil),
		around("ws_1", told{stream(1, 1, ""), stream(17, 1, `"enabled":true`)}, nil),
		around("ws_1", told{stream(17, 1, ""), stream(18, 2, "")}, nil),
		around("qu_2", told{`{"queue":{"id":"qu_2","priority":4,"assignmentMethod":"ROUND_ROBIN"}}`, members, `{"queue":null}`}, nil),
		around(OrganizationID, told{`{"organization":{"routingPolicy":{}}}`, `{"organization":{"routingPolicy":{"enabled":true},"updatedAt":"2026-01-05T09:00:19Z"}}`}, nil),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := around("ag_b", told{`{"agent":{"id":"ag_b","capacityUnits":2}}`, ""}, refused); !errors.Is(err, refused) {
		t.Errorf("a change that fails: %v", err)
	}
	between, enabled := Span{at(10), at(20)}, true
	got := l.Log()
	if want := []Change[[]string]{{At(at(15)), "ct_1", []string{"ag_a"}, []string{"ag_b"}}, {between, "ct_1", []string{"ag_b"}, nil}}; !reflect.DeepEqual(got.Rows, want) {
		t.Errorf("rows %+v, want %+v", got.Rows, want)
	}
	on := ScopePolicy{Enabled: &enabled}
	if want := []Change[ScopePolicy]{{At(at(16)), "ct_1", ScopePolicy{}, on}, {At(at(17)), "ws_1", ScopePolicy{}, on}, {At(at(19)), OrganizationID, ScopePolicy{}, on}}; !reflect.DeepEqual(got.Policies, want) {
		t.Errorf("policies %+v, want %+v", got.Policies, want)
	}
	if want := []Change[*Queue]{{between, "qu_2", &Queue{"qu_2", 4, roundRobin, nil}, nil}}; !reflect.DeepEqual(got.Queues, want) {
		t.Errorf("queues %+v, want %+v", got.Queues, want)
	}
	if ws := got.Workstreams; len(ws) != 1 || ws[0].Span != At(at(18)) || ws[0].Before.CapacityUnits != 1 || ws[0].After.CapacityUnits != 2 {
		t.Errorf("workstreams %+v", ws)
	}
	if want := []MemberChange{{between, "qu_1", "ag_a", false}, {between, "qu_2", "ag_c", false}}; !reflect.DeepEqual(got.Members, want) {
		t.Errorf("members %+v, want %+v", got.Members, want)
	}
	a, b := new(agent("ag_a", 2)), new(agent("ag_b", 2))
	if want := []Change[*Agent]{{between, "ag_a", a, nil}, {Span{at(10), at(10).AddDate(100, 0, 0)}, "ag_b", b, b}}; !reflect.DeepEqual(got.Agents, want) {
		t.Errorf("agents %+v, want %+v", got.Agents, want)
	}
	if l.Around(t.Context(), &told{}, "of_1", nil) == nil {
		t.Error("an offer was taken for settings")
	}
	l.hear(PresenceStream, "agentPresence", `{"type":"REMOVED","agentId":"ag_a"`+atField(12)+`}`)
	if got := l.Log().Agents[0].Span; got != At(at(12)) {
		t.Errorf("deleted within %v, but the stream tells when", got)
	}
}
