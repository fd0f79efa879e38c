package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// The commands of the golden scripts with which people act on work items by hand (WS-6), change and delete settings, and ask what would happen
// (DX-3).

// pickCommand acts as the agent who picks, unless `as` says who.
func (s *story) pickCommand(l *line) *Error {
	item := WorkItemID(s.id("wi_", l.next()))
	c, actor := PickWorkItem{WorkItemID: item}, service
	if name := l.next(); name != "" {
		actor = s.agentActor(name)
		c.AgentID = actor.AgentID
	}
	r, err := l.do(c, actor)
	return s.assignedBy(r, err)
}

func (s *story) assignCommand(l *line) *Error {
	c := AssignWorkItem{WorkItemID: WorkItemID(s.id("wi_", l.next())), AgentID: AgentID(s.id("ag_", l.next()))}
	r, err := l.do(c, service)
	return s.assignedBy(r, err)
}

func (s *story) assignedBy(r Result, err *Error) *Error {
	if err == nil {
		s.print("assignment %s (%s)", s.text(string(r.Assignment)), r.AssignmentState.Origin)
	}
	s.warnings(r)
	return err
}

func (s *story) warnings(r Result) {
	for _, w := range r.Warnings {
		s.print("warning %s@%s", w.Code, w.Field)
	}
}

func (s *story) transferCommand(l *line) *Error {
	c := TransferWorkItem{
		WorkItemID: WorkItemID(s.id("wi_", l.next())), QueueID: QueueID(s.id("qu_", l.next())), WithoutPreferred: l.option("preferred", "yes") == "no",
	}
	_, err := l.do(c, service)
	return err
}

func (s *story) priorityCommand(l *line) *Error {
	id, text := WorkItemID(s.id("wi_", l.next())), l.next()
	n, err := strconv.Atoi(text)
	if err != nil {
		s.fatalf("priority ITEM NUMBER, not %q", text)
	}
	_, refusal := l.do(SetWorkItemPriority{WorkItemID: id, Priority: n}, service)
	return refusal
}

// linkCommand: `nobody` is for none.
func (s *story) linkCommand(l *line) *Error {
	c := LinkContact{WorkItemID: WorkItemID(s.id("wi_", l.next()))}
	if name := l.next(); name != "nobody" {
		c.ContactID = ContactID(s.id("ct_", name))
	}
	_, err := l.do(c, service)
	return err
}

func (s *story) previewCommand(l *line) *Error {
	var c PreviewRouting
	if name := l.next(); strings.HasPrefix(s.ids[name], "ws_") {
		c.WorkstreamID = WorkstreamID(s.ids[name])
	} else {
		c.WorkItemID = WorkItemID(s.id("wi_", name))
	}
	if l.next() == "for" {
		c.ContactID = ContactID(s.id("ct_", l.next()))
	}
	r, err := l.do(c, service)
	if err == nil {
		s.print("would be %s", s.decisionText(r.Preview))
	}
	return err
}

func (s *story) figuresCommand(l *line) *Error {
	id := QueueID(s.id("qu_", l.next()))
	for _, f := range s.engine.QueueFigures() {
		if f.QueueID != id {
			continue
		}
		text := fmt.Sprintf("%d waiting, %d of them left unassigned", f.Waiting, f.LeftUnassigned)
		if f.OldestWaitingAt != nil {
			text += fmt.Sprintf(", the oldest since %s", f.OldestWaitingAt.Sub(storyBegin))
		}
		text += fmt.Sprintf(", %d offered, %d assigned; %d members, %d signed in", f.Offered, f.Assigned, f.Members, f.SignedIn)
		for _, p := range f.Presences {
			if p.Count > 0 {
				text += fmt.Sprintf(", %d %s", p.Count, p.Base)
			}
		}
		s.print("%s", text)
		return nil
	}
	s.print("no such queue")
	return nil
}

// changeCommand: change queue|agent|workstream|contact|role NAME with what is to be changed.
func (s *story) changeCommand(l *line) *Error {
	kind, name := l.next(), l.next()
	var c Command
	switch version := l.optional("version"); kind {
	case "queue":
		c = UpdateQueue{
			QueueID: QueueID(s.id("qu_", name)), Name: l.text("name"), Priority: l.optional("priority"),
			AssignmentMethod: (*AssignmentMethod)(l.text("method")), ExpectedVersion: version,
		}
	case "agent":
		c = UpdateAgent{
			AgentID: AgentID(s.id("ag_", name)), Name: l.text("name"), CapacityUnits: l.amount("units"), InterruptibleUnits: l.amount("interruptible"),
			DefaultStatusID: s.statusPatch(l, "default"), TimeZone: l.textPatch("zone"), ExpectedVersion: version,
		}
	case "contact":
		c = UpdateContact{ContactID: ContactID(s.id("ct_", name)), FullName: l.text("name"), ExpectedVersion: version}
	case "workstream":
		c = s.workstreamChange(l, name, version)
	case "role":
		u := UpdateRole{Name: name, Description: l.text("about"), ExpectedVersion: version}
		if may := l.text("may"); may != nil {
			u.Permissions = ptr(permissions(*may))
		}
		c = u
	case "status":
		c = UpdatePresenceStatus{
			StatusID: s.statusID(name), Text: l.text("text"), Base: (*BasePresence)(l.text("base")), ForEveryone: l.flag("everyone").Value, ExpectedVersion: version,
		}
	case "profile":
		c = UpdateCapacityProfile{
			ProfileID: s.profileID(name), Name: l.text("name"), Limit: l.optional("limit"), Blocking: l.flag("blocking").Value, ExpectedVersion: version,
		}
	default:
		s.fatalf("change queue|agent|workstream|contact|role|status|profile, not %q", kind)
	}
	r, err := l.do(c, service)
	s.warnings(r)
	return err
}

