package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// served is how many waiting items the orderly agent takes in each round.
const served = 6

// checkOrder lets the orderly agent, who was full all the time, work through what waits for them: it must come in the order of WS-3,
// which no restart changes.
func (w *world) checkOrder(ctx context.Context) error {
	a := w.agents[len(w.agents)-1]
	for range served {
		waiting, err := w.waitingInOrder(ctx)
		if err != nil || len(waiting) == 0 {
			return err
		}
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
		w.check()
		select {
		case o := <-a.inbox:
			if first := waiting[0]; o.WorkItem.ID != first.ID {
				w.violation("order", "%s was offered, before it comes %s (%s) of priority %d, created at %v", o.WorkItem.ID, first.ID,
					first.Reference, first.Priority, first.CreatedAt)
			}
			if done, _ := w.give(ctx, w.http, w.answerOp(acceptOffer, o, "")); done == nil {
				return fmt.Errorf("the orderly agent could not accept %s", o.ID)
			}
		case <-time.After(answerLimit):
			w.violation("order", "the orderly agent is free, %d items wait and none is offered", len(waiting))
			return nil
		}
	}
	return nil
}

// waitingInOrder lists what waits in the orderly agent's queues in the order of WS-3: queue priority, item priority, age, id.
func (w *world) waitingInOrder(ctx context.Context) ([]wireItem, error) {
	var list []wireItem
	for queue := range w.ordered {
		filter := map[string]any{"filter": map[string]any{"statuses": []string{queued}, "queueId": queue}}
		if _, err := page(ctx, w, allItems, "", filter, func(got wireItem, _ time.Time) { list = append(list, got) }); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b wireItem) int {
		return cmp.Or(cmp.Compare(w.ordered[a.Queue.ID], w.ordered[b.Queue.ID]), cmp.Compare(a.Priority, b.Priority),
			a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}
