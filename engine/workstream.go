package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Channel is by which way an item comes (WS-1).
type Channel string

// The channels.
const (
	ChannelChat          Channel = "CHAT"
	ChannelVoice         Channel = "VOICE"
	ChannelSMS           Channel = "SMS"
	ChannelWhatsApp      Channel = "WHATSAPP"
	ChannelFacebook      Channel = "FACEBOOK"
	ChannelAppleMessages Channel = "APPLE_MESSAGES"
	ChannelLine          Channel = "LINE"
	ChannelCustom        Channel = "CUSTOM"
	ChannelCase          Channel = "CASE"
	ChannelEmail         Channel = "EMAIL"
	ChannelPhoneCall     Channel = "PHONE_CALL"
	ChannelFax           Channel = "FAX"
	ChannelLetter        Channel = "LETTER"
	ChannelAppointment   Channel = "APPOINTMENT"
)

// Channels lists all channels.
var Channels = [...]Channel{
	ChannelChat, ChannelVoice, ChannelSMS, ChannelWhatsApp, ChannelFacebook, ChannelAppleMessages, ChannelLine, ChannelCustom,
	ChannelCase, ChannelEmail, ChannelPhoneCall, ChannelFax, ChannelLetter, ChannelAppointment,
}

// DistributionMode is how items reach agents (WS-1).
type DistributionMode string

// The distribution modes.
const (
	// Push: the server offers each item to an agent.
	Push DistributionMode = "PUSH"
	// Pick: the items wait until a member of the queue picks one or somebody assigns it (WS-6).
	Pick DistributionMode = "PICK"
)

// AcceptMode is whether an agent is asked (OF-2).
type AcceptMode string

// The accept modes.
const (
	AcceptManual AcceptMode = "MANUAL"
	AcceptAuto   AcceptMode = "AUTO"
)

// Workstream is a stream of one kind of work (WS-1).
type Workstream struct {
	ID               WorkstreamID
	Name             string
	Channel          Channel
	DistributionMode DistributionMode
	QueueID          QueueID
	// AllowedPresences: 1 to 6, distinct.
	AllowedPresences []BasePresence
	// Cost is what an item takes of an agent.
	Cost CapacityCost
	// Priority is that of its items unless they bring their own: 0 to 1000, the lower first.
	Priority   int
	AcceptMode AcceptMode
	// OfferSeconds is the countdown of an offer: 5 to 3600 (OF-1).
	OfferSeconds int
	// DeclineLimit: 1 to 5 (OF-4).
	DeclineLimit int
	WrapUp       WrapUp
	// WaitingHoldsCapacity: an assigned item that waits for the customer goes on taking capacity (CP-5).
	WaitingHoldsCapacity bool
	// MissedSetsInactive and RejectedSetsDoNotDisturb are nil for the organisation's (PR-5).
	MissedSetsInactive       *bool
	RejectedSetsDoNotDisturb *bool
	RoutingPolicy            RoutingPolicy
	Version                  int
	CreatedAt                time.Time
	UpdatedAt                time.Time
}

// WrapUpMode is how long capacity is held when the work is done (CP-3).
type WrapUpMode string

// The wrap-up modes.
const (
	WrapUpNone WrapUpMode = "NONE"
	// WrapUpTimed ends after some seconds, or before that when it is ended; WrapUpUntilEnded only when it is ended.
	WrapUpTimed      WrapUpMode = "TIMED"
	WrapUpUntilEnded WrapUpMode = "UNTIL_ENDED"
)

// WrapUp is what comes after the work: the time in which the agent still has it in hand.
type WrapUp struct {
	Mode WrapUpMode
	// Seconds: 1 to 3600 for TIMED, else 0.
	Seconds int
}

// workstream is a Workstream with what routing reads at every attempt, worked out once.
type workstream struct {
	Workstream
	policy EffectiveRoutingPolicy
	// organization is the organisation's policy, for those items whose contact sets something.
	organization RoutingPolicy
	kind         *costKind
	// classes tells for each class of candidates whether it may be given items: none where they are picked.
	classes classSet
	// open counts the items that are not closed.
	open    int
	touched uint64
}

func (w *Workstream) allows(p BasePresence) bool { return slices.Contains(w.AllowedPresences, p) }

// resolve works out what is derived from the row and the organisation's policy.
func (e *Engine) resolve(w *workstream) {
	w.organization = e.org.RoutingPolicy
	w.policy = ResolvePolicy(w.Channel, w.organization, w.RoutingPolicy)
	w.kind = e.kindOf(&w.Cost)
	w.classes = 0
	if w.DistributionMode != Push {
		return
	}
	for _, p := range w.AllowedPresences {
		w.classes |= 1 << p.index()
		if p == Offline && w.AcceptMode == AcceptAuto {
			w.classes |= 1 << classNotSignedIn // OF-2: needs no live session
		}
	}
}

