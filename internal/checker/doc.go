// Package checker judges a history of routing by the numbered sentences of the specification, and by nothing else.
//
// It knows what anybody could know: what the public API tells at the end (Read), and what whoever drove the server did, was told and was
// pushed (Log, which a Recorder makes). From these it works out for every instant who was there, who held what, which items waited and
// what was set, and then asks of every offer whether it was right, and of every waiting item whether somebody should have had it.
//
// Import rule: nothing of this module, so that it can't share a mistake with the engine. TestSharesNoCode holds it to that.
//
//	check.go        Examine, the tolerances, what comes of a check
//	history.go      what the API tells; read.go and wire.go read it
//	log.go          what the driver of the server knows; recorder.go and around.go make it of what is pushed
//	lines.go        what changes in the course of time; settings.go what was set, held.go who held which item, load.go how much
//	world.go        all of it in the order of time
//	able.go         who could have taken what at which instant
//	computed.go     what presence follows from what an agent is assigned; presence.go how each came to be
//
// Rules, by the numbers that there are so far:
//
//	MX-1, MX-2      not judged: what calls are refused is for tests of the API; the row of the moment is in RT-4
//	MX-3            able.go: a preferred agent who is no member, or no more there, is passed over
//	MX-4            not judged: several calls at once, none of which routes otherwise
//	MX-5            revocations.go: linking takes back an offer to whom only the former contact prefers, and no other
//	RT-1            settings.go, decisions.go: the policy of the moment, over three scopes
//	RT-2            decisions.go: why no preferred agent was asked
//	RT-3            shape.go, able.go: beyond capacity, one offer at a time
//	RT-4            choice.go, items.go, decisions.go: in the order of the row, each once, one offer at a time
//	RT-5            decisions.go, waiting.go: left unassigned, offered to preferred agents only, or to nobody
//	RT-6            revocations.go
//	RT-7            items.go, choice.go: what is assigned by hand is; preferred agents come before the method
//	WS-1            shape.go, decisions.go, settings.go: nothing of a PICK workstream is offered, calls are PUSH
//	WS-2            methods.go, choice.go: three methods with their ties; what happened at one instant is in no known order
//	WS-3            order.go
//	WS-4            shape.go, choice.go, on capacity in units
//	WS-5            waiting.go
//	WS-6            items.go, answers.go, decisions.go, able.go: picked by members, assigned, transferred, put first, linked
//	OF-1            shape.go, answers.go
//	OF-2            shape.go, able.go, load.go: assigned without asking; an open offer reserves room
//	OF-3            revocations.go
//	OF-4            able.go, choice.go, decisions.go: who declined, the limit, decliners last
//	OF-5            shape.go: path and position; what else an offer shows is for tests of the API
//	OF-6            shape.go, answers.go: one assignment of one offer
//	PR-1            presence.go: nobody chooses Inactive; what else there is of statuses is for tests of the API
//	PR-2            not judged: routing reads the base, and so does the log
//	PR-3            presence.go: the default or what follows from the work
//	PR-4            computed.go, presence.go: at every instant at which work came or went; shape.go, able.go, presence.go: the limit of open work
//	PR-5            presence.go, revocations.go: what a miss or a rejection sets, not whether it should have
//	PR-6            presence.go: what is chosen gives way to what it must, and to nothing else
//	PR-7            presence.go, revocations.go
//	PR-8            check.go, revocations.go, waiting.go: what a restart excuses, and what not
//	PR-9            not judged: the log is made of the changes themselves
//	CP-1            computed.go: units, none of them, and too little of them
//	CP-2, CP-3      load.go, shape.go, items.go: what is held, from when until when, at what cost in units
//	CP-4, CP-5      not judged, nor are profiles, percent and wrap-ups: whoever has to do with them is passed over
//	DX-1, DX-2      decisions.go, choice.go: decisions tell of every offer, and the truth
//	DX-3, DX-4      not judged: they change nothing, and are compared with what happens in the engine's own tests
//	EV-1            streams.go for agents' offers, items.go for items
//	EV-2, EV-3      not judged: who is slow is no matter of routing
//	API, log        where what the API tells does not fit together, or the driver's log is impossible
//
// What it can't decide it passes over, and counts: instants at which two commands fell into the same microsecond, and times within the
// bounds of a change whose instant is not known. Deleted and made again, an agent is somebody else. ReconnectSeconds, the limit of open work
// and the organisation's default presence must stay as they are.
package checker
