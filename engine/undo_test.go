package engine

import "testing"

// batch applies commands as one batch and leaves it to the caller to end it.
func (w *world) batch(commands ...Command) []Result {
	w.t.Helper()
	w.engine.Admit(w.store.facts(w.engine.Missing(commands)))
	results := make([]Result, len(commands))
	for i, c := range commands {
		var err error
		if results[i], err = w.engine.Apply(c, w.meta(service)); err != nil {
			w.t.Fatalf("%T: %v", c, err)
		}
	}
	return results
}

// undone tells whether the state after a batch that is taken back is what it was.
func (w *world) undone(commands ...Command) {
	w.t.Helper()
	before := dump(w.engine)
	w.batch(commands...)
	w.engine.Undo(w.engine.Take())
	w.engine.Forget()
	if after := dump(w.engine); after != before {
		w.t.Error(firstDifference("undone, the state", before, after))
	}
}

// aNewContact has one open item.
func (w *world) aNewContact() (ContactID, WorkItemID) {
	w.do(CreateContact{ID: stranger, FullName: "Contact"}, service)
	return stranger, w.do(CreateWorkItem{WorkstreamID: chat, ContactID: stranger}, service).WorkItem
}

// TestContactMadeAgainInOneBatch: what hangs on a contact that was deleted and made again in one batch is that of the new one.
func TestContactMadeAgainInOneBatch(t *testing.T) {
	w := newWorld(t)
	id, item := w.aNewContact()
	w.batch(CancelWorkItem{item}, DeleteContact{ContactID: id}, CreateContact{ID: id, FullName: "Again"},
		CreateWorkItem{WorkstreamID: chat, ContactID: id})
	w.commit()
	w.store.checkRebuilt(t, w.engine)
	w.refuse(t, refusal{command: DeleteContact{ContactID: id}, actor: service, want: "CONFLICT/IN_USE"})
}

// TestUndoOfLivesInOneBatch: a batch in which things come and go, some under the id of what was there, is undone without a trace.
func TestUndoOfLivesInOneBatch(t *testing.T) {
	w := newWorld(t)
	w.do(Tick{}, System)
	id, item := w.aNewContact()
	w.undone(CancelWorkItem{item}, DeleteContact{ContactID: id}, CreateContact{ID: id, FullName: "Again"}, DeleteContact{ContactID: id})
	w.undone(CancelWorkItem{item}, DeleteContact{ContactID: id}, CreateContact{ID: id, FullName: "Again"},
		SetPreferredAgents{ContactID: id, Agents: []AgentID{anna}}, CreateWorkItem{WorkstreamID: chat, ContactID: id})
	session := SessionID(fixedID("se_", 77))
	life := []Command{
		CreateAgent{ID: nobody, Name: "Agent", CapacityUnits: &one}, AddQueueMembers{QueueID: sales, Agents: []AgentID{nobody}},
		OpenSession{ID: session, AgentID: nobody}, CreateWorkItem{WorkstreamID: chat}, CloseSession{session},
	}
	w.do(SignOut{AgentID: anna}, service)
	w.undone(life...)
	w.undone(append(life, DeleteAgent{AgentID: nobody})...)
	w.undone(DeleteAgent{AgentID: dan}, CreateAgent{ID: dan, Name: "Again"}, UpdateAgent{AgentID: dan, CapacityUnits: setTo(1)}, DeleteAgent{AgentID: dan})
	w.undone(UpdateQueue{QueueID: sales, Priority: &one}, SetWorkItemPriority{waitingItem, 7}, UpdateQueue{QueueID: sales, Priority: &two})
	w.undone(DeleteQueue{QueueID: queueN(2)}, CreateQueue{ID: queueN(2), Name: "Again", AssignmentMethod: RoundRobin},
		AddQueueMembers{QueueID: queueN(2), Agents: []AgentID{dan}}, UpdateWorkstream{WorkstreamID: chat, QueueID: ptr(queueN(2))})
	if due, some := w.engine.NextDeadline(); some {
		w.now = due
		w.do(Tick{}, System) // nothing is left that has no owner
	}
	w.store.checkRebuilt(t, w.engine)
}

func ptr[T any](v T) *T { return &v }

// TestDeclinesEndWithTheAgent: whoever is made under the id of a deleted agent has declined nothing (OF-4, MX-3).
func TestDeclinesEndWithTheAgent(t *testing.T) {
	w := newWorld(t)
	queue := queueN(101)
	stream := w.do(aWorkstream(func(c *CreateWorkstream) { c.QueueID, c.DeclineLimit = queue, 1 }), service).Workstream
	w.do(AddQueueMembers{queue, []AgentID{cara}}, service)
	w.do(OpenSession{AgentID: cara}, service)
	w.do(SetPresence{cara, StatusBusy}, service)
	w.do(SetPresence{cara, StatusAvailable}, service)
	item := w.do(CreateWorkItem{WorkstreamID: stream}, service)
	w.do(RejectOffer{item.WorkItemState.OfferID}, service)
	w.do(DeleteAgent{AgentID: cara}, service)
	w.store.checkRebuilt(t, w.engine)
	w.do(CreateAgent{ID: cara, Name: "Cara", CapacityUnits: &one}, service)
	w.do(AddQueueMembers{queue, []AgentID{cara}}, service)
	w.do(OpenSession{AgentID: cara}, service)
	if now := w.engine.items[item.WorkItem]; now.Status != Offered || now.AgentID != cara {
		t.Errorf("the item is %s, not offered to cara", now.Status)
	}
	w.store.checkRebuilt(t, w.engine)
}

// TestWarnsOfRowsOfTheSameBatch: AGENT_STILL_PREFERRED knows of a row that was set right before (MX-3).
func TestWarnsOfRowsOfTheSameBatch(t *testing.T) {
	w := newWorld(t)
	r := w.batch(SetPreferredAgents{ContactID: rosa, Agents: []AgentID{cara}}, DeleteAgent{AgentID: cara}, DeleteAgent{AgentID: dan})
	if codes := codesOf(r[1].Warnings); len(codes) != 1 || codes[0] != WarnAgentStillPreferred {
		t.Errorf("warnings %v", codes)
	}
	if len(r[2].Warnings) > 0 {
		t.Errorf("warnings %v of an agent whom no row names", r[2].Warnings)
	}
}

// TestUndoOfAQueuePriority: what waits for the same preferred agents in two queues is in its old order again (WS-3).
func TestUndoOfAQueuePriority(t *testing.T) {
	w := newWorld(t)
	w.do(Tick{}, System)
	for _, q := range []QueueID{queueN(3), queueN(4)} {
		stream := w.do(aWorkstream(func(c *CreateWorkstream) { c.QueueID, c.DistributionMode = q, Pick }), service).Workstream
		w.do(CreateWorkItem{WorkstreamID: stream, ContactID: cleo}, service)
	}
	w.undone(UpdateQueue{QueueID: queueN(3), Priority: &two})
	w.undone(UpdateQueue{QueueID: queueN(3), Priority: &one}, UpdateQueue{QueueID: queueN(4), Priority: &two})
	w.store.checkRebuilt(t, w.engine)
}
