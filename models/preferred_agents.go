package models

import "rapport/engine"

type preferredAgentsRow struct {
	ContactID string  `gorm:"primaryKey"`
	Agent1    string  `gorm:"column:agent_1"`
	Agent2    *string `gorm:"column:agent_2"`
	Agent3    *string `gorm:"column:agent_3"`
	Version   int
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (preferredAgentsRow) TableName() string { return "preferred_agents" }

func preferredAgentsToRow(p *engine.PreferredAgents) preferredAgentsRow {
	var a [engine.MaxPreferredAgents]engine.AgentID
	copy(a[:], p.Agents)
	return preferredAgentsRow{
		ContactID: string(p.ContactID), Agent1: string(a[0]), Agent2: null(a[1]), Agent3: null(a[2]), Version: p.Version,
		UpdatedAt: micros(p.UpdatedAt),
	}
}

func (r preferredAgentsRow) toPreferredAgents() engine.PreferredAgents {
	agents := []engine.AgentID{engine.AgentID(r.Agent1)}
	for _, id := range [...]*string{r.Agent2, r.Agent3} {
		if id != nil {
			agents = append(agents, engine.AgentID(*id))
		}
	}
	return engine.PreferredAgents{
		ContactID: engine.ContactID(r.ContactID), Agents: agents, Version: r.Version, UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
