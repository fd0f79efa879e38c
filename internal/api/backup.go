package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"rapport/engine"
	"rapport/internal/config"
	"rapport/resolvers"
)

// Copy is a consistent copy of the database: a SQLite file, which Close deletes.
type Copy interface {
	io.ReadCloser
	Size() int64
	At() engine.Position
}

// Backup makes a copy of the database while it is in use.
type Backup func(context.Context) (Copy, error)

const (
	typeSQLite = "application/vnd.sqlite3"
	// headerPosition says up to which place in the order of changes the copy goes: epoch and batch.
	headerPosition = "X-Rapport-Position"
	// backupRetrySeconds is told to whoever comes while another backup is being made.
	backupRetrySeconds = 10
)

// backups answers POST /backup with a copy of the database, one at a time. As with GraphQL, only JSON is taken, which a foreign page can't
// send without asking first; what is in it does not matter. The size is sent ahead, so that a client notices when the stream is cut.
type backups struct {
	make Backup
	log  *slog.Logger
	busy sync.Mutex
	// stall is how long a client may take for a chunk.
	stall time.Duration
	// ended ends when the server drains; end has it end.
	ended context.Context
	end   context.CancelFunc
}

func newBackups(b Backup, log *slog.Logger) *backups {
	ended, end := context.WithCancel(context.Background())
	return &backups{make: b, log: log, stall: config.BackupStall, ended: ended, end: end}
}

func (b *backups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeJSON {
		refuse(w, typeJSON, http.StatusUnsupportedMediaType, engine.CodeBadUserInput, "send application/json")
		return
	}
	var tooLarge *http.MaxBytesError
	switch _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, config.MaxBodyBytes)); {
	case errors.As(err, &tooLarge):
		refuse(w, typeJSON, http.StatusRequestEntityTooLarge, engine.CodeLimit, fmt.Sprintf("the body has more than %d bytes", config.MaxBodyBytes))
		return
	case err != nil:
		refuse(w, typeJSON, http.StatusBadRequest, engine.CodeBadUserInput, "the body could not be read")
		return
	}
	if !b.busy.TryLock() {
		w.Header().Set("Retry-After", strconv.Itoa(backupRetrySeconds))
		writeErrors(w, typeJSON, http.StatusTooManyRequests, gqlerror.List{{
			Message:    "another backup is being made: there is one at a time",
			Extensions: map[string]any{"code": engine.CodeRateLimited, "retryAfterSeconds": backupRetrySeconds},
		}})
		return
	}
	defer b.busy.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), config.BackupTimeout)
	defer cancel()
	defer context.AfterFunc(b.ended, cancel)()
	b.answer(ctx, w)
}

func (b *backups) answer(ctx context.Context, w http.ResponseWriter) {
	began := time.Now()
	c, err := b.make(ctx)
	if err != nil {
		b.fail(ctx, w, err)
		return
	}
	defer func() {
		if err := c.Close(); err != nil {
			b.log.Error("the copy of a backup could not be deleted", "error", err)
		}
	}()
	made := time.Since(began)
	h := w.Header()
	h.Set("Content-Type", typeSQLite)
	h.Set("Content-Length", strconv.FormatInt(c.Size(), 10))
	h.Set("Cache-Control", "no-store")
	h.Set(headerPosition, fmt.Sprintf("%d.%d", c.At().Epoch, c.At().Seq))
	if err := b.stream(ctx, w, c); err != nil {
		b.log.Warn("a backup was not taken to its end", "error", err, "bytes", c.Size())
		return
	}
	b.log.Info("backup", "bytes", c.Size(), "epoch", c.At().Epoch, "batch", c.At().Seq, "made", made, "took", time.Since(began))
}

// stream sends the copy. A client that does not take a chunk in time is given up, so that it does not keep others from their backup.
func (b *backups) stream(ctx context.Context, w http.ResponseWriter, c Copy) error {
	control := http.NewResponseController(w)
	for left := c.Size(); left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Only for this request: net/http takes it away afterwards. A response without a socket, in tests, has none.
		_ = control.SetWriteDeadline(time.Now().Add(b.stall))
		n, err := io.CopyN(w, c, min(left, config.BackupChunk))
		if err != nil {
			return err
		}
		left -= n
	}
	return control.Flush()
}

// fail says why there is no copy.
func (b *backups) fail(ctx context.Context, w http.ResponseWriter, err error) {
	var known *engine.Error
	switch {
	case errors.As(err, &known) && known.Code == engine.CodeUnavailable:
		b.log.Warn("no backup", "error", err)
		refuse(w, typeJSON, http.StatusServiceUnavailable, known.Code, known.Message)
	case b.ended.Err() != nil:
		refuse(w, typeJSON, http.StatusServiceUnavailable, engine.CodeUnavailable, "the server is stopping")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		refuse(w, typeJSON, http.StatusServiceUnavailable, engine.CodeUnavailable, fmt.Sprintf("the copy was not ready within %s", config.BackupTimeout))
	case ctx.Err() != nil: // the client is gone
	default:
		hidden := resolvers.Internal(ctx, b.log, err)
		writeErrors(w, typeJSON, http.StatusInternalServerError, gqlerror.List{hidden})
	}
}
