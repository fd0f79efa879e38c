// Package quota bounds what one principal may have open at a time, and how often they may ask, over all of their connections and
// requests together. What one connection may do is the business of package ws.
package quota

import (
	"container/list"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rapport/engine"
)

// Options are the limits of each principal, and hooks. A limit that is zero or less is none.
type Options struct {
	// Connections, Operations and Subscriptions are how many may be open at a time. A subscription is an operation as well.
	Connections, Operations, Subscriptions int
	// Rate is how many operations may begin per second, and Burst how many at once after a rest, at least one.
	Rate  float64
	Burst int
	// Messages is how many messages per second all connections may send together, and how many at once (Pacer).
	Messages int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Refused is told of each refusal, to count it; nil counts nothing. It must not block.
	Refused func(Limit)
}

// Limit names what a refusal was for.
type Limit string

// The limits that refuse. They are labels of a metric.
const (
	LimitConnections   Limit = "principal_connections"
	LimitOperations    Limit = "principal_operations"
	LimitSubscriptions Limit = "principal_subscriptions"
	LimitRate          Limit = "principal_rate"
)

// Quotas counts for any number of principals. Its methods may be called from any goroutine, and never wait. It remembers a principal
// while something of theirs is open, and as long after that as a spent Burst takes to fill: nobody gets a new one by going away.
type Quotas struct {
	o Options

	mu         sync.Mutex
	principals map[string]*usage
	resting    *list.List // of *usage with nothing open, whoever has rested longest first
}

// usage is one principal's.
type usage struct {
	principal string
	open      [kinds]int
	rate      *rate.Limiter // nil: any
	messages  *rate.Limiter // of all connections; nil until asked for
	rest      *list.Element // in resting; nil: something is open
	since     time.Time     // when the rest began
}

// kind is what can be open.
type kind int

const (
	connections kind = iota
	operations
	subscriptions
	kinds
)

// New returns quotas of which nothing is used.
func New(o Options) *Quotas {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Refused == nil {
		o.Refused = func(Limit) {}
	}
	o.Burst = max(o.Burst, 1)
	return &Quotas{o: o, principals: map[string]*usage{}, resting: list.New()}
}

// Connect counts a connection until release is called. Its error is an *engine.Error, LIMIT_EXCEEDED.
func (q *Quotas) Connect(principal string) (release func(), err error) {
	return q.take(principal, connections, false)
}

// Operate counts an operation, whatever its kind and transport, until release is called. Its error is an *engine.Error: RATE_LIMITED
// with the seconds to wait, or LIMIT_EXCEEDED.
func (q *Quotas) Operate(principal string) (release func(), err error) {
	return q.take(principal, operations, true)
}

// Subscribe counts a subscription, once Operate has counted the operation, until release is called. Its error is an *engine.Error,
// LIMIT_EXCEEDED.
func (q *Quotas) Subscribe(principal string) (release func(), err error) {
	return q.take(principal, subscriptions, false)
}

// Pacer is the limiter that the connections of a principal share for their messages, nil when Messages is no limit. Once Connect has
// counted a connection, it is the same for as long as that is open.
func (q *Quotas) Pacer(principal string) *rate.Limiter {
	if q.o.Messages <= 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.principals[principal]
	if u == nil { // It has ended meanwhile.
		return nil
	}
	if u.messages == nil {
		u.messages = rate.NewLimiter(rate.Limit(q.o.Messages), q.o.Messages)
	}
	return u.messages
}

func (q *Quotas) take(principal string, k kind, rated bool) (release func(), err error) {
	limit, refusal := q.claim(principal, k, rated)
	if refusal != nil {
		q.o.Refused(limit)
		return nil, refusal
	}
	return sync.OnceFunc(func() { q.release(principal, k) }), nil
}

// claim counts one more of a kind, or tells which limit it meets.
func (q *Quotas) claim(principal string, k kind, rated bool) (Limit, *engine.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.o.Now()
	q.forget(now)
	u := q.principals[principal]
	if u == nil {
		u = &usage{principal: principal}
		if q.o.Rate > 0 {
			u.rate = rate.NewLimiter(rate.Limit(q.o.Rate), q.o.Burst)
		}
		q.principals[principal] = u
	}
	defer q.settle(u, now)
	if rated && u.rate != nil {
		turn := u.rate.ReserveN(now, 1)
		if wait := turn.DelayFrom(now); wait > 0 {
			turn.CancelAt(now)
			return LimitRate, &engine.Error{
				Code: engine.CodeRateLimited, Message: "too many operations in a short time", RetryAfterSeconds: int(math.Ceil(wait.Seconds())),
			}
		}
	}
	limit, what, most := q.limit(k)
	if most > 0 && u.open[k] >= most {
		return limit, &engine.Error{Code: engine.CodeLimit, Message: fmt.Sprintf("at most %d %s of one principal may be open", most, what)}
	}
	u.open[k]++
	return "", nil
}

func (q *Quotas) limit(k kind) (limit Limit, what string, most int) {
	switch k {
	case connections:
		return LimitConnections, "connections", q.o.Connections
	case operations:
		return LimitOperations, "operations", q.o.Operations
	default:
		return LimitSubscriptions, "subscriptions", q.o.Subscriptions
	}
}

func (q *Quotas) release(principal string, k kind) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.o.Now()
	u := q.principals[principal] // There: something of theirs was open.
	u.open[k]--
	q.settle(u, now)
	q.forget(now)
}

// settle has u rest when nothing of theirs is open, or be forgotten if their rate has nothing to remember. It is called with the
// lock held.
func (q *Quotas) settle(u *usage, now time.Time) {
	idle := u.open == [kinds]int{}
	if u.rest != nil {
		q.resting.Remove(u.rest)
		u.rest = nil
	}
	switch {
	case !idle:
	case u.rate == nil || u.rate.TokensAt(now) >= float64(q.o.Burst):
		delete(q.principals, u.principal)
	default:
		u.since = now
		u.rest = q.resting.PushBack(u)
	}
}

// forget lets go of those who have rested long enough for any burst to be full again. At a time it looks at a few only, more than can
// have come since, so that nobody waits while a million are let go. It is called with the lock held.
func (q *Quotas) forget(now time.Time) {
	const few = 4
	for range few {
		first := q.resting.Front()
		if first == nil {
			return
		}
		u := first.Value.(*usage)
		if now.Sub(u.since).Seconds()*q.o.Rate < float64(q.o.Burst) {
			return
		}
		q.resting.Remove(first)
		delete(q.principals, u.principal)
	}
}
