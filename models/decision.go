package models

import (
	"encoding/json"
	"fmt"

	"rapport/engine"
)

// toDecision reads a decision back from the event that it is the body of (DX-1).
func (r eventRow) toDecision() (engine.Decision, error) {
	var d engine.Decision
	if err := json.Unmarshal([]byte(r.Body), &d); err != nil {
		return d, fmt.Errorf("decision %s: %w", r.place().Cursor(), err)
	}
	d.ID, d.DecidedAt, d.WorkItemID = r.place().Cursor(), fromMicros(r.At), orEmpty[engine.WorkItemID](r.WorkItemID)
	return d, nil
}
