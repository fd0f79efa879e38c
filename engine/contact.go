package engine

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Contact is a customer. The engine does not hold contacts; it holds a contactRouting for those with open work.
type Contact struct {
	ID          ContactID
	FullName    string
	Email       *string
	MobilePhone *string
	Version     int
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// CreateContact creates a contact. Errors: BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS for an ID that is taken.
type CreateContact struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID          ContactID
	FullName    string
	Email       *string
	MobilePhone *string
}

func (c CreateContact) needs(n *Needs) { n.contact(c.ID) }

func (c CreateContact) apply(e *Engine, r *Result) error {
	if c.ID != "" && !ValidID("ct_", string(c.ID)) {
		return invalid("id", "must be ct_ and a UUID in lower case")
	}
	if e.contacts[c.ID] != nil {
		return conflict(ReasonAlreadyExists, "there is a contact with this id")
	}
	if err := checkName("fullName", c.FullName); err != nil {
		return err
	}
	if c.Email != nil && !plausibleEmail(*c.Email) {
		return invalid("email", "must have one @ with something on both sides, and at most %d bytes", MaxEmail)
	}
	if c.MobilePhone != nil {
		if err := checkText("mobilePhone", *c.MobilePhone, MaxPhone); err != nil {
			return err
		}
	}
	if c.ID == "" {
		c.ID = ContactID(e.ids.next("ct_"))
	}
	contact := &Contact{
		ID: c.ID, FullName: strings.TrimSpace(c.FullName), Email: c.Email, MobilePhone: c.MobilePhone,
		Version: 1, CreatedAt: e.now, UpdatedAt: e.now,
	}
	e.admitContact(contact.ID, nil)
	e.pending.Contacts = append(e.pending.Contacts, Change[Contact]{After: contact})
	e.emit(Event{Type: EventContactCreated, ContactID: contact.ID})
	r.ContactState = contact
	r.Refs.Contact = contact.ID
	return nil
}

// checkName refuses what is empty, too long, not UTF-8 or holds control characters.
func checkName(field, s string) error {
	if strings.TrimSpace(s) == "" {
		return invalid(field, "must not be empty")
	}
	return checkText(field, s, MaxName)
}

func checkText(field, s string, limit int) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return invalid(field, "must be text without control characters")
	}
	if utf8.RuneCountInString(s) > limit {
		return invalid(field, "must have at most %d characters", limit)
	}
	return nil
}

func plausibleEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && domain != "" && !strings.Contains(domain, "@") && len(s) <= MaxEmail &&
		checkText("email", s, MaxEmail) == nil && !strings.ContainsFunc(s, unicode.IsSpace)
}

// contactRouting is what routing knows of a contact with open work. It is admitted from the database when a command needs
// it, and forgotten when nothing of the contact is open any more, so that memory grows with open work, not with customers.
type contactRouting struct {
	id ContactID
	// row is the contact's row of the matrix, nil when there is none.
	row *PreferredAgents
	// open holds the contact's work items that are not closed.
	open    map[WorkItemID]*workItem
	touched uint64
}

func (e *Engine) admitContact(id ContactID, row *PreferredAgents) *contactRouting {
	c := e.contacts[id]
	if c == nil {
		c = &contactRouting{id: id, row: row, open: map[WorkItemID]*workItem{}}
		e.contacts[id] = c
		e.admitted = append(e.admitted, id)
	}
	return c
}
