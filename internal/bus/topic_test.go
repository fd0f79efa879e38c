package bus

import (
	"fmt"
	"slices"
	"testing"

	"rapport/engine"
)

// everything are events of every kind that the topics tell apart, numbered in their actor. The item is in queue q1, of contact c1, with agent a1.
func everything() []engine.Event {
	item, decision := &engine.WorkItem{}, &engine.Decision{}
	list := []engine.Event{
		{Type: engine.EventOfferMade, AgentID: "a1", WorkItemID: "w1", ContactID: "c1", QueueID: "q1", Item: item, Offer: &engine.Offer{}},
		{Type: engine.EventDecision, AgentID: "a1", WorkItemID: "w1", ContactID: "c1", QueueID: "q1", Item: item, Decision: decision},
		{Type: engine.EventWorkItemLeftQueue, WorkItemID: "w1", ContactID: "c1", QueueID: "q2", Item: item},
		{Type: engine.EventContactUnlinked, WorkItemID: "w1", ContactID: "c2", QueueID: "q1", Item: item},
		{Type: engine.EventWorkItemUnassigned, AgentID: "a2", WorkItemID: "w1", QueueID: "q1", Item: item},
		{Type: engine.EventPresenceChanged, AgentID: "a1", Queues: []engine.QueueID{"q1", "q3"}},
		{Type: engine.EventAgentCreated, AgentID: "a3"},
		{Type: engine.EventAgentDeleted, AgentID: "a1"},
		{Type: engine.EventQueueMemberAdded, AgentID: "a1", QueueID: "q1"},
		{Type: engine.EventQueueMemberRemoved, AgentID: "a1", QueueID: "q1"},
		{Type: engine.EventSessionOpened, AgentID: "a1"},
		{Type: engine.EventSessionClosed, AgentID: "a1"},
		{Type: engine.EventContactChanged, ContactID: "c1"},
		{Type: engine.EventQueueChanged, QueueID: "q1"},
		{Type: engine.EventPreferredAgentsChanged, ContactID: "c1"},
		{Type: engine.EventDecision, WorkItemID: "w2", QueueID: "q2", Item: item, Decision: decision},
	}
	for i := range list {
		list[i].Actor = fmt.Sprint(i)
	}
	return list
}

// TestTopics: what each subscription hears of.
func TestTopics(t *testing.T) {
	presenceOf, itemsOf, decisionsOf := Presence, WorkItems, Decisions
	for name, c := range map[string]struct {
		topics []Topic
		want   string
	}{
		"offers of a1":               {[]Topic{AgentOffers("a1")}, "[0 11]"},
		"offers of a2":               {[]Topic{AgentOffers("a2")}, "[]"},
		"presence of all":            {presenceOf(engine.PresenceSelection{}), "[5 6 7]"},
		"presence of a1":             {presenceOf(engine.PresenceSelection{AgentIDs: []engine.AgentID{"a1"}}), "[5 7]"},
		"presence of a3 and a2":      {presenceOf(engine.PresenceSelection{AgentIDs: []engine.AgentID{"a3", "a2"}}), "[6]"},
		"presence of q1":             {presenceOf(engine.PresenceSelection{QueueID: "q1"}), "[5 8 9]"},
		"presence of q3":             {presenceOf(engine.PresenceSelection{QueueID: "q3"}), "[5]"},
		"items":                      {[]Topic{itemsOf(engine.WorkItemSelection{})}, "[0 1 2 3 4 15]"},
		"items of w1":                {[]Topic{itemsOf(engine.WorkItemSelection{WorkItemID: "w1", QueueID: "q9"})}, "[0 1 2 3 4]"},
		"items of a1":                {[]Topic{itemsOf(engine.WorkItemSelection{AgentID: "a1", QueueID: "q9", ContactID: "c9"})}, "[0 1]"},
		"items of a2, who had it":    {[]Topic{itemsOf(engine.WorkItemSelection{AgentID: "a2"})}, "[4]"},
		"items of c2, whose it was":  {[]Topic{itemsOf(engine.WorkItemSelection{ContactID: "c2", QueueID: "q1"})}, "[3]"},
		"items of q2, which it left": {[]Topic{itemsOf(engine.WorkItemSelection{QueueID: "q2"})}, "[2 15]"},
		"decisions":                  {[]Topic{decisionsOf(engine.DecisionSelection{})}, "[1 15]"},
		"decisions about w1":         {[]Topic{decisionsOf(engine.DecisionSelection{WorkItemID: "w1", QueueID: "q9"})}, "[1]"},
		"decisions in q2":            {[]Topic{decisionsOf(engine.DecisionSelection{QueueID: "q2"})}, "[15]"},
	} {
		t.Run(name, func(t *testing.T) {
			b := New()
			s := b.Subscribe(c.topics...)
			b.Publish(at(1), changes(everything()...))
			if got := fmt.Sprint(waitingFor(s)); got != c.want {
				t.Errorf("hears %s, want %s", got, c.want)
			}
			// Others who listen to something else change nothing.
			for _, o := range []Topic{AgentOffers("a1"), presence("q1"), workItems("w1"), decisions("")} {
				defer b.Subscribe(o).Close()
			}
			b.Publish(at(2), changes(everything()...))
			got := waitingFor(s)
			if half := len(got) / 2; !slices.Equal(got[:half], got[half:]) {
				t.Errorf("hears %v when others listen too", got)
			}
		})
	}
}

// TestTopicOnce: an event is on each topic at most once, so that nobody is told it twice.
func TestTopicOnce(t *testing.T) {
	var subscribed [kinds]int
	for i := range subscribed {
		subscribed[i] = 1
	}
	for _, ev := range everything() {
		list := topics(&ev, &subscribed, nil)
		seen := map[Topic]bool{}
		for _, topic := range list {
			if seen[topic] {
				t.Errorf("%s: %v twice", ev.Type, topic)
			}
			seen[topic] = true
		}
		if none := topics(&ev, new([kinds]int), nil); len(none) != 0 {
			t.Errorf("%s: %v without subscribers", ev.Type, none)
		}
	}
}
