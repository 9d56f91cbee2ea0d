package checkup

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

// trial writes an object and removes it, or does as much of that as can be done
// without leaving anything behind.
type trial struct {
	*run
	client *s3client.Client
	key    string

	read, write, delete Check
	left                []string
}

const (
	content     = "A test of \"sigvier connect\", to be removed at once.\n"
	nullVersion = "null" // of an object that was stored without versioning

	// maxUploads is more than the attempts of a request.
	maxUploads = 10

	// lifetime bounds the upload, and again the removal, of the object. They do not
	// end with the context; but when that has ended, the upload has no more than the
	// grace.
	lifetime = 20 * time.Second
	grace    = 5 * time.Second
)

func (r *run) newTrial() *trial { return &trial{run: r, key: r.freshKey()} }

// freshKey is a key that nobody has: 26 random letters and digits, 130 bits.
func (r *run) freshKey() string {
	return r.folder() + "sigvier-connect-" + strings.ToLower(rand.Text())
}

func (t *trial) try(ctx context.Context) {
	writes, why := t.wanted(s3client.MayWrite)
	deletes, whyNot := t.wanted(s3client.MayDelete)
	t.write, t.delete = Check{Name: Write, Status: Skipped, Found: why}, Check{Name: Delete, Status: Skipped, Found: whyNot}
	if !writes && !deletes || ctx.Err() != nil {
		return
	}
	var err error
	// What is removed at the end is our own, and is removed though the form may be
	// for writing alone.
	if t.client, err = t.open(func(c *s3client.Connection) { c.Permissions = 0 }); err != nil {
		t.write = t.refused(Write, "s3:PutObject", err)
		return
	}
	removable := false
	if deletes {
		removable = t.tryDelete(ctx)
	}
	switch {
	case !writes || ctx.Err() != nil:
	case removable:
		t.store(ctx)
	default:
		t.tryWrite(ctx)
	}
}

// wanted reports whether the form names a permission, or the caller asks for what
// the form leaves open, and why not.
func (t *trial) wanted(p s3client.Permissions) (wanted bool, why string) {
	switch {
	case !t.may(p):
		return false, "the form's permissions leave it out"
	case t.form.Permissions == 0 && !t.opts.Write:
		return false, "not tried: the form names no permissions, and nobody asked for it (--write)"
	}
	return true, wasInterrupted // until it is done
}

// tryDelete removes a key that is not there, which S3 answers as if it had been,
// and reports whether what is written can be removed wholly.
//
// A bucket that keeps versions makes a delete marker for it (Amazon S3 User Guide,
// "Working with delete markers"). That is removed again by its version, for which
// another permission is needed; whether there is one shows beforehand, from
// removing a version that is not there, which changes nothing in any bucket.
// Without it, the key is to be removed only if it is there, which it is not ("How
// to perform conditional deletes"): S3 says so to who may delete, and marks nothing.
// That there is no marker proves nothing: MinIO makes none for what is not there.
func (t *trial) tryDelete(ctx context.Context) (removable bool) {
	ctx, cancel := lasting(ctx)
	defer cancel()
	in := s3client.DeleteObjectInput{Bucket: t.bucket, Key: t.key}
	if removable = t.versions == none || t.remove(ctx, nullVersion) == nil; !removable {
		in.IfMatch = "*"
		if t.versions == kept && t.form.Endpoint != "" { // it may not look at conditions
			t.deleteUntried()
			return false
		}
	}
	out, err := t.client.DeleteObject(ctx, in)
	switch conditional := in.IfMatch != ""; {
	case conditional && (errors.Is(err, s3client.ErrPreconditionFailed) || errors.Is(err, s3client.ErrNotFound)):
		t.delete = Check{Name: Delete, Status: OK, Found: "allowed: nothing was deleted, since these credentials may not remove versions, which the bucket may keep"}
		return false
	case conditional && isNotImplemented(err) && t.versions == kept:
		t.deleteUntried()
		return false
	case conditional && err != nil && t.versions != kept:
		in.IfMatch = ""
		out, err = t.client.DeleteObject(ctx, in)
	}
	switch {
	case unlessNotFound(err) != nil:
		t.delete = t.refused(Delete, "s3:DeleteObject", err)
		return false
	case out.DeleteMarker:
		t.versions = kept
		if err := t.remove(ctx, out.VersionID); err != nil {
			t.stays("delete marker", out.VersionID, err)
			return false
		}
	}
	t.delete = Check{Name: Delete, Status: OK, Found: "allowed"}
	return removable
}

func (t *trial) deleteUntried() {
	t.delete.Status = Warning
	t.delete.Found = "not tried: the bucket keeps versions, which these credentials may not remove, so that something would stay"
	if statement, ok := t.access().Missing("s3:DeleteObjectVersion"); ok {
		t.delete.Missing = []Missing{{"a policy, to have it tried", statement}}
	}
}

// store writes the object, reads it, and removes it.
func (t *trial) store(ctx context.Context) {
	uploading, cancel := lasting(ctx)
	defer cancel()
	out, err := t.put(uploading, true)
	if isNotImplemented(err) {
		out, err = t.put(uploading, false)
	}
	// The name is random, so that it is our own object that stands in the way of a
	// second attempt, after a first that had no answer.
	if stored := err == nil || errors.Is(err, s3client.ErrPreconditionFailed); !stored {
		t.write = t.refused(Write, "s3:PutObject", err)
	} else {
		t.write = Check{Name: Write, Status: OK, Found: "allowed: an object was stored"}
		if t.may(s3client.MayRead) && ctx.Err() == nil {
			t.read = t.readBack(ctx)
		}
	}
	if !isAccessDenied(err) { // whatever else was said, it may have been stored
		t.erase(ctx, out.VersionID)
	}
}

