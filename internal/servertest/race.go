//go:build race

package servertest

// RaceDetector says whether this program, and so the server that [Build] makes, has the race detector.
const RaceDetector = true

// Slowness is how many times longer a test should wait for what must come than without the race detector.
const Slowness = 4
