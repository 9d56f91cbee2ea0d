package checkup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/s3client"
)

// checkObjects looks whether one may read, write and delete. What is there already
// is read if anything is; the object of the trial, too, if one is stored.
func (r *run) checkObjects(ctx context.Context) string {
	read := r.read(ctx)
	t := r.newTrial()
	t.try(ctx)
	if t.read.Name != "" && read.Status != Failed {
		read = t.read
	}
	r.report.LeftBehind = t.left
	r.add(read)
	r.add(t.write)
	r.add(t.delete)
	return ""
}

// read reads one byte of an object that is there, or looks what is said of one that
// is not.
func (r *run) read(ctx context.Context) Check {
	if !r.may(s3client.MayRead) {
		return Check{Name: Read, Status: Skipped, Found: "the form's permissions leave it out"}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := r.open(func(*s3client.Connection) {})
	if err != nil {
		return r.refused(Read, "s3:GetObject", err)
	}
	for _, key := range r.keysToRead() {
		out, err := client.GetObject(ctx, s3client.GetObjectInput{Bucket: r.bucket, Key: key, Range: "bytes=0-0"})
		if err == nil {
			out.Body.Close()
			if r.versions = none; out.VersionID != "" { // "null", too, is of a bucket that has kept some
				r.versions = kept
			}
		}
		switch {
		case err == nil, errors.Is(err, s3client.ErrInvalidRange), isArchived(err):
			return Check{Name: Read, Status: OK, Found: fmt.Sprintf("allowed: %q", key)}
		case errors.Is(err, s3client.ErrNotFound), isAccessDenied(err) && !r.wasSeen(key): // perhaps it is not there
		default:
			return r.refused(Read, "s3:GetObject", err)
		}
	}
	// S3 says that a key is missing only to who may read it and may list the bucket
	// (Amazon S3 API Reference, "GetObject", Permissions). To others it may say which of
	// the two is denied.
	out, err := client.GetObject(ctx, s3client.GetObjectInput{Bucket: r.bucket, Key: r.freshKey(), Range: "bytes=0-0"})
	switch {
	case err == nil:
		out.Body.Close()
		return Check{Name: Read, Status: Failed, Found: "the service gives an object for a key that nobody has used: this is no S3"}
	case errors.Is(err, s3client.ErrNotFound):
		return Check{Name: Read, Status: OK, Found: "allowed: a key that is not there is said to be missing"}
	case isAccessDenied(err) && deniedAction(err) == "s3:ListBucket":
		return Check{Name: Read, Status: OK, Found: "allowed: for a key that is not there the service denies only to say so"}
	case isAccessDenied(err) && deniedAction(err) == "" && !(r.path == "" && r.wasListed && r.listed == nil):
		return Check{Name: Read, Status: Warning, Found: "not to be told: nothing is known here that could be read, and the service denies what is missing"}
	}
	return r.refused(Read, "s3:GetObject", err)
}

// keysToRead are an object that the listing has shown, and the path if it is one.
func (r *run) keysToRead() []string {
	var keys []string
	for _, o := range r.listing.Contents {
		if !strings.HasSuffix(o.Key, "/") { // as consoles mark a folder
			keys = append(keys, o.Key)
			break
		}
	}
	if r.path != "" && !strings.HasSuffix(r.path, "/") {
		keys = append(keys, r.path)
	}
	return keys
}

// wasSeen reports whether a key is known to be there.
func (r *run) wasSeen(key string) bool {
	return slices.ContainsFunc(r.listing.Contents, func(o s3client.Object) bool { return o.Key == key })
}

// isArchived reports that an object could be read but for its storage class
// (Amazon S3 API Reference, "GetObject", InvalidObjectState).
func isArchived(err error) bool {
	api := apiError(err)
	return api != nil && api.Code == "InvalidObjectState"
}
