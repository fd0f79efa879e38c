package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/rs/cors"

	"rapport/engine"
	"rapport/internal/auth"
)

// Who is let in: by token, and from which pages.

// whoFirst finds out who asks before anything else is looked at.
func (a *API) whoFirst(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := a.auth.Request(r)
		if err != nil {
			a.refuseWho(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
	})
}

// refuseWho tells somebody who is not let in no more than they know.
func (a *API) refuseWho(w http.ResponseWriter, r *http.Request, err error) {
	a.log.DebugContext(r.Context(), "refused", "error", err, "reason", errors.Unwrap(err))
	if errors.Is(err, auth.ErrBadActor) || errors.Is(err, auth.ErrActorNamed) {
		refuse(w, accepted(r), http.StatusForbidden, engine.CodeForbidden, err.Error())
		return
	}
	challenge := "Bearer"
	if !errors.Is(err, auth.ErrNoToken) {
		challenge = `Bearer error="invalid_token"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	refuse(w, accepted(r), http.StatusUnauthorized, engine.CodeUnauthenticated, err.Error())
}

// with lets only those on who have one of the permissions, or anybody who is let in when there is none.
func (a *API) with(next http.Handler, any ...engine.Permission) http.Handler {
	return a.whoFirst(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(any) > 0 && !auth.Actor(r.Context()).Permissions.HasAny(any...) {
			refuse(w, typeJSON, http.StatusForbidden, engine.CodeForbidden, message(auth.Lacks(any...)))
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// message is what a refusal says without its code.
func message(err error) string {
	if refusal, ok := errors.AsType[*engine.Error](err); ok {
		return refusal.Message
	}
	return err.Error()
}

// origins are the pages that may call, besides those of this server: one list for CORS and for sockets.
type origins []string

// allow tells whether a request comes from no page, or from one that may call.
func (o origins) allow(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(o, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == r.Host
}

// maxPreflight is for how long a browser may keep the answer to a preflight, in seconds.
const maxPreflight = 7200

// guard refuses what comes from other pages, and tells browsers about those that may call.
func (o origins) guard(next http.Handler) http.Handler {
	told := cors.New(cors.Options{
		AllowOriginFunc: func(origin string) bool { return slices.Contains(o, origin) },
		AllowedMethods:  []string{http.MethodPost}, AllowedHeaders: []string{"Authorization", "Content-Type", auth.Header},
		ExposedHeaders: []string{"Retry-After", "WWW-Authenticate"}, MaxAge: maxPreflight,
	})
	return told.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.allow(r) {
			refuse(w, accepted(r), http.StatusForbidden, engine.CodeForbidden, "pages of this origin may not call this server")
			return
		}
		next.ServeHTTP(w, r)
	}))
}
