package ws

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// The codes with which this transport closes a connection. It never closes with 1000 of its own accord (it only
// echoes a client's): the npm client graphql-ws takes 1000 as an invitation to connect again at once, for ever.
// That client gives up for good on the codes marked fatal and connects again, with growing pauses, on the others.
const (
	closeNotText         = websocket.CloseInvalidFramePayloadData // 1007: a text message that is not UTF-8; fatal
	closeTooBig          = websocket.CloseMessageTooBig           // 1009: longer than Options.MaxMessageBytes, or maxInitBytes; fatal
	closeRestart         = websocket.CloseServiceRestart          // 1012: this server is about to end
	closeTryAgainLater   = websocket.CloseTryAgainLater           // 1013: Options.MaxSockets or MaxPending
	closeSlowReader      = 4290                                   // ours: the outgoing queue ran over
	closeInvalidMessage  = 4400                                   // not a message of the protocol; fatal
	closeUnauthorized    = 4401                                   // subscribe before the acknowledgement; fatal
	closeForbidden       = 4403                                   // Options.Init refused, or its context ended
	closeSubprotocol     = 4406                                   // the client doesn't offer our sub-protocol; fatal
	closeInitTimeout     = 4408                                   // not initialised within Options.InitTimeout
	closeDuplicateID     = 4409                                   // the id of an operation that is still open; fatal
	closeTooManyInits    = 4429                                   // a second connection_init; fatal
	closeInternal        = 4500                                   // Options.Init panicked; fatal
	maxCloseReason       = 123                                    // bytes, by RFC 6455
	reasonTooManyInits   = "Too many initialisation requests"
	reasonInitTimeout    = "Connection initialisation timeout"
	reasonSubprotocol    = "Subprotocol not acceptable"
	reasonServiceRestart = "Service restart"
	reasonTryAgainLater  = "Too many connections"
	reasonForbidden      = "Forbidden"
)

// CloseError is an error of Options.Init that says how the connection is closed, for example with 1013 when its principal has too many.
// The client reads Reason, of which 123 bytes are sent. It should not be fatal or 1000 where the client is to come back.
type CloseError struct {
	Code   int
	Reason string
}

func (e *CloseError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Reason) }

// closeFrame builds the payload of a close frame. A reason that is too long is cut between two characters.
func closeFrame(code int, reason string) []byte {
	if len(reason) > maxCloseReason {
		cut := maxCloseReason
		for !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	return websocket.FormatCloseMessage(code, reason)
}

// excerpt quotes what a client sent, short enough to leave room in a close reason.
func excerpt(s string) string {
	const most = 40
	if len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
