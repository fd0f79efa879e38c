package checker

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAllIsWell(t *testing.T) {
	s := newStory()
	r := Examine(s.History, s.Log)
	for _, v := range r.Violations {
		t.Error(v)
	}
	if r.Undecided != 0 || r.Judged < 40 {
		t.Errorf("%d questions were judged and %d passed over", r.Judged, r.Undecided)
	}
}

// TestEachRuleFails spoils the story once for each rule: a checker that finds nothing proves nothing.
func TestEachRuleFails(t *testing.T) {
	spoil(t, newStory, slices.Concat(shapeCases(), choiceCases(), timeCases(), logCases()))
	spoil(t, newHandStory, slices.Concat(handCases(), methodCases(), settingsCases(), presenceCases()))
	spoil(t, newPresenceStory, computedCases())
}

func spoil(t *testing.T, tell func() *story, cases []spoilt) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := tell()
			c.spoil(s)
			found := Check(s.History, s.Log)
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == c.rule && strings.Contains(v.Text, c.text) }) {
				t.Errorf("found %v, want %s: … %s …", found, c.rule, c.text)
			}
			for _, v := range found {
				if strings.Contains(v.String(), "%!") {
					t.Errorf("badly written: %s", v)
				}
			}
		})
	}
}

type spoilt struct {
	name  string
	spoil func(s *story)
	rule  string
	text  string // part of the sentence
}

// What an instant that is not known exactly leaves open is passed over and counted.
func TestDoubtIsNoViolation(t *testing.T) {
	s := newStory()
	for i := range s.Presence {
		if c := &s.Presence[i]; c.Agent == "ag_b" && c.Cause == "MANUAL" {
			c.Span = Span{c.NotBefore.Add(-100 * time.Millisecond), c.NotAfter.Add(100 * time.Millisecond)}
		}
	}
	r := Examine(s.History, s.Log)
	if len(r.Violations) > 0 || r.Undecided == 0 {
		t.Errorf("bounds around presences: found %v, %d passed over", r.Violations, r.Undecided)
	}
	s = newStory()
	for i := range s.Presence {
		if c := &s.Presence[i]; c.Agent == "ag_b" && c.Cause == manual { // found so after a time in which nobody listened
			c.Span, c.More = Span{c.NotBefore.Add(-5 * time.Second), c.NotAfter}, true
		}
	}
	if r = Examine(s.History, s.Log); len(r.Violations) > 0 || r.Undecided == 0 {
		t.Errorf("presences found after an interruption: found %v, %d passed over", r.Violations, r.Undecided)
	}
	s = newStory()
	s.present(200, "ag_d", "BUSY", "MANUAL") // in the microsecond in which item 3 was created: what came first?
	if r = Examine(s.History, s.Log); len(r.Violations) > 0 || r.Undecided == 0 {
		t.Errorf("two commands at one instant: found %v, %d passed over", r.Violations, r.Undecided)
	}
}

// TestSettingsInDoubt: bounds around changes of settings leave open what they may have changed, and nothing else.
func TestSettingsInDoubt(t *testing.T) {
	wide := func(s *Span) { *s = Span{s.NotBefore.Add(-2 * time.Second), s.NotAfter.Add(1500 * time.Millisecond)} }
	for name, blur := range map[string]func(s *story){
		"policies": func(s *story) {
			for i := range s.Log.Policies {
				wide(&s.Log.Policies[i].Span)
			}
		},
		"workstream": func(s *story) { wide(&s.Log.Workstreams[0].Span) },
		"capacity, deletion": func(s *story) {
			wide(&s.Log.Agents[0].Span)
			wide(&s.Log.Agents[1].Span)
			wide(&s.Log.Agents[2].Span)
			wide(&s.Members[1].Span)
		},
		"member": func(s *story) { wide(&s.Members[0].Span) },
		"method": func(s *story) { wide(&s.Log.Queues[0].Span) },
		"work by hand": func(s *story) {
			for i := range s.Log.Items {
				c := &s.Log.Items[i]
				wide(&c.Span)
				c.Kind, c.More = "", true
			}
		},
	} {
		s := newHandStory()
		blur(s)
		if r := Examine(s.History, s.Log); len(r.Violations) > 0 || r.Undecided == 0 || r.Undecided > r.Judged/4 {
			t.Errorf("%s: found %v, %d judged, %d passed over", name, r.Violations, r.Judged, r.Undecided)
		}
	}
}

