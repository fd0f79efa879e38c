package main

import (
	"context"
	"fmt"
	"time"
)

// served is how many waiting items the orderly agent takes in each round.
const served = 6

// serveOrderly lets the orderly agent, who was full all the time, work through what waits for them over all restarts. That it comes in the
// order of WS-3 is judged by the checker.
func (w *world) serveOrderly(ctx context.Context) error {
	waiting := 0
	for _, queue := range w.ordered {
		filter := map[string]any{"filter": map[string]any{"statuses": []string{queued}, "queueId": queue}}
		if _, err := page(ctx, w, allItems, "", filter, func(wireItem, time.Time) { waiting++ }); err != nil {
			return err
		}
	}
	a := w.agents[len(w.agents)-1]
	for range min(served, waiting) {
		got, err := w.readAgent(ctx, a.id, loadFields)
		if err != nil {
			return err
		}
		if len(got.Assignments.Nodes) != 1 || len(got.OpenOffers) != 0 {
			return fmt.Errorf("the orderly agent holds %+v and is offered %+v, want one assignment", got.Assignments.Nodes, got.OpenOffers)
		}
		w.mu.Lock()
		it := w.byID[got.Assignments.Nodes[0].WorkItem.ID]
		w.mu.Unlock()
		if done, _ := w.give(ctx, w.http, w.itemOp(w.random(1<<13), completeItem, it, a.id)); done == nil {
			return fmt.Errorf("the orderly agent could not complete %s", it.id)
		}
		select {
		case o := <-a.inbox:
			if done, _ := w.give(ctx, w.http, w.answerOp(acceptOffer, o, "")); done == nil {
				return fmt.Errorf("the orderly agent could not accept %s", o.ID)
			}
		case <-time.After(answerLimit):
			return fmt.Errorf("the orderly agent is free, items wait (%d in the beginning) and none is offered", waiting)
		}
	}
	return nil
}
