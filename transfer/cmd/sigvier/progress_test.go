package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

func TestProgressLine(t *testing.T) {
	for _, test := range []struct {
		done, total int64
		elapsed     time.Duration
		want        string
	}{
		{0, 0, 5 * time.Second, "moved 0 B, 0 B/s"},
		{0, 1000, 5 * time.Second, "moved 0 B of 1000 B, 0%, 0 B/s"},
		{500, 1000, 5 * time.Second, "moved 500 B of 1000 B, 50%, 100 B/s, 5s left"},
		{999, 1000, time.Second, "moved 999 B of 1000 B, 99%, 999 B/s, 0s left"},
		{1000, 1000, 5 * time.Second, "moved 1000 B of 1000 B, 100%, 200 B/s"},
		{1 << 30, 5 << 30, 100 * time.Second, "moved 1.0 GiB of 5.0 GiB, 20%, 10.2 MiB/s, 6m40s left"},
		{1 << 30, 1 << 40, time.Minute, "moved 1.0 GiB of 1.0 TiB, 0%, 17.1 MiB/s, 17h3m0s left"},
		{2048, 0, 2 * time.Second, "moved 2.0 KiB, 1.0 KiB/s"},                                   // of an unknown size
		{1, 5 << 40, 5 * time.Second, "moved 1 B of 5.0 TiB, 0%, 0 B/s"},                         // left: 871,000 years
		{1, math.MaxInt64 / 100, 5 * time.Second, "moved 1 B of 83886.1 TiB, 0%, 0 B/s"},         // and longer
		{10, 100, 0, "moved 10 B of 100 B, 10%, 9.3 GiB/s, 0s left"},                             // no time yet
		{100, 50, time.Second, "moved 100 B of 50 B, 200%, 100 B/s"},                             // a count that is off
		{1024, 1 << 31, time.Second, "moved 1.0 KiB of 2.0 GiB, 0%, 1.0 KiB/s, 582h32m31s left"}, // foreseeable
		{1024, 1 << 32, time.Second, "moved 1.0 KiB of 4.0 GiB, 0%, 1.0 KiB/s"},                  // not
	} {
		if got := progressLine("moved", test.done, test.total, test.elapsed); got != test.want {
			t.Errorf("progressLine(%d, %d, %v) = %q, want %q", test.done, test.total, test.elapsed, got, test.want)
		}
	}
}

// half is a destination that reads half of a body.
type half struct{ transfer.Destination }

func (half) Checksums() s3client.ChecksumPolicy { return s3client.ChecksumsNever }
func (half) ProtectedInTransit() bool           { return false }

func (half) PutObject(_ context.Context, in s3client.PutObjectInput) (s3client.PutObjectOutput, error) {
	_, err := in.Body.(io.ReaderAt).ReadAt(make([]byte, 500), 0)
	return s3client.PutObjectOutput{ETag: `"e"`}, err
}

// halfDone is the progress of a transfer that has 500 of 1000 bytes.
func halfDone(t *testing.T) *transfer.Progress {
	t.Helper()
	f, err := os.Open(writeFile(t, t.TempDir(), "f", pattern(1000)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := new(transfer.Progress)
	if _, err := transfer.Upload(t.Context(), half{}, transfer.UploadInput{Progress: p}, f); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWatchPrintsALineNowAndThenWhereThereIsNoTerminal(t *testing.T) {
	p := halfDone(t)
	for _, test := range []struct {
		lasts time.Duration
		want  string
	}{
		{0, ""},
		{4900 * time.Millisecond, ""},
		{6 * time.Second, "moved 500 B of 1000 B, 50%, 100 B/s, 5s left\n"},
		{11 * time.Second, "moved 500 B of 1000 B, 50%, 100 B/s, 5s left\nmoved 500 B of 1000 B, 50%, 50 B/s, 10s left\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var stderr bytes.Buffer
			a := &app{stdout: io.Discard, stderr: &stderr}
			stop := a.watch("moved", p)
			time.Sleep(test.lasts)
			stop()
			if stderr.String() != test.want {
				t.Errorf("within %v: %q, want %q", test.lasts, stderr.String(), test.want)
			}
		})
	}
}

func TestMeterRewritesItsLineOnATerminal(t *testing.T) {
	var w bytes.Buffer
	m := &meter{w: &w, verb: "moved", p: new(transfer.Progress), terminal: true, start: time.Now()}
	m.clear()
	if w.Len() > 0 {
		t.Errorf("clear of nothing wrote %q", w.String())
	}
	m.p = halfDone(t)
	m.show()
	long := w.String()
	if !strings.HasPrefix(long, "\rmoved 500 B of 1000 B, 50%, ") || strings.Contains(long, "\n") {
		t.Errorf("show wrote %q, want a line after a carriage return", long)
	}
	w.Reset()
	m.p = new(transfer.Progress)
	m.show()
	short := "\rmoved 0 B, 0 B/s"
	if want := short + strings.Repeat(" ", len(long)-len(short)); w.String() != want {
		t.Errorf("the shorter line is %q, want %q", w.String(), want)
	}
	w.Reset()
	m.clear()
	if want := "\r" + strings.Repeat(" ", len(short)-1) + "\r"; w.String() != want {
		t.Errorf("clear wrote %q, want %q", w.String(), want)
	}
}

func TestFilesAndPipesAreNoTerminals(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for name, w := range map[string]io.Writer{"a file": f, "a pipe": w, "a buffer": new(bytes.Buffer)} {
		if isTerminal(w) {
			t.Errorf("%s is taken for a terminal", name)
		}
	}
}
