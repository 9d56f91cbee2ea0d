package s3client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// Whether a bucket keeps versions (Amazon S3 User Guide, "Retaining multiple versions
// of objects with S3 Versioning").

// GetBucketVersioningInput names the bucket to look at.
type GetBucketVersioningInput struct {
	Bucket string
	Common
}

// GetBucketVersioningOutput is the answer to GetBucketVersioning.
type GetBucketVersioningOutput struct {
	Status    string // "Enabled", "Suspended"; "" if there never were versions
	MFADelete string // "Enabled", "Disabled"; "" if it never was
}

func (in GetBucketVersioningInput) call(c *Client) call {
	k := call{op: "GetBucketVersioning", method: http.MethodGet, bucket: in.Bucket, subject: wholeBucket, needs: MayRead}
	k.query.add("versioning", "")
	in.Common.set(&k)
	return k
}

// GetBucketVersioning says whether a bucket keeps versions (Amazon S3 API Reference,
// "GetBucketVersioning").
func (c *Client) GetBucketVersioning(ctx context.Context, in GetBucketVersioningInput) (GetBucketVersioningOutput, error) {
	k := in.call(c)
	var out GetBucketVersioningOutput
	_, err := c.doXML(ctx, &k, "VersioningConfiguration", func(d *awsxml.Decoder) error {
		for name := range d.Children {
			switch string(name) {
			case "Status":
				out.Status = d.Text()
			case "MfaDelete":
				out.MFADelete = d.Text()
			}
		}
		return nil
	})
	if err != nil {
		return GetBucketVersioningOutput{}, err
	}
	return out, nil
}

// PutBucketVersioningInput says whether the bucket is to keep versions.
type PutBucketVersioningInput struct {
	Bucket    string
	Status    string // "Enabled" or "Suspended"
	MFADelete string // "Enabled" or "Disabled"; "" leaves it as it is
	// MFA is the serial number and the code of the root user's device, with a blank
	// between, where MFADelete is given or enabled.
	MFA string
	Common
}

// PutBucketVersioningOutput is the answer to PutBucketVersioning.
type PutBucketVersioningOutput struct{}

func (in PutBucketVersioningInput) call(c *Client) call {
	k := call{op: "PutBucketVersioning", method: http.MethodPut, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	if in.Status != "Enabled" && in.Status != "Suspended" {
		k.fail(fmt.Errorf("the Status is %q: Enabled or Suspended is expected", in.Status))
	}
	doc := append([]byte(awsxml.Header), `<VersioningConfiguration xmlns="`+namespace+`">`...)
	switch in.MFADelete {
	case "":
	case "Enabled", "Disabled":
		doc = awsxml.AppendElement(doc, "MfaDelete", in.MFADelete)
	default:
		k.fail(fmt.Errorf("the MFADelete is %q: Enabled or Disabled is expected, or nothing", in.MFADelete))
	}
	doc = awsxml.AppendElement(doc, "Status", in.Status)
	k.body = summedBody(append(doc, "</VersioningConfiguration>"...))
	k.query.add("versioning", "")
	k.set("X-Amz-Mfa", in.MFA)
	in.Common.set(&k)
	return k
}

// PutBucketVersioning sets whether a bucket keeps versions (Amazon S3 API Reference,
// "PutBucketVersioning"). Once enabled, it can be suspended, and no more.
func (c *Client) PutBucketVersioning(ctx context.Context, in PutBucketVersioningInput) (PutBucketVersioningOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return PutBucketVersioningOutput{}, err
}
