package engine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The golden scripts in testdata are stories: a sentence of intent with the behaviours that it is about, commands, and after
// each "----" what came of them. `go test ./engine -run Golden -update` writes the outputs anew; read the difference.
//
// A block is one or more command lines, a line "----", and the output up to a blank line. A block that begins with the line
// "given" prints nothing, one that begins with "count" only how many events of each type there were. Lines that begin with
// # are comments. The commands are listed at goldenCommands. Time stands still but for `advance` (which sends a Tick at every
// deadline on its way, as the writer does) and `jump` (which sends none, as when the writer is late).
//
// After every batch the runner checks that an engine rebuilt from the stored rows equals the one in memory, and that routing
// the rebuilt one finds nothing to do: whatever somebody could take was offered already (WS-5).

var update = flag.Bool("update", false, "write the outputs of the golden scripts anew")

func TestGolden(t *testing.T) {
	forEachScript(t, func(t *testing.T, file, text string) {
		got := newStory(t, file).run(text)
		switch {
		case got == text:
		case *update && !t.Failed(): // what breaks an invariant is not to be wanted
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a file of the repository
				t.Fatal(err)
			}
		default:
			t.Error(firstDifference(file, text, got))
		}
	})
}

// TestGoldenInBatches tells the same stories with the commands of a block in one batch, as the writer does when much comes at
// once: the same must happen, and the rows must be the same in the end.
func TestGoldenInBatches(t *testing.T) {
	if *update {
		t.Skip("the outputs are being written")
	}
	forEachScript(t, func(t *testing.T, file, text string) {
		s := newStory(t, file)
		s.batched = true
		if got := s.run(text); got != text {
			t.Error(firstDifference(file, text, got))
		}
	})
}

// TestGoldenScriptsSayWhatTheyAreAbout: each begins with a sentence that cites a behaviour.
func TestGoldenScriptsSayWhatTheyAreAbout(t *testing.T) {
	intent := regexp.MustCompile(`^# ([A-Z]{2}-[0-9]+ ?)+: [^\n]+\.\n\n`)
	forEachScript(t, func(t *testing.T, file, text string) {
		if !intent.MatchString(text) {
			t.Errorf("%s does not begin with a sentence like \"# RT-4: what must hold.\"", file)
		}
	})
}

func forEachScript(t *testing.T, run func(t *testing.T, file, text string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			run(t, file, string(text))
		})
	}
}

func firstDifference(file, want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			from := max(0, i-6)
			return fmt.Sprintf("%s:%d differs:\nwant: %s\ngot:  %s\nwanted there:\n  %s\ngot there:\n  %s", file, i+1, a, b,
				strings.Join(w[min(from, len(w)):min(i+6, len(w))], "\n  "), strings.Join(g[min(from, len(g)):min(i+6, len(g))], "\n  "))
		}
	}
	return ""
}

// storyBegin is when every story begins.
var storyBegin = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// story runs one script.
type story struct {
	t       *testing.T
	file    string
	line    int
	engine  *Engine
	store   *rowStore
	now     time.Time
	entropy uint64
	// ids holds what the script's names stand for, names the way back.
	ids, names map[string]string
	// offers and assignments count those of each item, sessions those of each agent, for their names.
	offers, assignments, sessions map[string]int
	lastDecision                  map[WorkItemID]*Decision
	// batched: a block is one batch, not each command.
	batched bool
	// out is the output of the current block; timed puts the time before each line; count counts instead.
	out   []string
	timed bool
	count map[EventType]int
}

func newStory(t *testing.T, file string) *story {
	org := NewOrganization(storyBegin)
	return &story{
		t: t, file: file, now: storyBegin, store: newRowStore(org), engine: New(Snapshot{Organization: org}, storyBegin),
		ids: map[string]string{}, names: map[string]string{}, lastDecision: map[WorkItemID]*Decision{},
		offers: map[string]int{}, assignments: map[string]int{}, sessions: map[string]int{},
	}
}

func (s *story) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s:%d: %s", s.file, s.line, fmt.Sprintf(format, args...))
}

// run gives the script back with the outputs that it has now.
func (s *story) run(text string) string {
	var result strings.Builder
	var commands []int
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		result.WriteString(line + "\n")
		switch {
		case line == "----":
			s.block(lines, commands)
			commands = nil
			for _, o := range s.out {
				result.WriteString(o + "\n")
			}
			for i+1 < len(lines) && lines[i+1] != "" {
				i++ // the old output
			}
		case line != "" && !strings.HasPrefix(line, "#"):
			commands = append(commands, i)
		}
	}
	if len(commands) > 0 {
		s.line = commands[0] + 1
		s.fatalf("commands without ----")
	}
	return result.String()
}

// block runs the commands of a block.
func (s *story) block(lines []string, commands []int) {
	s.out, s.count = nil, nil
	quiet := false
	for _, i := range commands {
		s.line = i + 1
		switch words := strings.Fields(lines[i]); words[0] {
		case "given":
			quiet = true
		case "count":
			s.count = map[EventType]int{}
		default:
			s.command(words)
			if !s.batched {
				s.check()
			}
		}
	}
	s.flush()
	s.check()
	if quiet {
		s.out = nil
	} else if len(s.out) == 0 {
		s.out = []string{"nothing"}
	}
}

