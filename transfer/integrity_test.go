package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// A server that misbehaves gives an integrity error and no file.
func TestIntegrityAgainstAServer(t *testing.T) {
	const both, several = "1 4", "4" // numbers of threads
	for _, test := range []struct {
		faults  string // separated by blanks
		threads string
		changed bool
		problem string
	}{
		{"ignore-range", both, false, "ignores Range"},
		{"ignore-range,skip=1", several, false, "ignores Range"},
		{"ignore-range,op=GetObject,skip=4", several, false, "ignores Range"},
		{"change-object,times=1,op=GetObject", several, true, "its ETag is no longer"},
		{"change-object,times=1,op=GetObject ignore-if-match", several, true, "the ETag of an answer"},
		{"wrong-content-range", "1", false, "Content-Range"}, // its end is behind the object's
		{"wrong-content-range", several, false, "were asked for, and the answer has 1-1000"},
		{"wrong-total,times=1,op=GetObject", "1", false, "bytes 0-5000 were asked for, and the answer has 0-4999"},
		{"wrong-total,times=1,op=GetObject", several, true, "has 5000 bytes, and the first said 5001"},
		{"wrong-content-range,skip=1,op=GetObject", several, false, "bytes"},
		{"wrong-total,skip=1,op=GetObject", several, true, "has 5001 bytes, and the first said 5000"},
		{"wrong-etag,skip=1,op=GetObject", several, true, "the ETag of an answer"},
		{"wrong-etag,times=1,op=GetObject", several, true, "its ETag is no longer"},
		{"no-etag", several, false, "no ETag"},
		{"no-etag,skip=1,op=GetObject", several, true, "the ETag of an answer"},
		{"short-content-length=10", both, false, "has a length of"},
		{"short-content-length=10,skip=1,op=GetObject", several, false, "has a length of"},
	} {
		for threads := range strings.FieldsSeq(test.threads) {
			t.Run(test.faults+", threads "+threads, func(t *testing.T) {
				in := transfer.DownloadInput{Bucket: "data", Key: "k", PartSize: 1000}
				fmt.Sscan(threads, &in.Threads)
				// The object comes there by a server that is sound.
				keep := t.TempDir()
				sound, client := serve(t, s3test.Config{Dir: keep})
				put(t, client, "k", random(5000))
				sound.Close()
				_, client = serve(t, s3test.Config{Dir: keep, Faults: faults(t, strings.Fields(test.faults)...)})

				dir := t.TempDir()
				report, err := transfer.Download(t.Context(), client, in, filepath.Join(dir, "file"))
				wantFailure(t, dir, report, err)
				wantIntegrity(t, err, test.changed, test.problem)
			})
		}
	}
}

func wantIntegrity(t *testing.T, err error, changed bool, problem string) {
	t.Helper()
	var e *transfer.IntegrityError
	if !errors.As(err, &e) || !errors.Is(err, transfer.ErrIntegrity) {
		t.Fatalf("%v is no *IntegrityError", err)
	}
	if e.Changed != changed || errors.Is(err, transfer.ErrChanged) != changed {
		t.Errorf("%v: Changed is %v, want %v", err, e.Changed, changed)
	}
	if e.Bucket != "data" || e.Key == "" || !strings.Contains(err.Error(), "s3://data/"+e.Key) || !strings.Contains(e.Problem, problem) {
		t.Errorf("%v does not say %q", err, problem)
	}
}

// One answer is one object, even if the object is replaced meanwhile.
func TestOneWorkerTakesTheObjectAsItWas(t *testing.T) {
	_, client := serve(t, s3test.Config{Faults: faults(t, "change-object,op=GetObject")})
	data := random(5000)
	put(t, client, "k", data)
	path := filepath.Join(t.TempDir(), "file")
	if _, err := transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 1}, path); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, data)
}

// meddling does something to the object after the first answer.
type meddling struct {
	*s3client.Client
	after func()
}

