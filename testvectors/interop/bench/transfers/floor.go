package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
)

// floor is net/http alone, which verifies nothing: not even the status of what comes
// after the first byte, and no checksum. Its URLs are presigned beforehand.
type floor struct {
	http.Client
	signs *s3client.Client
	get   string
	head  string
}

func newFloor(j job) (client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxIdleConns = j.Threads, 0
	t.DisableCompression = true
	t.ForceAttemptHTTP2 = false
	c, err := connect(j.URL, j.Threads)
	if err != nil {
		return nil, err
	}
	f := &floor{Client: http.Client{Transport: t}, signs: c}
	if j.Do == "upload" {
		return f, nil
	}
	if f.get, err = f.presign(s3client.GetObjectInput{Bucket: bucket, Key: j.Key}); err != nil {
		return nil, err
	}
	f.head, err = f.presign(s3client.HeadObjectInput{Bucket: bucket, Key: j.Key})
	return f, err
}

func (f *floor) presign(op s3client.Operation) (string, error) {
	signed, err := f.signs.Presign(context.Background(), s3client.PresignInput{Operation: op, Expires: time.Hour})
	return signed.URL, err
}

// download asks for the size, and then gives each thread one run of bytes, one
// request, one connection.
func (f *floor) download(ctx context.Context, j job) error {
	head, err := f.Head(f.head)
	if err != nil {
		return err
	}
	head.Body.Close()
	size := head.ContentLength
	if head.StatusCode != http.StatusOK || size < 0 {
		return fmt.Errorf("the HEAD is answered with %s and Content-Length %d", head.Status, size)
	}
	file, err := os.Create(j.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(size); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	each := (size + int64(j.Threads) - 1) / int64(j.Threads)
	for first := int64(0); first < size; first += each {
		group.Go(func() error { return f.copy(ctx, file, first, min(first+each, size)) })
	}
	return errors.Join(group.Wait(), file.Close())
}

// copy brings the bytes from first to before end. Where a body breaks off, it asks
// for the rest.
func (f *floor) copy(ctx context.Context, file *os.File, first, end int64) error {
	buf := make([]byte, 256<<10)
	for first < end {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.get, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", first, end-1))
		resp, err := f.Do(req)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusPartialContent {
			resp.Body.Close()
			return fmt.Errorf("the GET is answered with %s", resp.Status)
		}
		for err == nil {
			var n int
			n, err = resp.Body.Read(buf)
			if _, err := file.WriteAt(buf[:n], first); err != nil {
				resp.Body.Close()
				return err
			}
			first += int64(n)
		}
		resp.Body.Close()
		if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
	}
	return nil
}

// read is one request by one thread.
func (f *floor) read(ctx context.Context, j job, w io.Writer) error {
	resp, err := f.Get(f.get)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the GET is answered with %s", resp.Status)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}

// upload puts the parts, each thread the next one. What begins and ends it is
// s3client's.
func (f *floor) upload(ctx context.Context, j job) error {
	file, err := os.Open(j.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	upload, err := f.signs.CreateMultipartUpload(ctx, s3client.CreateMultipartUploadInput{Bucket: bucket, Key: j.Key})
	if err != nil {
		return err
	}
	parts := make([]s3client.CompletedPart, (size+partLength-1)/partLength)
	group, partCtx := errgroup.WithContext(ctx)
	group.SetLimit(j.Threads)
	for i := range parts {
		group.Go(func() error {
			url, err := f.presign(s3client.UploadPartInput{Bucket: bucket, Key: j.Key, UploadID: upload.UploadID, PartNumber: i + 1})
			if err != nil {
				return err
			}
			first := int64(i) * partLength
			length := min(partLength, size-first)
			parts[i].PartNumber = i + 1
			parts[i].ETag, err = f.put(partCtx, url, io.NewSectionReader(file, first, length), length)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err = f.signs.CompleteMultipartUpload(ctx, s3client.CompleteMultipartUploadInput{Bucket: bucket, Key: j.Key, UploadID: upload.UploadID, Parts: parts})
	return err
}

func (f *floor) put(ctx context.Context, url string, body io.Reader, length int64) (etag string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, body)
	if err != nil {
		return "", err
	}
	req.ContentLength = length
	resp, err := f.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the PUT is answered with %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Header.Get("ETag"), err
}
