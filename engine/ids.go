package engine

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// The id types of the nouns: a prefix that tells the noun, and a UUIDv7 in lower case, 39 bytes in all. The stored id is
// the global id of the API.
type (
	// ContactID identifies a Contact: "ct_" and a UUID.
	ContactID string
	// AgentID identifies an Agent: "ag_" and a UUID.
	AgentID string
	// QueueID identifies a Queue: "qu_" and a UUID.
	QueueID string
	// WorkstreamID identifies a Workstream: "ws_" and a UUID.
	WorkstreamID string
	// WorkItemID identifies a WorkItem: "wi_" and a UUID.
	WorkItemID string
	// OfferID identifies an Offer: "of_" and a UUID.
	OfferID string
	// AssignmentID identifies an Assignment: "as_" and a UUID.
	AssignmentID string
	// SessionID identifies a Session: "se_" and a UUID.
	SessionID string
	// APIKeyID identifies an APIKey: "ak_" and a UUID.
	APIKeyID string
	// PresenceStatusID identifies a PresenceStatus: "ps_" and a UUID, or a name for the built-in ones.
	PresenceStatusID string
	// CapacityProfileID identifies a CapacityProfile: "cp_" and a UUID.
	CapacityProfileID string
)

// IDLength is the length of every id but those of presence statuses: a prefix of three characters and a UUID of 36.
const IDLength = 39

// ValidID tells whether id is the prefix followed by a UUID in lower case.
func ValidID(prefix, id string) bool {
	if len(id) != IDLength || id[:3] != prefix {
		return false
	}
	for i, c := range []byte(id[3:]) {
		switch dash := i == 8 || i == 13 || i == 18 || i == 23; {
		case dash && c != '-':
			return false
		case !dash && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f'):
			return false
		}
	}
	return true
}

// idSource makes UUIDv7 that increase strictly, so that the order of ids is the order of creation: 48 bits of time in
// milliseconds, 12 bits that count within the millisecond, and 62 bits from the entropy that came with the command. When a
// millisecond's 4,096 numbers are used up it borrows the next millisecond.
type idSource struct {
	milli   int64
	count   uint16
	entropy uint64
}

func (s *idSource) begin(now time.Time, entropy uint64) {
	if m := now.UnixMilli(); m > s.milli {
		s.milli, s.count = m, 0
	}
	s.entropy = entropy
}

// goOnBehind makes the next ids come behind one that was made before, which may have been in this very millisecond: the order of ids is that of creation.
func (s *idSource) goOnBehind(id string) {
	var b [8]byte
	if len(id) != IDLength {
		return
	}
	if _, err := hex.Decode(b[:], []byte(id[3:11]+id[12:16]+id[17:21])); err != nil {
		return
	}
	made := binary.BigEndian.Uint64(b[:])
	if milli, count := int64(made>>16), uint16(made&0xfff); milli > s.milli || milli == s.milli && count > s.count {
		s.milli, s.count = milli, count
	}
}

func (s *idSource) next(prefix string) string {
	if s.count++; s.count > 0xfff {
		s.milli, s.count = s.milli+1, 1
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(s.milli)<<16|0x7000|uint64(s.count))
	binary.BigEndian.PutUint64(b[8:], s.random()>>2|1<<63)
	var out [IDLength]byte
	copy(out[:], prefix)
	text := out[3:]
	for i, cut := range [...][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		at := cut[0]*2 + i
		hex.Encode(text[at:], b[cut[0]:cut[1]])
		if i > 0 {
			text[at-1] = '-'
		}
	}
	return string(out[:])
}

// random is splitmix64: every entropy gives its own sequence, and the same entropy the same one.
func (s *idSource) random() uint64 {
	s.entropy += 0x9e3779b97f4a7c15
	z := s.entropy
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
