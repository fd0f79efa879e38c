// Command torture kills the server and takes its database away, over and over, under load, and looks for anything that was promised
// and is not so any more. It drives the real server as a process, through its public API.
//
//	kill   SIGKILL at a random moment, and a restart on the same database
//	gone   MariaDB is stopped, killed or suspended for 20 s, and comes back
//	full   the disk under a SQLite database is full for a while
//
// At the end of each the independent checker (internal/checker) judges the whole history, over all lives of the server, by every rule that
// there is: an observer listens all the time, and it is told every call that was answered or lost, and when the server was away.
//
// What needs the insides of the server, failures at chosen points of a commit and SQLite's own size limit, is in the tests of this
// package.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"rapport/internal/dbtest"
)

// plan is what a run does.
type plan struct {
	rounds int
	seed   uint64
	only   []string
	dbs    []string
	binary string
	outage time.Duration
	// variants of gone; all when empty.
	variants []string
}

func main() {
	var p plan
	var only, db string
	flag.IntVar(&p.rounds, "rounds", 10, "how often to kill the server, for each database")
	flag.Uint64Var(&p.seed, "seed", 0, "the seed of all chance; 0 takes one from the clock")
	flag.StringVar(&only, "only", "", "only these scenarios, with commas between: "+strings.Join(scenarios, ", "))
	flag.StringVar(&db, "db", "both", "sqlite, mysql or both")
	flag.StringVar(&p.binary, "binary", "", "a server to torture instead of the one in this repository")
	flag.DurationVar(&p.outage, "outage", 20*time.Second, "how long the database is away")
	flag.Parse()
	p.dbs = []string{"sqlite", "mysql"}
	if db != "both" {
		p.dbs = []string{db}
	}
	p.only = scenarios
	if only != "" {
		p.only = strings.Split(only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ok, err := p.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

var scenarios = []string{"kill", "gone", "full"}

func (p *plan) check() error {
	for _, s := range p.only {
		if !slices.Contains(scenarios, s) {
			return fmt.Errorf("there is no scenario %q; there are %s", s, strings.Join(scenarios, ", "))
		}
	}
	for _, db := range p.dbs {
		if db != "sqlite" && db != "mysql" {
			return fmt.Errorf("there is no database %q: give sqlite, mysql or both", db)
		}
	}
	if p.rounds < 1 {
		return errors.New("give at least one round")
	}
	return nil
}

// run does everything, one after the other, and tells whether all promises were kept.
func (p *plan) run(ctx context.Context) (ok bool, err error) {
	if err := p.check(); err != nil {
		return false, err
	}
	if p.seed == 0 {
		p.seed = rand.Uint64()
	}
	dir, err := os.MkdirTemp("", "rapport-torture-")
	if err != nil {
		return false, err
	}
	defer func() {
		if ok {
			err = errors.Join(err, os.RemoveAll(dir))
		} else {
			fmt.Printf("the servers' logs and databases are in %s\n", dir)
		}
	}()
	fmt.Printf("seed %d\n", p.seed)
	if p.binary == "" {
		if p.binary, err = build(dir); err != nil {
			return false, err
		}
	}
	var reports []*report
	var errs []error
	for _, s := range scenarios {
		for _, db := range p.dbs {
			if !slices.Contains(p.only, s) || s == "gone" && db == "sqlite" || s == "full" && db == "mysql" || ctx.Err() != nil {
				continue
			}
			r := newReport(s+" "+db, func(format string, args ...any) { fmt.Printf(format+"\n", args...) })
			switch err := p.scenario(ctx, r, s, db, filepath.Join(dir, s+"-"+db)); {
			case errors.Is(err, errNoMount):
				fmt.Printf("%s is left out: %v\n", s, err)
				continue
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", r.title, err))
			}
			reports = append(reports, r)
		}
	}
	summary(os.Stdout, reports)
	failed := slices.ContainsFunc(reports, (*report).failed)
	return !failed && len(errs) == 0 && ctx.Err() == nil, errors.Join(errs...)
}

// scenario runs one scenario on one new database in dir. The server ends with it.
func (p *plan) scenario(ctx context.Context, r *report, name, db, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if name == "full" {
		unmount, err := mountSmall(dir)
		if err != nil {
			return err
		}
		defer unmount()
	}
	address := filepath.Join(dir, "torture.db")
	var maria *dbtest.Server
	if db == "mysql" {
		var err error
		if maria, err = dbtest.Start(""); err != nil {
			return err
		}
		defer maria.Close() //nolint:errcheck // it goes with its folder
		base, err := maria.CreateDatabase()
		if err != nil {
			return err
		}
		address = maria.DSN(base)
	}
	s, err := newServer(p.binary, address, filepath.Dir(dir), filepath.Base(dir))
	if err != nil {
		return err
	}
	defer s.end()
	w := newWorld(r, s, p.seed)
	defer w.endListening()
	switch name {
	case "kill":
		return kill(ctx, w, p.rounds)
	case "gone":
		return gone(ctx, w, p.goneVariants(maria), p.outage)
	default:
		return full(ctx, w, dir, p.outage)
	}
}

// goneVariants are those of the plan, all of them again for every 50 rounds.
func (p *plan) goneVariants(db *dbtest.Server) []outage {
	var list []outage
	for range 1 + (p.rounds-1)/50 {
		for _, v := range goneVariants(db) {
			if len(p.variants) == 0 || slices.Contains(p.variants, v.name) {
				list = append(list, v)
			}
		}
	}
	return list
}
