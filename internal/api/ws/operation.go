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
	answers bool // a drain waits for it: a query or mutation, or not yet known to be a subscription
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
		c.push(op.errors(gqlerror.List{{
			Message:    fmt.Sprintf("at most %d operations may be open on a connection", c.t.o.MaxOperations),
			Extensions: map[string]any{"code": "LIMIT_EXCEEDED"},
		}}))
	}
}

// completed ends an operation because its client no longer wants it. An unknown id has crossed with our own
// complete or error, and is nothing.
func (c *conn) completed(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op := c.ops[id]; op != nil {
		op.cancel()
		delete(c.ops, id)
	}
}

// run is an operation's goroutine.
func (c *conn) run(op *operation, params *graphql.RawParams) {
	defer c.running.Done()
	errs := c.execute(op, params)
	switch {
	case op.ctx.Err() != nil: // Nobody waits for an answer, or the connection is about to close.
	case len(errs) > 0:
		c.send(op, op.errors(errs), true)
	default:
		c.send(op, text(`{"id":`+op.quoted+`,"type":"complete"}`), true)
	}
	op.cancel()
	c.mu.Lock()
	c.count--
	if c.ops[op.id] == op {
		delete(c.ops, op.id)
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
	begun := false
	for {
		if !single && !c.out.waitRoom(ctx, c.t.o.WriteTimeout/2) {
			c.slow()
		}
		response := next(ctx)
		if response == nil {
			return nil
		}
		failed := !single && len(response.Errors) > 0
		if refused := failed && !begun && (response.Data == nil || string(response.Data) == "null"); failed && !refused {
			// A message that could not be read in full ends the stream: the next cursor would lie behind what the client has not heard (EV-1).
			return response.Errors
		}
		begun = true
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

// send queues a frame of op unless op is over, and with last makes it so in the same step: when the client sees its
// last message, the id is free.
func (c *conn) send(op *operation, f frame, last bool) {
	c.mu.Lock()
	if c.ops[op.id] != op {
		c.mu.Unlock()
		return
	}
	if last {
		delete(c.ops, op.id)
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
