package e2e

import (
	"slices"
	"testing"
	"time"
)

// closesSoon waits until the server closes a socket with 4403, and tells when.
func closesSoon(t *testing.T, what string, so *socket) time.Time {
	t.Helper()
	if code := so.closeCode(t); code != 4403 {
		t.Errorf("%s: the socket is closed with %d (%v), want 4403", what, code, so.err)
	}
	return time.Now()
}

// TestTokensEndOnSockets: a token's socket is closed with 4403 when it ends, and whoever comes back with a new one and the last cursor has missed nothing.
func TestTokensEndOnSockets(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, db string) {
		s := startGuarded(t, db)
		w := newWorld(t, s)
		w.workstream = w.mine.pick
		const document = `subscription ($after: String) { workItems(after: $after) { type cursor workItem { id } } }`
		var cursor any
		seen, lives := []string{}, 0
		live := func(end time.Time) (so *socket) { // one life of a client: until the socket ends, or nothing more is to come
			so, err := dial(s.url(""), s.issuer.tokenUntil(end, "", "OBSERVER"))
			if err != nil {
				t.Fatal(err)
			}
			st, err := so.subscribe(document, vars{"after": cursor})
			if err != nil {
				t.Fatal(err)
			}
			defer time.AfterFunc(time.Until(end)+patience, so.kill).Stop() // if the server does not
			for text := range st.messages {
				m := readAnswer(t, text).data.at("workItems")
				if at := m.at("cursor").value; at != nil {
					cursor = at
				}
				if id := m.text("workItem.id"); id != "null" && !slices.Contains(seen, id) {
					seen = append(seen, id)
				}
				if m.text("type") == "READY" {
					lives++
				}
				if m.text("workItem.id") == "null" && lives == 3 {
					return so
				}
			}
			return so
		}
		made := make(chan []string)
		stop := make(chan struct{})
		go func() {
			var ids []string
			for {
				select {
				case <-stop:
					made <- ids
					return
				case <-time.After(20 * time.Millisecond):
					ids = append(ids, w.newItem(""))
				}
			}
		}()
		for range 2 {
			end := time.Now().Add(2 * time.Second).Truncate(time.Second)
			closed := closesSoon(t, "the end of a token", live(end))
			if late := closed.Sub(end); late < 0 || late > patience/5 {
				t.Errorf("it was closed %s after the token's end", late)
			}
			time.Sleep(100 * time.Millisecond) // what happens now has to be caught up with
		}
		close(stop)
		ids := <-made
		live(time.Now().Add(time.Hour)).kill()
		for _, id := range ids {
			if !slices.Contains(seen, id) {
				t.Errorf("%s was never heard of", id)
			}
		}
		if len(ids) < 10 || lives != 3 {
			t.Errorf("%d items in %d lives prove nothing", len(ids), lives)
		}
		// One that has only just ended is taken over HTTP, because clocks differ, but not for a socket, which would end at once.
		just := s.issuer.tokenUntil(time.Now().Add(-2*time.Second), "", "OBSERVER")
		if got := overHTTP(s, just)(t, whoDocument, nil); got.code != "" {
			t.Errorf("a token that has just ended: %s", got.text)
		}
		if code, _, err := knock(s, initWith(just), nil); code != 4403 || err != nil {
			t.Errorf("a socket with a token that has just ended is closed with %d, %v", code, err)
		}
		// A token that is over lets nobody in, for good.
		refuses(t, s, "an expired token", s.issuer.tokenUntil(time.Now().Add(-10*time.Second), "", "OBSERVER"), true)
	})
}

// TestSessionsOutliveTokens: an agent whose token ends keeps their offer when they come back with a new one (PR-7).
func TestSessionsOutliveTokens(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	w := newWorld(t, s)
	d := desk{agent: w.newAgent("Ann", 5)}
	d.queue = w.newQueue(d.agent)
	w.queue = d.queue
	w.workstream = w.newWorkstream("offerSeconds: 600")
	first, err := subscribeOffers(s.url(""), s.issuer.tokenUntil(time.Now().Add(2*time.Second), d.agent, "AGENT"), d.agent)
	if err != nil {
		t.Fatal(err)
	}
	item := w.newItem("")
	o := first.awaitOffer(t, item, "OPEN")
	closesSoon(t, "the end of an agent's token", first.socket)
	again := signIn(t, s, d.agent)
	if len(again.open) != 1 || again.open[0].ID != o.ID || again.open[0].State != "OPEN" {
		t.Errorf("they come back to %+v", again.open)
	}
	if got := w.presence(d.agent); got.text("base") != "AVAILABLE" || got.text("signedIn") != "true" {
		t.Errorf("they are %s", encoded(got))
	}
}

