// Package day_test plays the hour of this folder on the real server, with the real command, and has the independent checker judge it.
package day_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"rapport/internal/checker"
	"rapport/internal/client"
	"rapport/internal/dbtest"
	"rapport/internal/play"
	"rapport/internal/servertest"
)

// defaultSpeed is how many times as fast the hour goes by, unless RAPPORT_DAY_SPEED says otherwise.
const defaultSpeed = 60

// TestDay plays the hour: on SQLite, with RAPPORT_DAY_MARIADB=1 on MariaDB. Every item has come to what an item can come to, customers reach the
// agents whom they know, and the checker finds no rule broken.
func TestDay(t *testing.T) {
	name, db := "SQLite", filepath.Join(t.TempDir(), "day.db")
	if os.Getenv("RAPPORT_DAY_MARIADB") != "" {
		name, db = "MariaDB", dbtest.Shared(t).NewDatabase(t)
	}
	t.Run(name, func(t *testing.T) { playDay(t, db) })
}

func playDay(t *testing.T, db string) {
	speed := defaultSpeed
	if text := os.Getenv("RAPPORT_DAY_SPEED"); text != "" {
		var err error
		if speed, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, db, speed)
	s.rapport("apply", "..", "--yes")
	s.listen()
	folder := t.TempDir()
	report, journal := filepath.Join(folder, "report.json"), filepath.Join(folder, "journal.jsonl")
	began := time.Now()
	printed := s.rapport("play", ".", "--json", report, "--journal", journal)
	t.Logf("%s for an hour at %d times the speed:\n%s", time.Since(began).Round(time.Second), speed, printed)
	checkReport(t, report)
	s.readJournal(journal)
	s.settle()
	s.check()
}

// stage is a server with the hour on it, and what is known of it.
type stage struct {
	t        *testing.T
	binary   string
	url      string
	http     *client.HTTP
	recorder *checker.Recorder
	// streams are those of agents that are open where the journal stands, closed the others.
	streams map[string]*checker.Stream
	closed  []checker.Stream
}

const patience = 30 * time.Second

func start(t *testing.T, db string, speed int) *stage {
	t.Helper()
	binary, err := servertest.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	address, err := servertest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	var log servertest.Output
	p, err := servertest.Config{
		Binary: binary, Address: address, DB: db, Flags: []string{"--clock-speed", strconv.Itoa(speed)}, Stdout: &log, Stderr: &log,
	}.Launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", servertest.Tail(log.String(), 40))
		}
	})
	if _, err := p.AwaitReady(patience); err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, binary: binary, url: "http://" + address + "/graphql", streams: map[string]*checker.Stream{}}
	s.http = client.New(s.url, 4)
	var got struct{ Server struct{ Now time.Time } }
	asked := time.Now()
	if err := s.http.Do(context.Background(), "", `{ server { now } }`, nil, &got); err != nil {
		t.Fatal(err)
	}
	here := asked.Add(time.Since(asked) / 2)
	now := func() time.Time { return got.Server.Now.Add(time.Since(here) * time.Duration(speed)) }
	s.recorder = checker.NewRecorder(now, float64(speed))
	return s
}

// rapport runs a command against the server and gives what it prints.
func (s *stage) rapport(command, folder string, flags ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.binary, append([]string{command, folder, "--url", s.url}, flags...)...)
	cmd.Env = servertest.Environment()
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		s.t.Fatalf("rapport %s: %v\n%s%s", command, err, out, failed.Stderr)
	} else if err != nil {
		s.t.Fatal(err)
	}
	return string(out)
}

// listen has the recorder hear what anybody may hear who observes: presences and items.
func (s *stage) listen() {
	s.t.Helper()
	socket, err := client.Dial(context.Background(), s.url, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(socket.Drop)
	for name, document := range map[string]string{checker.PresenceStream: checker.PresenceDocument, checker.ItemStream: checker.ItemsDocument} {
		stream, err := socket.Subscribe(document, client.Vars{"after": nil})
		if err != nil {
			s.t.Fatal(err)
		}
		ready := make(chan struct{})
		go s.hear(name, stream, ready)
		select {
		case <-ready:
		case <-time.After(patience):
			s.t.Fatalf("the stream of %s does not begin", name)
		}
	}
}

func (s *stage) hear(name string, stream *client.Subscription, ready chan struct{}) {
	for {
		var data json.RawMessage
		err := stream.Next(context.Background(), &data)
		if errors.Is(err, client.ErrClosed) {
			return // at the end
		}
		if err == nil {
			err = s.recorder.Hear(name, data)
		}
		if err != nil {
			s.t.Errorf("the stream of %s: %v", name, err)
			return
		}
		var m map[string]struct{ Type string }
		if err := json.Unmarshal(data, &m); err != nil {
			s.t.Error(err)
		}
		for _, field := range m {
			if field.Type == "READY" && ready != nil {
				close(ready)
				ready = nil
			}
		}
	}
}

// settle waits until all agents are gone for good, which is after their time for coming back.
func (s *stage) settle() {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var got struct {
			Agents struct {
				Nodes []struct {
					OpenOffers []struct{ ID string }
					Presence   struct{ SignedIn bool }
				}
			}
		}
		if err := s.http.Do(context.Background(), "", `{ agents(first: 100) { nodes { openOffers { id } presence { signedIn } } } }`, nil, &got); err != nil {
			s.t.Fatal(err)
		}
		busy := 0
		for _, a := range got.Agents.Nodes {
			if a.Presence.SignedIn || len(a.OpenOffers) > 0 {
				busy++
			}
		}
		if busy == 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d agents are not gone", busy)
		}
	}
}

