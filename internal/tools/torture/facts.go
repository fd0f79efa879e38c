package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/internal/checker"
)

// What answers and pushed messages say, as facts: each stays true whatever happens to the server. Called with the lock held.

// acknowledge takes in the answer of a call that was made.
func (l *ledger) acknowledge(o *op, a *answer) {
	l.add(&l.acknowledged, 1)
	o.ids = o.kind.ids(a)
	if o.key != "" {
		l.repeatable = append(l.repeatable, o)
	}
	switch o.kind {
	case createItem:
		l.created(o, a.WorkItem)
	case cancelItem, completeItem:
		l.closed(o.item, a.WorkItem.Status, a.WorkItem.ClosedAt)
		if a.WorkItem.Status != o.closes() {
			l.violation("wrong answer", "%s gave an item that is %s", o, a.WorkItem.Status)
		}
	case acceptOffer:
		l.saw(*a.Offer)
		l.assigned(o.item, a.Assignment)
	case rejectOffer:
		l.saw(*a.Offer)
	case setRow, moveInRow, removeFromRow:
		l.rowAnswered(o, a.PreferredAgents)
	case setPresence, signOut:
		l.presenceAnswered(o, a.Agent)
	case createContact:
		if o.contact.acked && o.contact.id != a.Contact.ID {
			l.violation("doubled contact", "%s is %s and %s", o.contact.name, o.contact.id, a.Contact.ID)
		}
		o.contact.id, o.contact.acked = a.Contact.ID, true
	case updatePolicy:
		l.policyAnswered(o, a.Workstream)
	}
}

const (
	queued, offered, assigned, completed, cancelled = "QUEUED", "OFFERED", "ASSIGNED", "COMPLETED", "CANCELLED"
	open, accepted, rejected, missed, revoked       = "OPEN", "ACCEPTED", "REJECTED", "MISSED", "REVOKED"
)

// created takes in a new item. The same item comes again from a repeated call.
func (l *ledger) created(o *op, w *wireItem) {
	it := o.item
	contact := ""
	if w.Contact != nil {
		contact = w.Contact.ID
	}
	if p, given := o.input["priority"].(int); given && p != w.Priority || w.Reference != it.ref || contact != it.contact && !o.lean {
		l.violation("wrong answer", "%s gave the item %+v", o, w)
	}
	l.identify(it, w.ID)
	if !it.acked {
		l.readable = append(l.readable, it)
		if it.common {
			l.waiting = append(l.waiting, it)
		}
	}
	it.priority, it.createdAt, it.acked = w.Priority, w.CreatedAt, true
	if w.Offer != nil {
		l.saw(*w.Offer)
	}
	if w.Assignment != nil {
		l.assigned(it, w.Assignment)
	}
}

// identify brings reference and id of an item together: no reference has two ids.
func (l *ledger) identify(it *item, id string) {
	if it.id != "" && it.id != id {
		l.violation("doubled item", "the reference %s has the items %s and %s", it.ref, it.id, id)
		return
	}
	it.id = id
	early := l.byID[id]
	l.byID[id] = it
	if early == nil || early == it {
		return
	}
	early.merged = it
	it.final, it.closed, it.closedAt = early.final, early.closed, early.closedAt
	it.assignment, it.agent = early.assignment, early.agent
	if it.assignment != "" && it.common {
		l.working = append(l.working, it)
	}
}

// itemOf finds the item of an offer, which may be known by its offer before the answer to its creation is there.
func (l *ledger) itemOf(o *offer) *item {
	it := l.byID[o.WorkItem.ID]
	if it == nil {
		it = &item{id: o.WorkItem.ID}
		l.byID[it.id] = it
	}
	return it
}

// closed takes in that an item is completed or cancelled.
func (l *ledger) closed(it *item, status string, at *time.Time) {
	if it.final != "" && (it.final != status || at != nil && it.closedAt != nil && !at.Equal(*it.closedAt)) {
		l.violation("closed twice", "%s (%s) was %s at %v and is %s at %v", it.id, it.ref, it.final, it.closedAt, status, at)
		return
	}
	it.final, it.closed, it.closedAt = status, true, at
}

// assigned takes in whose an item is; so far no item is assigned twice.
func (l *ledger) assigned(it *item, a *wireAssignment) {
	if it.assignment != "" && it.assignment != a.ID {
		l.violation("assigned twice", "%s (%s) has the assignments %s and %s", it.id, it.ref, it.assignment, a.ID)
		return
	}
	if it.assignment == "" && it.common {
		l.working = append(l.working, it)
	}
	it.assignment, it.agent = a.ID, a.AgentID
}

// saw takes in the state of an offer. It may be older than what is known.
func (l *ledger) saw(w wireOffer) *offer {
	o := l.offers[w.ID]
	if o == nil {
		o = &offer{wireOffer: wireOffer{State: open}}
		l.offers[w.ID] = o
	}
	if o.State == open && w.State != open {
		o.known = time.Now()
	}
	switch {
	case o.ID == "":
		o.wireOffer = w
	case w.State == open:
	case o.State == open:
		o.wireOffer = w
	case o.State != w.State || !sameTime(o.EndedAt, w.EndedAt):
		l.violation("ended twice", "the offer %s was %s at %v and is %s at %v", w.ID, o.State, o.EndedAt, w.State, w.EndedAt)
	}
	return o
}

