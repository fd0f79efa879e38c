package engine

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// refusal is a command that must be refused, and with what: CODE, CODE/REASON or CODE@field.
type refusal struct {
	name    string
	command Command
	actor   Actor
	want    string
}

// TestRefusals: every command with every error that it can give, at its boundaries. A refused command leaves no trace: nothing
// to be stored, no event, the state as it was, nothing due that was not.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	for _, table := range [][]refusal{
		contactRefusals, agentRefusals, queueRefusals, memberRefusals(), workstreamRefusals, settingsRefusals, rowRefusals,
		sessionRefusals, itemRefusals, offerRefusals(w), contactChangeRefusals, agentChangeRefusals, queueChangeRefusals,
		workstreamChangeRefusals, handRefusals(), roleRefusals(), keyRefusals(w), ownRefusals(w),
	} {
		for _, r := range table {
			t.Run(fmt.Sprintf("%T/%s", r.command, strings.ReplaceAll(r.name, " ", "_")), func(t *testing.T) { w.refuse(t, r) })
		}
	}
}

func (w *world) refuse(t *testing.T, r refusal) {
	w.engine.Admit(w.store.facts(w.engine.Missing([]Command{r.command})))
	before := dump(w.engine)
	dueBefore, _ := w.engine.NextDeadline()
	result, err := w.engine.Apply(r.command, w.meta(r.actor))
	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("expected %s, got %v", r.want, err)
	}
	if refusalText(got) != r.want {
		t.Errorf("expected %s, got %s (%s)", r.want, refusalText(got), got.Message)
	}
	if got.Message == "" || strings.Contains(got.Message, "\x00") {
		t.Errorf("a message for people: %q", got.Message)
	}
	if !reflect.DeepEqual(result, Result{}) {
		t.Errorf("a refused command has no result: %+v", result)
	}
	if c := w.engine.Take(); c.Size() > 0 {
		t.Errorf("changes of a refused command: %+v", c)
	}
	if after := dump(w.engine); after != before {
		t.Error(firstDifference("state", before, after))
	}
	if due, _ := w.engine.NextDeadline(); due != dueBefore {
		t.Errorf("due %s became %s", dueBefore, due)
	}
	w.engine.Forget()
}

// TestBoundariesThatAreAllowed are the other sides of the boundaries of TestRefusals.
func TestBoundariesThatAreAllowed(t *testing.T) {
	for _, r := range append(allowed(), allowedAccess(newWorld(t))...) {
		t.Run(fmt.Sprintf("%T/%s", r.command, strings.ReplaceAll(r.name, " ", "_")), func(t *testing.T) {
			w := newWorld(t)
			w.engine.Admit(w.store.facts(w.engine.Missing([]Command{r.command})))
			if _, err := w.engine.Apply(r.command, w.meta(r.actor)); err != nil {
				t.Errorf("refused: %v", err)
			}
			w.commit()
			w.store.checkRebuilt(t, w.engine)
		})
	}
}

// The ids of the world.
var (
	cleo, rosa, stranger                 = ContactID(fixedID("ct_", 1)), ContactID(fixedID("ct_", 2)), ContactID(fixedID("ct_", 99))
	anna, ben, cara, dan, fay, nobody    = agentN(1), agentN(2), agentN(3), agentN(4), agentN(5), agentN(99)
	sales, noQueue                       = queueN(1), queueN(999)
	chat, noWorkstream                   = WorkstreamID(fixedID("ws_", 1)), WorkstreamID(fixedID("ws_", 99))
	offeredItem, assignedItem            WorkItemID // to anna
	waitingItem, completedItem           WorkItemID // completed by anna
	cancelledItem                        WorkItemID
	noItem                               = WorkItemID(fixedID("wi_", 99))
	noOffer                              = OfferID(fixedID("of_", 99))
	asAnna, asBen                        = actingAs(anna), actingAs(ben)
	yes, zero, one, two                  = true, 0, 1, 2
	minusOne, tooHigh, thousand, tooLong = -1, MaxPriority + 1, MaxPriority, MaxReconnectSeconds + 1
	longestReconnect                     = MaxReconnectSeconds
)

const annasSession = SessionID("se_00000000-0000-7000-8000-000000000001")

func fixedID(prefix string, n int) string {
	return fmt.Sprintf("%s00000000-0000-7000-8000-%012d", prefix, n)
}
func agentN(n int) AgentID { return AgentID(fixedID("ag_", n)) }
func queueN(n int) QueueID { return QueueID(fixedID("qu_", n)) }
func actingAs(id AgentID) Actor {
	return Actor{ID: "agent:" + string(id), AgentID: id, Permissions: BuiltInRole("AGENT").Set()}
}
func text(s string) *string { return &s }

