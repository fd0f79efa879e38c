package loopback

import "testing"

// TestIs: what only looks like this machine is not it.
func TestIs(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "[::1]": false, "localhost.": false, "localhost.evil.example": false, "evil-localhost": false, "127.0.0.1.evil.example": false, "127.1": false,
		"2130706433": false, "0x7f.0.0.1": false, "0177.0.0.1": false, "::1%lo": false, "127.0.0.1:80": false,
		"0.0.0.0": false, "::": false, "10.0.0.1": false, "128.0.0.1": false, "fe80::1": false, "::ffff:10.0.0.1": false,
	} {
		if Is(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}
