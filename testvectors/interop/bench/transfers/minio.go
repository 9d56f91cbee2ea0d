package main

import (
	"context"
	"io"
	"net/url"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// minioClient downloads with one connection, whatever the threads.
type minioClient struct{ *minio.Client }

func newMinio(j job) (client, error) {
	u, err := url.Parse(j.URL)
	if err != nil {
		return nil, err
	}
	c, err := minio.New(u.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(accessKey, secretKey, ""),
		Secure: u.Scheme == "https", Region: region, BucketLookup: minio.BucketLookupPath})
	return minioClient{c}, err
}

func (m minioClient) download(ctx context.Context, j job) error {
	return m.FGetObject(ctx, bucket, j.Key, j.Path, minio.GetObjectOptions{})
}

func (m minioClient) read(ctx context.Context, j job, w io.Writer) error {
	o, err := m.GetObject(ctx, bucket, j.Key, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer o.Close()
	_, err = io.Copy(w, o)
	return err
}

func (m minioClient) upload(ctx context.Context, j job) error {
	_, err := m.FPutObject(ctx, bucket, j.Key, j.Path, minio.PutObjectOptions{NumThreads: uint(j.Threads), PartSize: partLength})
	return err
}