// readJournal adds what the play's people asked for and were told.
func (s *stage) readJournal(name string) {
	s.t.Helper()
	f, err := os.Open(name)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was read only
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e play.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			s.t.Fatalf("the journal has %s: %v", lines.Text(), err)
		}
		if e.Did != "" {
			s.answered(e)
		} else {
			s.heard(e)
		}
	}
	if err := lines.Err(); err != nil {
		s.t.Fatal(err)
	}
}

// done are the checker's names of what the journal calls otherwise.
var done = map[string]string{
	"CREATED": "CREATED", "COMPLETED": "COMPLETED", "CANCELLED": "CANCELLED", "ACCEPTED": "ACCEPTED", "REJECTED": "REJECTED", "TRANSFER": "TRANSFERRED",
	"TRANSFER_WITHOUT_PREFERRED": "TRANSFERRED", "PRIORITY": "PRIORITY_CHANGED", "LINK": "CONTACT_LINKED", "ASSIGN": "ASSIGNED", "PICK": "PICKED",
}

func (s *stage) answered(e play.Entry) {
	a := checker.Answer{Done: done[e.Did], Offer: e.Offer, Item: e.Item, Agent: e.Agent, Sent: *e.Sent, Acknowledged: *e.Answered}
	switch e.Did {
	case "ACCEPTED", "REJECTED":
		a.Item = "" // the offer is enough
	case "ASSIGN", "PICK":
		a.Agent = e.To
	case "CREATED", "CANCELLED", "COMPLETED":
		a.Agent = ""
	}
	switch {
	case a.Done == "": // a presence: the stream tells
	case e.Refused == "":
		s.recorder.Answered(a)
	case e.Refused == "CONFLICT/OFFER_EXPIRED", e.Refused == "CONFLICT/OFFER_REVOKED":
		a.Done = "LATE"
		s.recorder.Answered(a)
	}
}

// heard adds to the agent's stream what it told.
func (s *stage) heard(e play.Entry) {
	stream := s.streams[e.Agent]
	if stream == nil {
		stream = &checker.Stream{Agent: e.Agent}
		s.streams[e.Agent] = stream
	}
	switch e.Heard {
	case "READY":
		stream.Ready = *e.At
	case "CLOSED":
		stream.Closing = *e.At
		s.closed = append(s.closed, *stream)
		delete(s.streams, e.Agent)
	default:
		m := checker.StreamMessage{Offer: e.Offer, Agent: e.Agent, State: e.Heard}
		if e.At != nil {
			m.At = *e.At
		}
		stream.Messages = append(stream.Messages, m)
	}
}

// asker is the server as the checker asks it.
type asker struct{ http *client.HTTP }

// Query implements checker.Client.
func (a asker) Query(ctx context.Context, document string, variables map[string]any, into any) error {
	return a.http.Do(ctx, "", document, variables, into)
}

// check has the checker judge all that happened.
func (s *stage) check() {
	s.t.Helper()
	history, err := checker.Read(context.Background(), asker{s.http}, s.recorder.Contacts()...)
	if err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	log := s.recorder.Log()
	log.Streams = append(log.Streams, s.closed...)
	result := checker.Examine(history, log)
	s.t.Logf("%d work items, %d questions judged, %d passed over, in %s", len(history.Items), result.Judged, result.Undecided, time.Since(began).Round(time.Millisecond))
	for i, v := range result.Violations {
		if i == 20 {
			s.t.Errorf("and %d more", len(result.Violations)-i)
			break
		}
		s.t.Error(v)
	}
	if result.Judged < 50*len(history.Items) || result.Undecided*50 > result.Judged {
		s.t.Errorf("%d questions judged and %d passed over is not enough to tell", result.Judged, result.Undecided)
	}
}

// checkReport: whatever the machine, each item counts once, and the hour is about what it was made to be: see README.md.
func checkReport(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var r play.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(r.Channels, r.All) {
		if sum := f.Preferred + f.FellBack + f.NoPreference + f.ByHand + f.GaveUp + f.LeftUnassigned + f.Waiting; sum != f.Items {
			t.Errorf("%s: %d items are counted %d times", f.Channel, f.Items, sum)
		}
	}
	want := map[string]int{"CASE": 140, "CHAT": 800, "EMAIL": 330, "SMS": 320, "VOICE": 410}
	for _, f := range r.Channels {
		if f.Items != want[f.Channel] {
			t.Errorf("%d items by %s, want %d", f.Items, f.Channel, want[f.Channel])
		}
	}
	a := r.All
	between := func(what string, n, least, most int) {
		if n < least || n > most {
			t.Errorf("%d %s, not %d to %d", n, what, least, most)
		}
	}
	between("items in all", a.Items, 2000, 2000)
	// Preferred agents who are full show as Do not disturb, and are passed over (PR-4, RT-3): at the peak that is many of them.
	between("reached somebody whom the customer prefers", a.Preferred, 650, 1100)
	between("fell back", a.FellBack, 400, 850)
	between("had nobody to prefer", a.NoPreference, 350, 650)
	between("gave up", a.GaveUp, 1, 200)
	between("were left unassigned", a.LeftUnassigned, 1, 120)
	between("wait for anybody", a.Waiting, 0, 0)
	between("were rejected", a.Rejected, 80, 300)
	between("were missed", a.Missed, 30, 200)
	between("things were done by hand", r.ByHand, 35, 60)
	if len(r.Channels) != 5 || a.MedianWaitSeconds <= 0 || a.P95WaitSeconds < a.MedianWaitSeconds || a.P95WaitSeconds > 1800 {
		t.Errorf("%d channels, waits %v and %v", len(r.Channels), a.MedianWaitSeconds, a.P95WaitSeconds)
	}
}
