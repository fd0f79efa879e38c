package play

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/internal/apitest"
	"rapport/internal/client"
	"rapport/internal/servertest"
)

// theatre is a server with a fast clock and a small centre: two agents in one queue, a queue where nobody is, a contact who prefers the first
// agent.
type theatre struct {
	t    *testing.T
	url  string
	http *client.HTTP

	ann, bob, desk, nobody, chat, cases, orphans, contact, speaks string
}

// speed is that of the theatre's clock: at 50 a second of the story is 20 ms.
const speed = 50 / servertest.Slowness

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	th := &theatre{t: t, url: apitest.Serve(t, apitest.Fast(t, speed)).URL + "/graphql"}
	th.http = client.New(th.url, 4)
	th.ann = th.make("createAgent", `name: "Ann", capacityUnits: 9`, "agent")
	th.bob = th.make("createAgent", `name: "Bob", capacityUnits: 9`, "agent")
	th.desk = th.make("createQueue", `name: "Desk"`, "queue")
	th.nobody = th.make("createQueue", `name: "Nobody's"`, "queue")
	th.do(fmt.Sprintf(`mutation { addQueueMembers(input: {queueId: %q, agentIds: [%q, %q]}) { queue { id } } }`, th.desk, th.ann, th.bob))
	stream := func(name, channel, queue string) string {
		return th.make("createWorkstream", fmt.Sprintf(`name: %q, channel: %s, queueId: %q, offerSeconds: 30`, name, channel, queue), "workstream")
	}
	th.chat, th.cases, th.orphans = stream("Chat", "CHAT", th.desk), stream("Cases", "CASE", th.desk), stream("Calls", "VOICE", th.nobody)
	th.contact = th.make("createContact", `fullName: "Carla"`, "contact")
	th.do(fmt.Sprintf(`mutation { setPreferredAgents(input: {contactId: %q, agentIds: [%q]}) { preferredAgents { version } } }`, th.contact, th.ann))
	th.do(`mutation { updateRoutingPolicy(input: {scopeId: "or_1", enabled: true}) { organization { id } } }`)
	return th
}

func (th *theatre) do(document string) map[string]map[string]map[string]any {
	th.t.Helper()
	var got map[string]map[string]map[string]any
	if err := th.http.Do(context.Background(), "", document, nil, &got); err != nil {
		th.t.Fatal(err)
	}
	return got
}

func (th *theatre) make(mutation, input, noun string) string {
	th.t.Helper()
	got := th.do(fmt.Sprintf(`mutation { %s(input: {%s}) { %s { id } } }`, mutation, input, noun))
	return got[mutation][noun]["id"].(string) //nolint:forcetypeassert // an ID!
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// story is a day in which each item has one fate.
func (th *theatre) story() *Day {
	item := func(at float64, reference, stream, contact string, patience float64) Item {
		return Item{At: seconds(at), Reference: reference, Workstream: stream, Contact: contact, Work: seconds(20), Patience: seconds(patience)}
	}
	return &Day{
		Temperaments: []Temperament{{Agent: th.ann, Accept: 100, Think: seconds(4)}, {Agent: th.bob, Accept: 100, Think: seconds(4)}},
		Moves: []Move{
			{0, th.ann, SignIn}, {0, th.bob, SignIn}, {seconds(60), th.ann, Away}, {seconds(100), th.bob, Busy}, {seconds(101), th.bob, Available},
			{seconds(130), th.bob, Drop}, {seconds(135), th.bob, SignIn}, {seconds(200), th.bob, SignOut},
		},
		Items: []Item{
			item(20, "liked", th.chat, th.contact, 300), item(25, "anybody's", th.chat, "", 0), item(80, "second best", th.chat, th.contact, 0),
			item(90, "left", th.cases, th.contact, 0), item(95, "lost", th.orphans, "", 30), item(110, "handed over", th.orphans, "", 0),
			item(120, "cut off", th.chat, "", 0),
		},
		Orders: []Order{
			{seconds(140), "handed over", assign, th.ann}, {seconds(150), "anybody's", pick, th.bob}, {seconds(155), "left", setPriority, "3"},
		},
	}
}

// TestPlay: each item has the fate that the story has for it, the report says so, and the journal has what led to it.
func TestPlay(t *testing.T) {
	th := newTheatre(t)
	var journal bytes.Buffer
	var brought, closed int
	day := th.story()
	r, err := Play(context.Background(), day, Options{URL: th.url, Journal: &journal, Progress: func(b, c int) { brought, closed = b, c }})
	if err != nil {
		t.Fatal(err)
	}
	a := r.All
	want := Figures{
		Channel: "all", Items: 7, Preferred: 1, FellBack: 1, NoPreference: 2, ByHand: 1, GaveUp: 1, LeftUnassigned: 1, Waited: 3,
		MedianWaitSeconds: a.MedianWaitSeconds, P95WaitSeconds: a.P95WaitSeconds, Offers: 4, Accepted: 4,
	}
	a.waits = nil
	if fmt.Sprint(a) != fmt.Sprint(want) {
		t.Errorf("it came to\n%+v, want\n%+v", a, want)
	}
	// Who thinks for 2 to 6 seconds is waited for so long; the item that was assigned by hand waited for 30.
	if a.MedianWaitSeconds < 2 || a.MedianWaitSeconds > 15 || a.P95WaitSeconds < 29 || a.P95WaitSeconds > 45 {
		t.Errorf("waits %v and %v", a.MedianWaitSeconds, a.P95WaitSeconds)
	}
	if r.ByHand != 2 || r.TooLate != 1 || r.ClockSpeed != speed || len(r.Channels) != 3 || r.Channels[0].Channel != "CASE" {
		t.Errorf("the report is %+v", r)
	}
	if brought != 7 || closed == 0 {
		t.Errorf("progress ended at %d brought and %d closed", brought, closed)
	}
	th.checkJournal(&journal)
	var out strings.Builder
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "left unassigned") || strings.Count(out.String(), "\n") != 6 {
		t.Errorf("%v, printed\n%s", err, &out)
	}
	// The next time everything is brought anew, though the references are the same.
	if r, err := Play(context.Background(), &Day{Temperaments: day.Temperaments, Moves: day.Moves[:2], Items: day.Items[:2]}, Options{URL: th.url}); err != nil || r.All.Items != 2 {
		t.Errorf("again: %+v, %v", r, err)
	}
}

