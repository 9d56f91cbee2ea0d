package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// kinds are those of a transfer's events, each run of one kind as one.
func kinds(events *transfer.Events) (list []transfer.EventKind) {
	for e := range events.All() {
		list = append(list, e.Kind)
	}
	return slices.Compact(list)
}

func TestEventsOfADownload(t *testing.T) {
	_, client := serve(t, s3test.Config{Faults: faults(t, "truncate=300,op=GetObject,times=1")})
	put(t, client, "k", random(2000))
	events := new(transfer.Events)
	in := transfer.DownloadInput{Bucket: "data", Key: "k", Events: events}
	if _, err := transfer.Download(t.Context(), client, in, filepath.Join(t.TempDir(), "file")); err != nil {
		t.Fatal(err)
	}
	want := []transfer.EventKind{transfer.Began, transfer.Requested, transfer.Broken, transfer.Requested, transfer.Checked, transfer.Done}
	if got := kinds(events); !slices.Equal(got, want) {
		t.Errorf("the events are %q, want %q", got, want)
	}
	for e := range events.All() {
		switch {
		case e.Kind == transfer.Began && e.Bytes != 2000,
			e.Kind == transfer.Broken && (e.First != 300 || e.Last != 1999 || e.Err == nil),
			e.Kind == transfer.Checked && e.Verified != transfer.FullObject,
			e.Kind == transfer.Done && e.Err != nil:
			t.Errorf("an event is %+v", e)
		}
	}

	events = new(transfer.Events)
	_, err := transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "none", Events: events}, filepath.Join(t.TempDir(), "file"))
	for e := range events.All() {
		if e.Kind != transfer.Done || !errors.Is(e.Err, s3client.ErrNoSuchKey) || err == nil {
			t.Errorf("of what is not there an event is %v", e)
		}
	}
}

func TestOnProgress(t *testing.T) {
	_, client := serve(t, s3test.Config{Bandwidth: 1_000_000})
	put(t, client, "k", random(400_000))
	var mu sync.Mutex
	var counts []int64
	over := false
	in := transfer.DownloadInput{Bucket: "data", Key: "k", OnProgress: func(done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		counts = append(counts, done)
		if over || total != 0 && total != 400_000 {
			t.Errorf("%d of %d are told when it is over: %t", done, total, over)
		}
	}}
	if _, err := transfer.Download(t.Context(), client, in, filepath.Join(t.TempDir(), "file")); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	over = true
	if n := len(counts); n < 2 || n > 20 || !slices.IsSorted(counts) || counts[n-1] != 400_000 {
		t.Errorf("the counts are %v", counts)
	}
}

// The limit is that of all transfers that share it, whatever their threads.
func TestBandwidthOfDownloads(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	data := random(1_000_000)
	put(t, client, "k", data)
	limit := transfer.NewBandwidth(2_000_000)
	start := time.Now()
	var group sync.WaitGroup
	for _, threads := range []int{1, 4} {
		group.Go(func() {
			var out bytes.Buffer
			_, err := transfer.DownloadTo(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 50_000, Bandwidth: limit}, &out)
			if err != nil || !bytes.Equal(out.Bytes(), data) {
				t.Errorf("%d threads: %d bytes, %v", threads, out.Len(), err)
			}
		})
	}
	group.Wait()
	if took := time.Since(start); took < 700*time.Millisecond { // each of the last buffers need not wait
		t.Errorf("two million bytes came in %v, at 2 MB/s", took)
	}
}

// A service that asks for fewer requests gets fewer, and the download goes on.
func TestDownloadThatIsThrottled(t *testing.T) {
	srv, client := serve(t, s3test.Config{Faults: faults(t, "error=SlowDown,op=GetObject,rate=0.5"), Seed: 1})
	data := random(100_000)
	put(t, client, "k", data)
	events := new(transfer.Events)
	path := filepath.Join(t.TempDir(), "file")
	in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 8, PartSize: 10_000, Events: events, Budget: transfer.NewBudget(0, 0)}
	if _, err := transfer.Download(t.Context(), client, in, path); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, data)
	if got := kinds(events); !slices.Contains(got, transfer.Throttled) {
		t.Errorf("the events are %q, and the server refused some of %d requests", got, srv.Requests()["GetObject"])
	}
}

// Requests of all transfers keep to one budget.
func TestDownloadsShareABudget(t *testing.T) {
	o := newObject(200_000)
	var mu sync.Mutex
	under, most := 0, 0
	src := sourceFunc(func(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
		out, err := o.GetObject(ctx, in)
		if err != nil {
			return out, err
		}
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		out.Body = &closing{out.Body, func() { mu.Lock(); under--; mu.Unlock() }}
		return out, nil
	})
	budget := transfer.NewBudget(6, 0)
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			w := make(writerAt, 200_000)
			in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 16, PartSize: 5_000, Budget: budget}
			if _, err := transfer.DownloadAt(t.Context(), src, in, w); err != nil || !bytes.Equal(w, o.data) {
				t.Errorf("%v, and the bytes are right: %t", err, bytes.Equal(w, o.data))
			}
		})
	}
	group.Wait()
	if most > 6 {
		t.Errorf("%d requests were under way at once, and the budget has 6", most)
	}
}

