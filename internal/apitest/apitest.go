// Package apitest gives tests of the API's clients a real server: database, engine, writer and API, without the process and the network.
package apitest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"rapport/internal/api"
	"rapport/internal/bus"
	"rapport/internal/writer"
	"rapport/models"
)

// New makes the API of a server on a new SQLite database. Both end with the test.
func New(t testing.TB) http.Handler {
	t.Helper()
	return Fast(t, 1)
}

// Fast is New with a clock that runs so many times as fast.
func Fast(t testing.TB, speed float64) http.Handler {
	t.Helper()
	ctx := context.Background()
	store, err := models.Open(ctx, filepath.Join(t.TempDir(), "rapport.db"), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	events := bus.New()
	w, err := writer.Start(ctx, store, events, writer.Options{Speed: speed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Error(err)
		}
	})
	return api.New(api.Options{
		Writer: w, Reader: store, Bus: events, Metrics: api.NewMetrics(events.Figures), Log: slog.New(slog.DiscardHandler), ClockSpeed: speed,
	})
}

// Serve serves a handler on a port of its own until the test ends.
func Serve(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	return web
}
