package main

import (
	"fmt"
	"strings"

	"rapport/internal/configdir"
)

// phoneRange is a range of mobile numbers that were set aside for fiction: nobody has one of them.
type phoneRange struct {
	weight int // how common its numbers are among the customers
	first  int
	count  int
	format string
}

// United Kingdom: Ofcom, numbers for drama. North America: 555-0100 to 555-0199 of every area. France: Arcep,
// audiovisual works. Germany: Bundesnetzagentur, communication 148/2021. Sweden: PTS, numbers for fiction.
var phoneRanges = []phoneRange{
	{weight: 60, first: 0, count: 1000, format: "+44 7700 900%03d"},
	{weight: 7, first: 100, count: 100, format: "+1 202 555 0%03d"},
	{weight: 6, first: 100, count: 100, format: "+1 416 555 0%03d"},
	{weight: 12, first: 0, count: 10000, format: "+33 6 39 98 %04d"},
	{weight: 9, first: 0, count: 100, format: "+49 171 39200%02d"},
	{weight: 6, first: 5, count: 95, format: "+46 70 174 06 %02d"},
}

// makeContacts makes the customers of the first wave. A few have no e-mail address or no mobile phone, nobody has neither.
func (g *generator) makeContacts() {
	shares := make([]int, len(departments))
	for n, d := range departments {
		shares[n] = d.share
	}
	for range contactCount {
		g.makeContact(shares)
	}
}

// makeContact makes the next customer; the shares tell how likely each queue is the one of most of their work.
func (g *generator) makeContact(shares []int) {
	p := g.newPerson()
	contact := configdir.Contact{ID: id("ct", len(g.centre.Contacts)+1), FullName: p.full}
	missing := g.pick([]int{86, 6, 8})
	if missing != 1 {
		contact.Email = g.newEmail(p)
	}
	if missing != 2 {
		contact.MobilePhone = g.newPhone()
	}
	g.centre.Contacts = append(g.centre.Contacts, contact)
	g.home = append(g.home, g.pick(shares))
}

// newEmail draws an address that nobody has yet, in the ways in which people write them.
func (g *generator) newEmail(p person) string {
	domain := []string{"example.com", "example.org", "example.net"}[g.pick([]int{6, 2, 2})]
	var local string
	switch g.pick([]int{60, 15, 10, 8, 7}) {
	case 0:
		local = p.given + "." + p.family
	case 1:
		local = p.given[:1] + "." + p.family
	case 2:
		local = p.family + "." + p.given
	case 3:
		local = p.given + "_" + p.family
	case 4:
		local = upperFirst(p.given) + "." + upperFirst(p.family)
	}
	for n := 2; ; n++ {
		address := local + "@" + domain
		if g.take(strings.ToLower(address)) {
			return address
		}
		local = fmt.Sprintf("%s%d", strings.TrimRight(local, "0123456789"), n)
	}
}

// upperFirst is for plain Latin letters only.
func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// newPhone draws a number that nobody has yet.
func (g *generator) newPhone() string {
	weights := make([]int, len(phoneRanges))
	for n, r := range phoneRanges {
		weights[n] = r.weight
	}
	for {
		r := phoneRanges[g.pick(weights)]
		number := fmt.Sprintf(r.format, r.first+g.random.IntN(r.count))
		if g.take(number) {
			return number
		}
	}
}
