package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

// What a program sees of an upload while it runs.
func TestUploadTellsWhatHappens(t *testing.T) {
	states(t)
	_, client := serveSmall(t, "error=SlowDown,op=UploadPart,skip=9,times=5") // of the second run, longer than a call's attempts
	f := broken(t, client, resuming())
	in := resuming()
	in.Events = new(transfer.Events)
	var calls []int64
	in.OnProgress = func(done, total int64) { calls = append(calls, done, total) }
	if _, err := transfer.Upload(t.Context(), client, in, f); err != nil {
		t.Fatal(err)
	}
	kinds := map[transfer.EventKind]int{}
	var last transfer.Event
	for e := range in.Events.All() {
		kinds[e.Kind]++
		switch {
		case e.Kind == transfer.Began && e.Bytes != 10_500, e.Kind == transfer.Resumed && e.Bytes != 5000,
			e.Kind == transfer.Requested && e.Last-e.First != 999 && e.Last != 10_499, e.Kind == transfer.Broken && !errors.Is(e.Err, s3client.ErrSlowDown),
			e.Kind == transfer.Checked && e.Verified != transfer.FullObject:
			t.Errorf("an event is %+v", e)
		}
		last = e
	}
	if last.Kind != transfer.Done || last.Err != nil {
		t.Errorf("the last event is %v", last)
	}
	if kinds[transfer.Throttled] == 0 {
		t.Error("no event tells that the service asked for fewer requests")
	}
	delete(kinds, transfer.Throttled)
	want := map[transfer.EventKind]int{transfer.Began: 1, transfer.Resumed: 1, transfer.Requested: 7, transfer.Broken: 1, transfer.Checked: 1, transfer.Done: 1}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("the events (-want +got)\n%s", diff)
	}
	if n := len(calls); n < 2 || calls[n-2] != 10_500 || calls[n-1] != 10_500 {
		t.Errorf("progress was %v", calls)
	}
}

func TestUploadThatFailsEndsItsEvents(t *testing.T) {
	_, client := serveSmall(t, "error=AccessDenied,op=UploadPart")
	in := inParts(2)
	in.Events = new(transfer.Events)
	_, err := transfer.Upload(t.Context(), client, in, file(t, random(5000)))
	var last transfer.Event
	for e := range in.Events.All() {
		last = e
	}
	if last.Kind != transfer.Done || !errors.Is(last.Err, s3client.ErrAccessDenied) || !errors.Is(err, s3client.ErrAccessDenied) {
		t.Errorf("the last event is %v, and the error %v", last, err)
	}
}

// sink is a Destination in memory, in virtual time; parts may be looked at.
type sink struct {
	overHTTP
	part func(ctx context.Context, in s3client.UploadPartInput) error

	mu    sync.Mutex
	bytes map[int][]byte
}

func (*sink) CreateMultipartUpload(context.Context, s3client.CreateMultipartUploadInput) (s3client.CreateMultipartUploadOutput, error) {
	return s3client.CreateMultipartUploadOutput{UploadID: "u1"}, nil
}

func (s *sink) UploadPart(ctx context.Context, in s3client.UploadPartInput) (s3client.UploadPartOutput, error) {
	if s.part != nil {
		if err := s.part(ctx, in); err != nil {
			return s3client.UploadPartOutput{}, err
		}
	}
	data, err := io.ReadAll(in.Body)
	if err != nil {
		return s3client.UploadPartOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes == nil {
		s.bytes = map[int][]byte{}
	}
	s.bytes[in.PartNumber] = data
	return s3client.UploadPartOutput{ETag: `"e"`}, nil
}

func (s *sink) CompleteMultipartUpload(_ context.Context, in s3client.CompleteMultipartUploadInput) (s3client.CompleteMultipartUploadOutput, error) {
	return s3client.CompleteMultipartUploadOutput{ETag: `"e-1"`}, nil
}

func (*sink) AbortMultipartUpload(context.Context, s3client.AbortMultipartUploadInput) (s3client.AbortMultipartUploadOutput, error) {
	return s3client.AbortMultipartUploadOutput{}, nil
}

func (*sink) HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error) {
	return s3client.HeadObjectOutput{}, s3client.ErrAccessDenied
}

func (s *sink) content() (all []byte) {
	for n := 1; s.bytes[n] != nil; n++ {
		all = append(all, s.bytes[n]...)
	}
	return all
}

// A connection that takes no more bytes is given up, and the part sent again.
func TestUploadGivesUpAStalledConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stalls := 2
		dst := &sink{part: func(ctx context.Context, in s3client.UploadPartInput) error {
			if in.PartNumber != 2 || stalls == 0 {
				return nil
			}
			stalls--
			io.CopyN(io.Discard, in.Body, 100)
			in.Body.(io.Seeker).Seek(0, io.SeekStart)
			<-ctx.Done()
			return ctx.Err()
		}}
		in := inParts(1)
		in.Events = new(transfer.Events)
		data := random(3500)
		start := time.Now()
		if _, err := transfer.UploadFrom(t.Context(), dst, in, bytes.NewReader(data)); err != nil || !bytes.Equal(dst.content(), data) {
			t.Errorf("got %v and %d bytes", err, len(dst.content()))
		}
		if took := time.Since(start); took < time.Minute || took > time.Minute+time.Second {
			t.Errorf("it took %v, want twice half a minute", took)
		}
		stalled := 0
		for e := range in.Events.All() {
			if e.Kind == transfer.Stalled {
				stalled++
			}
		}
		if stalled != 2 || in.Progress.Done() != 3500 {
			t.Errorf("%d events tell of it, progress is %d", stalled, in.Progress.Done())
		}
	})
}

// A limit of bandwidth holds, and is no stall.
func TestUploadKeepsToItsBandwidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dst := new(sink)
		in := inParts(4)
		in.Bandwidth = transfer.NewBandwidth(10)
		data := random(9000)
		start := time.Now()
		if _, err := transfer.UploadFrom(t.Context(), dst, in, bytes.NewReader(data)); err != nil || !bytes.Equal(dst.content(), data) {
			t.Errorf("got %v and %d bytes", err, len(dst.content()))
		}
		if took := time.Since(start); took < 890*time.Second || took > 910*time.Second {
			t.Errorf("it took %v, want 900 s", took)
		}
	})
}

// Not more requests are under way than the budget has, for all uploads together.
func TestUploadsShareABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var now, most int
		dst := &sink{part: func(context.Context, s3client.UploadPartInput) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		}}
		budget := transfer.NewBudget(3, 0)
		var uploads sync.WaitGroup
		for range 5 {
			uploads.Go(func() {
				in := inParts(8)
				in.Budget = budget
				if _, err := transfer.UploadFrom(t.Context(), dst, in, bytes.NewReader(random(8000))); err != nil {
					t.Error(err)
				}
			})
		}
		uploads.Wait()
		if most != 3 {
			t.Errorf("%d requests were under way at once, want 3", most)
		}
	})
}