// TestRestartExcuses: while the server is away nothing is missed and nothing given; it catches up when it is back (PR-8). A clock that runs
// faster makes the machine's slowness longer.
func TestRestartExcuses(t *testing.T) {
	for name, bend := range map[string]func(s *story){
		"missed late": func(s *story) {
			s.Restarts = []Span{{at(140), at(143)}}
			delayFrom(s.item(10), 1, 2500*time.Millisecond, s)
		},
		"given late": func(s *story) { s.Restarts = []Span{{at(111.99), at(114)}}; delayFrom(s.item(7), 0, 3*time.Second, s) },
		"fast clock": func(s *story) { s.ClockSpeed = 60; delayFrom(s.item(7), 0, 2*time.Second, s) },
	} {
		s := newHandStory()
		bend(s)
		s.compute()
		for _, v := range Check(s.History, s.Log) {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// Those who do not come back within 30 seconds of a restart were gone since it began: their offers are not left to them any longer (PR-8).
func TestGoneWithTheServer(t *testing.T) {
	s := newStory()
	s.Presence[len(s.Presence)-1] = PresenceChange{Span: At(at(310)), Agent: "ag_a", Base: offline, Cause: disconnected}
	s.offer(ofOver).RevokeReason = "DISCONNECTED"
	if found := Check(s.History, s.Log); len(found) == 0 {
		t.Error("without a restart there was no cause")
	}
	s.Restarts = []Span{{at(279.8), at(280)}}
	for _, v := range Check(s.History, s.Log) {
		t.Error(v)
	}
}

// TestLostAnswers: what was sent without an answer may have been done, or not.
func TestLostAnswers(t *testing.T) {
	s := newHandStory()
	for i := range s.Answers {
		a := &s.Answers[i]
		if a.Acknowledged = (time.Time{}); a.Done == "CREATED" {
			a.Item = ""
		}
	}
	s.Answers = append(s.Answers, Answer{Done: completed, Item: "wi_00009", Sent: at(500)}, Answer{Done: "TRANSFERRED", Item: "wi_00009", Sent: at(500)})
	if r := Examine(s.History, s.Log); len(r.Violations) > 0 || r.Undecided > r.Judged/10 {
		t.Errorf("found %v, %d judged, %d passed over", r.Violations, r.Judged, r.Undecided)
	}
}

// TestLostWithTheServer: what was sent to a server that was then killed was done before that, or not at all.
func TestLostWithTheServer(t *testing.T) {
	s := newStory()
	for i := range s.Answers {
		a := &s.Answers[i]
		a.GoneAt, a.Acknowledged = a.Acknowledged, time.Time{}
	}
	for _, v := range Check(s.History, s.Log) {
		t.Error(v)
	}
	for i := range s.Answers {
		a := &s.Answers[i]
		a.Sent, a.GoneAt = a.Sent.Add(-20*time.Second), a.Sent.Add(-10*time.Second)
	}
	found := map[string]bool{}
	for _, v := range Check(s.History, s.Log) {
		found[v.Text[strings.LastIndex(v.Text, ", but")+1:]] = true
	}
	for _, want := range []string{" but nobody answered it so", " but nobody closed it"} {
		if !found[want] {
			t.Errorf("found %v, not that%s", found, want)
		}
	}
}

// TestStreamsInAnOutage: what was done right before a time in which nobody could tell whether it lasts may be told after it only, so not on a
// stream that ended meanwhile (EV-1).
func TestStreamsInAnOutage(t *testing.T) {
	s := newStory()
	c := s.stream("ag_c")
	c.Messages, c.Closing = c.Messages[:1], at(47)
	if found := Check(s.History, s.Log); len(found) == 0 {
		t.Error("without an outage it should have been told")
	}
	s.Restarts = []Span{{at(45.5), at(50)}}
	for _, v := range Check(s.History, s.Log) {
		t.Error(v)
	}
}

// The checker must not share a mistake with what it checks.
func TestSharesNoCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); path == "rapport" || strings.HasPrefix(path, "rapport/") {
				t.Errorf("%s imports %s: the checker may import nothing of this module", name, path)
			}
		}
	}
}

