package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// What is read after a restart, or after an outage, held against the ledger.

var (
	// Few offers of many items at a time, because a document's cost is limited; all offers of the items that have more.
	allItems = "query ($after: String, $filter: WorkItemFilter) { r: workItems(first: 100, after: $after, filter: $filter) " +
		"{ nodes { " + fmt.Sprintf(itemFields, 15) + " } pageInfo { hasNextPage endCursor } } }"
	oneItem = "query ($id: ID!) { r: workItem(id: $id) { " + fmt.Sprintf(itemFields, 100) + " } }"
)

const (
	allContacts = "query ($after: String) { r: contacts(first: 100, after: $after) { nodes { id fullName preferredAgents { " + rowFields +
		" } } pageInfo { hasNextPage endCursor } } }"
	// lateness is how long after its time what waits for the clock may happen.
	lateness = 1500 * time.Millisecond
	// looks is how often something is read that does not fit together, because it is not read in one go.
	looks = 4
)

// inspect reads everything that the ledger knows something about, and compares.
func (w *world) inspect(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.checkContacts, w.checkPolicy, w.checkItems, w.checkUnits} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// page reads a connection to its end and returns where it stopped. Each entry comes with when its reading began.
func page[T any](ctx context.Context, w *world, document, after string, variables map[string]any, each func(T, time.Time)) (string, error) {
	for {
		began := time.Now()
		vars := map[string]any{}
		for k, v := range variables {
			vars[k] = v
		}
		if after != "" {
			vars["after"] = after
		}
		var got struct {
			R struct {
				Nodes    []T
				PageInfo pageInfo
			}
		}
		if err := query(ctx, w.http, document, vars, &got); err != nil {
			return after, err
		}
		for _, n := range got.R.Nodes {
			each(n, began)
		}
		if len(got.R.Nodes) > 0 {
			after = got.R.PageInfo.EndCursor
		}
		if !got.R.PageInfo.HasNextPage {
			return after, nil
		}
	}
}

// checkItems reads the items of this round, all open ones, and those that the ledger takes for open.
func (w *world) checkItems(ctx context.Context) error {
	seen := map[string]bool{}
	look := func(got wireItem, began time.Time) {
		if !seen[got.ID] {
			seen[got.ID] = true
			w.checkItem(ctx, got, began)
		}
	}
	after, err := page(ctx, w, allItems, w.scannedTo, nil, look)
	if err != nil {
		return err
	}
	w.scannedTo = after
	for _, status := range [...]string{assigned, offered, queued} {
		if _, err := page(ctx, w, allItems, "", map[string]any{"filter": map[string]any{"statuses": []string{status}}}, look); err != nil {
			return err
		}
	}
	for _, it := range w.unsettled(seen) {
		began := time.Now()
		got, err := w.readItem(ctx, it.id)
		switch {
		case err != nil:
			return err
		case got == nil:
			w.violation("lost", "%s (%s) was acknowledged and is not there", it.id, it.ref)
		default:
			w.checkItem(ctx, *got, began)
		}
	}
	return nil
}

// unsettled lists items that were there, have not been seen now, and were not seen closed before.
func (w *world) unsettled(seen map[string]bool) []*item {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*item
	for id, it := range w.byID {
		if !seen[id] && !it.checkedClosed {
			list = append(list, it)
		}
	}
	return list
}

func (w *world) readItem(ctx context.Context, id string) (*wireItem, error) {
	var got struct{ R *wireItem }
	err := query(ctx, w.http, oneItem, map[string]any{"id": id}, &got)
	return got.R, err
}

