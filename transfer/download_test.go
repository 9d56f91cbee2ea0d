package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

func TestDownload(t *testing.T) {
	const part = 1000
	srv, client := serve(t, s3test.Config{})
	for _, size := range []int{0, 1, part - 1, part, part + 1, 2 * part, 20*part + 123} {
		data := random(size)
		etag := put(t, client, fmt.Sprint(size), data)
		for _, threads := range []int{0, 1, 2, 8, 256, transfer.Auto} {
			t.Run(fmt.Sprintf("%d bytes, %d threads", size, threads), func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				before := srv.Requests()
				progress := new(transfer.Progress)
				report, err := transfer.Download(t.Context(), client, transfer.DownloadInput{
					Bucket: "data", Key: fmt.Sprint(size), Threads: threads, PartSize: part, Progress: progress}, path)
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, path, data)
				wantFolder(t, dir, "file")

				parts := (size + part - 1) / part
				workers := threads
				switch threads {
				case 0, 1:
					parts, workers = min(parts, 1), 1
				case transfer.Auto:
					workers = 8
				}
				wantReport(t, report, transfer.Report{Size: int64(size), ETag: etag, Threads: min(workers, parts),
					Requests: parts, Verified: verifiedAs(size)})
				if progress.Done() != int64(size) || progress.Total() != int64(size) {
					t.Errorf("progress is %d of %d, want %d", progress.Done(), progress.Total(), size)
				}
				after := srv.Requests()
				gets, heads := after["GetObject"]-before["GetObject"], after["HeadObject"]-before["HeadObject"]
				if gets != max(parts, 1) || heads != 1 { // the HEAD for the checksum, or that says that there is nothing
					t.Errorf("%d GETs and %d HEADs, want %d and one", gets, heads, max(parts, 1))
				}
			})
		}
	}
}

func TestDownloadTo(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	for _, size := range []int{0, 1, 3000} {
		data := random(size)
		etag := put(t, client, "k", data)
		for _, threads := range []int{0, 1, 8, transfer.Auto} {
			var out bytes.Buffer
			progress := new(transfer.Progress)
			report, err := transfer.DownloadTo(t.Context(), client, transfer.DownloadInput{
				Bucket: "data", Key: "k", Threads: threads, PartSize: 1000, Progress: progress}, &out)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), data) {
				t.Errorf("%d bytes, %d threads: %d other bytes arrive", size, threads, out.Len())
			}
			workers, requests := min(size, 1), min(size, 1)
			if size == 3000 && threads != 0 && threads != 1 {
				workers, requests = 3, 3
			}
			wantReport(t, report, transfer.Report{Size: int64(size), ETag: etag, Threads: workers, Requests: requests, Verified: verifiedAs(size)})
			if progress.Done() != int64(size) || progress.Total() != int64(size) {
				t.Errorf("progress is %d of %d, want %d", progress.Done(), progress.Total(), size)
			}
		}
	}
}

// verifiedAs is how far an object of the server, which keeps checksums, is
// verified: of nothing there is nothing to compare.
func verifiedAs(size int) transfer.Verified {
	if size == 0 {
		return transfer.ETagOnly
	}
	return transfer.FullObject
}

// With the defaults, an object is cut where it is longer than 8 MiB.
func TestDefaultPartSize(t *testing.T) {
	o := newObject(transfer.DefaultPartSize + 1)
	path := filepath.Join(t.TempDir(), "file")
	report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 4}, path)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, o.data)
	asked := o.ranges()
	slices.Sort(asked)
	if !slices.Contains(asked, "0-8388607") || !slices.Contains(asked, "8388608-8388608") || report.Threads < 2 {
		t.Errorf("%d threads ask for %q", report.Threads, asked)
	}
}

// Each later request is for the object of the first answer.
func TestRequestsArePinned(t *testing.T) {
	for _, test := range []struct {
		name                   string
		asked, version, pinned string
	}{
		{"unversioned", "", "", ""},
		{"versioned", "", "v7", "v7"},
		{"a version that was asked for", "v5", "v5", "v5"},
		{"versioning is suspended", "", "null", ""},
		{"the null version was asked for", "null", "null", "null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newObject(30)
			o.version = test.version
			report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{
				Bucket: "data", Key: "k", VersionID: test.asked, Threads: 2, PartSize: 10}, filepath.Join(t.TempDir(), "file"))
			if err != nil {
				t.Fatal(err)
			}
			if report.VersionID != test.version {
				t.Errorf("the report's version is %q, want %q", report.VersionID, test.version)
			}
			for i, in := range o.asked {
				want := s3client.GetObjectInput{Bucket: "data", Key: "k", Range: in.Range, IfMatch: o.etag, VersionID: test.pinned}
				if i == 0 {
					want.IfMatch, want.VersionID = "", test.asked
				}
				if in != want {
					t.Errorf("request %d is %+v, want %+v", i, in, want)
				}
			}
			o.wantOnce(t)
		})
	}
}

