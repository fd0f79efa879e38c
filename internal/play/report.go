package play

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"rapport/internal/client"
)

// Report is what came of a day, as the server tells it in the end.
type Report struct {
	// BeganAt and EndedAt are by the server's time, Took by ours.
	BeganAt     time.Time `json:"beganAt"`
	EndedAt     time.Time `json:"endedAt"`
	TookSeconds float64   `json:"tookSeconds"`
	ClockSpeed  float64   `json:"clockSpeed"`
	// Channels has those that items came by, in alphabetical order, and All everything.
	Channels []Figures `json:"channels"`
	All      Figures   `json:"all"`
	// ByHand is how many things the supervisor did, TooLate how many could not be done any more.
	ByHand  int `json:"supervisorDid"`
	TooLate int `json:"supervisorTooLate"`
}

// Figures are those of a channel. Each item counts once among Preferred to Waiting.
type Figures struct {
	Channel string `json:"channel"`
	Items   int    `json:"items"`
	// Preferred were taken first by an agent whom the contact prefers, FellBack by another because none of those could; NoPreference had nobody to
	// ask first; ByHand were picked or assigned.
	Preferred    int `json:"preferred"`
	FellBack     int `json:"fellBack"`
	NoPreference int `json:"noPreference"`
	ByHand       int `json:"byHand"`
	// GaveUp were cancelled before anybody took them. LeftUnassigned wait for a preferred agent or a person (RT-5), Waiting for anybody.
	GaveUp         int `json:"gaveUp"`
	LeftUnassigned int `json:"leftUnassigned"`
	Waiting        int `json:"waiting"`
	// Waited were offered to nobody the moment they came.
	Waited int `json:"waited"`
	// The waits, from coming until an agent took it, of those that were taken: the median and the 95th percentile.
	MedianWaitSeconds float64 `json:"medianWaitSeconds"`
	P95WaitSeconds    float64 `json:"p95WaitSeconds"`
	// How the offers ended that were made for them.
	Offers   int `json:"offers"`
	Accepted int `json:"accepted"`
	Rejected int `json:"rejected"`
	Missed   int `json:"missed"`
	Revoked  int `json:"revoked"`

	waits []time.Duration
}

// played is an item as the report reads it.
type played struct {
	ID, Reference, Status string
	LeftUnassigned        bool
	CreatedAt             time.Time
	Workstream            struct{ Channel string }
	Offers                struct {
		Nodes []struct {
			State     string
			OfferedAt time.Time
		}
	}
	Assignments struct {
		Nodes []struct {
			Offer *struct {
				Path     string
				Decision *struct{ PreferredReason string }
			}
			AssignedAt time.Time
		}
	}
}

const reportDocument = `query ($from: DateTime!, $after: String) { workItems(first: 50, after: $after, filter: {createdFrom: $from}) {
	nodes { id reference status leftUnassigned createdAt workstream { channel }
		offers(first: 100) { nodes { state offeredAt } }
		assignments(first: 1) { nodes { offer { path decision { preferredReason } } assignedAt } } }
	pageInfo { hasNextPage endCursor } } }`

// report reads what came of the day's items.
func (p *player) report(ctx context.Context, d *Day) (*Report, error) {
	r := &Report{
		BeganAt: p.began, EndedAt: p.clock.now(), TookSeconds: time.Since(p.clock.here).Seconds(), ClockSpeed: p.clock.speed,
		All: Figures{Channel: "all"}, ByHand: int(p.ordered.Load()), TooLate: int(p.tooLate.Load()),
	}
	channels := map[string]*Figures{}
	var after any
	for {
		var got struct {
			WorkItems struct {
				Nodes    []played
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		err := insist(ctx, func() error {
			return p.http.Do(ctx, "", reportDocument, client.Vars{"from": p.began, "after": after}, &got)
		})
		if err != nil {
			return nil, fmt.Errorf("read what came of it: %w", err)
		}
		for _, it := range got.WorkItems.Nodes {
			if p.ids[it.Reference] != it.ID {
				continue // somebody else's
			}
			f := channels[it.Workstream.Channel]
			if f == nil {
				f = &Figures{Channel: it.Workstream.Channel}
				channels[f.Channel] = f
			}
			f.count(&it)
			r.All.count(&it)
		}
		if !got.WorkItems.PageInfo.HasNextPage {
			break
		}
		after = got.WorkItems.PageInfo.EndCursor
	}
	for _, f := range channels { // order: sorted below
		f.rank()
		r.Channels = append(r.Channels, *f)
	}
	slices.SortFunc(r.Channels, func(a, b Figures) int { return cmp.Compare(a.Channel, b.Channel) })
	r.All.rank()
	if r.All.Items != len(d.Items) {
		return r, fmt.Errorf("%d items were brought and %d are there", len(d.Items), r.All.Items)
	}
	return r, nil
}

func (f *Figures) count(it *played) {
	f.Items++
	offers := it.Offers.Nodes
	if len(offers) == 0 || offers[0].OfferedAt.After(it.CreatedAt) {
		f.Waited++
	}
	for _, o := range offers {
		f.Offers++
		switch o.State {
		case "ACCEPTED":
			f.Accepted++
		case "REJECTED":
			f.Rejected++
		case "MISSED":
			f.Missed++
		case "REVOKED":
			f.Revoked++
		}
	}
	if len(it.Assignments.Nodes) == 0 {
		switch {
		case it.Status == "CANCELLED":
			f.GaveUp++
		case it.LeftUnassigned:
			f.LeftUnassigned++
		default:
			f.Waiting++
		}
		return
	}
	first := it.Assignments.Nodes[0]
	f.waits = append(f.waits, first.AssignedAt.Sub(it.CreatedAt))
	switch o := first.Offer; {
	case o == nil:
		f.ByHand++
	case o.Path == "PREFERRED":
		f.Preferred++
	case o.Decision != nil && o.Decision.PreferredReason == "NO_AGENT_QUALIFIED":
		f.FellBack++
	default:
		f.NoPreference++
	}
}

// rank works out the waits.
func (f *Figures) rank() {
	slices.Sort(f.waits)
	f.MedianWaitSeconds, f.P95WaitSeconds = percentile(f.waits, 50), percentile(f.waits, 95)
}

// percentile is the nearest rank, in seconds; 0 of nothing.
func percentile(sorted []time.Duration, n int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*n+99)/100-1].Round(100 * time.Millisecond).Seconds()
}

// Print shows the report as a table for people.
func (r *Report) Print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\titems\tpreferred\tfell back\tno preference\tby hand\tgave up\tleft unassigned\twaiting\twaited\tmedian wait\t95 % within\t") // Flush tells
	for _, f := range append(slices.Clone(r.Channels), r.All) {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f s\t%.1f s\t\n", f.Channel, f.Items, f.Preferred, f.FellBack, f.NoPreference,
			f.ByHand, f.GaveUp, f.LeftUnassigned, f.Waiting, f.Waited, f.MedianWaitSeconds, f.P95WaitSeconds)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	a := &r.All
	_, err := fmt.Fprintf(out, "Offers: %d made, %d accepted, %d rejected, %d missed, %d revoked. By the supervisor's hand: %d done, %d too late.\n",
		a.Offers, a.Accepted, a.Rejected, a.Missed, a.Revoked, r.ByHand, r.TooLate)
	return err
}
