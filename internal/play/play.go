package play

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/client"
)

// Options are how to play.
type Options struct {
	// URL is the address of the GraphQL API.
	URL string
	// Journal takes an Entry a line; nil for none.
	Journal io.Writer
	// Progress hears now and then how many items have been brought and how many of them are closed; nil for nobody.
	Progress func(brought, closed int)
}

const (
	// connections is how many calls by HTTP are under way at most.
	connections = 64
	// maxCustomers is how many items are being brought, or wait for their customer's patience to end. Beyond, the next customer comes later.
	maxCustomers = 10_000
	// Between two attempts a wait doubles, in our time. Without an answer for outage, a call is given up.
	retryFirst, retryMost = 50 * time.Millisecond, 2 * time.Second
	outage                = 2 * time.Minute
	// closing is for how long, in the server's time, agents go on with what is left when a day is over.
	closing = 30 * time.Minute
)

// player is a day, or the demo, under way.
type player struct {
	url     string
	http    *client.HTTP
	clock   clock
	began   time.Time // by the server's time
	journal journal
	// workOf is how long an agent works on the item with a reference; false for one that is left alone.
	workOf func(reference string) (lasts time.Duration, ours bool)
	// troubled hears what nobody expected.
	troubled func(error)

	// customers are those who are to bring something or may give up.
	customers sync.WaitGroup

	mu  sync.Mutex
	ids map[string]string // of the items, by reference; nil where nobody asks for them
	// ordered and tooLate count what the supervisor did and could not do any more.
	ordered, tooLate atomic.Int64
	// brought and closed count items.
	brought, closed atomic.Int64
}

func newPlayer(ctx context.Context, url string, journalTo io.Writer) (*player, error) {
	p := &player{url: url, http: client.New(url, connections), journal: journal{out: journalTo}}
	var err error
	p.clock, err = readClock(ctx, p.http)
	p.began = p.clock.now()
	return p, err
}

// expect tells of an error, unless it is that all is over.
func (p *player) expect(ctx context.Context, err error, what string) {
	if err != nil && ctx.Err() == nil {
		p.troubled(fmt.Errorf("%s: %w", what, err))
	}
}

// insist makes a call until it is answered for good: a server that is started anew in between is nothing wrong, one that stays away is.
func insist(ctx context.Context, call func() error) error {
	end := time.Now().Add(outage)
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := call()
		least, passes := client.Passes(err)
		if err == nil || !passes || time.Now().After(end) {
			return err
		}
		select {
		case <-time.After(max(wait, least)):
		case <-ctx.Done():
			return err
		}
	}
}

// busy makes a call of an agent until it is answered. That it came too late, because something else happened to the item first, is nothing wrong.
func (p *player) busy(ctx context.Context, who string, call func() error) {
	err := insist(ctx, call)
	if name := client.Refused(err); !strings.HasPrefix(name, "CONFLICT/") && name != "NOT_FOUND" {
		p.expect(ctx, err, "agent "+who)
	}
}

// Play plays a day and reports what came of it. It ends early with the first thing that nobody expected.
func Play(ctx context.Context, d *Day, o Options) (*Report, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p, err := newPlayer(ctx, o.URL, o.Journal)
	if err != nil {
		return nil, err
	}
	defer p.http.Close()
	p.troubled, p.ids = func(err error) { stop(err) }, map[string]string{}
	work := make(map[string]time.Duration, len(d.Items))
	for _, it := range d.Items {
		work[it.Reference] = it.Work
	}
	p.workOf = func(reference string) (time.Duration, bool) {
		lasts, ours := work[reference]
		return lasts, ours
	}

	open, over := context.WithCancel(ctx)
	var agents, others sync.WaitGroup
	for _, t := range d.Temperaments {
		mine := slices.DeleteFunc(slices.Clone(d.Moves), func(m Move) bool { return m.Agent != t.Agent })
		others.Add(1)
		agents.Go(func() { newAgent(p, t).run(open, each(mine), others.Done) })
	}
	others.Go(func() { p.integrate(open, each(d.Items)) })
	others.Go(func() { p.supervise(open, d.Orders) })
	agents.Go(func() { p.watch(open, o.Progress) })
	others.Wait()
	p.awaitEnd(open)
	over()
	agents.Wait()
	p.customers.Wait()
	if err := errors.Join(context.Cause(ctx), p.journal.err); err != nil {
		return nil, err
	}
	return p.report(ctx, d)
}

// each gives the entries of a list, one after the other.
func each[T any](list []T) func() (T, bool) {
	return func() (next T, more bool) {
		if len(list) == 0 {
			return next, false
		}
		next, list = list[0], list[1:]
		return next, true
	}
}

const progressPeriod = 200 * time.Millisecond

// watch tells how far it is.
func (p *player) watch(ctx context.Context, progress func(brought, closed int)) {
	if progress == nil {
		return
	}
	for {
		select {
		case <-time.After(progressPeriod):
			progress(int(p.brought.Load()), int(p.closed.Load()))
		case <-ctx.Done():
			return
		}
	}
}

// awaitEnd waits until nobody has anything in hand any more and what waits does so for a person, or until closing time.
func (p *player) awaitEnd(ctx context.Context) {
	end := p.clock.now().Add(closing)
	for p.clock.now().Before(end) && ctx.Err() == nil {
		if left, err := p.unfinished(ctx); err != nil {
			p.expect(ctx, err, "looking for what is left")
			return
		} else if !left {
			return
		}
		p.clock.sleepUntil(ctx, p.clock.now().Add(max(time.Second, time.Duration(p.clock.speed*float64(progressPeriod)))))
	}
}

// unfinished tells whether somebody may still make something of an item without a person's doing. Status is asked for in one list: an item that
// goes from one to another between two lists would be in neither.
func (p *player) unfinished(ctx context.Context) (bool, error) {
	var after any
	for {
		var got struct {
			WorkItems struct {
				Nodes []struct {
					LeftUnassigned bool
					Reference      string
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		err := insist(ctx, func() error {
			return p.http.Do(ctx, "", unfinishedDocument, client.Vars{"from": p.began, "after": after}, &got)
		})
		if err != nil {
			return false, err
		}
		for _, n := range got.WorkItems.Nodes {
			p.mu.Lock()
			_, ours := p.ids[n.Reference]
			p.mu.Unlock()
			if ours && !n.LeftUnassigned {
				return true, nil
			}
		}
		if !got.WorkItems.PageInfo.HasNextPage {
			return false, nil
		}
		after = got.WorkItems.PageInfo.EndCursor
	}
}

const unfinishedDocument = `query ($from: DateTime!, $after: String) {
	workItems(first: 100, after: $after, filter: {statuses: [QUEUED, OFFERED, ASSIGNED], createdFrom: $from}) {
		nodes { leftUnassigned reference }
		pageInfo { hasNextPage endCursor } } }`
