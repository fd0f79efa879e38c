package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"rapport/internal/client"
	"rapport/internal/config"
	"rapport/internal/play"
)

// playDay plays a day on a running server and tells what came of it.
func playDay(ctx context.Context, c config.Play, stdout, stderr io.Writer) error {
	day, err := play.Load(os.DirFS(c.Dir))
	if err != nil {
		return exitError{err, ExitRefused}
	}
	address, err := c.Address()
	if err != nil {
		return err
	}
	if err := needDevelopment(ctx, c.Remote, address.String()); err != nil {
		return err
	}
	options := play.Options{URL: address.String()}
	journal, closeJournal, err := create(c.Journal)
	if err != nil {
		return err
	}
	result, closeResult, err := create(c.JSON) // before an hour has gone by in vain
	if err != nil {
		return errors.Join(err, closeJournal())
	}
	if journal != nil {
		options.Journal = journal
	}
	var stop func()
	options.Progress, stop = showPlay(stderr, len(day.Items))
	report, err := play.Play(ctx, day, options)
	stop()
	if err := errors.Join(err, closeJournal()); err != nil {
		return errors.Join(explainPlay(interrupted(ctx, err)), closeResult())
	}
	if result != nil {
		encoder := json.NewEncoder(result)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	}
	return errors.Join(err, closeResult(), report.Print(stdout))
}

// needDevelopment refuses a server that asks for tokens. One that does not answer is for the play to tell about.
func needDevelopment(ctx context.Context, r config.Remote, address string) error {
	h := client.New(address, 1)
	defer h.Close()
	var got struct {
		Server struct{ DevelopmentMode bool }
	}
	err := h.Do(ctx, r.Token, `{ server { developmentMode } }`, nil, &got)
	if client.Refused(err) == codeUnauthenticated || err == nil && !got.Server.DevelopmentMode {
		return exitError{errors.New("a day is played by naming many agents, which a server allows in development mode only, without --auth-keys"), ExitRefused}
	}
	return nil
}

// create makes a file and gives a buffered writer to it; none for "".
func create(name string) (w *bufio.Writer, finish func() error, err error) {
	if name == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	w = bufio.NewWriter(f)
	return w, func() error { return errors.Join(w.Flush(), f.Close()) }, nil
}

// explainPlay adds what the usual causes are.
func explainPlay(err error) error {
	switch client.Refused(err) {
	case "BAD_USER_INPUT", "NOT_FOUND":
		return fmt.Errorf("%w (does the server have the centre of the day? rapport apply examples/contact-centre brings it)", err)
	}
	return err
}

// showPlay shows how many items are closed, if out is a terminal. stop takes the bar away.
func showPlay(out io.Writer, items int) (progress func(brought, closed int), stop func()) {
	terminal := asTerminal(out)
	if terminal == nil {
		return nil, func() {}
	}
	bar := progressbar.NewOptions(items, progressbar.OptionSetWriter(terminal), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	return func(brought, closed int) {
		bar.Describe(fmt.Sprintf("%d brought, done:", brought))
		_ = bar.Set(closed) // a terminal that is gone
	}, func() { _ = bar.Clear() }
}
