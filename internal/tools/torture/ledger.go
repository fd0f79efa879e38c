package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/checker"
)

// ledger keeps what the server has said and what was tried, over all lives of the server: what was acknowledged, shown or pushed must
// stay true; what was tried without an answer may have happened, once. Whether anything happened that nobody tried is for the checker.
type ledger struct {
	*report
	witness
	mu       sync.Mutex
	items    map[string]*item // by reference
	byID     map[string]*item
	offers   map[string]*offer
	rows     map[string]*row // by contact
	agents   map[string]*agentRecord
	contacts map[string]*contactRecord // by name
	policy   policyRecord
	// repeatable are acknowledged calls of this round that had a key; open are those without an answer.
	repeatable, open []*op
	// waiting and working are items to pick from: open ones, and among them assigned ones; some may have been closed meanwhile.
	waiting, working []*item
	// readable are the items of this round that were acknowledged.
	readable []*item
	// outage: UNAVAILABLE is a right answer.
	outage atomic.Bool
	// readyAt is since when the server is ready without a break.
	readyAt time.Time
	// unavailableAt is when UNAVAILABLE was the answer for the last time.
	unavailableAt time.Time
}

func newLedger(r *report) *ledger {
	return &ledger{
		report: r, witness: witness{Recorder: checker.NewRecorder(nil, 1)}, items: map[string]*item{}, byID: map[string]*item{},
		offers: map[string]*offer{}, rows: map[string]*row{}, agents: map[string]*agentRecord{}, contacts: map[string]*contactRecord{},
	}
}

// item is a work item, known by its reference, which no two have in common.
type item struct {
	ref, id, contact, stream string
	priority                 int
	createdAt                time.Time
	// acked: its creation was. common: it may be cancelled at random.
	acked, common bool
	// final is COMPLETED or CANCELLED once known; closed: that it is one of them is known.
	final    string
	closed   bool
	closedAt *time.Time
	// assignment is known once the item was assigned.
	assignment, agent string
	// maybeMade: a call to create it ended without an answer, or with one that leaves it open.
	maybeMade bool
	// checkedClosed: it was read as closed, so that it need not be looked at again.
	checkedClosed bool
	// merged is the same item: this one was known by its offer before it was known by its reference.
	merged *item
}

// now is the item with all that is known of it.
func (it *item) now() *item {
	for it != nil && it.merged != nil {
		it = it.merged
	}
	return it
}

// offer is the last that was seen of an offer.
type offer struct {
	wireOffer
	// answered: an answer to it was taken, or may have been; the same answer is taken once more then.
	answered bool
	// ignored: nobody will answer it, so that its end comes by time alone.
	ignored bool
	// told is how it ended, by a refusal; known is since when its end is known, in whatever way.
	told  string
	known time.Time
}

// rowState is a row of the matrix: no agents when there is none.
type rowState struct {
	agents  []string
	version int
}

func (s rowState) equal(o rowState) bool {
	return s.version == o.version && slices.Equal(s.agents, o.agents)
}

// row is the row of a contact. One call at a time is under way for it, so what it must be is known exactly.
type row struct {
	contact string
	busy    bool
	known   rowState
	// maybe is what a call without an answer may have made of it.
	maybe *rowState
	// since is when the last call was sent.
	since time.Time
}

// tried tells until when something may have happened: at some time in the past, or still to come.
type tried struct{ at time.Time }

var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (t tried) since(when time.Time) bool { return !t.at.IsZero() && !t.at.Before(when) }

// agentRecord is what is known of an agent's presence. One call at a time changes it.
type agentRecord struct {
	id       string
	presence wirePresence
	// maybe is a status that a call without an answer may have set; vague: sessions came and went, so that only a look tells.
	maybe string
	vague bool
	// away and gone: until when a presence that revokes offers may have been chosen, and sessions may have been lost.
	away, gone tried
	// busy: a call about the presence is under way or without an answer.
	busy bool
}

type contactRecord struct {
	name, id string
	// acked: its creation was. checked: it was read.
	acked, checked bool
}

// policyRecord is the routing policy of one workstream, which one client changes.
type policyRecord struct {
	stream  string
	version int
	retry   *bool
	busy    bool
	// maybe is set when a call had no answer.
	maybe *bool
}

// op is one mutation: what is asked, of what it is about, and what came of it.
type op struct {
	kind       *kind
	actor, key string
	input      map[string]any

	item    *item
	offer   *offer
	row     *row
	want    rowState
	agent   *agentRecord
	contact *contactRecord

	// lean: only what needs no reading is asked for, so that the answer comes as early as it may.
	lean   bool
	sentAt time.Time
	ids    string
	// notMade: the answer promised that nothing was changed.
	notMade bool
	// again: another call may have done it, an earlier one without an answer or one at the same time.
	again bool
}

func (o *op) String() string {
	text, _ := json.Marshal(o.input) // ids and numbers only
	return fmt.Sprintf("%s %s by %q", o.kind.name, text, o.actor)
}

