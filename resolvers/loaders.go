package resolvers

import (
	"context"
	"errors"
	"time"

	"github.com/vikstrous/dataloadgen"

	"rapport/engine"
)

// loaders read objects by id: what the fields of one response ask for at about the same time is read in one go, and once. They live
// for one response, so that a subscription never shows what an earlier message has read.
type loaders struct {
	contacts    *dataloadgen.Loader[engine.ContactID, *engine.Contact]
	rows        *dataloadgen.Loader[engine.ContactID, *engine.PreferredAgents]
	agents      *dataloadgen.Loader[engine.AgentID, *engine.Agent]
	queues      *dataloadgen.Loader[engine.QueueID, *engine.Queue]
	workstreams *dataloadgen.Loader[engine.WorkstreamID, *engine.Workstream]
	workItems   *dataloadgen.Loader[engine.WorkItemID, *engine.WorkItem]
	offers      *dataloadgen.Loader[engine.OfferID, *engine.Offer]
	assignments *dataloadgen.Loader[engine.AssignmentID, *engine.Assignment]
	// statuses finds those that are built in without reading; allStatuses are those of one's own, by a key that says nothing.
	statuses    *dataloadgen.Loader[engine.PresenceStatusID, *engine.PresenceStatus]
	allStatuses *dataloadgen.Loader[struct{}, []engine.PresenceStatus]
	profiles    *dataloadgen.Loader[engine.CapacityProfileID, *engine.CapacityProfile]
	// granted are the statuses that an agent has been granted.
	granted *dataloadgen.Loader[engine.AgentID, []engine.PresenceStatusID]
	// offerDecisions by what they made.
	offerDecisions *dataloadgen.Loader[engine.OfferID, *engine.Decision]
	// memberships are the queues of the acting agent.
	memberships *dataloadgen.Loader[engine.AgentID, []engine.Queue]
}

type loadersKey struct{}

// loadWait is how long a loader waits for company.
const loadWait = 200 * time.Microsecond

// WithLoaders gives the resolvers of one response their loaders.
func WithLoaders(ctx context.Context, r Reader) context.Context {
	return context.WithValue(ctx, loadersKey{}, newLoaders(r))
}

func newLoaders(r Reader) *loaders {
	return &loaders{
		contacts:    loader(r.Contacts, func(c *engine.Contact) engine.ContactID { return c.ID }),
		rows:        loader(r.PreferredAgents, func(p *engine.PreferredAgents) engine.ContactID { return p.ContactID }),
		agents:      loader(r.Agents, func(a *engine.Agent) engine.AgentID { return a.ID }),
		queues:      loader(r.Queues, func(q *engine.Queue) engine.QueueID { return q.ID }),
		workstreams: loader(r.Workstreams, func(w *engine.Workstream) engine.WorkstreamID { return w.ID }),
		workItems:   loader(r.WorkItems, func(w *engine.WorkItem) engine.WorkItemID { return w.ID }),
		offers:      loader(r.Offers, func(o *engine.Offer) engine.OfferID { return o.ID }),
		assignments: loader(r.Assignments, func(a *engine.Assignment) engine.AssignmentID { return a.ID }),
		statuses:    loader(statusesByID(r), func(s *engine.PresenceStatus) engine.PresenceStatusID { return s.ID }),
		profiles:    loader(r.CapacityProfilesByID, func(p *engine.CapacityProfile) engine.CapacityProfileID { return p.ID }),

		allStatuses: dataloadgen.NewLoader(func(ctx context.Context, keys []struct{}) ([][]engine.PresenceStatus, []error) {
			list, err := r.PresenceStatuses(ctx)
			return [][]engine.PresenceStatus{list}, []error{err} // of the one key that there is
		}, dataloadgen.WithWait(loadWait)),
		granted: dataloadgen.NewMappedLoader(func(ctx context.Context, ids []engine.AgentID) (map[engine.AgentID][]engine.PresenceStatusID, error) {
			list, err := r.GrantsOf(ctx, ids)
			found := make(map[engine.AgentID][]engine.PresenceStatusID, len(ids))
			for _, id := range ids {
				found[id] = nil
			}
			for _, g := range list {
				found[g.AgentID] = append(found[g.AgentID], g.StatusID)
			}
			return found, err
		}, dataloadgen.WithWait(loadWait)),
		offerDecisions: dataloadgen.NewMappedLoader(func(ctx context.Context, ids []engine.OfferID) (map[engine.OfferID]*engine.Decision, error) {
			list, err := r.DecisionsOf(ctx, ids)
			found := make(map[engine.OfferID]*engine.Decision, len(list))
			for i := range list {
				found[*list[i].OfferID] = &list[i]
			}
			return found, err
		}, dataloadgen.WithWait(loadWait)),
		memberships: dataloadgen.NewMappedLoader(func(ctx context.Context, ids []engine.AgentID) (map[engine.AgentID][]engine.Queue, error) {
			found := make(map[engine.AgentID][]engine.Queue, len(ids))
			for _, id := range ids { // only ever the one who asks
				list, err := r.QueuesOf(ctx, id)
				if err != nil {
					return nil, err
				}
				found[id] = list
			}
			return found, nil
		}, dataloadgen.WithWait(loadWait)),
	}
}

func loader[I comparable, T any](read func(context.Context, []I) ([]T, error), id func(*T) I) *dataloadgen.Loader[I, *T] {
	fetch := func(ctx context.Context, ids []I) (map[I]*T, error) {
		list, err := read(ctx, ids)
		if err != nil {
			return nil, err
		}
		found := make(map[I]*T, len(list))
		for i := range list {
			found[id(&list[i])] = &list[i]
		}
		return found, nil
	}
	return dataloadgen.NewMappedLoader(fetch, dataloadgen.WithWait(loadWait))
}

func loadersFrom(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

// find loads an object that may be missing: nil for "" and for an id that is not there.
func find[I ~string, T any](ctx context.Context, l *dataloadgen.Loader[I, *T], id I) (*T, error) {
	if id == "" {
		return nil, nil
	}
	v, err := l.Load(ctx, id)
	if errors.Is(err, dataloadgen.ErrNotFound) {
		return nil, nil
	}
	return v, err
}

// findAll loads objects in one go; nil for each that is not there.
func findAll[I ~string, T any](ctx context.Context, l *dataloadgen.Loader[I, *T], ids []I) ([]*T, error) {
	reads := make([]func() (*T, error), len(ids))
	for i, id := range ids {
		reads[i] = l.LoadThunk(ctx, id)
	}
	list := make([]*T, len(ids))
	for i, read := range reads {
		v, err := read()
		if err != nil && !errors.Is(err, dataloadgen.ErrNotFound) {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

// must is find for what always is there while the object is that names it. It may be deleted while an answer is read piece by piece.
func must[I ~string, T any](ctx context.Context, l *dataloadgen.Loader[I, *T], id I) (*T, error) {
	v, err := find(ctx, l, id)
	if err == nil && v == nil {
		err = &engine.Error{Code: engine.CodeUnavailable, Message: "something was deleted while it was read; ask again"}
	}
	return v, err
}

// fill loads an object that is named and not there yet.
func fill[I ~string, T any](ctx context.Context, into **T, l *dataloadgen.Loader[I, *T], id I) (err error) {
	if *into == nil && id != "" {
		*into, err = find(ctx, l, id)
		if err == nil && *into == nil {
			return notFound("object any more")
		}
	}
	return err
}
