package engine

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// PresenceStatus is what an agent can be shown as: a text on a base (PR-1, PR-2). Once made it is never changed in place.
type PresenceStatus struct {
	ID   PresenceStatusID
	Text string
	Base BasePresence
	// Selectable: may be chosen by hand. Inactive may not.
	Selectable bool
	// BuiltIn ones can't be changed or deleted.
	BuiltIn bool
	// ForEveryone: every agent may choose it; else those to whom it is granted.
	ForEveryone bool
	Version     int
	// CreatedAt and UpdatedAt are nil for those that are built in.
	CreatedAt *time.Time
	UpdatedAt *time.Time
}

// The ids of the built-in statuses.
const (
	StatusAvailable    PresenceStatusID = "ps_available"
	StatusBusy         PresenceStatusID = "ps_busy"
	StatusDoNotDisturb PresenceStatusID = "ps_do_not_disturb"
	StatusAway         PresenceStatusID = "ps_away"
	StatusOffline      PresenceStatusID = "ps_offline"
	StatusInactive     PresenceStatusID = "ps_inactive"
)

// BuiltInStatuses are the statuses that every server has, in the order of BasePresences; they can't be changed or deleted (PR-1).
var BuiltInStatuses = [...]*PresenceStatus{
	newBuiltIn(StatusAvailable, "Available", Available, true),
	newBuiltIn(StatusBusy, "Busy", Busy, true),
	newBuiltIn(StatusDoNotDisturb, "Do not disturb", DoNotDisturb, true),
	newBuiltIn(StatusAway, "Appear away", Away, true),
	newBuiltIn(StatusOffline, "Offline", Offline, true),
	newBuiltIn(StatusInactive, "Inactive", Inactive, false),
}

func newBuiltIn(id PresenceStatusID, text string, base BasePresence, selectable bool) *PresenceStatus {
	return &PresenceStatus{ID: id, Text: text, Base: base, Selectable: selectable, BuiltIn: true, ForEveryone: selectable, Version: 1}
}

