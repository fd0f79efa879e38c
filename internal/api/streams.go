package api

import (
	"rapport/engine"
	"rapport/internal/bus"
	"rapport/resolvers"
)

// streams gives the resolvers what the bus carries.
type streams struct{ bus *bus.Bus }

var _ resolvers.Streams = streams{}

func (s streams) AgentOffers(id engine.AgentID) resolvers.Stream {
	return s.bus.Subscribe(bus.AgentOffers(id))
}

func (s streams) Presence(of engine.PresenceSelection) resolvers.Stream {
	return s.bus.Subscribe(bus.Presence(of)...)
}

func (s streams) WorkItems(of engine.WorkItemSelection) resolvers.Stream {
	return s.bus.Subscribe(bus.WorkItems(of))
}

func (s streams) Decisions(of engine.DecisionSelection) resolvers.Stream {
	return s.bus.Subscribe(bus.Decisions(of))
}

func (s streams) QueueFigures(ids []engine.QueueID) (resolvers.Stream, engine.Position, []engine.QueueFigures) {
	return s.bus.SubscribeFigures(ids)
}

func (s streams) FiguresOf(ids []engine.QueueID) []engine.QueueFigures {
	return s.bus.QueueFigures(ids)
}
