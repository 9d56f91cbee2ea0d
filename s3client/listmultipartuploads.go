package s3client

import (
	"context"
	"iter"
	"net/http"
)

// ListMultipartUploadsInput asks for a page of the uploads that are under way in a
// bucket.
type ListMultipartUploadsInput struct {
	Bucket         string
	Prefix         string // only of keys that begin so
	Delimiter      string // rolls up keys behind its next occurrence; usually "/"
	KeyMarker      string // only of keys behind this one
	UploadIDMarker string // with KeyMarker: also those of that key behind this one
	MaxUploads     int    // 0: the service's choice, 1,000
	Common
}

func (in ListMultipartUploadsInput) call(c *Client) call {
	k := call{op: "ListMultipartUploads", method: http.MethodGet, bucket: in.Bucket, subject: aPrefix, prefix: in.Prefix, needs: MayList}
	k.query.addIf("delimiter", in.Delimiter)
	k.query.add("encoding-type", "url")
	k.query.addIf("key-marker", in.KeyMarker)
	k.query.addInt("max-uploads", in.MaxUploads)
	k.query.addIf("prefix", in.Prefix)
	k.query.addIf("upload-id-marker", in.UploadIDMarker)
	k.query.add("uploads", "")
	in.Common.set(&k)
	return k
}

// ListMultipartUploads lists a page of the uploads that are under way, by key, and
// those of a key by their age (Amazon S3 API Reference, "ListMultipartUploads");
// ListMultipartUploadsPages lists them all.
func (c *Client) ListMultipartUploads(ctx context.Context, in ListMultipartUploadsInput) (ListMultipartUploadsOutput, error) {
	k := in.call(c)
	var out ListMultipartUploadsOutput
	if _, err := c.doXML(ctx, &k, "ListMultipartUploadsResult", out.read); err != nil {
		return ListMultipartUploadsOutput{}, err
	}
	return out, nil
}

// ListMultipartUploadsPages lists all pages from the one that in asks for. It ends at
// the first error, which it yields.
func (c *Client) ListMultipartUploadsPages(ctx context.Context, in ListMultipartUploadsInput) iter.Seq2[ListMultipartUploadsOutput, error] {
	k := call{op: "ListMultipartUploads", bucket: in.Bucket}
	return pages(k, marker{in.KeyMarker, in.UploadIDMarker}, func(from marker) (ListMultipartUploadsOutput, bool, marker, error) {
		in := in
		in.KeyMarker, in.UploadIDMarker = from.key, from.id
		out, err := c.ListMultipartUploads(ctx, in)
		return out, out.IsTruncated, behind(out.NextKeyMarker, out.NextUploadIDMarker), err
	})
}