// CreateWorkstream creates a workstream. Errors: BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS.
type CreateWorkstream struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID               WorkstreamID
	Name             string
	Channel          Channel
	DistributionMode DistributionMode
	QueueID          QueueID
	AllowedPresences []BasePresence
	Cost             CapacityCost
	Priority         int
	AcceptMode       AcceptMode
	OfferSeconds     int
	DeclineLimit     int
	WrapUp           WrapUp
	// WaitingHoldsCapacity, MissedSetsInactive and RejectedSetsDoNotDisturb: see Workstream.
	WaitingHoldsCapacity     bool
	MissedSetsInactive       *bool
	RejectedSetsDoNotDisturb *bool
	RoutingPolicy            RoutingPolicy
}

func (c CreateWorkstream) apply(e *Engine, r *Result) error {
	if c.ID != "" && !ValidID("ws_", string(c.ID)) {
		return invalid("id", "must be ws_ and a UUID in lower case")
	}
	if e.workstreams.get(c.ID) != nil {
		return conflict(ReasonAlreadyExists, "there is a workstream with this id")
	}
	row := Workstream{
		ID: c.ID, Name: strings.TrimSpace(c.Name), Channel: c.Channel, DistributionMode: c.DistributionMode, QueueID: c.QueueID,
		AllowedPresences: slices.Clone(c.AllowedPresences), Cost: c.Cost.clone(), Priority: c.Priority, AcceptMode: c.AcceptMode,
		OfferSeconds: c.OfferSeconds, DeclineLimit: c.DeclineLimit, WrapUp: c.WrapUp, WaitingHoldsCapacity: c.WaitingHoldsCapacity,
		MissedSetsInactive: clonePointer(c.MissedSetsInactive), RejectedSetsDoNotDisturb: clonePointer(c.RejectedSetsDoNotDisturb),
		RoutingPolicy: c.RoutingPolicy, Version: 1, CreatedAt: e.now, UpdatedAt: e.now,
	}
	if err := e.checkWorkstream(&row); err != nil {
		return err
	}
	if len(e.workstreams.all) >= MaxWorkstreams {
		return tooMany("", "there can be %d workstreams", MaxWorkstreams)
	}
	if row.ID == "" {
		row.ID = WorkstreamID(e.ids.next("ws_"))
	}
	e.touchNewWorkstream(&workstream{Workstream: row})
	e.configChanged()
	e.emit(Event{Type: EventWorkstreamCreated, WorkstreamID: row.ID, QueueID: row.QueueID})
	e.warnOfAllowed(r, &row)
	r.Refs.Workstream = row.ID
	return nil
}

// UpdateWorkstream changes a workstream; nil leaves a setting as it is. Channel and distribution mode can't be changed (WS-1). Waiting items
// are routed again. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT/VERSION_MISMATCH.
type UpdateWorkstream struct {
	WorkstreamID     WorkstreamID
	Name             *string
	QueueID          *QueueID
	AllowedPresences []BasePresence
	// Cost is replaced as a whole, but for its type, which stays where it is not given. Open work goes on taking what it took.
	Cost                     *CapacityCost
	CapacityType             *CapacityType
	Priority                 *int
	AcceptMode               *AcceptMode
	OfferSeconds             *int
	DeclineLimit             *int
	WrapUp                   *WrapUp
	WaitingHoldsCapacity     *bool
	MissedSetsInactive       Patch[bool]
	RejectedSetsDoNotDisturb Patch[bool]
	ExpectedVersion          *int
}

func (c UpdateWorkstream) into(w *Workstream) {
	if c.Name != nil {
		w.Name = strings.TrimSpace(*c.Name)
	}
	if c.AllowedPresences != nil {
		w.AllowedPresences = slices.Clone(c.AllowedPresences)
	}
	set(&w.QueueID, c.QueueID)
	if c.Cost != nil {
		kind := w.Cost.Type
		w.Cost = c.Cost.clone()
		w.Cost.Type = kind
	}
	set(&w.Cost.Type, c.CapacityType)
	set(&w.Priority, c.Priority)
	set(&w.AcceptMode, c.AcceptMode)
	set(&w.OfferSeconds, c.OfferSeconds)
	set(&w.DeclineLimit, c.DeclineLimit)
	set(&w.WrapUp, c.WrapUp)
	set(&w.WaitingHoldsCapacity, c.WaitingHoldsCapacity)
	c.MissedSetsInactive.into(&w.MissedSetsInactive)
	c.RejectedSetsDoNotDisturb.into(&w.RejectedSetsDoNotDisturb)
	w.MissedSetsInactive, w.RejectedSetsDoNotDisturb = clonePointer(w.MissedSetsInactive), clonePointer(w.RejectedSetsDoNotDisturb)
}

func set[T any](into *T, v *T) {
	if v != nil {
		*into = *v
	}
}

func (c UpdateWorkstream) apply(e *Engine, r *Result) error {
	ws := e.workstreams.get(c.WorkstreamID)
	if ws == nil {
		return notFound("workstream")
	}
	after := ws.Workstream
	c.into(&after)
	if err := e.checkWorkstream(&after); err != nil {
		return err
	}
	if err := checkVersion(c.ExpectedVersion, ws.Version); err != nil {
		return err
	}
	e.changeWorkstream(ws, c.into)
	e.warnOfAllowed(r, &ws.Workstream)
	e.rerouteWaiting(ws)
	e.emit(Event{Type: EventWorkstreamChanged, WorkstreamID: ws.ID, QueueID: ws.QueueID})
	r.Refs.Workstream = ws.ID
	return nil
}

