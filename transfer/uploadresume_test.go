package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// states is the folder in which uploads under way are noted down.
func states(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "sigvier", "uploads")
}

func wantStates(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if len(entries) != n {
		t.Errorf("there are the states %v, want %d", entries, n)
	}
}

// broken is an upload of 10,500 bytes that got no further than five of its parts.
func broken(t *testing.T, client *s3client.Client, in transfer.UploadInput) *os.File {
	t.Helper()
	f := file(t, random(10_500))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dst := partsSeen{client, func(in s3client.UploadPartInput) {
		if in.PartNumber == 6 {
			cancel()
		}
	}}
	report, err := transfer.Upload(ctx, dst, in, f)
	var kept *transfer.ResumableError
	if !errors.As(err, &kept) || !errors.Is(err, context.Canceled) || kept.Done != 5000 || kept.UploadID == "" || report != (transfer.Report{}) {
		t.Fatalf("got %+v, %v, want a ResumableError with 5000 bytes", report, err)
	}
	if n := uploadsUnderWay(t, client); n != 1 {
		t.Fatalf("%d uploads are under way, want 1", n)
	}
	return f
}

func resuming() transfer.UploadInput {
	in := inParts(1)
	in.Resume = true
	return in
}

func TestUploadGoesOn(t *testing.T) {
	dir := states(t)
	srv, client := serveSmall(t)
	f := broken(t, client, resuming())
	wantStates(t, dir, 1)
	before := srv.Requests()["UploadPart"]
	in := resuming()
	in.Threads = 4
	report, err := transfer.Upload(t.Context(), client, in, f)
	if err != nil {
		t.Fatal(err)
	}
	if report.Kept != 5000 || report.Afresh != "" || report.Size != 10_500 || report.Verified != transfer.FullObject {
		t.Errorf("the report is %+v", report)
	}
	if n := srv.Requests()["UploadPart"] - before; n != 6 {
		t.Errorf("%d parts were sent, want 6", n)
	}
	if in.Progress.Done() != 10_500 {
		t.Errorf("progress is %d", in.Progress.Done())
	}
	if !bytes.Equal(contentOf(t, client, "k"), random(10_500)) {
		t.Error("the object has other bytes")
	}
	wantNoUpload(t, client)
	wantStates(t, dir, 0)
}

// What was uploaded for another file, or otherwise, is given up.
func TestUploadBeginsAfresh(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, client *s3client.Client, f *os.File, in *transfer.UploadInput)
		why    string
	}{
		{"the file was written to", func(t *testing.T, _ *s3client.Client, f *os.File, _ *transfer.UploadInput) {
			if err := os.Chtimes(f.Name(), time.Time{}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, "written to"},
		{"the file is longer", func(t *testing.T, _ *s3client.Client, f *os.File, _ *transfer.UploadInput) {
			if _, err := f.WriteAt([]byte("x"), 10_500); err != nil {
				t.Fatal(err)
			}
		}, "had 10500 bytes, and has 10501"},
		{"other parts", func(_ *testing.T, _ *s3client.Client, _ *os.File, in *transfer.UploadInput) { in.PartSize = 2000 }, "parts"},
		{"other headers", func(_ *testing.T, _ *s3client.Client, _ *os.File, in *transfer.UploadInput) {
			in.Metadata = map[string]string{"a": "b"}
		}, "headers"},
		{"the service gave it up", func(t *testing.T, client *s3client.Client, _ *os.File, _ *transfer.UploadInput) {
			for page, err := range client.ListMultipartUploadsPages(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data"}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range page.Uploads {
					client.AbortMultipartUpload(t.Context(), s3client.AbortMultipartUploadInput{Bucket: "data", Key: u.Key, UploadID: u.UploadID})
				}
			}
		}, "no longer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := states(t)
			_, client := serveSmall(t)
			f := broken(t, client, resuming())
			in := resuming()
			test.change(t, client, f, &in)
			report, err := transfer.Upload(t.Context(), client, in, f)
			if err != nil {
				t.Fatal(err)
			}
			if report.Kept != 0 || !strings.Contains(report.Afresh, test.why) {
				t.Errorf("the report is %+v, want it afresh because of %q", report, test.why)
			}
			want, _ := os.ReadFile(f.Name())
			if !bytes.Equal(contentOf(t, client, "k"), want) {
				t.Error("the object has other bytes")
			}
			wantNoUpload(t, client)
			wantStates(t, dir, 0)
		})
	}
}

// A part that the service has, and that is not the file's, is sent again.
func TestUploadSendsAWrongPartAgain(t *testing.T) {
	for _, sums := range []s3client.ChecksumPolicy{s3client.ChecksumsWhenRequired, s3client.ChecksumsNever} {
		t.Run(string(sums), func(t *testing.T) {
			states(t)
			srv, _ := serveSmall(t)
			client := connectWith(t, srv, sums)
			f := broken(t, client, resuming())
			for page, err := range client.ListMultipartUploadsPages(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data"}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range page.Uploads {
					for n, size := range map[int]int{2: 1000, 3: 999} {
						_, err := client.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: u.UploadID, PartNumber: n, Body: bytes.NewReader(random(size + 7)[7:])})
						if err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			kept := int64(3000)
			if _, err := checksum.NewMD5(); err != nil && sums == s3client.ChecksumsNever {
				kept = 0 // FIPS 140-only mode: nothing tells of a part that it is the same
			}
			report, err := transfer.Upload(t.Context(), client, resuming(), f)
			if err != nil || report.Kept != kept {
				t.Errorf("got %+v, %v, want %d bytes of an earlier run", report, err, kept)
			}
			if !bytes.Equal(contentOf(t, client, "k"), random(10_500)) {
				t.Error("the object has other bytes")
			}
		})
	}
}

func connectWith(t *testing.T, srv *s3test.Server, sums s3client.ChecksumPolicy) *s3client.Client {
	t.Helper()
	client, err := s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: keyID, SecretAccessKey: s3client.NewSecret(secret),
		Endpoint: srv.URL, Checksums: sums}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Without a place for the state the upload is made all the same, and aborted if it fails.
func TestUploadThatCannotBeNoted(t *testing.T) {
	_, client := serveSmall(t, "error=AccessDenied,op=UploadPart,skip=14")
	dir := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, filepath.Join(dir, "file"))
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{nil, s3client.ErrAccessDenied} {
		if _, err := transfer.Upload(t.Context(), client, resuming(), file(t, random(10_500))); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		wantNoUpload(t, client)
	}
}

// A state that is damaged is as good as none.
func TestUploadWithADamagedState(t *testing.T) {
	dir := states(t)
	_, client := serveSmall(t)
	f := broken(t, client, resuming())
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	if err := os.WriteFile(filepath.Join(dir, entries[0].Name()), []byte(`{"version": 1, "upl`), 0o600); err != nil {
		t.Fatal(err)
	}
	if report, err := transfer.Upload(t.Context(), client, resuming(), f); err != nil || report.Kept != 0 {
		t.Errorf("got %+v, %v", report, err)
	}
}