// command runs one line: a command, perhaps as somebody, perhaps one that must be refused.
func (s *story) command(words []string) {
	var want string
	late := words[0] == "jump"
	if words[0] == "stopping" {
		late, words = true, words[1:]
	}
	if words[0] == "expect-refused" {
		if len(words) < 3 {
			s.fatalf("expect-refused CODE[/REASON][@field] command …")
		}
		want, words = words[1], words[2:]
	}
	var actor *Actor
	if words[0] == "as" {
		if len(words) < 3 {
			s.fatalf("as WHO command …")
		}
		a := s.actor(words[1])
		actor, words = &a, words[2:]
	}
	run, ok := goldenCommands[words[0]]
	if !ok {
		s.fatalf("there is no command %q", words[0])
	}
	before := len(s.out)
	counted := len(s.count)
	refusal := run(s, &line{story: s, actor: actor, words: words[1:]})
	switch got := refusalText(refusal); {
	case refusal != nil && want == "":
		s.fatalf("%v was refused: %s: %v", words, got, refusal)
	case want != got:
		s.fatalf("%v: expected to be refused with %q, got %q", words, want, got)
	case refusal != nil:
		s.print("refused %s: %s", got, refusal.Message)
	case len(s.out) == before && len(s.count) == counted && words[0] != "jump":
		s.print("nothing")
	}
	if !late {
		s.tickWhatIsDue()
	}
	s.printCounts()
}

// refusalText is a refusal as scripts expect it: CODE, CODE/REASON or CODE@field.
func refusalText(r *Error) string {
	if r == nil {
		return ""
	}
	text := string(r.Code)
	if r.Reason != "" {
		text += "/" + string(r.Reason)
	}
	if r.Field != "" {
		text += "@" + r.Field
	}
	return text
}

// tickWhatIsDue is what the writer does after each command: when the time of something has come already, or routing was cut
// short, a Tick follows at once.
func (s *story) tickWhatIsDue() {
	for n := 0; ; n++ {
		due, ok := s.engine.NextDeadline()
		if !ok || due.After(s.now) {
			return
		}
		if n > 1000 {
			s.fatalf("something is due at %s however often it ticks", due)
		}
		s.printCounts()
		s.print("tick")
		s.tick()
	}
}

func (s *story) tick() {
	if _, err := s.apply(Tick{}, System); err != nil {
		s.fatalf("a tick was refused: %v", err)
	}
}

// apply gives a command to the engine, as the writer does.
func (s *story) apply(c Command, actor Actor) (Result, *Error) {
	s.entropy++
	s.admit(c)
	before := len(s.engine.pending.Events)
	r, err := s.engine.Apply(c, Meta{Actor: actor, Now: s.now, Entropy: s.entropy})
	events := s.engine.pending.Events[before:]
	if err == nil {
		s.nameNew(events)
		s.printEvents(events)
	}
	if !s.batched {
		if size := s.flush(); err != nil && size > 0 {
			s.fatalf("the refused %T left changes", c)
		}
	}
	if err != nil {
		refusal, ok := err.(*Error) //nolint:errorlint // that it is no other error is what is tested
		if !ok {
			s.fatalf("%T: %v is no *Error", err, err)
		}
		return Result{}, refusal
	}
	return r, nil
}

// admit reads what a command needs. The writer does so once, before a batch; here it is in the middle of one, so what the batch has deleted by
// now and the rows still hold is left out.
func (s *story) admit(c Command) {
	needs := s.engine.Missing([]Command{c})
	deleted := func(id ContactID) bool {
		return slices.ContainsFunc(s.engine.pending.Events, func(ev Event) bool { return ev.Type == EventContactDeleted && ev.ContactID == id })
	}
	needs.Contacts = slices.DeleteFunc(needs.Contacts, deleted)
	s.engine.Admit(s.store.facts(needs))
}

// flush ends a batch: what it changed is stored. It tells how many rows that were.
func (s *story) flush() int {
	changes := s.engine.Take()
	s.store.apply(changes)
	s.engine.Forget()
	return changes.Size()
}

// check holds after every batch. See the top of this file.
func (s *story) check() {
	s.t.Helper()
	if s.t.Failed() {
		return
	}
	s.store.checkRebuilt(s.t, s.engine)
	if due, ok := s.engine.NextDeadline(); ok && !due.After(s.now) {
		return // a tick is still to come
	}
	rebuilt := New(s.store.snapshot(), s.now)
	for range 3 {
		if _, err := rebuilt.Apply(Tick{}, Meta{Actor: System, Now: s.now}); err != nil {
			s.fatalf("a tick was refused: %v", err)
		}
	}
	for _, ev := range rebuilt.Take().Events {
		if ev.Type == EventOfferMade || ev.Type == EventOfferAccepted {
			s.t.Errorf("%s:%d: WS-5: left until a restart: %s could be offered to %s", s.file, s.line,
				s.text(string(ev.WorkItemID)), s.text(string(ev.AgentID)))
		}
	}
}
