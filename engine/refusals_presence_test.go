package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The tables about presence and capacity (PR, CP), on a world of their own.

// officeWorld has besides: the status lunch, which anna has chosen and which is granted to her; break, with which cara signs in; spare, which nobody
// has. The profiles calls, which anna has and calls name, at 1 of 1 reset at once; day, which nobody has; old, of which only open work takes; and
// left, which only anna has. anna's items: one waits for the customer, one is in wrap-up, one takes of old.
type officeWorld struct {
	*world
	lunch, pause, spare       PresenceStatusID
	calls, visits             WorkstreamID
	waits, inWrapUp, takesOld WorkItemID
}

func newOfficeWorld(t *testing.T) *officeWorld {
	w := &officeWorld{world: newWorld(t), lunch: statusN(1), pause: statusN(2), spare: statusN(3)}
	w.do(Tick{}, System)
	w.do(UpdateOrganization{OpenWorkLimit: &thousand}, service)
	for i, base := range []BasePresence{Busy, Away, Available} {
		w.do(CreatePresenceStatus{ID: statusN(i + 1), Text: "Status", Base: base}, service)
	}
	w.do(GrantPresenceStatus{w.lunch, []AgentID{anna}}, service)
	w.do(SetPresence{anna, w.lunch}, asAnna)
	w.do(UpdateAgent{AgentID: cara, DefaultStatusID: setTo(w.pause)}, service)
	for i, reset := range []CapacityReset{ResetImmediate, ResetEndOfDay, ResetImmediate, ResetImmediate} {
		w.do(CreateCapacityProfile{ID: profileN(i + 1), Name: "Profile", Limit: 1, Reset: reset}, service)
	}
	stream := func(profile int, wrapUp WrapUp) WorkstreamID {
		return w.do(aWorkstream(func(c *CreateWorkstream) {
			c.Cost, c.WrapUp, c.DistributionMode = CapacityCost{Profiles: []CapacityProfileID{profileN(profile)}, Type: NotInterruptible}, wrapUp, Pick
		}), service).Workstream
	}
	w.calls, w.visits = stream(1, WrapUp{Mode: WrapUpUntilEnded}), stream(2, WrapUp{Mode: WrapUpNone})
	old := stream(3, WrapUp{Mode: WrapUpNone})
	w.do(SetAgentCapacityProfile{AgentID: anna, ProfileID: profileN(1)}, service)
	w.do(SetAgentCapacityProfile{AgentID: anna, ProfileID: profileN(4), Limit: &two}, service)
	give := func(stream WorkstreamID) WorkItemID {
		item := w.do(CreateWorkItem{WorkstreamID: stream}, service).WorkItem
		w.do(PickWorkItem{WorkItemID: item}, asAnna)
		return item
	}
	w.waits, w.inWrapUp, w.takesOld = give(w.calls), give(w.calls), give(old)
	w.do(SetWorkItemWaiting{w.waits}, asAnna)
	w.do(CompleteWorkItem{w.inWrapUp}, asAnna)
	w.do(UpdateWorkstream{WorkstreamID: old, Cost: &CapacityCost{Units: 1}}, service)
	w.do(SetPresence{anna, w.lunch}, asAnna)
	return w
}

func statusN(n int) PresenceStatusID { return PresenceStatusID(fixedID("ps_", n)) }

var noStatus, noProfile = statusN(99), profileN(99)

// TestRefusalsOfPresence: as TestRefusals.
func TestRefusalsOfPresence(t *testing.T) {
	w := newOfficeWorld(t)
	for _, table := range [][]refusal{
		w.statusRefusals(), w.grantRefusals(), w.presenceRefusals(), profileRefusals(), holderRefusals(w), limitRefusals(), costRefusals(), wrapUpRefusals(),
		w.workRefusals(),
	} {
		for _, r := range table {
			t.Run(fmt.Sprintf("%T/%s", r.command, strings.ReplaceAll(r.name, " ", "_")), func(t *testing.T) { w.refuse(t, r) })
		}
	}
}