// TestWhatIsTakenAwayEndsSockets: who is connected with a key that is revoked, or a role that is changed or deleted, is closed with 4403 at once, with
// everything that runs; others are not.
func TestWhatIsTakenAwayEndsSockets(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	w := newWorld(t, s)
	i := s.issuer
	const streams = `subscription { queueFigures { type } }`
	connect := func(token string) *socket {
		t.Helper()
		so, err := dial(s.url(""), token)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(so.kill)
		st, err := so.subscribe(streams, nil)
		if err != nil {
			t.Fatal(err)
		}
		for m := range st.messages {
			if readAnswer(t, m).data.text("queueFigures.type") == "READY" {
				return so
			}
		}
		t.Fatal("no READY")
		return nil
	}
	role, gone, untouched := w.newRole("SETTINGS_READ", "WORK_READ"), w.newRole("SETTINGS_READ"), w.newRole("SETTINGS_READ")
	id, key := w.newKey(time.Now().Add(time.Hour), "OBSERVER")
	_, ofRole := w.newKey(time.Now().Add(time.Hour), role)
	bystanders := []*socket{connect(i.token("", "OBSERVER")), connect(i.token("", untouched)), connect(i.token("", "ADMIN"))}
	byKey, byRole, byKeyOfRole, byGone := connect(key), connect(i.token("", "OBSERVER", role)), connect(ofRole), connect(i.token("", gone))
	short := time.Now().Add(2 * time.Second)
	_, ending := w.newKey(short, "OBSERVER")
	byEnding := connect(ending)

	began := time.Now()
	w.give("", "revokeApiKey", `apiKeyId`, vars{"apiKeyId": id})
	closesSoon(t, "a revoked key", byKey)
	w.give("", "updateRole", `role { version }`, vars{"name": role, "permissions": []string{"WORK_READ"}})
	closesSoon(t, "a changed role among others", byRole)
	closesSoon(t, "a key of a changed role", byKeyOfRole)
	w.give("", "deleteRole", `name`, vars{"name": gone})
	closesSoon(t, "a deleted role", byGone)
	if took := time.Since(began); took > patience/3 {
		t.Errorf("it took %s", took)
	}
	if late := closesSoon(t, "a key that ended", byEnding).Sub(short); late < -50*time.Millisecond || late > patience/5 {
		t.Errorf("the key's socket was closed %s after its end", late)
	}
	refuses(t, s, "a revoked key", key, false)
	// They come back with what is now.
	if got := onSocket(t, s, ofRole)(t, streams, nil); got.code != "FORBIDDEN" {
		t.Errorf("with the changed role: %s", got.text)
	}
	if got := onSocket(t, s, ofRole)(t, `{ viewer { permissions } }`, nil); got.text != `{"data":{"viewer":{"permissions":["WORK_READ"]}}}` {
		t.Errorf("they may do %s", got.text)
	}
	for n, so := range bystanders {
		if got := so.ask(t, `{ viewer { principal } }`, nil); got.code != "" {
			t.Errorf("bystander %d: %s", n, got.text)
		}
	}
}

// TestNobodyGivesMoreThanTheyHave: who may change access makes no more of themselves, or of others, than they are (RL-2).
func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	s := startGuarded(t, sqliteFile(t))
	w := newWorld(t, s)
	role := w.newRole("ACCESS_READ", "ACCESS_WRITE", "WORK_READ")
	larger := w.newRole("CONTACTS_READ")
	ask := overHTTP(s, s.issuer.token("", role))
	at := rfc(time.Now().Add(time.Hour))
	before := w.state()
	for _, document := range []string{
		`mutation { createRole(input: {name: "MORE", permissions: [WORK_READ, CONTACTS_READ]}) { role { name } } }`,
		`mutation { updateRole(input: {name: "` + role + `", permissions: [ACCESS_WRITE, SETTINGS_WRITE]}) { role { name } } }`,
		`mutation { updateRole(input: {name: "` + larger + `", description: "mine"}) { role { name } } }`,
		`mutation { createApiKey(input: {name: "k", roles: ["ADMIN"], expiresAt: "` + at + `"}) { secret } }`,
		`mutation { createApiKey(input: {name: "k", roles: ["` + role + `", "` + larger + `"], expiresAt: "` + at + `"}) { secret } }`,
	} {
		if got := ask(t, document, nil); got.code != "FORBIDDEN" {
			t.Errorf("%s: %s", document, got.text)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("it has changed %s", difference(before, after))
	}
	for _, document := range []string{
		`mutation { createRole(input: {name: "LESS", permissions: [WORK_READ]}) { role { name } } }`,
		`mutation { createApiKey(input: {name: "k", roles: ["` + role + `", "LESS"], expiresAt: "` + at + `"}) { secret } }`,
	} {
		if got := ask(t, document, nil); got.code != "" {
			t.Errorf("%s: %s", document, got.text)
		}
	}
	admin := w.c.as("")
	for _, name := range []string{"ADMIN", "MANAGER", "AGENT", "SERVICE", "OBSERVER"} {
		if _, err := admin.try(`mutation ($n: String!) { updateRole(input: {name: $n, permissions: [WORK_READ]}) { role { name } } }`, vars{"n": name}); refusal(err) != "BAD_USER_INPUT@name" {
			t.Errorf("%s can be changed: %v", name, err)
		}
	}
}
