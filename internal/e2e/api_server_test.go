package e2e

import (
	"testing"
	"time"
)

const serverDocument = `{ server { version now clockSpeed developmentMode } }`

// TestServerTime: clients can learn what time it is for the server. With --clock-speed 100 it runs a hundred times as fast, and countdowns with it.
func TestServerTime(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startServer(t, db)
		before := time.Now()
		got := s.client().do(t, serverDocument, nil).at("server")
		if now := instant(got.text("now")); now.Before(before.Add(-time.Millisecond)) || now.After(time.Now()) || got.text("clockSpeed") != "1" ||
			got.text("developmentMode") != "true" || got.text("version") == "" {
			t.Errorf("between %s and %s the server is %s", before, time.Now(), encoded(got))
		}
		s.stop()
		s.flags = append(s.flags, "--clock-speed", "100")
		s.start()
		c := newCentre(t, s, 1, "offerSeconds: 60")
		session := signIn(t, s, c.agents[0])
		began, from := time.Now(), instant(s.client().do(t, serverDocument, nil).text("server.now"))
		item := c.newItem("")
		session.awaitOffer(t, item, "OPEN")
		o := session.awaitOffer(t, item, "MISSED") // after 60 seconds of the server, which are 0.6 of ours
		if o.EndedAt == nil || o.EndedAt.Sub(o.OfferedAt) < time.Minute || time.Since(began) > 30*time.Second {
			t.Errorf("after %s of ours the offer is %+v", time.Since(began), o)
		}
		passed := instant(s.client().do(t, serverDocument, nil).text("server.now")).Sub(from)
		if ours := time.Since(began); passed < 60*time.Second || passed > 100*ours+time.Second {
			t.Errorf("%s passed for the server in %s", passed, ours)
		}
		// At the usual speed again: what happened stays in the past.
		ended := *o.EndedAt
		s.stop()
		s.flags = nil
		s.start()
		if now := instant(s.client().do(t, serverDocument, nil).text("server.now")); now.Before(ended) {
			t.Errorf("it is %s, but an offer ended at %s", now, ended)
		}
	})
}