// BuiltInStatus finds a built-in status; nil when there is none with this id.
func BuiltInStatus(id PresenceStatusID) *PresenceStatus {
	for _, s := range BuiltInStatuses {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// builtInOf is the built-in status of a base: what a computed presence is shown as (PR-4).
func builtInOf(base BasePresence) *PresenceStatus { return BuiltInStatuses[base.index()] }

// CreatePresenceStatus creates a status of one's own. Warns about a text that suggests another base. Errors: BAD_USER_INPUT,
// CONFLICT/ALREADY_EXISTS, LIMIT_EXCEEDED (PR-2).
type CreatePresenceStatus struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID          PresenceStatusID
	Text        string
	Base        BasePresence
	ForEveryone bool
}

func (c CreatePresenceStatus) apply(e *Engine, r *Result) error {
	if c.ID != "" && !ValidID("ps_", string(c.ID)) {
		return invalid("id", "must be ps_ and a UUID in lower case")
	}
	if e.statuses[c.ID] != nil {
		return conflict(ReasonAlreadyExists, "there is a presence status with this id")
	}
	now := e.now
	s := &PresenceStatus{
		ID: c.ID, Text: strings.TrimSpace(c.Text), Base: c.Base, Selectable: true, ForEveryone: c.ForEveryone, Version: 1, CreatedAt: &now, UpdatedAt: &now,
	}
	if err := s.check(); err != nil {
		return err
	}
	if len(e.statuses) >= MaxPresenceStatuses {
		return tooMany("", "there can be %d presence statuses of one's own", MaxPresenceStatuses)
	}
	if s.ID == "" {
		s.ID = PresenceStatusID(e.ids.next("ps_"))
	}
	e.changeStatus(nil, s)
	e.emit(Event{Type: EventPresenceStatusCreated, Body: EventBody{StatusID: s.ID}})
	r.status(s)
	return nil
}

func (s *PresenceStatus) check() error {
	if err := checkName("text", s.Text); err != nil {
		return err
	}
	if s.Base.index() < 0 || s.Base == Inactive {
		return invalid("base", "must be AVAILABLE, BUSY, DO_NOT_DISTURB, AWAY or OFFLINE")
	}
	return nil
}

// status answers with a status, and warns about one that people would read as another (PR-2).
func (r *Result) status(s *PresenceStatus) {
	r.Refs.PresenceStatus = s.ID
	if other := suggestedBase(s.Text); other != "" && other != s.Base {
		r.warn(WarnStatusTextMisleads, "text", "the text says "+string(other)+", but routing reads "+string(s.Base))
	}
}

// suggestedBase is the base that a text names in English; "" when it names none, or several.
func suggestedBase(text string) (base BasePresence) {
	words := " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) }), " ") + " "
	for _, n := range [...]struct {
		words string
		base  BasePresence
	}{
		{" not available ", Away}, {" unavailable ", Away}, {" inactive ", Inactive}, {" do not disturb ", DoNotDisturb}, {" don t disturb ", DoNotDisturb}, {" dnd ", DoNotDisturb},
		{" available ", Available}, {" busy ", Busy}, {" away ", Away}, {" offline ", Offline},
	} {
		if !strings.Contains(words, n.words) {
			continue
		}
		if words = strings.ReplaceAll(words, n.words, " "); base != "" && base != n.base {
			return ""
		}
		base = n.base
	}
	return base
}

// UpdatePresenceStatus changes a status of one's own; nil leaves a part as it is. Who has it chosen gets the new base at once: offers that it does not
// allow are revoked, as if they had chosen it anew (OF-3). Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH, LIMIT_EXCEEDED for
// more agents than one command can move.
type UpdatePresenceStatus struct {
	StatusID        PresenceStatusID
	Text            *string
	Base            *BasePresence
	ForEveryone     *bool
	ExpectedVersion *int
}

func (c UpdatePresenceStatus) apply(e *Engine, r *Result) error {
	before, err := e.ownStatus(c.StatusID)
	if err != nil {
		return err
	}
	s, now := *before, e.now
	if c.Text != nil {
		s.Text = strings.TrimSpace(*c.Text)
	}
	set(&s.Base, c.Base)
	set(&s.ForEveryone, c.ForEveryone)
	s.Version, s.UpdatedAt = before.Version+1, &now
	if err := s.check(); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, before.Version); err != nil {
		return err
	}
	var shown []*agent
	if s.Base != before.Base {
		if shown, err = e.agentsTo(func(a *agent) bool { return a.Presence.Status == s.ID || e.captured(a, s.ID) }); err != nil {
			return err
		}
	}
	e.changeStatus(before, &s)
	e.emit(Event{Type: EventPresenceStatusChanged, Body: EventBody{StatusID: s.ID}})
	for _, a := range shown {
		if e.captured(a, s.ID) {
			e.moveCaptured(a, &s)
		} else {
			e.moveStatus(a, &s)
		}
	}
	r.status(&s)
	return nil
}

// agentsTo lists the agents that a change of a status moves.
func (e *Engine) agentsTo(moves func(*agent) bool) ([]*agent, error) {
	var list []*agent
	for _, a := range e.agents.all {
		if moves(a) {
			list = append(list, a)
		}
	}
	if len(list) > MaxAgentsToMove {
		return nil, tooMany("", "%d agents have this status or may choose it, and one call can move %d", len(list), MaxAgentsToMove)
	}
	return list, nil
}

// moveStatus shows an agent as a status in place of the one they had, or as the same on another base: it holds as that did, and revokes what it does
// not allow, as if it had been chosen by hand (OF-3).
func (e *Engine) moveStatus(a *agent, to *PresenceStatus) {
	source := a.Presence.Source
	if source == SourceDefault && to.Base != Away && to.Base != Offline {
		to, source = e.computed(a, source) // what an agent signed in with is kept for these two only
	}
	e.setPresence(a, to, CauseStatusChanged, source)
	if source != SourceComputed {
		e.revokeDisallowed(a)
	}
	e.recompute(a, CauseCapacityChanged, noWork)
	e.agentMayBeAble(a)
}

// captured tells whether an agent who is away gets a status back when they return in time.
func (e *Engine) captured(a *agent, id PresenceStatusID) bool {
	return a.CapturedStatus == id && e.mayRestore(a)
}

// moveCaptured is moveStatus for what an agent had when they left.
func (e *Engine) moveCaptured(a *agent, to *PresenceStatus) {
	e.changeAgent(a, func(a *Agent) {
		a.CapturedStatus = to.ID
		if a.CapturedSource == SourceDefault && to.Base != Away && to.Base != Offline {
			a.CapturedSource = SourceComputed
		}
	})
	e.recompute(a, CauseCapacityChanged, noWork)
}

