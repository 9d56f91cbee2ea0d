package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/transfer"
)

type transferResult struct {
	Bucket   string            `json:"bucket"`
	Key      string            `json:"key"`
	File     string            `json:"file"`
	Size     int64             `json:"size"`
	ETag     string            `json:"etag"`
	Version  string            `json:"version_id,omitempty"`
	Threads  int               `json:"threads"`
	Requests int               `json:"requests"`
	Resumed  int               `json:"resumed"`
	Kept     int64             `json:"kept,omitempty"`
	Afresh   string            `json:"afresh,omitempty"`
	Verified transfer.Verified `json:"verified"`
	Seconds  float64           `json:"seconds"`
}

func newTransferResult(at location, file string, r transfer.Report) transferResult {
	return transferResult{at.bucket, at.key, file, r.Size, r.ETag, r.VersionID, r.Threads, r.Requests, r.Resumed, r.Kept, r.Afresh, r.Verified, r.Elapsed.Seconds()}
}

func (a *app) get(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var conn connectionFlags
	conn.register(a, fs)
	partSize := fs.Int64("part-size", 0, "`BYTES` of a range when there are several threads; 0 lets each take a long one and help the others then")
	requireChecksum := fs.Bool("require-checksum", false, "fail if the service has no checksum of the content to compare")
	noResume := fs.Bool("no-resume", false, "begin afresh, and keep nothing to go on with")
	limitRate := rateFlag(fs)
	args, err := parse(fs, args, 1, 2)
	if err != nil {
		return err
	}
	from, err := parseObject(args[0])
	if err != nil {
		return err
	}
	if *partSize < 0 {
		return usageError("--part-size: at least 1 is expected, or 0")
	}
	name := ""
	if len(args) == 2 {
		name = args[1]
	}
	if name, err = fileFor(from, name); err != nil {
		return err
	}
	client, threads, err := conn.open(ctx, a)
	if err != nil {
		return err
	}
	in := transfer.DownloadInput{Bucket: from.bucket, Key: from.key, Threads: threads, PartSize: *partSize,
		RequireChecksum: *requireChecksum, Resume: !*noResume && name != "-", Bandwidth: transfer.NewBandwidth(*limitRate), Progress: new(transfer.Progress)}
	stop := a.watch("downloaded", in.Progress)
	var report transfer.Report
	if name == "-" {
		report, err = transfer.DownloadTo(ctx, client, in, a.stdout)
	} else {
		report, err = transfer.Download(ctx, client, in, name)
	}
	stop()
	if err != nil {
		return err
	}
	line := fmt.Sprintf("s3://%s/%s -> %s: %s", from.bucket, printable(from.key), printable(name), summary(report))
	if name == "-" { // stdout has the object
		_, err := fmt.Fprintln(a.stderr, line)
		return err
	}
	return a.result(newTransferResult(from, name, report), line)
}

// rateFlag registers the limit of a transfer's rate.
func rateFlag(fs *flag.FlagSet) *int64 {
	rate := new(int64)
	fs.Func("limit-rate", "use at most `BYTES_PER_S`, of all connections together", func(s string) (err error) {
		if *rate, err = strconv.ParseInt(s, 10, 64); err != nil || *rate < 1 {
			return errors.New("a number of bytes per second is expected, at least 1")
		}
		return nil
	})
	return rate
}

// fileFor is the file for an object: the one that is named, or one with the key's
// last part for its name, in the folder that is named or the working one.
func fileFor(from location, name string) (string, error) {
	if name == "-" {
		return name, nil
	}
	info, err := os.Stat(name)
	isDir := err == nil && info.IsDir() || strings.HasSuffix(name, string(filepath.Separator))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if name != "" && !isDir {
		return inFolder(name)
	}
	base := path.Base(from.key)
	if strings.HasSuffix(from.key, "/") || !filepath.IsLocal(base) || base == "." || strings.ContainsRune(base, 0) {
		return "", usageError(fmt.Sprintf("the key %q gives no file name: name the file", from.key))
	}
	return inFolder(filepath.Join(name, base))
}

// inFolder wants the folder of a file to be there.
func inFolder(name string) (string, error) {
	dir := filepath.Dir(name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no folder %s: make it first", dir)
	}
	return name, nil
}

func summary(r transfer.Report) string {
	rate := float64(r.Size) / max(r.Elapsed.Seconds(), 1e-9)
	threads := "1 thread"
	if r.Threads != 1 {
		threads = fmt.Sprintf("%d threads", r.Threads)
	}
	text := fmt.Sprintf("%s in %s, %s/s, %s, verified: %s", size(r.Size), r.Elapsed.Round(time.Millisecond), size(int64(rate)), threads, r.Verified)
	if r.Resumed > 0 {
		text += fmt.Sprintf(", broken off and resumed: %d", r.Resumed)
	}
	if r.Kept > 0 {
		text += fmt.Sprintf(", there already: %s", size(r.Kept))
	}
	if r.Afresh != "" {
		text += ", begun afresh: " + r.Afresh
	}
	return text
}
