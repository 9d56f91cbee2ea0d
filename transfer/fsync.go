package transfer

import (
	"context"
	"errors"
	"os"
	"runtime"
)

// An fsync takes as long as the disk needs for the bytes, which may be seconds, and
// nothing ends it. Who is cancelled does not wait for it: a goroutine does, which
// has nothing of the download but an open file to sync and to close.

// fsync brings a file's bytes to the disk. Tests have it fail, or take its time.
var fsync = (*os.File).Sync

// beginSync begins to sync a file. What comes of it is in the channel, once.
func beginSync(file *os.File) <-chan error {
	done, fsync := make(chan error, 1), fsync
	go func() { done <- fsync(file) }()
	return done
}

// await waits for a sync; over is false if ctx ended first.
func await(ctx context.Context, done <-chan error) (over bool, err error) {
	if runtime.GOOS == "windows" { // which renames and removes no file that is open
		return true, <-done
	}
	select {
	case err := <-done:
		return true, err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// syncAndClose syncs a file and closes it: later, if ctx ends first.
func syncAndClose(ctx context.Context, file *os.File) error {
	done := beginSync(file)
	over, err := await(ctx, done)
	if !over {
		go func() {
			<-done
			file.Close()
		}()
		return err
	}
	return errors.Join(err, file.Close())
}

// syncDir makes a rename last. Not every system can sync a folder, and there the
// file is whole all the same.
func syncDir(ctx context.Context, dir string) {
	if d, err := os.Open(dir); err == nil {
		syncAndClose(ctx, d)
	}
}
