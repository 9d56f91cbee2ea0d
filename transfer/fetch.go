package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

const (
	bufferSize = 256 << 10

	// maxEmpty bounds the reads in a row that give neither a byte nor an error.
	maxEmpty = 100
	// maxBroken bounds the bodies in a row that break off without one good byte.
	maxBroken = 5
	// pauseBroken is the wait before the next try after such a body, doubled each time.
	pauseBroken = 100 * time.Millisecond
)

// fetch brings the bytes of one range to the sink. A body that breaks off is
// taken up where it did. body, if not nil, is an answer that is there already; h,
// if not nil, takes the bytes in their order.
func (d *run) fetch(ctx context.Context, want Range, body io.ReadCloser, h *checksum.Hash, buf []byte) error {
	broken := 0
	for {
		if body == nil {
			var err error
			if body, err = d.get(ctx, want); err != nil {
				return err
			}
		}
		n, err := d.copy(ctx, body, want, h, buf)
		body.Close()
		body = nil
		var cut *brokenBody
		if !errors.As(err, &cut) {
			return err
		}
		d.resumed.Add(1)
		want.First += n
		if broken++; n > 0 {
			broken = 0
		}
		if broken == maxBroken {
			return fmt.Errorf("reading s3://%s/%s: %d bodies in a row broke off at byte %d: %w", d.in.Bucket, d.in.Key, broken, want.First, cut.err)
		}
		if broken > 0 {
			if err := pause(ctx, pauseBroken<<(broken-1)); err != nil {
				return err
			}
		}
	}
}

// get asks for a range of the pinned object and checks the answer.
func (d *run) get(ctx context.Context, want Range) (io.ReadCloser, error) {
	out, err := d.src.GetObject(ctx, s3client.GetObjectInput{
		Bucket: d.in.Bucket, Key: d.in.Key, VersionID: d.versionID(),
		Range: fmt.Sprintf("bytes=%d-%d", want.First, want.Last), IfMatch: d.pin.etag,
	})
	switch {
	case errors.Is(err, s3client.ErrPreconditionFailed):
		return nil, d.pin.changed("its ETag is no longer " + d.pin.etag)
	case errors.Is(err, s3client.ErrNotFound): // NoSuchVersion too
		return nil, d.pin.changed("it was removed")
	case errors.Is(err, s3client.ErrInvalidRange):
		return nil, d.pin.changed("it is shorter now")
	case err != nil:
		return nil, err
	}
	d.requests.Add(1)
	if err := d.pin.check(out, want); err != nil {
		out.Body.Close()
		return nil, err
	}
	return out.Body, nil
}

// versionID is the version that the first answer named. Unversioned buckets name
// none or "null", which only some servers take back.
func (d *run) versionID() string {
	if d.in.VersionID == "" && d.pin.versionID == "null" {
		return ""
	}
	return d.pin.versionID
}

// brokenBody is a body that ended too early, or with an error of the network.
type brokenBody struct{ err error }

func (e *brokenBody) Error() string { return e.err.Error() }

// copy writes the bytes of want from body to the sink and returns how many are
// there. Its error is a *brokenBody where it is worth asking for the rest.
func (d *run) copy(ctx context.Context, body io.Reader, want Range, h *checksum.Hash, buf []byte) (done int64, err error) {
	for empty := 0; done < want.Len(); {
		n, readErr := body.Read(buf[:min(int64(len(buf)), want.Len()-done)])
		if n > 0 {
			if _, err := d.sink.WriteAt(buf[:n], want.First+done); err != nil {
				return done, fmt.Errorf("writing s3://%s/%s: %w", d.in.Bucket, d.in.Key, err)
			}
			if h != nil {
				h.Write(buf[:n])
			}
			done += int64(n)
			d.in.Progress.done.Add(int64(n))
			empty = 0
		} else if empty++; empty == maxEmpty && readErr == nil {
			readErr = io.ErrNoProgress
		}
		if readErr != nil && done < want.Len() {
			if err := ctx.Err(); err != nil {
				return done, err
			}
			if readErr == io.EOF {
				readErr = io.ErrUnexpectedEOF
			}
			return done, &brokenBody{readErr}
		}
	}
	// A body without a length may hold more than its Content-Range says.
	if n, _ := body.Read(buf[:1]); n > 0 {
		return done, d.pin.broken(fmt.Sprintf("the answer for bytes %d-%d goes on behind them", want.First, want.Last))
	}
	return done, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
