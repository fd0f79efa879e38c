package writer

import (
	"math"
	"time"
)

// clock is the server's time: everything that is decided, stored and pushed goes by it. It runs Options.Speed times as fast as that of the
// machine, and never before what the database holds: what happened under a faster clock, or one that was wrong, stays in the past.
type clock struct {
	now   func() time.Time
	speed float64
	// ahead is how far the server's time is ahead of what now says, because the database was.
	ahead time.Duration
}

// newClock makes the clock that the options ask for.
func newClock(o Options) clock {
	c := clock{now: o.Now, speed: o.Speed}
	if o.Speed != 1 {
		began := o.Now()
		c.now = func() time.Time { return began.Add(time.Duration(float64(o.Now().Sub(began)) * o.Speed)) }
	}
	return c
}

// goOnFrom makes the clock begin no earlier than the last thing that happened, and tells how far that is ahead.
func (c *clock) goOnFrom(last time.Time) time.Duration {
	c.ahead = max(0, last.Sub(c.now()))
	return c.ahead
}

// Now is the server's time.
func (c *clock) Now() time.Time { return c.now().Add(c.ahead) }

// until is how long the machine takes to get to a time of the server's: never less, so that whoever sleeps for it does not wake up before.
func (c *clock) until(at time.Time) time.Duration {
	return time.Duration(math.Ceil(float64(at.Sub(c.Now())) / c.speed))
}
