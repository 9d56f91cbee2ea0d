package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// demo goes the whole way once, against an embedded server: form, role, upload,
// download with threads, comparison.
func (a *app) demo(ctx context.Context, fs *flag.FlagSet, args []string) error {
	mebibytes := fs.Int64("size", 256, "`MiB` to upload and download")
	threads := fs.Int("threads", 4, "the form's download threads, `N` from 1 to 256")
	fs.BoolVar(&a.json, "json", false, "results as JSON, one object a line")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	if *mebibytes < 1 || *mebibytes > 5<<10 {
		return usageError("--size: 1 to 5120 MiB is expected")
	}
	if *threads < 1 || *threads > 256 {
		return usageError("--threads: 1 to 256 is expected")
	}
	dir, err := os.MkdirTemp("", "sigvier-demo-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	const bucket, key = "demo-bucket", "folder/data.bin"
	user := s3test.User{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}
	role := s3test.Role{ARN: "arn:aws:iam::123456789012:role/sigvier-demo", ExternalID: rand.Text()}
	server, err := s3test.Start(s3test.Config{Users: []s3test.User{user}, Roles: []s3test.Role{role}, Buckets: []string{bucket}})
	if err != nil {
		return err
	}
	defer server.Close()
	a.say("1. An S3 and STS server that checks every signature runs at %s", server.URL)

	form := s3client.Connection{
		Name:              "demo",
		AuthorizationType: s3client.IAMRole,
		AccessKeyID:       user.AccessKeyID,
		SecretAccessKey:   s3client.NewSecret(user.SecretAccessKey),
		IAMRoleARN:        role.ARN,
		ExternalID:        role.ExternalID,
		RestrictToBucket:  bucket,
		Region:            "us-east-1",
		DownloadThreads:   *threads,
		Endpoint:          server.URL,
	}
	if err := form.Validate(); err != nil {
		return err
	}
	filled, err := json.MarshalIndent(form, "   ", "  ")
	if err != nil {
		return err
	}
	a.say("2. The connection, as a user fills it in:\n   %s", filled)
	client, err := a.connectDemo(ctx, form)
	if err != nil {
		return err
	}

	source, target := filepath.Join(dir, "source"), filepath.Join(dir, "target")
	want, err := writeRandom(ctx, source, *mebibytes<<20)
	if err != nil {
		return err
	}
	up, err := a.uploadDemo(ctx, client, source, bucket, key)
	if err != nil {
		return err
	}
	a.say("5. Uploaded    %s", summary(up))
	down := transfer.DownloadInput{Bucket: bucket, Key: key, Threads: client.DownloadThreads(), Progress: new(transfer.Progress)}
	stop := a.watch("downloaded", down.Progress)
	report, err := transfer.Download(ctx, client, down, target)
	stop()
	if err != nil {
		return err
	}
	a.say("6. Downloaded  %s", summary(report))

	got, err := sha256File(ctx, target)
	if err != nil {
		return err
	}
	if got != want {
		return &transfer.IntegrityError{Bucket: bucket, Key: key, Problem: "SHA-256 of what came back is " + got + ", and of what went up " + want}
	}
	a.say("7. Verified    SHA-256 of both files is %s", got)
	if a.json {
		return writeJSON(a, map[string]any{
			"size": report.Size, "sha256": got, "threads": report.Threads, "requests": report.Requests, "verified": true,
			"upload_seconds": up.Elapsed.Seconds(), "download_seconds": report.Elapsed.Seconds(),
		})
	}
	return nil
}

// connectDemo shows that the role wants its external ID, and opens the form.
func (a *app) connectDemo(ctx context.Context, form s3client.Connection) (*s3client.Client, error) {
	without := form
	without.ExternalID = ""
	stranger, err := without.Open(nil)
	if err != nil {
		return nil, err
	}
	if _, err := stranger.Credentials(ctx); err == nil {
		return nil, errors.New("the role was assumed without its external ID, and must not be")
	} else if exitCode(ctx, err) != exitDenied {
		return nil, err
	}
	a.say("3. Without the external ID, the role is denied")
	client, err := form.Open(nil)
	if err != nil {
		return nil, err
	}
	cred, err := client.Credentials(ctx)
	if err != nil {
		return nil, err
	}
	a.say("4. With it, the role is assumed: %s until %s", cred.AccessKeyID, cred.Expires.Local().Format(time.TimeOnly))
	return client, nil
}

func (a *app) uploadDemo(ctx context.Context, client *s3client.Client, source, bucket, key string) (transfer.Report, error) {
	file, err := os.Open(source)
	if err != nil {
		return transfer.Report{}, err
	}
	defer file.Close()
	in := transfer.UploadInput{Bucket: bucket, Key: key, Progress: new(transfer.Progress)}
	stop := a.watch("uploaded", in.Progress)
	defer stop()
	return transfer.Upload(ctx, client, in, file)
}

// say tells what happens: on stdout, or on stderr where results are JSON.
func (a *app) say(format string, args ...any) {
	w := a.stdout
	if a.json {
		w = a.stderr
	}
	fmt.Fprintf(w, format+"\n", args...)
}

// writeRandom writes a file that does not compress and returns its SHA-256.
func writeRandom(ctx context.Context, name string, n int64) (string, error) {
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	random := mathrand.NewChaCha8([32]byte([]byte(rand.Text() + rand.Text())[:32]))
	_, err = io.CopyN(io.MultiWriter(f, h), contextReader{ctx, random}, n)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func sha256File(ctx context.Context, name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, contextReader{ctx, f}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// contextReader ends with ctx.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
