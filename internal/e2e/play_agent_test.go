package e2e

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/checker"
)

// playAgent is one of the forty. Everything that they do happens in their own goroutine, one thing after another.
type playAgent struct {
	p      *play
	number int
	id     string
	c      client

	orders chan func()   // of the script
	woken  chan struct{} // items were created since
	over   chan struct{}
	done   chan struct{}
	ending sync.Once
	absent atomic.Bool

	// Of the goroutine only.
	session  *session
	stream   *checker.Stream
	open     map[string]openOffer // those that wait for an answer
	answers  map[string]bool      // offers that were answered
	work     map[string]int64     // items in hand, with the count of items at which each is done
	finished map[string]bool      // items that were in hand
}

// openOffer is an offer with the count of items at which the agent answers it.
type openOffer struct {
	offer
	due int64
}

// never is the count of items for offers that are ignored.
const never = 1 << 40

func newPlayAgent(p *play, number int, id string) *playAgent {
	a := &playAgent{
		p: p, number: number, id: id, c: p.c.as(id), orders: make(chan func()), woken: make(chan struct{}, 1), over: make(chan struct{}),
		done: make(chan struct{}), open: map[string]openOffer{}, answers: map[string]bool{}, work: map[string]int64{}, finished: map[string]bool{},
	}
	a.absent.Store(true)
	go a.run()
	return a
}

func (a *playAgent) run() {
	defer close(a.done)
	for {
		var messages chan json.RawMessage // nil while there is no session: nothing comes
		if a.session != nil {
			messages = a.session.stream.messages
		}
		select {
		case raw, more := <-messages:
			if !more {
				a.p.t.Errorf("the stream of agent %d has ended by itself: %v, %v", a.number, a.session.err, a.session.stream.errors)
				a.hangUp((*socket).kill)
				continue
			}
			if m, ok := a.hear(raw); ok && m.Offer != nil {
				a.react(*m.Offer)
			}
		case order := <-a.orders:
			order()
		case <-a.woken:
		case <-a.over:
			if a.session != nil {
				a.hangUp((*socket).kill)
			}
			return
		}
		if a.session != nil {
			a.toil()
		}
	}
}

// order has something done in the agent's goroutine and waits for it, so that the script is one thing after another.
func (a *playAgent) order(what func()) {
	finished := make(chan struct{})
	select {
	case a.orders <- func() { what(); close(finished) }:
		<-finished
	case <-a.done:
	}
}

func (a *playAgent) nudge() {
	select {
	case a.woken <- struct{}{}:
	default: // woken already
	}
}

func (a *playAgent) end() {
	a.ending.Do(func() { close(a.over) })
	<-a.done
}

// hear logs a message of the stream.
func (a *playAgent) hear(raw json.RawMessage) (offerMessage, bool) {
	m, err := decodeOffer(raw)
	if err != nil || m.Type != "CHANGED" || m.Offer == nil || m.At == nil {
		a.p.t.Errorf("agent %d heard %s: %v", a.number, raw, err)
		return m, false
	}
	a.stream.Messages = append(a.stream.Messages, checker.StreamMessage{Offer: m.Offer.ID, Agent: m.Offer.AgentID, State: m.Offer.State, At: *m.At})
	return m, true
}

// react plans the answer to an open offer, or takes note of how one ended.
func (a *playAgent) react(o offer) {
	switch {
	case o.State == "OPEN":
		a.open[o.ID] = openOffer{o, a.p.created.Load() + a.thinks(o)}
		return
	case o.State == "ACCEPTED" && !a.answers[o.ID]: // assigned without asking (OF-2)
		a.take(o.WorkItem.ID, o.WorkItem.Reference)
	}
	delete(a.open, o.ID)
}

// thinks tells how many items come before the agent answers: few, or so many that the offer is missed.
func (a *playAgent) thinks(o offer) int64 {
	n := roll(o.WorkItem.Reference+"thinks", a.number)
	quick := slices.Contains(a.p.stage.quick, o.WorkItem.Workstream.ID)
	if isStubborn(o.WorkItem.Reference) || quick && !a.p.closing.Load() && n%100 < 28 {
		return never
	}
	return int64(n % 25)
}

// isStubborn: whoever is asked for such an item ignores it to the end of the play, and it is cancelled.
func isStubborn(reference string) bool { return roll(reference, 0)%45 == 0 }

// roll is a number that depends on an item and an agent alone.
func roll(reference string, agent int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(reference + "/" + string(rune('A'+agent)))) // never fails
	return int(h.Sum32() >> 8)
}

// decide: most offers are accepted, some rejected.
func (a *playAgent) decide(o offer) {
	a.answers[o.ID] = true
	if !a.p.closing.Load() && roll(o.WorkItem.Reference, a.number)%100 < 15 {
		a.reject(o)
	} else {
		a.accept(o)
	}
}

// accept takes an offer; every tenth is accepted by two devices at once, which is the same as by one (OF-6).
func (a *playAgent) accept(o offer) {
	var devices sync.WaitGroup
	assignments := make([]string, 1+roll(o.ID, a.number)%10/9)
	for i := range assignments {
		devices.Go(func() {
			sent := time.Now()
			data, err := a.c.try(acceptDocument, vars{"o": o.ID})
			if a.answered("ACCEPTED", o, sent, err) {
				assignments[i] = data.text("acceptOffer.assignment.id")
			}
		})
	}
	devices.Wait()
	if first, last := assignments[0], assignments[len(assignments)-1]; first != last {
		a.p.t.Errorf("two devices accepted offer %s: %q and %q", o.ID, first, last)
	} else if first != "" {
		a.take(o.WorkItem.ID, o.WorkItem.Reference)
	}
}

func (a *playAgent) reject(o offer) {
	sent := time.Now()
	_, err := a.c.try(rejectDocument, vars{"o": o.ID})
	a.answered("REJECTED", o, sent, err)
}

// answered logs what became of an answer. Too late is nothing wrong: the checker sees whether it was.
func (a *playAgent) answered(done string, o offer, sent time.Time, err error) bool {
	switch short := refusal(err); short {
	case "":
	case "CONFLICT/OFFER_EXPIRED", "CONFLICT/OFFER_REVOKED":
		done = "LATE"
	default:
		a.p.t.Errorf("agent %d, offer %s, %s: %v", a.number, o.ID, done, err)
		return false
	}
	a.p.rec.Answered(checker.Answer{Done: done, Offer: o.ID, Agent: a.id, Sent: sent})
	return done != "LATE"
}

// take notes work that is done when so many more items have come: about a second later.
func (a *playAgent) take(item, reference string) {
	if _, known := a.work[item]; !known && !a.finished[item] {
		a.work[item] = a.p.created.Load() + 15 + int64(roll(reference, a.number)%60)
	}
}

// toil answers and completes what is due by now.
func (a *playAgent) toil() {
	now, closing := a.p.created.Load(), a.p.closing.Load()
	for id, o := range a.open {
		if o.due <= now || closing && o.due < never {
			delete(a.open, id)
			a.decide(o.offer)
		}
	}
	for item, due := range a.work {
		if due > now && !closing {
			continue
		}
		delete(a.work, item)
		if !closing && roll(item, a.number)%9 == 0 && a.handOver(item) {
			continue
		}
		a.finished[item] = true
		if !a.p.close(a.c, item, "COMPLETED", completeDocument) { // a supervisor was quicker, and it may come back
			delete(a.finished, item)
		}
	}
}
