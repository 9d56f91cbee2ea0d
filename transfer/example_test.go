package transfer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// openExample connects to an embedded server that has a report of 20,000 lines.
// Yours is connected to by the form of package s3client, whose keys come from
// the environment or a file, never from source code.
func openExample() (client *s3client.Client, stop func()) {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}},
		Buckets: []string{"data"},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err = s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       "AKIDEXAMPLE",
		SecretAccessKey:   s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		Endpoint:          srv.URL,
		DownloadThreads:   4,
	}.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	report := strings.Repeat("a line of the report\n", 20_000)
	_, err = client.PutObject(context.Background(), s3client.PutObjectInput{Bucket: "data", Key: "report", Body: strings.NewReader(report)})
	if err != nil {
		log.Fatal(err)
	}
	return client, func() { srv.Close() }
}

func ExampleDownload() {
	client, stop := openExample()
	defer stop()
	dir, err := os.MkdirTemp("", "example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	progress := new(transfer.Progress) // for another goroutine to look at
	report, err := transfer.Download(context.Background(), client, transfer.DownloadInput{
		Bucket: "data", Key: "report",
		Threads:  client.DownloadThreads(),
		PartSize: 64 << 10, // the default suits larger objects
		Progress: progress,
	}, filepath.Join(dir, "report.txt"))
	if err != nil {
		log.Fatal(err) // and there is no file
	}
	fmt.Println(report.Size, "bytes by", report.Threads, "threads, verified:", report.Verified)
	fmt.Println(progress.Done(), "of", progress.Total())
	// Output:
	// 420000 bytes by 4 threads, verified: full-object
	// 420000 of 420000
}

// A stream is written in order, and can be worked on while it comes.
func ExampleDownloadTo() {
	client, stop := openExample()
	defer stop()

	var lines lineCounter
	report, err := transfer.DownloadTo(context.Background(), client, transfer.DownloadInput{Bucket: "data", Key: "report"}, &lines)
	if err != nil {
		log.Fatal(err) // what was written is only the beginning
	}
	fmt.Println(lines, "lines in", report.Size, "bytes")
	// Output:
	// 20000 lines in 420000 bytes
}

type lineCounter int

func (n *lineCounter) Write(p []byte) (int, error) {
	*n += lineCounter(strings.Count(string(p), "\n"))
	return len(p), nil
}

func ExampleUpload() {
	client, stop := openExample()
	defer stop()
	file, err := os.CreateTemp("", "example-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if _, err := file.WriteString("hello"); err != nil {
		log.Fatal(err)
	}

	report, err := transfer.Upload(context.Background(), client, transfer.UploadInput{
		Bucket: "data", Key: "greeting", ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"},
		Threads: 4,    // of a file that is larger than a part
		Resume:  true, // if it is broken off, the next upload of the file goes on
	}, file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Size, "bytes, verified:", report.Verified)
	// Output:
	// 5 bytes, verified: full-object
}

// What a program writes goes to an object while it is written.
func ExampleUploadFrom() {
	client, stop := openExample()
	defer stop()

	r, w := io.Pipe()
	go func() {
		for i := range 1000 {
			fmt.Fprintln(w, "measurement", i)
		}
		w.Close() // or CloseWithError, and there is no object
	}()
	report, err := transfer.UploadFrom(context.Background(), client, transfer.UploadInput{
		Bucket: "data", Key: "measurements", Threads: 4,
		IfNoneMatch: "*", // only if there is none of that name
	}, r)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Size, "bytes, verified:", report.Verified)
	// Output:
	// 15890 bytes, verified: full-object
}

// A large object is copied in parts, several at once, without its bytes coming here.
func ExampleCopy() {
	client, stop := openExample()
	defer stop()

	report, err := transfer.Copy(context.Background(), client, transfer.CopyInput{
		Bucket: "data", Key: "archive/report",
		CopySource: s3client.CopySource{Bucket: "data", Key: "report"},
		Threads:    8,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Size, "bytes, verified:", report.Verified)
	// Output:
	// 420000 bytes, verified: full-object
}

func ExampleNewPlan() {
	plan := transfer.NewPlan(20<<20, transfer.DefaultPartSize, 8)
	fmt.Println(plan.Threads, "threads")
	for _, r := range plan.Ranges {
		fmt.Println(r.First, "to", r.Last, "has", r.Len())
	}
	// Output:
	// 3 threads
	// 0 to 8388607 has 8388608
	// 8388608 to 16777215 has 8388608
	// 16777216 to 20971519 has 4194304
}

// The bytes come in their order, and several workers bring them.
func ExampleNewReader() {
	client, stop := openExample()
	defer stop()

	r, err := transfer.NewReader(context.Background(), client, transfer.DownloadInput{
		Bucket: "data", Key: "report", Threads: 4, PartSize: 64 << 10, Window: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close() // early, too
	n := 0
	for lines := bufio.NewScanner(r); lines.Scan(); {
		n++
	}
	fmt.Println(n, "lines in", r.Size(), "bytes, verified:", r.Report().Verified)
	// Output: 20000 lines in 420000 bytes, verified: full-object
}

func ExampleDownloadAt() {
	client, stop := openExample()
	defer stop()
	file, err := os.CreateTemp("", "example-*") // or whatever is an io.WriterAt
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()

	report, err := transfer.DownloadAt(context.Background(), client, transfer.DownloadInput{
		Bucket: "data", Key: "report", Threads: transfer.Auto, RequireChecksum: true}, file)
	if err != nil {
		log.Fatal(err) // transfer.ErrUnverified, if the service had no checksum
	}
	fmt.Println(report.Size, "bytes, verified:", report.Verified)
	// Output: 420000 bytes, verified: full-object
}

// An object is an io.ReaderAt: what is read of it is all that comes.
func ExampleOpen() {
	client, stop := openExample()
	defer stop()

	o, err := transfer.Open(context.Background(), client, transfer.DownloadInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	last := io.NewSectionReader(o, o.Size()-21, 21)
	text, err := io.ReadAll(last)
	if err != nil {
		log.Fatal(err) // transfer.ErrChanged, if the object is another by now
	}
	fmt.Printf("%q\n", text)
	// Output: "a line of the report\n"
}

// What happens in a transfer can be followed, and limited.
func ExampleEvents() {
	client, stop := openExample()
	defer stop()

	events := new(transfer.Events)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for e := range events.All() { // until it is over
			if e.Kind != transfer.Requested {
				fmt.Println(e.Kind)
			}
		}
	}()
	_, err := transfer.DownloadTo(context.Background(), client, transfer.DownloadInput{
		Bucket: "data", Key: "report",
		Events:    events,
		Bandwidth: transfer.NewBandwidth(100 << 20), // bytes a second, of all transfers that share it
		Budget:    transfer.NewBudget(32, 64<<20),   // requests and bytes of memory, likewise
	}, io.Discard)
	if err != nil {
		log.Fatal(err)
	}
	<-over
	// Output:
	// began
	// verified
	// done
}
