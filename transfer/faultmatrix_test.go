package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// Every fault, every way to move an object, one worker and eight: what comes is right,
// or an error that a program can tell from others, and never anything else.

// outcome is how a transfer must end.
type outcome int

const (
	either outcome = iota // well or with an error: it depends on which requests are struck
	well                  // in spite of the fault
	failed                // for it cannot be right
)

// faultMatrix are the faults, joined by a space where there are several, and how a
// download and an upload must end. In the place of OP stand the operations of the way.
var faultMatrix = []struct {
	faults   string
	down, up outcome
}{
	// S3 is busy, in trouble, or unwilling.
	{"error=SlowDown,op=OP,times=2", well, well},
	{"error=SlowDown,op=OP", failed, failed},
	{"error=SlowDown,op=OP,every=3", well, well},
	{"error=InternalError,op=OP,rate=20%", either, either},
	{"error=ServiceUnavailable,op=OP,times=1", well, well},
	{"error=RequestTimeout,op=OP,times=1", well, well},
	{"error=AccessDenied,op=OP", failed, failed},
	{"error=AccessDenied,op=OP,skip=2", either, either},
	{"error=ExpiredToken,op=OP,skip=1", either, either},
	{"error=NoSuchKey,op=OP,skip=1", either, either},
	{"error=PreconditionFailed,op=OP,skip=1", either, either},
	{"error=InvalidRange,op=OP", failed, failed},
	{"error-after-body=InternalError,op=OP,times=1", well, well},
	{"error-after-body=SlowDown,op=OP", failed, failed},
	{"throttle=40,op=OP", either, either},
	{"html=502,op=OP,times=1", well, well},
	{"html=502,op=OP", failed, failed},
	{"html=403,op=OP", failed, failed},
	{"html=200,op=OP,times=1", either, either},
	{"html=200,op=OP", failed, failed},

	// The connection fails.
	{"drop,op=OP,times=1", well, well},
	{"drop,op=OP", failed, failed},
	{"reset,op=OP,times=2", well, well},
	{"reset,op=OP", failed, failed},
	{"reset,op=OP,every-conn=3", either, either},
	{"lost-answer,op=OP,times=1", well, either},
	{"lost-answer,op=OP", failed, either}, // of an upload it may be known what became of it
	{"truncate=0,op=OP,times=2", well, either},
	{"truncate=0,op=OP", failed, either},
	{"truncate=random,op=OP,times=4", well, either},
	{"truncate=random,op=OP,rate=30%", either, either},
	{"reset-at=random,op=OP,times=4", well, either},
	{"reset-at=1000,op=OP,times=3", well, well},

	// It takes its time.
	{"latency=10ms,jitter=30ms,op=OP", well, well},
	{"stall=60ms,op=OP,times=3", well, well},
	{"stall=0,op=GetObject,times=1", well, well},
	{"stall-at=random,op=GetObject,times=2", well, well},
	{"stall-at=0,op=GetObject", failed, well},
	{"slow=3000000,op=OP", well, well},
	{"slow=300000,op=OP,every-conn=4", well, well},

	// The bytes are not those of the object.
	{"flip=random,op=GetObject,times=1", either, well},
	{"flip=0,op=GetObject", failed, well},
	{"flip=random,op=GetObject,rate=30%", either, well},
	{"short-content-length=1,op=GetObject,times=1", either, well},
	{"short-content-length=100,op=GetObject", either, well},
	{"no-content-length,op=OP", well, well},

	// The answer is not the one to what was asked.
	{"ignore-range,op=GetObject", either, well},
	{"ignore-range,op=GetObject,skip=1", either, well},
	{"short-range=10,op=GetObject", either, well},
	{"wrong-content-range,op=GetObject", failed, well},
	{"wrong-content-range,op=GetObject,skip=1", either, well},
	{"no-content-range,op=GetObject", either, well},
	{"wrong-total,op=GetObject", failed, well},
	{"wrong-total,op=GetObject,skip=1", either, well},
	{"wrong-etag,op=OP", either, either},
	{"wrong-etag,op=OP,skip=1", either, either},
	{"no-etag,op=OP", either, either},
	{"no-etag,op=OP,skip=1", either, either},
	{"wrong-checksum,op=HeadObject", failed, well},
	{"wrong-checksum,op=OP", either, either},

	// The object changes.
	{"change-object,op=GetObject,times=1", either, well},
	{"change-object,op=GetObject,skip=2,times=1", either, well},
	{"change-object,op=GetObject,times=1 ignore-if-match,op=GetObject", either, well},
	{"change-object,op=GetObject,every=2", either, well},

	// What goes on beside the bytes.
	{"error=AccessDenied,op=HeadObject", well, well},
	{"drop,op=HeadObject", well, well},
	{"html=200,op=HeadObject", well, well},
	{"no-etag,op=HeadObject", well, well},

	// Uploads.
	{"upload-reset=0,op=OP,times=1", well, well},
	{"upload-reset=random,op=OP,times=3", well, well},
	{"upload-reset=100,op=PutObject+UploadPart", well, failed},
	{"upload-stall=random,for=60ms,op=OP,times=3", well, well},
	{"upload-stall=random,op=OP,times=1", well, either},
	{"upload-slow=3000000,op=OP", well, well},
	{"upload-flip=random,op=PutObject+UploadPart,times=1", well, either},
	{"upload-flip=0,op=PutObject+UploadPart", well, failed},
	{"error=InternalError,op=CreateMultipartUpload,times=1", well, well},
	{"error=NoSuchUpload,op=UploadPart+CompleteMultipartUpload", well, either},
	{"error=NoSuchUpload,op=UploadPart,skip=3", well, either},
	{"error=InvalidPart,op=CompleteMultipartUpload", well, either},
	{"late-error=InternalError,op=CompleteMultipartUpload,times=1", well, well},
	{"late-error=InternalError,op=CompleteMultipartUpload", well, either},
	{"lost-answer,op=CompleteMultipartUpload,times=1", well, well},
	{"lost-answer,op=PutObject+UploadPart,times=2", well, well},
	{"wrong-etag,op=UploadPart,skip=2,times=1", well, either},
	{"wrong-etag,op=CompleteMultipartUpload", well, either},
	{"wrong-checksum,op=CompleteMultipartUpload", well, either},
	{"truncate=10,op=CompleteMultipartUpload,times=1", well, well},
	{"html=200,op=CompleteMultipartUpload,times=1", well, either},
	{"error=AccessDenied,op=UploadPart,skip=1 error=InternalError,op=AbortMultipartUpload", well, either},
}

