package s3client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// DeleteObjectsInput names the objects to remove.
type DeleteObjectsInput struct {
	Bucket  string
	Objects []ObjectIdentifier // 1 to 1,000, but for DeleteObjectsBatches
	Quiet   bool               // asks for no word of those that are removed
	// MFA is the serial number and the code of a device, with a blank between, where
	// the bucket asks for it.
	MFA                       string
	BypassGovernanceRetention bool
	Common
}

// ObjectIdentifier is one of the objects to remove.
type ObjectIdentifier struct {
	Key, VersionID string
	ETag           string // only if the object still has it
}

// DeleteObjectsOutput is what became of each.
type DeleteObjectsOutput struct {
	Deleted        []DeletedObject // none if Quiet
	Errors         []*DeleteError
	RequestCharged string // "requester", if that is who pays
}

// DeletedObject is one that is removed, or was not there.
type DeletedObject struct {
	Key, VersionID        string
	DeleteMarker          bool   // a delete marker was made, or is what was removed
	DeleteMarkerVersionID string // its version
}

// DeleteError says why one object is still there. It matches what its Err does:
// [ErrAccessDenied], [ErrDenied], ….
type DeleteError struct {
	Key, VersionID string
	Err            error // an [*Error], with the service's word on this object as an [*APIError], or [ErrUnreported]
}

// ErrUnreported is the error for an object of which the service was to say whether it
// is removed, and did not.
var ErrUnreported = errors.New("the service does not say whether the object is removed: look for it, and remove it again")

