package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// goldenCommands is the language of the golden scripts. Names like anna, w1, chat are the script's own; the offers of w1 are
// w1/1, w1/2 …, its assignments w1*1 …, the sessions of anna anna:1 …
//
//	org reconnect=10 limit=10 missed=on rejected=on default=AWAY zone=Europe/Berlin version=3
//	policy org|WORKSTREAM|CONTACT enabled=on|off|unset when=… retry=… version=…
//	queue q priority=100 method=…          agent anna units=1|none interruptible=2 default=AWAY zone=UTC in=q,r
//	join q anna ben      leave q anna
//	workstream chat queue=q channel=CHAT mode=PUSH allowed=AVAILABLE units=1 priority=100 accept=MANUAL offer=120 declines=3
//	                percent=25 | profiles=calls,cases   type=INTERRUPTIBLE   wrap=NONE|30s|UNTIL_ENDED   waiting=holds|frees   missed=on rejected=off
//	change queue|agent|workstream|contact|status|profile NAME …       delete … NAME     (version=…; delete status lunch by=AWAY)
//	status lunch AWAY text=Lunch_break everyone=on     grant lunch anna ben         withdraw lunch anna
//	profile calls limit=2 blocking=on reset=END_OF_DAY     has anna calls limit=3   has-not anna calls     give-back anna calls
//	contact cleo                           row cleo = anna ben                 row cleo up|down|remove anna   (version=…)
//	sign-in anna   lose anna   lose anna:1   sign-out anna   presence anna AWAY|lunch   reset anna
//	create w1 in chat for cleo priority=5  create w1..w300 in chat             cancel w1            complete w1
//	wait w1        resume w1        end w1 (its wrap-up)
//	pick w1 anna   assign w1 anna   transfer w1 q preferred=no   priority w1 5   link w1 cleo|nobody
//	preview w1     preview chat for cleo   figures q
//	accept w1/1   reject w1/1              (as the agent who is asked, unless `as` says who)
//	advance 30s   jump 30s   tick   restart   state   why w1
//	role DESK may=MATRIX_READ,WORK_READ    key bot roles=SERVICE,DESK for=24h        revoke bot        access
//	change role DESK may=… about=…         delete role DESK                          (version=…)
//	as WHO COMMAND                         (anna: as an agent; service: who may do all; anna,MANAGER: as an agent with this role, too;
//	                                       somebody,OWN_WORK: who is no agent, with this permission alone;
//	                                       without:anna: as the agent, but without the role AGENT)
//	expect-refused CODE[/REASON][@field] COMMAND
//	stopping COMMAND                       (no Tick follows, as when the server stops right after it)
var goldenCommands map[string]func(*story, *line) *Error

func init() { // it refers to itself through story.command
	goldenCommands = map[string]func(*story, *line) *Error{
		"org": (*story).organizationCommand, "policy": (*story).policyCommand, "queue": (*story).queueCommand,
		"agent": (*story).agentCommand, "join": (*story).joinCommand, "leave": (*story).leaveCommand,
		"workstream": (*story).workstreamCommand, "contact": (*story).contactCommand, "row": (*story).rowCommand,
		"sign-in": (*story).signInCommand, "lose": (*story).loseCommand, "sign-out": (*story).signOutCommand,
		"presence": (*story).presenceCommand, "create": (*story).createCommand, "cancel": (*story).cancelCommand,
		"complete": (*story).completeCommand, "accept": (*story).acceptCommand, "reject": (*story).rejectCommand,
		"advance": (*story).advanceCommand, "jump": (*story).jumpCommand, "restart": (*story).restartCommand,
		"tick": (*story).tickCommand, "state": (*story).stateCommand, "why": (*story).whyCommand,
		"pick": (*story).pickCommand, "assign": (*story).assignCommand, "transfer": (*story).transferCommand,
		"priority": (*story).priorityCommand, "link": (*story).linkCommand, "preview": (*story).previewCommand,
		"figures": (*story).figuresCommand, "change": (*story).changeCommand, "delete": (*story).deleteCommand,
		"status": (*story).statusCommand, "grant": (*story).grantCommand, "withdraw": (*story).withdrawCommand, "reset": (*story).resetCommand,
		"profile": (*story).profileCommand, "has": (*story).hasCommand, "has-not": (*story).hasNotCommand, "give-back": (*story).giveBackCommand,
		"wait": (*story).waitCommand, "resume": (*story).resumeCommand, "end": (*story).endCommand,
		"role": (*story).roleCommand, "key": (*story).keyCommand, "revoke": (*story).revokeCommand, "access": (*story).accessCommand,
	}
}