// matrixWays are the ways to move an object. Each gives what is there in the end: nil if
// nothing is.
var matrixWays = []struct {
	name, op string // op: whose requests carry the bytes
	beside   string // what else it may ask for
	up       bool
	move     func(c *cell, ctx context.Context) (came []byte, err error)
}{
	{"get", "GetObject", "HeadObject", false, (*cell).get},
	{"reader", "GetObject", "HeadObject", false, (*cell).read},
	{"put", "PutObject", "HeadObject", true, (*cell).put},
	{"put in parts", "CreateMultipartUpload+UploadPart+CompleteMultipartUpload", "HeadObject+ListParts+AbortMultipartUpload", true, (*cell).putParts},
}

// cell is one transfer of the matrix.
type cell struct {
	client  *s3client.Client
	patient *s3client.Client // to store the object, and to look at it
	threads int
	data    []byte
	dir     string
}

const (
	matrixSize = 400_000
	matrixPart = 50_000

	// Deadlines of a transfer: of one that may go on trying, and of one that must end well,
	// on a machine however busy.
	matrixPatience = 2 * time.Second
	matrixLimit    = time.Minute
)

func (c *cell) in() transfer.DownloadInput {
	return transfer.DownloadInput{Bucket: "data", Key: "key", Threads: c.threads, PartSize: matrixPart}
}

func (c *cell) get(ctx context.Context) ([]byte, error) {
	path := filepath.Join(c.dir, "object")
	_, err := transfer.Download(ctx, c.client, c.in(), path)
	entries, _ := os.ReadDir(c.dir)
	if err == nil && len(entries) == 1 {
		return os.ReadFile(path)
	}
	for _, e := range entries {
		err = fmt.Errorf("beside an error, or the file, there is %s: %v", e.Name(), err)
	}
	return nil, err
}

func (c *cell) read(ctx context.Context) ([]byte, error) {
	in := c.in()
	in.Window = 2 * matrixPart
	r, err := transfer.NewReader(ctx, c.client, in)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	came, err := io.ReadAll(r)
	if err != nil && (errors.Is(err, transfer.ErrIntegrity) || errors.Is(err, context.DeadlineExceeded) || bytes.HasPrefix(c.data, came)) {
		return nil, err // of which the end would tell whether they are right
	}
	return came, err // with an error: what was given before it is wrong
}

func (c *cell) put(ctx context.Context) ([]byte, error) { return c.upload(ctx, 5<<20) }

func (c *cell) putParts(ctx context.Context) ([]byte, error) { return c.upload(ctx, matrixPart) }

// upload looks at what the service has afterwards, error or not.
func (c *cell) upload(ctx context.Context, part int64) ([]byte, error) {
	path := filepath.Join(c.dir, "file")
	if err := os.WriteFile(path, c.data, 0o666); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := transfer.UploadInput{Bucket: "data", Key: "key", Threads: c.threads, PartSize: part}
	_, err = transfer.Upload(ctx, c.client, in.WithLimits(transfer.Limits{MinPart: 1, MaxPart: 5 << 30, MaxParts: 10_000, GrowEvery: 1000}), file)
	there, e := c.stored()
	if e != nil && !errors.Is(e, s3client.ErrNotFound) {
		err = fmt.Errorf("looking at what was stored: %v, after: %v", e, err)
	}
	return there, err
}

