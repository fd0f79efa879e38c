package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// reader is a client of one subscription who loses the connection again and again, comes back with the last cursor, and folds what they hear
// into what they believe to be so. What the API promises of each message is looked at as it comes.
type reader struct {
	f      *fold
	number int
	scope  *streamScope
	// absent is the group with which the reader is away for long, 0 for none.
	absent int
	// numb: reads nothing while very much happens.
	numb bool
	// fleeting: what it is about may be deleted for a while, so that subscribing may be refused.
	fleeting bool
	rng      *rand.Rand

	mu sync.Mutex
	// believed is how each object is, by its id.
	believed map[string]string
	// closed are work items of which nothing more may come, attempts the last of each work item's decisions.
	closed   map[string]bool
	attempts map[string]int
	// last is the last cursor that was not null; nil before the first.
	last  *place
	lives []streamLife
	// settled: the connection is to stay until the server ends.
	settled bool
}

// settle says that this connection is the last.
func (r *reader) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled = true
}

func (r *reader) isSettled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settled
}

// streamLife is what came over one connection, from which the database's events tell later whether it was everything.
type streamLife struct {
	// after is where it was to resume; nil for a new start.
	after  *place
	reset  bool
	ready  bool
	at     place // of READY
	start  sum   // what came before READY
	tail   sum   // what came behind it, by place
	to     place // of the last message
	toTime time.Time
	final  bool // nothing more came until the server ended
	numbed bool // nothing was read for a while
	// refused: there was an error instead of a start.
	refused bool

	// While it lasts: what is in the start, the attempts of its decisions, and the last place of each queue's figures.
	inStart  map[string]bool
	attempts map[string]int
	inBatch  map[string]place
}

func (r *reader) violation(format string, a ...any) {
	r.f.violation("reader %d of %s: %s", r.number, r.scope, fmt.Sprintf(format, a...))
}

