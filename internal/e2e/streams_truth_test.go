package e2e

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// truth is how everything that subscriptions tell of is, as queries say it or as the rows of the database do.
type truth struct {
	items     []streamItem // the open ones
	presences map[string]string
	offers    []streamOffer // the open ones
	members   map[string][]string
	figures   map[string]string
	// decided is the last decision about each waiting work item; nil where it is not known.
	decided map[string]streamEvent
}

// of is what whoever hears of a scope has to believe; nil when the truth does not say.
func (t *truth) of(s *streamScope) map[string]string {
	want := map[string]string{}
	switch s.kind {
	case ofItems:
		for i := range t.items {
			if s.passes(&t.items[i]) {
				want[t.items[i].ID] = t.items[i].text(s.deep)
			}
		}
	case ofPresence:
		ids := slices.Collect(maps.Keys(t.presences))
		if s.queue != "" {
			ids = t.members[s.queue]
		} else if len(s.agents) > 0 {
			ids = s.agents
		}
		for _, id := range ids {
			if text, there := t.presences[id]; there {
				want[id] = text
			}
		}
	case ofOffers:
		for _, o := range t.offers {
			if o.AgentID == s.agent {
				want[o.ID] = o.text()
			}
		}
	case ofFigures:
		for id, text := range t.figures {
			if len(s.queues) == 0 || slices.Contains(s.queues, id) {
				want[id] = text
			}
		}
	case ofDecisions:
		if t.decided == nil {
			return nil
		}
		for id, ev := range t.decided {
			if (s.queue == "" || s.queue == ev.queue) && (s.item == "" || s.item == id) {
				want[id] = ev.at.String()
			}
		}
	}
	return want
}

// differs tells in what a reader is wrong, "" when in nothing. What is believed of decisions counts for work items that wait.
func (r *reader) differs(t *truth) string {
	want := t.of(r.scope)
	if want == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, text := range want {
		if r.believed[id] != text {
			return id + " is believed " + cmp.Or(r.believed[id], "not there") + ", and is " + text
		}
	}
	if r.scope.kind == ofDecisions {
		return ""
	}
	for id, text := range r.believed {
		if want[id] == "" {
			return id + " is believed " + text + ", and is not there"
		}
	}
	return ""
}

// ask is the truth as queries tell it.
func (f *fold) ask(t testing.TB) *truth {
	t.Helper()
	w := &truth{presences: map[string]string{}, members: map[string][]string{}, figures: map[string]string{}}
	f.pages(t, `workItems(filter: {statuses: [QUEUED, OFFERED, ASSIGNED]}`, itemSelection+` offer { id } assignment { id }`, func(node json.RawMessage) error {
		var item streamItem
		err := json.Unmarshal(node, &item)
		w.items = append(w.items, item)
		return err
	})
	f.pages(t, `agents(`, `id presence { `+presenceSelection+` } openOffers { id agentId workItemId state }`, func(node json.RawMessage) error {
		var a struct {
			ID         string
			Presence   streamPresence
			OpenOffers []streamOffer
		}
		err := json.Unmarshal(node, &a)
		w.presences[a.ID] = a.Presence.text()
		w.offers = append(w.offers, a.OpenOffers...)
		return err
	})
	f.pages(t, `queues(`, `id figures { `+figuresSelection+` } members(first: 100) { nodes { id } pageInfo { hasNextPage } }`, func(node json.RawMessage) error {
		var q struct {
			ID      string
			Figures streamFigures
			Members struct{ Nodes []withID }
		}
		err := json.Unmarshal(node, &q)
		w.figures[q.ID] = q.Figures.text()
		for _, m := range q.Members.Nodes {
			w.members[q.ID] = append(w.members[q.ID], m.ID)
		}
		return err
	})
	return w
}

