package e2e

import (
	"strings"
	"time"
)

func set(field string, value any) func(vars) { return func(input vars) { input[field] = value } }

func settingsMutationCases() []mutation {
	return []mutation{
		{"createAgent", `agent { id name capacityUnits interruptibleUnits timeZone defaultPresenceStatus { id } capacityProfiles { limit } version queues { id }
			presence { base cause source signedIn } }`,
			func(*centre) call { return call{input: vars{"name": "Zoë Quill", "capacityUnits": 7}} }, set("capacityUnits", 8)},
		{"createContact", `contact { id fullName email mobilePhone version preferredAgents { version } }`,
			func(*centre) call { return call{input: vars{"fullName": "Ada Quill"}} }, set("email", "ada@example.com")},
		{"createQueue", `queue { id name priority assignmentMethod version members { nodes { id } } }`,
			func(*centre) call { return call{input: vars{"name": "Quills"}} }, set("priority", 1)},
		{"addQueueMembers", `queue { id members { nodes { name } } }`,
			func(c *centre) call {
				return call{input: vars{"queueId": c.queue, "agentIds": []string{c.newAgent("New", 1)}}}
			},
			set("agentIds", []string{demoID("ag", 1)})},
		{"removeQueueMembers", `queue { id members { nodes { name } } }`,
			func(c *centre) call { return call{input: vars{"queueId": c.queue, "agentIds": c.agents[:1]}} },
			set("agentIds", []string{demoID("ag", 1)})},
		{"createWorkstream", `workstream { id name channel distributionMode allowedPresences capacityUnits capacityPercent capacityType
			capacityProfiles { id } wrapUp wrapUpSeconds waitingHoldsCapacity missedSetsInactive rejectedSetsDoNotDisturb priority acceptMode offerSeconds declineLimit
			routingPolicy { enabled whenUnavailable retryPreferred } effectiveRoutingPolicy { enabled whenUnavailable retryPreferred } version } warnings { code }`,
			func(c *centre) call { return call{input: vars{"name": "Quills", "channel": "FAX", "queueId": c.queue}} }, set("channel", "LINE")},
		{"updateOrganization", `organization { reconnectSeconds openWorkLimit timeZone missedSetsInactive rejectedSetsDoNotDisturb defaultPresenceStatus { id } }
			warnings { code }`,
			func(*centre) call { return call{input: vars{}} }, set("reconnectSeconds", 11)},
		{"updateRoutingPolicy", `organization { id } workstream { routingPolicy { enabled whenUnavailable retryPreferred } }`,
			func(c *centre) call {
				return call{input: vars{"scopeId": c.workstream, "whenUnavailable": "NEXT_BEST_AGENT"}}
			},
			set("whenUnavailable", "LEAVE_UNASSIGNED")},
	}
}

func matrixMutationCases() []mutation {
	const row = `preferredAgents { contact { id } entries { position agentId } version }`
	return []mutation{
		{"setPreferredAgents", row + ` warnings { code field }`,
			func(c *centre) call { return call{input: vars{"contactId": c.newContact(), "agentIds": c.agents[:2]}} },
			set("agentIds", []string{demoID("ag", 1)})},
		{"movePreferredAgent", row,
			func(c *centre) call {
				return call{input: vars{"contactId": c.newContact(c.agents...), "agentId": c.agents[1], "direction": "UP"}}
			}, set("direction", "DOWN")},
		{"removePreferredAgent", row,
			func(c *centre) call {
				return call{input: vars{"contactId": c.newContact(c.agents...), "agentId": c.agents[1]}}
			},
			set("agentId", demoID("ag", 1))},
	}
}

func workMutationCases() []mutation {
	// offerOf is an open offer to the first agent, who is signed in.
	offerOf := func(c *centre) (agent string, o offer) {
		s := signIn(c.t, c.s, c.agents[0])
		return c.agents[0], s.awaitOffer(c.t, c.newItem(""), "OPEN")
	}
	answer := func(c *centre) call {
		agent, o := offerOf(c)
		return call{agent, vars{"offerId": o.ID}}
	}
	const presence = `agent { id presence { status { id text base selectable } base cause signedIn } }`
	return []mutation{
		{"setPresence", presence, func(c *centre) call {
			signIn(c.t, c.s, c.agents[0])
			return call{c.agents[0], vars{"statusId": "ps_busy"}}
		}, set("statusId", "ps_away")},
		{"signOut", presence, func(c *centre) call {
			signIn(c.t, c.s, c.agents[0])
			return call{c.agents[0], vars{}}
		}, set("agentId", demoID("ag", 1))},
		{"createWorkItem", `workItem { id status queue { id } contact { id } priority reference leftUnassigned attempts }`,
			func(c *centre) call { return call{input: vars{"workstreamId": c.workstream}} }, set("reference", "another")},
		{"cancelWorkItem", `workItem { id status offer { id } }`,
			func(c *centre) call { return call{input: vars{"workItemId": c.newItem("")}} }, set("workItemId", "wi_another")},
		{"completeWorkItem", `workItem { id status assignment { id } }`, func(c *centre) call {
			agent, o := offerOf(c)
			c.accept(agent, o.ID)
			return call{agent, vars{"workItemId": o.WorkItem.ID}}
		}, set("workItemId", "wi_another")},
		{"acceptOffer", `offer { id state } assignment { id agentId endedAt workItem { id status } offer { id } }`, answer, set("offerId", "of_another")},
		{"rejectOffer", `offer { id state assignment { id } workItem { id status } }`, answer, set("offerId", "of_another")},
	}
}

