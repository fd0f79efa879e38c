package forge

import (
	"encoding/json"
	"strings"
	"time"
)

// claims are signed with a good key, and say what is not to be taken.
func claims(s Signer, now time.Time) []Kind {
	all := append(whoAndWhere(s, now), when(s, now)...)
	return append(all, texts(s, now)...)
}

// changed is a token with other claims.
func changed(s Signer, now time.Time, name string, changes Members) Kind {
	return Kind{Name: name, Token: s.Token(now, changes), Control: s.Token(now, nil)}
}

func whoAndWhere(s Signer, now time.Time) []Kind {
	var all []Kind
	for name, changes := range map[string]Members{
		"another issuer":                         {"iss": "somebody"},
		"an issuer that begins like ours":        {"iss": s.Issuer + "/x"},
		"an issuer in capitals":                  {"iss": strings.ToUpper(s.Issuer)},
		"an issuer in a list":                    {"iss": []string{s.Issuer}},
		"no issuer":                              {"iss": nil},
		"an empty issuer":                        {"iss": ""},
		"another audience":                       {"aud": "somebody"},
		"a list of audiences without ours":       {"aud": []string{"a", "b", s.Audience + "x"}},
		"an empty list of audiences":             {"aud": []string{}},
		"a list of audiences that has a number":  {"aud": []any{s.Audience, 1}},
		"an audience that is an object":          {"aud": Members{s.Audience: true}},
		"no audience":                            {"aud": nil},
		"no subject":                             {"sub": nil},
		"an empty subject":                       {"sub": ""},
		"a subject that is a number":             {"sub": 1},
		"a subject that is too long":             {"sub": strings.Repeat("x", 256)},
		"a subject with a line end":              {"sub": "some\nbody"},
		"a subject with a NUL":                   {"sub": "somebody\x00"},
		"a subject with a control character":     {"sub": "some\u0085body"},
		"an agent that is a name":                {"agent_id": "ann"},
		"an agent with the id of a queue":        {"agent_id": "qu_01900000-0000-7000-8000-000000000001"},
		"an agent in capitals":                   {"agent_id": "ag_01900000-0000-7000-8000-00000000000A"},
		"an agent that is a number":              {"agent_id": 1},
		"an agent in a list":                     {"agent_id": []string{"ag_01900000-0000-7000-8000-000000000001"}},
		"an empty agent":                         {"agent_id": ""},
		"an agent that is null":                  {"agent_id": json.RawMessage("null")},
		"roles that are a number":                {"roles": 1},
		"roles that are true":                    {"roles": true},
		"roles that are null":                    {"roles": json.RawMessage("null")},
		"roles that are an object":               {"roles": Members{"ADMIN": true}},
		"roles with a number among them":         {"roles": []any{"ADMIN", 1}},
		"roles with a list among them":           {"roles": []any{[]string{"ADMIN"}}},
		"an empty role":                          {"roles": []string{"ADMIN", ""}},
		"a role with a line end":                 {"roles": []string{"ADMIN\n"}},
		"33 roles":                               {"roles": strings.Split(strings.Repeat("x ", 32)+"x", " ")},
		"33 roles in a text":                     {"roles": strings.Repeat("x ", 33)},
		"a role that is longer than a name is":   {"roles": strings.Repeat("x", 256)},
		"half a surrogate pair in the subject":   {"sub": json.RawMessage(`"\ud800"`)},
		"half a surrogate pair in the roles":     {"roles": json.RawMessage(`["\udc00"]`)},
		"an issuer with a NUL behind it":         {"iss": s.Issuer + "\x00"},
		"an audience with a space before it":     {"aud": " " + s.Audience},
		"a list of lists of audiences with ours": {"aud": []any{[]string{s.Audience}}},
	} {
		all = append(all, changed(s, now, name, changes))
	}
	return all
}

func when(s Signer, now time.Time) []Kind {
	number := func(text string) json.RawMessage { return json.RawMessage(text) }
	var all []Kind
	for name, changes := range map[string]Members{
		"no end":                               {"exp": nil},
		"an end that is null":                  {"exp": number("null")},
		"an end in a text":                     {"exp": "99999999999"},
		"an end as a date":                     {"exp": now.Add(time.Hour)},
		"an end that is true":                  {"exp": true},
		"an end in a list":                     {"exp": []int64{now.Add(time.Hour).Unix()}},
		"an end before 1970":                   {"exp": -1},
		"an end beyond every year":             {"exp": number("1e18")},
		"an end beyond every integer":          {"exp": number("1e300")},
		"an end beyond every number":           {"exp": number("1e400")},
		"an end that overflows an int64":       {"exp": number("9223372036854775808")},
		"not yet good":                         {"nbf": now.Add(time.Minute).Unix()},
		"not good for ever":                    {"nbf": number("1e300")},
		"good from a text on":                  {"nbf": "0"},
		"issued tomorrow":                      {"iat": now.Add(24 * time.Hour).Unix()},
		"issued in a text":                     {"iat": "0"},
		"expired, and for another audience":    {"exp": now.Add(-time.Hour).Unix(), "aud": "somebody"},
		"expired, and with the wrong roles":    {"exp": now.Add(-time.Hour).Unix(), "roles": 1},
		"ended before the time began, at zero": {"exp": number("-0.5")},
	} {
		all = append(all, changed(s, now, name, changes))
	}
	for name, ago := range map[string]time.Duration{"an hour ago": time.Hour, "a moment longer ago than clocks may differ": 6 * time.Second} {
		kind := changed(s, now, "expired "+name, Members{"exp": now.Add(-ago).Unix()})
		kind.Expired = true
		all = append(all, kind)
	}
	return all
}

// texts have claims that two readers could read in two ways, or that are none.
func texts(s Signer, now time.Time) []Kind {
	whole := s.claims(now, nil).text()
	text := func(name, claims string) Kind {
		return Kind{Name: name, Token: s.ed.signText(s.ed.header().text(), claims), Control: s.ed.signText(s.ed.header().text(), whole)}
	}
	return []Kind{
		text("the subject twice", insert(whole, `"sub":"somebody"`)),
		text("the roles twice, once escaped", insert(whole, `"\u0072oles":["ADMIN"]`)),
		text("the end twice", `{"exp":1,`+whole[1:]),
		text("a member twice, deep within", insert(whole, `"x":[{"y":1,"y":1}]`)),
		text("claims that are not UTF-8", insert(whole, "\"x\":\"\xc3\x28\"")),
		text("a subject that is not UTF-8", strings.Replace(whole, "somebody", "some\xffbody", 1)),
		text("claims that are a list", "["+whole+"]"),
		text("claims that are null", "null"),
		text("claims that are a text", `"somebody"`),
		text("no claims", "{}"),
		text("something behind the claims", whole+whole),
		text("an end that is NaN", insert(s.claims(now, Members{"exp": nil}).text(), `"exp":NaN`)),
		text("an end in hexadecimal", insert(s.claims(now, Members{"exp": nil}).text(), `"exp":0xFFFFFFFF`)),
		text("claims with a comment", whole+"//"),
		text("a byte order mark", "\ufeff"+whole),
	}
}
