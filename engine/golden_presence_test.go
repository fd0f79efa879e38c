package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The commands of the golden scripts about presence and capacity (PR, CP), and how they are printed.

// statusID is a status of one's own by its name in the script, or a built-in one by its base.
func (s *story) statusID(name string) PresenceStatusID {
	if id, ok := s.ids[name]; ok && strings.HasPrefix(id, "ps_") {
		return PresenceStatusID(id)
	}
	return PresenceStatusID("ps_" + strings.ToLower(name))
}

// statusPatch reads an option that names a status; `unset` takes away.
func (s *story) statusPatch(l *line, key string) Patch[PresenceStatusID] {
	p := l.textPatch(key)
	if p.Value == nil {
		return Patch[PresenceStatusID]{Set: p.Set}
	}
	return setTo(s.statusID(*p.Value))
}

// textPatch reads an option; `unset` takes away.
func (l *line) textPatch(key string) Patch[string] {
	switch v := l.text(key); {
	case v == nil:
		return Patch[string]{}
	case *v == "unset":
		return Patch[string]{Set: true}
	default:
		return setTo(*v)
	}
}

// amount reads a number; `none` takes away.
func (l *line) amount(key string) Patch[int] {
	text := l.option(key, "")
	if text == "" || text == "none" {
		return Patch[int]{Set: text == "none"}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		l.story.fatalf("%s: %v", key, err)
	}
	return setTo(n)
}

func (s *story) profileID(name string) CapacityProfileID { return CapacityProfileID(s.id("cp_", name)) }

// cost reads percent= or profiles=; false when neither is given.
func (s *story) cost(l *line, into *CapacityCost) bool {
	percent, profiles := l.optional("percent"), l.text("profiles")
	if percent == nil && profiles == nil {
		return false
	}
	into.Units = 0
	set(&into.Percent, percent)
	if profiles != nil {
		for name := range strings.SplitSeq(*profiles, ",") {
			into.Profiles = append(into.Profiles, s.profileID(name))
		}
	}
	return true
}

// wrapUp reads wrap=NONE, wrap=UNTIL_ENDED or a duration.
func (l *line) wrapUp() *WrapUp {
	text := l.text("wrap")
	if text == nil {
		return nil
	}
	if d, err := time.ParseDuration(*text); err == nil {
		return &WrapUp{WrapUpTimed, int(d / time.Second)}
	}
	return &WrapUp{Mode: WrapUpMode(*text)}
}

func (s *story) workstreamChange(l *line, name string, version *int) Command {
	u := UpdateWorkstream{
		WorkstreamID: WorkstreamID(s.id("ws_", name)), Name: l.text("name"), Priority: l.optional("priority"),
		AcceptMode: (*AcceptMode)(l.text("accept")), OfferSeconds: l.optional("offer"), DeclineLimit: l.optional("declines"),
		CapacityType: (*CapacityType)(l.text("type")), WrapUp: l.wrapUp(), MissedSetsInactive: l.flag("missed"), RejectedSetsDoNotDisturb: l.flag("rejected"),
		ExpectedVersion: version,
	}
	var cost CapacityCost
	if s.cost(l, &cost) {
		u.Cost = &cost
	} else if units := l.optional("units"); units != nil {
		u.Cost = &CapacityCost{Units: *units}
	}
	if waiting := l.text("waiting"); waiting != nil {
		u.WaitingHoldsCapacity = ptr(*waiting == "holds")
	}
	if q := l.text("queue"); q != nil {
		u.QueueID = ptr(QueueID(s.id("qu_", *q)))
	}
	if allowed := l.text("allowed"); allowed != nil {
		for p := range strings.SplitSeq(*allowed, ",") {
			u.AllowedPresences = append(u.AllowedPresences, BasePresence(p))
		}
	}
	return u
}

// statusCommand: the text of a status is its name unless it is given, with _ for blanks.
func (s *story) statusCommand(l *line) *Error {
	name := l.next()
	c := CreatePresenceStatus{
		ID: PresenceStatusID(s.known("ps_", name)), Text: strings.ReplaceAll(l.option("text", name), "_", " "), Base: BasePresence(l.next()),
		ForEveryone: l.option("everyone", "off") == "on",
	}
	r, err := l.do(c, service)
	if err == nil {
		s.name(name, string(r.PresenceStatus))
		s.print("status %s created", name)
	}
	s.warnings(r)
	return err
}

func (s *story) grantCommand(l *line) *Error {
	c := GrantPresenceStatus{StatusID: s.statusID(l.next()), Agents: s.agentIDs(l.words)}
	l.words = nil
	_, err := l.do(c, service)
	return err
}

func (s *story) withdrawCommand(l *line) *Error {
	c := WithdrawPresenceStatus{StatusID: s.statusID(l.next()), Agents: s.agentIDs(l.words)}
	l.words = nil
	_, err := l.do(c, service)
	return err
}

func (s *story) resetCommand(l *line) *Error {
	a := s.agentActor(l.next())
	_, err := l.do(ResetPresence{AgentID: a.AgentID}, a)
	return err
}

