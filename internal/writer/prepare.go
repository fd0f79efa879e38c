package writer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"unicode/utf8"

	"rapport/engine"
)

// prepare works out in the caller's goroutine whatever does not need the engine: the entropy of ids, the key's hash.
func prepare(call engine.Call) (*request, error) {
	r := &request{Call: call, entropy: rand.Uint64(), done: make(chan struct{})}
	if call.Key == "" {
		return r, nil
	}
	if !utf8.ValidString(call.Key) || utf8.RuneCountInString(call.Key) > MaxKey {
		return nil, &engine.Error{
			Code: engine.CodeBadUserInput, Field: "idempotencyKey", Message: fmt.Sprintf("must have at most %d characters", MaxKey),
		}
	}
	command, err := json.Marshal(call.Command)
	if err != nil {
		return nil, fmt.Errorf("hash the command: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%T\n%s", call.Command, command))
	r.hash = hex.EncodeToString(sum[:])
	return r, nil
}

func (r *request) keyRef() engine.KeyRef { return engine.KeyRef{Principal: r.Actor.ID, Key: r.Key} }
