package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

const (
	// maxEmpty bounds the reads in a row that give neither a byte nor an error.
	maxEmpty = 100
	// maxBroken bounds the answers in a row that break off without one good byte.
	maxBroken = 5
	// pauseBroken is the wait before the next try after such an answer, doubled each time.
	pauseBroken = 100 * time.Millisecond
	// maxThrottled bounds the requests in a row that the service wants to have later.
	maxThrottled = 20
	// pauseThrottled is the longest of the random waits after these.
	pauseThrottled = 5 * time.Second
)

// worker does what the schedule gives until all is done. The first one begins with the
// answer that is there already.
func (d *run) worker(ctx context.Context, f *feed, body io.ReadCloser) error {
	buf := &buffer{buffers: d.buffers}
	for worked := false; ; {
		if f == nil {
			var err error
			if f, err = d.take(ctx); f == nil {
				return err
			}
		}
		if !worked {
			worked = true
			d.worked.Add(1)
		}
		err := d.feed(ctx, f, body, buf)
		d.schedule.leave(f, time.Now())
		if err != nil {
			return err
		}
		f, body = nil, nil
	}
}

// take waits for work; without any it is nil when all is done.
func (d *run) take(ctx context.Context) (*feed, error) {
	for {
		f, wait := d.schedule.take(time.Now())
		if f != nil || wait == nil {
			return f, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// feed brings what a segment misses. An answer that breaks off is taken up where it
// did. body, if not nil, is an answer that is there already.
func (d *run) feed(ctx context.Context, f *feed, body io.ReadCloser, buf *buffer) error {
	if f.kind != "" {
		next, end := f.segment.rest()
		d.in.Events.emit(Event{Kind: f.kind, First: next, Last: end - 1})
	}
	fruitless, throttled := 0, 0
	for {
		next, end := f.segment.rest()
		if next >= end {
			return nil
		}
		before := next
		err := d.bring(ctx, f, body, Range{next, end - 1}, buf)
		body = nil
		if err == nil {
			continue
		}
		var cut *brokenBody
		if !errors.As(err, &cut) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if next, end = f.segment.rest(); next >= end {
			return nil // others were faster
		}
		if cut.abandoned {
			d.in.Events.emit(Event{Kind: Stalled, First: next, Last: end - 1})
			continue // on another connection
		}
		d.resumed.Add(1)
		d.in.Events.emit(Event{Kind: Broken, First: next, Last: end - 1, Err: cut.err})
		wait := time.Duration(0)
		switch {
		case next > before:
			fruitless, throttled = 0, 0
		case isThrottling(cut.err):
			if throttled++; throttled == maxThrottled {
				return fmt.Errorf("reading s3://%s/%s: the service wanted %d requests in a row to come later: %w", d.in.Bucket, d.in.Key, throttled, cut.err)
			}
			wait = untilLater(throttled)
			d.schedule.waits(f, nil) // for others would be throttled as well
		default:
			if fruitless++; fruitless == maxBroken {
				return fmt.Errorf("reading s3://%s/%s: %d bodies in a row broke off at byte %d: %w", d.in.Bucket, d.in.Key, fruitless, next, cut.err)
			}
			wait = pauseBroken << (fruitless - 1)
		}
		if wait > 0 {
			if err := pause(ctx, wait); err != nil {
				return err
			}
		}
	}
}

// untilLater is the pause after so many requests that the service wanted to come later.
func untilLater(throttled int) time.Duration {
	return rand.N(min(pauseBroken<<throttled, pauseThrottled))
}

// patiently sends a request that all others wait for again, as long as the service wants
// it to come later.
func patiently[T any](ctx context.Context, send func() (T, error)) (T, error) {
	for throttled := 1; ; throttled++ {
		out, err := send()
		if throttled == maxThrottled || !isThrottling(err) {
			return out, err
		}
		if err := pause(ctx, untilLater(throttled)); err != nil {
			return out, err
		}
	}
}

// bring sends one request, unless there is an answer already, and takes what it gives.
func (d *run) bring(ctx context.Context, f *feed, body io.ReadCloser, want Range, buf *buffer) error {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	var err error
	if body == nil {
		d.schedule.waits(f, cancel)
		body, want, err = d.get(own, cancel, f)
	} else {
		d.schedule.asks(f, time.Now(), cancel)
		stop := context.AfterFunc(own, func() { body.Close() }) // it was asked for by another context
		defer stop()
	}
	if err == nil {
		err = d.copy(own, f, body, want, buf)
		body.Close()
	}
	if err != nil && own.Err() != nil && ctx.Err() == nil {
		if slow, ok := body.(interface{ Slow() }); ok { // if others were faster, too
			slow.Slow()
		}
		return &brokenBody{err: err, abandoned: true}
	}
	return err
}

// request sends a GET for which there is a permit, which ends with the body.
func (d *run) request(ctx context.Context, p *permit, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	in.Bucket, in.Key, in.CustomerKey, in.Common = d.in.Bucket, d.in.Key, d.in.CustomerKey, d.in.Common
	out, err := d.src.GetObject(ctx, in)
	p.answered(err)
	if err != nil {
		p.end()
		return out, err
	}
	out.Body = &permitted{out.Body, p}
	return out, nil
}

// permitted is the body of an answer that there was a permit for.
type permitted struct {
	io.ReadCloser
	permit *permit
}

// Slow has the connections avoid where a slow body came from.
func (b *permitted) Slow() {
	if body, ok := b.ReadCloser.(interface{ Slow() }); ok {
		body.Slow()
	}
}

// ReadLate reads into a buffer that is asked for when something has come, if it can.
func (b *permitted) ReadLate(p pool) ([]byte, error) {
	body, ok := b.ReadCloser.(later)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return body.ReadLate(p)
}

func (b *permitted) Close() error {
	defer b.permit.end()
	return b.ReadCloser.Close()
}

// get asks for what a segment of the pinned object misses when it is its turn, and checks
// the answer.
func (d *run) get(ctx context.Context, cancel func(), f *feed) (body io.ReadCloser, want Range, err error) {
	if d.pin.etag == "" && d.pin.versionID == "" {
		return nil, want, d.pin.broken("the first answer has no ETag to hold others against, and was not whole")
	}
	ctx, permit, err := d.share.begin(ctx)
	if err != nil {
		return nil, want, err
	}
	next, end := f.segment.rest()
	if next >= end { // others were faster
		permit.end()
		return nil, want, &brokenBody{err: context.Canceled, abandoned: true}
	}
	want = Range{next, end - 1}
	d.schedule.asks(f, time.Now(), cancel)
	d.in.Events.emit(Event{Kind: Requested, First: want.First, Last: want.Last})
	out, err := d.request(ctx, permit, s3client.GetObjectInput{
		VersionID: d.versionID(), Range: fmt.Sprintf("bytes=%d-%d", want.First, want.Last), IfMatch: d.pin.etag})
	switch {
	case errors.Is(err, s3client.ErrPreconditionFailed):
		return nil, want, d.pin.changed("its ETag is no longer " + d.pin.etag)
	case errors.Is(err, s3client.ErrNotFound): // NoSuchVersion too
		return nil, want, d.pin.changed("it was removed")
	case errors.Is(err, s3client.ErrInvalidRange):
		return nil, want, d.pin.changed("it is shorter now")
	case err != nil && isTransient(err):
		return nil, want, &brokenBody{err: err}
	case err != nil:
		return nil, want, err
	}
	d.requests.Add(1)
	if err := d.pin.check(out, want); err != nil {
		out.Body.Close()
		return nil, want, err
	}
	return out.Body, want, nil
}

// versionID is the version that the first answer named. Unversioned buckets name
// none or "null", which only some servers take back.
func (d *run) versionID() string {
	if d.in.VersionID == "" && d.pin.versionID == "null" {
		return ""
	}
	return d.pin.versionID
}

// brokenBody is an answer that did not come, ended too early, or with an error of the
// network.
type brokenBody struct {
	err       error
	abandoned bool // by us
}

func (e *brokenBody) Error() string { return e.err.Error() }

// isTransient tells what may go better the next time from what will not: troubles of
// the service and of the network.
func isTransient(err error) bool {
	if api := (*s3client.APIError)(nil); errors.As(err, &api) {
		return api.Status >= 500 && api.Status != http.StatusNotImplemented || isThrottling(err) || errors.Is(err, s3client.ErrRequestTimeout)
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, s3client.ErrStalled)
}

// copy takes the bytes of want from body. Its error is a *brokenBody where it is worth
// asking for the rest.
func (d *run) copy(ctx context.Context, f *feed, body io.Reader, want Range, buf *buffer) error {
	defer buf.release()
	most := int64(d.in.Bandwidth.piece(largeBuffer))
	for at, empty := want.First, 0; ; {
		p, readErr := buf.read(ctx, body, min(most, want.Last+1-at))
		if n := len(p); n > 0 {
			empty = 0
			now := time.Now()
			fresh, complete, err := f.segment.accept(p, at)
			buf.release()
			if err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("writing s3://%s/%s: %w", d.in.Bucket, d.in.Key, err)
			}
			d.in.Progress.done.Add(fresh)
			d.schedule.brought(f, int64(n), now)
			err = d.in.Bandwidth.wait(ctx, n)
			if at += int64(n); complete {
				return d.ends(body, want, at)
			}
			if err != nil {
				return err
			}
		} else if empty++; empty == maxEmpty && readErr == nil {
			readErr = io.ErrNoProgress
		}
		if readErr != nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			if readErr == io.EOF {
				readErr = io.ErrUnexpectedEOF
			}
			return &brokenBody{err: readErr}
		}
	}
}

// ends makes sure of a body that all came of that it ends there: one without a length
// may hold more than its Content-Range says.
func (d *run) ends(body io.Reader, want Range, at int64) error {
	if at <= want.Last {
		return nil // the rest was another's
	}
	if n, _ := body.Read(make([]byte, 1)); n > 0 {
		return d.pin.broken(fmt.Sprintf("the answer for bytes %d-%d goes on behind them", want.First, want.Last))
	}
	return nil
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