func (s *story) profileCommand(l *line) *Error {
	name := l.next()
	c := CreateCapacityProfile{
		ID: CapacityProfileID(s.known("cp_", name)), Name: name, Limit: l.number("limit", 1), Blocking: l.option("blocking", "off") == "on",
		Reset: CapacityReset(l.option("reset", "IMMEDIATE")),
	}
	r, err := l.do(c, service)
	if err == nil {
		s.name(name, string(r.CapacityProfile))
		s.print("profile %s created", name)
	}
	return err
}

func (s *story) hasCommand(l *line) *Error {
	c := SetAgentCapacityProfile{AgentID: AgentID(s.id("ag_", l.next())), ProfileID: s.profileID(l.next()), Limit: l.optional("limit")}
	r, err := l.do(c, service)
	s.warnings(r)
	return err
}

func (s *story) hasNotCommand(l *line) *Error {
	r, err := l.do(RemoveAgentCapacityProfile{AgentID(s.id("ag_", l.next())), s.profileID(l.next())}, service)
	s.warnings(r)
	return err
}

func (s *story) giveBackCommand(l *line) *Error {
	_, err := l.do(ResetAgentCapacity{AgentID(s.id("ag_", l.next())), s.profileID(l.next())}, service)
	return err
}

func (s *story) waitCommand(l *line) *Error {
	id := WorkItemID(s.id("wi_", l.next()))
	_, err := l.do(SetWorkItemWaiting{id}, s.itemActor(id))
	return err
}

func (s *story) resumeCommand(l *line) *Error {
	id := WorkItemID(s.id("wi_", l.next()))
	_, err := l.do(ResumeWorkItem{id}, s.itemActor(id))
	return err
}

func (s *story) endCommand(l *line) *Error {
	id := WorkItemID(s.id("wi_", l.next()))
	_, err := l.do(EndWrapUp{id}, s.itemActor(id))
	return err
}

// itemActor is the agent whose item it is, else the service.
func (s *story) itemActor(id WorkItemID) Actor {
	if w := s.workItem(id); w.AgentID != "" {
		return actingAs(w.AgentID)
	}
	return service
}

// sources says how an agent came by their presence, unless it is computed.
var sources = map[PresenceSource]string{
	SourceOpenWorkLimit: " at the limit", SourceManual: " by hand", SourceDefault: " by default", SourceDeclined: " after declining", SourceSignedOut: ", not signed in",
}

// capacityText is what an agent has left of each kind.
func (s *story) capacityText(a *agent) string {
	text := ", no units"
	if free := a.FreeUnits(); free != nil {
		text = fmt.Sprintf(", %d of %d free", *free, *a.CapacityUnits)
	}
	if free := a.FreeInterruptibleUnits(); free != nil {
		text += fmt.Sprintf(", %d of %d interruptible", *free, *a.InterruptibleUnits)
	}
	for i := range a.Profiles {
		u := &a.Profiles[i]
		if name := s.text(string(u.ProfileID)); u.Has {
			text += fmt.Sprintf(", %s %d of %d", name, s.engine.profileLeft(u, true), s.engine.profileLimit(u))
		} else {
			text += fmt.Sprintf(", %s %d without the profile", name, u.Assigned+u.Reserved)
		}
		if u.Kept > 0 {
			text += fmt.Sprintf(" (%d kept until %s)", u.Kept, a.DayEndsAt.Format("01-02 15:04"))
		}
	}
	return text
}

// capacityEvent is an event about presence statuses or capacity on one line.
func (s *story) capacityEvent(ev Event) string {
	agent, item, status, profile := s.text(string(ev.AgentID)), s.text(string(ev.WorkItemID)), s.text(string(ev.Body.StatusID)), s.text(string(ev.Body.ProfileID))
	switch ev.Type {
	case EventPresenceStatusChanged, EventPresenceStatusDeleted:
		return fmt.Sprintf("status %s %s", status, lastWord(ev.Type))
	case EventPresenceStatusGranted, EventPresenceStatusWithdrawn:
		return fmt.Sprintf("status %s %s: %s", status, lastWord(ev.Type), agent)
	case EventCapacityProfileChanged:
		return fmt.Sprintf("profile %s changed: %s to %s", profile, ev.Body.From, ev.Body.To)
	case EventCapacityProfileDeleted:
		return fmt.Sprintf("profile %s deleted", profile)
	case EventAgentCapacityChanged:
		what := strings.ToLower(strings.ReplaceAll(ev.Body.Cause, "_", " "))
		if ev.Body.ProfileID != "" {
			what = profile
		}
		return fmt.Sprintf("capacity of %s: %s %s to %s", agent, what, orNone(ev.Body.From), orNone(ev.Body.To))
	case EventAgentCapacityReset:
		return fmt.Sprintf("capacity of %s: %s of %s given back", agent, ev.Body.From, profile)
	case EventWorkItemWrapUp:
		return fmt.Sprintf("item %s in wrap-up by %s", item, agent)
	case EventWorkItemWaiting:
		return fmt.Sprintf("item %s waits, with %s", item, agent)
	case EventWorkItemResumed:
		return fmt.Sprintf("item %s resumed by %s", item, agent)
	}
	return string(ev.Type)
}

func lastWord(t EventType) string {
	words := strings.Split(string(t), "_")
	return strings.ToLower(words[len(words)-1])
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
