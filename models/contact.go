package models

import "rapport/engine"

type contactRow struct {
	ID          string `gorm:"primaryKey"`
	FullName    string
	Email       *string
	MobilePhone *string
	Version     int
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	UpdatedAt   int64 `gorm:"autoUpdateTime:false"`
}

func (contactRow) TableName() string { return "contacts" }

func contactToRow(c *engine.Contact) contactRow {
	return contactRow{
		ID: string(c.ID), FullName: c.FullName, Email: c.Email, MobilePhone: c.MobilePhone, Version: c.Version,
		CreatedAt: micros(c.CreatedAt), UpdatedAt: micros(c.UpdatedAt),
	}
}

func (r contactRow) toContact() engine.Contact {
	return engine.Contact{
		ID: engine.ContactID(r.ID), FullName: r.FullName, Email: r.Email, MobilePhone: r.MobilePhone, Version: r.Version,
		CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}
