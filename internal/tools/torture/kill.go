package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

const (
	// The load lasts for a random time between these before the server is killed.
	loadMin, loadMax = 50 * time.Millisecond, 2 * time.Second
	// shortOffer is the countdown of the short workstream.
	shortOffer = 5 * time.Second
)

// kill kills the server over and over, on one database that lives through all rounds.
func kill(ctx context.Context, w *world, rounds int) error {
	if err := w.openCentre(ctx); err != nil {
		return err
	}
	if err := w.checkIntruder(ctx); err != nil {
		return err
	}
	for w.round = 1; w.round <= rounds; w.round++ {
		if err := w.killRound(ctx); err != nil {
			return fmt.Errorf("round %d: %w\n%s", w.round, err, w.server.logTail())
		}
	}
	// All short offers run out, and are looked at once more.
	time.Sleep(shortOffer + lateness)
	if err := w.inspect(ctx); err != nil {
		return err
	}
	if err := w.checkGrace(ctx); err != nil {
		return err
	}
	return w.finish(ctx)
}

// exitHeld is the exit code of a server whose database belongs to another.
const exitHeld = 3

// checkIntruder starts a second server on the same database under load: it must leave by itself, and nobody may notice.
func (w *world) checkIntruder(ctx context.Context) error {
	s, err := newServer(w.server.binary, w.server.db, filepath.Dir(w.server.logFile), "intruder-"+filepath.Base(w.server.logFile))
	if err != nil {
		return err
	}
	defer s.end()
	w.startLoad(ctx)
	defer w.stopLoad()
	if err := s.launch(); err != nil {
		return err
	}
	w.check()
	began := time.Now()
	if code := s.exit(startLimit); code != exitHeld {
		w.violation("intruder", "a second server on the same database ended with %d, want %d\n%s", code, exitHeld, s.logTail())
	}
	w.progress("a second server on the same database left after %s", seconds(time.Since(began)))
	return nil
}

func (w *world) killRound(ctx context.Context) error {
	w.beginRound()
	before := w.counts()
	load := loadMin + time.Duration(w.random(1<<12).Int64N(int64(loadMax-loadMin)))
	w.startLoad(ctx)
	time.Sleep(load)
	err := w.goAway(func() error {
		defer w.stopLoad()
		return w.server.kill()
	})
	if err != nil {
		return err
	}
	took, err := w.restart(ctx)
	if err != nil {
		return err
	}
	if err := w.afterwards(ctx); err != nil {
		return err
	}
	now := w.counts()
	w.progress("round %d: killed after %s of load, back in %s; %d acknowledged, %d unclear, %d checked, %d violations so far", w.round,
		seconds(load), seconds(took), now.acknowledged-before.acknowledged, now.unclear-before.unclear, now.checked-before.checked, now.violations)
	return nil
}

// beginRound counts a round and notes when it began.
func (w *world) beginRound() {
	w.add(&w.rounds, 1)
	w.began = append(w.began, time.Now())
}

// restart starts the server that was killed, looks at the agents as they are without any session come back, and brings them back.
func (w *world) restart(ctx context.Context) (time.Duration, error) {
	if rng := w.random(1 << 10); rng.IntN(3) == 0 { // killed again while it starts
		if err := w.server.launch(); err != nil {
			return 0, err
		}
		time.Sleep(time.Duration(rng.IntN(80)) * time.Millisecond)
		if err := w.server.kill(); err != nil {
			return 0, err
		}
	}
	took, err := w.comeBack(ctx)
	if err != nil {
		return 0, err
	}
	w.cameBack(took)
	if err := w.checkPresences(ctx); err != nil {
		return 0, err
	}
	if err := w.connectAll(ctx); err != nil {
		return 0, err
	}
	return took, w.checkPresences(ctx) // coming back changes nothing either
}

// afterwards checks everything, clears up what is open and goes on a little.
func (w *world) afterwards(ctx context.Context) error {
	if err := w.inspect(ctx); err != nil {
		return err
	}
	w.settle(ctx)
	if err := w.serveOrderly(ctx); err != nil {
		return err
	}
	return w.trim(ctx)
}

// checkGrace kills the server once more and lets one agent stay away: they keep session, presence and offers for 30 s, and lose them
// then (PR-8).
func (w *world) checkGrace(ctx context.Context) error {
	for range 3 { // something to be offered
		w.give(ctx, w.http, w.newItem(w.random(1<<11), "long", 100))
	}
	sleeper := w.agents[len(w.agents)-2]
	if err := w.goAway(w.server.kill); err != nil {
		return err
	}
	w.mu.Lock()
	sleeper.gone.at = forever // no session of theirs comes back
	w.mu.Unlock()
	if _, err := w.comeBack(ctx); err != nil {
		return err
	}
	for _, a := range w.agents {
		if a == sleeper {
			continue
		}
		if err := w.connect(ctx, a); err != nil {
			return err
		}
	}
	before, err := w.readAgent(ctx, sleeper.id, loadFields)
	if err != nil {
		return err
	}
	after(w.awaySince.Add(restartGrace - time.Second))
	w.check()
	during, err := w.readAgent(ctx, sleeper.id, loadFields)
	if err != nil {
		return err
	}
	kept := func(o wireOpenOffer) bool {
		return o.ExpiresAt.Before(time.Now()) || slices.ContainsFunc(during.OpenOffers, func(d wireOpenOffer) bool { return d.ID == o.ID })
	}
	if !during.Presence.same(before.Presence) || !during.Presence.SignedIn || !all(before.OpenOffers, kept) {
		w.violation("grace", "%s within 30 s: %s with %v, before %s with %v", sleeper.id, during.Presence, during.OpenOffers, before.Presence,
			before.OpenOffers)
	}
	after(w.readyAt.Add(restartGrace + lateness))
	w.check()
	late, err := w.readAgent(ctx, sleeper.id, loadFields)
	if err != nil {
		return err
	}
	if p := late.Presence; p.SignedIn || p.Status.ID != "ps_offline" || p.Cause != "DISCONNECTED" || len(late.OpenOffers) > 0 {
		w.violation("grace", "%s after 30 s: %s with %d offers", sleeper.id, p, len(late.OpenOffers))
	}
	w.progress("an agent who stayed away: %d offers and %s until 30 s after the restart, then %s", len(before.OpenOffers),
		during.Presence.Status.ID, late.Presence.Status.ID)
	w.mu.Lock()
	sleeper.presence = late.Presence
	w.mu.Unlock()
	return w.inspect(ctx)
}

func all[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !is(v) })
}

// finish looks at everything there is, ends the server in order and reads its database. Then the checker judges it all.
func (w *world) finish(ctx context.Context) error {
	w.scannedTo, w.contactsTo = "", ""
	if err := w.inspect(ctx); err != nil {
		return err
	}
	if err := w.goAway(func() error {
		ctx, cancel := context.WithTimeout(ctx, startLimit)
		defer cancel()
		return w.server.stop(ctx)
	}); err != nil {
		return err
	}
	if err := w.audit(ctx); err != nil {
		return err
	}
	if _, err := w.comeBack(ctx); err != nil {
		return err
	}
	if err := w.quieten(ctx); err != nil {
		return err
	}
	return w.judge(ctx)
}

// counts are the figures of the moment.
func (r *report) counts() report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return report{acknowledged: r.acknowledged, unclear: r.unclear, checked: r.checked, violations: r.violations}
}
