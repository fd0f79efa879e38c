package configdir

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Outcome is what came of applying a plan.
type Outcome struct {
	// Done counts the calls that were made.
	Done int
	// Warnings are those of the server, once for each kind.
	Warnings []Warning
}

// Warning is something worth knowing about changes that were made all the same.
type Warning struct {
	Code    string
	Message string
	// About is the first object that it was said of, Times how many it was said of.
	About string
	Times int
}

func (w Warning) String() string {
	text := fmt.Sprintf("%s: %s (%s)", w.About, oneLine(w.Message), oneLine(w.Code))
	if w.Times > 1 {
		text += fmt.Sprintf(", and %d more like it", w.Times-1)
	}
	return text
}

// ErrConflict: somebody else has changed what was to be changed, since it was read. Theirs stays.
var ErrConflict = errors.New("somebody else has changed it meanwhile")

// Apply makes the changes of a plan, once: it is used up. At the first error, or when ctx ends, it begins nothing further, waits for what
// is under way, and says how far it came; comparing and applying again goes on from there. progress, which may be nil, is told how many
// calls are done.
func (s *Server) Apply(ctx context.Context, p *Plan, progress func(done int)) (Outcome, error) {
	a := &applying{server: s, run: rand.Text(), progress: progress, warnings: map[string]*Warning{}}
	turns := make([][]turn, phases)
	for _, change := range p.Changes {
		for _, t := range change.tasks {
			turns[t.phase] = append(turns[t.phase], turn{change.About, t.calls})
		}
	}
	for n, list := range turns {
		a.all(ctx, list, min(len(list), phase(n).width()))
	}
	outcome := Outcome{Done: a.done}
	for _, code := range slices.Sorted(maps.Keys(a.warnings)) {
		outcome.Warnings = append(outcome.Warnings, *a.warnings[code])
	}
	return outcome, a.err(ctx, p.Calls())
}

// turn is a task with what it is about.
type turn struct {
	about string
	calls []call
}

// applying is an Apply under way.
type applying struct {
	server   *Server
	run      string // makes the idempotency keys of this run different from those of any other
	progress func(int)

	mu       sync.Mutex
	done     int
	begun    int
	failures []failure
	warnings map[string]*Warning
}

type failure struct {
	about string
	err   error
}

// all does the tasks of a phase, so many at once.
func (a *applying) all(ctx context.Context, list []turn, atOnce int) {
	next := make(chan turn)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for t := range next {
				a.task(ctx, t)
			}
		})
	}
	for _, t := range list {
		if a.stopped(ctx) {
			break
		}
		next <- t
	}
	close(next)
	workers.Wait()
}

func (a *applying) stopped(ctx context.Context) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return ctx.Err() != nil || len(a.failures) > 0
}

func (a *applying) task(ctx context.Context, t turn) {
	for _, c := range t.calls {
		if a.stopped(ctx) {
			return
		}
		err := a.call(ctx, t.about, c)
		a.mu.Lock()
		if err != nil {
			if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
				a.failures = append(a.failures, failure{t.about, err})
			}
			a.mu.Unlock()
			return
		}
		a.done++
		if a.progress != nil {
			a.progress(a.done)
		}
		a.mu.Unlock()
	}
}

// answer is the payload of any of our mutations.
type answer struct {
	Agent, Queue, Workstream, Contact, Organization, PreferredAgents, Role, PresenceStatus, CapacityProfile *struct{ Version int }
	Warnings                                                                                                []struct{ Code, Message string }
}

func (a *applying) call(ctx context.Context, about string, c call) error {
	a.mu.Lock()
	a.begun++
	key := fmt.Sprintf("apply-%s-%d", a.run, a.begun)
	a.mu.Unlock()
	input := maps.Clone(c.input)
	input["idempotencyKey"] = key
	if c.expect {
		input["expectedVersion"] = *c.version
	}
	var data map[string]answer
	if err := a.server.do(ctx, c.noun, c.operation, map[string]any{"input": input}, &data); err != nil {
		return explained(err)
	}
	for _, said := range data { // the only one
		now := cmp.Or(said.Agent, said.Queue, said.Workstream, said.Contact, said.Organization, said.PreferredAgents, said.Role, said.PresenceStatus, said.CapacityProfile)
		if now != nil && c.version != nil {
			*c.version = now.Version // calls about one object follow each other: nobody else touches it
		}
		a.warn(about, said)
	}
	return nil
}

func (a *applying) warn(about string, said answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range said.Warnings {
		if known := a.warnings[w.Code]; known != nil {
			known.Times++
			continue
		}
		a.warnings[w.Code] = &Warning{Code: w.Code, Message: w.Message, About: about, Times: 1}
	}
}

// explained says what a conflict means here.
func explained(err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Extensions.Code == "CONFLICT" &&
		slices.Contains([]string{"VERSION_MISMATCH", "ALREADY_EXISTS"}, refusal.Extensions.Reason) {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}

// err says what stopped it, nil for nothing.
func (a *applying) err(ctx context.Context, calls int) error {
	if len(a.failures) == 0 && ctx.Err() == nil {
		return nil
	}
	var lines []string
	var errs []error
	more := map[string]int{} // what is under way side by side may fail for one reason
	for _, f := range a.failures {
		errs = append(errs, f.err)
		more[f.err.Error()]++
	}
	for _, f := range a.failures {
		text := f.err.Error()
		switch n := more[text]; n {
		case 0: // it is told of
			continue
		case 1:
			lines = append(lines, f.about+": "+text)
		default:
			lines = append(lines, fmt.Sprintf("%s: %s, and %d more like it", f.about, text, n-1))
		}
		delete(more, text)
	}
	if len(a.failures) == 0 {
		errs, lines = []error{ctx.Err()}, []string{"interrupted"}
	}
	lines = append(lines, fmt.Sprintf("%d of %d steps are made and stay; the same command goes on from there", a.done, calls))
	return stopError{strings.Join(lines, "\n"), errs}
}

// stopError is why a plan was not applied to its end: a line for each failure, and one that says how far it came.
type stopError struct {
	text string
	errs []error
}

func (e stopError) Error() string   { return e.text }
func (e stopError) Unwrap() []error { return e.errs }