func (m *meddling) GetObject(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	out, err := m.Client.GetObject(ctx, in)
	if m.after != nil {
		m.after()
		m.after = nil
	}
	return out, err
}

func TestObjectThatChangesUnderWay(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	remove := func(t *testing.T, key string) {
		if _, err := client.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: "data", Key: key}); err != nil {
			t.Error(err)
		}
	}
	for _, test := range []struct {
		name, key string
		change    func(t *testing.T, key string)
		problem   string
	}{
		{"replaced", "k", func(t *testing.T, key string) { put(t, client, key, random(5001)) }, "its ETag is no longer"},
		{"replaced by a shorter one", "k", func(t *testing.T, key string) { put(t, client, key, random(10)) }, "its ETag is no longer"},
		{"emptied", "k", func(t *testing.T, key string) { put(t, client, key, nil) }, "its ETag is no longer"},
		{"removed", "k", remove, "it was removed"},
		// In the error document of S3 it makes the XML malformed.
		{"removed, with a control character in its key", "k\x01", remove, "it was removed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			put(t, client, test.key, random(5000))
			dir := t.TempDir()
			src := &meddling{client, func() { test.change(t, test.key) }}
			in := transfer.DownloadInput{Bucket: "data", Key: test.key, Threads: 2, PartSize: 1000}
			report, err := transfer.Download(t.Context(), src, in, filepath.Join(dir, "file"))
			wantFailure(t, dir, report, err)
			wantIntegrity(t, err, true, test.problem)
		})
	}
}

func refused(status int, code string) error {
	return &s3client.Error{Op: "GetObject", Bucket: "data", Key: "k", Err: &s3client.APIError{Status: status, Code: code}}
}