func updateMutationCases() []mutation {
	return []mutation{
		{"updateAgent", `agent { id name capacityUnits interruptibleUnits timeZone defaultPresenceStatus { id } version load { assignedUnits reservedUnits freeUnits
			openWork } } warnings { code }`,
			func(c *centre) call {
				return call{input: vars{"agentId": c.agents[0], "name": "Zoë", "capacityUnits": 3}}
			}, set("capacityUnits", 4)},
		{"updateContact", `contact { id fullName email mobilePhone version }`,
			func(c *centre) call {
				return call{input: vars{"contactId": c.newContact(), "fullName": "Ada"}}
			}, set("email", nil)},
		{"updateQueue", `queue { id name priority assignmentMethod version }`,
			func(c *centre) call {
				return call{input: vars{"queueId": c.queue, "name": "Quills", "assignmentMethod": "ROUND_ROBIN"}}
			}, set("priority", 7)},
		{"updateWorkstream", `workstream { id name channel distributionMode queue { id } allowedPresences capacityUnits capacityType wrapUp wrapUpSeconds priority
			acceptMode offerSeconds declineLimit missedSetsInactive version }`,
			func(c *centre) call {
				return call{input: vars{"workstreamId": c.workstream, "name": "Quills", "offerSeconds": 9}}
			}, set("allowedPresences", []string{"AWAY"})},
	}
}

func deleteMutationCases() []mutation {
	return []mutation{
		{"deleteAgent", `agentId warnings { code message field }`,
			func(c *centre) call {
				c.newContact(c.agents[0])
				return call{input: vars{"agentId": c.agents[0]}}
			}, set("agentId", demoID("ag", 1))},
		{"deleteContact", `contactId`,
			func(c *centre) call { return call{input: vars{"contactId": c.newContact(c.agents...)}} }, set("contactId", demoID("ct", 1))},
		{"deleteQueue", `queueId`,
			func(c *centre) call {
				c.deleteWorkstream(c.workstream)
				return call{input: vars{"queueId": c.queue}}
			}, set("queueId", demoID("qu", 1))},
		{"deleteWorkstream", `workstreamId`,
			func(c *centre) call { return call{input: vars{"workstreamId": c.workstream}} }, set("workstreamId", demoID("ws", 1))},
	}
}

// handMutationCases are what people do with work by hand (WS-6).
func handMutationCases() []mutation {
	const item = `workItem { id status queueId contactId agentId priority withoutPreferred offer { id } assignment { id } }`
	const assignment = item + ` assignment { id agentId origin offer { id } capacityUnits endedAt workItem { id status } }`
	return []mutation{
		{"pickWorkItem", assignment,
			func(c *centre) call { return call{c.agents[0], vars{"workItemId": c.newItem("")}} }, set("workItemId", "wi_another")},
		{"assignWorkItem", assignment + ` warnings { code message field }`,
			func(c *centre) call { return call{input: vars{"workItemId": c.newItem(""), "agentId": c.agents[0]}} },
			set("agentId", demoID("ag", 1))},
		{"transferWorkItem", item,
			func(c *centre) call { return call{input: vars{"workItemId": c.newItem(""), "queueId": c.newQueue()}} },
			set("preferredAgents", false)},
		{"setWorkItemPriority", item,
			func(c *centre) call { return call{input: vars{"workItemId": c.newItem(""), "priority": 7}} }, set("priority", 8)},
		{"linkContact", item,
			func(c *centre) call {
				return call{input: vars{"workItemId": c.newItem(""), "contactId": c.newContact()}}
			},
			set("contactId", nil)},
	}
}