func (t *trial) put(ctx context.Context, onlyIfFree bool) (s3client.PutObjectOutput, error) {
	in := s3client.PutObjectInput{Bucket: t.bucket, Key: t.key, Body: strings.NewReader(content), ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}}
	if onlyIfFree {
		in.IfNoneMatch = "*"
	}
	return t.client.PutObject(ctx, in)
}

// isNotImplemented is the answer of services without conditional writes. The name
// is random: they too overwrite nothing.
func isNotImplemented(err error) bool {
	api := apiError(err)
	return api != nil && api.Status == http.StatusNotImplemented
}

func (t *trial) readBack(ctx context.Context) Check {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := t.client.GetObject(ctx, s3client.GetObjectInput{Bucket: t.bucket, Key: t.key})
	if err != nil {
		return t.refused(Read, "s3:GetObject", err)
	}
	defer out.Body.Close()
	got, err := io.ReadAll(io.LimitReader(out.Body, int64(len(content))+1))
	if err != nil || string(got) != content {
		return Check{Name: Read, Status: Failed, Found: "what was read is not what was written"}
	}
	return Check{Name: Read, Status: OK, Found: "allowed: the object that was written"}
}

// tryWrite sends a body that is not the one that was signed. S3 refuses it for
// that only when the caller may write (Amazon S3 API Reference, "Error responses",
// XAmzContentSHA256Mismatch), so that nothing is stored.
func (t *trial) tryWrite(ctx context.Context) {
	uploading, cancel := lasting(ctx)
	defer cancel()
	out, err := t.client.PutObject(uploading, s3client.PutObjectInput{Bucket: t.bucket, Key: t.key, Body: strings.NewReader(content),
		Payload: sigv4.PayloadOf([]byte("another body")), ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}, IfNoneMatch: "*"})
	api := apiError(err)
	switch {
	case err == nil: // it does not look at what was signed
		t.write = Check{Name: Write, Status: OK, Found: "allowed"}
		t.erase(ctx, out.VersionID)
	case api != nil && slices.Contains([]string{"XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest"}, api.Code):
		t.write = Check{Name: Write, Status: OK, Found: "allowed: nothing was stored, since it might have stayed"}
	case isAccessDenied(err):
		t.write = t.refused(Write, "s3:PutObject", err)
	case api == nil: // the more so if it does not look at what was signed
		t.write = t.refused(Write, "s3:PutObject", err)
		_ = t.eraseOnce(uploading, "") // which is not allowed, or has nothing to do
	default:
		t.write = Check{Name: Write, Status: Warning}
		t.write.Found, t.write.Service = say(err)
		t.write.Found = "not to be told without storing something: " + t.write.Found
	}
}

// erase removes what was written, whatever has become of the context. The version
// is "" in a bucket without versions, and where it is not known.
func (t *trial) erase(ctx context.Context, version string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lifetime)
	defer cancel()
	var err error
	for range 3 { // each of which the transport repeats by itself, too
		if err = t.eraseOnce(ctx, version); err == nil {
			return
		}
	}
	t.stays("object", version, err)
}

func (t *trial) eraseOnce(ctx context.Context, version string) error {
	if version != "" {
		return t.remove(ctx, version)
	}
	if t.versions != kept {
		// By its version first, if that is allowed: else a bucket whose versions are
		// suspended has a delete marker in its place, and some do not say so.
		if t.remove(ctx, nullVersion) == nil {
			if _, err := t.client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: t.bucket, Key: t.key}); errors.Is(err, s3client.ErrNotFound) {
				return nil
			}
		}
		out, err := t.client.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: t.bucket, Key: t.key})
		if err != nil || !out.DeleteMarker {
			return unlessNotFound(err)
		}
		t.versions = kept
		if err := t.remove(ctx, out.VersionID); err != nil {
			return err
		}
	}
	for range maxUploads {
		head, err := t.client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: t.bucket, Key: t.key})
		if err == nil {
			err = t.remove(ctx, head.VersionID)
		} else if errors.Is(err, s3client.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("there are more versions than were uploaded")
}

// remove removes one version, or one delete marker, of a bucket with versions.
// What has no ID there was stored while they were suspended.
func (t *trial) remove(ctx context.Context, version string) error {
	_, err := t.client.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: t.bucket, Key: t.key, VersionID: cmp.Or(version, nullVersion)})
	return unlessNotFound(err)
}

// unlessNotFound takes it for removed what is not there, as S3 does.
func unlessNotFound(err error) error {
	if errors.Is(err, s3client.ErrNotFound) {
		return nil
	}
	return err
}

// stays says loudly that something is left.
func (t *trial) stays(what, version string, err error) {
	at := "s3://" + t.bucket + "/" + t.key
	if version != "" {
		at += " (version " + version + ")"
	}
	t.left = append(t.left, at)
	t.delete = t.refused(Delete, "s3:DeleteObject", err)
	if version != "" && isAccessDenied(err) {
		t.delete = t.refused(Delete, "s3:DeleteObjectVersion", err)
	}
	t.delete.Found = "LEFT BEHIND: the " + what + " " + at + " could not be removed: " + t.delete.Found
	t.delete.Advice = append([]string{"remove it by hand"}, t.delete.Advice...)
}

// lasting gives a context that does not end with ctx but with the grace after it,
// and in any case with the lifetime.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), lifetime)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return own, func() { stop(); cancel() }
}