// DeletePresenceStatus deletes a status of one's own. Refused while an agent has it, gets it back when they return in time, or it is a default, unless a
// replacement is named, which they all get. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT (VERSION_MISMATCH, IN_USE), LIMIT_EXCEEDED.
type DeletePresenceStatus struct {
	StatusID PresenceStatusID
	// ReplacementID is empty for none.
	ReplacementID   PresenceStatusID
	ExpectedVersion *int
}

func (c DeletePresenceStatus) apply(e *Engine, r *Result) error {
	s, err := e.ownStatus(c.StatusID)
	if err != nil {
		return err
	}
	replacement := e.status(c.ReplacementID)
	if c.ReplacementID != "" && (replacement == nil || !replacement.Selectable || replacement.ID == s.ID) {
		return invalid("replacementId", "must be another status that can be chosen")
	}
	if err := checkVersion(c.ExpectedVersion, s.Version); err != nil {
		return err
	}
	uses := func(a *agent) bool {
		return a.Presence.Status == s.ID || a.DefaultStatusID == s.ID || e.captured(a, s.ID)
	}
	users, err := e.agentsTo(func(a *agent) bool { return uses(a) || a.grants[s.ID] != nil })
	if err != nil {
		return err
	}
	if replacement == nil && (e.org.DefaultStatusID == s.ID || slices.ContainsFunc(users, uses)) {
		return conflict(ReasonInUse, "agents have the status, or it is a default: name a replacement")
	}
	if e.org.DefaultStatusID == s.ID {
		e.changeOrganization(func(o *Organization) { o.DefaultStatusID = replacement.ID })
		e.emit(Event{Type: EventOrganizationChanged})
	}
	for _, a := range users {
		e.replaceStatus(a, s, replacement)
	}
	e.changeStatus(s, nil)
	e.emit(Event{Type: EventPresenceStatusDeleted, Body: EventBody{StatusID: s.ID}})
	return nil
}

// replaceStatus takes a status that is deleted from an agent, wherever it stands.
func (e *Engine) replaceStatus(a *agent, s, by *PresenceStatus) {
	e.withdraw(a, s.ID)
	if a.DefaultStatusID == s.ID {
		e.changeAgent(a, func(a *Agent) {
			a.DefaultStatusID = by.ID
			a.Version++
			a.UpdatedAt = e.now
		})
		e.emitAgent(Event{Type: EventAgentChanged}, a)
	}
	if e.captured(a, s.ID) {
		e.moveCaptured(a, by)
	}
	if a.Presence.Status == s.ID {
		e.moveStatus(a, by)
	}
}

// status finds a presence status; nil when there is none.
func (e *Engine) status(id PresenceStatusID) *PresenceStatus {
	if s := e.statuses[id]; s != nil {
		return s
	}
	return BuiltInStatus(id)
}

// ownStatus finds a status that may be changed.
func (e *Engine) ownStatus(id PresenceStatusID) (*PresenceStatus, error) {
	if BuiltInStatus(id) != nil {
		return nil, invalid("statusId", "this presence status is built in and can't be changed")
	}
	if s := e.statuses[id]; s != nil {
		return s, nil
	}
	return nil, notFound("presence status")
}

// checkDefaultStatus refuses what nobody can sign in with; empty is none.
func (e *Engine) checkDefaultStatus(id PresenceStatusID) error {
	if s := e.status(id); id != "" && (s == nil || !s.Selectable) {
		return invalid("defaultPresenceStatusId", "must be a presence status that can be chosen")
	}
	return nil
}

// changeStatus puts a status in the place of another; nil is none. Both stay as they are from then on.
func (e *Engine) changeStatus(before, after *PresenceStatus) {
	e.pending.statuses = append(e.pending.statuses, Change[PresenceStatus]{before, after})
	putStatus(e.statuses, before, after)
	e.configChanged()
}

func putStatus(statuses map[PresenceStatusID]*PresenceStatus, before, after *PresenceStatus) {
	if after == nil {
		delete(statuses, before.ID)
		return
	}
	statuses[after.ID] = after
}
