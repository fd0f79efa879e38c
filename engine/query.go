package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxPage is the largest page of a list.
const MaxPage = 100

// Page asks a list for at most First entries behind the id After; "" begins at the start.
type Page struct {
	First int
	After string
}

// WorkItemScope says which work items to list; what is empty does not count.
type WorkItemScope struct {
	Status    WorkItemStatus
	QueueID   QueueID
	ContactID ContactID
}

// EventPlace is the place of one event in the order of all changes.
type EventPlace struct {
	Position
	Index int
}

// Cursor is the place as text: "epoch.seq.index". It is the cursor of subscriptions and the id of decisions.
func (p EventPlace) Cursor() string { return fmt.Sprintf("%d.%d.%d", p.Epoch, p.Seq, p.Index) }

// ParseCursor reads a place back from text; false when it is none.
func ParseCursor(s string) (EventPlace, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return EventPlace{}, false
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 64)
		if err != nil || v < 0 {
			return EventPlace{}, false
		}
		n[i] = v
	}
	return EventPlace{Position{n[0], n[1]}, int(n[2])}, true
}

// OfferStart is what a subscription to an agent's offers begins with: the open offers, the place in the order of all changes at which they
// are these, and whether the session that the subscription is still lives.
type OfferStart struct {
	Offers      []Offer
	At          Position
	SessionLive bool
}
