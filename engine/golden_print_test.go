package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// print adds a line to the output, with what ids stand for.
func (s *story) print(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if s.timed {
		text = fmt.Sprintf("%-8s %s", s.now.Sub(storyBegin).String(), text)
	}
	s.out = append(s.out, strings.TrimRight(text, " "))
}

// text is the script's name for an id.
func (s *story) text(id string) string {
	if name, ok := s.names[id]; ok {
		return name
	}
	return id
}

func (s *story) list(ids []AgentID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = s.text(string(id))
	}
	return strings.Join(names, " ")
}

// nameNew names what came with a command: w1 as the script said, then w1/1, w1*1, anna:1 in the order in which they came.
func (s *story) nameNew(events []Event) {
	for _, ev := range events {
		item := s.text(string(ev.WorkItemID))
		switch ev.Type {
		case EventWorkItemCreated:
			s.name(s.ids["created"], string(ev.WorkItemID))
		case EventOfferMade, EventOfferAccepted:
			if s.names[string(ev.Body.OfferID)] == "" { // AUTO makes none that is open
				s.offers[item]++
				s.name(fmt.Sprintf("%s/%d", item, s.offers[item]), string(ev.Body.OfferID))
			}
			if ev.Body.AssignmentID != "" {
				s.assignments[item]++
				s.name(fmt.Sprintf("%s*%d", item, s.assignments[item]), string(ev.Body.AssignmentID))
			}
		case EventWorkItemPicked, EventWorkItemAssigned:
			s.assignments[item]++
			s.name(fmt.Sprintf("%s*%d", item, s.assignments[item]), string(ev.Body.AssignmentID))
		case EventSessionOpened:
			agent := s.text(string(ev.AgentID))
			s.sessions[agent]++
			s.name(fmt.Sprintf("%s:%d", agent, s.sessions[agent]), string(ev.Body.SessionID))
		case EventDecision:
			s.lastDecision[ev.WorkItemID] = ev.Decision
			if body, err := json.Marshal(ev.Decision); err != nil || len(body) > 4096 {
				s.fatalf("DX-1: a decision of %d bytes: %v", len(body), err)
			}
		}
	}
}

func (s *story) printEvents(events []Event) {
	for _, ev := range events {
		if s.count != nil {
			s.count[ev.Type]++
			continue
		}
		if text := s.eventText(ev); text != "" {
			s.print("%s", text)
		}
	}
}

// printCounts ends a stretch of counting.
func (s *story) printCounts() {
	for _, t := range slices.Sorted(maps.Keys(s.count)) {
		s.print("%d %s", s.count[t], t)
	}
	clear(s.count)
}

// eventText is an event on one line; what the commands print themselves is left out.
func (s *story) eventText(ev Event) string {
	agent, item, offer := s.text(string(ev.AgentID)), s.text(string(ev.WorkItemID)), s.text(string(ev.Body.OfferID))
	switch ev.Type {
	case EventOrganizationChanged:
		return "organization changed"
	case EventPolicyChanged:
		return "policy of " + s.text(cmp.Or(string(ev.WorkstreamID), string(ev.ContactID), "the organization")) + " changed"
	case EventQueueMemberAdded:
		return fmt.Sprintf("%s joined %s", agent, s.text(string(ev.QueueID)))
	case EventQueueMemberRemoved:
		return fmt.Sprintf("%s left %s", agent, s.text(string(ev.QueueID)))
	case EventPreferredAgentsChanged:
		return fmt.Sprintf("row of %s: %s", s.text(string(ev.ContactID)), cmp.Or(s.list(ev.Body.Agents), "nobody"))
	case EventSessionOpened, EventSessionClosed:
		verb := "opened"
		if ev.Type == EventSessionClosed {
			verb = "closed"
		}
		return fmt.Sprintf("session %s %s%s", s.text(string(ev.Body.SessionID)), verb, inBrackets(ev.Body.Cause))
	case EventPresenceChanged:
		return fmt.Sprintf("presence of %s: %s to %s%s", agent, s.status(ev.Body.From, ev.Body.FromBase), s.status(ev.Body.To, ev.Body.ToBase), inBrackets(ev.Body.Cause))
	case EventWorkItemCreated:
		return fmt.Sprintf("item %s created", item)
	case EventWorkItemCompleted:
		return fmt.Sprintf("item %s completed by %s", item, agent)
	case EventWorkItemCancelled:
		return fmt.Sprintf("item %s cancelled", item)
	case EventOfferMade:
		return fmt.Sprintf("offer %s made to %s: %s", offer, agent, s.offerText(ev.Offer))
	case EventOfferAccepted:
		return fmt.Sprintf("offer %s accepted by %s: %s", offer, agent, s.text(string(ev.Body.AssignmentID)))
	case EventOfferRejected:
		return fmt.Sprintf("offer %s rejected by %s", offer, agent)
	case EventOfferMissed:
		return fmt.Sprintf("offer %s missed by %s", offer, agent)
	case EventOfferRevoked:
		return fmt.Sprintf("offer %s revoked from %s%s", offer, agent, inBrackets(ev.Body.Cause))
	case EventDecision:
		return fmt.Sprintf("decision %s#%d %s", item, ev.Decision.Attempt, s.decisionText(ev.Decision))
	}
	return s.byHandText(ev)
}