func (w *officeWorld) statusRefusals() []refusal {
	text := func(s string) CreatePresenceStatus { return CreatePresenceStatus{Text: s, Base: Away} }
	list := []refusal{
		{"an id of another noun", CreatePresenceStatus{ID: PresenceStatusID(anna), Text: "S", Base: Away}, service, "BAD_USER_INPUT@id"},
		{"a built-in id", CreatePresenceStatus{ID: StatusAway, Text: "S", Base: Away}, service, "BAD_USER_INPUT@id"},
		{"an id that is taken", CreatePresenceStatus{ID: w.lunch, Text: "S", Base: Away}, service, "CONFLICT/ALREADY_EXISTS"},
		{"no text", text(""), service, "BAD_USER_INPUT@text"}, {"a blank text", text(" \u2003"), service, "BAD_USER_INPUT@text"},
		{"a text of 201", text(name201), service, "BAD_USER_INPUT@text"}, {"a control in it", text("S\x1b"), service, "BAD_USER_INPUT@text"},
		{"no base", CreatePresenceStatus{Text: "S"}, service, "BAD_USER_INPUT@base"},
		{"an unknown base", CreatePresenceStatus{Text: "S", Base: "LUNCH"}, service, "BAD_USER_INPUT@base"},
		{"Inactive", CreatePresenceStatus{Text: "S", Base: Inactive}, service, "BAD_USER_INPUT@base"},
		{"an unknown status", UpdatePresenceStatus{StatusID: noStatus}, service, "NOT_FOUND"},
		{"no status", UpdatePresenceStatus{}, service, "NOT_FOUND"},
		{"a blank text", UpdatePresenceStatus{StatusID: w.lunch, Text: ptr(" ")}, service, "BAD_USER_INPUT@text"},
		{"a text of 201", UpdatePresenceStatus{StatusID: w.lunch, Text: &name201}, service, "BAD_USER_INPUT@text"},
		{"Inactive", UpdatePresenceStatus{StatusID: w.lunch, Base: ptr(Inactive)}, service, "BAD_USER_INPUT@base"},
		{"another version", UpdatePresenceStatus{StatusID: w.lunch, Base: ptr(Away), ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
		{"an unknown status", DeletePresenceStatus{StatusID: noStatus}, service, "NOT_FOUND"},
		{"no status", DeletePresenceStatus{}, service, "NOT_FOUND"},
		{"an agent has it", DeletePresenceStatus{StatusID: w.lunch}, service, "CONFLICT/IN_USE"},
		{"an agent's default", DeletePresenceStatus{StatusID: w.pause}, service, "CONFLICT/IN_USE"},
		{"another version", DeletePresenceStatus{StatusID: w.lunch, ExpectedVersion: &zero}, service, "CONFLICT/VERSION_MISMATCH"},
		{"an unknown replacement", DeletePresenceStatus{StatusID: w.lunch, ReplacementID: noStatus}, service, "BAD_USER_INPUT@replacementId"},
		{"replaced by itself", DeletePresenceStatus{StatusID: w.lunch, ReplacementID: w.lunch}, service, "BAD_USER_INPUT@replacementId"},
		{"replaced by Inactive", DeletePresenceStatus{StatusID: w.spare, ReplacementID: StatusInactive}, service, "BAD_USER_INPUT@replacementId"},
	}
	for _, s := range BuiltInStatuses {
		list = append(list, refusal{s.Text, UpdatePresenceStatus{StatusID: s.ID, Text: &s.Text}, service, "BAD_USER_INPUT@statusId"},
			refusal{s.Text, DeletePresenceStatus{StatusID: s.ID, ReplacementID: w.lunch}, service, "BAD_USER_INPUT@statusId"})
	}
	return list
}

func (w *officeWorld) grantRefusals() (list []refusal) {
	for _, of := range []func(PresenceStatusID, ...AgentID) Command{
		func(id PresenceStatusID, agents ...AgentID) Command { return GrantPresenceStatus{id, agents} },
		func(id PresenceStatusID, agents ...AgentID) Command { return WithdrawPresenceStatus{id, agents} },
	} {
		list = append(list,
			refusal{"an unknown status", of(noStatus, anna), service, "NOT_FOUND"}, refusal{"a built-in one", of(StatusAway, anna), service, "BAD_USER_INPUT@statusId"},
			refusal{"nobody", of(w.lunch), service, "BAD_USER_INPUT@agentIds"}, refusal{"101 agents", of(w.lunch, manyAgents(101)...), service, "BAD_USER_INPUT@agentIds"},
			refusal{"an unknown agent", of(w.lunch, anna, nobody), service, "BAD_USER_INPUT@agentIds.1"},
			refusal{"an agent twice", of(w.lunch, ben, anna, ben), service, "BAD_USER_INPUT@agentIds.2"})
	}
	return list
}

func (w *officeWorld) presenceRefusals() []refusal {
	return []refusal{
		{"not granted", SetPresence{anna, w.spare}, asAnna, "BAD_USER_INPUT@statusId"},
		{"not granted, by another", SetPresence{anna, w.spare}, service, "BAD_USER_INPUT@statusId"},
		{"granted to another", SetPresence{ben, w.lunch}, asBen, "BAD_USER_INPUT@statusId"},
		{"nobody acts", ResetPresence{}, service, "BAD_USER_INPUT@agentId"},
		{"an unknown agent", ResetPresence{nobody}, service, "NOT_FOUND"},
		{"another agent", ResetPresence{anna}, asBen, "NOT_FOUND"},
		{"without a session", ResetPresence{}, asBen, "CONFLICT/NOT_SIGNED_IN"},
		{"without a session", ResetPresence{ben}, service, "CONFLICT/NOT_SIGNED_IN"},
	}
}

func profileRefusals() []refusal {
	profile := func(change func(*CreateCapacityProfile)) Command {
		c := CreateCapacityProfile{Name: "P", Limit: 1, Reset: ResetImmediate}
		change(&c)
		return c
	}
	return []refusal{
		{"an id of another noun", profile(func(c *CreateCapacityProfile) { c.ID = CapacityProfileID(sales) }), service, "BAD_USER_INPUT@id"},
		{"an id that is taken", profile(func(c *CreateCapacityProfile) { c.ID = profileN(1) }), service, "CONFLICT/ALREADY_EXISTS"},
		{"no name", profile(func(c *CreateCapacityProfile) { c.Name = "" }), service, "BAD_USER_INPUT@name"},
		{"a name of 201", profile(func(c *CreateCapacityProfile) { c.Name = name201 }), service, "BAD_USER_INPUT@name"},
		{"limit 0", profile(func(c *CreateCapacityProfile) { c.Limit = 0 }), service, "BAD_USER_INPUT@limit"},
		{"limit 1001", profile(func(c *CreateCapacityProfile) { c.Limit = 1001 }), service, "BAD_USER_INPUT@limit"},
		{"no reset", profile(func(c *CreateCapacityProfile) { c.Reset = "" }), service, "BAD_USER_INPUT@reset"},
		{"an unknown reset", profile(func(c *CreateCapacityProfile) { c.Reset = "WEEKLY" }), service, "BAD_USER_INPUT@reset"},
		{"an unknown profile", UpdateCapacityProfile{ProfileID: noProfile}, service, "NOT_FOUND"},
		{"no profile", UpdateCapacityProfile{}, service, "NOT_FOUND"},
		{"a blank name", UpdateCapacityProfile{ProfileID: profileN(1), Name: ptr(" ")}, service, "BAD_USER_INPUT@name"},
		{"limit 0", UpdateCapacityProfile{ProfileID: profileN(1), Limit: &zero}, service, "BAD_USER_INPUT@limit"},
		{"limit 1001", UpdateCapacityProfile{ProfileID: profileN(1), Limit: &tooHigh}, service, "BAD_USER_INPUT@limit"},
		{"another version", UpdateCapacityProfile{ProfileID: profileN(1), Limit: &two, ExpectedVersion: &two}, service, "CONFLICT/VERSION_MISMATCH"},
		{"an unknown profile", DeleteCapacityProfile{ProfileID: noProfile}, service, "NOT_FOUND"},
		{"another version", DeleteCapacityProfile{profileN(1), &zero}, service, "CONFLICT/VERSION_MISMATCH"},
		{"a workstream names it", DeleteCapacityProfile{ProfileID: profileN(2)}, service, "CONFLICT/IN_USE"},
		{"open work takes of it", DeleteCapacityProfile{ProfileID: profileN(3)}, service, "CONFLICT/IN_USE"},
		{"an agent has it", DeleteCapacityProfile{ProfileID: profileN(4)}, service, "CONFLICT/IN_USE"},
	}
}

func holderRefusals(*officeWorld) []refusal {
	return []refusal{
		{"an unknown agent", SetAgentCapacityProfile{AgentID: nobody, ProfileID: profileN(1)}, service, "NOT_FOUND"},
		{"an unknown profile", SetAgentCapacityProfile{AgentID: ben, ProfileID: noProfile}, service, "BAD_USER_INPUT@profileId"},
		{"no profile", SetAgentCapacityProfile{AgentID: ben}, service, "BAD_USER_INPUT@profileId"},
		{"limit 0", SetAgentCapacityProfile{ben, profileN(1), &zero}, service, "BAD_USER_INPUT@limit"},
		{"limit 1001", SetAgentCapacityProfile{ben, profileN(1), &tooHigh}, service, "BAD_USER_INPUT@limit"},
		{"an unknown agent", RemoveAgentCapacityProfile{nobody, profileN(1)}, service, "NOT_FOUND"},
		{"an unknown profile", RemoveAgentCapacityProfile{anna, noProfile}, service, "BAD_USER_INPUT@profileId"},
		{"they have it not", RemoveAgentCapacityProfile{ben, profileN(1)}, service, "NOT_FOUND"},
		{"they only have work that takes of it", RemoveAgentCapacityProfile{anna, profileN(3)}, service, "NOT_FOUND"},
		{"an unknown agent", ResetAgentCapacity{nobody, profileN(1)}, service, "NOT_FOUND"},
		{"an unknown profile", ResetAgentCapacity{anna, noProfile}, service, "BAD_USER_INPUT@profileId"},
	}
}

func limitRefusals() []refusal {
	long := strings.Repeat("A", MaxTimeZone+1)
	list := []refusal{
		{"interruptible -1", CreateAgent{Name: "A", InterruptibleUnits: &minusOne}, service, "BAD_USER_INPUT@interruptibleUnits"},
		{"interruptible 1001", CreateAgent{Name: "A", InterruptibleUnits: &tooHigh}, service, "BAD_USER_INPUT@interruptibleUnits"},
		{"interruptible -1", UpdateAgent{AgentID: ben, InterruptibleUnits: setTo(-1)}, service, "BAD_USER_INPUT@interruptibleUnits"},
		{"interruptible 1001", UpdateAgent{AgentID: ben, InterruptibleUnits: setTo(1001)}, service, "BAD_USER_INPUT@interruptibleUnits"},
		{"limit 0", UpdateOrganization{OpenWorkLimit: &zero}, service, "BAD_USER_INPUT@openWorkLimit"},
		{"limit 1001", UpdateOrganization{OpenWorkLimit: &tooHigh}, service, "BAD_USER_INPUT@openWorkLimit"},
		{"no zone", UpdateOrganization{TimeZone: ptr("")}, service, "BAD_USER_INPUT@timeZone"},
	}
	for _, id := range []PresenceStatusID{noStatus, StatusInactive, "AWAY"} {
		list = append(list, refusal{string(id), CreateAgent{Name: "A", DefaultStatusID: id}, service, "BAD_USER_INPUT@defaultPresenceStatusId"},
			refusal{string(id), UpdateAgent{AgentID: ben, DefaultStatusID: setTo(id)}, service, "BAD_USER_INPUT@defaultPresenceStatusId"},
			refusal{string(id), UpdateOrganization{DefaultStatusID: setTo(id)}, service, "BAD_USER_INPUT@defaultPresenceStatusId"})
	}
	for _, zone := range []string{"Local", "Europe/Nowhere", "../etc/passwd", "+01:00", "right/UTC", "posix/UTC", "posixrules", long} {
		list = append(list, refusal{zone, CreateAgent{Name: "A", TimeZone: zone}, service, "BAD_USER_INPUT@timeZone"},
			refusal{zone, UpdateAgent{AgentID: ben, TimeZone: setTo(zone)}, service, "BAD_USER_INPUT@timeZone"},
			refusal{zone, UpdateOrganization{TimeZone: &zone}, service, "BAD_USER_INPUT@timeZone"})
	}
	return list
}

// costRefusals: of units, percent and profiles exactly one (CP-2, CP-4).
func costRefusals() (list []refusal) {
	p := func(n ...int) (ids []CapacityProfileID) {
		for _, n := range n {
			ids = append(ids, profileN(n))
		}
		return ids
	}
	for _, c := range []struct {
		name string
		cost CapacityCost
		want string
	}{
		{"nothing", CapacityCost{}, "capacityUnits"}, {"-1 units", CapacityCost{Units: -1}, "capacityUnits"},
		{"units and percent", CapacityCost{Units: 1, Percent: 1}, "capacityUnits"}, {"units and profiles", CapacityCost{Units: 1, Profiles: p(1)}, "capacityUnits"},
		{"percent and profiles", CapacityCost{Percent: 1, Profiles: p(1)}, "capacityUnits"},
		{"101 percent", CapacityCost{Percent: 101}, "capacityPercent"}, {"-1 percent", CapacityCost{Percent: -1}, "capacityPercent"},
		{"an unknown profile", CapacityCost{Profiles: p(1, 99)}, "capacityProfileIds.1"}, {"a profile twice", CapacityCost{Profiles: p(1, 2, 1)}, "capacityProfileIds.2"},
		{"no type", CapacityCost{Units: 1, Type: "-"}, "capacityType"},
		{"profiles that can be interrupted", CapacityCost{Profiles: p(1), Type: Interruptible}, "capacityType"},
	} {
		kind := c.cost.Type
		if kind == "" {
			c.cost.Type, kind = NotInterruptible, NotInterruptible
		}
		list = append(list, refusal{c.name, aWorkstream(func(w *CreateWorkstream) { w.Cost = c.cost }), service, "BAD_USER_INPUT@" + c.want},
			refusal{c.name, UpdateWorkstream{WorkstreamID: chat, Cost: &c.cost, CapacityType: &kind}, service, "BAD_USER_INPUT@" + c.want})
	}
	six := CapacityCost{Profiles: p(1, 2, 3, 4, 5, 6), Type: NotInterruptible}
	return append(list, refusal{"six profiles", aWorkstream(func(w *CreateWorkstream) { w.Cost = six }), service, "LIMIT_EXCEEDED@capacityProfileIds"})
}

func wrapUpRefusals() (list []refusal) {
	for _, c := range []struct {
		wrapUp WrapUp
		want   string
	}{
		{WrapUp{}, "wrapUp"}, {WrapUp{Mode: "LATER"}, "wrapUp"}, {WrapUp{Mode: WrapUpTimed}, "wrapUpSeconds"}, {WrapUp{WrapUpTimed, 3601}, "wrapUpSeconds"},
		{WrapUp{WrapUpTimed, -1}, "wrapUpSeconds"}, {WrapUp{WrapUpNone, 1}, "wrapUpSeconds"}, {WrapUp{WrapUpUntilEnded, 1}, "wrapUpSeconds"},
	} {
		name := fmt.Sprint(c.wrapUp)
		list = append(list, refusal{name, aWorkstream(func(w *CreateWorkstream) { w.WrapUp = c.wrapUp }), service, "BAD_USER_INPUT@" + c.want},
			refusal{name, UpdateWorkstream{WorkstreamID: chat, WrapUp: &c.wrapUp}, service, "BAD_USER_INPUT@" + c.want})
	}
	return list
}

// workRefusals are about items that wait or are in wrap-up (CP-3, CP-5).
func (w *officeWorld) workRefusals() []refusal {
	list := []refusal{
		{"assigned", EndWrapUp{assignedItem}, asAnna, "CONFLICT/WORK_ITEM_NOT_IN_WRAP_UP"}, {"it waits", EndWrapUp{w.waits}, service, "CONFLICT/WORK_ITEM_NOT_IN_WRAP_UP"},
		{"nobody has it", EndWrapUp{waitingItem}, service, "CONFLICT/WORK_ITEM_NOT_IN_WRAP_UP"}, {"another's", EndWrapUp{w.inWrapUp}, asBen, "NOT_FOUND"},
		{"in wrap-up", CompleteWorkItem{w.inWrapUp}, asAnna, "CONFLICT/WORK_ITEM_IN_WRAP_UP"}, {"in wrap-up", CancelWorkItem{w.inWrapUp}, service, "CONFLICT/WORK_ITEM_IN_WRAP_UP"},
		{"in wrap-up", TransferWorkItem{WorkItemID: w.inWrapUp, QueueID: sales}, asAnna, "CONFLICT/WORK_ITEM_IN_WRAP_UP"},
		{"in wrap-up", AssignWorkItem{w.inWrapUp, ben}, service, "CONFLICT/WORK_ITEM_IN_WRAP_UP"},
		{"in wrap-up, another's", PickWorkItem{w.inWrapUp, dan}, service, "CONFLICT/WORK_ITEM_ASSIGNED"},
		{"waits with another", PickWorkItem{w.waits, dan}, service, "CONFLICT/WORK_ITEM_ASSIGNED"},
		{"it waits", PreviewRouting{WorkItemID: w.waits}, service, "CONFLICT/WORK_ITEM_NOT_WAITING"},
		{"in wrap-up", PreviewRouting{WorkItemID: w.inWrapUp}, service, "CONFLICT/WORK_ITEM_NOT_WAITING"},
		{"their work waits", DeleteAgent{AgentID: anna}, service, "CONFLICT/IN_USE"},
	}
	for _, of := range []func(WorkItemID) Command{
		func(id WorkItemID) Command { return SetWorkItemWaiting{id} }, func(id WorkItemID) Command { return ResumeWorkItem{id} },
	} {
		list = append(list, refusal{"an unknown item", of(noItem), service, "NOT_FOUND"}, refusal{"no item", of(""), asAnna, "NOT_FOUND"},
			refusal{"another's", of(assignedItem), asBen, "NOT_FOUND"}, refusal{"nobody has it", of(waitingItem), service, "CONFLICT/WORK_ITEM_NOT_ASSIGNED"},
			refusal{"in wrap-up", of(w.inWrapUp), asAnna, "CONFLICT/WORK_ITEM_IN_WRAP_UP"}, refusal{"completed", of(completedItem), asAnna, "CONFLICT/WORK_ITEM_CLOSED"},
			refusal{"cancelled", of(cancelledItem), service, "CONFLICT/WORK_ITEM_CLOSED"})
	}
	return list
}

// allowed are the other sides of the boundaries.
func (w *officeWorld) allowed() []Command {
	most := CapacityCost{Profiles: []CapacityProfileID{profileN(1), profileN(2), profileN(3), profileN(4)}, Type: NotInterruptible}
	return []Command{
		CreatePresenceStatus{Text: name200, Base: Offline, ForEveryone: true}, UpdatePresenceStatus{StatusID: w.lunch, ExpectedVersion: &one},
		UpdatePresenceStatus{StatusID: w.lunch, Text: &name200, Base: ptr(Away), ForEveryone: &yes}, UpdatePresenceStatus{StatusID: w.pause, Base: ptr(Busy)},
		DeletePresenceStatus{StatusID: w.spare, ExpectedVersion: &one}, DeletePresenceStatus{StatusID: w.lunch, ReplacementID: w.spare},
		DeletePresenceStatus{StatusID: w.pause, ReplacementID: StatusOffline}, GrantPresenceStatus{w.spare, []AgentID{ben, anna}},
		WithdrawPresenceStatus{w.lunch, []AgentID{ben, anna}}, SetPresence{anna, StatusAway}, ResetPresence{anna},
		CreateCapacityProfile{Name: name200, Limit: 1000, Blocking: true, Reset: ResetEndOfDay}, UpdateCapacityProfile{ProfileID: profileN(1), ExpectedVersion: &one},
		UpdateCapacityProfile{ProfileID: profileN(1), Limit: &thousand, Blocking: &yes}, UpdateCapacityProfile{ProfileID: profileN(4), Limit: &one, Blocking: &yes},
		SetAgentCapacityProfile{ben, profileN(1), &thousand}, SetAgentCapacityProfile{anna, profileN(1), &one}, SetAgentCapacityProfile{AgentID: anna, ProfileID: profileN(4)},
		SetAgentCapacityProfile{AgentID: anna, ProfileID: profileN(3)}, RemoveAgentCapacityProfile{anna, profileN(1)}, RemoveAgentCapacityProfile{anna, profileN(4)},
		ResetAgentCapacity{anna, profileN(1)}, ResetAgentCapacity{ben, profileN(2)},
		CreateAgent{Name: "A", InterruptibleUnits: &thousand, DefaultStatusID: w.spare, TimeZone: "America/Argentina/Buenos_Aires"},
		UpdateAgent{AgentID: anna, CapacityUnits: Patch[int]{Set: true}, InterruptibleUnits: setTo(0), DefaultStatusID: setTo(StatusAway), TimeZone: setTo("UTC")},
		UpdateAgent{AgentID: cara, DefaultStatusID: Patch[PresenceStatusID]{Set: true}, TimeZone: Patch[string]{Set: true}},
		UpdateOrganization{OpenWorkLimit: &one}, UpdateOrganization{DefaultStatusID: setTo(w.spare), MissedSetsInactive: &yes, RejectedSetsDoNotDisturb: &yes},
		UpdateOrganization{TimeZone: ptr("Pacific/Apia")}, aWorkstream(func(c *CreateWorkstream) { c.Cost = most }),
		aWorkstream(func(c *CreateWorkstream) { c.Cost = CapacityCost{Percent: 100, Type: Interruptible} }),
		aWorkstream(func(c *CreateWorkstream) { c.WrapUp = WrapUp{WrapUpTimed, 3600} }), UpdateWorkstream{WorkstreamID: chat, Cost: &CapacityCost{Percent: 1}},
		UpdateWorkstream{WorkstreamID: w.calls, CapacityType: ptr(NotInterruptible), WrapUp: &WrapUp{WrapUpTimed, 1}, WaitingHoldsCapacity: &yes},
		UpdateWorkstream{WorkstreamID: chat, MissedSetsInactive: setTo(true), RejectedSetsDoNotDisturb: Patch[bool]{Set: true}},
		SetWorkItemWaiting{assignedItem}, SetWorkItemWaiting{w.waits}, ResumeWorkItem{w.waits}, ResumeWorkItem{assignedItem}, EndWrapUp{w.inWrapUp},
		CompleteWorkItem{w.waits}, CancelWorkItem{w.waits}, TransferWorkItem{WorkItemID: w.waits, QueueID: sales}, AssignWorkItem{w.waits, ben},
		CompleteWorkItem{w.takesOld}, SetWorkItemPriority{w.inWrapUp, 7}, LinkContact{w.inWrapUp, cleo}, SignOut{anna}, DeleteAgent{AgentID: fay},
	}
}

// TestPresenceIsUndone: each command about presence and capacity passes, and taken back it leaves nothing behind; so do all of them in one batch.
func TestPresenceIsUndone(t *testing.T) {
	w := newOfficeWorld(t)
	for _, c := range w.allowed() {
		before := dump(w.engine)
		w.batch(c)
		changed := w.engine.Take()
		w.engine.Undo(changed)
		w.engine.Forget()
		if after := dump(w.engine); after != before {
			t.Errorf("%T%+v: %s", c, c, firstDifference("undone, the state", before, after))
		}
		if wrong := wrongPlace(w.engine); wrong != "" {
			t.Fatalf("%T%+v undone: %s", c, c, wrong)
		}
	}
	w.undone(UpdateOrganization{OpenWorkLimit: &one}, UpdateCapacityProfile{ProfileID: profileN(1), Limit: &two, Blocking: &yes}, ResumeWorkItem{w.waits},
		UpdatePresenceStatus{StatusID: w.lunch, Base: ptr(DoNotDisturb)}, EndWrapUp{w.inWrapUp}, GrantPresenceStatus{w.spare, []AgentID{anna}},
		SetPresence{anna, w.spare}, DeletePresenceStatus{StatusID: w.lunch, ReplacementID: w.pause}, CreatePresenceStatus{ID: w.lunch, Text: "Again", Base: Away},
		CompleteWorkItem{w.takesOld}, DeleteCapacityProfile{ProfileID: profileN(3)}, CreateCapacityProfile{ID: profileN(3), Name: "Again", Limit: 1, Reset: ResetEndOfDay},
		UpdateAgent{AgentID: anna, CapacityUnits: setTo(0), TimeZone: setTo("Pacific/Apia")}, DeleteAgent{AgentID: fay})
	if wrong := wrongPlace(w.engine); wrong != "" {
		t.Error(wrong)
	}
	w.store.checkRebuilt(t, w.engine)
}

// TestPresenceThatIsAllowed: the same commands, kept: what is stored makes the same engine.
func TestPresenceThatIsAllowed(t *testing.T) {
	for i, c := range newOfficeWorld(t).allowed() {
		if i%4 > 0 && testing.Short() {
			continue
		}
		w := newOfficeWorld(t)
		w.do(w.allowed()[i], service) // ids of this world
		w.store.checkRebuilt(t, w.engine)
		if wrong := wrongPlace(w.engine); wrong != "" {
			t.Errorf("%T%+v: %s", c, c, wrong)
		}
	}
}

// TestLimitsOfPresence: so many statuses, profiles and profiles of an agent there can be, and not one more; what goes makes room.
func TestLimitsOfPresence(t *testing.T) {
	w := newOfficeWorld(t)
	for n := len(w.engine.statuses); n < MaxPresenceStatuses; n++ {
		w.do(CreatePresenceStatus{Text: "S", Base: Away}, service)
	}
	w.refuse(t, refusal{command: CreatePresenceStatus{Text: "S", Base: Away}, actor: service, want: "LIMIT_EXCEEDED"})
	w.do(DeletePresenceStatus{StatusID: w.spare}, service)
	w.do(CreatePresenceStatus{Text: "S", Base: Away}, service)

	another := CreateCapacityProfile{Name: "P", Limit: 1, Reset: ResetImmediate}
	profiles := []CapacityProfileID{profileN(1), profileN(2), profileN(3), profileN(4)}
	for len(profiles) < MaxCapacityProfiles {
		profiles = append(profiles, w.do(another, service).CapacityProfile)
	}
	w.refuse(t, refusal{command: another, actor: service, want: "LIMIT_EXCEEDED"})
	for _, id := range profiles[:MaxProfilesPerAgent] {
		w.do(SetAgentCapacityProfile{AgentID: ben, ProfileID: id}, service)
	}
	more := SetAgentCapacityProfile{AgentID: ben, ProfileID: profiles[MaxProfilesPerAgent]}
	w.refuse(t, refusal{command: more, actor: service, want: "LIMIT_EXCEEDED@profileId"})
	w.do(SetAgentCapacityProfile{ben, profiles[0], &two}, service)
	w.do(RemoveAgentCapacityProfile{ben, profiles[1]}, service)
	w.do(more, service)
	w.do(DeleteCapacityProfile{ProfileID: profiles[len(profiles)-1]}, service)
	w.do(another, service)
	w.store.checkRebuilt(t, w.engine)
}

// TestLimitOfGrants: beyond it a status can be for everyone; grants that are there already take nothing of it.
func TestLimitOfGrants(t *testing.T) {
	w := newOfficeWorld(t)
	status := w.do(CreatePresenceStatus{Text: "S", Base: Away}, service).PresenceStatus
	var hundred []AgentID
	for n := range MaxGrantsPerStatus {
		hundred = append(hundred, w.do(CreateAgent{Name: "A"}, service).Agent)
		if n%MaxMembersPerCall == MaxMembersPerCall-1 {
			w.do(GrantPresenceStatus{status, hundred}, service)
			hundred = hundred[:0]
		}
	}
	w.refuse(t, refusal{command: GrantPresenceStatus{status, []AgentID{anna}}, actor: service, want: "LIMIT_EXCEEDED@agentIds"})
	last := w.engine.agents.all[len(w.engine.agents.all)-1].ID
	w.do(GrantPresenceStatus{status, []AgentID{last}}, service)
	w.do(WithdrawPresenceStatus{status, []AgentID{last}}, service)
	w.do(GrantPresenceStatus{status, []AgentID{anna}}, service)
}

// TestLimitOfCostKinds: each set of profiles that a workstream names is an order of candidates, so there are only so many; one that nobody names any
// more makes room.
func TestLimitOfCostKinds(t *testing.T) {
	w := newOfficeWorld(t)
	named := func(n int) CapacityCost {
		ids := []CapacityProfileID{profileN(1)}
		for bit := range 3 {
			if n>>bit&1 == 1 {
				ids = append(ids, profileN(2+bit))
			}
		}
		return CapacityCost{Profiles: ids, Type: NotInterruptible}
	}
	var last WorkstreamID
	for n := 0; len(w.engine.kinds) < MaxCostKinds; n++ {
		cost := named(n)
		if n >= 8 {
			cost.Profiles = []CapacityProfileID{w.do(CreateCapacityProfile{Name: "P", Limit: 1, Reset: ResetImmediate}, service).CapacityProfile}
		}
		last = w.do(aWorkstream(func(c *CreateWorkstream) { c.Cost = cost }), service).Workstream
	}
	profile := w.do(CreateCapacityProfile{Name: "P", Limit: 1, Reset: ResetImmediate}, service).CapacityProfile
	another := CapacityCost{Profiles: []CapacityProfileID{profile}, Type: NotInterruptible}
	more := aWorkstream(func(c *CreateWorkstream) { c.Cost = another })
	w.refuse(t, refusal{command: more, actor: service, want: "LIMIT_EXCEEDED@capacityProfileIds"})
	w.refuse(t, refusal{command: UpdateWorkstream{WorkstreamID: chat, Cost: &another}, actor: service, want: "LIMIT_EXCEEDED@capacityProfileIds"})
	w.do(aWorkstream(func(c *CreateWorkstream) { c.Cost = named(1) }), service)
	w.do(DeleteWorkstream{WorkstreamID: last}, service)
	w.do(more, service)
}

// TestManyAgentsAreMoved: a status of more agents than one call can move keeps its base, and stays; with one less all of them move (PR-2).
func TestManyAgentsAreMoved(t *testing.T) {
	status := PresenceStatus{ID: statusN(1), Text: "S", Base: Away, Selectable: true, ForEveryone: true, Version: 1}
	s := Snapshot{Organization: NewOrganization(benchStart), Statuses: []PresenceStatus{status}}
	for i := range MaxAgentsToMove + 1 {
		s.Agents = append(s.Agents, Agent{ID: agentN(i), Presence: AgentPresence{Status: status.ID, Base: Away, Source: SourceManual, SignedIn: true}})
		s.Sessions = append(s.Sessions, Session{ID: SessionID(benchID("se_", i)), AgentID: agentN(i)})
	}
	e := New(s, benchStart)
	do := func(c Command) error {
		_, err := e.Apply(c, Meta{Actor: service, Now: benchStart})
		return err
	}
	for _, c := range []Command{
		UpdatePresenceStatus{StatusID: status.ID, Base: ptr(Busy)}, DeletePresenceStatus{StatusID: status.ID, ReplacementID: StatusBusy},
	} {
		refused, ok := do(c).(*Error) //nolint:errorlint // that it is no other error is what is tested
		if !ok || refused.Code != CodeLimit || e.Pending() > 0 {
			t.Fatalf("%T: %v, %d changes", c, refused, e.Pending())
		}
	}
	if err := do(UpdatePresenceStatus{StatusID: status.ID, Text: ptr("Text")}); err != nil {
		t.Errorf("a change of the text moves nobody: %v", err)
	}
	if err := do(SetPresence{agentN(0), StatusBusy}); err != nil {
		t.Fatal(err)
	}
	if err := do(UpdatePresenceStatus{StatusID: status.ID, Base: ptr(DoNotDisturb)}); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(e.agents.all[1:], func(a *agent) bool { return a.Presence.Base != DoNotDisturb }) {
		t.Error("somebody was not moved")
	}
}
