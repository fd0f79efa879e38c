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
	// RoutingPolicy is the narrowest of the scopes of RT-1.
	RoutingPolicy RoutingPolicy
	Version       int
	CreatedAt     time.Time
	UpdatedAt     time.Time
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
	if err := checkContact(c.FullName, c.Email, c.MobilePhone); err != nil {
		return err
	}
	if c.ID == "" {
		c.ID = ContactID(e.ids.next("ct_"))
	}
	contact := &Contact{
		ID: c.ID, FullName: strings.TrimSpace(c.FullName), Email: c.Email, MobilePhone: c.MobilePhone,
		Version: 1, CreatedAt: e.now, UpdatedAt: e.now,
	}
	e.admitContact(contact.ID, nil, RoutingPolicy{})
	e.putContact(contact.ID, contact)
	e.emit(Event{Type: EventContactCreated, ContactID: contact.ID})
	r.ContactState = contact
	r.Refs.Contact = contact.ID
	return nil
}

// UpdateContact changes a contact. Nil leaves the name as it is, a field that is not set what it stands for. Errors: NOT_FOUND,
// BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH.
type UpdateContact struct {
	ContactID       ContactID
	FullName        *string
	Email           Patch[string]
	MobilePhone     Patch[string]
	ExpectedVersion *int
}

func (c UpdateContact) needs(n *Needs) { n.record(c.ContactID) }

func (c UpdateContact) apply(e *Engine, r *Result) error {
	record := e.records[c.ContactID]
	if record == nil {
		return notFound("contact")
	}
	after := *record
	if c.FullName != nil {
		after.FullName = strings.TrimSpace(*c.FullName)
	}
	c.Email.into(&after.Email)
	c.MobilePhone.into(&after.MobilePhone)
	if err := checkContact(after.FullName, after.Email, after.MobilePhone); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, record.Version); err != nil {
		return err
	}
	r.Refs.Contact = record.ID
	r.ContactState = e.changeContact(after)
	e.emit(Event{Type: EventContactChanged, ContactID: record.ID})
	return nil
}

// DeleteContact deletes a contact without open work, with its row of the matrix. Errors: NOT_FOUND, CONFLICT (VERSION_MISMATCH,
// IN_USE).
type DeleteContact struct {
	ContactID       ContactID
	ExpectedVersion *int
}

func (c DeleteContact) needs(n *Needs) { n.record(c.ContactID) }

func (c DeleteContact) apply(e *Engine, _ *Result) error {
	record, routing := e.records[c.ContactID], e.contacts[c.ContactID]
	if record == nil {
		return notFound("contact")
	}
	if err := checkVersion(c.ExpectedVersion, record.Version); err != nil {
		return err
	}
	if len(routing.open) > 0 {
		return conflict(ReasonInUse, "the contact has open work items")
	}
	if routing.row != nil {
		e.changeRow(routing, nil)
	}
	e.putContact(record.ID, nil)
	e.pending.contactsGone = append(e.pending.contactsGone, routing)
	delete(e.contacts, record.ID)
	e.emit(Event{Type: EventContactDeleted, ContactID: record.ID})
	return nil
}

// changeContact puts a changed record in the place of what was there.
func (e *Engine) changeContact(after Contact) *Contact {
	after.Version++
	after.UpdatedAt = e.now
	e.putContact(after.ID, &after)
	return &after
}

// putContact is the only place where a contact changes; nil deletes it.
func (e *Engine) putContact(id ContactID, after *Contact) {
	e.pending.Contacts = append(e.pending.Contacts, Change[Contact]{Before: e.records[id], After: after})
	if after == nil {
		delete(e.records, id)
	} else {
		e.records[id] = after
	}
}

func checkContact(fullName string, email, mobilePhone *string) error {
	if err := checkName("fullName", fullName); err != nil {
		return err
	}
	if email != nil && !plausibleEmail(*email) {
		return invalid("email", "must have one @ with something on both sides, and at most %d bytes", MaxEmail)
	}
	if mobilePhone != nil {
		if strings.TrimSpace(*mobilePhone) == "" {
			return invalid("mobilePhone", "must not be empty; null stands for none")
		}
		return checkText("mobilePhone", *mobilePhone, MaxPhone)
	}
	return nil
}

// checkName refuses what is empty, too long, not UTF-8 or holds control characters.
func checkName(field, s string) error {
	if !strings.ContainsFunc(s, visible) {
		return invalid(field, "must not be empty")
	}
	return checkText(field, s, MaxName)
}

// visible tells what can be seen: marks that join or direct letters can't.
func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// overrides turns the direction of what follows, so that a name could look like another.
func overrides(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

func checkText(field, s string, limit int) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsFunc(s, overrides) {
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
	// row is the contact's row of the matrix, nil when there is none; policy what the contact sets of RT-1.
	row    *PreferredAgents
	policy RoutingPolicy
	// open holds the contact's work items that are not closed.
	open    map[WorkItemID]*workItem
	touched uint64
}

func (e *Engine) admitContact(id ContactID, row *PreferredAgents, policy RoutingPolicy) *contactRouting {
	c := e.contacts[id]
	if c == nil {
		c = &contactRouting{id: id, row: row, policy: policy, open: map[WorkItemID]*workItem{}}
		e.contacts[id] = c
		e.admitted = append(e.admitted, id)
	}
	return c
}
