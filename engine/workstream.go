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

// Push: the server offers each item to an agent.
const Push DistributionMode = "PUSH"

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
	// CapacityUnits is what an item costs: 1 to 1000 units.
	CapacityUnits int
	// Priority is that of its items unless they bring their own: 0 to 1000, the lower first.
	Priority   int
	AcceptMode AcceptMode
	// OfferSeconds is the countdown of an offer: 5 to 3600 (OF-1).
	OfferSeconds int
	// DeclineLimit: 1 to 5 (OF-4).
	DeclineLimit  int
	RoutingPolicy RoutingPolicy
	Version       int
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// workstream is a Workstream with what routing reads at every attempt, worked out once.
type workstream struct {
	Workstream
	policy EffectiveRoutingPolicy
	// classes tells for each class of candidates whether it may take items.
	classes classSet
	touched uint64
}

func (w *Workstream) allows(p BasePresence) bool { return slices.Contains(w.AllowedPresences, p) }

// resolve works out what is derived from the row and the organisation's policy.
func (w *workstream) resolve(organization RoutingPolicy) {
	w.policy = ResolvePolicy(organization, w.RoutingPolicy, w.Channel)
	w.classes = 0
	for _, p := range w.AllowedPresences {
		w.classes |= 1 << p.index()
		if p == Offline && w.AcceptMode == AcceptAuto {
			w.classes |= 1 << classNotSignedIn // OF-2: needs no live session
		}
	}
}

// CreateWorkstream creates a push workstream. Errors: BAD_USER_INPUT, CONFLICT/ALREADY_EXISTS.
type CreateWorkstream struct {
	// ID is empty for an id made by the engine; files that bring stable ids set it.
	ID               WorkstreamID
	Name             string
	Channel          Channel
	QueueID          QueueID
	AllowedPresences []BasePresence
	CapacityUnits    int
	Priority         int
	AcceptMode       AcceptMode
	OfferSeconds     int
	DeclineLimit     int
	RoutingPolicy    RoutingPolicy
}

func (c CreateWorkstream) check(e *Engine) error {
	if c.ID != "" && !ValidID("ws_", string(c.ID)) {
		return invalid("id", "must be ws_ and a UUID in lower case")
	}
	if e.workstreams.get(c.ID) != nil {
		return conflict(ReasonAlreadyExists, "there is a workstream with this id")
	}
	if err := checkName("name", c.Name); err != nil {
		return err
	}
	if !slices.Contains(Channels[:], c.Channel) {
		return invalid("channel", "there is no such channel")
	}
	if e.queues.get(c.QueueID) == nil {
		return invalid("queueId", "there is no such queue")
	}
	if len(c.AllowedPresences) == 0 {
		return invalid("allowedPresences", "must name at least one presence")
	}
	for i, p := range c.AllowedPresences {
		if p.index() < 0 || slices.Contains(c.AllowedPresences[:i], p) {
			return invalid(fmt.Sprintf("allowedPresences.%d", i), "must be a presence that is not named before")
		}
	}
	if c.AcceptMode != AcceptManual && c.AcceptMode != AcceptAuto {
		return invalid("acceptMode", "must be MANUAL or AUTO")
	}
	return c.checkNumbers()
}

func (c CreateWorkstream) checkNumbers() error {
	if c.CapacityUnits < 1 || c.CapacityUnits > MaxCapacityUnits {
		return invalid("capacityUnits", "must be from 1 to %d", MaxCapacityUnits)
	}
	if c.OfferSeconds < MinOfferSeconds || c.OfferSeconds > MaxOfferSeconds {
		return invalid("offerSeconds", "must be from %d to %d", MinOfferSeconds, MaxOfferSeconds)
	}
	if c.DeclineLimit < 1 || c.DeclineLimit > MaxDeclineLimit {
		return invalid("declineLimit", "must be from 1 to %d", MaxDeclineLimit)
	}
	return checkPriority(c.Priority)
}

func (c CreateWorkstream) apply(e *Engine, r *Result) error {
	if err := c.check(e); err != nil {
		return err
	}
	if c.ID == "" {
		c.ID = WorkstreamID(e.ids.next("ws_"))
	}
	w := &workstream{Workstream: Workstream{
		ID: c.ID, Name: strings.TrimSpace(c.Name), Channel: c.Channel, DistributionMode: Push, QueueID: c.QueueID,
		AllowedPresences: slices.Clone(c.AllowedPresences), CapacityUnits: c.CapacityUnits, Priority: c.Priority,
		AcceptMode: c.AcceptMode, OfferSeconds: c.OfferSeconds, DeclineLimit: c.DeclineLimit, RoutingPolicy: c.RoutingPolicy,
		Version: 1, CreatedAt: e.now, UpdatedAt: e.now,
	}}
	e.touchNewWorkstream(w)
	e.configChanged()
	e.emit(Event{Type: EventWorkstreamCreated, WorkstreamID: w.ID, QueueID: w.QueueID})
	r.Refs.Workstream = w.ID
	return nil
}

// changeWorkstream is the only place where a workstream's settings change.
func (e *Engine) changeWorkstream(w *workstream, change func(*Workstream)) {
	e.touchWorkstream(w)
	change(&w.Workstream)
	w.Version++
	w.UpdatedAt = e.now
	w.resolve(e.org.RoutingPolicy)
	e.configChanged()
}
