package s3client

import (
	"context"
	"iter"
	"net/http"
)

// ListObjectVersionsInput asks for a page of the versions of a bucket's keys.
type ListObjectVersionsInput struct {
	Bucket          string
	Prefix          string // only of keys that begin so
	Delimiter       string // rolls up keys behind its next occurrence; usually "/"
	KeyMarker       string // only of keys behind this one
	VersionIDMarker string // with KeyMarker: also those of that key behind this one
	MaxKeys         int    // 0: the service's choice, 1,000
	Common
}

func (in ListObjectVersionsInput) call(c *Client) call {
	k := call{op: "ListObjectVersions", method: http.MethodGet, bucket: in.Bucket, subject: aPrefix, prefix: in.Prefix, needs: MayList}
	k.query.addIf("delimiter", in.Delimiter)
	k.query.add("encoding-type", "url")
	k.query.addIf("key-marker", in.KeyMarker)
	k.query.addInt("max-keys", in.MaxKeys)
	k.query.addIf("prefix", in.Prefix)
	k.query.addIf("version-id-marker", in.VersionIDMarker)
	k.query.add("versions", "")
	in.Common.set(&k)
	return k
}

// ListObjectVersions lists a page of all versions of a bucket's objects, with the
// markers of their deletions (Amazon S3 API Reference, "ListObjectVersions");
// ListObjectVersionsPages lists them all.
func (c *Client) ListObjectVersions(ctx context.Context, in ListObjectVersionsInput) (ListObjectVersionsOutput, error) {
	k := in.call(c)
	var out ListObjectVersionsOutput
	if _, err := c.doXML(ctx, &k, "ListVersionsResult", out.read); err != nil {
		return ListObjectVersionsOutput{}, err
	}
	return out, nil
}

// ListObjectVersionsPages lists all pages from the one that in asks for. It ends at
// the first error, which it yields.
func (c *Client) ListObjectVersionsPages(ctx context.Context, in ListObjectVersionsInput) iter.Seq2[ListObjectVersionsOutput, error] {
	k := call{op: "ListObjectVersions", bucket: in.Bucket}
	return pages(k, marker{in.KeyMarker, in.VersionIDMarker}, func(from marker) (ListObjectVersionsOutput, bool, marker, error) {
		in := in
		in.KeyMarker, in.VersionIDMarker = from.key, from.id
		out, err := c.ListObjectVersions(ctx, in)
		return out, out.IsTruncated, behind(out.NextKeyMarker, out.NextVersionIDMarker), err
	})
}
