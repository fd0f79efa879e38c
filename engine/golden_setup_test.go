package engine

import "strings"

// The commands of the golden scripts that change settings, people and the matrix.

func (s *story) organizationCommand(l *line) *Error {
	c := UpdateOrganization{
		ReconnectSeconds: l.optional("reconnect"), OpenWorkLimit: l.optional("limit"), MissedSetsInactive: l.flag("missed").Value,
		RejectedSetsDoNotDisturb: l.flag("rejected").Value, DefaultStatusID: s.statusPatch(l, "default"), TimeZone: l.text("zone"),
		ExpectedVersion: l.optional("version"),
	}
	r, err := l.do(c, service)
	s.warnings(r)
	return err
}

func (s *story) policyCommand(l *line) *Error {
	c := UpdateRoutingPolicy{ExpectedVersion: l.optional("version")}
	if scope := l.next(); scope != "org" {
		c.WorkstreamID = WorkstreamID(s.id("ws_", scope))
		if id, ok := s.ids[scope]; ok && strings.HasPrefix(id, "ct_") {
			c.WorkstreamID, c.ContactID = "", ContactID(id)
		}
	}
	c.Enabled, c.RetryPreferred = l.flag("enabled"), l.flag("retry")
	if v := l.option("when", ""); v != "" {
		c.WhenUnavailable.Set = true
		if v != "unset" {
			when := WhenUnavailable(v)
			c.WhenUnavailable.Value = &when
		}
	}
	r, err := l.do(c, service)
	s.warnings(r)
	return err
}

func (l *line) flag(key string) Patch[bool] {
	on, off := true, false
	switch v := l.option(key, ""); v {
	case "":
		return Patch[bool]{}
	case "on":
		return Patch[bool]{true, &on}
	case "off":
		return Patch[bool]{true, &off}
	case "unset":
		return Patch[bool]{true, nil}
	default:
		l.story.fatalf("%s is on, off or unset, not %q", key, v)
		return Patch[bool]{}
	}
}

// known is the id that a name of the script had already, "" for a new one.
func (s *story) known(prefix, name string) string {
	if id := s.ids[name]; strings.HasPrefix(id, prefix) {
		return id
	}
	return ""
}

func (s *story) queueCommand(l *line) *Error {
	name := l.next()
	c := CreateQueue{
		ID: QueueID(s.known("qu_", name)), Name: name, Priority: l.number("priority", 100),
		AssignmentMethod: AssignmentMethod(l.option("method", string(HighestCapacity))),
	}
	r, err := l.do(c, service)
	if err == nil {
		s.name(name, string(r.Queue))
		s.print("queue %s created", name)
	}
	return err
}

func (s *story) agentCommand(l *line) *Error {
	name, queues := l.next(), l.option("in", "")
	c := CreateAgent{ID: AgentID(s.known("ag_", name)), Name: name, CapacityUnits: &one, InterruptibleUnits: l.optional("interruptible")}
	if units := l.amount("units"); units.Set {
		c.CapacityUnits = units.Value
	}
	set(&c.DefaultStatusID, s.statusPatch(l, "default").Value)
	set(&c.TimeZone, l.text("zone"))
	r, err := l.do(c, service)
	if err != nil {
		return err
	}
	s.name(name, string(r.Agent))
	s.print("agent %s created", name)
	for q := range strings.SplitSeq(queues, ",") {
		if q == "" {
			continue
		}
		if _, err := l.do(AddQueueMembers{QueueID: QueueID(s.id("qu_", q)), Agents: []AgentID{r.Agent}}, service); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) joinCommand(l *line) *Error {
	c := AddQueueMembers{QueueID: QueueID(s.id("qu_", l.next())), Agents: s.agentIDs(l.words)}
	l.words = nil
	_, err := l.do(c, service)
	return err
}

func (s *story) leaveCommand(l *line) *Error {
	c := RemoveQueueMembers{QueueID: QueueID(s.id("qu_", l.next())), Agents: s.agentIDs(l.words)}
	l.words = nil
	_, err := l.do(c, service)
	return err
}

func (s *story) workstreamCommand(l *line) *Error {
	name := l.next()
	c := CreateWorkstream{
		ID: WorkstreamID(s.known("ws_", name)), Name: name, DistributionMode: DistributionMode(l.option("mode", "PUSH")),
		Channel: Channel(l.option("channel", "CHAT")), QueueID: QueueID(s.id("qu_", l.option("queue", ""))),
		Priority: l.number("priority", 100), OfferSeconds: l.number("offer", 120),
		DeclineLimit: l.number("declines", 3), AcceptMode: AcceptMode(l.option("accept", "MANUAL")),
		WrapUp: WrapUp{Mode: WrapUpNone}, WaitingHoldsCapacity: l.option("waiting", "holds") == "holds",
		MissedSetsInactive: l.flag("missed").Value, RejectedSetsDoNotDisturb: l.flag("rejected").Value,
	}
	c.Cost.Type = NotInterruptible
	set(&c.Cost.Type, (*CapacityType)(l.text("type")))
	if c.Cost.Units = 1; !s.cost(l, &c.Cost) {
		c.Cost.Units = l.number("units", 1)
	}
	set(&c.WrapUp, l.wrapUp())
	for p := range strings.SplitSeq(l.option("allowed", "AVAILABLE"), ",") {
		c.AllowedPresences = append(c.AllowedPresences, BasePresence(p))
	}
	r, err := l.do(c, service)
	if err == nil {
		s.name(name, string(r.Workstream))
		s.print("workstream %s created", name)
		s.warnings(r)
	}
	return err
}

func (s *story) contactCommand(l *line) *Error {
	name := l.next()
	r, err := l.do(CreateContact{ID: ContactID(s.known("ct_", name)), FullName: name}, service)
	if err == nil {
		s.name(name, string(r.Contact))
		s.print("contact %s created", name)
	}
	return err
}

func (s *story) rowCommand(l *line) *Error {
	contact, version := ContactID(s.id("ct_", l.next())), l.optional("version")
	var c Command
	switch verb := l.next(); verb {
	case "=":
		c = SetPreferredAgents{ContactID: contact, Agents: s.agentIDs(l.words), ExpectedVersion: version}
		l.words = nil
	case "up", "down":
		c = MovePreferredAgent{
			ContactID: contact, AgentID: AgentID(s.id("ag_", l.next())), Down: verb == "down", ExpectedVersion: version,
		}
	case "remove":
		c = RemovePreferredAgent{ContactID: contact, AgentID: AgentID(s.id("ag_", l.next())), ExpectedVersion: version}
	default:
		s.fatalf("row CONTACT = | up | down | remove, not %q", verb)
	}
	r, err := l.do(c, service)
	s.warnings(r)
	return err
}