// pages reads a whole connection.
func (f *fold) pages(t testing.TB, field, selection string, each func(json.RawMessage) error) {
	t.Helper()
	document := `query ($after: String) { page: ` + field + ` first: 50, after: $after) { nodes { ` + selection + ` } pageInfo { hasNextPage endCursor } } }`
	v := vars{}
	for {
		var got struct {
			Page struct {
				Nodes    []json.RawMessage
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := f.s.client().Query(context.Background(), document, v, &got); err != nil {
			t.Fatalf("%s: %v", field, err)
		}
		for _, node := range got.Page.Nodes {
			if err := each(node); err != nil {
				t.Fatalf("%s: %v", field, err)
			}
		}
		if !got.Page.PageInfo.HasNextPage {
			return
		}
		v["after"] = got.Page.PageInfo.EndCursor
	}
}

// rows reads the database of a server that has ended.
type rows struct {
	t  testing.TB
	db *sql.DB
}

func openRows(t testing.TB, address string) *rows {
	t.Helper()
	driver, dsn := "sqlite", "file:"+address
	if strings.Contains(address, "@tcp(") {
		driver, dsn = "mysql", address
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &rows{t, db}
}

func (r *rows) each(query string, row func(scan func(into ...any))) {
	r.t.Helper()
	list, err := r.db.Query(query)
	if err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	defer list.Close() //nolint:errcheck // Err tells
	for list.Next() {
		row(func(into ...any) {
			if err := list.Scan(into...); err != nil {
				r.t.Fatalf("%s: %v", query, err)
			}
		})
	}
	if err := list.Err(); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
}

// truth is the truth as the rows tell it; the figures of queues are counted.
func (r *rows) truth(events []streamEvent) *truth {
	t := &truth{presences: map[string]string{}, members: map[string][]string{}, figures: map[string]string{}, decided: map[string]streamEvent{}}
	counted := map[string]*streamFigures{}
	r.each("SELECT id FROM queues", func(scan func(...any)) {
		var id string
		scan(&id)
		counted[id] = &streamFigures{}
		for _, base := range []string{"AVAILABLE", "BUSY", "DO_NOT_DISTURB", "AWAY", "OFFLINE", "INACTIVE"} {
			counted[id].Presences = append(counted[id].Presences, struct {
				Base  string
				Count int
			}{base, 0})
		}
	})
	waiting := r.items(t, counted)
	here := r.agents(t)
	r.each("SELECT queue_id, agent_id FROM queue_members", func(scan func(...any)) {
		var queue, agent string
		scan(&queue, &agent)
		t.members[queue] = append(t.members[queue], agent)
		q := counted[queue]
		q.Members++
		for i := range q.Presences {
			if q.Presences[i].Base == here[agent] {
				q.Presences[i].Count++
				q.SignedIn++
			}
		}
	})
	for id, q := range counted {
		t.figures[id] = q.text()
	}
	r.each("SELECT id, agent_id, work_item_id, state FROM offers WHERE state = 'OPEN'", func(scan func(...any)) {
		var o streamOffer
		scan(&o.ID, &o.AgentID, &o.WorkItemID, &o.State)
		t.offers = append(t.offers, o)
	})
	for _, ev := range events {
		if ev.kind == "DECISION" && waiting[ev.item] {
			t.decided[ev.item] = ev
		}
	}
	return t
}

// items reads the open work items, counts them, and gives those that wait.
func (r *rows) items(t *truth, counted map[string]*streamFigures) (waiting map[string]bool) {
	waiting = map[string]bool{}
	r.each(`SELECT id, status, queue_id, contact_id, agent_id, priority, left_unassigned, without_preferred, offer_id, assignment_id, created_at
		FROM work_items WHERE closed_at IS NULL`, func(scan func(...any)) {
		var w streamItem
		var offer, assignment *string
		var created int64
		scan(&w.ID, &w.Status, &w.QueueID, &w.ContactID, &w.AgentID, &w.Priority, &w.LeftUnassigned, &w.WithoutPreferred, &offer, &assignment, &created)
		if offer != nil {
			w.Offer = &withID{*offer}
		}
		if assignment != nil && w.Status == "ASSIGNED" { // else it is over
			w.Assignment = &withID{*assignment}
		}
		t.items = append(t.items, w)
		q := counted[w.QueueID]
		switch w.Status {
		case "QUEUED":
			waiting[w.ID] = true
			q.Waiting++
			if w.LeftUnassigned {
				q.LeftUnassigned++
			}
			if at := time.UnixMicro(created); q.OldestWaitingAt == nil || at.Before(*q.OldestWaitingAt) {
				q.OldestWaitingAt = &at
			}
		case "OFFERED":
			q.Offered++
		case "ASSIGNED":
			q.Assigned++
		}
	})
	return waiting
}

// agents reads presences, and gives what routing reads of those who are signed in.
func (r *rows) agents(t *truth) (here map[string]string) {
	here = map[string]string{}
	r.each("SELECT id, status, presence_base, presence_cause, presence_changed_at, signed_in FROM agents", func(scan func(...any)) {
		var id string
		var p streamPresence
		var changed int64
		scan(&id, &p.Status.ID, &p.Base, &p.Cause, &changed, &p.SignedIn)
		p.ChangedAt = time.UnixMicro(changed)
		t.presences[id] = p.text()
		if p.SignedIn {
			here[id] = p.Base
		}
	})
	return here
}

// events reads everything that ever happened, in its order.
func (r *rows) events() []streamEvent {
	var list []streamEvent
	known := map[string]string{} // an id takes room once
	r.each(`SELECT epoch, batch_seq, idx, type, agent_id, work_item_id, contact_id, queue_id, body FROM events ORDER BY epoch, batch_seq, idx`,
		func(scan func(...any)) {
			var ev streamEvent
			var agent, item, contact, queue *string
			var body string
			scan(&ev.at.epoch, &ev.at.seq, &ev.at.index, &ev.kind, &agent, &item, &contact, &queue, &body)
			for _, one := range []struct {
				from *string
				into *string
			}{{&ev.kind, &ev.kind}, {agent, &ev.agent}, {item, &ev.item}, {contact, &ev.contact}, {queue, &ev.queue}} {
				if one.from == nil {
					continue
				}
				if _, seen := known[*one.from]; !seen {
					known[*one.from] = *one.from
				}
				*one.into = known[*one.from]
			}
			if ev.kind == "DECISION" || strings.HasPrefix(ev.kind, "OFFER_") {
				var b struct{ Offer string }
				if err := json.Unmarshal([]byte(body), &b); err != nil {
					r.t.Fatalf("the body of %v: %v", ev, err)
				}
				ev.offer, ev.asked = b.Offer, ev.kind == "DECISION" && b.Offer != ""
			}
			list = append(list, ev)
		})
	return list
}