type closing struct {
	rc interface {
		Read([]byte) (int, error)
		Close() error
	}
	closed func()
}

func (c *closing) Read(p []byte) (int, error) { time.Sleep(time.Millisecond); return c.rc.Read(p) }
func (c *closing) Close() error {
	if c.closed != nil {
		c.closed()
		c.closed = nil
	}
	return c.rc.Close()
}

// A connection that is slow beside the others loses its range, by and by, and is given
// up.
func TestSlowConnection(t *testing.T) {
	srv, client := serve(t, s3test.Config{Bandwidth: 4 << 20, Faults: faults(t, "slow=100000,op=GetObject,conn=3")})
	data := random(16 << 20)
	put(t, client, "k", data)
	events := new(transfer.Events)
	path := filepath.Join(t.TempDir(), "file")
	start := time.Now()
	report, err := transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 4, Events: events}, path)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, data)
	// At 100,000 bytes a second its share would take 40 s.
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v: %+v, %v", took, report, srv.Requests())
	}
	if got := kinds(events); !slices.Contains(got, transfer.Stolen) {
		t.Errorf("the events are %q, and nothing was stolen", got)
	}
}

// A download that was broken off is gone on with, and says so; of another object it is
// not.
func TestDownloadResumes(t *testing.T) {
	keep := t.TempDir()
	srv, client := serve(t, s3test.Config{Dir: keep})
	data := random(3_000_000)
	put(t, client, "k", data)
	srv.Close()
	for _, threads := range []int{1, 4} {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 300_000, Resume: true}

		broken, client := serve(t, s3test.Config{Dir: keep, Faults: faults(t, "error=AccessDenied,op=GetObject,skip=3", "truncate=250000,op=GetObject")})
		_, err := transfer.Download(t.Context(), client, in, path)
		var kept *transfer.ResumableError
		if !errors.As(err, &kept) || kept.Done == 0 || !errors.Is(err, s3client.ErrAccessDenied) || !strings.Contains(err.Error(), "goes on from there") {
			t.Fatalf("%d threads: %v is no *ResumableError", threads, err)
		}
		broken.Close()

		_, client = serve(t, s3test.Config{Dir: keep})
		report, err := transfer.Download(t.Context(), client, in, path)
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, data)
		wantFolder(t, dir, "file")
		if report.Kept != kept.Done || report.Verified != transfer.FullObject || report.Afresh != "" {
			t.Errorf("%d threads: of %d bytes that were kept the report is %+v", threads, kept.Done, report)
		}
	}
}

func TestDownloadOfAnotherObjectBeginsAfresh(t *testing.T) {
	keep, dir := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "file")
	in := transfer.DownloadInput{Bucket: "data", Key: "k", Resume: true}
	srv, client := serve(t, s3test.Config{Dir: keep})
	put(t, client, "k", random(300_000))
	srv.Close()
	srv, client = serve(t, s3test.Config{Dir: keep, Faults: faults(t, "truncate=100000,op=GetObject", "error=AccessDenied,op=GetObject,skip=1")})
	if _, err := transfer.Download(t.Context(), client, in, path); !errors.Is(err, s3client.ErrAccessDenied) {
		t.Fatal(err)
	}
	srv.Close()
	_, client = serve(t, s3test.Config{Dir: keep})
	data := random(300_001)
	put(t, client, "k", data)
	report, err := transfer.Download(t.Context(), client, in, path)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, data)
	wantFolder(t, dir, "file")
	if report.Kept != 0 || !strings.Contains(report.Afresh, "its ETag was") {
		t.Errorf("the report is %+v", report)
	}
}

// A service that is down for twenty seconds when a download begins does not fail it, and
// the HEAD for the checksum is not lost to that either; one that stays down does in the end.
func TestDownloadThatBeginsInAnOutage(t *testing.T) {
	for _, test := range []struct {
		name   string
		outage time.Duration
		want   error
	}{
		{"twenty seconds", 20 * time.Second, nil},
		{"a day", 24 * time.Hour, s3client.ErrSlowDown},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newObject(30)
				start := time.Now()
				busy := func() error {
					if time.Since(start) < test.outage {
						return refused(503, "SlowDown")
					}
					return nil
				}
				o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error { return busy() }
				heads := 0
				o.head = func() (s3client.HeadObjectOutput, error) {
					heads++
					return s3client.HeadObjectOutput{}, busy()
				}
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 4, PartSize: 10, Budget: transfer.NewBudget(0, 0)}
				report, err := transfer.Download(t.Context(), o, in, path)
				took := time.Since(start)
				t.Logf("it took %v and %d requests, %d HEADs", took, len(o.asked), heads)
				if test.want != nil {
					wantFailure(t, dir, report, err, test.want)
					if took < 20*time.Second || took > 5*time.Minute {
						t.Errorf("it gave up after %v", took)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, path, o.data)
				if heads < 2 {
					t.Error("the HEAD was not sent again")
				}
				if took > 40*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
