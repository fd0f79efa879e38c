package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/configdir"
)

// committedDay is the folder of the day in the repository.
const committedDay = "../../../examples/contact-centre/" + dayFolder

// The committed files are those that the generator makes, and there are no others.
func TestCommittedDayIsGenerated(t *testing.T) {
	want := map[string]bool{"README.md": true, "day_test.go": true}
	for _, f := range makeDay(generate(seed), seed).files() {
		want[f.Name] = true
		committed, err := os.ReadFile(filepath.Join(committedDay, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, f.Data) {
			t.Errorf("%s is not what the generator makes; run: go generate ./examples/contact-centre", f.Name)
		}
	}
	listed, err := os.ReadDir(committedDay)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range listed {
		if !want[f.Name()] {
			t.Errorf("%s is none of the day's files", f.Name())
		}
	}
}

// The same seed makes the same day, another seed another one.
func TestDayIsReproducible(t *testing.T) {
	one, same, other := makeDay(generate(7), 7).files(), makeDay(generate(7), 7).files(), makeDay(generate(8), 8).files()
	for n := range one {
		if !bytes.Equal(one[n].Data, same[n].Data) {
			t.Errorf("%s differs though the seed is the same", one[n].Name)
		}
		if bytes.Equal(one[n].Data, other[n].Data) {
			t.Errorf("%s is the same though the seed differs", one[n].Name)
		}
	}
}

// table is a file of the committed day as a stranger reads it: by column.
func table(t *testing.T, name, header string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(committedDay, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is read only
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(records[0], ","); got != header {
		t.Fatalf("%s has the columns %s", name, got)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for n, column := range records[0] {
			row[column] = record[n]
		}
		rows = append(rows, row)
	}
	return rows
}

func dayItems(t *testing.T) []map[string]string {
	return table(t, "items.csv", "at,reference,workstream,contact,priority,workSeconds,patienceSeconds")
}

func dayAgents(t *testing.T) []map[string]string { return table(t, "agents.csv", "at,agent,does") }

func dayOrders(t *testing.T) []map[string]string {
	return table(t, "supervisor.csv", "at,reference,does,to")
}

func dayTemperaments(t *testing.T) []map[string]string {
	return table(t, "temperaments.csv", "agent,accept,reject,miss,thinkSeconds")
}

// number reads a whole number within bounds.
func number(t *testing.T, text string, least, most int) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		t.Errorf("%q is no whole number from %d to %d", text, least, most)
	}
	return n
}

var oneDecimal = regexp.MustCompile(`^(0|[1-9]\d*)\.\d$`)

// tenthsOf reads seconds with one decimal, within the hour.
func tenthsOf(t *testing.T, text string) int {
	t.Helper()
	if !oneDecimal.MatchString(text) {
		t.Fatalf("%q is no number of seconds with one decimal", text)
	}
	return number(t, strings.Replace(text, ".", "", 1), 0, hour-1)
}

// checkAscending says so when rows do not come in the order of their times.
func checkAscending(t *testing.T, rows []map[string]string) {
	t.Helper()
	before := 0
	for _, row := range rows {
		at := tenthsOf(t, row["at"])
		if at < before {
			t.Errorf("%v comes too late in its table", row)
		}
		before = at
	}
}