func (e *DeleteError) Error() string {
	if e.VersionID != "" {
		return "version " + e.VersionID + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *DeleteError) Unwrap() error { return e.Err }

// maxDeleted is how many objects one request removes ("DeleteObjects").
const maxDeleted = 1000

func (in DeleteObjectsInput) call(c *Client) call {
	k := in.batches()
	switch n := len(in.Objects); {
	case n == 0:
		k.fail(errors.New("there are no Objects to remove: 1 to 1,000 are expected"))
	case n > maxDeleted:
		k.fail(fmt.Errorf("there are %d Objects, and S3 removes %d at once: use DeleteObjectsBatches", n, maxDeleted))
	}
	if i := slices.IndexFunc(in.Objects, isUnwritable); i >= 0 {
		k.fail(fmt.Errorf("the entry Objects[%d] has the key %q, with characters that XML has no way to write: use DeleteObject, or DeleteObjectsBatches, which does", i, in.Objects[i].Key))
	}
	k.query.add("delete", "")
	k.body = summedBody(in.document())
	k.set("X-Amz-Mfa", in.MFA)
	if in.BypassGovernanceRetention {
		k.set("X-Amz-Bypass-Governance-Retention", "true")
	}
	in.Common.set(&k)
	return k
}

// batches is what the guard is to admit, whatever the number of requests.
func (in DeleteObjectsInput) batches() call {
	k := call{op: "DeleteObjects", method: http.MethodPost, bucket: in.Bucket, subject: someKeys, needs: MayDelete}
	k.keys = func(yield func(string) bool) {
		for _, o := range in.Objects {
			if !yield(o.Key) {
				return
			}
		}
	}
	return k
}

// isUnwritable reports whether a key cannot be in the document. S3 takes none of the
// ways around that: a reference to such a character is malformed to it.
func isUnwritable(o ObjectIdentifier) bool { return !awsxml.ValidText(o.Key) }

func (in DeleteObjectsInput) document() []byte {
	doc := append([]byte(awsxml.Header), `<Delete xmlns="`+namespace+`">`...)
	if in.Quiet {
		doc = append(doc, "<Quiet>true</Quiet>"...)
	}
	for _, o := range in.Objects {
		doc = append(doc, "<Object>"...)
		doc = awsxml.AppendElement(doc, "Key", o.Key)
		if o.VersionID != "" {
			doc = awsxml.AppendElement(doc, "VersionId", o.VersionID)
		}
		if o.ETag != "" {
			doc = awsxml.AppendElement(doc, "ETag", o.ETag)
		}
		doc = append(doc, "</Object>"...)
	}
	return append(doc, "</Delete>"...)
}

// DeleteObjects removes up to 1,000 objects with one request (Amazon S3 API Reference,
// "DeleteObjects"). That one was not there is no error. What the service says of
// single objects is in the output's Errors, and so are, unless Quiet, those of which
// it says nothing; look there.
func (c *Client) DeleteObjects(ctx context.Context, in DeleteObjectsInput) (DeleteObjectsOutput, error) {
	k := in.call(c)
	out := DeleteObjectsOutput{}
	h, err := c.doXML(ctx, &k, "DeleteResult", func(d *awsxml.Decoder) error { return out.read(d, &k) })
	if err != nil {
		return DeleteObjectsOutput{}, err
	}
	if !in.Quiet {
		out.addUnreported(in.Objects, &k)
	}
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}

// addUnreported adds an error for each object of which the answer says nothing. Where it
// leaves out versions, it is enough that it speaks of the key as often as it was asked to.
func (out *DeleteObjectsOutput) addUnreported(objects []ObjectIdentifier, k *call) {
	type identity struct{ key, version string }
	said := make(map[identity]bool, len(objects))
	times := make(map[string]int, len(objects))
	report := func(key, version string) {
		key = asParsed(key)
		said[identity{key, version}] = true
		times[key]++
	}
	for _, o := range out.Deleted {
		report(o.Key, o.VersionID)
	}
	for _, e := range out.Errors {
		report(e.Key, e.VersionID)
	}
	asked := make(map[identity]bool, len(objects))
	for _, o := range objects {
		id := identity{asParsed(o.Key), o.VersionID}
		if !asked[id] {
			asked[id] = true
			times[id.key]--
		}
	}
	for _, o := range objects {
		id := identity{asParsed(o.Key), o.VersionID}
		if asked[id] && !said[id] && times[id.key] < 0 {
			out.Errors = append(out.Errors, &DeleteError{o.Key, o.VersionID, &Error{Op: k.op, Bucket: k.bucket, Key: o.Key, Err: ErrUnreported}})
			asked[id] = false // of one that is listed twice, once
		}
	}
}

// asParsed is a key as it is when a service has written it into a document without
// escaping its ends of lines (XML 1.0, section 2.11, "End-of-Line Handling").
func asParsed(key string) string {
	if !strings.Contains(key, "\r") {
		return key
	}
	return strings.ReplaceAll(strings.ReplaceAll(key, "\r\n", "\n"), "\r", "\n")
}

// read reads a DeleteResult.
func (out *DeleteObjectsOutput) read(d *awsxml.Decoder, k *call) error {
	for name := range d.Children {
		switch string(name) {
		case "Deleted":
			out.Deleted = append(out.Deleted, readDeleted(d))
		case "Error":
			out.Errors = append(out.Errors, readDeleteError(d, k))
		}
	}
	return nil
}

func readDeleted(d *awsxml.Decoder) (o DeletedObject) {
	for name := range d.Children {
		switch string(name) {
		case "Key":
			o.Key = d.Text()
		case "VersionId":
			o.VersionID = d.Text()
		case "DeleteMarker":
			o.DeleteMarker = d.Bool()
		case "DeleteMarkerVersionId":
			o.DeleteMarkerVersionID = d.Text()
		}
	}
	return o
}

func readDeleteError(d *awsxml.Decoder, k *call) *DeleteError {
	e, api := &DeleteError{}, &APIError{Status: http.StatusOK}
	for name := range d.Children {
		switch string(name) {
		case "Key":
			e.Key = d.Text()
		case "VersionId":
			e.VersionID = d.Text()
		case "Code":
			api.Code = d.Text()
		case "Message":
			api.Message = d.Text()
		}
	}
	e.Err = &Error{Op: k.op, Bucket: k.bucket, Key: e.Key, Err: api}
	return e
}

// DeleteObjectsBatches removes any number of objects, 1,000 with each request, and
// gives what became of each thousand. Before the first request all are held against
// the connection's restrictions. Keys with control characters, which DeleteObjects
// cannot be told, come last, one by one with [Client.DeleteObject]. It ends at the
// first request that fails, whose error it yields; what was removed before stays so.
func (c *Client) DeleteObjectsBatches(ctx context.Context, in DeleteObjectsInput) iter.Seq2[DeleteObjectsOutput, error] {
	return func(yield func(DeleteObjectsOutput, error) bool) {
		k := in.batches()
		if err := c.admit(&k); err != nil {
			yield(DeleteObjectsOutput{}, err)
			return
		}
		objects, single := in.Objects, []ObjectIdentifier(nil)
		if slices.ContainsFunc(objects, isUnwritable) {
			objects = slices.DeleteFunc(slices.Clone(objects), isUnwritable)
			single = slices.DeleteFunc(slices.Clone(in.Objects), func(o ObjectIdentifier) bool { return !isUnwritable(o) })
		}
		for batch := range slices.Chunk(objects, maxDeleted) {
			in := in
			in.Objects = batch
			if out, err := c.DeleteObjects(ctx, in); !yield(out, err) || err != nil {
				return
			}
		}
		for batch := range slices.Chunk(single, maxDeleted) {
			if out, err := c.deleteSingly(ctx, in, batch); !yield(out, err) || err != nil {
				return
			}
		}
	}
}

// deleteSingly does with many requests what DeleteObjects does with one.
func (c *Client) deleteSingly(ctx context.Context, in DeleteObjectsInput, objects []ObjectIdentifier) (out DeleteObjectsOutput, err error) {
	for _, o := range objects {
		done, err := c.DeleteObject(ctx, DeleteObjectInput{Bucket: in.Bucket, Key: o.Key, VersionID: o.VersionID, IfMatch: o.ETag,
			MFA: in.MFA, BypassGovernanceRetention: in.BypassGovernanceRetention, Common: in.Common})
		var api *APIError
		switch {
		case errors.As(err, &api):
			out.Errors = append(out.Errors, &DeleteError{Key: o.Key, VersionID: o.VersionID, Err: err})
		case err != nil:
			return DeleteObjectsOutput{}, err
		case !in.Quiet:
			d := DeletedObject{Key: o.Key, VersionID: o.VersionID, DeleteMarker: done.DeleteMarker}
			if done.DeleteMarker {
				d.DeleteMarkerVersionID = done.VersionID
			}
			out.Deleted = append(out.Deleted, d)
		}
	}
	return out, nil
}