// checkItem compares an item with all that is known of it, and takes in what it shows.
func (w *world) checkItem(ctx context.Context, got wireItem, began time.Time) {
	w.check()
	problem := incoherent(&got)
	if got.Offers.PageInfo.HasNextPage {
		problem = "more offers"
	}
	for n := 0; problem != "" && n < looks; n++ {
		time.Sleep(20 * time.Millisecond)
		began = time.Now()
		again, err := w.readItem(ctx, got.ID)
		if err != nil || again == nil {
			break
		}
		got = *again
		problem = incoherent(&got)
	}
	if problem != "" {
		w.violation("incoherent", "%s (%s) is %s: %s", got.ID, got.Reference, got.Status, problem)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	it := w.items[got.Reference]
	if it == nil {
		w.violation("phantom", "%s (%s) was never asked for", got.ID, got.Reference)
		return
	}
	if !it.acked && !it.maybeMade {
		w.violation("made all the same", "%s (%s): the caller was told that it was not made", got.ID, it.ref)
	}
	w.identify(it, got.ID)
	w.sameAsCreated(it, &got)
	if states := it.mayBe(); !slices.Contains(states, got.Status) {
		w.violation("lost or undone", "%s (%s) is %s, must be one of %v; %+v", it.id, it.ref, got.Status, states, *it)
	}
	for i := range got.Offers.Nodes {
		w.checkOffer(&got.Offers.Nodes[i], began)
	}
	w.observe(it, &got)
}

// incoherent tells what contradicts itself in an item.
func incoherent(got *wireItem) string {
	var isOpen, isAccepted []string
	for _, o := range got.Offers.Nodes {
		switch o.State {
		case open:
			isOpen = append(isOpen, o.ID)
		case accepted:
			if o.Assignment == nil {
				return "an accepted offer without an assignment"
			}
			isAccepted = append(isAccepted, o.Assignment.ID)
		}
	}
	switch {
	case len(isOpen) > 1:
		return fmt.Sprintf("%d open offers", len(isOpen))
	case len(isAccepted) > 1:
		return fmt.Sprintf("%d accepted offers", len(isAccepted))
	case (got.Status == offered) != (len(isOpen) == 1):
		return fmt.Sprintf("open offers %v", isOpen)
	case got.Status == offered && (got.Offer == nil || got.Offer.ID != isOpen[0]):
		return fmt.Sprintf("its offer is %v, the open one %s", got.Offer, isOpen[0])
	case (got.Status == assigned) != (got.Assignment != nil):
		return fmt.Sprintf("the assignment %v", got.Assignment)
	case got.Status == assigned && (len(isAccepted) != 1 || isAccepted[0] != got.Assignment.ID):
		return fmt.Sprintf("the assignment %s of the offers with %v", got.Assignment.ID, isAccepted)
	case (got.Status == queued || got.Status == offered) && len(isAccepted) > 0:
		return "an accepted offer"
	case got.Status == completed && len(isAccepted) == 0:
		return "no accepted offer"
	case (got.ClosedAt != nil) != (got.Status == completed || got.Status == cancelled):
		return fmt.Sprintf("closed at %v", got.ClosedAt)
	}
	return ""
}

func (w *world) sameAsCreated(it *item, got *wireItem) {
	contact := ""
	if got.Contact != nil {
		contact = got.Contact.ID
	}
	if contact != it.contact || got.Workstream.ID != it.stream {
		w.violation("changed", "%s (%s) has contact %q and workstream %s, want %q and %s", it.id, it.ref, contact, got.Workstream.ID, it.contact, it.stream)
	}
	if it.acked && (!got.CreatedAt.Equal(it.createdAt) || got.Priority != it.priority) {
		w.violation("changed", "%s (%s) was created at %v with priority %d, now %v and %d", it.id, it.ref, it.createdAt, it.priority,
			got.CreatedAt, got.Priority)
	}
	it.createdAt, it.priority = got.CreatedAt, got.Priority
}

// mayBe lists the statuses that fit what was said.
func (it *item) mayBe() []string {
	var states []string
	switch {
	case it.final != "":
		return []string{it.final}
	case it.assignment != "":
		states = []string{assigned}
	default:
		states = []string{queued, offered, assigned}
	}
	if it.closed {
		states = nil
	}
	return append(states, completed, cancelled)
}

// observe takes in what an item shows: it is committed.
func (w *world) observe(it *item, got *wireItem) {
	switch got.Status {
	case completed, cancelled:
		w.closed(it, got.Status, got.ClosedAt)
		it.checkedClosed = true
	case assigned:
		if got.Assignment != nil { // else it is incoherent, which has been said
			w.assigned(it, got.Assignment)
		}
	}
}
