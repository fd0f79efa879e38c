package checker

import (
	"slices"
	"strings"
	"time"
)

// addSettings makes the lines of what was set: what the API lists at the end, and what the log tells of before.
func (w *world) addSettings() {
	agents, queues, workstreams := linesOf(w.l.Agents), linesOf(w.l.Queues), linesOf(w.l.Workstreams)
	w.rows, w.policies = linesOf(w.l.Rows), linesOf(w.l.Policies)
	w.organization = orElse(w.policies, OrganizationID, w.h.Policy)
	for i := range w.h.Agents {
		orElse(agents, w.h.Agents[i].ID, &w.h.Agents[i])
	}
	for i := range w.h.Queues {
		orElse(queues, w.h.Queues[i].ID, &w.h.Queues[i])
	}
	for i := range w.h.Workstreams {
		orElse(workstreams, w.h.Workstreams[i].ID, &w.h.Workstreams[i])
		orElse(w.policies, w.h.Workstreams[i].ID, w.h.Workstreams[i].Policy)
	}
	for id, settings := range agents {
		w.agents[id] = &agentLine{id: id, settings: settings, there: &line[presence]{start: presence{base: offline}}, byQueue: map[string][]*offerLine{}}
		w.everybody = append(w.everybody, w.agents[id])
	}
	slices.SortFunc(w.everybody, func(a, b *agentLine) int { return strings.Compare(a.id, b.id) })
	for id, settings := range queues {
		w.queues[id] = &queueLine{id: id, settings: settings, members: map[string]*line[bool]{}}
	}
	for id, settings := range workstreams {
		w.workstreams[id] = &workstreamLine{id, settings}
	}
	w.addMembers()
	noteCommands(w, w.l.Agents, "agent ")
	noteCommands(w, w.l.Queues, "queue ")
	noteCommands(w, w.l.Workstreams, "workstream ")
	noteCommands(w, w.l.Policies, "policy ")
	noteCommands(w, w.l.Rows, "row ")
}

func noteCommands[T any](w *world, changes []Change[T], what string) {
	for _, c := range changes {
		w.command(c.NotAfter, what+c.ID)
	}
}

// addMembers: as at the end, but for the changes since.
func (w *world) addMembers() {
	type membership struct{ queue, agent string }
	steps := map[membership][]step[bool]{}
	for _, c := range w.l.Members {
		m := membership{c.Queue, c.Agent}
		steps[m] = append(steps[m], step[bool]{c.Span, c.Joined})
		if !w.deletes(c) {
			w.command(c.NotAfter, "members "+c.Queue)
		}
		if a := w.agents[c.Agent]; a != nil {
			a.instants = append(a.instants, c.NotBefore, c.NotAfter)
		}
	}
	for _, q := range w.h.Queues {
		for _, agent := range q.Members {
			if steps[membership{q.ID, agent}] == nil {
				w.queues[q.ID].members[agent] = &line[bool]{start: true}
			}
		}
	}
	for m, s := range steps {
		if w.queues[m.queue] == nil {
			w.broke("log", s[0].NotAfter, "members of the queue %s changed, which nobody knows", m.queue)
			continue
		}
		slices.SortStableFunc(s, func(a, b step[bool]) int { return a.NotAfter.Compare(b.NotAfter) })
		w.queues[m.queue].members[m.agent] = newLine(!s[0].value, s)
	}
	for _, q := range w.queues {
		for agent := range q.members {
			q.ever = append(q.ever, agent)
		}
		slices.Sort(q.ever)
	}
}

// deletes tells whether an agent left a queue because they were deleted.
func (w *world) deletes(c MemberChange) bool {
	return slices.ContainsFunc(w.l.Agents, func(a Change[*Agent]) bool { return a.ID == c.Agent && a.After == nil && a.Span == c.Span })
}

func (w *world) addPresences() {
	steps := map[string][]step[presence]{}
	for _, c := range w.l.Presence {
		a := w.agents[c.Agent]
		if a == nil {
			w.broke("API", c.NotAfter, "agent %s, whose presence changed, is nobody whom the API lists", c.Agent)
			continue
		}
		if n := len(a.presence); n > 0 && c.NotAfter.Before(a.presence[n-1].NotAfter) {
			w.broke("log", c.NotAfter, "the changes of presence of agent %s are not in order", c.Agent)
		}
		a.presence = append(a.presence, c)
		steps[c.Agent] = append(steps[c.Agent], step[presence]{c.Span, presence{base: c.Base, signedIn: c.SignedIn, cause: c.Cause}})
		if c.Cause == openWorkLimit {
			w.limited[c.NotAfter.UnixMicro()] = true
		}
		if c.isCommand() {
			w.command(c.NotAfter, "presence "+c.Agent)
		} else if c.Cause == capacityChanged { // of the agent's settings, mostly
			w.command(c.NotAfter, "agent "+c.Agent)
		}
	}
	for _, c := range w.l.Agents {
		if c.After == nil { // whoever is made anew under the same id begins without a session
			steps[c.ID] = append(steps[c.ID], step[presence]{c.Span, presence{base: offline}})
		}
	}
	for id, s := range steps {
		w.agents[id].there = newLine(presence{base: offline}, s)
	}
}

