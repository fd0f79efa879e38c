package engine

import "strings"

// The tables of TestRefusals, a line for each way to be refused.

var (
	name200 = strings.Repeat("é", MaxName) // characters, not bytes
	name201 = name200 + "x"
)

var contactRefusals = []refusal{
	{"an id of another noun", CreateContact{ID: ContactID(fixedID("ag_", 7)), FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"an id in upper case", CreateContact{ID: ContactID(strings.ToUpper(fixedID("ct_", 7))), FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"hex in upper case", CreateContact{ID: "ct_00000000-0000-7000-8000-00000000000A", FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"an id without dashes", CreateContact{ID: "ct_000000000000000070008000000000000001", FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"dashes elsewhere", CreateContact{ID: "ct_0000000-00000-7000-8000-000000000001", FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"an id too long", CreateContact{ID: cleo + "0", FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"an id too short", CreateContact{ID: "c", FullName: "Cleo"}, service, "BAD_USER_INPUT@id"},
	{"an id that is taken", CreateContact{ID: rosa, FullName: "Cleo"}, service, "CONFLICT/ALREADY_EXISTS"},
	{"no name", CreateContact{}, service, "BAD_USER_INPUT@fullName"},
	{"a blank name", CreateContact{FullName: " \u00a0\u3000"}, service, "BAD_USER_INPUT@fullName"},
	{"a name of 201 characters", CreateContact{FullName: name201}, service, "BAD_USER_INPUT@fullName"},
	{"a line break in the name", CreateContact{FullName: "Cleo\nPatra"}, service, "BAD_USER_INPUT@fullName"},
	{"a NUL in the name", CreateContact{FullName: "Cleo\x00"}, service, "BAD_USER_INPUT@fullName"},
	{"a C1 control in the name", CreateContact{FullName: "Cleo\u0085"}, service, "BAD_USER_INPUT@fullName"},
	{"a name that is not UTF-8", CreateContact{FullName: "Cleo\xff"}, service, "BAD_USER_INPUT@fullName"},
	{"an empty e-mail", CreateContact{FullName: "Cleo", Email: text("")}, service, "BAD_USER_INPUT@email"},
	{"an e-mail without @", CreateContact{FullName: "Cleo", Email: text("cleo.example.com")}, service, "BAD_USER_INPUT@email"},
	{"an e-mail with two @", CreateContact{FullName: "Cleo", Email: text("a@b@example.com")}, service, "BAD_USER_INPUT@email"},
	{"nothing before the @", CreateContact{FullName: "Cleo", Email: text("@example.com")}, service, "BAD_USER_INPUT@email"},
	{"nothing after the @", CreateContact{FullName: "Cleo", Email: text("cleo@")}, service, "BAD_USER_INPUT@email"},
	{"a space in the e-mail", CreateContact{FullName: "Cleo", Email: text("cleo @example.com")}, service, "BAD_USER_INPUT@email"},
	{"a control in the e-mail", CreateContact{FullName: "Cleo", Email: text("cleo\x7f@example.com")}, service, "BAD_USER_INPUT@email"},
	{"an e-mail of 255 bytes", CreateContact{FullName: "Cleo", Email: text(email(255))}, service, "BAD_USER_INPUT@email"},
	{"a phone of 41 characters", CreateContact{FullName: "Cleo", MobilePhone: text(strings.Repeat("1", 41))}, service, "BAD_USER_INPUT@mobilePhone"},
	{"an empty phone", CreateContact{FullName: "Cleo", MobilePhone: text(" ")}, service, "BAD_USER_INPUT@mobilePhone"},
	{"a name that nobody sees", CreateContact{FullName: "\u200b\u2060"}, service, "BAD_USER_INPUT@fullName"},
	{"a name that turns its direction", CreateContact{FullName: "Cleo \u202eoelC"}, service, "BAD_USER_INPUT@fullName"},
	{"a tab in the phone", CreateContact{FullName: "Cleo", MobilePhone: text("+49\t30")}, service, "BAD_USER_INPUT@mobilePhone"},
}

func email(bytes int) string { return strings.Repeat("c", bytes-len("@example.com")) + "@example.com" }

var agentRefusals = []refusal{
	{"an id of another noun", CreateAgent{ID: AgentID(cleo), Name: "Anna"}, service, "BAD_USER_INPUT@id"},
	{"an id that is taken", CreateAgent{ID: anna, Name: "Anna"}, service, "CONFLICT/ALREADY_EXISTS"},
	{"no name", CreateAgent{}, service, "BAD_USER_INPUT@name"},
	{"a blank name", CreateAgent{Name: "\t "}, service, "BAD_USER_INPUT@name"},
	{"a name of 201 characters", CreateAgent{Name: name201}, service, "BAD_USER_INPUT@name"},
	{"a control in the name", CreateAgent{Name: "Anna\x1b[31m"}, service, "BAD_USER_INPUT@name"},
	{"capacity -1", CreateAgent{Name: "Anna", CapacityUnits: &minusOne}, service, "BAD_USER_INPUT@capacityUnits"},
	{"capacity 1001", CreateAgent{Name: "Anna", CapacityUnits: &tooHigh}, service, "BAD_USER_INPUT@capacityUnits"},
}

var queueRefusals = []refusal{
	{"an id of another noun", CreateQueue{ID: QueueID(chat), Name: "Sales", AssignmentMethod: HighestCapacity}, service, "BAD_USER_INPUT@id"},
	{"an id that is taken", CreateQueue{ID: sales, Name: "Sales", AssignmentMethod: HighestCapacity}, service, "CONFLICT/ALREADY_EXISTS"},
	{"no name", CreateQueue{AssignmentMethod: HighestCapacity}, service, "BAD_USER_INPUT@name"},
	{"a name of 201 characters", CreateQueue{Name: name201, AssignmentMethod: HighestCapacity}, service, "BAD_USER_INPUT@name"},
	{"a control in the name", CreateQueue{Name: "Sales\r", AssignmentMethod: HighestCapacity}, service, "BAD_USER_INPUT@name"},
	{"priority -1", CreateQueue{Name: "Sales", Priority: -1, AssignmentMethod: HighestCapacity}, service, "BAD_USER_INPUT@priority"},
	{"priority 1001", CreateQueue{Name: "Sales", Priority: 1001, AssignmentMethod: HighestCapacity}, service, "BAD_USER_INPUT@priority"},
	{"no method", CreateQueue{Name: "Sales"}, service, "BAD_USER_INPUT@assignmentMethod"},
	{"an unknown method", CreateQueue{Name: "Sales", AssignmentMethod: "RANDOM"}, service, "BAD_USER_INPUT@assignmentMethod"},
}

func memberRefusals() []refusal {
	tooMany := manyAgents(MaxMembersPerCall + 1)
	return []refusal{
		{"an unknown queue", AddQueueMembers{QueueID: noQueue, Agents: []AgentID{anna}}, service, "NOT_FOUND"},
		{"nobody", AddQueueMembers{QueueID: sales}, service, "BAD_USER_INPUT@agentIds"},
		{"101 agents", AddQueueMembers{QueueID: sales, Agents: tooMany}, service, "BAD_USER_INPUT@agentIds"},
		{"an unknown agent", AddQueueMembers{QueueID: sales, Agents: []AgentID{ben, nobody}}, service, "BAD_USER_INPUT@agentIds.1"},
		{"an agent twice", AddQueueMembers{QueueID: sales, Agents: []AgentID{ben, cara, ben}}, service, "BAD_USER_INPUT@agentIds.2"},
		{"a 101st queue", AddQueueMembers{QueueID: queueN(101), Agents: []AgentID{ben, dan}}, service, "LIMIT_EXCEEDED@agentIds.1"},
		{"an unknown queue", RemoveQueueMembers{QueueID: noQueue, Agents: []AgentID{anna}}, service, "NOT_FOUND"},
		{"nobody", RemoveQueueMembers{QueueID: sales}, service, "BAD_USER_INPUT@agentIds"},
		{"101 agents", RemoveQueueMembers{QueueID: sales, Agents: tooMany}, service, "BAD_USER_INPUT@agentIds"},
		{"an unknown agent", RemoveQueueMembers{QueueID: sales, Agents: []AgentID{anna, nobody}}, service, "BAD_USER_INPUT@agentIds.1"},
		{"an agent twice", RemoveQueueMembers{QueueID: sales, Agents: []AgentID{anna, anna}}, service, "BAD_USER_INPUT@agentIds.1"},
	}
}

var workstreamRefusals = []refusal{
	{"an id of another noun", aWorkstream(func(c *CreateWorkstream) { c.ID = WorkstreamID(sales) }), service, "BAD_USER_INPUT@id"},
	{"an id that is taken", aWorkstream(func(c *CreateWorkstream) { c.ID = chat }), service, "CONFLICT/ALREADY_EXISTS"},
	{"no name", aWorkstream(func(c *CreateWorkstream) { c.Name = "" }), service, "BAD_USER_INPUT@name"},
	{"a name of 201 characters", aWorkstream(func(c *CreateWorkstream) { c.Name = name201 }), service, "BAD_USER_INPUT@name"},
	{"a control in the name", aWorkstream(func(c *CreateWorkstream) { c.Name = "\x07" }), service, "BAD_USER_INPUT@name"},
	{"no channel", aWorkstream(func(c *CreateWorkstream) { c.Channel = "" }), service, "BAD_USER_INPUT@channel"},
	{"an unknown channel", aWorkstream(func(c *CreateWorkstream) { c.Channel = "chat" }), service, "BAD_USER_INPUT@channel"},
	{"no queue", aWorkstream(func(c *CreateWorkstream) { c.QueueID = "" }), service, "BAD_USER_INPUT@queueId"},
	{"an unknown queue", aWorkstream(func(c *CreateWorkstream) { c.QueueID = noQueue }), service, "BAD_USER_INPUT@queueId"},
	{"no presence", aWorkstream(func(c *CreateWorkstream) { c.AllowedPresences = nil }), service, "BAD_USER_INPUT@allowedPresences"},
	{"an unknown presence", presences(Available, "LUNCH"), service, "BAD_USER_INPUT@allowedPresences.1"},
	{"a presence twice", presences(Available, Busy, Available), service, "BAD_USER_INPUT@allowedPresences.2"},
	{"seven presences", presences(append(BasePresences[:], Inactive)...), service, "BAD_USER_INPUT@allowedPresences.6"},
	{"cost 0", aWorkstream(func(c *CreateWorkstream) { c.Cost.Units = 0 }), service, "BAD_USER_INPUT@capacityUnits"},
	{"cost 1001", aWorkstream(func(c *CreateWorkstream) { c.Cost.Units = 1001 }), service, "BAD_USER_INPUT@capacityUnits"},
	{"priority -1", aWorkstream(func(c *CreateWorkstream) { c.Priority = -1 }), service, "BAD_USER_INPUT@priority"},
	{"priority 1001", aWorkstream(func(c *CreateWorkstream) { c.Priority = 1001 }), service, "BAD_USER_INPUT@priority"},
	{"no accept mode", aWorkstream(func(c *CreateWorkstream) { c.AcceptMode = "" }), service, "BAD_USER_INPUT@acceptMode"},
	{"an unknown accept mode", aWorkstream(func(c *CreateWorkstream) { c.AcceptMode = "ASK" }), service, "BAD_USER_INPUT@acceptMode"},
	{"4 seconds", aWorkstream(func(c *CreateWorkstream) { c.OfferSeconds = 4 }), service, "BAD_USER_INPUT@offerSeconds"},
	{"3601 seconds", aWorkstream(func(c *CreateWorkstream) { c.OfferSeconds = 3601 }), service, "BAD_USER_INPUT@offerSeconds"},
	{"decline limit 0", aWorkstream(func(c *CreateWorkstream) { c.DeclineLimit = 0 }), service, "BAD_USER_INPUT@declineLimit"},
	{"decline limit 6", aWorkstream(func(c *CreateWorkstream) { c.DeclineLimit = 6 }), service, "BAD_USER_INPUT@declineLimit"},
}

func presences(p ...BasePresence) CreateWorkstream {
	return aWorkstream(func(c *CreateWorkstream) { c.AllowedPresences = p })
}

func when(w WhenUnavailable) Patch[WhenUnavailable] {
	return Patch[WhenUnavailable]{Set: true, Value: &w}
}

// The organisation of the world is at version 1, so is each workstream; the row of cleo is, rosa has none.
var settingsRefusals = []refusal{
	{"-1 seconds", UpdateOrganization{ReconnectSeconds: &minusOne}, service, "BAD_USER_INPUT@reconnectSeconds"},
	{"121 seconds", UpdateOrganization{ReconnectSeconds: &tooLong}, service, "BAD_USER_INPUT@reconnectSeconds"},
	{"a version of before", UpdateOrganization{ReconnectSeconds: &one, ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
	{"a version to come", UpdateOrganization{ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown value", UpdateRoutingPolicy{WhenUnavailable: when("SOMEBODY")}, service, "BAD_USER_INPUT@whenUnavailable"},
	{"an empty value", UpdateRoutingPolicy{WhenUnavailable: when(""), WorkstreamID: chat}, service, "BAD_USER_INPUT@whenUnavailable"},
	{"an unknown workstream", UpdateRoutingPolicy{WorkstreamID: noWorkstream}, service, "NOT_FOUND"},
	{"the organization's version", UpdateRoutingPolicy{ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"the workstream's version", UpdateRoutingPolicy{WorkstreamID: chat, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
}

// MX-1, MX-2
var rowRefusals = []refusal{
	{"an unknown contact", SetPreferredAgents{ContactID: stranger, Agents: []AgentID{anna}}, service, "NOT_FOUND"},
	{"no contact", SetPreferredAgents{Agents: []AgentID{anna}}, service, "NOT_FOUND"},
	{"0 agents", SetPreferredAgents{ContactID: cleo}, service, "BAD_USER_INPUT@agentIds"},
	{"4 agents", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{anna, ben, cara, dan}}, service, "BAD_USER_INPUT@agentIds"},
	{"an agent twice", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{anna, anna}}, service, "BAD_USER_INPUT@agentIds.1"},
	{"first and last", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{anna, ben, anna}}, service, "BAD_USER_INPUT@agentIds.2"},
	{"an unknown agent", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{nobody, ben}}, service, "BAD_USER_INPUT@agentIds.0"},
	{"a contact as an agent", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{AgentID(rosa)}}, service, "BAD_USER_INPUT@agentIds.0"},
	{"there is a row", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{cara}, ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
	{"another version", SetPreferredAgents{ContactID: cleo, Agents: []AgentID{cara}, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"there is no row", SetPreferredAgents{ContactID: rosa, Agents: []AgentID{cara}, ExpectedVersion: &one}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown contact", MovePreferredAgent{ContactID: stranger, AgentID: anna}, service, "NOT_FOUND"},
	{"a contact without a row", MovePreferredAgent{ContactID: rosa, AgentID: anna}, service, "NOT_FOUND"},
	{"not in the row", MovePreferredAgent{ContactID: cleo, AgentID: cara, Down: true}, service, "NOT_FOUND"},
	{"the first up", MovePreferredAgent{ContactID: cleo, AgentID: anna}, service, "CONFLICT/CANNOT_MOVE"},
	{"the last down", MovePreferredAgent{ContactID: cleo, AgentID: ben, Down: true}, service, "CONFLICT/CANNOT_MOVE"},
	{"another version", MovePreferredAgent{ContactID: cleo, AgentID: ben, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown contact", RemovePreferredAgent{ContactID: stranger, AgentID: anna}, service, "NOT_FOUND"},
	{"a contact without a row", RemovePreferredAgent{ContactID: rosa, AgentID: anna}, service, "NOT_FOUND"},
	{"not in the row", RemovePreferredAgent{ContactID: cleo, AgentID: cara}, service, "NOT_FOUND"},
	{"another version", RemovePreferredAgent{ContactID: cleo, AgentID: ben, ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
}

// PR-1, PR-8. ben has no session, fay has 20.
var sessionRefusals = []refusal{
	{"nobody acts", OpenSession{}, service, "BAD_USER_INPUT@agentId"},
	{"an unknown agent", OpenSession{AgentID: nobody}, service, "NOT_FOUND"},
	{"another agent", OpenSession{AgentID: ben}, asAnna, "NOT_FOUND"},
	{"an unknown agent acts", OpenSession{}, actingAs(nobody), "NOT_FOUND"},
	{"an id of another noun", OpenSession{ID: SessionID(anna)}, asBen, "BAD_USER_INPUT@id"},
	{"a session's id", OpenSession{ID: annasSession}, asAnna, "CONFLICT/ALREADY_EXISTS"},
	{"another's session's id", OpenSession{ID: annasSession}, asBen, "CONFLICT/ALREADY_EXISTS"},
	{"a 21st session", OpenSession{}, actingAs(fay), "LIMIT_EXCEEDED"},
	{"nobody acts", SignOut{}, service, "BAD_USER_INPUT@agentId"},
	{"an unknown agent", SignOut{AgentID: nobody}, service, "NOT_FOUND"},
	{"another agent", SignOut{AgentID: anna}, asBen, "NOT_FOUND"},
	{"nobody acts", SetPresence{StatusID: StatusBusy}, service, "BAD_USER_INPUT@agentId"},
	{"an unknown agent", SetPresence{AgentID: nobody, StatusID: StatusBusy}, service, "NOT_FOUND"},
	{"another agent", SetPresence{AgentID: anna, StatusID: StatusBusy}, asBen, "NOT_FOUND"},
	{"no status", SetPresence{}, asAnna, "BAD_USER_INPUT@statusId"},
	{"an unknown status", SetPresence{StatusID: "ps_lunch"}, asAnna, "BAD_USER_INPUT@statusId"},
	{"a base for a status", SetPresence{StatusID: "BUSY"}, asAnna, "BAD_USER_INPUT@statusId"},
	{"Inactive by hand", SetPresence{StatusID: StatusInactive}, asAnna, "BAD_USER_INPUT@statusId"},
	{"Inactive for another", SetPresence{AgentID: anna, StatusID: StatusInactive}, service, "BAD_USER_INPUT@statusId"},
	{"without a session", SetPresence{StatusID: StatusAvailable}, asBen, "CONFLICT/NOT_SIGNED_IN"},
	{"Offline without a session", SetPresence{StatusID: StatusOffline}, asBen, "CONFLICT/NOT_SIGNED_IN"},
}

var itemRefusals = []refusal{
	{"no workstream", CreateWorkItem{}, service, "BAD_USER_INPUT@workstreamId"},
	{"an unknown workstream", CreateWorkItem{WorkstreamID: noWorkstream}, service, "BAD_USER_INPUT@workstreamId"},
	{"an unknown contact", CreateWorkItem{WorkstreamID: chat, ContactID: stranger}, service, "BAD_USER_INPUT@contactId"},
	{"priority -1", CreateWorkItem{WorkstreamID: chat, Priority: &minusOne}, service, "BAD_USER_INPUT@priority"},
	{"priority 1001", CreateWorkItem{WorkstreamID: chat, Priority: &tooHigh}, service, "BAD_USER_INPUT@priority"},
	{"a reference of 201", CreateWorkItem{WorkstreamID: chat, Reference: text(name201)}, service, "BAD_USER_INPUT@reference"},
	{"a control in it", CreateWorkItem{WorkstreamID: chat, Reference: text("a\x00b")}, service, "BAD_USER_INPUT@reference"},
	{"an unknown item", CancelWorkItem{WorkItemID: noItem}, service, "NOT_FOUND"},
	{"no item", CancelWorkItem{}, service, "NOT_FOUND"},
	{"an unknown item", CompleteWorkItem{WorkItemID: noItem}, service, "NOT_FOUND"},
	{"no item", CompleteWorkItem{}, asAnna, "NOT_FOUND"},
}

func allowed() []refusal {
	var every []refusal
	for _, c := range []Command{
		CreateContact{FullName: name200, Email: text(email(254)), MobilePhone: text(strings.Repeat("1", 40))},
		CreateContact{ID: stranger, FullName: "李", Email: text("a@b")},
		CreateAgent{ID: nobody, Name: name200, CapacityUnits: &zero},
		CreateAgent{Name: " Anna ", CapacityUnits: &thousand},
		CreateQueue{ID: noQueue, Name: name200, Priority: 0, AssignmentMethod: HighestCapacity},
		CreateQueue{Name: "Q", Priority: 1000, AssignmentMethod: HighestCapacity},
		AddQueueMembers{QueueID: queueN(101), Agents: []AgentID{anna}},
		AddQueueMembers{QueueID: sales, Agents: []AgentID{dan, anna, ben}}, // dan is in 100 queues, this one among them
		RemoveQueueMembers{QueueID: sales, Agents: []AgentID{ben}},         // who is not in it
		presences(BasePresences[:]...), presences(Inactive),
		aWorkstream(func(c *CreateWorkstream) {
			c.Name, c.Cost.Units, c.Priority, c.OfferSeconds, c.DeclineLimit = name200, 1, 0, 5, 1
		}),
		aWorkstream(func(c *CreateWorkstream) {
			c.Cost.Units, c.Priority, c.OfferSeconds, c.DeclineLimit = 1000, 1000, 3600, 5
		}),
		UpdateOrganization{ReconnectSeconds: &zero, ExpectedVersion: &one}, UpdateOrganization{ReconnectSeconds: &longestReconnect},
		UpdateOrganization{},
		UpdateRoutingPolicy{ExpectedVersion: &one, Enabled: Patch[bool]{true, &yes}},
		UpdateRoutingPolicy{WorkstreamID: chat, ExpectedVersion: &one, WhenUnavailable: when(LeaveUnassigned)},
		UpdateRoutingPolicy{WorkstreamID: chat, WhenUnavailable: Patch[WhenUnavailable]{Set: true}},
		SetPreferredAgents{ContactID: cleo, Agents: []AgentID{cara}, ExpectedVersion: &one},
		SetPreferredAgents{ContactID: cleo, Agents: []AgentID{dan, cara, ben}},
		SetPreferredAgents{ContactID: rosa, Agents: []AgentID{cara}, ExpectedVersion: &zero},
		MovePreferredAgent{ContactID: cleo, AgentID: ben, ExpectedVersion: &one},
		RemovePreferredAgent{ContactID: cleo, AgentID: ben, ExpectedVersion: &one},
		CreateWorkItem{WorkstreamID: chat, ContactID: rosa, Priority: &zero, Reference: text(name200)},
		CreateWorkItem{WorkstreamID: chat, Priority: &thousand, Reference: text("")},
		OpenSession{ID: SessionID(fixedID("se_", 2)), AgentID: anna}, CloseSession{SessionID: annasSession}, CloseSession{SessionID: "se_unknown"}, SignOut{AgentID: ben}, Tick{},
	} {
		every = append(every, refusal{command: c, actor: service})
	}
	for _, c := range allowedChanges() {
		every = append(every, refusal{command: c, actor: service})
	}
	for _, s := range BuiltInStatuses {
		if s.ID != StatusInactive {
			every = append(every, refusal{name: s.Text, command: SetPresence{StatusID: s.ID}, actor: asAnna})
		}
	}
	return every
}