// line is the rest of a command line: words to be taken one by one and options like units=2.
type line struct {
	story *story
	actor *Actor
	words []string
}

func (l *line) next() string {
	for i, w := range l.words {
		if !strings.Contains(w, "=") || w == "=" {
			l.words = slices.Delete(slices.Clone(l.words), i, i+1)
			return w
		}
	}
	return ""
}

func (l *line) option(key, otherwise string) string {
	for i, w := range l.words {
		if value, ok := strings.CutPrefix(w, key+"="); ok {
			l.words = slices.Delete(slices.Clone(l.words), i, i+1)
			return value
		}
	}
	return otherwise
}

func (l *line) number(key string, otherwise int) int {
	n, err := strconv.Atoi(l.option(key, strconv.Itoa(otherwise)))
	if err != nil {
		l.story.fatalf("%s: %v", key, err)
	}
	return n
}

func (l *line) optional(key string) *int {
	text := l.option(key, "")
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		l.story.fatalf("%s: %v", key, err)
	}
	return &n
}

func (l *line) duration() time.Duration {
	d, err := time.ParseDuration(l.next())
	if err != nil {
		l.story.fatalf("%v", err)
	}
	return d
}

// do runs the command as the actor of the line, else as the one given; nothing of the line may be left.
func (l *line) do(c Command, otherwise Actor) (Result, *Error) {
	if len(l.words) > 0 {
		l.story.fatalf("what is %v?", l.words)
	}
	if l.actor != nil {
		otherwise = *l.actor
	}
	return l.story.apply(c, otherwise)
}

var service = Actor{ID: "service", Permissions: AllPermissions}

func (s *story) agentActor(name string) Actor {
	return actingAs(AgentID(s.id("ag_", name)))
}

// id is what a name of the script stands for; a name that nothing has is an id that nothing has.
func (s *story) id(prefix, name string) string {
	if id, ok := s.ids[name]; ok && strings.HasPrefix(id, prefix) {
		return id
	}
	return prefix + "00000000-0000-7000-8000-000000000000"
}

func (s *story) name(name, id string) {
	if old, ok := s.ids[name]; ok && old != id {
		s.fatalf("%s is the name of something else", name)
	}
	s.ids[name], s.names[id] = id, name
}

func (s *story) agentIDs(names []string) []AgentID {
	ids := make([]AgentID, len(names))
	for i, n := range names {
		ids[i] = AgentID(s.id("ag_", n))
	}
	return ids
}

func (s *story) signInCommand(l *line) *Error {
	a := s.agentActor(l.next())
	_, err := l.do(OpenSession{AgentID: a.AgentID}, a)
	return err
}