// settingsAt are a workstream's; those of one that is not there are not sure.
func (ws *workstreamLine) settingsAt(at time.Time) (*Workstream, bool) {
	settings, sure := ws.settings.at(at)
	if settings == nil {
		return &Workstream{}, false
	}
	return settings, sure
}

func (ws *workstreamLine) cost(at time.Time) (units int, sure bool) {
	settings, sure := ws.settingsAt(at)
	return settings.CapacityUnits, sure && !settings.Otherwise
}

// everOtherwise tells whether what its items take was not told by their units at some time.
func (ws *workstreamLine) everOtherwise() bool {
	return slices.ContainsFunc(ws.settings.all(), func(s *Workstream) bool { return s != nil && s.Otherwise })
}

// member tells whether an agent was in a queue.
func (q *queueLine) member(agent string, at time.Time) (is, sure bool) {
	if l := q.members[agent]; l != nil {
		return l.at(at)
	}
	return false, true
}

// row is a contact's row of preferred agents; not sure is that of one who was not read.
func (w *world) row(contact string, at time.Time) (agents []string, sure bool) {
	if l := w.rows[contact]; l != nil {
		return l.at(at)
	}
	agents, sure = w.h.Rows[contact]
	return agents, sure || contact == "" // of a contact who is deleted nobody knows any more
}

// terms are what held for an item at an instant.
type terms struct {
	*Workstream
	queue    *queueLine
	settings *Queue
	place    Placement
	policy   Policy
	// row is empty when no preferred agents are looked at.
	row  []string
	sure bool
}

// closed tells why no preferred agents are looked at, with everything that is true (RT-1, RT-2, WS-6).
func (t *terms) closed(row []string) []string {
	var codes []string
	for _, reason := range []struct {
		holds bool
		code  string
	}{
		{t.Picked, "WORKSTREAM_NOT_PUSH"}, {!t.policy.Enabled, "FEATURE_DISABLED"}, {t.place.WithoutPreferred, "TRANSFERRED_WITHOUT_PREFERRED"},
		{t.place.Contact == "", "CONTACT_NOT_IDENTIFIED"}, {t.place.Contact != "" && len(row) == 0, "NO_PREFERRED_AGENTS"},
	} {
		if reason.holds {
			codes = append(codes, reason.code)
		}
	}
	return codes
}

// left tells whether the item is left unassigned when no preferred agent can take it (RT-5).
func (t *terms) left() bool { return len(t.row) > 0 && t.policy.WhenUnavailable == leaveUnassigned }

// stays: left to a person for good, because it is not even offered to preferred agents again (RT-5).
func (t *terms) stays() bool { return t.left() && !t.policy.RetryPreferred }

func (w *world) terms(it *itemLine, at time.Time) terms {
	t := terms{}
	var known [5]bool
	t.Workstream, known[0] = it.workstream.settingsAt(at)
	t.place, known[1] = it.place.at(at)
	t.queue = w.queues[t.place.Queue]
	if t.settings, known[2] = t.queue.settings.at(at); t.settings == nil {
		t.settings, known[2] = &Queue{}, false
	}
	t.policy, known[3] = w.policyOf(it.workstream, t.Workstream, t.place.Contact, at)
	t.row, known[4] = w.row(t.place.Contact, at)
	t.sure = known == [5]bool{true, true, true, true, true} && !t.Otherwise
	if t.Picked || !t.policy.Enabled || t.place.WithoutPreferred || t.place.Contact == "" {
		t.row = nil
	}
	return t
}

// policyOf is the policy in force for a contact's items of a workstream (RT-1).
func (w *world) policyOf(ws *workstreamLine, settings *Workstream, contact string, at time.Time) (Policy, bool) {
	organization, sure := w.organization.at(at)
	scopes := make([]ScopePolicy, 0, 2)
	if l := w.policies[ws.id]; l != nil {
		own, known := l.at(at)
		scopes, sure = append(scopes, own), sure && known
	}
	if l := w.policies[contact]; l != nil {
		own, known := l.at(at)
		scopes, sure = append(scopes, own), sure && known
	} else {
		scopes = append(scopes, w.h.Policies[contact])
	}
	return effective(settings.Channel, organization, scopes...), sure
}

// checkSettings judges what the API says is in force, and what must not be set at all (RT-1, WS-1).
func (w *world) checkSettings() {
	for _, ws := range w.h.Workstreams {
		w.judged++
		if want := effective(ws.Channel, w.h.Policy, ws.Policy); ws.Effective != want {
			w.broke("RT-1", w.h.ReadAt, "for workstream %s the policy %+v is in force, by its scopes it is %+v", ws.ID, ws.Effective, want)
		}
		if ws.Channel == "VOICE" && ws.Picked {
			w.broke("WS-1", w.h.ReadAt, "the workstream %s is of calls, which are never picked", ws.ID)
		}
	}
}
