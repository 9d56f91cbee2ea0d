package s3client

import (
	"context"
	"iter"
	"net/http"
)

// ListPartsInput asks for a page of the parts that an upload has so far.
type ListPartsInput struct {
	Bucket, Key, UploadID string
	PartNumberMarker      int         // only parts behind this number
	MaxParts              int         // 0: the service's choice, 1,000
	CustomerKey           CustomerKey // the one that the upload was created with, if also with checksums
	Common
}

func (in ListPartsInput) call(c *Client) call {
	// To go on with an upload is to write.
	k := call{op: "ListParts", method: http.MethodGet, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite}
	k.query.addInt("max-parts", in.MaxParts)
	k.query.addInt("part-number-marker", in.PartNumberMarker)
	k.addUploadID(in.UploadID)
	in.CustomerKey.set(&k, "X-Amz-Server-Side-Encryption-Customer-")
	in.Common.set(&k)
	return k
}

// ListParts lists a page of an upload's parts by their numbers (Amazon S3 API
// Reference, "ListParts"); ListPartsPages lists them all.
func (c *Client) ListParts(ctx context.Context, in ListPartsInput) (ListPartsOutput, error) {
	k := in.call(c)
	var out ListPartsOutput
	if _, err := c.doXML(ctx, &k, "ListPartsResult", out.read); err != nil {
		return ListPartsOutput{}, err
	}
	return out, nil
}

// ListPartsPages lists all pages from the one that in asks for. It ends at the first
// error, which it yields.
func (c *Client) ListPartsPages(ctx context.Context, in ListPartsInput) iter.Seq2[ListPartsOutput, error] {
	k := call{op: "ListParts", bucket: in.Bucket, key: in.Key}
	return pages(k, in.PartNumberMarker, func(marker int) (ListPartsOutput, bool, int, error) {
		in := in
		in.PartNumberMarker = marker
		out, err := c.ListParts(ctx, in)
		return out, out.IsTruncated, behindPart(out.NextPartNumberMarker, marker), err
	})
}
