package engine

import "slices"

// costKind is what all costs have in common that are measured against the same of an agent: there is one value for each.
type costKind struct {
	percent, interruptible bool
	profiles               []CapacityProfileID
}

// room is how much is left of what costs of a kind take, open offers included: what an agent can be given without going over capacity. An
// agent whose blocking profile is used up has room for nothing (CP-1, CP-2, CP-4).
func (e *Engine) room(a *agent, k *costKind) int {
	for i := range a.Profiles {
		if u := &a.Profiles[i]; u.Has && e.blocks(u) && e.profileLeft(u, true) <= 0 {
			return 0
		}
	}
	if len(k.profiles) > 0 {
		return e.profileRoom(a, k.profiles)
	}
	left, configured := a.mainLeft(true)
	units := a.CapacityUnits
	if k.interruptible {
		if e.full(a, true) {
			return 0
		}
		left, configured = a.interruptibleLeft(true)
		units = a.InterruptibleUnits
	}
	switch {
	case !configured || left <= 0:
		return 0
	case k.percent:
		return left / *units
	}
	return left / points
}

// profileRoom is the least that is left of the profiles: an item needs room in all (CP-2).
func (e *Engine) profileRoom(a *agent, ids []CapacityProfileID) int {
	room := MaxCapacityUnits
	for _, id := range ids {
		u := a.profile(id)
		if !u.Has {
			return 0
		}
		room = min(room, e.profileLeft(&u, true))
	}
	return max(room, 0)
}

// roomFor tells whether a work item fits into what an agent has left.
func (e *Engine) roomFor(a *agent, ws *workstream) bool { return ws.Cost.need() <= e.room(a, ws.kind) }

// hasRoom tells whether an agent has room for anything at all.
func (e *Engine) hasRoom(a *agent) bool {
	return slices.ContainsFunc(e.kinds, func(k *costKind) bool { return e.room(a, k) > 0 })
}

// findKind finds the kind of a cost; nil when no workstream has one.
func (e *Engine) findKind(c *CapacityCost) *costKind {
	profiles := slices.Sorted(slices.Values(c.Profiles))
	for _, k := range e.kinds {
		if k.percent == (c.Percent > 0) && k.interruptible == (c.Type == Interruptible) && slices.Equal(k.profiles, profiles) {
			return k
		}
	}
	return nil
}

// kindOf finds or makes the kind of a cost.
func (e *Engine) kindOf(c *CapacityCost) *costKind {
	k := e.findKind(c)
	if k == nil {
		k = &costKind{percent: c.Percent > 0, interruptible: c.Type == Interruptible, profiles: slices.Sorted(slices.Values(c.Profiles))}
		e.kinds = append(e.kinds, k)
	}
	return k
}

// dropUnusedKinds lets go of the kinds that no workstream has any more, and of their orders of candidates. The first is that of units: it stays.
func (e *Engine) dropUnusedKinds() {
	unused := func(k *costKind) bool {
		return k != e.kinds[0] && !slices.ContainsFunc(e.workstreams.all, func(w *workstream) bool { return w.kind == k })
	}
	for _, q := range e.queues.all {
		for i := len(q.candidates) - 1; i > 0; i-- {
			if unused(q.candidates[i].kind) {
				q.dropCandidates(i)
			}
		}
	}
	e.kinds = slices.DeleteFunc(e.kinds, unused)
}
