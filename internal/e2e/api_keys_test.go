package e2e

import (
	"strings"
	"sync"
	"testing"
)

// keysMakeCallsRepeatable: with the same key and input the same answer, without a second change; with another input a conflict. So for
// every mutation.
func keysMakeCallsRepeatable(t *testing.T, s *server) {
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			c := newCentre(t, s, 3, "")
			in := m.prepare(c)
			in.input["idempotencyKey"] = "key " + c.queue
			first, err := m.run(c.c, in)
			if err != nil {
				t.Fatal(err)
			}
			again, err := m.run(c.c, in)
			if a, b := encoded(first), encoded(again); err != nil || a != b {
				t.Errorf("first %s, again %s, %v", a, b, err)
			}
			m.differently(in.input)
			if _, err := m.run(c.c, in); refusal(err) != "CONFLICT/KEY_REUSED@idempotencyKey" {
				t.Errorf("another input with the same key: %v", err)
			}
		})
	}
}

// keysHaveOwners: a key belongs to whoever used it, holds for one change even among many callers, and is 1 to 100 characters long.
func keysHaveOwners(t *testing.T, s *server) {
	c := newCentre(t, s, 2, "")
	const document = `mutation ($k: String) { createContact(input: {fullName: "Keyed", idempotencyKey: $k}) { contact { id } } }`
	ids := make([]string, 20)
	var callers sync.WaitGroup
	for i := range ids {
		callers.Go(func() { ids[i] = c.c.do(t, document, vars{"k": "many " + c.queue}).text("createContact.contact.id") })
	}
	callers.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("twenty callers with one key made %v", ids)
		}
	}
	for _, agent := range c.agents {
		const signOut = `mutation ($k: String) { signOut(input: {idempotencyKey: $k}) { agent { id } } }`
		if got := c.c.as(agent).do(t, signOut, vars{"k": "many " + c.queue}).text("signOut.agent.id"); got != agent {
			t.Errorf("the key of one caller counted for another: %s signed out %s", agent, got)
		}
	}
	for _, k := range []struct {
		key, want string
	}{
		{"", "BAD_USER_INPUT@idempotencyKey"},
		{strings.Repeat("k", 101), "BAD_USER_INPUT@idempotencyKey"},
		{c.queue + strings.Repeat("k", 61), ""},
		{c.queue + strings.Repeat("é", 61), ""},
	} {
		if _, err := c.c.try(document, vars{"k": k.key}); refusal(err) != k.want {
			t.Errorf("a key of %d characters: %v, want %q", len([]rune(k.key)), err, k.want)
		}
	}
	// What null means where it is not the same as leaving out, a key must tell apart too.
	policy := func(fields string) error {
		_, err := c.c.try(`mutation ($w: ID!, $k: String) { updateRoutingPolicy(input: {scopeId: $w, idempotencyKey: $k `+fields+`}) {
			workstream { id } } }`, vars{"w": c.workstream, "k": "null " + c.queue})
		return err
	}
	if err := policy(""); err != nil {
		t.Fatal(err)
	}
	if err := policy(", retryPreferred: null"); refusal(err) != "CONFLICT/KEY_REUSED@idempotencyKey" {
		t.Errorf("a policy field taken away with the key of a call that left it out: %v", err)
	}
}
