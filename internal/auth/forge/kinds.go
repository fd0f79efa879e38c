package forge

import (
	"slices"
	"strings"
	"time"
)

// Kind is one way to forge a token, or to make a wrong one. Its token is printable ASCII, so that it can be sent in a header.
type Kind struct {
	Name    string
	Token   string // must be refused
	Control string // made in the same way, without the mistake; must be taken
	Expired bool   // it is only too late
}

// Kinds are all of them, as of now, for a server that trusts a signer's keys (JWKS), issuer and audience and reads the default claims.
func Kinds(good Signer, now time.Time) ([]Kind, error) {
	other, err := New() // has the same names of keys
	if err != nil {
		return nil, err
	}
	confused, err := confusions(good, now)
	if err != nil {
		return nil, err
	}
	embedded, err := embeddings(good, other, now)
	if err != nil {
		return nil, err
	}
	curved, err := curves(good, now)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(
		unsigned(good, now), confused, embedded, swaps(good, other, now), curved, shapes(good, now), headers(good, now), claims(good, now),
	)
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// shapes are not the three parts of base64url that a token is, or too long.
func shapes(s Signer, now time.Time) []Kind {
	good := s.Token(now, nil)
	parts := strings.Split(good, ".")
	header, body, signed := parts[0], parts[1], parts[2]
	wrong := func(name string, parts ...string) Kind {
		return Kind{Name: name, Token: strings.Join(parts, "."), Control: good}
	}
	return []Kind{
		wrong("nothing but dots", "", "", ""),
		wrong("no token", "token"),
		wrong("without a signature, with its dot", header, body, ""),
		wrong("without a signature and its dot", header, body),
		wrong("without claims", header, "", signed),
		wrong("a cut signature", header, body, signed[:len(signed)-4]),
		wrong("a longer signature", header, body, signed+"AAAA"),
		wrong("another signature", header, body, flip(signed)),
		wrong("other claims", header, segment(s.claims(now, Members{"sub": "somebody else"}).text()), signed),
		wrong("a fourth part", header, body, signed, "AAAA"),
		wrong("an empty fourth part", header, body, signed, ""),
		wrong("five parts, as of an encrypted token", segment(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"rsa"}`), "AAAA", "AAAAAAAAAAAAAAAA", "AAAA", "AAAA"),
		wrong("five parts, the signed ones first", header, body, signed, "AAAA", "AAAA"),
		wrong("padded", header, body, signed+"=="),
		wrong("a padded header", header+"==", body, signed),
		wrong("a space within", header, body, signed[:10]+" "+signed[10:]),
		wrong("standard base64", header, body, "+/"+signed[2:]),
		wrong("bits behind the end of the signature", header, body, trailingBits(signed)),
		wrong("percent encoding", header, body, signed[:5]+"%41"+signed[6:]),
		wrong("in JSON", `{"payload":"`+body+`","protected":"`+header+`","signature":"`+signed+`"}`),
		{Name: "too long", Token: s.Token(now, Members{"note": strings.Repeat("x", 9000)}), Control: s.Token(now, Members{"note": strings.Repeat("x", 5000)})},
		{
			Name:    "deeply nested claims",
			Token:   s.ed.signText(s.ed.header().text(), nested(s, now, 2500)),
			Control: s.ed.signText(s.ed.header().text(), nested(s, now, 10)),
		},
	}
}

// nested are claims with lists within lists.
func nested(s Signer, now time.Time, depth int) string {
	return insert(s.claims(now, nil).text(), `"deep":`+strings.Repeat("[", depth)+strings.Repeat("]", depth))
}

// insert adds a member, as text, to an object.
func insert(object, member string) string {
	return strings.TrimSuffix(object, "}") + "," + member + "}"
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// flip changes one character in the middle.
func flip(text string) string {
	at := len(text) / 2
	return text[:at] + string(alphabet[(strings.IndexByte(alphabet, text[at])+1)%len(alphabet)]) + text[at+1:]
}

// trailingBits sets the bits of the last character that stand for no byte: 64 bytes, the length of an Ed25519 signature, leave four.
func trailingBits(text string) string {
	last := strings.IndexByte(alphabet, text[len(text)-1])
	return text[:len(text)-1] + string(alphabet[last|1])
}

// headers are signed with a good key, and have a header that is not ours to take.
func headers(s Signer, now time.Time) []Kind {
	good := s.Token(now, nil)
	said := s.claims(now, nil)
	changed := func(name string, changes Members) Kind {
		return Kind{Name: name, Token: s.ed.sign(s.ed.header().with(changes), said), Control: good}
	}
	text := func(name, header string) Kind {
		return Kind{Name: name, Token: s.ed.signText(header, said.text()), Control: good}
	}
	whole := s.ed.header().text()
	return []Kind{
		changed("crit", Members{"crit": []string{"exp"}, "exp": 1}),
		changed("an empty crit", Members{"crit": []string{}}),
		changed("content that is not encoded", Members{"b64": false, "crit": []string{"b64"}}),
		changed("b64 without crit", Members{"b64": false}),
		changed("a token within the token", Members{"cty": "JWT"}),
		changed("another typ", Members{"typ": "secevent+jwt"}),
		changed("a typ that is a number", Members{"typ": 1}),
		changed("no algorithm", Members{"alg": nil}),
		changed("an algorithm in a list", Members{"alg": []string{"EdDSA"}}),
		changed("an algorithm in lower case", Members{"alg": "eddsa"}),
		changed("a kid that is a number", Members{"kid": 1}),
		changed("a kid that is a list", Members{"kid": []string{ed25519Kid}}),
		changed("no kid, with several keys", Members{"kid": nil}),
		changed("an empty kid", Members{"kid": ""}),
		changed("a kid that nobody has", Members{"kid": "nobody"}),
		changed("a kid that is a path", Members{"kid": "../../../../../../dev/null"}),
		changed("a kid that is SQL", Members{"kid": "x' UNION SELECT 'ed"}),
		changed("a kid that is an address", Members{"kid": "http://127.0.0.1/jwks.json#ed"}),
		changed("a kid with a NUL behind it", Members{"kid": ed25519Kid + "\x00"}),
		changed("a kid in capitals", Members{"kid": strings.ToUpper(ed25519Kid)}),
		text("the algorithm twice", insert(whole, `"alg":"EdDSA"`)),
		text("the algorithm twice, once escaped", insert(whole, `"\u0061lg":"none"`)),
		text("the kid twice", `{"kid":"rsa",`+whole[1:]),
		text("a header that is a list", `["EdDSA"]`),
		text("a header that is null", "null"),
		text("something behind the header", whole+"{}"),
		text("a header that is not UTF-8", insert(whole, "\"x\":\"\xff\"")),
	}
}
