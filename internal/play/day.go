package play

import (
	"io/fs"
	"time"
)

// Day is what happens in a time at a contact centre, by people. All times are since its beginning.
type Day struct {
	Items        []Item
	Moves        []Move
	Temperaments []Temperament
	Orders       []Order
}

// Item is something that a customer wants.
type Item struct {
	At                             time.Duration
	Reference, Workstream, Contact string
	// Priority is nil for the workstream's.
	Priority *int
	// Work is how long an agent works on it. Patience is how long the customer waits for one; 0: for ever.
	Work, Patience time.Duration
}

// Move is something that an agent does by themselves.
type Move struct {
	At    time.Duration
	Agent string
	Does  string
}

// What agents do: they come, go, lose their connection, and choose a presence.
const (
	SignIn       = "SIGN_IN"
	SignOut      = "SIGN_OUT"
	Drop         = "DROP"
	Available    = "AVAILABLE"
	Busy         = "BUSY"
	Away         = "AWAY"
	DoNotDisturb = "DO_NOT_DISTURB"
)

// statuses are the presence statuses that are chosen.
var statuses = map[string]string{Available: "ps_available", Busy: "ps_busy", Away: "ps_away", DoNotDisturb: "ps_do_not_disturb"}

// Temperament is how an agent answers: of 100 offers so many are accepted, rejected and missed, after about so long.
type Temperament struct {
	Agent                string
	Accept, Reject, Miss int
	Think                time.Duration
}

// Order is something that a supervisor does with an item by hand (WS-6).
type Order struct {
	At                  time.Duration
	Reference, Does, To string
}

// What supervisors do.
const (
	transfer                 = "TRANSFER"
	transferWithoutPreferred = "TRANSFER_WITHOUT_PREFERRED"
	setPriority              = "PRIORITY"
	assign                   = "ASSIGN"
	link                     = "LINK"
	pick                     = "PICK"
)

// The limits of a day.
const (
	maxItems = 100_000
	maxMoves = 100_000
	// maxAgents: each has a connection.
	maxAgents = 1000
	maxTime   = 24 * time.Hour
	// maxPriority is the API's.
	maxPriority = 1000
)

// Load reads the four files of a day. An error names file and line.
func Load(files fs.FS) (*Day, error) {
	d := &Day{}
	brought, known := map[string]bool{}, map[string]bool{}
	err := read(files, "items.csv", "at,reference,workstream,contact,priority,workSeconds,patienceSeconds", maxItems, func(r *row) {
		it := Item{At: r.at(), Reference: r.text(1), Workstream: r.text(2), Contact: r.cells[3], Priority: r.priority(4), Work: r.seconds(5)}
		if r.cells[6] != "" {
			it.Patience = r.seconds(6)
		}
		if brought[it.Reference] {
			r.wrong(1, "is there twice")
		}
		brought[it.Reference] = true
		d.Items = append(d.Items, it)
	})
	if err != nil {
		return nil, err
	}
	err = read(files, "temperaments.csv", "agent,accept,reject,miss,thinkSeconds", maxAgents, func(r *row) {
		t := Temperament{Agent: r.text(0), Accept: r.number(1), Reject: r.number(2), Miss: r.number(3), Think: r.seconds(4)}
		if t.Accept+t.Reject+t.Miss != 100 {
			r.wrong(1, "does not add up to 100 with the two behind it")
		}
		if known[t.Agent] {
			r.wrong(0, "is there twice")
		}
		known[t.Agent] = true
		d.Temperaments = append(d.Temperaments, t)
	})
	if err != nil {
		return nil, err
	}
	err = read(files, "agents.csv", "at,agent,does", maxMoves, func(r *row) {
		m := Move{At: r.at(), Agent: r.text(1), Does: r.one(2, SignIn, SignOut, Drop, Available, Busy, Away, DoNotDisturb)}
		if !known[m.Agent] {
			r.wrong(1, "has no line in temperaments.csv")
		}
		d.Moves = append(d.Moves, m)
	})
	if err != nil {
		return nil, err
	}
	err = read(files, "supervisor.csv", "at,reference,does,to", maxMoves, func(r *row) {
		o := Order{At: r.at(), Reference: r.text(1), Does: r.one(2, transfer, transferWithoutPreferred, setPriority, assign, link, pick), To: r.text(3)}
		if !brought[o.Reference] {
			r.wrong(1, "has no line in items.csv")
		}
		if o.Does == setPriority {
			r.priority(3)
		}
		d.Orders = append(d.Orders, o)
	})
	return d, err
}
