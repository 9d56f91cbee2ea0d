package s3client

import (
	"context"
	"net/http"
)

// DeleteObjectInput names the object to remove.
type DeleteObjectInput struct {
	Bucket, Key, VersionID string
	IfMatch                string // an ETag: only if the object still has it; "*": only if there is one
	// MFA is the serial number and the code of a device, with a blank between, where
	// the bucket asks for it.
	MFA                       string
	BypassGovernanceRetention bool
	Common
}

// DeleteObjectOutput is the answer to DeleteObject.
type DeleteObjectOutput struct {
	DeleteMarker bool
	VersionID    string
}

func (in DeleteObjectInput) call(c *Client) call {
	k := call{op: "DeleteObject", method: http.MethodDelete, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayDelete}
	k.query.addIf("versionId", in.VersionID)
	k.set("If-Match", in.IfMatch)
	k.set("X-Amz-Mfa", in.MFA)
	if in.BypassGovernanceRetention {
		k.set("X-Amz-Bypass-Governance-Retention", "true")
	}
	in.Common.set(&k)
	return k
}

// DeleteObject removes an object; that there was none is no error (Amazon S3 API
// Reference, "DeleteObject").
func (c *Client) DeleteObject(ctx context.Context, in DeleteObjectInput) (DeleteObjectOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return DeleteObjectOutput{}, err
	}
	return DeleteObjectOutput{DeleteMarker: h.Get("X-Amz-Delete-Marker") == "true", VersionID: h.Get("X-Amz-Version-Id")}, nil
}
