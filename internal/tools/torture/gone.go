package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"rapport/internal/checker"
	"rapport/internal/dbtest"
	"rapport/internal/servertest"
)

// calm is the load before and after an outage.
const calm = 2 * time.Second

// outage is how a database goes away and comes back.
type outage struct {
	name       string
	begin, end func() error
}

func goneVariants(db *dbtest.Server) []outage {
	return []outage{
		{"stopped", db.Stop, db.Start},
		{"killed", db.Kill, db.Start},
		{"suspended", db.Suspend, db.Resume},
	}
}

// gone takes the database away for a while under load.
func gone(ctx context.Context, w *world, variants []outage, length time.Duration) error {
	if err := w.openCentre(ctx); err != nil {
		return err
	}
	for _, v := range variants {
		w.round++
		if err := w.outageRound(ctx, v, length); err != nil {
			return fmt.Errorf("%s: %w\n%s", v.name, err, w.server.logTail())
		}
	}
	time.Sleep(shortOffer + lateness)
	return w.finish(ctx)
}

func (w *world) outageRound(ctx context.Context, v outage, length time.Duration) error {
	w.beginRound()
	before := w.counts()
	w.startLoad(ctx)
	time.Sleep(calm)
	w.outage.Store(true)
	watch := w.watchReady()
	w.awaySince = time.Now()
	if err := v.begin(); err != nil {
		return errors.Join(err, w.server.kill())
	}
	began := time.Now()
	time.Sleep(length / 2)
	lost := w.agents[len(w.agents)-2]
	w.leave(lost)
	lost.socket.drop()
	time.Sleep(length - length/2)
	ending := time.Now()
	if err := v.end(); err != nil {
		return errors.Join(err, w.server.kill())
	}
	ended := time.Now()
	back := watch.awaitReady(ended, startLimit)
	if back == 0 {
		w.violation("not back", "/readyz is not 200 within %v after the database came back", startLimit)
	}
	w.readyAt = time.Now()
	w.cameBack(back)
	time.Sleep(calm)
	watch.stop()
	// Who was waiting when it ended has been answered by then.
	time.Sleep(answerLimit - calm)
	w.outage.Store(false)
	w.stopLoad()
	w.Restarted(checker.Span{NotBefore: w.awaySince, NotAfter: w.workedAgain()})
	w.checkLeft(ctx, lost)
	w.checkWatch(watch, began, ending)
	if !w.server.alive() {
		return errors.New("the server has ended")
	}
	if err := w.connectAll(ctx); err != nil {
		return err
	}
	if err := w.checkPresences(ctx); err != nil {
		return err
	}
	if err := w.afterwards(ctx); err != nil {
		return err
	}
	now := w.counts()
	w.progress("%s for %v: /readyz 503 after %s, 200 again %s after the return; %d acknowledged, %d unclear, %d checked, %d violations so far",
		v.name, length, seconds(watch.firstDown(began)), seconds(back), now.acknowledged-before.acknowledged, now.unclear-before.unclear,
		now.checked-before.checked, now.violations)
	return nil
}

// workedAgain is when the outage was over for whoever waited for an answer, which is a little later than /readyz says so.
func (w *world) workedAgain() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unavailableAt.After(w.readyAt) {
		return w.unavailableAt
	}
	return w.readyAt
}

// checkLeft: an agent whose last device was lost while the database was away is not left signed in (PR-7).
func (w *world) checkLeft(ctx context.Context, a *agent) {
	w.check()
	got, err := w.readAgent(ctx, a.id, agentFields)
	if err != nil || got.Presence.SignedIn || got.Presence.Cause != "DISCONNECTED" {
		w.violation("left", "%s was lost in the outage and is %+v, %v", a.id, got, err)
	}
}

// watch follows /readyz.
type watch struct {
	mu    sync.Mutex
	looks []look
	over  chan struct{}
	ended sync.WaitGroup
}

type look struct {
	at    time.Time
	took  time.Duration
	ready bool
	err   error
	// alive is what /healthz says: it never asks the database.
	alive bool
}

func (w *world) watchReady() *watch {
	x := &watch{over: make(chan struct{})}
	x.ended.Go(func() {
		for {
			began := time.Now()
			ready, err := w.server.ready()
			took := time.Since(began)
			alive, _ := w.server.ask("/healthz")
			x.mu.Lock()
			x.looks = append(x.looks, look{began, took, ready, err, alive})
			x.mu.Unlock()
			select {
			case <-x.over:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return x
}

func (x *watch) stop() {
	close(x.over)
	x.ended.Wait()
}

// awaitReady waits for a 200 that was asked for after a time, and tells how long after; 0 when there is none.
func (x *watch) awaitReady(since time.Time, limit time.Duration) time.Duration {
	for time.Since(since) < limit {
		x.mu.Lock()
		for _, l := range x.looks {
			if l.ready && l.at.After(since) {
				x.mu.Unlock()
				return l.at.Sub(since)
			}
		}
		x.mu.Unlock()
		time.Sleep(pollPause)
	}
	return 0
}

// firstDown is how long after a time the first answer that was not 200 came.
func (x *watch) firstDown(since time.Time) time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, l := range x.looks {
		if !l.ready && !l.at.Before(since) {
			return l.at.Add(l.took).Sub(since)
		}
	}
	return 0
}

// checkWatch: /readyz always answers soon, says 503 in the outage and nothing else once it has, and /healthz is always 200.
func (w *world) checkWatch(x *watch, began, ended time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	down := false
	for _, l := range x.looks {
		w.check()
		w.took("/readyz", l.took)
		switch {
		case l.err != nil || l.took > answerLimit:
			w.violation("readyz", "no answer after %s: %v", seconds(l.took), l.err)
		case !l.alive:
			w.violation("healthz", "is not 200 at %v", l.at)
		case !l.ready && l.at.After(began):
			down = true
		case l.ready && l.at.After(began.Add(servertest.Slowness*answerLimit)) && l.at.Add(l.took).Before(ended):
			w.violation("readyz", "200 %s into the outage", seconds(l.at.Sub(began)))
		}
	}
	if !down {
		w.violation("readyz", "never 503")
	}
}

// full fills the disk under the database, which is a small file system of its own, and makes room again. It tells when that can't be
// done here.
func full(ctx context.Context, w *world, mount string, length time.Duration) error {
	if err := w.openCentre(ctx); err != nil {
		return err
	}
	w.round++
	filler := filepath.Join(mount, "filler")
	return errors.Join(w.outageRound(ctx, outage{"full", func() error { return fill(filler) }, func() error { return os.Remove(filler) }}, length),
		w.finish(ctx))
}

// fill writes until nothing more fits.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for _, size := range [...]int{1 << 20, 4096, 1} {
		block := make([]byte, size)
		for err = nil; err == nil; {
			_, err = f.Write(block)
		}
	}
	return f.Close()
}

var errNoMount = errors.New("a small file system can't be mounted here: that takes root")

// mountSmall mounts a file system of 128 MiB, which is more than a run writes after there is room again, and gives what unmounts it.
func mountSmall(dir string) (func(), error) {
	if os.Geteuid() != 0 {
		return nil, errNoMount
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %w %s", errNoMount, err, out)
	}
	return func() { _ = exec.Command("umount", dir).Run() }, nil // the folder is removed anyway
}