func (th *theatre) checkJournal(journal *bytes.Buffer) {
	th.t.Helper()
	count := map[string]int{}
	for line := range strings.Lines(journal.String()) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			th.t.Fatalf("the journal has %s: %v", line, err)
		}
		count[e.Did+e.Heard+e.Refused]++
		if e.Did != "" && (e.Sent == nil || e.Answered == nil || e.Answered.Before(*e.Sent)) || e.Did == "" && e.Heard == "" {
			th.t.Errorf("the journal has %s", line)
		}
	}
	want := map[string]int{
		"CREATED": 7, "ACCEPTED": 8, "COMPLETED": 5, "CANCELLED": 1, "ASSIGN": 1, "PICKCONFLICT/WORK_ITEM_CLOSED": 1, "PRIORITY": 1,
		"OPEN": 4, "AWAY": 1, "BUSY": 1, "AVAILABLE": 1, "SIGN_OUT": 1, "READY": 3, "CLOSED": 3,
	}
	for what, n := range want {
		if count[what] != n {
			th.t.Errorf("the journal has %d of %s, want %d", count[what], what, n)
		}
	}
	if len(count) != len(want) {
		th.t.Errorf("the journal has %v", count)
	}
}

// TestTemperaments: whoever rejects or misses everything takes nothing, and the customer gives up.
func TestTemperaments(t *testing.T) {
	th := newTheatre(t)
	d := &Day{
		Temperaments: []Temperament{{Agent: th.ann, Reject: 100, Think: seconds(2)}, {Agent: th.bob, Miss: 100}},
		Moves:        []Move{{0, th.ann, SignIn}, {0, th.bob, SignIn}},
		Items:        []Item{{At: seconds(10), Reference: "unloved", Workstream: th.chat, Contact: th.contact, Work: seconds(5), Patience: seconds(60)}},
	}
	r, err := Play(context.Background(), d, Options{URL: th.url})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.All; a.GaveUp != 1 || a.Offers != 2 || a.Rejected != 1 || a.Missed != 1 {
		t.Errorf("it came to %+v", a)
	}
}

// TestPlayStops: at the first thing that nobody expected, and when it is interrupted.
func TestPlayStops(t *testing.T) {
	th := newTheatre(t)
	d := th.story()
	d.Items[1].Workstream = "ws_01900000-0000-7000-8000-00000000dead"
	if _, err := Play(context.Background(), d, Options{URL: th.url}); client.Refused(err) != "BAD_USER_INPUT" || !strings.Contains(err.Error(), "anybody's") {
		t.Errorf("with a workstream that is none: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := Play(ctx, th.story(), Options{URL: th.url}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := Play(context.Background(), th.story(), Options{URL: "http://127.0.0.1:1/graphql"}); err == nil {
		t.Error("without a server it played")
	}
}

// TestPercentile: the nearest rank.
func TestPercentile(t *testing.T) {
	var list []time.Duration
	for n := 1; n <= 20; n++ {
		list = append(list, time.Duration(n)*time.Second)
	}
	for _, c := range []struct {
		of      int
		percent int
		want    float64
	}{{0, 50, 0}, {1, 50, 1}, {1, 95, 1}, {2, 50, 1}, {3, 50, 2}, {20, 95, 19}, {20, 50, 10}, {19, 95, 19}} {
		if got := percentile(list[:c.of], c.percent); got != c.want {
			t.Errorf("%d %% of 1 to %d: %v, want %v", c.percent, c.of, got, c.want)
		}
	}
}
