package cli

import (
	"fmt"
	"io"

	"rapport/internal/auth"
	"rapport/internal/config"
)

// makeKey writes a new key pair into a file that only its owner can read, and tells its kid.
func makeKey(c config.Key, stdout io.Writer) error {
	file, err := createFile(c.File, c.Force)
	if err != nil {
		return err
	}
	jwk, kid, err := auth.NewKey()
	if err == nil {
		_, err = file.Write(jwk)
	}
	if err == nil {
		err = file.finish()
	}
	if err != nil {
		if left := file.abandon(); left != nil {
			err = fmt.Errorf("%w; and what was written so far is left: %w", err, left)
		}
		return err
	}
	_, err = fmt.Fprintln(stdout, kid)
	return err
}
