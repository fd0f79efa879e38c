package play

import (
	"context"
	"sync"
	"time"
)

// Centre is people at work without an end. What the functions give is asked for when it is wanted, so it may depend on what happens meanwhile.
type Centre struct {
	Agents []Temperament
	// Moves gives what an agent does next, Items what the next customer wants.
	Moves func(agent string) func() (Move, bool)
	Items func() (Item, bool)
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
	p.workOf, p.troubled = c.Work, c.Troubled
	var everybody sync.WaitGroup
	for _, t := range c.Agents {
		everybody.Go(func() { newAgent(p, t).run(ctx, c.Moves(t.Agent), nil) })
	}
	everybody.Go(func() { p.integrate(ctx, c.Items) })
	everybody.Wait()
	return nil
}
