package engine

// The tables of TestRefusals about changing and deleting what is there, and about work by hand. Everything in the world is at version 1.

var contactChangeRefusals = []refusal{
	{"an unknown contact", UpdateContact{ContactID: stranger, FullName: text("Cleo")}, service, "NOT_FOUND"},
	{"no contact", UpdateContact{}, service, "NOT_FOUND"},
	{"an empty name", UpdateContact{ContactID: cleo, FullName: text("")}, service, "BAD_USER_INPUT@fullName"},
	{"a blank name", UpdateContact{ContactID: cleo, FullName: text("\u2003 ")}, service, "BAD_USER_INPUT@fullName"},
	{"a name of 201 characters", UpdateContact{ContactID: cleo, FullName: text(name201)}, service, "BAD_USER_INPUT@fullName"},
	{"a control in the name", UpdateContact{ContactID: cleo, FullName: text("Cleo\x00")}, service, "BAD_USER_INPUT@fullName"},
	{"an empty e-mail", UpdateContact{ContactID: cleo, Email: patch("")}, service, "BAD_USER_INPUT@email"},
	{"an e-mail of 255 bytes", UpdateContact{ContactID: cleo, Email: patch(email(255))}, service, "BAD_USER_INPUT@email"},
	{"a phone of 41 characters", UpdateContact{ContactID: cleo, MobilePhone: patch(name200[:82])}, service, "BAD_USER_INPUT@mobilePhone"},
	{"another version", UpdateContact{ContactID: cleo, FullName: text("C"), ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown contact", DeleteContact{ContactID: stranger}, service, "NOT_FOUND"},
	{"no contact", DeleteContact{}, service, "NOT_FOUND"},
	{"another version", DeleteContact{ContactID: cleo, ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
	{"it has open work", DeleteContact{ContactID: rosa}, service, "CONFLICT/IN_USE"},
	{"open work, another version", DeleteContact{ContactID: rosa, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown contact", UpdateRoutingPolicy{ContactID: stranger}, service, "NOT_FOUND"},
	{"two scopes", UpdateRoutingPolicy{ContactID: cleo, WorkstreamID: chat}, service, "BAD_USER_INPUT@contactId"},
	{"the contact's version", UpdateRoutingPolicy{ContactID: cleo, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown value", UpdateRoutingPolicy{ContactID: cleo, WhenUnavailable: when("WAIT")}, service, "BAD_USER_INPUT@whenUnavailable"},
}

var agentChangeRefusals = []refusal{
	{"an unknown agent", UpdateAgent{AgentID: nobody, Name: text("N")}, service, "NOT_FOUND"},
	{"no agent", UpdateAgent{}, service, "NOT_FOUND"},
	{"a blank name", UpdateAgent{AgentID: ben, Name: text(" ")}, service, "BAD_USER_INPUT@name"},
	{"a name of 201 characters", UpdateAgent{AgentID: ben, Name: text(name201)}, service, "BAD_USER_INPUT@name"},
	{"a control in the name", UpdateAgent{AgentID: ben, Name: text("B\x1b")}, service, "BAD_USER_INPUT@name"},
	{"capacity -1", UpdateAgent{AgentID: ben, CapacityUnits: setTo(-1)}, service, "BAD_USER_INPUT@capacityUnits"},
	{"capacity 1001", UpdateAgent{AgentID: ben, CapacityUnits: setTo(1001)}, service, "BAD_USER_INPUT@capacityUnits"},
	{"another version", UpdateAgent{AgentID: ben, CapacityUnits: setTo(1), ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown agent", DeleteAgent{AgentID: nobody}, service, "NOT_FOUND"},
	{"no agent", DeleteAgent{}, service, "NOT_FOUND"},
	{"another version", DeleteAgent{AgentID: ben, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"they have work", DeleteAgent{AgentID: anna}, service, "CONFLICT/IN_USE"},
}

var queueChangeRefusals = []refusal{
	{"an unknown queue", UpdateQueue{QueueID: noQueue, Name: text("Q")}, service, "NOT_FOUND"},
	{"a blank name", UpdateQueue{QueueID: sales, Name: text("")}, service, "BAD_USER_INPUT@name"},
	{"a name of 201 characters", UpdateQueue{QueueID: sales, Name: text(name201)}, service, "BAD_USER_INPUT@name"},
	{"priority -1", UpdateQueue{QueueID: sales, Priority: &minusOne}, service, "BAD_USER_INPUT@priority"},
	{"priority 1001", UpdateQueue{QueueID: sales, Priority: &tooHigh}, service, "BAD_USER_INPUT@priority"},
	{"no method", UpdateQueue{QueueID: sales, AssignmentMethod: new(AssignmentMethod)}, service, "BAD_USER_INPUT@assignmentMethod"},
	{"another version", UpdateQueue{QueueID: sales, Priority: &one, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown queue", DeleteQueue{QueueID: noQueue}, service, "NOT_FOUND"},
	{"another version", DeleteQueue{QueueID: queueN(2), ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"a workstream names it", DeleteQueue{QueueID: queueN(3)}, service, "CONFLICT/IN_USE"},
	{"something is open in it", DeleteQueue{QueueID: queueN(4)}, service, "CONFLICT/IN_USE"},
}

var workstreamChangeRefusals = []refusal{
	{"no mode", aWorkstream(func(c *CreateWorkstream) { c.DistributionMode = "" }), service, "BAD_USER_INPUT@distributionMode"},
	{"an unknown mode", aWorkstream(func(c *CreateWorkstream) { c.DistributionMode = "PULL" }), service, "BAD_USER_INPUT@distributionMode"},
	{"calls to be picked", aWorkstream(func(c *CreateWorkstream) { c.DistributionMode, c.Channel = Pick, ChannelVoice }), service,
		"BAD_USER_INPUT@distributionMode"},
	{"an unknown workstream", UpdateWorkstream{WorkstreamID: noWorkstream}, service, "NOT_FOUND"},
	{"a blank name", UpdateWorkstream{WorkstreamID: chat, Name: text(" ")}, service, "BAD_USER_INPUT@name"},
	{"an unknown queue", UpdateWorkstream{WorkstreamID: chat, QueueID: &noQueue}, service, "BAD_USER_INPUT@queueId"},
	{"no presence", UpdateWorkstream{WorkstreamID: chat, AllowedPresences: []BasePresence{}}, service, "BAD_USER_INPUT@allowedPresences"},
	{"an unknown presence", UpdateWorkstream{WorkstreamID: chat, AllowedPresences: []BasePresence{"LUNCH"}}, service,
		"BAD_USER_INPUT@allowedPresences.0"},
	{"a presence twice", UpdateWorkstream{WorkstreamID: chat, AllowedPresences: []BasePresence{Busy, Busy}}, service,
		"BAD_USER_INPUT@allowedPresences.1"},
	{"cost 0", UpdateWorkstream{WorkstreamID: chat, Cost: &CapacityCost{}}, service, "BAD_USER_INPUT@capacityUnits"},
	{"cost 1001", UpdateWorkstream{WorkstreamID: chat, Cost: &CapacityCost{Units: 1001}}, service, "BAD_USER_INPUT@capacityUnits"},
	{"priority -1", UpdateWorkstream{WorkstreamID: chat, Priority: &minusOne}, service, "BAD_USER_INPUT@priority"},
	{"priority 1001", UpdateWorkstream{WorkstreamID: chat, Priority: &tooHigh}, service, "BAD_USER_INPUT@priority"},
	{"no accept mode", UpdateWorkstream{WorkstreamID: chat, AcceptMode: new(AcceptMode)}, service, "BAD_USER_INPUT@acceptMode"},
	{"4 seconds", UpdateWorkstream{WorkstreamID: chat, OfferSeconds: &four}, service, "BAD_USER_INPUT@offerSeconds"},
	{"3601 seconds", UpdateWorkstream{WorkstreamID: chat, OfferSeconds: &tooManySeconds}, service, "BAD_USER_INPUT@offerSeconds"},
	{"decline limit 0", UpdateWorkstream{WorkstreamID: chat, DeclineLimit: &zero}, service, "BAD_USER_INPUT@declineLimit"},
	{"decline limit 6", UpdateWorkstream{WorkstreamID: chat, DeclineLimit: &six}, service, "BAD_USER_INPUT@declineLimit"},
	{"another version", UpdateWorkstream{WorkstreamID: chat, Priority: &one, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"an unknown workstream", DeleteWorkstream{WorkstreamID: noWorkstream}, service, "NOT_FOUND"},
	{"another version", DeleteWorkstream{WorkstreamID: chat, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
	{"something of it is open", DeleteWorkstream{WorkstreamID: chat}, service, "CONFLICT/IN_USE"},
}

// handRefusals are WS-6 and MX-5. anna and dan are members of the items' queue, ben is not.
func handRefusals() []refusal {
	asDan := actingAs(dan)
	list := []refusal{
		{"nobody acts", PickWorkItem{WorkItemID: waitingItem}, service, "BAD_USER_INPUT@agentId"},
		{"an unknown agent", PickWorkItem{waitingItem, nobody}, service, "NOT_FOUND"},
		{"for another", PickWorkItem{waitingItem, dan}, asAnna, "NOT_FOUND"},
		{"no member", PickWorkItem{waitingItem, ben}, service, "BAD_USER_INPUT@agentId"},
		{"no member acts", PickWorkItem{WorkItemID: waitingItem}, asBen, "NOT_FOUND"},
		{"offered to them", PickWorkItem{WorkItemID: offeredItem}, asAnna, "CONFLICT/OFFER_OPEN"},
		{"offered to another", PickWorkItem{WorkItemID: offeredItem}, asDan, "CONFLICT/OFFER_OPEN"},
		{"offered, for another", PickWorkItem{offeredItem, dan}, service, "CONFLICT/OFFER_OPEN"},
		{"offered, no member acts", PickWorkItem{WorkItemID: offeredItem}, asBen, "NOT_FOUND"},
		{"assigned to another", PickWorkItem{WorkItemID: assignedItem}, asDan, "CONFLICT/WORK_ITEM_ASSIGNED"},
		{"assigned, no member", PickWorkItem{assignedItem, ben}, service, "BAD_USER_INPUT@agentId"},
		{"assigned, no member acts", PickWorkItem{WorkItemID: assignedItem}, asBen, "NOT_FOUND"},
		{"completed by them", PickWorkItem{WorkItemID: completedItem}, asAnna, "CONFLICT/WORK_ITEM_CLOSED"},
		{"completed by another", PickWorkItem{WorkItemID: completedItem}, asDan, "CONFLICT/WORK_ITEM_CLOSED"},
		{"completed, no member acts", PickWorkItem{WorkItemID: completedItem}, asBen, "NOT_FOUND"},
		{"completed, no member", PickWorkItem{completedItem, ben}, service, "CONFLICT/WORK_ITEM_CLOSED"},
		{"cancelled", PickWorkItem{cancelledItem, dan}, service, "CONFLICT/WORK_ITEM_CLOSED"},
		{"an unknown item", PickWorkItem{noItem, dan}, service, "NOT_FOUND"},
		{"an unknown agent", AssignWorkItem{waitingItem, nobody}, service, "BAD_USER_INPUT@agentId"},
		{"no agent", AssignWorkItem{WorkItemID: waitingItem}, service, "BAD_USER_INPUT@agentId"},
		{"an unknown queue", TransferWorkItem{WorkItemID: waitingItem, QueueID: noQueue}, service, "BAD_USER_INPUT@queueId"},
		{"no queue", TransferWorkItem{WorkItemID: assignedItem}, asAnna, "BAD_USER_INPUT@queueId"},
		{"priority -1", SetWorkItemPriority{waitingItem, -1}, service, "BAD_USER_INPUT@priority"},
		{"priority 1001", SetWorkItemPriority{offeredItem, 1001}, service, "BAD_USER_INPUT@priority"},
		{"an unknown contact", LinkContact{waitingItem, stranger}, service, "BAD_USER_INPUT@contactId"},
		{"neither", PreviewRouting{}, service, "BAD_USER_INPUT@workItemId"},
		{"only a contact", PreviewRouting{ContactID: cleo}, service, "BAD_USER_INPUT@workItemId"},
		{"both", PreviewRouting{WorkItemID: waitingItem, WorkstreamID: chat}, service, "BAD_USER_INPUT@workItemId"},
		{"an item and a contact", PreviewRouting{WorkItemID: waitingItem, ContactID: cleo}, service, "BAD_USER_INPUT@contactId"},
		{"an unknown item", PreviewRouting{WorkItemID: noItem}, service, "NOT_FOUND"},
		{"an unknown workstream", PreviewRouting{WorkstreamID: noWorkstream}, service, "BAD_USER_INPUT@workstreamId"},
		{"an unknown contact", PreviewRouting{WorkstreamID: chat, ContactID: stranger}, service, "BAD_USER_INPUT@contactId"},
	}
	for name, id := range map[string]WorkItemID{
		"offered": offeredItem, "assigned": assignedItem, "completed": completedItem, "cancelled": cancelledItem,
	} {
		list = append(list, refusal{name, PreviewRouting{WorkItemID: id}, service, "CONFLICT/WORK_ITEM_NOT_WAITING"})
	}
	for _, of := range []func(WorkItemID) Command{
		func(id WorkItemID) Command { return AssignWorkItem{id, ben} },
		func(id WorkItemID) Command { return TransferWorkItem{WorkItemID: id, QueueID: sales} },
		func(id WorkItemID) Command { return SetWorkItemPriority{id, 1} },
		func(id WorkItemID) Command { return LinkContact{id, cleo} },
	} {
		list = append(list,
			refusal{"an unknown item", of(noItem), service, "NOT_FOUND"}, refusal{"no item", of(""), service, "NOT_FOUND"},
			refusal{"it waits", of(waitingItem), asAnna, "NOT_FOUND"}, refusal{"another's", of(assignedItem), asBen, "NOT_FOUND"},
			refusal{"offered to another", of(offeredItem), asBen, "NOT_FOUND"},
			refusal{"completed", of(completedItem), service, "CONFLICT/WORK_ITEM_CLOSED"},
			refusal{"completed by them", of(completedItem), asAnna, "CONFLICT/WORK_ITEM_CLOSED"},
			refusal{"completed by another", of(completedItem), asBen, "NOT_FOUND"},
			refusal{"cancelled", of(cancelledItem), service, "CONFLICT/WORK_ITEM_CLOSED"})
	}
	return list
}

var four, six, tooManySeconds, fiveSeconds, hour = 4, 6, 3601, 5, 3600

func patch(s string) Patch[string] { return Patch[string]{true, &s} }

// setTo is a patch that sets a value.
func setTo[T any](v T) Patch[T] { return Patch[T]{true, &v} }

// settle adds to the world what its refusals are about: work of rosa, a queue that a workstream names, and one where something is open.
func (w *world) settle() {
	stream := w.do(aWorkstream(func(c *CreateWorkstream) { c.QueueID = queueN(3) }), service).Workstream
	w.do(CreateWorkItem{WorkstreamID: stream, ContactID: rosa}, service)
	item := w.do(CreateWorkItem{WorkstreamID: stream}, service).WorkItem
	w.do(TransferWorkItem{WorkItemID: item, QueueID: queueN(4)}, service)
}

func allowedChanges() []Command {
	voice, pushed := ChannelVoice, Push
	return []Command{
		UpdateContact{ContactID: cleo}, UpdateContact{ContactID: cleo, FullName: &name200, Email: patch(email(254)), ExpectedVersion: &one},
		UpdateContact{ContactID: cleo, Email: Patch[string]{Set: true}, MobilePhone: Patch[string]{Set: true}},
		DeleteContact{ContactID: cleo, ExpectedVersion: &one},
		UpdateRoutingPolicy{ContactID: rosa, Enabled: Patch[bool]{true, &yes}, ExpectedVersion: &one},
		UpdateAgent{AgentID: anna, CapacityUnits: setTo(0)}, UpdateAgent{AgentID: anna, Name: &name200, CapacityUnits: setTo(1000), ExpectedVersion: &one},
		DeleteAgent{AgentID: dan}, DeleteAgent{AgentID: fay, ExpectedVersion: &one},
		UpdateQueue{QueueID: sales, Priority: &zero}, UpdateQueue{QueueID: sales, Name: &name200, Priority: &thousand, ExpectedVersion: &one},
		DeleteQueue{QueueID: queueN(2)}, DeleteQueue{QueueID: queueN(5), ExpectedVersion: &one},
		UpdateWorkstream{WorkstreamID: chat},
		UpdateWorkstream{WorkstreamID: chat, Name: &name200, Cost: &CapacityCost{Units: 1}, Priority: &zero, OfferSeconds: &fiveSeconds, DeclineLimit: &one},
		UpdateWorkstream{WorkstreamID: chat, Cost: &CapacityCost{Units: 1000}, Priority: &thousand, OfferSeconds: &hour, ExpectedVersion: &one},
		UpdateWorkstream{WorkstreamID: chat, AllowedPresences: BasePresences[:]},
		aWorkstream(func(c *CreateWorkstream) { c.DistributionMode = Pick }),
		aWorkstream(func(c *CreateWorkstream) { c.Channel, c.DistributionMode = voice, pushed }),
		PreviewRouting{WorkstreamID: chat}, PreviewRouting{WorkstreamID: chat, ContactID: cleo},
	}
}
