package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"rapport/engine"
)

// costColumns are what an item takes: of units, percent and profiles one is set (CP-2).
type costColumns struct {
	CapacityUnits    int
	CapacityPercent  int
	CapacityProfiles string
	CapacityType     string
}

func costToColumns(c engine.CapacityCost) costColumns {
	return costColumns{c.Units, c.Percent, joinTexts(c.Profiles), string(c.Type)}
}

func (c costColumns) toCost() engine.CapacityCost {
	return engine.CapacityCost{
		Units: c.CapacityUnits, Percent: c.CapacityPercent, Profiles: splitTexts[engine.CapacityProfileID](c.CapacityProfiles),
		Type: engine.CapacityType(c.CapacityType),
	}
}

// profileUses is an agent's list of profiles as one column: JSON, or nothing.
type profileUses []engine.ProfileUse

// Value is the column.
func (p profileUses) Value() (driver.Value, error) {
	if len(p) == 0 {
		return "", nil
	}
	text, err := json.Marshal([]engine.ProfileUse(p))
	return string(text), err
}

// Scan reads the column.
func (p *profileUses) Scan(column any) error {
	var text []byte
	switch v := column.(type) {
	case string:
		text = []byte(v)
	case []byte:
		text = v
	}
	if *p = nil; len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, (*[]engine.ProfileUse)(p)); err != nil {
		return fmt.Errorf("the profiles of an agent: %w", err)
	}
	return nil
}

type capacityProfileRow struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	ItemLimit int
	Blocking  bool
	Reset     string
	Version   int
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (capacityProfileRow) TableName() string { return "capacity_profiles" }

func capacityProfileToRow(p *engine.CapacityProfile) capacityProfileRow {
	return capacityProfileRow{
		ID: string(p.ID), Name: p.Name, ItemLimit: p.Limit, Blocking: p.Blocking, Reset: string(p.Reset), Version: p.Version,
		CreatedAt: micros(p.CreatedAt), UpdatedAt: micros(p.UpdatedAt),
	}
}

func (r capacityProfileRow) toCapacityProfile() engine.CapacityProfile {
	return engine.CapacityProfile{
		ID: engine.CapacityProfileID(r.ID), Name: r.Name, Limit: r.ItemLimit, Blocking: r.Blocking, Reset: engine.CapacityReset(r.Reset),
		Version: r.Version, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
