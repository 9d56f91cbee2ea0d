package main

import (
	"context"
	"flag"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

func (a *app) put(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var conn connectionFlags
	conn.register(a, fs)
	contentType := fs.String("content-type", "", "media `TYPE`; by default that of the file's name")
	partSize := fs.Int64("part-size", 0, "`BYTES` of the parts of a large file, 5242880 (5 MiB) to 5368709120 (5 GiB); 0: 8 MiB, or more, if that makes too many")
	noResume := fs.Bool("no-resume", false, "neither go on with an upload that was broken off, nor keep one")
	noClobber := fs.Bool("no-clobber", false, "fail if the key exists (If-None-Match: *)")
	limitRate := rateFlag(fs)
	args, err := parse(fs, args, 2, 2)
	if err != nil {
		return err
	}
	name := args[0]
	to, err := parseLocation(args[1])
	if err != nil {
		return err
	}
	if to.key == "" || strings.HasSuffix(to.key, "/") {
		if name == "-" {
			return usageError(fmt.Sprintf("%q names no key, and standard input has no name to take", args[1]))
		}
		to.key += filepath.Base(name)
	}
	file := a.stdin
	if name != "-" {
		if file, err = openRegular(name); err != nil {
			return err
		}
		defer file.Close()
	}
	if *contentType == "" {
		*contentType = mime.TypeByExtension(filepath.Ext(name))
	}
	client, threads, err := conn.open(ctx, a)
	if err != nil {
		return err
	}
	in := transfer.UploadInput{Bucket: to.bucket, Key: to.key, ObjectHeaders: s3client.ObjectHeaders{ContentType: *contentType},
		Threads: threads, PartSize: *partSize, Resume: name != "-" && !*noResume, Bandwidth: transfer.NewBandwidth(*limitRate), Progress: new(transfer.Progress)}
	if *noClobber {
		in.IfNoneMatch = "*"
	}
	if name == "-" {
		if file, err = a.input(ctx); err != nil {
			return err
		}
	}
	stop := a.watch("uploaded", in.Progress)
	report, err := transfer.Upload(ctx, client, in, file)
	stop()
	if err != nil {
		return err
	}
	return a.result(newTransferResult(to, name, report),
		fmt.Sprintf("%s -> s3://%s/%s: %s", printable(name), to.bucket, printable(to.key), summary(report)))
}

func openRegular(name string) (*os.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = usageError(name + " is a folder: put takes one file")
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
