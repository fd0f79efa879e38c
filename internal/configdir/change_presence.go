package configdir

import (
	"slices"
	"strconv"
	"strings"
)

// Comparing what there is of presence and capacity (PR-2, PR-3, CP-2 to CP-5).

func (c *comparison) status(want Status, has *held[Status]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Status]{}
		f.input["text"] = want.Text
	} else {
		field(f, "text", has.value.Text, want.Text, strconv.Quote)
	}
	field(f, "base", has.value.Base, want.Base, word)
	field(f, "forEveryone", has.value.ForEveryone, want.ForEveryone, strconv.FormatBool)
	added, removed := c.people(f, "grantedTo", want.GrantedTo, has.value.GrantedTo)
	calls := append(agentCalls("presence_status", "GrantPresenceStatus", want.ID, added),
		agentCalls("presence_status", "WithdrawPresenceStatus", want.ID, removed)...)
	var more []task
	if len(calls) > 0 {
		more = append(more, task{phaseGrants, calls})
	}
	c.save(f, phaseStatuses, "presence_status", "PresenceStatus", want.ID, has.version, more...)
}

func (c *comparison) deleteStatus(id string, has *held[Status]) {
	c.remove(pruneStatuses, "presence_status", "PresenceStatus", id, has.version)
}

func (c *comparison) profile(want Profile, has *held[Profile]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Profile]{}
		f.input["name"] = want.Name
		field(f, "reset", "", want.Reset, word)
	} else {
		c.immutable(ProfilesFile, want.ID, "reset", has.value.Reset, want.Reset)
		field(f, "name", has.value.Name, want.Name, strconv.Quote)
	}
	field(f, "limit", has.value.Limit, want.Limit, strconv.Itoa)
	field(f, "blocking", has.value.Blocking, want.Blocking, strconv.FormatBool)
	c.save(f, phaseProfiles, "capacity_profile", "CapacityProfile", want.ID, has.version)
}

func (c *comparison) deleteProfile(id string, has *held[Profile]) {
	c.remove(pruneProfiles, "capacity_profile", "CapacityProfile", id, has.version)
}

// agentProfiles compares the capacity profiles of an agent: they are given before others are taken, so that nobody is without for a moment.
func (c *comparison) agentProfiles(f *fields, want Agent, had []AgentProfile) []task {
	of := func(list []AgentProfile, id string) (p AgentProfile, there bool) {
		i := slices.IndexFunc(list, func(p AgentProfile) bool { return p.Profile == id })
		if i >= 0 {
			p = list[i]
		}
		return p, i >= 0
	}
	var calls []call
	var details []string
	for _, p := range want.CapacityProfiles {
		before, there := of(had, p.Profile)
		if there && numberText(before.Limit) == numberText(p.Limit) {
			continue
		}
		text := "+" + c.name(p.Profile)
		if p.Limit != nil {
			text += " limit " + numberText(p.Limit)
		}
		if there {
			text = c.name(p.Profile) + " limit " + numberText(before.Limit) + " → " + numberText(p.Limit)
		}
		details = append(details, text)
		calls = append(calls, call{noun: "agent", operation: "SetAgentCapacityProfile", input: map[string]any{
			"agentId": want.ID, "profileId": p.Profile, "limit": p.Limit,
		}})
	}
	for _, p := range had {
		if _, there := of(want.CapacityProfiles, p.Profile); !there {
			details = append(details, "-"+c.name(p.Profile))
			calls = append(calls, call{noun: "agent", operation: "RemoveAgentCapacityProfile", input: map[string]any{
				"agentId": want.ID, "profileId": p.Profile,
			}})
		}
	}
	if len(calls) == 0 {
		return nil
	}
	f.details = append(f.details, "capacityProfiles "+strings.Join(details, ", "))
	return []task{{phaseAgentProfiles, calls}}
}

// defaultStatus compares a default presence; one that was set and no longer is becomes null, which takes it away.
func (c *comparison) defaultStatus(f *fields, had, want string) {
	if had == want {
		return
	}
	show := func(id string) string {
		if id == "" {
			return unset
		}
		return c.name(id)
	}
	text := "defaultPresenceStatus " + show(want)
	if !f.created {
		text = "defaultPresenceStatus " + show(had) + " → " + show(want)
	}
	f.details = append(f.details, text)
	f.input["defaultPresenceStatusId"] = orNil(want)
}

// cost compares what an item takes, of which only one kind can be given.
func (c *comparison) cost(f *fields, had, want Cost) {
	hadKey, was, _ := had.costText()
	key, is, value := want.costText()
	if len(want.CapacityProfiles) > 0 {
		is = c.everybody(want.CapacityProfiles)
	}
	if len(had.CapacityProfiles) > 0 {
		was = c.everybody(had.CapacityProfiles)
	}
	switch {
	case f.created:
		f.details = append(f.details, key+" "+is)
	case hadKey != key:
		f.details = append(f.details, hadKey+" "+was+" → "+key+" "+is)
	case !slices.Equal(had.CapacityProfiles, want.CapacityProfiles) || was != is:
		f.details = append(f.details, key+" "+was+" → "+is)
	default:
		return
	}
	if key == "capacityProfiles" {
		key = "capacityProfileIds"
	}
	f.input[key] = value
}

// wrapUp compares what comes after the work: mode and seconds go together.
func (f *fields) wrapUp(had, want Workstream) {
	show := func(w Workstream) string {
		if w.WrapUpSeconds > 0 {
			return w.WrapUp + " " + strconv.Itoa(w.WrapUpSeconds)
		}
		return w.WrapUp
	}
	before := len(f.input)
	field(f, "wrapUp", had, want, show)
	if len(f.input) > before {
		f.input["wrapUp"] = want.WrapUp
		if want.WrapUpSeconds > 0 {
			f.input["wrapUpSeconds"] = want.WrapUpSeconds
		}
	}
}

// optional compares what need not be set; one that was set and no longer is becomes null, which takes it away.
func optional[T any](f *fields, key string, had, want *T, show func(*T) string) {
	if f.created && want == nil {
		return
	}
	field(f, key, had, want, show)
}

func numberText(v *int) string {
	if v == nil {
		return unset
	}
	return strconv.Itoa(*v)
}

// orNil is nil for a text that is not set.
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
