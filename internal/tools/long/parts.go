package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// part is one of the long tests.
type part struct {
	name  string // of its log too
	about string
	// minutes is how long it takes on two processors; when the limit is over it is ended and has failed.
	minutes int
	limit   time.Duration
	// test are the arguments of a go test, which then is the command.
	test, command []string
	env           []string // NAME=VALUE, besides ours
	// together: neighbours with the same word run side by side.
	together string
	// proof is in the log if anything was tested. A match of skipped is something that was left out, named by its group.
	proof, skipped *regexp.Regexp
	figures        []figure
}

// figure is something that the log tells.
type figure struct {
	label string
	// found has one group for the figure, unless only the matches count.
	found *regexp.Regexp
	take  take
}

// take says what becomes of several matches.
type take int

const (
	last take = iota
	sum
	count
)

// Under the race detector, which makes it 10 times slower, fewer seeds of the simulation are enough: they find no new kinds of access.
const raceSeeds = 200

// slack is what a limit leaves for a slower machine, as a factor.
const slack = 3

// allParts is the table of what there is.
func allParts(o options, packages []string) []part {
	return complete([]part{{
		name: "torture", about: fmt.Sprintf("kill the server %d times on each database, take its database away, fill its disk", o.rounds),
		minutes: 5 + o.rounds*10/50,
		command: []string{goProgram(), "run", "./internal/tools/torture", "--rounds", strconv.Itoa(o.rounds)},
		proof:   regexp.MustCompile(`(?m)^kill \w+ +[1-9]`), skipped: regexp.MustCompile(`(?m)^(\w+) is left out`),
		figures: []figure{
			{"rounds", tortureColumn(1), sum}, {"acknowledged", tortureColumn(2), sum}, {"checked", tortureColumn(5), sum},
			{"judged", tortureColumn(10), sum}, {"violations", tortureColumn(9), sum},
		},
	}, {
		name: "simulation", about: fmt.Sprintf("the engine in small worlds of random commands, seeds 1 to %s", thousands(o.seeds)),
		minutes: 1 + o.seeds*8/20000,
		test:    []string{"-run", "^TestSimulation$", "./engine"}, env: []string{"RAPPORT_SEEDS=" + strconv.Itoa(o.seeds)},
		figures: []figure{{"tests", topLevelPass, count}},
	}, {
		name: "mutants", about: "break the engine on purpose, each time its tests must notice", minutes: 8,
		command: []string{goProgram(), "run", "./internal/tools/mutants"},
		proof:   foundMutant,
		figures: []figure{{"found", foundMutant, count}, {"not found", regexp.MustCompile(`(?m)^\d\d-\S+ +PROBLEM`), count}},
	}, {
		name: "race", about: "the race detector over all packages and the server that they start", minutes: 25,
		// One package at a time: each has enough to do for two processors.
		test: append([]string{"-race", "-p", "1"}, packages...), env: []string{"CGO_ENABLED=1", "RAPPORT_SEEDS=" + strconv.Itoa(raceSeeds)},
		figures: []figure{
			{"packages", regexp.MustCompile(`(?m)^ok\s`), count}, {"tests", topLevelPass, count},
			{"data races", regexp.MustCompile(`WARNING: DATA RACE`), count},
		},
	}, {
		name: "day-mariadb", about: "an hour of a contact centre's day, 2,000 work items through the API, judged by the checker, on MariaDB", minutes: 5,
		test: []string{"-run", "^TestDay$", "./examples/contact-centre/day"}, env: []string{"RAPPORT_DAY_MARIADB=1"},
		figures: []figure{
			{"work items", regexp.MustCompile(`(\d+) work items, `), last}, {"questions judged", regexp.MustCompile(`(\d+) questions judged`), last},
		},
	}, {
		name: "fuzz", about: fmt.Sprintf("documents, variables, socket frames, tokens, cursors, ids made up by a fuzzer for %d s", o.fuzzSeconds),
		minutes: 5 + o.fuzzSeconds/60,
		command: []string{"bash", "scripts/fuzz.sh", strconv.Itoa(o.fuzzSeconds)}, proof: fuzzed,
		figures: []figure{{"targets", fuzzed, count}, {"executions", regexp.MustCompile(`(?m)^fuzz: \S+ \S+ ok, execs: (\d+)`), sum}},
	}, foldPart(o, "SQLite"), foldPart(o, "MariaDB")})
}

// complete fills in what follows from the rest of a part.
func complete(parts []part) []part {
	for i := range parts {
		p := &parts[i]
		// Nothing may be left out for want of a program: with these its test fails. A single seed would be all there is.
		p.env = append([]string{"CI=1", "RAPPORT_REQUIRE_MARIADB=1", "RAPPORT_SEED="}, p.env...)
		p.limit = time.Duration(p.minutes) * slack * time.Minute
		if p.together != "" { // its length is given
			p.limit = time.Duration(p.minutes+15) * time.Minute
		}
		if p.test == nil {
			continue
		}
		// Go's own limit comes first: it shows where the test hangs.
		p.command = append([]string{goProgram(), "test", "-count=1", "-v", "-timeout", (p.limit - time.Minute).String()}, p.test...)
		p.proof = topLevelPass
		// A test that skips a case that one database has not is complete; one that skips itself is not.
		p.skipped = regexp.MustCompile(`(?m)^(?:--- SKIP: (\S+)|ok\s+(\S+)\s.*\[no tests to run\])`)
	}
	return parts
}

// foldPart is the subscriptions' fold on one database. Both wait more than they work, so they run side by side.
func foldPart(o options, db string) part {
	return part{
		name: "fold-" + strings.ToLower(db), about: fmt.Sprintf("200 subscribers under load for %d s on %s", o.foldSeconds, db),
		minutes: 2 + o.foldSeconds/60, together: "fold",
		test: []string{"-run", "^TestFold$/^" + db + "$", "./internal/e2e"}, env: []string{"RAPPORT_FOLD_SECONDS=" + strconv.Itoa(o.foldSeconds)},
		figures: []figure{
			{"load", regexp.MustCompile(`(\S+) of load`), last}, {"events", regexp.MustCompile(`, events (\d+)`), last},
			{"messages", regexp.MustCompile(`, messages (\d+)`), last}, {"resumes", regexp.MustCompile(`, resumes (\d+)`), last},
			{"restarts", regexp.MustCompile(`, restarts (\d+)`), last}, {"violations", regexp.MustCompile(`, violations (\d+)`), sum},
		},
	}
}

var (
	topLevelPass = regexp.MustCompile(`(?m)^--- PASS: `)
	fuzzed       = regexp.MustCompile(`(?m)^fuzz: \S+ \S+ ok`)
	foundMutant  = regexp.MustCompile(`(?m)^\d\d-\S+ +(?:Test|a )`)
)

// tortureColumn finds the figures of a column of torture's table; the first is 1.
func tortureColumn(n int) *regexp.Regexp {
	// The times behind the fifth have a blank before their unit, or are a dash.
	columns := strings.Repeat(` +(?:\d+(?:\.\d\d s)?|-)`, n-1)
	return regexp.MustCompile(`(?m)^(?:kill|gone|full) \w+` + columns + ` +(\d+)\b`)
}