// DeleteWorkstream deletes a workstream without open work items. Errors: NOT_FOUND, CONFLICT (VERSION_MISMATCH, IN_USE).
type DeleteWorkstream struct {
	WorkstreamID    WorkstreamID
	ExpectedVersion *int
}

func (c DeleteWorkstream) apply(e *Engine, _ *Result) error {
	ws := e.workstreams.get(c.WorkstreamID)
	if ws == nil {
		return notFound("workstream")
	}
	if err := checkVersion(c.ExpectedVersion, ws.Version); err != nil {
		return err
	}
	if ws.open > 0 {
		return conflict(ReasonInUse, "work items of the workstream are open")
	}
	e.removeWorkstream(ws)
	e.dropUnusedKinds()
	e.configChanged()
	e.emit(Event{Type: EventWorkstreamDeleted, WorkstreamID: ws.ID, QueueID: ws.QueueID})
	return nil
}

func (e *Engine) checkWorkstream(w *Workstream) error {
	if err := checkName("name", w.Name); err != nil {
		return err
	}
	if !slices.Contains(Channels[:], w.Channel) {
		return invalid("channel", "there is no such channel")
	}
	if w.DistributionMode != Push && w.DistributionMode != Pick {
		return invalid("distributionMode", "must be PUSH or PICK")
	}
	if w.DistributionMode != Push && w.Channel == ChannelVoice {
		return invalid("distributionMode", "must be PUSH for VOICE")
	}
	if e.queues.get(w.QueueID) == nil {
		return invalid("queueId", "there is no such queue")
	}
	if len(w.AllowedPresences) == 0 {
		return invalid("allowedPresences", "must name at least one presence")
	}
	for i, p := range w.AllowedPresences {
		if p.index() < 0 || slices.Contains(w.AllowedPresences[:i], p) {
			return invalid(fmt.Sprintf("allowedPresences.%d", i), "must be a presence that is not named before")
		}
	}
	if w.AcceptMode != AcceptManual && w.AcceptMode != AcceptAuto {
		return invalid("acceptMode", "must be MANUAL or AUTO")
	}
	if err := e.checkCost(&w.Cost); err != nil {
		return err
	}
	return w.checkNumbers()
}

func (w *Workstream) checkNumbers() error {
	if w.OfferSeconds < MinOfferSeconds || w.OfferSeconds > MaxOfferSeconds {
		return invalid("offerSeconds", "must be from %d to %d", MinOfferSeconds, MaxOfferSeconds)
	}
	if w.DeclineLimit < 1 || w.DeclineLimit > MaxDeclineLimit {
		return invalid("declineLimit", "must be from 1 to %d", MaxDeclineLimit)
	}
	switch timed := w.WrapUp.Mode == WrapUpTimed; {
	case !timed && w.WrapUp.Mode != WrapUpNone && w.WrapUp.Mode != WrapUpUntilEnded:
		return invalid("wrapUp", "must be NONE, TIMED or UNTIL_ENDED")
	case timed && (w.WrapUp.Seconds < 1 || w.WrapUp.Seconds > MaxWrapUpSeconds):
		return invalid("wrapUpSeconds", "must be from 1 to %d with TIMED", MaxWrapUpSeconds)
	case !timed && w.WrapUp.Seconds != 0:
		return invalid("wrapUpSeconds", "can only be given with TIMED")
	}
	return checkPriority(w.Priority)
}

// allowsDeclined tells whether a chat or voice workstream allows the presence that a missed or a rejected offer gives: then who declined is
// offered the next item at once all the same (PR-5).
func (e *Engine) allowsDeclined(w *Workstream) (missed, rejected bool) {
	if w.Channel != ChannelChat && w.Channel != ChannelVoice {
		return false, false
	}
	missed, rejected = e.org.MissedSetsInactive, e.org.RejectedSetsDoNotDisturb
	set(&missed, w.MissedSetsInactive)
	set(&rejected, w.RejectedSetsDoNotDisturb)
	return missed && w.allows(Inactive), rejected && w.allows(DoNotDisturb)
}

func (e *Engine) warnOfAllowed(r *Result, w *Workstream) {
	missed, rejected := e.allowsDeclined(w)
	if missed {
		r.warn(WarnMissedPresenceAllowed, "allowedPresences", "who misses an offer becomes Inactive, and is offered the next item all the same")
	}
	if rejected {
		r.warn(WarnRejectedPresenceAllowed, "allowedPresences", "who rejects an offer becomes Do not disturb, and is offered the next item all the same")
	}
}

// changeWorkstream is the only place where a workstream's settings change.
func (e *Engine) changeWorkstream(w *workstream, change func(*Workstream)) {
	e.touchWorkstream(w)
	change(&w.Workstream)
	w.Version++
	w.UpdatedAt = e.now
	before := w.kind
	if e.resolve(w); w.kind != before {
		e.dropUnusedKinds()
	}
	e.configChanged()
}
