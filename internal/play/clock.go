package play

import (
	"context"
	"time"

	"rapport/internal/client"
)

// clock is the server's time as a client knows it: what it said last, and how fast it runs.
type clock struct {
	there time.Time
	here  time.Time
	speed float64
}

// askings is how often the time is asked for: the answer that came soonest is the best.
const askings = 5

// readClock asks the server what time it is.
func readClock(ctx context.Context, server *client.HTTP) (clock, error) {
	var best clock
	soonest := time.Hour
	for range askings {
		var got struct {
			Server struct {
				Now        time.Time
				ClockSpeed float64
			}
		}
		asked := time.Now()
		if err := server.Do(ctx, "", `{ server { now clockSpeed } }`, nil, &got); err != nil {
			return best, err
		}
		if took := time.Since(asked); took < soonest {
			soonest = took
			best = clock{there: got.Server.Now, here: asked.Add(took / 2), speed: got.Server.ClockSpeed}
		}
	}
	return best, nil
}

// at is the server's time at an instant of ours.
func (c clock) at(here time.Time) time.Time {
	return c.there.Add(time.Duration(float64(here.Sub(c.here)) * c.speed))
}

func (c clock) now() time.Time { return c.at(time.Now()) }

// ours is how long we take for a time of the server's.
func (c clock) ours(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// sleepUntil waits for a time of the server's; false when ctx ends before.
func (c clock) sleepUntil(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(c.ours(at.Sub(c.now())))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