// manyAgents are n different ids that no agent has.
func manyAgents(n int) []AgentID {
	ids := make([]AgentID, n)
	for i := range ids {
		ids[i] = agentN(1000 + i)
	}
	return ids
}

// world has an offer in each of its states, items likewise, a row of two agents, an agent in as many queues and one with as many
// sessions as one may have.
type world struct {
	t       *testing.T
	engine  *Engine
	store   *rowStore
	now     time.Time
	entropy uint64
	// ended holds anna's offers by their state; late is one whose time is over but for the Tick.
	ended map[OfferState]OfferID
	late  OfferID
}

func newWorld(t *testing.T) *world {
	org := NewOrganization(storyBegin)
	w := &world{
		t: t, now: storyBegin, store: newRowStore(org), engine: New(Snapshot{Organization: org}, storyBegin), ended: map[OfferState]OfferID{},
	}
	w.do(CreateContact{ID: cleo, FullName: "Cleo"}, service)
	w.do(CreateContact{ID: rosa, FullName: "Rosa"}, service)
	for i, a := range []AgentID{anna, ben, cara, dan, fay} {
		w.do(CreateAgent{ID: a, Name: "Agent", CapacityUnits: ptr(10 - i)}, service)
	}
	for n := 1; n <= MaxQueuesPerAgent; n++ {
		w.do(CreateQueue{ID: queueN(n), Name: "Queue", AssignmentMethod: HighestCapacity}, service)
		w.do(AddQueueMembers{QueueID: queueN(n), Agents: []AgentID{dan}}, service)
	}
	w.do(CreateQueue{ID: queueN(101), Name: "Queue", AssignmentMethod: HighestCapacity}, service)
	w.do(AddQueueMembers{QueueID: sales, Agents: []AgentID{anna}}, service)
	w.do(aWorkstream(func(c *CreateWorkstream) { c.ID = chat }), service)
	w.do(SetPreferredAgents{ContactID: cleo, Agents: []AgentID{anna, ben}}, service)
	w.do(OpenSession{ID: annasSession}, asAnna)
	for range MaxSessionsPerAgent {
		w.do(OpenSession{}, actingAs(fay))
	}
	w.settle()
	w.settleAccess()
	w.items()
	return w
}

func (w *world) items() {
	var items []WorkItemID
	var offers []OfferID
	create := func() {
		r := w.do(CreateWorkItem{WorkstreamID: chat}, service)
		items, offers = append(items, r.WorkItem), append(offers, r.WorkItemState.OfferID)
	}
	for range 5 {
		create()
	}
	w.do(RejectOffer{OfferID: offers[0]}, asAnna)
	w.do(AcceptOffer{OfferID: offers[1]}, asAnna)
	w.do(CancelWorkItem{WorkItemID: items[2]}, service)
	w.do(AcceptOffer{OfferID: offers[3]}, asAnna)
	w.do(CompleteWorkItem{WorkItemID: items[3]}, asAnna)
	w.now = w.now.Add(119 * time.Second)
	w.do(Tick{}, System)
	create()
	w.now = w.now.Add(time.Second)
	w.do(Tick{}, System)
	create()
	w.ended[OfferRejected], w.ended[OfferAccepted], w.ended[OfferRevoked] = offers[0], offers[1], offers[2]
	w.ended[OfferMissed], w.ended[OfferOpen], w.late = offers[4], offers[6], offers[5]
	waitingItem, assignedItem, cancelledItem, completedItem, offeredItem = items[0], items[1], items[2], items[3], items[6]
	w.now = w.now.Add(119 * time.Second) // offers[5] would be missed at the next Tick
}

func (w *world) meta(actor Actor) Meta {
	w.entropy++
	return Meta{Actor: actor, Now: w.now, Entropy: w.entropy}
}

func (w *world) do(c Command, actor Actor) Result {
	w.t.Helper()
	w.engine.Admit(w.store.facts(w.engine.Missing([]Command{c})))
	r, err := w.engine.Apply(c, w.meta(actor))
	if err != nil {
		w.t.Fatalf("%T: %v", c, err)
	}
	w.commit()
	return r
}

func (w *world) commit() {
	w.store.apply(w.engine.Take())
	w.engine.Forget()
}

