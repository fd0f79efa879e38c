package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"time"

	"rapport/engine"
	"rapport/internal/config"
	"rapport/models"
)

// sqliteMagic is how every SQLite file begins.
var sqliteMagic = []byte("SQLite format 3\x00")

// backup writes a copy of the database, that of a running server or with --offline of a stopped one. The file is there whole or not at all.
func backup(ctx context.Context, c config.Backup, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, config.BackupTimeout)
	defer cancel()
	began := time.Now()
	file, err := createFile(c.File, c.Force)
	if err != nil {
		return err
	}
	place, err := fill(ctx, c, file, stderr)
	if err == nil {
		err = file.finish()
	}
	if err != nil {
		if ctx.Err() != nil {
			err = gaveUp(ctx)
		}
		if left := file.abandon(); left != nil {
			err = fmt.Errorf("%w; and what was written so far is left: %w", err, left)
		}
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %d bytes in %s, the database as of epoch and batch %s.\n",
		c.File, info.Size(), time.Since(began).Round(time.Millisecond), place)
	return err
}

// fill writes the copy and tells up to which place in the order of changes it goes.
func fill(ctx context.Context, c config.Backup, file *partialFile, stderr io.Writer) (string, error) {
	if !c.Offline {
		return download(ctx, c.Remote, file, stderr)
	}
	at, err := models.BackupOffline(ctx, c.DB, file.Name())
	if errors.Is(err, engine.ErrHeld) {
		return "", fmt.Errorf("%w; without --offline that server makes the backup", err)
	}
	return fmt.Sprintf("%d.%d", at.Epoch, at.Seq), err
}

func download(ctx context.Context, remote config.Remote, file *partialFile, stderr io.Writer) (string, error) {
	s, err := connect(remote)
	if err != nil {
		return "", err
	}
	ready := say(stderr, "The server makes the copy ...")
	answer, err := s.post(ctx, "backup", "{}")
	ready()
	if err != nil {
		return "", denied(remote, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read only
	if media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || media != "application/vnd.sqlite3" || answer.ContentLength < 0 {
		return "", fmt.Errorf("what answers at %s sends no database: is --url (RAPPORT_URL) the address of a Rapport server?", s.address)
	}
	bar, stop := showProgress(stderr, answer.ContentLength)
	defer stop()
	if _, err := io.Copy(io.MultiWriter(file, bar), answer.Body); err != nil {
		return "", fmt.Errorf("the backup was cut off: %w", err)
	}
	head := make([]byte, len(sqliteMagic))
	if _, err := file.ReadAt(head, 0); err != nil || !bytes.Equal(head, sqliteMagic) {
		return "", fmt.Errorf("what answers at %s sends no database", s.address)
	}
	return answer.Header.Get("X-Rapport-Position"), nil
}