const (
	// answerLimit is within what every caller is promised an answer.
	answerLimit = 5 * time.Second
	// slack is what a machine that is busy with all of this may add to a time that we measure.
	slack = 250 * time.Millisecond
)

// give makes a call and keeps what comes of it. It returns nil unless the call was acknowledged; gone tells that no answer came.
func (l *ledger) give(ctx context.Context, via executor, o *op) (a *answer, gone bool) {
	if o.key != "" && o.input["idempotencyKey"] == nil {
		o.input["idempotencyKey"] = o.key
	}
	l.begin(o)
	a, refused, err := l.call(ctx, via, o)
	l.mu.Lock()
	defer l.mu.Unlock()
	o.item = o.item.now()
	switch {
	case err != nil:
		l.lose(o)
		return nil, true
	case refused == nil:
		l.acknowledge(o, a)
		l.testify(o, true)
		return a, false
	}
	switch refused.Extensions.Code {
	case "INTERNAL": // a violation, noted already; perhaps it was made
		l.lose(o)
	case unavailable:
		if l.unavailableAt = time.Now(); !l.outage.Load() {
			l.violation("UNAVAILABLE without an outage", "%s: %s", o, refused)
		}
		// The writer says which of the two it is.
		o.notMade = strings.Contains(refused.Message, "not made") || strings.Contains(refused.Message, "does not take changes")
		l.lose(o)
	case "RATE_LIMITED":
		l.release(o)
	default:
		l.refuse(o, refused)
	}
	return nil, false
}

// call makes the call and measures it.
func (l *ledger) call(ctx context.Context, via executor, o *op) (*answer, *refusal, error) {
	o.sentAt, o.notMade = time.Now(), false
	document := o.kind.document
	if o.lean {
		document = o.kind.lean
	}
	data, refused, err := via.execute(ctx, o.actor, document, map[string]any{"input": o.input})
	l.waited(o.kind.name, time.Since(o.sentAt), refused)
	if err != nil || refused != nil {
		return nil, refused, err
	}
	var got struct{ R *answer }
	if err := json.Unmarshal(data, &got); err != nil || got.R == nil {
		l.violation("unreadable answer", "%s: %s: %v", o, data, err)
		return nil, nil, fmt.Errorf("unreadable: %w", err)
	}
	return got.R, nil, nil
}

// waited checks what every answer is promised to be.
func (l *ledger) waited(what string, d time.Duration, refused *refusal) {
	outcome := "success"
	if refused != nil {
		outcome = refused.name()
	}
	l.took(what+", which ended in "+outcome, d)
	if d > answerLimit+slack {
		l.violation("no answer within 5 s", "%s took %s and ended in %s", what, seconds(d), outcome)
	}
	if outcome == "INTERNAL" {
		l.violation("INTERNAL", "%s: %s", what, refused)
	}
}

// begin notes what the call may do from now on.
func (l *ledger) begin(o *op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o.item = o.item.now()
	if o.row != nil {
		o.row.since = time.Now()
	}
	if o.agent != nil {
		if o.kind == signOut {
			o.agent.gone.at = forever
		} else if !allowed(o.status()) {
			o.agent.away.at = forever
		}
	}
	if o.contact != nil {
		l.contacts[o.contact.name] = o.contact
	}
	if o.kind == createItem {
		l.items[o.item.ref] = o.item
	}
}

// release ends a call that changed nothing.
func (l *ledger) release(o *op) {
	now := time.Now()
	switch {
	case o.row != nil:
		o.row.busy = false
	case o.kind == updatePolicy:
		l.policy.busy = false
	case o.agent != nil:
		o.agent.busy = false
		o.agent.away.end(now)
		if o.kind == signOut {
			o.agent.gone.end(now)
		}
	}
}

func (t *tried) end(now time.Time) {
	if t.at.Equal(forever) {
		t.at = now
	}
}

// lose keeps a call whose outcome is not known.
func (l *ledger) lose(o *op) {
	l.add(&l.unclear, 1)
	l.open = append(l.open, o)
	if o.notMade {
		return // what it may have changed stays busy until it is settled
	}
	l.testify(o, false)
	o.again = true
	switch {
	case o.kind == createItem:
		o.item.maybeMade = true
	case o.row != nil:
		want := o.want
		o.row.maybe = &want
	case o.kind == updatePolicy:
		retry := o.retry()
		l.policy.maybe = &retry
	case o.kind == signOut:
		o.agent.vague = true
	case o.agent != nil:
		o.agent.maybe = o.status()
	}
}

// closes is what becomes of an item that is cancelled or completed.
func (o *op) closes() string {
	return map[*kind]string{cancelItem: cancelled, completeItem: completed}[o.kind]
}

func (o *op) retry() bool { return o.input["retryPreferred"].(bool) }

func (o *op) status() string {
	s, _ := o.input["statusId"].(string)
	return s
}

// allowed tells whether the centre's workstreams offer work to an agent with this status.
func allowed(status string) bool { return status == "ps_available" || status == "ps_busy" }