// statusMutationCases are what there is of presence statuses of one's own (PR-2).
func statusMutationCases() []mutation {
	const status = `presenceStatus { id text base selectable builtIn forEveryone version grantedTo { nodes { id } } }`
	own := func(c *centre) call { return call{input: vars{"statusId": c.newStatus("AWAY")}} }
	granted := func(c *centre) call {
		in := own(c)
		in.input["agentIds"] = c.agents[:1]
		return in
	}
	return []mutation{
		{"createPresenceStatus", status + ` warnings { code field message }`,
			func(*centre) call { return call{input: vars{"text": "Away from my desk", "base": "BUSY"}} }, set("base", "AWAY")},
		{"updatePresenceStatus", status + ` warnings { code }`, func(c *centre) call {
			in := own(c)
			in.input["text"] = "Out"
			return in
		}, set("base", "OFFLINE")},
		{"deletePresenceStatus", `statusId`, own, set("replacementId", "ps_away")},
		{"grantPresenceStatus", status, granted, set("agentIds", []string{demoID("ag", 1)})},
		{"withdrawPresenceStatus", status, granted, set("agentIds", []string{demoID("ag", 1)})},
		{"resetPresence", `agent { id presence { base source signedIn } }`, func(c *centre) call {
			signIn(c.t, c.s, c.agents[0])
			return call{c.agents[0], vars{}}
		}, set("agentId", demoID("ag", 1))},
	}
}

// profileMutationCases are what there is of capacity profiles (CP-2).
func profileMutationCases() []mutation {
	const profile = `capacityProfile { id name limit blocking reset version }`
	const agent = `agent { id capacityProfiles { profile { id } limit ownLimit assigned reserved kept free } }`
	own := func(c *centre) call { return call{input: vars{"profileId": c.newProfile("limit: 3")}} }
	owned := func(c *centre) call {
		in := own(c)
		in.input["agentId"] = c.agents[0]
		c.has(c.agents[0], in.input["profileId"].(string), 2)
		return in
	}
	return []mutation{
		{"createCapacityProfile", profile, func(*centre) call { return call{input: vars{"name": "Calls", "limit": 3}} }, set("blocking", true)},
		{"updateCapacityProfile", profile, func(c *centre) call {
			in := own(c)
			in.input["limit"] = 4
			return in
		}, set("limit", 5)},
		{"deleteCapacityProfile", `profileId`, own, set("profileId", "cp_another")},
		{"setAgentCapacityProfile", agent + ` warnings { code }`, func(c *centre) call {
			in := own(c)
			in.input["agentId"] = c.agents[0]
			return in
		}, set("limit", 1)},
		{"removeAgentCapacityProfile", agent + ` warnings { code }`, owned, set("profileId", "cp_another")},
		{"resetAgentCapacity", agent, owned, set("profileId", "cp_another")},
	}
}

// stageMutationCases lead work through what lies between being assigned and being completed (CP-3, CP-5).
func stageMutationCases() []mutation {
	const item = `workItem { id status agentId assignment { id holdsCapacity wrapUpEndsAt } }`
	assigned := func(c *centre) call {
		id := c.newItem("")
		c.assign("", id, c.agents[0])
		return call{c.agents[0], vars{"workItemId": id}}
	}
	return []mutation{
		{"setWorkItemWaiting", item, assigned, set("workItemId", "wi_another")},
		{"resumeWorkItem", item, assigned, set("workItemId", "wi_another")},
		{"endWrapUp", item, func(c *centre) call {
			c.workstream = c.newWorkstream("wrapUp: UNTIL_ENDED")
			in := assigned(c)
			c.c.do(c.t, completeDocument, vars{"w": in.input["workItemId"]})
			return in
		}, set("workItemId", "wi_another")},
	}
}

// accessMutationCases change roles and API keys (RL-2).
func accessMutationCases() []mutation {
	name := func(c *centre) string {
		return "ROLE_" + strings.ToUpper(strings.ReplaceAll(c.queue[len(c.queue)-20:], "-", "_"))
	}
	made := func(c *centre) string {
		c.give("", "createRole", `role { name }`, vars{"name": name(c), "permissions": []string{"WORK_READ"}})
		return name(c)
	}
	at := func() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano) }
	return []mutation{
		{"createRole", `role { permissions builtIn version description }`,
			func(c *centre) call { return call{input: vars{"name": name(c), "permissions": []string{"WORK_READ"}}} }, set("description", "another")},
		{"updateRole", `role { permissions builtIn version description }`,
			func(c *centre) call { return call{input: vars{"name": made(c), "description": "ours"}} }, set("description", "another")},
		{"deleteRole", `__typename`,
			func(c *centre) call { return call{input: vars{"name": made(c)}} }, set("name", "ANOTHER")},
		{"createApiKey", `apiKey { id name roles expiresAt }`,
			func(*centre) call {
				return call{input: vars{"name": "k", "roles": []string{"AGENT"}, "expiresAt": at()}}
			}, set("name", "another")},
		{"revokeApiKey", `apiKeyId __typename`, func(c *centre) call {
			key := c.give("", "createApiKey", `apiKey { id }`, vars{"name": "k", "roles": []string{"AGENT"}, "expiresAt": at()})
			return call{input: vars{"apiKeyId": key.text("apiKey.id")}}
		}, set("apiKeyId", "ak_another")},
	}
}