// The faults strike requests about keys that begin with "key": what is stored comes
// there, and is looked at, by way of copies.

func (c *cell) store() error {
	ctx := context.Background()
	if _, err := c.patient.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "first", Body: bytes.NewReader(c.data)}); err != nil {
		return err
	}
	_, err := c.patient.CopyObject(ctx, s3client.CopyObjectInput{Bucket: "data", Key: "key", CopySource: s3client.CopySource{Bucket: "data", Key: "first"}})
	return err
}

func (c *cell) stored() ([]byte, error) {
	ctx := context.Background()
	if _, err := c.patient.CopyObject(ctx, s3client.CopyObjectInput{Bucket: "data", Key: "last", CopySource: s3client.CopySource{Bucket: "data", Key: "key"}}); err != nil {
		return nil, err
	}
	out, err := c.patient.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "last"})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// typed reports whether an error is one that the documentation promises.
func typed(err error) bool {
	var call *s3client.Error
	return errors.As(err, &call) || errors.Is(err, transfer.ErrIntegrity) || errors.Is(err, s3client.ErrStalled) || errors.Is(err, context.DeadlineExceeded)
}

// TestFaultMatrix prints its counts with -v.
func TestFaultMatrix(t *testing.T) {
	began := time.Now()
	counts := matrixCounts{right: map[string]int{}, failed: map[string]int{}}
	data := random(matrixSize)
	changed := slices.Clone(data)
	for i := range changed {
		changed[i] ^= 0xff
	}
	limit := make(chan struct{}, 64) // most of the time is waiting
	var wg sync.WaitGroup
	for _, row := range faultMatrix {
		for _, way := range matrixWays {
			list := faults(t, strings.Fields(strings.ReplaceAll(row.faults, "OP", way.op))...)
			if !slices.ContainsFunc(list, func(f s3test.Fault) bool { return shareOperation(f.Op, way.op+"+"+way.beside) }) {
				continue
			}
			for i := range list {
				list[i].Key = "key"
			}
			want := row.down
			if way.up {
				want = row.up
			}
			for _, threads := range []int{1, 8} {
				wg.Go(func() {
					limit <- struct{}{}
					defer func() { <-limit }()
					name := fmt.Sprintf("%s, %s, %d threads", row.faults, way.name, threads)
					srv, err := s3test.Start(s3test.Config{Users: users, Buckets: []string{"data"}, Faults: list, Seed: 1, MinPartSize: 1})
					if err != nil {
						t.Error(err)
						return
					}
					defer srv.Close()
					c := &cell{client: connect(t, srv, &s3client.Options{StallTimeout: time.Second}), patient: connect(t, srv, nil), threads: threads, data: data, dir: t.TempDir()}
					if !way.up {
						if err := c.store(); err != nil {
							t.Errorf("%s: storing the object: %v", name, err)
							return
						}
					}
					deadline := matrixPatience
					if want == well {
						deadline = matrixLimit
					}
					ctx, cancel := context.WithTimeout(t.Context(), deadline)
					defer cancel()
					start := time.Now()
					came, err := way.move(c, ctx)
					counts.add(way.name, name, err, time.Since(start))

					switch right := bytes.Equal(came, data) || strings.HasPrefix(row.faults, "change-object") && bytes.Equal(came, changed); {
					case came != nil && !right:
						t.Errorf("%s: %d bytes that are WRONG, %v", name, len(came), err)
					case err == nil && came == nil:
						t.Errorf("%s: no error, and nothing has come", name)
					case err != nil && !typed(err):
						t.Errorf("%s: an error without a type: %v", name, err)
					case err != nil && want == well:
						t.Errorf("%s: %v, want that it ends well", name, err)
					case err == nil && want == failed:
						t.Errorf("%s: it ends well, want an error", name)
					}
				})
			}
		}
	}
	wg.Wait()
	t.Logf("%d faults and ways to move an object make %d transfers, in %s; the longest %s: %s",
		len(faultMatrix), counts.all, time.Since(began).Round(time.Millisecond), counts.slowest.Round(time.Millisecond), counts.slow)
	for _, way := range matrixWays {
		t.Logf("%-12s %3d right, %3d with a typed error, 0 wrong", way.name, counts.right[way.name], counts.failed[way.name])
	}
}

// matrixCounts count how the transfers ended.
type matrixCounts struct {
	sync.Mutex
	right, failed map[string]int // by way
	all           int
	slowest       time.Duration
	slow          string
}

func (c *matrixCounts) add(way, name string, err error, took time.Duration) {
	c.Lock()
	defer c.Unlock()
	if c.all++; err == nil {
		c.right[way]++
	} else {
		c.failed[way]++
	}
	if took > c.slowest {
		c.slowest, c.slow = took, name
	}
}

// shareOperation reports whether two lists have an operation in common.
func shareOperation(a, b string) bool {
	for op := range strings.SplitSeq(a, "+") {
		if slices.Contains(strings.Split(b, "+"), op) {
			return true
		}
	}
	return false
}
