package play

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"rapport/internal/client"
)

// Entry is a line of the journal: a call that was answered, or something that was pushed. Times are the server's, those of calls as well as a
// client can know them.
type Entry struct {
	// Did is what a call was to do: CREATED, COMPLETED, CANCELLED, ACCEPTED, REJECTED, a presence, or what supervisors do. Refused is the code
	// with which the server refused it, empty when it was done.
	Did     string `json:"did,omitempty"`
	Refused string `json:"refused,omitempty"`
	// Heard is what an agent's stream of offers told: the state of an offer, or READY and CLOSED for the stream itself.
	Heard string `json:"heard,omitempty"`
	// Agent is who did or heard it; empty for the integrator and the supervisor.
	Agent     string `json:"agent,omitempty"`
	Offer     string `json:"offer,omitempty"`
	Item      string `json:"item,omitempty"`
	Reference string `json:"reference,omitempty"`
	// To is what a supervisor's call was given besides.
	To string `json:"to,omitempty"`
	// Sent and Answered are when a call was made, the first time if there was no answer then, and when it was answered.
	Sent     *time.Time `json:"sent,omitempty"`
	Answered *time.Time `json:"answered,omitempty"`
	// At is when what was heard happened; null for what a stream began with.
	At *time.Time `json:"at,omitempty"`
}

// journal writes entries, one JSON object a line. The zero value writes nothing.
type journal struct {
	mu  sync.Mutex
	out io.Writer
	err error
}

func (j *journal) add(e Entry) {
	if j.out == nil {
		return
	}
	line, err := json.Marshal(e)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil && j.err == nil {
		_, err = j.out.Write(append(line, '\n'))
	}
	if j.err == nil {
		j.err = err
	}
}

// call makes a call and notes it, unless no answer came: then it is to be made again with the same entry. What do adds to the entry is noted too.
func (p *player) call(e *Entry, do func() error) error {
	if e.Sent == nil {
		sent := p.clock.now()
		e.Sent = &sent
	}
	err := do()
	answered := p.clock.now()
	e.Answered, e.Refused = &answered, client.Refused(err)
	if err == nil || e.Refused != "" {
		p.journal.add(*e)
		e.Sent = nil
	}
	if err == nil && (e.Did == "COMPLETED" || e.Did == "CANCELLED") {
		p.closed.Add(1)
	}
	return err
}