func TestDownloadRefusesItsInput(t *testing.T) {
	for _, in := range []transfer.DownloadInput{{Threads: -2}, {Threads: 257}, {Threads: 2, PartSize: -1}} {
		o := newObject(10)
		dir := t.TempDir()
		in.Bucket, in.Key = "data", "k"
		report, err := transfer.Download(t.Context(), o, in, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err)
		var out bytes.Buffer
		report, err = transfer.DownloadTo(t.Context(), o, in, &out)
		wantFailure(t, dir, report, err)
		if len(o.asked) != 0 {
			t.Errorf("%+v: %d requests were sent", in, len(o.asked))
		}
	}
}

// What the service refuses comes as it said it.
func TestDownloadOfWhatIsNotThere(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	for _, threads := range []int{1, 8} {
		dir := t.TempDir()
		report, err := transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "missing", Threads: threads}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, s3client.ErrNotFound, s3client.ErrNoSuchKey)
		if errors.Is(err, transfer.ErrIntegrity) {
			t.Errorf("%v is an integrity error", err)
		}
		report, err = transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "missing", Key: "k", Threads: threads}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, s3client.ErrNoSuchBucket)
	}
}

func TestEmptyObjects(t *testing.T) {
	empty := func() (s3client.HeadObjectOutput, error) {
		return s3client.HeadObjectOutput{ObjectInfo: s3client.ObjectInfo{ETag: `"e1"`, VersionID: "v1"}}, nil
	}
	forbidden := &s3client.Error{Op: "HeadObject", Err: &s3client.APIError{Status: 403, Code: "Forbidden"}}
	for _, test := range []struct {
		name string
		in   transfer.DownloadInput
		head func() (s3client.HeadObjectOutput, error)
		want error // nil: an empty file
	}{
		{name: "HEAD says so", head: empty},
		{name: "HEAD says so of the version", in: transfer.DownloadInput{VersionID: "v1"}, head: empty},
		{name: "HEAD says so of another version", in: transfer.DownloadInput{VersionID: "v2"}, head: empty, want: transfer.ErrIntegrity},
		{name: "HEAD says that there is something", head: func() (s3client.HeadObjectOutput, error) {
			return s3client.HeadObjectOutput{ObjectInfo: s3client.ObjectInfo{ETag: `"e1"`, ContentLength: 1}}, nil
		}, want: s3client.ErrInvalidRange},
		{name: "HEAD does not say", head: func() (s3client.HeadObjectOutput, error) {
			return s3client.HeadObjectOutput{ObjectInfo: s3client.ObjectInfo{ETag: `"e1"`, ContentLength: -1}}, nil
		}, want: s3client.ErrInvalidRange},
		{name: "HEAD fails", head: func() (s3client.HeadObjectOutput, error) { return s3client.HeadObjectOutput{}, forbidden }, want: s3client.ErrDenied},
	} {
		for _, threads := range []int{1, 8} {
			t.Run(fmt.Sprintf("%s, %d threads", test.name, threads), func(t *testing.T) {
				o := newObject(0)
				o.head = test.head
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				test.in.Bucket, test.in.Key, test.in.Threads = "data", "k", threads
				report, err := transfer.Download(t.Context(), o, test.in, path)
				if test.want != nil {
					wantFailure(t, dir, report, err, test.want)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, path, nil)
				wantReport(t, report, transfer.Report{ETag: `"e1"`, VersionID: "v1", Verified: transfer.ETagOnly})
			})
		}
	}
}

// Some servers give an empty object whole, whatever the range.
func TestEmptyObjectWithStatus200(t *testing.T) {
	src := sourceFunc(func(context.Context, s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
		return s3client.GetObjectOutput{ObjectInfo: s3client.ObjectInfo{ETag: `"e1"`}, Status: 200, Body: http.NoBody}, nil
	})
	for _, threads := range []int{1, 8} {
		path := filepath.Join(t.TempDir(), "file")
		report, err := transfer.Download(t.Context(), src, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads}, path)
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, nil)
		wantReport(t, report, transfer.Report{ETag: `"e1"`, Requests: 1, Verified: transfer.ETagOnly})
	}
}

// Progress knows the total from the first answer on, and what has arrived.
func TestProgress(t *testing.T) {
	o := newObject(30)
	progress := new(transfer.Progress)
	o.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
		total := int64(30)
		if n == 0 {
			total = 0
		}
		if progress.Done() != int64(n*10) || progress.Total() != total {
			t.Errorf("at request %d progress is %d of %d, want %d of %d", n, progress.Done(), progress.Total(), n*10, total)
		}
		out.Body = breaking(out.Body, 10, io.ErrUnexpectedEOF)
		return nil
	}
	if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Progress: progress}, filepath.Join(t.TempDir(), "file")); err != nil {
		t.Fatal(err)
	}
	if len(o.asked) != 3 || progress.Done() != 30 || progress.Total() != 30 {
		t.Errorf("after %d requests progress is %d of %d, want 30 of 30 after 3", len(o.asked), progress.Done(), progress.Total())
	}
}

func TestTemporaryNameIsHidden(t *testing.T) {
	dir := t.TempDir()
	o := newObject(10)
	o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 || !strings.HasPrefix(entries[0].Name(), ".") {
			t.Errorf("during the download the folder has %v, %v, want one hidden file", entries, err)
		}
		return nil
	}
	if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file")); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, dir, "file")
}