// centre is the committed centre, which the day is about.
func centre(t *testing.T) *configdir.Dir {
	t.Helper()
	c, err := configdir.Load(contactcentre.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// 2,000 items over five channels, each with its own reference, of workstreams and customers who are there. Who waits for a chat or a call
// gives up some time; for an e-mail or a case nobody does.
func TestItems(t *testing.T) {
	c, rows := centre(t), dayItems(t)
	if len(rows) != 2000 {
		t.Errorf("%d items", len(rows))
	}
	checkAscending(t, rows)
	workstreams, contacts := map[string]configdir.Workstream{}, map[string]bool{"": true}
	for _, w := range c.Workstreams {
		workstreams[w.ID] = w
	}
	for _, one := range c.Contacts {
		contacts[one.ID] = true
	}
	references, channels, inPeriod := map[string]bool{}, map[string]int{}, make([]int, len(arrivals))
	unknown, urgentOnes := 0, 0
	for _, row := range rows {
		channel := workstreams[row["workstream"]].Channel
		channels[channel]++
		inPeriod[tenthsOf(t, row["at"])/period]++
		if word, _, _ := strings.Cut(row["reference"], "-"); !strings.EqualFold(word, channel) || references[row["reference"]] {
			t.Errorf("%s is no reference of %s, or comes twice", row["reference"], channel)
		}
		references[row["reference"]] = true
		if !contacts[row["contact"]] {
			t.Errorf("%s: there is no contact %s", row["reference"], row["contact"])
		}
		if row["contact"] == "" {
			unknown++
		}
		if row["priority"] != "" {
			urgentOnes++
			number(t, row["priority"], 1, 1)
		}
		number(t, row["workSeconds"], 20, 600)
		if never := channel == "EMAIL" || channel == "CASE"; never != (row["patienceSeconds"] == "") {
			t.Errorf("%s gives up after %q", row["reference"], row["patienceSeconds"])
		} else if !never {
			number(t, row["patienceSeconds"], 120, 3600)
		}
	}
	if want := map[string]int{"CHAT": 800, "VOICE": 410, "SMS": 320, "EMAIL": 330, "CASE": 140}; !maps.Equal(channels, want) {
		t.Errorf("by channel %v, want %v", channels, want)
	}
	if !slices.Equal(inPeriod, arrivals) {
		t.Errorf("in five minutes come %v, want %v", inPeriod, arrivals)
	}
	if unknown < 200 || unknown > 280 || urgentOnes < 20 || urgentOnes > 60 {
		t.Errorf("%d are not identified, %d are urgent; want 200 to 280, and 20 to 60", unknown, urgentOnes)
	}
}

// Most customers write to the queue of their usual work, all of those do who write by a way that waits for the agents who know them, and
// many write again by another channel within minutes.
func TestCustomersOfTheDay(t *testing.T) {
	d := makeDay(generate(seed), seed)
	known, usualWork, followUps := 0, 0, 0
	last := map[int]item{}
	for _, i := range d.items {
		if i.contact == nobody {
			continue
		}
		known++
		usually := d.home[i.contact] == d.queue(i.way)
		if usually {
			usualWork++
		} else if ways[i.way].known {
			t.Errorf("%s is from somebody whose usual work is another", i.reference)
		}
		if before, wrote := last[i.contact]; wrote && i.at-before.at <= latest && ways[before.way].word != ways[i.way].word {
			followUps++
		}
		last[i.contact] = i
	}
	if share := 100 * usualWork / known; share < 75 || share > 90 {
		t.Errorf("%d of 100 write to the queue of their usual work, not 75 to 90", share)
	}
	if followUps < 250 || followUps > 500 {
		t.Errorf("%d write again by another channel within minutes, not 250 to 500", followUps)
	}
}

// PR-6, PR-7: an agent is signed in before they do anything else, and comes back from what they began: a presence chosen by hand ends in
// Available, a connection that is lost and a sign-out in a sign-in, short and long. When the hour ends, nearly all are there and Available.
func TestAgentsOfTheDay(t *testing.T) {
	c, rows := centre(t), dayAgents(t)
	checkAscending(t, rows)
	may := map[string][]string{
		"":        {signIn},
		signIn:    {signOut, drop, busy, away, doNotDisturb},
		available: {signOut, drop, busy, away, doNotDisturb},
		busy:      {available}, away: {available}, doNotDisturb: {available},
		signOut: {signIn}, drop: {signIn},
	}
	last, since := map[string]string{}, map[string]int{}
	var lost [3]int // back within 10 s, within 150 s, later
	kinds := map[string]int{}
	for _, row := range rows {
		agent, does, at := row["agent"], row["does"], tenthsOf(t, row["at"])
		if !slices.Contains(may[last[agent]], does) {
			t.Errorf("%s: %s does %s after %q", row["at"], agent, does, last[agent])
		}
		if took := at - since[agent]; last[agent] == drop {
			switch {
			case took <= 10*seconds:
				lost[0]++
			case took <= 150*seconds:
				lost[1]++
			default:
				lost[2]++
			}
		}
		last[agent], since[agent] = does, at
		kinds[does]++
	}
	if lost != [3]int{4, 4, 3} {
		t.Errorf("back within 10 s, 150 s and later: %v", lost)
	}
	if kinds[away] < 12 || kinds[busy] < 8 || kinds[doNotDisturb] < 3 || kinds[signOut] < 4 {
		t.Errorf("too little goes on: %v", kinds)
	}
	there := 0
	for agent, does := range last {
		if !slices.ContainsFunc(c.Agents, func(a configdir.Agent) bool { return a.ID == agent }) {
			t.Errorf("there is no agent %s", agent)
		}
		switch does {
		case signIn, available:
			there++
		case signOut:
		default:
			t.Errorf("%s is left at %s", agent, does)
		}
	}
	if len(last) != agentCount-len(absent) || there != len(last)-earlyAgents {
		t.Errorf("%d work in this hour, %d are there at its end", len(last), there)
	}
}

// Each agent of the hour has a temperament; its shares add up to 100, and nobody thinks for longer than the shortest offer lasts.
func TestTemperaments(t *testing.T) {
	work, has := map[string]bool{}, map[string]bool{}
	for _, row := range dayAgents(t) {
		work[row["agent"]] = true
	}
	for _, row := range dayTemperaments(t) {
		has[row["agent"]] = true
		sum := number(t, row["accept"], 50, 100) + number(t, row["reject"], 0, 40) + number(t, row["miss"], 0, 40)
		if sum != 100 {
			t.Errorf("%v: that is %d in all", row, sum)
		}
		if think := tenthsOf(t, row["thinkSeconds"]); think < 10 || think > 120 {
			t.Errorf("%v: they think for %d tenths of a second", row, think)
		}
	}
	if !maps.Equal(work, has) {
		t.Errorf("%d agents work, %d have a temperament, and they are not the same", len(work), len(has))
	}
}

// WS-6: what a supervisor does by hand concerns items that have come, and leads to what is there: a queue that is not the item's, an agent who is
// signed in and a member, a contact for somebody who was not identified.
func TestSupervisor(t *testing.T) {
	d := makeDay(generate(seed), seed)
	rows := dayOrders(t)
	checkAscending(t, rows)
	times, touched := map[string]int{}, map[string]bool{}
	for _, row := range rows {
		n := slices.IndexFunc(d.items, func(i item) bool { return i.reference == row["reference"] })
		if n < 0 || touched[row["reference"]] {
			t.Fatalf("%v: there is no such item, or a second order for it", row)
		}
		touched[row["reference"]] = true
		i, at := d.items[n], tenthsOf(t, row["at"])
		if at < i.at+5*seconds {
			t.Errorf("%v: the item came at %s", row, tenths(i.at))
		}
		times[row["does"]]++
		queue, good := d.centre.Queues[d.queue(i.way)], false
		switch row["does"] {
		case transfer, transferAnyhow:
			good = row["to"] != queue.ID && slices.ContainsFunc(d.centre.Queues, func(q configdir.Queue) bool { return q.ID == row["to"] })
		case prioritise:
			good = number(t, row["to"], 0, 1000) < 10
		case assign, pickUp:
			agent := slices.IndexFunc(d.centre.Agents, func(a configdir.Agent) bool { return a.ID == row["to"] })
			good = slices.Contains(queue.Members, row["to"]) && d.there(at)[agent]
		case link:
			good = i.contact == nobody && slices.ContainsFunc(d.centre.Contacts, func(c configdir.Contact) bool { return c.ID == row["to"] })
		}
		if !good {
			t.Errorf("%v makes no sense for an item in %s", row, queue.Name)
		}
	}
	want := map[string]int{}
	for _, kind := range orderKinds {
		want[kind.does] += kind.times
	}
	if !maps.Equal(times, want) {
		t.Errorf("a supervisor does %v, want %v", times, want)
	}
}

// What README.md says of the hour is so.
func TestReadmeOfTheDay(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(committedDay, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := strings.Join(strings.Fields(string(data)), " ")
	d := makeDay(generate(seed), seed)
	var lines []string
	for n, w := range ways {
		workstream := d.workstreams[w.workstream]
		patience := "never"
		if w.patience > 0 {
			patience = fmt.Sprintf("%d to %d minutes", w.patience/60, (w.patience+w.morePatience)/60)
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %d | %d to %d | %s |", workstream.Channel, workstream.Name, departments[d.queue(n)].name,
			w.items, w.work, w.work+w.spread-1, patience))
	}
	comes := strings.Trim(strings.ReplaceAll(fmt.Sprint(arrivals), " ", ", "), "[]")
	at := strings.LastIndex(comes, ", ")
	lines = append(lines, "Every five minutes come "+comes[:at]+" and "+comes[at+2:]+".",
		fmt.Sprintf("Of the %d agents %d work in this hour", agentCount, agentCount-len(absent)))
	for _, line := range lines {
		if !strings.Contains(readme, line) {
			t.Errorf("it does not say: %s", line)
		}
	}
}
