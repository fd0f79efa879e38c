package api

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"rapport/engine"
	"rapport/internal/auth"
	"rapport/resolvers"
)

// sessions opens a session when an agent subscribes to their own offers, and closes it when that subscription ends in whatever way
// (PR-8). An agent must not stay signed in because the database was away at the wrong moment: what could not be closed is tried
// again until it is, or until the server ends.
type sessions struct {
	writer resolvers.Writer
	log    *slog.Logger

	mu sync.Mutex
	// kept: it is the server that goes, not the agents.
	kept bool
	// left are the sessions still to be closed; closing tells that a goroutine is at them.
	left    map[engine.SessionID]struct{}
	closing bool
}

const (
	closeTimeout = 10 * time.Second
	closePause   = time.Second
)

func newSessions(w resolvers.Writer, log *slog.Logger) *sessions {
	return &sessions{writer: w, log: log, left: map[engine.SessionID]struct{}{}}
}

// keep: from now on the end of a subscription closes no session.
func (s *sessions) keep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = true
}

func (s *sessions) isKept() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept
}

// started is the hook of the WebSocket transport.
func (s *sessions) started(ctx context.Context, op *graphql.OperationContext) (func(), error) {
	actor := auth.Actor(ctx)
	if actor.AgentID == "" || !actor.Permissions.HasAny(engine.OwnWork) || !subscribes(op, actor.AgentID) {
		return nil, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	session := engine.SessionID("se_" + id.String())
	_, _, err = s.writer.Do(ctx, engine.Call{Command: engine.OpenSession{ID: session, AgentID: actor.AgentID}, Actor: actor})
	if err != nil {
		var refusal *engine.Error
		if errors.As(err, &refusal) && refusal.MaybeMade {
			s.closeLater(session)
		}
		return nil, err
	}
	auth.SetSession(op, session)
	return func() { s.close(session) }, nil
}

// subscribes tells whether the operation is a subscription to the agent's own offers that the resolver will not refuse for its cursor: nobody is
// signed in, and offered work, by a call that fails.
func subscribes(op *graphql.OperationContext, agent engine.AgentID) bool {
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		if field.Name != "agentOffers" {
			continue
		}
		arguments := field.ArgumentMap(op.Variables)
		id, _ := arguments["agentId"].(string)
		after, resumes := arguments["after"].(string)
		_, isCursor := engine.ParseCursor(after)
		return engine.AgentID(id) == agent && (!resumes || isCursor)
	}
	return false
}

// close ends a session, now or later.
func (s *sessions) close(id engine.SessionID) {
	if !s.isKept() && s.try(id) != nil {
		s.closeLater(id)
	}
}

func (s *sessions) try(id engine.SessionID) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_, _, err := s.writer.Do(ctx, engine.Call{Command: engine.CloseSession{SessionID: id}, Actor: engine.System})
	return err
}

// closeLater leaves a session to one goroutine that works through all that are left.
func (s *sessions) closeLater(id engine.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left[id] = struct{}{}
	if !s.closing {
		s.closing = true
		s.log.Warn("sessions could not be closed; they will be")
		go s.closeLeft()
	}
}

func (s *sessions) closeLeft() {
	for {
		time.Sleep(closePause)
		for _, id := range s.toClose() {
			if s.try(id) != nil {
				break // the others would fare no better
			}
			s.mu.Lock()
			delete(s.left, id)
			s.mu.Unlock()
		}
		s.mu.Lock()
		if len(s.left) == 0 || s.kept {
			s.closing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

func (s *sessions) toClose() []engine.SessionID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]engine.SessionID, 0, len(s.left))
	for id := range s.left {
		ids = append(ids, id)
	}
	return ids
}
