package ws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// operation is one subscribe of a client. It is over when it is no longer in conn.ops under its id: from then on
// nothing of it is sent, and the id is free, though its goroutine may still have to notice that ctx has ended.
type operation struct {
	id      string
	quoted  string // the id as JSON
	ctx     context.Context
	cancel  context.CancelFunc
	answers bool   // a drain waits for it: a query or mutation, or not yet known to be a subscription
	counted bool   // as one of the connection's open subscriptions
	release func() // of Options.Admit; may be nil
}

// subscribe starts an operation. Parsing and validating are the operation's own goroutine's, because a hostile
// document may take a second.
func (c *conn) subscribe(m message) {
	if c.base == nil {
		c.close(closeUnauthorized, "Unauthorized")
		return
	}
	quoted, _ := json.Marshal(m.ID) // A string always has a form in JSON.
	op := &operation{id: m.ID, quoted: string(quoted), answers: true}
	op.ctx, op.cancel = context.WithCancel(graphql.StartOperationTrace(c.base))
	m.params.Headers = c.r.Header

	c.mu.Lock()
	duplicate := c.ops[op.id] != nil
	full := len(c.ops) >= c.t.o.MaxOperations || c.count >= 2*c.t.o.MaxOperations
	over := c.closing || c.draining // The client starts it again on its next connection.
	if !over && !duplicate && !full {
		c.ops[op.id] = op
		c.count++
		c.answers++
		c.running.Add(1)
		c.mu.Unlock()
		if errs := c.admit(op); len(errs) > 0 {
			c.send(op, op.errors(errs), true)
			c.finish(op)
			return
		}
		go c.run(op, m.params)
		return
	}
	c.mu.Unlock()

	op.cancel()
	switch {
	case over:
	case duplicate:
		c.close(closeDuplicateID, fmt.Sprintf("Subscriber for %s already exists", op.id))
	default:
		c.push(op.errors(c.t.tooMany(LimitOperations, "operations", c.t.o.MaxOperations)))
	}
}

// admit asks the hook. Its errors are those of the executor's error presenter, as everywhere.
func (c *conn) admit(op *operation) (errs gqlerror.List) {
	if c.t.o.Admit == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			errs = c.recovered(op.ctx, nil, p)
		}
	}()
	release, err := c.t.o.Admit(op.ctx)
	if err != nil {
		return c.t.exec.DispatchError(op.ctx, listed(err)).Errors
	}
	op.release = release
	return nil
}

// follow counts op among the open subscriptions, and tells false when there are too many. What is over does not count.
func (c *conn) follow(op *operation) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ops[op.id] != op {
		return true
	}
	if c.subscriptions >= c.t.o.MaxSubscriptions {
		return false
	}
	op.counted = true
	c.subscriptions++
	return true
}

// drop makes op over. It is called with the lock held.
func (c *conn) drop(op *operation) {
	delete(c.ops, op.id)
	if op.counted {
		op.counted = false
		c.subscriptions--
	}
}

// completed ends an operation because its client no longer wants it. An unknown id has crossed with our own
// complete or error, and is nothing.
func (c *conn) completed(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op := c.ops[id]; op != nil {
		op.cancel()
		c.drop(op)
	}
}

// run is an operation's goroutine.
func (c *conn) run(op *operation, params *graphql.RawParams) {
	errs := c.execute(op, params)
	if op.release != nil {
		c.guarded(op.release) // Before the client hears the end: its next operation finds the place free.
	}
	switch {
	case op.ctx.Err() != nil: // Nobody waits for an answer, or the connection is about to close.
	case len(errs) > 0:
		c.send(op, op.errors(errs), true)
	default:
		c.send(op, text(`{"id":`+op.quoted+`,"type":"complete"}`), true)
	}
	c.finish(op)
}

// finish forgets an operation of which nothing runs any more.
func (c *conn) finish(op *operation) {
	defer c.running.Done()
	op.cancel()
	c.mu.Lock()
	c.count--
	if c.ops[op.id] == op {
		c.drop(op)
	}
	c.mu.Unlock()
	c.answered(op)
}

