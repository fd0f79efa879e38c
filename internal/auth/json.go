package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth is how deep the objects and lists of a token or a key set may lie in each other.
const maxDepth = 16

// checkObject refuses what two readers could read in two ways, or what is no JSON object: a member that is there twice in one object
// (encoding/json takes the last, others the first), text that is not UTF-8, something behind the object, and what is nested too deep.
// The error says nothing of what the text says.
func checkObject(text []byte) error {
	switch {
	case !utf8.Valid(text):
		return errors.New("is not UTF-8")
	case !json.Valid(text):
		return errors.New("is not JSON")
	case !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")):
		return errors.New("is not a JSON object")
	}
	var open []level
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber() // a number that no float holds is not for here to judge
	for {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return errors.New("is not JSON")
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if len(open) == maxDepth {
				return errors.New("is nested too deep")
			}
			open = append(open, newLevel(token))
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if name, ok := token.(string); ok && open[len(open)-1].atName {
				if !open[len(open)-1].add(name) {
					return errors.New("has a member twice")
				}
				continue
			}
		}
		if n := len(open); n > 0 { // a value has ended
			open[n-1].atName = open[n-1].names != nil
		}
	}
}

// level is an object or a list that has begun.
type level struct {
	names  map[string]bool // of an object; nil of a list
	atName bool            // what comes is a member's name, if not the end
}

func newLevel(begin json.Token) level {
	if begin == json.Delim('{') {
		return level{names: map[string]bool{}, atName: true}
	}
	return level{}
}

// add notes a member; false if it is there already.
func (l *level) add(name string) bool {
	l.atName = false
	if l.names[name] {
		return false
	}
	l.names[name] = true
	return true
}