// spoiled are answers that no download may accept.
var spoiled = []struct {
	name    string
	only    string // "", "first of several", "later"
	spoil   func(out *s3client.GetObjectOutput) error
	changed bool
	problem string
}{
	{"status 200", "", func(out *s3client.GetObjectOutput) error { out.Status = 200; return nil }, false, "status 200 instead of 206"},
	{"status 200 with the whole", "later", func(out *s3client.GetObjectOutput) error {
		out.Status, out.ContentRange, out.ContentLength = 200, "", 30
		return nil
	}, false, "status 200 instead of 206"},
	{"status 200 without a length", "", func(out *s3client.GetObjectOutput) error {
		out.Status, out.ContentRange, out.ContentLength = 200, "", -1
		return nil
	}, false, "status 200 instead of 206"},
	{"status 200 with nothing", "later", func(out *s3client.GetObjectOutput) error {
		out.Status, out.ContentRange, out.ContentLength = 200, "", 0
		return nil
	}, false, "status 200 instead of 206"},
	{"status 203", "", func(out *s3client.GetObjectOutput) error { out.Status = 203; return nil }, false, "status 203 instead of 206"},
	{"no Content-Range", "", func(out *s3client.GetObjectOutput) error { out.ContentRange = ""; return nil }, false, "Content-Range"},
	{"Content-Range without a total", "", func(out *s3client.GetObjectOutput) error {
		out.ContentRange = out.ContentRange[:strings.Index(out.ContentRange, "/")] + "/*"
		return nil
	}, false, "Content-Range"},
	{"another unit", "", func(out *s3client.GetObjectOutput) error {
		out.ContentRange = strings.Replace(out.ContentRange, "bytes", "lines", 1)
		return nil
	}, false, "Content-Range"},
	{"another range", "", func(out *s3client.GetObjectOutput) error {
		out.ContentRange = "bytes 1-10/30"
		return nil
	}, false, "were asked for, and the answer has 1-10"},
	{"a shorter range", "", func(out *s3client.GetObjectOutput) error {
		first, last, size, err := s3client.ParseContentRange(out.ContentRange)
		out.ContentRange = fmt.Sprintf("bytes %d-%d/%d", first, last-1, size)
		return err
	}, false, "were asked for, and the answer has"},
	{"a range that begins later", "", func(out *s3client.GetObjectOutput) error {
		first, last, size, err := s3client.ParseContentRange(out.ContentRange)
		out.ContentRange = fmt.Sprintf("bytes %d-%d/%d", first+1, last, size)
		return err
	}, false, "were asked for, and the answer has"},
	{"another total", "later", func(out *s3client.GetObjectOutput) error {
		out.ContentRange = strings.Replace(out.ContentRange, "/30", "/31", 1)
		return nil
	}, true, "has 31 bytes, and the first said 30"},
	{"too long", "", func(out *s3client.GetObjectOutput) error { out.ContentLength++; return nil }, false, "has a length of"},
	{"too short", "", func(out *s3client.GetObjectOutput) error { out.ContentLength--; return nil }, false, "has a length of"},
	{"a length of nothing", "", func(out *s3client.GetObjectOutput) error { out.ContentLength = 0; return nil }, false, "has a length of 0"},
	{"a body longer than its range", "", func(out *s3client.GetObjectOutput) error {
		out.ContentLength = -1
		out.Body = io.NopCloser(io.MultiReader(out.Body, strings.NewReader("x")))
		return nil
	}, false, "goes on behind them"},
	{"a body longer than its range, in one piece", "", func(out *s3client.GetObjectOutput) error {
		b, err := io.ReadAll(out.Body)
		out.ContentLength = -1
		out.Body = io.NopCloser(bytes.NewReader(append(b, "more"...)))
		return err
	}, false, "goes on behind them"},
	{"no ETag", "first of several", func(out *s3client.GetObjectOutput) error { out.ETag = ""; return nil }, false, "no ETag"},
	{"the ETag is gone", "later", func(out *s3client.GetObjectOutput) error { out.ETag = ""; return nil }, true, "the ETag of an answer"},
	{"another ETag", "later", func(out *s3client.GetObjectOutput) error { out.ETag = `"e2"`; return nil }, true, `the ETag of an answer is "e2"`},
	{"a weak ETag", "later", func(out *s3client.GetObjectOutput) error { out.ETag = "W/" + out.ETag; return nil }, true, "the ETag of an answer"},
	{"another version", "later", func(out *s3client.GetObjectOutput) error { out.VersionID = "v2"; return nil }, true, `the version of an answer is "v2"`},
	{"the version is gone", "later", func(out *s3client.GetObjectOutput) error { out.VersionID = ""; return nil }, true, `the version of an answer is ""`},
	{"412", "later", func(*s3client.GetObjectOutput) error { return refused(412, "PreconditionFailed") }, true, `its ETag is no longer "e1"`},
	{"404", "later", func(*s3client.GetObjectOutput) error { return refused(404, "NoSuchKey") }, true, "it was removed"},
	{"404 of the version", "later", func(*s3client.GetObjectOutput) error { return refused(404, "NoSuchVersion") }, true, "it was removed"},
	{"416", "later", func(*s3client.GetObjectOutput) error { return refused(416, "InvalidRange") }, true, "it is shorter now"},
}

