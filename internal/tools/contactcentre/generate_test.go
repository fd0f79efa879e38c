package main

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"

	contactcentre "rapport/examples/contact-centre"
	"rapport/internal/configdir"
)

// The committed files are those that the generator makes: nobody edited one by hand, or changed the generator
// without running it.
func TestCommittedFilesAreGenerated(t *testing.T) {
	for _, f := range configdir.Render(&generate(seed).centre) {
		committed, err := contactcentre.Files.ReadFile(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, f.Data) {
			t.Errorf("%s is not what the generator makes; run: go generate ./examples/contact-centre", f.Name)
		}
	}
}

// What is written is what was meant: reading the files gives the centre back, names and all.
func TestFilesReadBack(t *testing.T) {
	for s := range uint64(5) {
		g := generate(s)
		files := fstest.MapFS{}
		for _, f := range configdir.Render(&g.centre) {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		got, err := configdir.Load(files)
		if err != nil {
			t.Fatalf("seed %d: %v", s, err)
		}
		if !same(got, &g.centre) {
			t.Errorf("seed %d: the files do not read back as what was made", s)
		}
	}
}

// same compares what two folders say.
func same(a, b *configdir.Dir) bool {
	return reflect.DeepEqual(a.Organization, b.Organization) && reflect.DeepEqual(a.Agents, b.Agents) &&
		reflect.DeepEqual(a.Queues, b.Queues) && reflect.DeepEqual(a.Workstreams, b.Workstreams) &&
		reflect.DeepEqual(a.Contacts, b.Contacts) && reflect.DeepEqual(a.Matrix, b.Matrix) &&
		reflect.DeepEqual(a.ContactPolicies, b.ContactPolicies) && reflect.DeepEqual(a.Roles, b.Roles)
}

// Most preferred agents are members of the queue to which the contact's usual work goes, yet not all.
func TestPreferredAgentsKnowTheUsualWork(t *testing.T) {
	g := generate(seed)
	entries, fitting := 0, 0
	for _, row := range g.centre.Matrix {
		contact := slices.IndexFunc(g.centre.Contacts, func(c configdir.Contact) bool { return c.ID == row.Contact })
		members := g.centre.Queues[g.home[contact]].Members
		for _, agent := range row.Agents {
			entries++
			if slices.Contains(members, agent) {
				fitting++
			}
		}
	}
	if share := 100 * fitting / entries; share < 80 || share > 97 {
		t.Errorf("%d of 100 preferred agents are in the queue of the contact's usual work, not 80 to 97", share)
	}
}

// The address of a name is plain ASCII, whatever the name is written in.
func TestNamesHaveAPlainSpelling(t *testing.T) {
	for _, p := range slices.Concat(peoples, morePeoples) {
		for _, name := range slices.Concat(p.given, p.family) {
			own, latin := spell(name)
			if own == "" || latin == "" {
				t.Errorf("%q gives %q and %q", name, own, latin)
			}
			for _, r := range latin {
				if r < 'a' || r > 'z' {
					t.Errorf("%q is spelt %q, with %q", name, latin, r)
				}
			}
		}
	}
}