// take takes one message in.
func (r *reader) take(l *streamLife, raw json.RawMessage) {
	m, err := decodeStream(raw)
	if refused := (apiErrors)(nil); errors.As(err, &refused) {
		l.refused = true
		r.refused(refused)
		return
	}
	if err != nil {
		r.violation("%v", err)
		return
	}
	r.f.count("messages", 1)
	r.f.count(m.Type, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	id, text := m.object(r.scope.deep)
	if (id == "") != (m.Type == "READY" || m.Type == "RESET") {
		r.violation("a %s about %q", m.Type, id)
	}
	at, ok := place{}, false
	if m.Cursor != nil {
		if at, ok = readPlace(*m.Cursor); !ok {
			r.violation("the cursor %q", *m.Cursor)
		}
	}
	if must := m.Type == "READY" || l.ready; ok != must {
		r.violation("%s has the cursor %s, ready %t", m.Type, orDash(m.Cursor), l.ready)
	}
	switch {
	case l.ready:
		r.takeTail(l, m, id, text, at)
	case m.Type == "READY":
		r.takeReady(l, at)
	case m.Type == "RESET":
		if l.after == nil || l.start.n > 0 || l.reset {
			r.violation("RESET with after %v behind %d messages", l.after, l.start.n)
		}
		l.reset = true
		if r.scope.kind != ofFigures { // they are always sent anew
			r.f.count("resets", 1)
		}
		clear(r.believed)
		clear(r.attempts)
	default:
		r.takeStart(l, m, id, text)
	}
	if ok {
		r.last = &at
	}
}

func (r *reader) takeReady(l *streamLife, at place) {
	if r.last != nil && at.compare(*r.last) < 0 {
		r.violation("READY at %s, after %s was seen", at, r.last)
	}
	l.ready, l.at, l.to = true, at, at
	if l.after != nil && !l.reset {
		r.f.count("resumes", 1)
	}
	if r.scope.kind == ofFigures {
		for id := range r.believed {
			if !l.inStart[id] {
				r.violation("%s is gone, and nothing says so", id)
			}
		}
	}
	maps.Copy(r.attempts, l.attempts) // not before: a start that is cut short comes again
	l.inStart, l.attempts = nil, nil
}

func (r *reader) takeStart(l *streamLife, m *streamMessage, id, text string) {
	key := id
	if m.Decision != nil {
		key = m.Decision.ID
	}
	again := l.after != nil // what was taken off may be told to those only who were there
	switch {
	case m.Type != "STATE" && (m.Type != "REMOVED" || !again):
		r.violation("%s before READY", m.Type)
	case l.inStart[key]:
		r.violation("%s is in the start twice", key)
	case m.Change != nil || m.At != nil:
		r.violation("%s in the start is a change", key)
	case (m.Type == "STATE") != (text != "" && (m.WorkItem == nil || r.scope.passes(m.WorkItem))):
		r.violation("%s in the start of %s: %q", m.Type, key, text)
	}
	if !again && m.WorkItem != nil && !m.WorkItem.open() && r.scope.item == "" {
		r.violation("a new start has the closed %s", id)
	}
	if m.Offer != nil && m.Offer.State != "OPEN" && (!again || l.reset) {
		r.violation("a new start has the offer %s, which is %s", id, m.Offer.State)
	}
	l.inStart[key] = true
	l.start.addText(key)
	r.believe(l, m, id, text)
}

func (r *reader) takeTail(l *streamLife, m *streamMessage, id, text string, at place) {
	if m.Type != "CHANGED" && m.Type != "REMOVED" {
		r.violation("%s behind READY", m.Type)
		return
	}
	before := l.to
	if r.scope.kind == ofFigures {
		if known, seen := l.inBatch[id]; seen {
			before = known
		} else {
			before = l.at
		}
		if at.compare(l.to) < 0 {
			r.violation("%s comes behind %s", at, l.to)
		}
		l.inBatch[id] = at
		if known, there := r.believed[id]; there && known == text {
			r.violation("the figures of %s are told at %s and are the same: %s", id, at, text)
		}
	} else if r.scope.kind != ofDecisions && m.At == nil {
		r.violation("%s of %s without a time", m.Type, id)
	}
	if at.compare(before) <= 0 {
		r.violation("%s of %s at %s comes behind %s", m.Type, id, at, before)
	}
	if m.At != nil {
		if m.At.Before(l.toTime) {
			r.violation("%s of %s is of %s, what came before of %s", m.Type, id, m.At, l.toTime)
		}
		l.toTime = *m.At
	}
	if w := m.WorkItem; w != nil {
		if m.Change == nil || !slices.Contains(statusAfter[*m.Change], w.Status) {
			r.violation("%s after %s is %s", id, orDash(m.Change), text)
		}
		if r.scope.passes(w) != (m.Type == "CHANGED") {
			r.violation("%s of %s, which is %s", m.Type, id, text)
		}
	}
	if d := m.Decision; d != nil && d.ID != at.String() {
		r.violation("the decision %s comes at %s", d.ID, at)
	}
	l.to = at
	l.tail.addPlace(at)
	r.believe(l, m, id, text)
}

// believe folds a message in, and sees that nothing goes backwards.
func (r *reader) believe(l *streamLife, m *streamMessage, id, text string) {
	const most = 50_000 // what is remembered of what is over
	if w := m.WorkItem; w != nil {
		if r.closed[id] && w.open() {
			r.violation("%s was closed and is %s", id, text)
		}
		if !w.open() {
			if len(r.closed) > most {
				clear(r.closed)
			}
			r.closed[id] = true
			text = ""
		}
	}
	if d := m.Decision; d != nil {
		if len(r.attempts) > most {
			clear(r.attempts)
		}
		known, attempts := r.attempts[id], r.attempts
		if l.attempts != nil {
			known, attempts = max(known, l.attempts[id]), l.attempts
		}
		if d.Attempt <= known {
			r.violation("attempt %d of %s comes behind %d", d.Attempt, id, known)
		}
		attempts[id] = d.Attempt
	}
	if o := m.Offer; o != nil {
		if r.closed[id] && o.State == "OPEN" {
			r.violation("the offer %s had ended and is %s", id, text)
		}
		if o.AgentID != r.scope.agent {
			r.violation("the offer %s is to %s", id, o.AgentID)
		}
		if o.State != "OPEN" {
			if len(r.closed) > most {
				clear(r.closed)
			}
			r.closed[id] = true
			text = ""
		}
	}
	if m.Type == "REMOVED" || text == "" {
		delete(r.believed, id)
	} else {
		r.believed[id] = text
	}
}

// leaving is how and when a connection is to end.
type leaving struct {
	how   string
	after time.Duration
	// early is how many messages are taken before it ends, should READY not have come by then; -1 for all.
	early int
}

func (r *reader) plan() leaving {
	l := leaving{how: "killed", after: 200*time.Millisecond + time.Duration(r.rng.ExpFloat64()*float64(2500*time.Millisecond)), early: -1}
	switch n := r.rng.IntN(100); {
	case n < 35 || r.numb: // it should be there when it is to be numb
	case n < 52:
		l.early = r.rng.IntN(6)
	case n < 70:
		l.how = "closed"
	case n < 85:
		l.how = "completed"
	case n < 89:
		l.how = "starved"
	default:
		l.after += 8 * time.Second
	}
	return l
}

// follow connects again and again until the server is to stay away.
func (r *reader) follow() {
	var so *socket
	for !r.f.ending.Load() {
		if r.away() {
			if so != nil {
				so.kill()
				so = nil
			}
			time.Sleep(20 * time.Millisecond)
			continue
		}
		so = r.connect(so)
		r.pause()
	}
}

func (r *reader) away() bool { return r.absent > 0 && r.f.absent[r.absent].Load() }

func (r *reader) pause() {
	var d time.Duration
	switch n := r.rng.IntN(10); {
	case n < 5 || r.numb:
		d = time.Duration(r.rng.IntN(100)) * time.Millisecond
	case n < 9:
		d = time.Duration(r.rng.IntN(1000)) * time.Millisecond
	default:
		d = time.Duration(r.rng.IntN(4000)) * time.Millisecond
	}
	for end := time.Now().Add(d); time.Now().Before(end) && !r.f.calm.Load(); {
		time.Sleep(10 * time.Millisecond)
	}
}

// connect subscribes, on a socket that is left or on a new one, and reads until it is over. It gives the socket if that can be used again.
func (r *reader) connect(so *socket) *socket {
	var err error
	if so == nil {
		if so, err = dial(r.f.s.url(""), ""); err != nil {
			r.f.count("no connection", 1)
			time.Sleep(50 * time.Millisecond)
			return nil
		}
	}
	r.f.count("connections", 1)
	l := streamLife{after: r.last, inStart: map[string]bool{}, attempts: map[string]int{}, inBatch: map[string]place{}}
	if r.last == nil { // a start that was cut short is forgotten
		r.mu.Lock()
		clear(r.believed)
		r.mu.Unlock()
	}
	calm := r.f.calm.Load()
	st, err := so.subscribe(r.scope.document(), r.scope.variables(r.last))
	if err != nil {
		so.kill()
		return nil
	}
	keep := r.read(so, st, &l, calm)
	if l.ready {
		l.inBatch = nil
		r.mu.Lock()
		r.lives = append(r.lives, l)
		r.mu.Unlock()
	}
	if keep {
		return so
	}
	return nil
}

// read takes messages until the connection ends, one way or another; keep tells whether the socket lives on.
func (r *reader) read(so *socket, st *stream, l *streamLife, stay bool) (keep bool) {
	plan := r.plan()
	if stay {
		plan.early = -1
	}
	over := time.NewTimer(plan.after)
	defer over.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	doomed := false // not to be kept, because it was starved
	left := 100     // looks after the server has ended
	for taken := 0; ; {
		if taken == plan.early && !l.ready {
			r.f.count("cut in the start", 1)
			so.kill()
			return false
		}
		select {
		case raw, more := <-st.messages:
			if !more {
				r.ended(so, st, l)
				return false
			}
			r.take(l, raw)
			taken++
		case <-look.C:
			if r.f.over.Load() {
				if left--; left == 0 { // the server's end should have ended it
					so.kill()
					return false
				}
			}
			calm := r.f.calm.Load()
			stay = stay || calm && r.number%2 == 0 && !doomed // this one has to hear everything as it is
			if stay && l.ready {
				r.settle()
			}
			if !stay && !doomed && (calm || r.away()) {
				so.kill()
				return false
			}
			if r.numb && !doomed && l.ready && r.f.numb.Load() {
				doomed, l.numbed, plan.how = true, true, "killed"
				r.sleep(so)
				over.Reset(patience) // the server ends it by then
			}
		case <-over.C:
			if stay {
				continue
			}
			switch plan.how {
			case "starved":
				if l.ready {
					doomed = true
					r.starve(so)
					over.Reset(5 * time.Second)
					plan.how = "killed"
					continue
				}
			case "completed":
				r.f.count("completed", 1)
				return st.complete() == nil
			case "closed":
				r.f.count("closed", 1)
				so.close()
				return false
			}
			r.f.count("killed", 1)
			so.kill()
			return false
		}
	}
}

// starve reads nothing and asks for more and more, until the server has had enough. What it had sent by then is read afterwards.
func (r *reader) starve(so *socket) {
	r.f.count("starved", 1)
	so.mu.Lock() // the socket's reader waits for it
	defer so.mu.Unlock()
	_ = so.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	ping := wireMessage{Type: "ping", Payload: json.RawMessage(`{"much":"` + strings.Repeat("x", 16<<10) + `"}`)}
	for range 1000 {
		if so.write(ping) != nil {
			return // it has stopped listening
		}
	}
}

// sleep reads nothing while there is very much to be read. What the server had sent by then is read afterwards.
func (r *reader) sleep(so *socket) {
	r.f.count("asleep", 1)
	so.mu.Lock() // the socket's reader waits for it
	defer so.mu.Unlock()
	for r.f.numb.Load() {
		time.Sleep(10 * time.Millisecond)
	}
}

// ended looks at how the server or the network ended a stream.
func (r *reader) ended(so *socket, st *stream, l *streamLife) {
	if len(st.errors) > 0 || l.refused {
		if !l.refused {
			r.refused(st.errors)
		}
		so.kill()
		return
	}
	select {
	case <-so.done:
	case <-time.After(patience):
		r.violation("the server completed the subscription")
		so.kill()
		return
	}
	code := 0
	if closed := (*websocket.CloseError)(nil); errors.As(so.err, &closed) {
		code = closed.Code
	}
	switch code {
	case 4290:
		r.f.count("cut with 4290", 1)
	case 0, websocket.CloseServiceRestart, websocket.CloseAbnormalClosure: // a restart, a kill
		r.f.count("lost with the server", 1)
	default:
		r.violation("closed with %v", so.err)
	}
	if l.numbed {
		r.f.count("lost asleep", 1)
	}
	l.final = r.isSettled() && r.f.ending.Load()
}

// refused looks at a stream that ended while its socket lives.
func (r *reader) refused(errs apiErrors) {
	gone := errs[0].Extensions.Code == "NOT_FOUND" || errs[0].Extensions.Code == "BAD_USER_INPUT"
	if errs[0].Extensions.Code != "UNAVAILABLE" && !(r.fleeting && gone) {
		r.violation("refused: %v", errs)
	}
	r.f.count("refused "+errs[0].short(), 1)
}