func (l *line) text(key string) *string {
	if v := l.option(key, ""); v != "" {
		return &v
	}
	return nil
}

// deleteCommand: delete queue|agent|workstream|contact|role NAME. Made again by that name it gets the same id.
func (s *story) deleteCommand(l *line) *Error {
	kind, name := l.next(), l.next()
	var c Command
	switch version := l.optional("version"); kind {
	case "queue":
		c = DeleteQueue{QueueID(s.id("qu_", name)), version}
	case "agent":
		c = DeleteAgent{AgentID(s.id("ag_", name)), version}
	case "workstream":
		c = DeleteWorkstream{WorkstreamID(s.id("ws_", name)), version}
	case "contact":
		c = DeleteContact{ContactID(s.id("ct_", name)), version}
	case "role":
		c = DeleteRole{name, version}
	case "status":
		d := DeletePresenceStatus{StatusID: s.statusID(name), ExpectedVersion: version}
		if by := l.text("by"); by != nil {
			d.ReplacementID = s.statusID(*by)
		}
		c = d
	case "profile":
		c = DeleteCapacityProfile{s.profileID(name), version}
	default:
		s.fatalf("delete queue|agent|workstream|contact|role|status|profile, not %q", kind)
	}
	r, err := l.do(c, service)
	s.warnings(r)
	return err
}

// settingsText is an event about settings on one line; who and what is created is printed by the command.
func (s *story) settingsText(ev Event) string {
	switch ev.Type {
	case EventContactCreated, EventAgentCreated, EventQueueCreated, EventWorkstreamCreated, EventAPIKeyCreated, EventPresenceStatusCreated,
		EventCapacityProfileCreated:
		return ""
	case EventRoleCreated, EventRoleChanged, EventRoleDeleted:
		return fmt.Sprintf("role %s %s", ev.Body.Role, verb(ev.Type))
	case EventAPIKeyRevoked:
		return fmt.Sprintf("key %s revoked", s.text(string(ev.Body.APIKeyID)))
	case EventContactChanged, EventContactDeleted:
		return fmt.Sprintf("contact %s %s", s.text(string(ev.ContactID)), verb(ev.Type))
	case EventAgentChanged, EventAgentDeleted:
		return fmt.Sprintf("agent %s %s", s.text(string(ev.AgentID)), verb(ev.Type))
	case EventQueueChanged, EventQueueDeleted:
		return fmt.Sprintf("queue %s %s", s.text(string(ev.QueueID)), verb(ev.Type))
	case EventWorkstreamChanged, EventWorkstreamDeleted:
		return fmt.Sprintf("workstream %s %s", s.text(string(ev.WorkstreamID)), verb(ev.Type))
	}
	return s.capacityEvent(ev)
}

func verb(t EventType) string {
	_, verb, _ := strings.Cut(string(t), "_")
	return strings.ToLower(verb)
}

// byHandText is an event about what somebody did to a work item, on one line.
func (s *story) byHandText(ev Event) string {
	agent, item, assignment := s.text(string(ev.AgentID)), s.text(string(ev.WorkItemID)), s.text(string(ev.Body.AssignmentID))
	switch ev.Type {
	case EventWorkItemPicked:
		return fmt.Sprintf("item %s picked by %s: %s", item, agent, assignment)
	case EventWorkItemAssigned:
		return fmt.Sprintf("item %s assigned to %s: %s", item, agent, assignment)
	case EventWorkItemUnassigned:
		return fmt.Sprintf("item %s taken from %s: %s%s", item, agent, assignment, inBrackets(ev.Body.Cause))
	case EventWorkItemLeftQueue:
		return fmt.Sprintf("item %s left %s", item, s.text(string(ev.QueueID)))
	case EventWorkItemTransferred:
		return fmt.Sprintf("item %s transferred from %s to %s", item, s.text(ev.Body.From), s.text(ev.Body.To))
	case EventWorkItemPriority:
		return fmt.Sprintf("priority of %s: %s to %s", item, ev.Body.From, ev.Body.To)
	case EventContactUnlinked:
		return fmt.Sprintf("item %s is no longer of %s", item, s.text(string(ev.ContactID)))
	case EventContactLinked:
		return fmt.Sprintf("item %s is of %s", item, s.text(string(ev.ContactID)))
	}
	return s.settingsText(ev)
}

// rankText says by what a candidate was ranked besides the free units (WS-2).
func rankText(r RankedCandidate, m AssignmentMethod) string {
	switch {
	case m == RoundRobin && *r.Turn == 0, m == LeastActive && r.ReleasedAt == nil:
		return " never"
	case m == LeastActive:
		return fmt.Sprintf(" released %s", r.ReleasedAt.Sub(storyBegin))
	}
	return ""
}
