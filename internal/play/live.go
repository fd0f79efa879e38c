package play

import (
	"context"
	"sync"
	"time"

	"rapport/internal/client"
)

// Centre is people at work without an end. What the functions give is asked for when it is wanted, so it may depend on what happens meanwhile.
type Centre struct {
	Agents []Temperament
	// Moves gives what an agent does next, Items what the next customer wants.
	Moves func(agent string) func() (Move, bool)
	Items func() (Item, bool)
	// Patience is how long whoever brought the item with a reference waits, which may be one of before; 0 for ever.
	Patience func(reference string) time.Duration
	// Work is how long an agent works on the item with a reference, which may be one of before.
	Work func(reference string) time.Duration
	// Troubled hears what nobody expected; whatever it was, the others go on.
	Troubled func(error)
}

// Live keeps a centre going at the GraphQL address until ctx ends. An error is that the server does not answer.
func Live(ctx context.Context, url string, c Centre) error {
	p, err := newPlayer(ctx, url, nil)
	if err != nil {
		return err
	}
	defer p.http.Close()
	p.workOf = func(reference string) (time.Duration, bool) { return c.Work(reference), true }
	p.troubled = c.Troubled
	if err := p.remember(ctx, c.Patience); err != nil {
		return err
	}
	var everybody sync.WaitGroup
	for _, t := range c.Agents {
		everybody.Go(func() { newAgent(p, t).run(ctx, c.Moves(t.Agent), nil) })
	}
	everybody.Go(func() { p.integrate(ctx, c.Items) })
	everybody.Wait()
	p.customers.Wait()
	return nil
}

const waitingDocument = `query ($after: String) { workItems(first: 100, after: $after, filter: {statuses: [QUEUED, OFFERED]}) {
	nodes { id reference createdAt }
	pageInfo { hasNextPage endCursor } } }`

// remember has those give up in their time who have waited since before: else what nobody takes would pile up with each start.
func (p *player) remember(ctx context.Context, patience func(reference string) time.Duration) error {
	var after any
	for {
		var got struct {
			WorkItems struct {
				Nodes []struct {
					ID, Reference string
					CreatedAt     time.Time
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := p.http.Do(ctx, "", waitingDocument, client.Vars{"after": after}, &got); err != nil {
			return err
		}
		for _, w := range got.WorkItems.Nodes {
			if most := patience(w.Reference); most > 0 {
				left := max(0, w.CreatedAt.Add(most).Sub(p.began))
				p.customers.Go(func() { p.lose(ctx, w.ID, Item{Reference: w.Reference, Patience: left}) })
			}
		}
		if !got.WorkItems.PageInfo.HasNextPage {
			return nil
		}
		after = got.WorkItems.PageInfo.EndCursor
	}
}
