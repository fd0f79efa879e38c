package engine

import "fmt"

// ErrorCode is the stable code of a refusal: `extensions.code` in the API.
type ErrorCode string

// The codes of refusals. docs/errors.md lists them with what a caller should do.
const (
	CodeUnauthenticated ErrorCode = "UNAUTHENTICATED"
	CodeForbidden       ErrorCode = "FORBIDDEN"
	CodeNotFound        ErrorCode = "NOT_FOUND"
	CodeBadUserInput    ErrorCode = "BAD_USER_INPUT"
	CodeConflict        ErrorCode = "CONFLICT"
	CodeLimit           ErrorCode = "LIMIT_EXCEEDED"
	CodeRateLimited     ErrorCode = "RATE_LIMITED"
	CodeUnavailable     ErrorCode = "UNAVAILABLE"
	CodeInternal        ErrorCode = "INTERNAL"
)

// Reason says more about a CONFLICT: `extensions.reason` in the API.
type Reason string

// The reasons of conflicts.
const (
	ReasonOfferExpired    Reason = "OFFER_EXPIRED"
	ReasonOfferAccepted   Reason = "OFFER_ACCEPTED"
	ReasonOfferRejected   Reason = "OFFER_REJECTED"
	ReasonOfferRevoked    Reason = "OFFER_REVOKED"
	ReasonWorkItemClosed  Reason = "WORK_ITEM_CLOSED"
	ReasonNotAssigned     Reason = "WORK_ITEM_NOT_ASSIGNED"
	ReasonNotSignedIn     Reason = "NOT_SIGNED_IN"
	ReasonVersionMismatch Reason = "VERSION_MISMATCH"
	ReasonCannotMove      Reason = "CANNOT_MOVE"
	ReasonAlreadyExists   Reason = "ALREADY_EXISTS"
	ReasonKeyReused       Reason = "KEY_REUSED"
	ReasonInUse           Reason = "IN_USE"
	ReasonOfferOpen       Reason = "OFFER_OPEN"
	ReasonAssigned        Reason = "WORK_ITEM_ASSIGNED"
	ReasonInWrapUp        Reason = "WORK_ITEM_IN_WRAP_UP"
	ReasonNotInWrapUp     Reason = "WORK_ITEM_NOT_IN_WRAP_UP"
	ReasonNotWaiting      Reason = "WORK_ITEM_NOT_WAITING"
)

// Error is why a command was refused. A refused command leaves nothing behind.
type Error struct {
	Code ErrorCode
	// Reason is set for CONFLICT.
	Reason Reason
	// Field is the input field at fault, for example "agentIds.1"; set for BAD_USER_INPUT, and for LIMIT_EXCEEDED where one is.
	Field string
	// Message is for people. It holds no personal data.
	Message string
	// RetryAfterSeconds is set for RATE_LIMITED.
	RetryAfterSeconds int
	// MaybeMade: the change may or may not have been made; only with UNAVAILABLE.
	MaybeMade bool
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

func invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeBadUserInput, Field: field, Message: fmt.Sprintf(format, args...)}
}

func notFound(noun string) *Error {
	return &Error{Code: CodeNotFound, Message: "there is no such " + noun}
}

func conflict(reason Reason, format string, args ...any) *Error {
	return &Error{Code: CodeConflict, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func tooMany(field, format string, args ...any) *Error {
	return &Error{Code: CodeLimit, Field: field, Message: fmt.Sprintf(format, args...)}
}
