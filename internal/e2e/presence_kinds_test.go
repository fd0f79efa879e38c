package e2e

import "strings"

// What agents may have before they lose the connection, and what they have when they come back (PR-3 to PR-7).

// presenceKind is a way to have a presence. What is expected is written as shortPresence does, but for the end: before has the cause, the others
// have status, base and source only.
type presenceKind struct {
	name string
	// settings are those of the agent, as GraphQL.
	settings string
	// prepare is done once the agent is signed in; what is done with all of a kind together is in the test.
	prepare func(c *thousand, a *traveller) error
	// meanwhile is done when the server has noticed that the agent is gone.
	meanwhile func(c *thousand, a *traveller) error
	before    string
	// inTime and late are what the agent comes back to within 150 seconds, and later.
	inTime, late string
}

const fresh = "ps_available AVAILABLE COMPUTED"

// presenceKinds are all of them; asked, missing and rejecting are offered work.
func presenceKinds() []*presenceKind {
	kinds := []*presenceKind{
		{name: "as they signed in", before: fresh + " SIGN_IN", inTime: fresh, late: fresh},
		{name: "has assigned work", prepare: getsWork(1), before: "ps_busy BUSY COMPUTED WORK_TAKEN", inTime: "ps_busy BUSY COMPUTED", late: "ps_busy BUSY COMPUTED"},
		{
			name: "has as much work as they can", prepare: getsWork(4), before: "ps_do_not_disturb DO_NOT_DISTURB COMPUTED WORK_TAKEN",
			inTime: "ps_do_not_disturb DO_NOT_DISTURB COMPUTED", late: "ps_do_not_disturb DO_NOT_DISTURB COMPUTED",
		},
		{
			name: "has work, chose Available", prepare: inTurn(getsWork(1), chooses("ps_available")), before: "ps_available AVAILABLE MANUAL MANUAL",
			inTime: "ps_available AVAILABLE MANUAL", late: "ps_busy BUSY COMPUTED",
		},
		{
			name: "has work that is completed meanwhile", prepare: getsWork(1), meanwhile: losesWork, before: "ps_busy BUSY COMPUTED WORK_TAKEN",
			inTime: fresh, late: fresh,
		},
		{
			name: "has work that is completed meanwhile, chose Busy", prepare: inTurn(getsWork(1), chooses("ps_busy")), meanwhile: losesWork,
			before: "ps_busy BUSY MANUAL MANUAL", inTime: fresh, late: fresh,
		},
		{
			name: "has work that is completed meanwhile, chose Do not disturb", prepare: inTurn(getsWork(1), chooses("ps_do_not_disturb")), meanwhile: losesWork,
			before: "ps_do_not_disturb DO_NOT_DISTURB MANUAL MANUAL", inTime: "ps_do_not_disturb DO_NOT_DISTURB MANUAL", late: fresh,
		},
		{
			name: "signs in away", settings: `, defaultPresenceStatusId: "ps_away"`, before: "ps_away AWAY DEFAULT SIGN_IN",
			inTime: "ps_away AWAY DEFAULT", late: "ps_away AWAY DEFAULT",
		},
		{
			name: "signs in away, chose Available", settings: `, defaultPresenceStatusId: "ps_away"`, prepare: chooses("ps_available"),
			before: "ps_available AVAILABLE MANUAL MANUAL", inTime: "ps_available AVAILABLE MANUAL", late: "ps_away AWAY DEFAULT",
		},
		{name: missing, before: "ps_inactive INACTIVE DECLINED OFFER_MISSED", inTime: "ps_inactive INACTIVE DECLINED", late: fresh},
		{
			name: rejecting, before: "ps_do_not_disturb DO_NOT_DISTURB DECLINED OFFER_REJECTED",
			inTime: "ps_do_not_disturb DO_NOT_DISTURB DECLINED", late: fresh,
		},
		{name: asked, before: fresh + " SIGN_IN", inTime: fresh, late: fresh},
	}
	for _, chosen := range []string{
		"ps_available AVAILABLE", "ps_busy BUSY", "ps_do_not_disturb DO_NOT_DISTURB", "ps_away AWAY", "ps_offline OFFLINE", "ps_lunch BUSY",
	} {
		status, _, _ := strings.Cut(chosen, " ")
		kinds = append(kinds, &presenceKind{
			name: "chose " + status, prepare: chooses(status), before: chosen + " MANUAL MANUAL", inTime: chosen + " MANUAL", late: fresh,
		})
	}
	return kinds
}

const (
	missing   = "missed an offer"
	rejecting = "rejected an offer"
	asked     = "has an open offer"
)

func inTurn(all ...func(*thousand, *traveller) error) func(*thousand, *traveller) error {
	return func(c *thousand, a *traveller) error {
		for _, f := range all {
			if err := f(c, a); err != nil {
				return err
			}
		}
		return nil
	}
}

// chooses makes agents choose a status themselves; ps_lunch stands for the one of their own.
func chooses(status string) func(*thousand, *traveller) error {
	return func(c *thousand, a *traveller) error {
		id := status
		if id == "ps_lunch" {
			id = c.lunch
		}
		_, err := c.c.as(a.id).try(setPresence, vars{"s": id})
		return err
	}
}

// getsWork assigns so many work items of one unit by hand.
func getsWork(n int) func(*thousand, *traveller) error {
	return func(c *thousand, a *traveller) error {
		for range n {
			made, err := c.c.try(createItem, vars{"w": c.byHand})
			if err != nil {
				return err
			}
			a.item = made.text("r.o.id")
			if _, err := c.try("", "assignWorkItem", `workItem { id }`, vars{"workItemId": a.item, "agentId": a.id}); err != nil {
				return err
			}
		}
		return nil
	}
}

// losesWork completes an agent's work item in the name of a supervisor.
func losesWork(c *thousand, a *traveller) error {
	_, err := c.c.try(completeDocument, vars{"w": a.item})
	return err
}