func sameTime(a, b *time.Time) bool { return (a == nil) == (b == nil) && (a == nil || a.Equal(*b)) }

// rowAnswered takes in the row that a call made: of this call and of no other.
func (l *ledger) rowAnswered(o *op, w *wireRow) {
	got := rowState{agents: w.agents(), version: w.version()}
	if !got.equal(o.want) {
		l.violation("wrong row", "%s made %+v of %+v, want %+v", o, got, o.row.known, o.want)
	}
	l.rowIs(o.row, got, w)
	o.row.maybe = nil
	l.release(o)
}

func (l *ledger) presenceAnswered(o *op, w *wireAgent) {
	taken := w.Presence.Status.ID == o.status() || allowed(o.status()) && w.Presence.byLoad() // overruled at once, or since (PR-6)
	if o.kind == setPresence && !taken || o.kind == signOut && w.Presence.SignedIn {
		l.violation("wrong answer", "%s made %s", o, w.Presence)
	}
	o.agent.presence, o.agent.maybe = w.Presence, ""
	if o.kind == setPresence {
		o.agent.vague = false // whoever can choose has a session
	}
	l.release(o)
}

func (l *ledger) policyAnswered(o *op, w *wireWorkstream) {
	retry := o.retry()
	if w.RoutingPolicy.RetryPreferred == nil || *w.RoutingPolicy.RetryPreferred != retry || w.Version != o.want.version {
		l.violation("wrong answer", "%s made %+v of version %d", o, w, l.policy.version)
	}
	l.policyIs(w)
	l.policy.maybe = nil
	l.release(o)
}

// refuse takes in a refusal: a reason to refuse is a fact too, for it was given after what it stands on was durable.
func (l *ledger) refuse(o *op, r *refusal) {
	if !slices.Contains(o.kind.refusals, r.name()) {
		l.violation("wrong refusal", "%s: %s", o, r)
	}
	l.release(o)
	if reason := r.Extensions.Reason; reason == "OFFER_EXPIRED" || reason == "OFFER_REVOKED" {
		l.Answered(checker.Answer{Done: "LATE", Offer: o.offer.ID, Agent: o.offer.AgentID, Sent: o.sentAt})
	}
	switch r.Extensions.Reason {
	case "WORK_ITEM_CLOSED":
		o.item.closed = true
	case "OFFER_ACCEPTED", "OFFER_REJECTED", "OFFER_REVOKED":
		if state := r.Extensions.Reason[len("OFFER_"):]; o.offer.State != open && o.offer.State != state {
			l.violation("wrong refusal", "%s: %s, but the offer is %s", o, r, o.offer.State)
		} else {
			o.offer.told, o.offer.known = state, time.Now()
		}
	case "OFFER_EXPIRED":
		if time.Now().Before(*o.offer.ExpiresAt) {
			l.violation("expired too early", "%s: the offer has until %v", o, o.offer.ExpiresAt)
		}
	}
}

// stream is one subscription of an agent to their offers.
type stream struct {
	heard  checker.Stream
	cursor [3]int64
	ready  bool
}

// pushed takes in a message. What is pushed is durable, and comes in order (EV-1).
func (l *ledger) pushed(s *stream, m offerMessage) *offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if (m.Type == "STATE" || m.Type == "READY") == s.ready {
		l.violation("wrong message", "%s for %s out of turn", m.Type, s.heard.Agent)
	}
	if m.Type == "READY" {
		s.ready, s.heard.Ready = true, time.Now()
	}
	if m.Offer == nil {
		if m.Type == "CHANGED" {
			l.violation("wrong message", "a change for %s without its offer", s.heard.Agent)
		}
		return nil
	}
	told := checker.StreamMessage{Offer: m.Offer.ID, Agent: m.Offer.AgentID, State: m.Offer.State}
	if m.At != nil {
		told.At = *m.At
	}
	s.heard.Messages = append(s.heard.Messages, told)
	if m.Type == "CHANGED" {
		at := place(m.Cursor)
		if slices.Compare(at[:], s.cursor[:]) <= 0 {
			l.violation("pushed out of order", "%s after %v for %s", m.Cursor, s.cursor, s.heard.Agent)
		}
		s.cursor = at
	}
	return l.saw(*m.Offer)
}

// unplugged ends a subscription whose connection is over.
func (l *ledger) unplugged(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.ready && s.heard.Closing.IsZero() {
		s.heard.Closing = time.Now()
		l.ownStreams = append(l.ownStreams, s.heard)
	}
}

// place reads a cursor, "epoch.seq.index".
func place(cursor string) (at [3]int64) {
	for i, part := range strings.SplitN(cursor, ".", len(at)) {
		at[i], _ = strconv.ParseInt(part, 10, 64) // 0 for what is no number is out of order
	}
	return at
}