// execute takes an operation through gqlgen as gqlgen's own transports do. The errors are those that keep it from
// giving any (further) response.
func (c *conn) execute(op *operation, params *graphql.RawParams) (errs gqlerror.List) {
	var opCtx *graphql.OperationContext
	defer func() {
		if p := recover(); p != nil {
			errs = c.recovered(op.ctx, opCtx, p)
		}
	}()
	opCtx, errs = c.t.exec.CreateOperationContext(op.ctx, params)
	ctx := graphql.WithOperationContext(op.ctx, opCtx)
	if len(errs) > 0 {
		return c.t.exec.DispatchError(ctx, errs).Errors
	}
	single := opCtx.Operation.Operation != ast.Subscription
	if !single {
		c.answered(op)
		if !c.follow(op) {
			return c.t.tooMany(LimitSubscriptions, "subscriptions", c.t.o.MaxSubscriptions)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	if c.t.o.Started != nil {
		ended, err := c.t.o.Started(ctx, opCtx)
		if err != nil {
			return c.t.exec.DispatchError(ctx, listed(err)).Errors
		}
		if ended != nil {
			defer c.guarded(ended)
		}
	}
	head := []byte(`{"id":` + op.quoted + `,"type":"next","payload":`)
	next, ctx := c.t.exec.DispatchOperation(ctx, opCtx)
	for first := true; ; first = false {
		if !single && !c.out.waitRoom(ctx, c.t.o.WriteTimeout/2) {
			c.slow()
		}
		response := next(ctx)
		if response == nil || op.ctx.Err() != nil { // What is cancelled may answer so; nobody waits for that.
			return nil
		}
		failed := !single && len(response.Errors) > 0
		if failed && (!first || hasData(response)) {
			// A message that could not be read in full ends the stream: the next cursor would lie behind what the client has not heard (EV-1).
			return response.Errors
		}
		body, err := json.Marshal(response)
		if err != nil {
			panic(fmt.Errorf("encode response: %w", err)) // A marshaller wrote what is not JSON.
		}
		c.send(op, frame{websocket.TextMessage, head, body}, false)
		if failed || single && (response.HasNext == nil || !*response.HasNext) {
			return nil
		}
	}
}

// hasData tells a message from the answer of a resolver that refuses its subscription.
func hasData(r *graphql.Response) bool { return r.Data != nil && string(r.Data) != "null" }

// send queues a frame of op unless op is over, and with last makes it so in the same step: when the client sees its
// last message, the id is free.
func (c *conn) send(op *operation, f frame, last bool) {
	c.mu.Lock()
	if c.ops[op.id] != op {
		c.mu.Unlock()
		return
	}
	if last {
		c.drop(op)
	}
	ok := c.out.push(f)
	c.mu.Unlock()
	if !ok {
		c.slow()
	}
}

// answered tells a drain not to wait for op any longer.
func (c *conn) answered(op *operation) {
	c.mu.Lock()
	if op.answers {
		op.answers = false
		c.answers--
	}
	now := c.draining && c.answers == 0
	c.mu.Unlock()
	if now {
		c.close(closeRestart, reasonServiceRestart)
	}
}

// recovered turns a panic into errors through the executor's recover function and error presenter.
func (c *conn) recovered(ctx context.Context, opCtx *graphql.OperationContext, p any) (errs gqlerror.List) {
	defer func() {
		if again := recover(); again != nil {
			c.t.o.Log.Error("panic while presenting a panic", "panic", again, "stack", string(debug.Stack()))
			errs = internal()
		}
	}()
	if opCtx == nil || opCtx.RecoverFunc == nil { // It broke before gqlgen knew how to recover.
		c.t.o.Log.Error("panic in a websocket operation", "panic", p, "stack", string(debug.Stack()))
		return internal()
	}
	ctx = graphql.WithOperationContext(ctx, opCtx)
	errs = c.t.exec.DispatchError(ctx, listed(opCtx.Recover(ctx, p))).Errors
	if len(errs) == 0 {
		return internal()
	}
	return errs
}

// guarded calls a hook that must not take the server down.
func (c *conn) guarded(ended func()) {
	defer func() {
		if p := recover(); p != nil {
			c.t.o.Log.Error("panic in a websocket hook", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	ended()
}

func internal() gqlerror.List {
	return gqlerror.List{{Message: "internal system error", Extensions: map[string]any{"code": "INTERNAL"}}}
}

// tooMany is the error of an operation that a limit of its connection refuses.
func (t *Transport) tooMany(limit Limit, what string, most int) gqlerror.List {
	t.refused(limit)
	return gqlerror.List{{
		Message:    fmt.Sprintf("at most %d %s may be open on a connection", most, what),
		Extensions: map[string]any{"code": "LIMIT_EXCEEDED"},
	}}
}

// listed makes gqlgen's kind of list out of any error, without hiding its cause from an error presenter.
func listed(err error) gqlerror.List {
	if list, ok := errors.AsType[gqlerror.List](err); ok && len(list) > 0 {
		return list
	}
	if one, ok := errors.AsType[*gqlerror.Error](err); ok {
		return gqlerror.List{one}
	}
	return gqlerror.List{gqlerror.Wrap(err)}
}

// errors builds the error message of an operation.
func (op *operation) errors(errs gqlerror.List) frame {
	payload, err := json.Marshal(errs)
	if err != nil { // Somebody's extensions can't be encoded.
		payload, _ = json.Marshal(internal())
	}
	return text(`{"id":` + op.quoted + `,"type":"error","payload":` + string(payload) + `}`)
}