func TestIntegrityOfAnswers(t *testing.T) {
	for _, test := range spoiled {
		for _, where := range []struct {
			name          string
			threads       int
			first, struck int // the range's first request; the request that is struck
		}{{"the only answer", 1, 0, 0}, {"the first answer", 2, 0, 0}, {"a later answer", 2, 1, 1}, {"the last answer", 2, 2, 2}} {
			if first := where.struck == 0; test.only == "first of several" && (!first || where.threads == 1) || test.only == "later" && first {
				continue
			}
			t.Run(test.name+" in "+where.name, func(t *testing.T) {
				dir := t.TempDir()
				for _, to := range []string{"file", "stream"} {
					o := newObject(30)
					o.version = "v1"
					o.get = func(n int, in s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
						if n != where.struck {
							return nil
						}
						return test.spoil(out)
					}
					in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: where.threads, PartSize: 10}
					var report transfer.Report
					var err error
					if to == "file" {
						report, err = transfer.Download(t.Context(), o, in, filepath.Join(dir, "file"))
					} else if where.threads == 1 { // a stream has one worker
						report, err = transfer.DownloadTo(t.Context(), o, in, io.Discard)
					} else {
						continue
					}
					wantFailure(t, dir, report, err)
					wantIntegrity(t, err, test.changed, test.problem)
					if o.open != 0 {
						t.Errorf("%d bodies are still open", o.open)
					}
				}
			})
		}
	}
}

// The answer to the rest of a broken body is held against the pin too.
func TestIntegrityOfResumedAnswers(t *testing.T) {
	for _, test := range spoiled {
		if test.only == "first of several" {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			o := newObject(30)
			o.version = "v1"
			o.get = func(n int, in s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
				if n == 0 {
					out.Body = breaking(out.Body, 12, io.ErrUnexpectedEOF)
					return nil
				}
				return test.spoil(out)
			}
			dir := t.TempDir()
			report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file"))
			wantFailure(t, dir, report, err)
			wantIntegrity(t, err, test.changed, test.problem)
			// What a stream got is the object's beginning, and no more.
			o.asked = nil
			var out bytes.Buffer
			report, err = transfer.DownloadTo(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, &out)
			wantFailure(t, dir, report, err)
			if !bytes.HasPrefix(o.data, out.Bytes()) || out.Len() < 12 {
				t.Errorf("the stream got %d bytes that are not the object's beginning", out.Len())
			}
		})
	}
}

// Other refusals are no integrity errors, and come as the service said them.
func TestRefusalsUnderWay(t *testing.T) {
	for _, refusal := range []error{refused(403, "AccessDenied"), refused(501, "NotImplemented"), refused(400, "ExpiredToken"), errors.New("no route to host")} {
		o := newObject(30)
		o.get = func(n int, _ s3client.GetObjectInput, _ *s3client.GetObjectOutput) error {
			if n == 1 {
				return refusal
			}
			return nil
		}
		dir := t.TempDir()
		report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, refusal)
		if errors.Is(err, transfer.ErrIntegrity) {
			t.Errorf("%v is an integrity error", err)
		}
	}
}

// A version that was asked for is the one that comes.
func TestAnotherVersionThanAskedFor(t *testing.T) {
	for _, test := range []struct {
		asked, answered string
		good            bool
	}{
		{"v1", "v1", true}, {"v1", "v2", false}, {"v1", "", false}, {"v1", "null", false},
		{"null", "null", true}, {"null", "", true}, {"null", "v1", false},
	} {
		o := newObject(30)
		o.version = test.answered
		dir := t.TempDir()
		in := transfer.DownloadInput{Bucket: "data", Key: "k", VersionID: test.asked, Threads: 2, PartSize: 10}
		report, err := transfer.Download(t.Context(), o, in, filepath.Join(dir, "file"))
		if test.good {
			if err != nil {
				t.Errorf("version %q of %q: %v", test.asked, test.answered, err)
			}
			continue
		}
		wantFailure(t, dir, report, err)
		wantIntegrity(t, err, false, "was asked for")
	}
}

// A total that is the server's invention must not cost more than an error.
func TestSizeThatIsAbsurd(t *testing.T) {
	for _, total := range []int64{math.MaxInt64, 1 << 60, 1 << 50} {
		o := newObject(30)
		o.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ContentRange = fmt.Sprintf("bytes 0-9/%d", total)
			return nil
		}
		dir := t.TempDir()
		in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10}
		report, err := transfer.Download(t.Context(), o, in, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err)
		wantIntegrity(t, err, false, "too many parts")
	}
}
