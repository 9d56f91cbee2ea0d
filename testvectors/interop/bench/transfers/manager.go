package main

//lint:file-ignore SA1019 manager is deprecated, and what most programs use

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	s3manager "github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// manager is feature/s3/manager, which asks for ranges.
type manager struct {
	down *s3manager.Downloader
	up   *s3manager.Uploader
}

func newManager(j job) (client, error) {
	c := newSDK(j)
	return manager{
		s3manager.NewDownloader(c, func(d *s3manager.Downloader) { d.Concurrency, d.PartSize = j.Threads, partLength }),
		s3manager.NewUploader(c, func(u *s3manager.Uploader) { u.Concurrency, u.PartSize = j.Threads, partLength }),
	}, nil
}

func (m manager) download(ctx context.Context, j job) error {
	return toFile(j.Path, func(f *os.File) error {
		_, err := m.down.Download(ctx, f, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &j.Key})
		return err
	})
}

// read is refused: manager writes to an io.WriterAt only.
func (m manager) read(context.Context, job, io.Writer) error { return errors.ErrUnsupported }

func (m manager) upload(ctx context.Context, j job) error {
	return fromFile(j.Path, func(f io.Reader) error {
		_, err := m.up.Upload(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &j.Key, Body: f})
		return err
	})
}