func aWorkstream(change func(*CreateWorkstream)) CreateWorkstream {
	c := CreateWorkstream{
		Name: "Chat", Channel: ChannelChat, DistributionMode: Push, QueueID: sales, AllowedPresences: []BasePresence{Available, Busy},
		Cost: unitCost(1), WrapUp: WrapUp{Mode: WrapUpNone},
		AcceptMode: AcceptManual, OfferSeconds: 120, DeclineLimit: 3,
	}
	change(&c)
	return c
}

// offerRefusals are about what the world made: offers in each state, answered by the agent who was asked, by another one, by a
// service, and too late.
func offerRefusals(w *world) []refusal {
	list := []refusal{
		{"an unknown offer", AcceptOffer{OfferID: noOffer}, asAnna, "NOT_FOUND"},
		{"an unknown offer", RejectOffer{OfferID: noOffer}, service, "NOT_FOUND"},
		{"no offer", AcceptOffer{}, service, "NOT_FOUND"},
		{"no offer", RejectOffer{}, asAnna, "NOT_FOUND"},
		{"its time is over", AcceptOffer{OfferID: w.late}, asAnna, "CONFLICT/OFFER_EXPIRED"},
		{"its time is over", RejectOffer{OfferID: w.late}, service, "CONFLICT/OFFER_EXPIRED"},
		{"another's, its time over", AcceptOffer{OfferID: w.late}, asBen, "NOT_FOUND"},
		{"accepted before", RejectOffer{OfferID: w.ended[OfferAccepted]}, asAnna, "CONFLICT/OFFER_ACCEPTED"},
		{"rejected before", AcceptOffer{OfferID: w.ended[OfferRejected]}, asAnna, "CONFLICT/OFFER_REJECTED"},
		{"missed before", AcceptOffer{OfferID: w.ended[OfferMissed]}, asAnna, "CONFLICT/OFFER_EXPIRED"},
		{"missed before", RejectOffer{OfferID: w.ended[OfferMissed]}, asAnna, "CONFLICT/OFFER_EXPIRED"},
		{"revoked before", AcceptOffer{OfferID: w.ended[OfferRevoked]}, service, "CONFLICT/OFFER_REVOKED"},
		{"revoked before", RejectOffer{OfferID: w.ended[OfferRevoked]}, asAnna, "CONFLICT/OFFER_REVOKED"},
		{"it is offered", CompleteWorkItem{WorkItemID: offeredItem}, asAnna, "CONFLICT/WORK_ITEM_NOT_ASSIGNED"},
		{"it waits", CompleteWorkItem{WorkItemID: waitingItem}, service, "CONFLICT/WORK_ITEM_NOT_ASSIGNED"},
		{"it waits", CompleteWorkItem{WorkItemID: waitingItem}, asAnna, "NOT_FOUND"},
		{"it waits", CancelWorkItem{WorkItemID: waitingItem}, asAnna, "NOT_FOUND"},
		{"another's", CompleteWorkItem{WorkItemID: assignedItem}, asBen, "NOT_FOUND"},
		{"another's", CancelWorkItem{WorkItemID: assignedItem}, asBen, "NOT_FOUND"},
		{"offered to another", CancelWorkItem{WorkItemID: offeredItem}, asBen, "NOT_FOUND"},
		{"completed", CompleteWorkItem{WorkItemID: completedItem}, asAnna, "CONFLICT/WORK_ITEM_CLOSED"},
		{"completed", CancelWorkItem{WorkItemID: completedItem}, service, "CONFLICT/WORK_ITEM_CLOSED"},
		{"completed by another", CompleteWorkItem{WorkItemID: completedItem}, asBen, "NOT_FOUND"},
		{"cancelled", CompleteWorkItem{WorkItemID: cancelledItem}, service, "CONFLICT/WORK_ITEM_CLOSED"},
		{"cancelled", CancelWorkItem{WorkItemID: cancelledItem}, service, "CONFLICT/WORK_ITEM_CLOSED"},
		{"cancelled, nobody's", CancelWorkItem{WorkItemID: cancelledItem}, asAnna, "NOT_FOUND"},
	}
	for _, state := range []OfferState{OfferOpen, OfferAccepted, OfferRejected, OfferMissed, OfferRevoked} {
		list = append(list,
			refusal{"another's " + string(state), AcceptOffer{OfferID: w.ended[state]}, asBen, "NOT_FOUND"},
			refusal{"another's " + string(state), RejectOffer{OfferID: w.ended[state]}, asBen, "NOT_FOUND"})
	}
	return list
}

// unitCost is the cost of items in whole units that can't be interrupted.
func unitCost(units int) CapacityCost { return CapacityCost{Units: units, Type: NotInterruptible} }
