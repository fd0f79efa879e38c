package models

import "rapport/engine"

type roleRow struct {
	Name        string `gorm:"primaryKey"`
	Description string
	Permissions string
	Version     int
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	UpdatedAt   int64 `gorm:"autoUpdateTime:false"`
}

func (roleRow) TableName() string { return "roles" }

func roleToRow(r *engine.Role) roleRow {
	return roleRow{
		Name: r.Name, Description: r.Description, Permissions: joinTexts(r.Permissions), Version: r.Version,
		CreatedAt: micros(*r.CreatedAt), UpdatedAt: micros(*r.UpdatedAt),
	}
}

func (r roleRow) toRole() engine.Role {
	return engine.Role{
		Name: r.Name, Description: r.Description, Permissions: splitTexts[engine.Permission](r.Permissions), Version: r.Version,
		CreatedAt: fromNullMicros(&r.CreatedAt), UpdatedAt: fromNullMicros(&r.UpdatedAt),
	}
}