func (s *story) offerText(o *Offer) string {
	text := string(o.Path)
	if o.PreferredPosition != nil {
		text += fmt.Sprintf(" %d", *o.PreferredPosition)
	}
	if o.OverCapacity {
		text += ", over capacity"
	}
	return text + ", until " + o.ExpiresAt.Sub(storyBegin).String()
}

// decisionText is a decision on one line: outcome, the preferred agents with their codes or why none was looked at, and what the
// assignment method saw.
func (s *story) decisionText(d *Decision) string {
	text := string(d.Outcome)
	if d.AgentID != nil {
		text += " " + s.text(string(*d.AgentID))
	} else if string(d.Reason) != text {
		text += " " + string(d.Reason)
	}
	if len(d.Preferred) == 0 && d.PreferredReason != nil {
		text += " | preferred: " + string(*d.PreferredReason)
	}
	for i, p := range d.Preferred {
		sep := ","
		if i == 0 {
			sep = " | preferred:"
		}
		text += fmt.Sprintf("%s %s %s", sep, s.text(string(p.AgentID)), p.Code)
	}
	if d.NextBest == nil {
		return text
	}
	text += " | next best:"
	for i, r := range d.NextBest.Ranked {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(" %s %d%s", s.text(string(r.AgentID)), r.FreeUnits, rankText(r, d.NextBest.Method))
		if r.DeclinedBefore {
			text += " declined"
		}
	}
	if len(d.NextBest.Ranked) == 0 {
		text += " nobody"
	}
	text += fmt.Sprintf(" of %d", d.NextBest.Members)
	for _, c := range d.NextBest.Refused {
		text += fmt.Sprintf(", %d %s", c.Count, c.Code)
	}
	return text
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// status is a built-in status by its base, one of one's own by its name and base: lunch/AWAY.
func (s *story) status(id string, base BasePresence) string {
	if name, own := s.names[id]; own {
		return name + "/" + string(base)
	}
	return strings.ToUpper(strings.TrimPrefix(id, "ps_"))
}

// whyCommand prints the item's last decision with the settings that it was made under (DX-1).
func (s *story) whyCommand(l *line) *Error {
	name := l.next()
	id := WorkItemID(s.id("wi_", name))
	d, w := s.lastDecision[id], s.workItem(id)
	if d == nil {
		s.fatalf("nothing was decided about %s", name)
	}
	s.print("attempt %d of %d at %s, configuration %d", d.Attempt, w.Attempts, d.DecidedAt.Sub(storyBegin), d.ConfigVersion)
	s.print("policy: enabled %t, %s, retryPreferred %t", d.Policy.Enabled, d.Policy.WhenUnavailable, d.Policy.RetryPreferred)
	s.print("%s", s.decisionText(d))
	return nil
}

// stateCommand prints who has what, in the order of their creation, and what waits in the order of WS-3.
func (s *story) stateCommand(*line) *Error {
	held := map[AgentID][]string{}
	var waiting []*workItem
	for _, w := range sortedValues(s.engine.items) {
		switch w.Status {
		case Queued:
			waiting = append(waiting, w)
		case Offered:
			held[w.AgentID] = append(held[w.AgentID], s.text(string(w.OfferID)))
		case Assigned:
			held[w.AgentID] = append(held[w.AgentID], s.text(string(w.ID)))
		case Waiting:
			held[w.AgentID] = append(held[w.AgentID], s.text(string(w.ID))+" (waiting)")
		case WrapUpWork:
			held[w.AgentID] = append(held[w.AgentID], s.text(string(w.ID))+" (wrap-up)")
		}
	}
	for _, a := range sortedValues(s.engine.agents.byID) {
		text := fmt.Sprintf("%s: %s%s%s", s.text(string(a.ID)), s.status(string(a.Presence.Status), a.Presence.Base), sources[a.Presence.Source], s.capacityText(a))
		switch h := held[a.ID]; {
		case len(h) > 20:
			text += fmt.Sprintf(": %d items", len(h))
		case len(h) > 0:
			text += ": " + strings.Join(h, " ")
		}
		s.print("%s", text)
	}
	slices.SortFunc(waiting, compareWaiting)
	if len(waiting) > 20 {
		s.print("waiting: %d", len(waiting))
		return nil
	}
	names := make([]string, len(waiting))
	for i, w := range waiting {
		names[i] = s.text(string(w.ID))
		if w.LeftUnassigned {
			names[i] += " (unassigned)"
		}
	}
	s.print("waiting: %s", cmp.Or(strings.Join(names, ", "), "none"))
	return nil
}
