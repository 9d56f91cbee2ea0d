package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/transfer"
)

type sigvier struct{ *s3client.Client }

func newOurs(j job) (client, error) {
	c, err := connect(j.URL, j.Threads)
	return sigvier{c}, err
}

func connect(url string, threads int) (*s3client.Client, error) {
	return s3client.Connection{Endpoint: url, PathStyle: true, Region: region, DownloadThreads: threads}.
		OpenWith(sigv4.NewCredentials(accessKey, secretKey, ""), nil)
}

func (c sigvier) download(ctx context.Context, j job) error {
	in := transfer.DownloadInput{Bucket: bucket, Key: j.Key, Threads: j.Threads}
	report, err := transfer.Download(ctx, c.Client, in, j.Path)
	if err == nil && report.Verified != transfer.FullObject {
		err = fmt.Errorf("sigvier verified no more than %q", report.Verified)
	}
	return err
}

func (c sigvier) read(ctx context.Context, j job, w io.Writer) error {
	r, err := transfer.NewReader(ctx, c.Client, transfer.DownloadInput{Bucket: bucket, Key: j.Key, Threads: j.Threads, Window: j.Window})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close())
}

func (c sigvier) upload(ctx context.Context, j job) error {
	f, err := os.Open(j.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	report, err := transfer.Upload(ctx, c.Client, transfer.UploadInput{Bucket: bucket, Key: j.Key, Threads: j.Threads, PartSize: partLength}, f)
	if err == nil && report.Verified != transfer.FullObject {
		err = fmt.Errorf("sigvier verified no more than %q", report.Verified)
	}
	return err
}
