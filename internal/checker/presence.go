package checker

// checkPresences judges how agents come and go: gone is Offline, back within 150 seconds brings back what was, later is Available
// (PR-3, PR-7), and only who is there chooses (PR-6).
func (w *world) checkPresences() {
	for _, a := range w.everybody {
		var left *PresenceChange // the last time they went
		was := presence{base: offline}
		for i := range a.presence {
			c := &a.presence[i]
			if left != nil {
				if again, _ := a.bornSince(left.NotAfter, c.NotAfter); again { // whoever is made anew was never there
					left = nil
				}
			}
			gone := c.Cause == disconnected || c.Cause == signOut
			w.judged++
			switch {
			case c.Cause == "CREATED":
			case gone && (c.SignedIn || c.Base != offline):
				w.broke("PR-7", c.NotAfter, "agent %s became %s (%s, with a session: %t), not Offline", a.id, c.Base, c.Cause, c.SignedIn)
			case !gone && !c.SignedIn:
				w.broke("PR-7", c.NotAfter, "agent %s became %s (%s) without a session", a.id, c.Base, c.Cause)
			case c.Cause == manual && !was.signedIn && !c.More:
				w.broke("PR-6", c.NotAfter, "agent %s chose %s without a session", a.id, c.Base)
			case c.More:
			case c.Cause == signIn || c.Cause == restored:
				w.checkReturn(a, c, left)
			}
			if gone {
				left = c
			}
			was = presence{c.Base, c.SignedIn}
		}
	}
}

// checkReturn judges who comes back by when they went.
func (w *world) checkReturn(a *agentLine, c, left *PresenceChange) {
	if left == nil {
		if c.Cause == restored {
			w.broke("PR-7", c.NotAfter, "agent %s was restored, but was never there before", a.id)
		}
		return
	}
	if left.More || !left.exact() || !c.exact() {
		w.undecided++
		return
	}
	want, base := signIn, "AVAILABLE"
	if away := c.NotAfter.Sub(left.NotAfter); away <= restoreWithin {
		want = restored
		if before := w.presenceBefore(a, left); before != "" {
			base = before
		} else {
			base = c.Base
		}
	}
	if c.Cause != want || c.Base != base {
		w.broke("PR-7", c.NotAfter, "agent %s came back %s after going and became %s (%s), want %s (%s)", a.id, c.NotAfter.Sub(left.NotAfter),
			c.Base, c.Cause, base, want)
	}
}

// presenceBefore is the base that an agent had before they went; "" when it is not known.
func (w *world) presenceBefore(a *agentLine, left *PresenceChange) string {
	for i := range a.presence {
		if &a.presence[i] == left && i > 0 && !a.presence[i-1].More {
			return a.presence[i-1].Base
		}
	}
	return ""
}
