package configdir

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// organization compares the settings that apply wherever nothing narrower is set; there is always one organisation.
func (c *comparison) organization() {
	has, want := c.state.organization, *c.dir.Organization
	f := newFields(false)
	field(f, "reconnectSeconds", has.value.ReconnectSeconds, want.ReconnectSeconds, strconv.Itoa)
	c.defaultStatus(f, has.value.DefaultPresenceStatus, want.DefaultPresenceStatus)
	field(f, "openWorkLimit", has.value.OpenWorkLimit, want.OpenWorkLimit, strconv.Itoa)
	field(f, "missedSetsInactive", has.value.MissedSetsInactive, want.MissedSetsInactive, strconv.FormatBool)
	field(f, "rejectedSetsDoNotDisturb", has.value.RejectedSetsDoNotDisturb, want.RejectedSetsDoNotDisturb, strconv.FormatBool)
	field(f, "timeZone", has.value.TimeZone, want.TimeZone, word)
	version := c.version("organization", has.version)
	var calls []call
	if len(f.input) > 0 {
		calls = append(calls, call{noun: "organization", operation: "UpdateOrganization", input: f.input, version: version, expect: true})
	}
	if input := f.policy("routingPolicy.", has.value.RoutingPolicy, want.RoutingPolicy); len(input) > 0 {
		input["scopeId"] = organizationID
		calls = append(calls, policyCall(input, version))
	}
	if len(calls) > 0 {
		c.add('~', "organization", f.details, task{phaseOrganization, calls})
	}
}

func (c *comparison) agent(want Agent, has *held[Agent]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Agent]{}
		f.input["name"] = want.Name
	} else {
		field(f, "name", has.value.Name, want.Name, strconv.Quote)
	}
	optional(f, "capacityUnits", has.value.CapacityUnits, want.CapacityUnits, numberText)
	optional(f, "interruptibleUnits", has.value.InterruptibleUnits, want.InterruptibleUnits, numberText)
	c.defaultStatus(f, has.value.DefaultPresenceStatus, want.DefaultPresenceStatus)
	optional(f, "timeZone", orNil(has.value.TimeZone), orNil(want.TimeZone), wordText)
	c.save(f, phaseAgents, "agent", "Agent", want.ID, has.version, c.agentProfiles(f, want, has.value.CapacityProfiles)...)
}

// save adds the call that creates or updates an object with the fields that were compared, if any differ.
func (c *comparison) save(f *fields, when phase, noun, object, id string, read int, more ...task) {
	version := c.version(id, read)
	var tasks []task
	sign, operation, key := '~', "Update", idKey(noun)
	if f.created {
		sign, operation, key = '+', "Create", "id"
	}
	if len(f.input) > 0 {
		f.input[key] = id
		tasks = append(tasks, task{when, []call{{noun: noun, operation: operation + object, input: f.input, version: version, expect: !f.created}}})
	}
	if tasks = append(tasks, more...); len(tasks) > 0 {
		c.add(sign, c.about(spacedNoun(noun), id), f.details, tasks...)
	}
}

// idKey is the field of an input that says which object it is about.
func idKey(noun string) string { return noun[strings.LastIndex(noun, "_")+1:] + "Id" }

// spacedNoun is a noun as people write it.
func spacedNoun(noun string) string { return strings.ReplaceAll(noun, "_", " ") }

// remove adds the call that deletes an object.
func (c *comparison) remove(when phase, noun, object, id string, read int) {
	c.add('-', c.about(spacedNoun(noun), id), nil, task{when, []call{{
		noun: noun, operation: "Delete" + object, input: map[string]any{idKey(noun): id}, version: c.version(id, read), expect: true,
	}}})
}

func (c *comparison) deleteAgent(id string, has *held[Agent]) {
	c.remove(pruneAgents, "agent", "Agent", id, has.version)
}

func (c *comparison) queue(want Queue, has *held[Queue]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Queue]{}
		f.input["name"] = want.Name
	} else {
		field(f, "name", has.value.Name, want.Name, strconv.Quote)
	}
	field(f, "priority", has.value.Priority, want.Priority, strconv.Itoa)
	field(f, "assignmentMethod", has.value.AssignmentMethod, want.AssignmentMethod, word)
	c.save(f, phaseQueues, "queue", "Queue", want.ID, has.version, c.members(f, want, has.value.Members)...)
}

func (c *comparison) deleteQueue(id string, has *held[Queue]) {
	c.remove(pruneQueues, "queue", "Queue", id, has.version)
}

const (
	// maxMembersPerCall is how many agents one call may add to a queue or take out.
	maxMembersPerCall = 100
	// maxNamed is how many members that come or go are named; more are only counted.
	maxNamed = 5
)

// members compares who is in a queue; a queue that names none leaves them as they are.
func (c *comparison) members(f *fields, want Queue, had []string) []task {
	added, removed := c.people(f, "members", want.Members, had)
	calls := append(agentCalls("queue", "AddQueueMembers", want.ID, added), agentCalls("queue", "RemoveQueueMembers", want.ID, removed)...)
	if len(calls) == 0 {
		return nil
	}
	return []task{{phaseMembers, calls}}
}

