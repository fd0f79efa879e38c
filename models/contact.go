package models

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"rapport/engine"
	"rapport/internal/identify"
)

type contactRow struct {
	ID          string `gorm:"primaryKey"`
	FullName    string
	Email       *string
	MobilePhone *string
	Policy      policyColumns `gorm:"embedded"`
	Version     int
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	UpdatedAt   int64 `gorm:"autoUpdateTime:false"`
}

func (contactRow) TableName() string { return "contacts" }

func contactToRow(c *engine.Contact) contactRow {
	return contactRow{
		ID: string(c.ID), FullName: c.FullName, Email: c.Email, MobilePhone: c.MobilePhone,
		Policy: policyToColumns(c.RoutingPolicy), Version: c.Version, CreatedAt: micros(c.CreatedAt), UpdatedAt: micros(c.UpdatedAt),
	}
}

func (r contactRow) toContact() engine.Contact {
	return engine.Contact{
		ID: engine.ContactID(r.ID), FullName: r.FullName, Email: r.Email, MobilePhone: r.MobilePhone,
		RoutingPolicy: r.Policy.toPolicy(), Version: r.Version, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}

// contactTermRow is one thing that a contact's name is found by.
type contactTermRow struct {
	ContactID string `gorm:"primaryKey"`
	Term      string `gorm:"primaryKey"`
}

func (contactTermRow) TableName() string { return "contact_terms" }

func contactTerms(c *contactRow) []contactTermRow {
	terms := identify.NameTerms(c.FullName)
	rows := make([]contactTermRow, len(terms))
	for i, t := range terms {
		rows[i] = contactTermRow{c.ID, t}
	}
	return rows
}

// writeContacts writes contacts and what they are found by.
func (s *Store) writeContacts(tx *gorm.DB, contacts []*engine.Contact) error {
	if len(contacts) == 0 {
		return nil
	}
	ids := make([]string, len(contacts))
	rows := make([]contactRow, len(contacts))
	var terms []contactTermRow
	for i, c := range contacts {
		rows[i] = contactToRow(c)
		ids[i] = rows[i].ID
		terms = append(terms, contactTerms(&rows[i])...)
	}
	if err := save(s, tx, rows); err != nil {
		return err
	}
	if err := removeIn(s, tx, "contact_id", ids, &contactTermRow{}); err != nil {
		return err
	}
	return save(s, tx, terms)
}

// fillTerms makes the terms of the contacts that were there before there were terms.
func fillTerms(tx *gorm.DB) error {
	for after := ""; ; {
		var rows []struct{ ID, FullName string }
		err := tx.Table("contacts").Select("id, full_name").Where("id > ?", after).Order("id").Limit(loadChunk).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		var terms []contactTermRow
		for _, r := range rows {
			terms = append(terms, contactTerms(&contactRow{ID: r.ID, FullName: r.FullName})...)
		}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(terms, 200).Error; err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}
