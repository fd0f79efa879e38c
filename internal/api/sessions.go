package api

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"rapport/engine"
	"rapport/internal/auth"
	"rapport/resolvers"
)

// sessions opens a session when an agent subscribes to their own offers, and closes it when that subscription ends in whatever way
// (PR-8).
type sessions struct {
	writer resolvers.Writer
	log    *slog.Logger
	kept   atomic.Bool
}

const (
	closeTimeout = 10 * time.Second
	closePause   = time.Second
)

func newSessions(w resolvers.Writer, log *slog.Logger) *sessions {
	return &sessions{writer: w, log: log}
}

// keep: from now on the end of a subscription closes no session, because it is the server that goes.
func (s *sessions) keep() { s.kept.Store(true) }

// started is the hook of the WebSocket transport.
func (s *sessions) started(ctx context.Context, op *graphql.OperationContext) (func(), error) {
	actor := auth.Actor(ctx)
	if actor.AgentID == "" || subscribedAgent(op) != actor.AgentID {
		return nil, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	session := engine.SessionID("se_" + id.String())
	_, _, err = s.writer.Do(ctx, engine.Call{Command: engine.OpenSession{ID: session, AgentID: actor.AgentID}, Actor: actor})
	if err != nil {
		if unclear(err) {
			go s.close(session)
		}
		return nil, err
	}
	return func() { s.close(session) }, nil
}

// subscribedAgent is the agent whose offers the operation subscribes to, "" when it does not.
func subscribedAgent(op *graphql.OperationContext) engine.AgentID {
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		if field.Name == "agentOffers" {
			id, _ := field.ArgumentMap(op.Variables)["agentId"].(string)
			return engine.AgentID(id)
		}
	}
	return ""
}

// close ends a session for good: an agent must not stay signed in because the database was away at the wrong moment, so it is tried
// until it is done or the server ends.
func (s *sessions) close(id engine.SessionID) {
	for !s.kept.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		_, _, err := s.writer.Do(ctx, engine.Call{Command: engine.CloseSession{SessionID: id}, Actor: engine.System})
		cancel()
		if err == nil {
			return
		}
		if !unclear(err) {
			s.log.Error("a session was not closed", "session", id, "error", err)
			return
		}
		time.Sleep(closePause)
	}
}

// unclear tells whether a command may or may not have been made, or may be made later.
func unclear(err error) bool {
	var refusal *engine.Error
	return !errors.As(err, &refusal) || refusal.Code == engine.CodeUnavailable || refusal.Code == engine.CodeRateLimited
}
