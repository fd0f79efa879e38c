package bus

import "rapport/engine"

// kind is what a subscription is about.
type kind uint8

const (
	ofOffers kind = iota
	ofPresence
	ofWorkItems
	ofDecisions
	kinds
)

// Topic is what a subscription hears of: events of one kind that are about one thing, or all of that kind. An event is on each topic at most once.
type Topic struct {
	kind  kind
	about string // "" for all
}

// AgentOffers: the offers of an agent and the end of their sessions.
func AgentOffers(id engine.AgentID) Topic { return Topic{ofOffers, string(id)} }

// Presence: agents who come to be, change presence or are deleted; of a queue also who joins or leaves it.
func Presence(of engine.PresenceSelection) []Topic {
	if len(of.AgentIDs) == 0 {
		return []Topic{presence(string(of.QueueID))}
	}
	topics := make([]Topic, len(of.AgentIDs))
	for i, id := range of.AgentIDs {
		topics[i] = presence(string(id))
	}
	return topics
}

func presence(id string) Topic  { return Topic{ofPresence, id} }
func workItems(id string) Topic { return Topic{ofWorkItems, id} }
func decisions(id string) Topic { return Topic{ofDecisions, id} }

// WorkItems: every event about a work item that the narrowest thing of a filter is in; what else it says is for the subscriber to look at.
func WorkItems(f engine.WorkItemSelection) Topic {
	switch {
	case f.WorkItemID != "":
		return workItems(string(f.WorkItemID))
	case f.AgentID != "":
		return workItems(string(f.AgentID))
	case f.ContactID != "":
		return workItems(string(f.ContactID))
	}
	return workItems(string(f.QueueID))
}

// Decisions: routing decisions, in the same way.
func Decisions(f engine.DecisionSelection) Topic {
	if f.WorkItemID != "" {
		return decisions(string(f.WorkItemID))
	}
	return decisions(string(f.QueueID))
}

// topics lists the topics of an event, of those kinds to which somebody subscribes.
func topics(ev *engine.Event, subscribed *[kinds]int, into []Topic) []Topic {
	if subscribed[ofOffers] > 0 && (ev.Offer != nil || ev.Type == engine.EventSessionClosed) {
		into = append(into, Topic{ofOffers, string(ev.AgentID)})
	}
	if subscribed[ofPresence] > 0 {
		into = presenceTopics(ev, into)
	}
	if subscribed[ofWorkItems] > 0 && ev.Item != nil {
		into = append(into, workItems(""))
		for _, id := range [...]string{string(ev.WorkItemID), string(ev.AgentID), string(ev.ContactID), string(ev.QueueID)} {
			if id != "" {
				into = append(into, workItems(id))
			}
		}
	}
	if subscribed[ofDecisions] > 0 && ev.Decision != nil {
		into = append(into, decisions(""), decisions(string(ev.WorkItemID)), decisions(string(ev.QueueID)))
	}
	return into
}

func presenceTopics(ev *engine.Event, into []Topic) []Topic {
	switch ev.Type {
	case engine.EventPresenceChanged, engine.EventAgentCreated, engine.EventAgentDeleted:
		into = append(into, presence(""), presence(string(ev.AgentID)))
		for _, id := range ev.Queues {
			into = append(into, presence(string(id)))
		}
	case engine.EventQueueMemberAdded, engine.EventQueueMemberRemoved:
		into = append(into, presence(string(ev.QueueID)))
	}
	return into
}