// loseCommand loses one session, or one after the other all that an agent has.
func (s *story) loseCommand(l *line) *Error {
	name := l.next()
	agent, _, one := strings.Cut(name, ":")
	var lost []SessionID
	switch a := s.engine.agents.get(AgentID(s.id("ag_", agent))); {
	case one:
		lost = []SessionID{SessionID(s.id("se_", name))}
	case a == nil:
		s.fatalf("there is no agent %s", name)
	default:
		for _, session := range a.sessions {
			lost = append(lost, session.ID)
		}
	}
	for _, id := range lost {
		if _, err := l.do(CloseSession{SessionID: id}, System); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) signOutCommand(l *line) *Error {
	a := s.agentActor(l.next())
	_, err := l.do(SignOut{AgentID: a.AgentID}, a)
	return err
}

func (s *story) presenceCommand(l *line) *Error {
	a := s.agentActor(l.next())
	r, err := l.do(SetPresence{AgentID: a.AgentID, StatusID: s.statusID(l.next())}, a)
	s.warnings(r)
	return err
}

func (s *story) createCommand(l *line) *Error {
	name := l.next()
	if l.next() != "in" {
		s.fatalf("create ITEM in WORKSTREAM [for CONTACT]")
	}
	c := CreateWorkItem{WorkstreamID: WorkstreamID(s.id("ws_", l.next())), Priority: l.optional("priority")}
	if l.next() == "for" {
		c.ContactID = ContactID(s.id("ct_", l.next()))
	}
	first, last, several := strings.Cut(name, "..")
	if !several {
		last = first
	}
	var prefix string
	var from, to int
	for i, text := range []string{first, last} {
		prefix = strings.TrimRight(text, "0123456789")
		n, err := strconv.Atoi(text[len(prefix):])
		if err != nil {
			s.fatalf("an item is called like w1, not %s", text)
		}
		to = n
		if i == 0 {
			from = n
		}
	}
	for n := from; n <= to; n++ {
		s.ids["created"] = fmt.Sprintf("%s%d", prefix, n)
		if _, err := l.do(c, service); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) cancelCommand(l *line) *Error {
	_, err := l.do(CancelWorkItem{WorkItemID: WorkItemID(s.id("wi_", l.next()))}, service)
	return err
}

// completeCommand acts as the agent whose item it is.
func (s *story) completeCommand(l *line) *Error {
	id := WorkItemID(s.id("wi_", l.next()))
	actor := service
	if w := s.workItem(id); w.AgentID != "" {
		actor = actingAs(w.AgentID)
	}
	_, err := l.do(CompleteWorkItem{WorkItemID: id}, actor)
	return err
}

// workItem is an item as it is now: what is not stored yet is in memory.
func (s *story) workItem(id WorkItemID) WorkItem {
	if w := s.engine.items[id]; w != nil {
		return w.WorkItem
	}
	return s.store.workItems[id]
}

func (s *story) offerActor(id OfferID) Actor {
	o, ok := s.store.offers[id]
	if w := s.engine.openOffers[id]; w != nil {
		o, ok = *w.offer, true
	} else if ended := s.engine.endedOffers[id]; ended != nil {
		o, ok = *ended, true
	}
	if !ok {
		return service
	}
	return actingAs(o.AgentID)
}

func (s *story) acceptCommand(l *line) *Error {
	id := OfferID(s.id("of_", l.next()))
	r, err := l.do(AcceptOffer{OfferID: id}, s.offerActor(id))
	if err == nil {
		s.print("assignment %s", s.text(string(r.Assignment)))
	}
	return err
}

func (s *story) rejectCommand(l *line) *Error {
	id := OfferID(s.id("of_", l.next()))
	_, err := l.do(RejectOffer{OfferID: id}, s.offerActor(id))
	return err
}

// advanceCommand lets time pass, with a Tick at every deadline on the way, never early.
func (s *story) advanceCommand(l *line) *Error {
	end := s.now.Add(l.duration())
	s.timed = true
	defer func() { s.timed = false }()
	for n := 0; ; n++ {
		due, ok := s.engine.NextDeadline()
		if !ok || due.After(end) {
			break
		}
		if n > 10000 {
			s.fatalf("something is due at %s however often it ticks", due)
		}
		if due.After(s.now) {
			s.now = due
		}
		s.tick()
		s.printCounts()
	}
	s.now = end
	return nil
}

func (s *story) jumpCommand(l *line) *Error {
	s.now = s.now.Add(l.duration())
	return nil
}

func (s *story) tickCommand(*line) *Error {
	s.tick()
	return nil
}

// restartCommand is a restart of the server: the engine is made anew from the rows, its sessions are from before (PR-8).
func (s *story) restartCommand(*line) *Error {
	s.flush()
	s.engine = New(s.store.snapshot(), s.now)
	return nil
}