// people compares lists of agents, and tells how they differ; nil leaves them as they are.
func (c *comparison) people(f *fields, key string, want, had []string) (added, removed []string) {
	if want == nil {
		return nil, nil
	}
	added, removed = without(want, had), without(had, want)
	if len(added)+len(removed) == 0 {
		return nil, nil
	}
	var counts, names []string
	for _, side := range []struct {
		sign string
		ids  []string
	}{{"+", added}, {"-", removed}} {
		if len(side.ids) > 0 {
			counts = append(counts, fmt.Sprintf("%s%d", side.sign, len(side.ids)))
		}
		for _, id := range side.ids {
			names = append(names, side.sign+c.name(id))
		}
	}
	text := key + " " + strings.Join(counts, " ")
	if len(names) <= maxNamed {
		text += " (" + strings.Join(names, " ") + ")"
	}
	f.details = append(f.details, text)
	return added, removed
}

func agentCalls(noun, operation, id string, agents []string) []call {
	var calls []call
	for some := range slices.Chunk(agents, maxMembersPerCall) {
		calls = append(calls, call{noun: noun, operation: operation, input: map[string]any{idKey(noun): id, "agentIds": some}})
	}
	return calls
}

// without is what one list has and another hasn't, sorted.
func without(list, other []string) []string {
	there := map[string]bool{}
	for _, id := range other {
		there[id] = true
	}
	return slices.Sorted(func(yield func(string) bool) {
		for _, id := range list {
			if !there[id] && !yield(id) {
				return
			}
		}
	})
}

func (c *comparison) workstream(want Workstream, has *held[Workstream]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Workstream]{}
		f.input["name"] = want.Name
		field(f, "channel", "", want.Channel, word)
		field(f, "distributionMode", "", want.DistributionMode, word)
	} else {
		c.immutable(WorkstreamsFile, want.ID, "channel", has.value.Channel, want.Channel)
		c.immutable(WorkstreamsFile, want.ID, "distributionMode", has.value.DistributionMode, want.DistributionMode)
		field(f, "name", has.value.Name, want.Name, strconv.Quote)
	}
	if has.value.Queue != want.Queue {
		f.input["queueId"] = want.Queue
		text := "queue " + c.name(want.Queue)
		if !f.created {
			text = "queue " + c.name(has.value.Queue) + " → " + c.name(want.Queue)
		}
		f.details = append(f.details, text)
	}
	field(f, "allowedPresences", has.value.AllowedPresences, want.AllowedPresences, spaced)
	c.cost(f, has.value.Cost, want.Cost)
	field(f, "capacityType", has.value.CapacityType, want.CapacityType, word)
	field(f, "priority", has.value.Priority, want.Priority, strconv.Itoa)
	field(f, "acceptMode", has.value.AcceptMode, want.AcceptMode, word)
	field(f, "offerSeconds", has.value.OfferSeconds, want.OfferSeconds, strconv.Itoa)
	field(f, "declineLimit", has.value.DeclineLimit, want.DeclineLimit, strconv.Itoa)
	f.wrapUp(has.value, want)
	field(f, "waitingHoldsCapacity", has.value.WaitingHoldsCapacity, want.WaitingHoldsCapacity, strconv.FormatBool)
	optional(f, "missedSetsInactive", has.value.MissedSetsInactive, want.MissedSetsInactive, flagText)
	optional(f, "rejectedSetsDoNotDisturb", has.value.RejectedSetsDoNotDisturb, want.RejectedSetsDoNotDisturb, flagText)
	var more []task
	if input := f.policy("routingPolicy.", has.value.RoutingPolicy, want.RoutingPolicy); len(input) > 0 {
		input["scopeId"] = want.ID
		more = append(more, task{phaseWorkstreams, []call{policyCall(input, c.version(want.ID, has.version))}})
	}
	c.save(f, phaseWorkstreams, "workstream", "Workstream", want.ID, has.version, more...)
}

func (c *comparison) deleteWorkstream(id string, has *held[Workstream]) {
	c.remove(pruneWorkstreams, "workstream", "Workstream", id, has.version)
}

func (c *comparison) contact(want Contact, has *held[Contact]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Contact]{}
		f.input["fullName"] = want.FullName
	} else {
		field(f, "fullName", has.value.FullName, want.FullName, strconv.Quote)
	}
	for _, one := range []struct{ key, had, want string }{
		{"email", has.value.Email, want.Email}, {"mobilePhone", has.value.MobilePhone, want.MobilePhone},
	} {
		if one.had == one.want {
			continue // also when neither a new contact nor the file has one
		}
		field(f, one.key, one.had, one.want, known)
		if one.want == "" {
			f.input[one.key] = nil // takes it away
		}
	}
	c.save(f, phaseContacts, "contact", "Contact", want.ID, has.version)
}

func (c *comparison) role(want Role, has *held[Role]) {
	f := newFields(has == nil)
	if has == nil {
		has = &held[Role]{}
	}
	if has.value.Description != want.Description {
		field(f, "description", has.value.Description, want.Description, known)
	}
	field(f, "permissions", has.value.Permissions, want.Permissions, spaced)
	if len(f.input) == 0 {
		return
	}
	sign, operation := '~', "UpdateRole"
	if f.created {
		sign, operation = '+', "CreateRole"
	}
	f.input["name"] = want.Name
	c.add(sign, "role "+want.Name, f.details, task{phaseRoles, []call{{
		noun: "role", operation: operation, input: f.input, version: c.version(want.Name, has.version), expect: !f.created,
	}}})
}

func (c *comparison) deleteRole(name string, has *held[Role]) {
	c.add('-', "role "+name, nil, task{pruneRoles, []call{{
		noun: "role", operation: "DeleteRole", input: map[string]any{"name": name}, version: c.version(name, has.version), expect: true,
	}}})
}

func (c *comparison) deleteContact(id string, has *held[Contact]) {
	c.deleted[id] = true
	c.remove(pruneContacts, "contact", "Contact", id, has.version)
}
