package main

import (
	"context"
	"flag"
	"fmt"
	"path"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

func (a *app) cp(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var conn connectionFlags
	conn.register(a, fs)
	partSize := fs.Int64("part-size", 0, "`BYTES` of the parts, 5242880 (5 MiB) to 5368709120 (5 GiB), of an object that is larger; 0: 128 MiB, with several threads or above 5 GiB")
	noClobber := fs.Bool("no-clobber", false, "fail if the key exists (If-None-Match: *)")
	args, err := parse(fs, args, 2, 2)
	if err != nil {
		return err
	}
	from, err := parseObject(args[0])
	if err != nil {
		return err
	}
	to, err := parseBucketOrObject(args[1])
	if err != nil {
		return err
	}
	if to.key == "" || strings.HasSuffix(to.key, "/") {
		if strings.HasSuffix(from.key, "/") {
			return usageError(fmt.Sprintf("%q names no key, and %q has no name to take", args[1], args[0]))
		}
		to.key += path.Base(from.key)
	}
	client, threads, err := conn.open(ctx, a)
	if err != nil {
		return err
	}
	in := transfer.CopyInput{Bucket: to.bucket, Key: to.key, CopySource: s3client.CopySource{Bucket: from.bucket, Key: from.key},
		Threads: threads, PartSize: *partSize, Progress: new(transfer.Progress)}
	if *noClobber {
		in.IfNoneMatch = "*"
	}
	stop := a.watch("copied", in.Progress)
	report, err := transfer.Copy(ctx, client, in)
	stop()
	if err != nil {
		return err
	}
	source := "s3://" + from.bucket + "/" + from.key
	return a.result(copyResult{to.bucket, to.key, source, report.Size, report.ETag, report.VersionID, report.Threads, report.Requests, report.Verified, report.Elapsed.Seconds()},
		fmt.Sprintf("%s -> s3://%s/%s: %s", printable(source), to.bucket, printable(to.key), summary(report)))
}

type copyResult struct {
	Bucket   string            `json:"bucket"`
	Key      string            `json:"key"`
	Source   string            `json:"source"`
	Size     int64             `json:"size"`
	ETag     string            `json:"etag"`
	Version  string            `json:"version_id,omitempty"`
	Threads  int               `json:"threads"`
	Requests int               `json:"requests"`
	Verified transfer.Verified `json:"verified"`
	Seconds  float64           `json:"seconds"`
}
