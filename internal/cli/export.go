package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rapport/internal/config"
	"rapport/internal/configdir"
)

// export writes what a running server has as files that apply takes.
func export(ctx context.Context, c config.Export, stdout, stderr io.Writer) error {
	if err := configdir.Free(c.Dir, c.Force); err != nil {
		return notFree(err)
	}
	server, err := api(c.Remote)
	if err != nil {
		return err
	}
	done := say(stderr, "Reading what the server has ...")
	state, err := server.Read(ctx)
	done()
	if err != nil {
		return denied(c.Remote, interrupted(ctx, err))
	}
	dir := state.Dir()
	if err := configdir.Write(c.Dir, configdir.Render(dir), c.Force); err != nil {
		return notFree(err)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d agents, %d queues, %d workstreams, %d contacts, %d rows of preferred agents, %d policies of contacts, %s, %s, %s. API keys are not exported.\n",
		c.Dir, len(dir.Agents), len(dir.Queues), len(dir.Workstreams), len(dir.Contacts), len(dir.Matrix), len(dir.ContactPolicies), count(len(dir.Roles), "role", "roles"),
		count(len(dir.Statuses), "presence status", "presence statuses"), count(len(dir.Profiles), "capacity profile", "capacity profiles"))
	return err
}

// count is a number of things, of which there are often few.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// notFree says how to write into a folder that is not empty.
func notFree(err error) error {
	if errors.Is(err, configdir.ErrNotEmpty) {
		return exitError{fmt.Errorf("%w; --force replaces the files that it has", err), ExitRefused}
	}
	return err
}
