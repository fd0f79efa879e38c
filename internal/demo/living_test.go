package demo

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/apitest"
	"rapport/internal/configdir"
	"rapport/internal/play"
)

func example(t *testing.T) *configdir.Dir {
	t.Helper()
	dir, err := configdir.Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestCustomers: they write in an endless order of time, by all workstreams but appointments, many of them to whoever tries the demo, and some
// are nobody known.
func TestCustomers(t *testing.T) {
	dir := example(t)
	town := newTown(dir)
	const many = 4000
	streams, references := map[string]int{}, map[string]bool{}
	strangers, peoples, last := 0, 0, time.Duration(0)
	for range many {
		it, more := town.next()
		if !more || it.At < last || it.Patience != patience || references[it.Reference] {
			t.Fatalf("after %s comes %+v", last, it)
		}
		last = it.At
		streams[it.Workstream]++
		references[it.Reference] = true
		switch {
		case it.Contact == "":
			strangers++
		case slices.Contains(People, town.rows[it.Contact]):
			peoples++
		}
		if lasts := workOf(it.Reference); lasts < workMin || lasts >= workMost {
			t.Fatalf("%s is worked on for %s", it.Reference, lasts)
		}
	}
	if len(streams) != len(dir.Workstreams)-1 {
		t.Errorf("they write to %v", streams)
	}
	if strangers < many/10 || strangers > many/5 || peoples < many/3 || peoples > many/2 {
		t.Errorf("of %d customers %d are nobody known, %d write to people", many, strangers, peoples)
	}
	if average := last / many; average < between*9/10 || average > between*11/10 {
		t.Errorf("one comes every %s", average)
	}
}

// TestMoves: whoever goes comes back, in the way that fits, and all ways of going are gone.
func TestMoves(t *testing.T) {
	moves := newTown(example(t)).moves("ag_1")
	pairs := map[string]int{}
	first, _ := moves()
	if first.Does != play.SignIn || first.At > begin {
		t.Fatalf("first comes %+v", first)
	}
	last := first
	for n := range 1000 {
		m, more := moves()
		if !more || m.At <= last.At || m.Agent != "ag_1" {
			t.Fatalf("after %+v comes %+v", last, m)
		}
		if n%2 == 1 {
			pairs[last.Does+" "+m.Does]++
		}
		last = m
	}
	want := []string{"AWAY AVAILABLE", "BUSY AVAILABLE", "DO_NOT_DISTURB AVAILABLE", "DROP SIGN_IN", "SIGN_OUT SIGN_IN"}
	for _, pair := range want {
		if pairs[pair] == 0 {
			t.Errorf("%s never happens", pair)
		}
	}
	if len(pairs) != len(want) {
		t.Errorf("they do %v", pairs)
	}
}

// TestLiveOnlyInTheExample: nobody is played in a database of somebody's own.
func TestLiveOnlyInTheExample(t *testing.T) {
	web := apitest.Serve(t, apitest.New(t))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := Live(ctx, strings.TrimPrefix(web.URL, "http://"), slog.New(slog.DiscardHandler)); !errors.Is(err, errOther) {
		t.Errorf("in an empty database: %v", err)
	}
}

// TestTroubleIsToldOnce in a while, however often it comes.
func TestTroubleIsToldOnce(t *testing.T) {
	var log bytes.Buffer
	troubled := nowAndThen(slog.New(slog.NewTextHandler(&log, nil)))
	for range 100 {
		troubled(errors.New("no such workstream"))
	}
	if n := strings.Count(log.String(), "no such workstream"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}
