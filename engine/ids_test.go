package engine

import "testing"

// TestIDsGoOnInTheSameMillisecond: an engine that takes another's place within the millisecond makes ids behind those of the work items that are there,
// so that the order of ids stays that of creation, by which the oldest item is found (EV-3, WS-3). Found by seed 1531 of the simulation.
func TestIDsGoOnInTheSameMillisecond(t *testing.T) {
	var source idSource
	source.begin(benchStart, 7)
	for range 5 {
		last := source.next("wi_")
		again := idSource{}
		again.goOnBehind(last)
		again.begin(benchStart, 0)
		if next := again.next("wi_"); next <= last {
			t.Fatalf("%s comes after %s", next, last)
		}
	}
	full := idSource{milli: benchStart.UnixMilli(), count: 0xfff}
	last := full.next("wi_")
	again := idSource{}
	again.goOnBehind(last)
	again.begin(benchStart, 0)
	if next := again.next("wi_"); next <= last {
		t.Errorf("in a borrowed millisecond %s comes after %s", next, last)
	}
	for _, odd := range []string{"", "wi_none", "wi_zzzzzzzz-zzzz-7zzz-8000-000000000000"} {
		before := again
		again.goOnBehind(odd)
		if again != before {
			t.Errorf("%q moves the ids", odd)
		}
	}
}
