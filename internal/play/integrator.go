package play

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rapport/internal/client"
)

// integrate brings each item when its time comes, and returns when all are brought. Until ctx ends customers may give up.
func (p *player) integrate(ctx context.Context, items func() (Item, bool)) {
	var underWay sync.WaitGroup
	defer underWay.Wait()
	places := make(chan struct{}, maxCustomers)
	leave := func() { <-places }
	for it, more := items(); more; it, more = items() {
		if !p.clock.sleepUntil(ctx, p.began.Add(it.At)) {
			return
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		underWay.Go(func() {
			id, err := p.bring(ctx, it)
			if err == nil && it.Patience > 0 {
				p.customers.Go(func() {
					defer leave()
					p.lose(ctx, id, it)
				})
			} else {
				leave()
			}
			p.expect(ctx, err, "item "+it.Reference)
		})
	}
}

// lose takes an item back when its customer has lost patience.
func (p *player) lose(ctx context.Context, id string, it Item) {
	if p.clock.sleepUntil(ctx, p.clock.now().Add(it.Patience)) {
		p.expect(ctx, p.giveUp(ctx, id, it.Reference), "giving up "+it.Reference)
	}
}

// bring creates an item and gives its id. Trying again with the same key brings it once.
func (p *player) bring(ctx context.Context, it Item) (string, error) {
	input := client.Vars{"workstreamId": it.Workstream, "reference": it.Reference, "idempotencyKey": fmt.Sprintf("%s at %d", it.Reference, p.began.UnixMicro())}
	if it.Contact != "" {
		input["contactId"] = it.Contact
	}
	if it.Priority != nil {
		input["priority"] = *it.Priority
	}
	var got struct {
		CreateWorkItem struct{ WorkItem struct{ ID string } }
	}
	e := Entry{Did: "CREATED", Reference: it.Reference}
	err := insist(ctx, func() error {
		return p.call(&e, func() error {
			err := p.http.Do(ctx, "", `mutation ($i: CreateWorkItemInput!) { createWorkItem(input: $i) { workItem { id } } }`, client.Vars{"i": input}, &got)
			e.Item = got.CreateWorkItem.WorkItem.ID
			return err
		})
	})
	if err != nil {
		return "", err
	}
	id := got.CreateWorkItem.WorkItem.ID
	if p.ids != nil {
		p.mu.Lock()
		p.ids[it.Reference] = id
		p.mu.Unlock()
	}
	p.brought.Add(1)
	return id, nil
}

// giveUp takes an item back on which nobody works yet: its customer has waited for long enough.
func (p *player) giveUp(ctx context.Context, id, reference string) error {
	e := Entry{Did: "CANCELLED", Item: id, Reference: reference}
	err := insist(ctx, func() error {
		var got struct{ WorkItem struct{ Status string } }
		err := p.http.Do(ctx, "", `query ($w: ID!) { workItem(id: $w) { status } }`, client.Vars{"w": id}, &got)
		if status := got.WorkItem.Status; err != nil || status != "QUEUED" && status != "OFFERED" {
			return err
		}
		return p.call(&e, func() error {
			return p.http.Do(ctx, "", `mutation ($w: ID!) { cancelWorkItem(input: {workItemId: $w}) { workItem { id } } }`, client.Vars{"w": id}, nil)
		})
	})
	if client.Refused(err) == "CONFLICT/WORK_ITEM_CLOSED" {
		return nil
	}
	return err
}

// errNotBrought: a supervisor was to do something with an item that is not there yet.
var errNotBrought = errors.New("it has not been brought yet")

// idOf is the id of an item that was brought.
func (p *player) idOf(reference string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.ids[reference]
	if id == "" {
		return "", errNotBrought
	}
	return id, nil
}