func TestHandStoryIsWell(t *testing.T) {
	s := newHandStory()
	r := Examine(s.History, s.Log)
	for _, v := range r.Violations {
		t.Error(v)
	}
	if r.Undecided != 0 || r.Judged < 100 {
		t.Errorf("%d questions were judged and %d passed over", r.Judged, r.Undecided)
	}
}

// What is at the instant of a presence for the limit of open work is not decided: where among the offers it came nobody tells. Neither is that of two
// commands about one item.
func TestPresenceStoryIsWell(t *testing.T) {
	s := newPresenceStory()
	r := Examine(s.History, s.Log)
	for _, v := range r.Violations {
		t.Error(v)
	}
	if r.Undecided > 6 || r.Judged < 100 {
		t.Errorf("%d questions were judged and %d passed over", r.Judged, r.Undecided)
	}
}

// What one command gave to an agent another took from them in the same instant: there are two commands about the one item then, and what the agent became
// in between is not judged.
func TestGivenAndTakenInOneInstant(t *testing.T) {
	s := newPresenceStory()
	between := []PresenceChange{{Base: doNotDisturb, Cause: workTaken}, {Base: busy, Cause: workReleased}}
	for i := range s.Presence {
		if c := &s.Presence[i]; c.Agent == "ag_a" && c.NotAfter.Equal(at(145)) {
			c.Base, c.Cause, between = between[0].Base, between[0].Cause, between[1:]
		}
	}
	for _, v := range Examine(s.History, s.Log).Violations {
		t.Error(v)
	}
	if len(between) > 0 {
		t.Error("nothing happened in that instant")
	}
}

// What agents have left is not known of those who hold work that takes more than units, or have capacity profiles: they are passed over, and no
// mistake of theirs is found (CP-2 to CP-5).
func TestMoreThanUnitsIsPassedOver(t *testing.T) {
	for name, more := range map[string]func(s *story){
		"profiles": func(s *story) { s.History.Agents[1].Profiles = 1 },
		"workstream": func(s *story) {
			for i := range s.History.Workstreams {
				s.History.Workstreams[i].Otherwise = true
			}
		},
	} {
		s := newPresenceStory()
		s.History.Agents[1].CapacityUnits = new(3) // of whom too much is computed
		more(s)
		if r := Examine(s.History, s.Log); len(r.Violations) > 0 || r.Undecided == 0 {
			t.Errorf("%s: found %v, %d passed over", name, r.Violations, r.Undecided)
		}
	}
}

// An item that waits for its customer, or whose work is done but for the wrap-up, is still its agent's (CP-3, CP-5).
func TestWaitingAndWrapUp(t *testing.T) {
	for _, status := range []string{"WAITING", "WRAP_UP"} {
		s := newStory()
		it := s.item(1)
		it.Status, it.ClosedAt, it.OpenAssignment = status, nil, "as_"+ofAccept
		for _, as := range []*Assignment{s.offer(ofAccept).Assignment, &it.Assignments[0]} {
			as.EndedAt, as.EndReason = nil, ""
		}
		s.Answers = slices.DeleteFunc(s.Answers, func(a Answer) bool { return a.Done == completed && a.Item == it.ID })
		s.compute()
		for _, v := range Check(s.History, s.Log) {
			if v.Rule == "API" || v.Rule == "OF-1" {
				t.Errorf("%s: %s", status, v)
			}
		}
		if it.OpenAssignment = ""; !slices.ContainsFunc(Check(s.History, s.Log), func(v Violation) bool { return v.Rule == "API" }) {
			t.Errorf("%s: it is nobody's, and that was not found", status)
		}
	}
}
