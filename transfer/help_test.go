package transfer_test

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// An object that one range holds comes by one request. If its connection proves slow, the
// workers that have nothing else to do help.
func TestHelpForASlowConnection(t *testing.T) {
	for _, test := range []struct {
		size   int
		faults string // what becomes of the first answer
		parts  int64
	}{
		{6 << 20, "slow=100000,op=GetObject,times=1", 0},
		{9 << 20, "slow=100000,op=GetObject,times=1", 0},
		{9 << 20, "slow=10000,op=GetObject,skip=1,times=1", 0}, // the last MiB
		{3 << 19, "slow=100000,op=GetObject,times=1", 0},
		{6 << 20, "slow=100000,op=GetObject,times=1", 8 << 20},
		{6 << 20, "stall=1m,op=GetObject,times=1", 0},
		{100_000, "stall=1m,op=GetObject,times=1", 0},
		{100_000, "slow=1000,op=GetObject,times=1", 0},
	} {
		for _, threads := range []int{2, 8} {
			t.Run(fmt.Sprintf("%d bytes in parts of %d, %d threads, %s", test.size, test.parts, threads, test.faults), func(t *testing.T) {
				_, client := serve(t, s3test.Config{Faults: faults(t, strings.Fields(test.faults)...)})
				data := random(test.size)
				put(t, client, "k", data)
				path := filepath.Join(t.TempDir(), "file")
				report, err := transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: test.parts}, path)
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, path, data)
				if report.Stolen+report.Hedged < 1 || report.Threads < 2 || report.Elapsed > 10*time.Second {
					t.Errorf("the report is %+v, want that others help, and soon", report)
				}
			})
		}
	}
}

// Nobody helps where no help is needed.
func TestNoHelpForAFastConnection(t *testing.T) {
	srv, client := serve(t, s3test.Config{})
	for _, size := range []int{1, 100_000, 6 << 20, 8 << 20} {
		data := random(size)
		put(t, client, "k", data)
		for _, threads := range []int{2, 8, 256, transfer.Auto} {
			var report transfer.Report
			for range 3 { // a busy machine may look like a slow connection
				before, path := srv.Requests()["GetObject"], filepath.Join(t.TempDir(), "file")
				var err error
				report, err = transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads}, path)
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, path, data)
				if report.Threads == 1 && srv.Requests()["GetObject"] == before+1 {
					break
				}
			}
			if report.Threads != 1 || report.Requests != 1 {
				t.Errorf("%d bytes, %d threads: the report is %+v, want one request", size, threads, report)
			}
		}
	}
}

// Nor where the caller wants it to take its time, or does not read on.
func TestNoHelpForWhoIsSlow(t *testing.T) {
	data := random(400_000)
	srv, client := serve(t, s3test.Config{})
	put(t, client, "k", data)
	in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 8, Bandwidth: transfer.NewBandwidth(200_000)}
	report, err := transfer.Download(t.Context(), client, in, filepath.Join(t.TempDir(), "file"))
	if err != nil || report.Requests != 1 || report.Threads != 1 {
		t.Errorf("with a limit: %+v, %v, want one request", report, err)
	}

	data = random(2 << 20)
	put(t, client, "k", data)
	before := srv.Requests()["GetObject"]
	in = transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 8, Window: 1}
	r, err := transfer.NewReader(t.Context(), client, in)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 4 {
		if _, err := io.ReadFull(r, make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(600 * time.Millisecond)
	}
	if got := srv.Requests()["GetObject"] - before; got != 1 {
		t.Errorf("of what nobody reads, %d ranges were asked for, want one", got)
	}
}
