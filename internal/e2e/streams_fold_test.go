package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rapport/internal/dbtest"
	"rapport/internal/servertest"
)

// foldSeconds is how long the load lasts on each database, unless RAPPORT_FOLD_SECONDS says otherwise; foldReaders how many read.
const (
	foldSeconds = 25
	foldReaders = 200
)

// TestFold: whoever hears of a subscription, loses the connection in every way there is and comes back with their last cursor, folds what
// they hear into exactly what the database holds (EV-1 to EV-3). It runs for RAPPORT_FOLD_SECONDS on each database, with the chance of RAPPORT_FOLD_SEED.
func TestFold(t *testing.T) { // by itself: 200 clients are enough
	t.Run("SQLite", func(t *testing.T) { runFold(t, sqliteFile(t)) })
	t.Run("MariaDB", func(t *testing.T) { runFold(t, dbtest.Shared(t).NewDatabase(t)) })
}

func fromEnv(t testing.TB, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// fold is one run on one database.
type fold struct {
	s       *server
	seed    uint64
	centre  foldCentre
	readers []*reader

	// absent: whether the groups of readers who stay away for long are away; calm: the load is over; ending: the server is to end.
	absent [3]atomic.Bool
	// over: it has ended; numb: some read nothing.
	calm, ending, over, numb atomic.Bool
	signedIn                 atomic.Int64

	mu         sync.Mutex
	counts     map[string]int
	violations []string
}

func (f *fold) count(what string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[what] += n
}

func (f *fold) violation(format string, a ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts["violations"]++
	if len(f.violations) < 30 {
		f.violations = append(f.violations, fmt.Sprintf(format, a...))
	}
}

func runFold(t *testing.T, db string) {
	f := &fold{s: startServer(t, db), seed: fromEnv(t, "RAPPORT_FOLD_SEED", rand.Uint64()), counts: map[string]int{}}
	length := time.Duration(fromEnv(t, "RAPPORT_FOLD_SECONDS", foldSeconds)) * time.Second
	t.Logf("seed %d", f.seed)
	defer f.report(t)
	f.build(t)
	f.recruit(t)
	var readers, load sync.WaitGroup
	defer readers.Wait()
	defer func() { // also when it has failed
		f.calm.Store(true)
		f.ending.Store(true)
		f.over.Store(true)
	}()
	for _, r := range f.readers {
		readers.Go(r.follow)
	}
	for i, agent := range f.centre.staff {
		readers.Go(func() { f.work(agent, f.random(1000+i)) })
	}
	for i := range 3 {
		load.Go(func() { f.integrate(f.random(2000 + i)) })
	}
	load.Go(func() { f.administer(f.random(3000)) })
	began := time.Now()
	cycles := max(1, int(length/time.Minute))
	for range cycles {
		f.cycle(t, length/time.Duration(cycles))
	}
	f.calm.Store(true)
	load.Wait()
	loaded := time.Since(began)
	f.settle(t)
	f.converge(t)
	settled := time.Since(began)
	f.ending.Store(true)
	if code := f.s.stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	f.over.Store(true)
	readers.Wait()
	f.judge(t)
	t.Logf("%s of load, %s until all agreed, %s in all", loaded.Round(time.Second), settled.Round(time.Second), time.Since(began).Round(time.Second))
}

func (f *fold) random(who int) *rand.Rand { return rand.New(rand.NewPCG(f.seed, uint64(who))) }

// recruit makes the readers: over all subscriptions, and over every kind of filter. Of those of one kind of filter the first is away for long together with many
// events, the second a little less.
func (f *fold) recruit(t testing.TB) {
	k := &f.centre
	queue := func(i int) string { return append([]string{k.fleeting, k.crowded[0]}, k.queues...)[i%6] }
	agent := func(i int) string { return k.staff[19-i%20] }
	for _, group := range []struct {
		n    int
		kind streamKind
		of   func(i int) streamScope
	}{
		{8, ofItems, func(int) streamScope { return streamScope{} }},
		{16, ofItems, func(i int) streamScope { return streamScope{queue: queue(i)} }},
		{16, ofItems, func(i int) streamScope { return streamScope{agent: agent(i), deep: true} }},
		{12, ofItems, func(i int) streamScope { return streamScope{contact: k.contacts[i], deep: true} }},
		{10, ofItems, func(i int) streamScope { return streamScope{item: k.specimens[i], deep: true} }},
		{6, ofItems, func(i int) streamScope { return streamScope{queue: k.queues[i%4], agent: agent(i + 4)} }},
		{4, ofItems, func(i int) streamScope { return streamScope{queue: k.queues[i], contact: k.contacts[i]} }},
		{8, ofPresence, func(int) streamScope { return streamScope{} }},
		{14, ofPresence, func(i int) streamScope { return streamScope{queue: queue(i)} }},
		{18, ofPresence, func(i int) streamScope { return streamScope{agents: []string{agent(i), agent(i + 3), k.crowd[i]}} }},
		{24, ofOffers, func(i int) streamScope { return streamScope{agent: agent(i)} }},
		{8, ofDecisions, func(int) streamScope { return streamScope{} }},
		{14, ofDecisions, func(i int) streamScope { return streamScope{queue: queue(i)} }},
		{10, ofDecisions, func(i int) streamScope { return streamScope{item: k.specimens[i]} }},
		{2, ofDecisions, func(i int) streamScope { return streamScope{queue: k.queues[i], item: k.specimens[i]} }},
		{10, ofFigures, func(int) streamScope { return streamScope{} }},
		{20, ofFigures, func(i int) streamScope { return streamScope{queues: []string{queue(i), k.crowded[1]}} }},
	} {
		for i := range group.n {
			scope := group.of(i)
			scope.kind = group.kind
			r := &reader{f: f, number: len(f.readers), scope: &scope, rng: f.random(len(f.readers)),
				believed: map[string]string{}, closed: map[string]bool{}, attempts: map[string]int{}}
			if i < 2 {
				r.absent = i + 1
			}
			r.numb = scope.kind == ofPresence && scope.queue == k.crowded[0] && r.absent == 0
			scope.wide = r.numb
			names := append(append([]string{scope.queue, scope.agent}, scope.agents...), scope.queues...)
			r.fleeting = slices.ContainsFunc(names, func(id string) bool { return id == k.fleeting || slices.Contains(k.staff[18:], id) })
			f.readers = append(f.readers, r)
		}
	}
	if len(f.readers) != foldReaders {
		t.Fatalf("%d readers", len(f.readers))
	}
}

// cycle is what happens besides the load: readers who stay away, very many events, restarts.
func (f *fold) cycle(t testing.TB, length time.Duration) {
	began := time.Now()
	for _, step := range []struct {
		at int // of a hundred
		do func()
	}{
		{15, func() { f.absent[1].Store(true) }},
		{20, func() {
			f.numb.Store(true)
			time.Sleep(500 * time.Millisecond)
			f.crowd(maxResume + 1000)
			f.numb.Store(false)
		}},
		{35, func() { f.restart(t, syscall.SIGTERM) }},
		{45, func() { f.absent[2].Store(true) }},
		{50, func() { f.crowd(5000) }},
		{60, func() { f.restart(t, syscall.SIGKILL) }},
		{70, func() { f.absent[2].Store(false) }},
		{85, func() { f.absent[1].Store(false) }},
		{88, func() { f.restart(t, syscall.SIGKILL) }},
		{100, func() {}},
	} {
		time.Sleep(time.Until(began.Add(length * time.Duration(step.at) / 100)))
		step.do()
	}
}

func (f *fold) restart(t testing.TB, signal syscall.Signal) {
	t.Helper()
	f.count("restarts", 1)
	if signal == syscall.SIGTERM {
		f.s.stop()
	} else {
		_ = f.s.cmd.Process.Kill()
		f.s.awaitExit()
	}
	f.s.start()
}

// settle waits until nothing happens by itself any more: everybody is at their desk, and no offer runs out soon. Then something more happens in every scope,
// so that what each reader believes in the end has come over the last connection too.
func (f *fold) settle(t testing.TB) {
	t.Helper()
	f.restore(f.random(4000))
	await(t, "all agents are there", func() bool { return f.signedIn.Load() == int64(len(f.centre.staff)) })
	f.cancelBrief(t)
	await(t, "all readers are there for the last time", func() bool {
		return !slices.ContainsFunc(f.readers, func(r *reader) bool { return !r.isSettled() })
	})
	f.laterCursor(t)
	f.lastRound(t, f.random(4001))
	f.cancelBrief(t)
}

// cancelBrief cancels the work items whose offers run out soon.
func (f *fold) cancelBrief(t testing.TB) {
	t.Helper()
	for _, s := range f.centre.streams {
		for s.brief {
			left := f.s.client().do(t, `query ($w: ID!) { workItems(filter: {workstreamId: $w, statuses: [QUEUED, OFFERED]}, first: 100) { nodes { id } } }`,
				vars{"w": s.id}).texts("workItems.nodes", "id")
			for _, item := range left {
				f.call("", cancelDocument, vars{"w": item})
			}
			if len(left) == 0 {
				break
			}
		}
	}
}

// laterCursor resumes each subscription behind a cursor that the server has not reached, as after a backup was restored: RESET comes first.
func (f *fold) laterCursor(t testing.TB) {
	t.Helper()
	later := &place{epoch: 1 << 40}
	for kind, name := range streamNames {
		scope := streamScope{kind: streamKind(kind)}
		if scope.kind == ofOffers {
			scope.agent = f.centre.staff[0]
		}
		so, err := dial(f.s.url(""), "")
		if err != nil {
			t.Fatal(err)
		}
		st, err := so.subscribe(scope.document(), scope.variables(later))
		if err != nil {
			t.Fatal(err)
		}
		var types []string
		for !slices.Contains(types, "READY") {
			select {
			case raw, more := <-st.messages:
				if m, err := decodeStream(raw); err == nil {
					types = append(types, m.Type)
				} else if !more || err != nil {
					t.Fatalf("%s behind a later cursor: %v after %v", name, err, types)
				}
			case <-time.After(patience):
				t.Fatalf("%s behind a later cursor: nothing after %v", name, types)
			}
		}
		so.kill()
		if types[0] != "RESET" || slices.Contains(types[1:], "RESET") {
			t.Errorf("%s behind a later cursor: %v", name, types)
		}
	}
}

// converge waits until all readers believe what queries say. Half of them have not subscribed again since the load ended.
func (f *fold) converge(t testing.TB) {
	t.Helper()
	now := f.ask(t)
	wrong := func(r *reader) bool { return r.differs(now) != "" }
	for end := time.Now().Add(patience); time.Now().Before(end) && slices.ContainsFunc(f.readers, wrong); {
		time.Sleep(20 * time.Millisecond)
	}
	for _, r := range f.readers {
		if text := r.differs(now); text != "" {
			r.violation("in the end, by the queries: %s", text)
		}
	}
	time.Sleep(500 * time.Millisecond) // should anything more come, it is wrong
}

// judge holds everything against the rows and the events of the database.
func (f *fold) judge(t testing.TB) {
	t.Helper()
	base := openRows(t, f.s.db)
	h := newHistory(base.events())
	f.count("events", len(h.events))
	if missing := h.missingKinds(); len(missing) > 0 {
		t.Errorf("these have not happened: %v", missing)
	}
	end := base.truth(h.events)
	for _, r := range f.readers {
		if text := r.differs(end); text != "" {
			r.violation("in the end, by the rows: %s", text)
		}
	}
	byScope := map[string][]*reader{}
	for _, r := range f.readers {
		byScope[r.scope.String()] = append(byScope[r.scope.String()], r)
	}
	longest := 0
	for _, list := range byScope {
		longest = max(longest, h.check(list))
	}
	f.count("longest resumption, in events", longest)
	for _, what := range []string{"resumes", "resets", "cut with 4290", "lost asleep", "cut in the start", "closed", "killed", "completed", "lost with the server",
		"agents deleted", "queues deleted", "REMOVED"} {
		if f.counts[what] == 0 && !servertest.RaceDetector { // with it there may be too little time for what is rare
			t.Errorf("never: %s", what)
		}
	}
	if longest < 3000 {
		t.Errorf("the longest resumption went over %d events", longest)
	}
}

func (f *fold) report(t testing.TB) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for what, n := range f.counts {
		lines = append(lines, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(lines)
	t.Logf("%s", strings.Join(lines, ", "))
	for _, v := range f.violations {
		t.Errorf("seed %d: %s", f.seed, v)
	}
}
