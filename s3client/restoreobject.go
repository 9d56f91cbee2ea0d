package s3client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// RestoreObjectInput says which archived object to make readable.
type RestoreObjectInput struct {
	Bucket, Key, VersionID string
	// Days is for how long its copy stays, at least 1; 0 for an object of
	// INTELLIGENT_TIERING, which comes back to stay.
	Days int
	// Tier is how fast it comes: "Expedited", minutes; "Standard", hours, the default;
	// "Bulk", hours and cheap.
	Tier string
	Common
}

// RestoreObjectOutput is the answer to RestoreObject.
type RestoreObjectOutput struct {
	// AlreadyRestored says that the copy is there and stays for Days from now on. Else it
	// was asked for, and comes: ObjectInfo.Restore of [Client.HeadObject] says when it has.
	AlreadyRestored bool
	RequestCharged  string // "requester", if that is who pays
}

func (in RestoreObjectInput) call(c *Client) call {
	k := call{op: "RestoreObject", method: http.MethodPost, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite}
	if in.Days < 0 {
		k.fail(fmt.Errorf("the object is to be restored for %d days: 1 or more are expected, or 0 with INTELLIGENT_TIERING", in.Days))
	}
	k.query.add("restore", "")
	k.query.addIf("versionId", in.VersionID)
	doc := append([]byte(awsxml.Header), `<RestoreRequest xmlns="`+namespace+`">`...)
	if in.Days != 0 {
		doc = awsxml.AppendElement(doc, "Days", strconv.Itoa(in.Days))
	}
	if in.Tier != "" {
		doc = append(doc, "<GlacierJobParameters>"...)
		doc = append(awsxml.AppendElement(doc, "Tier", in.Tier), "</GlacierJobParameters>"...)
	}
	k.body = documentBody(append(doc, "</RestoreRequest>"...))
	in.Common.set(&k)
	return k
}

// RestoreObject asks for a copy of an archived object that can be read (Amazon S3 API
// Reference, "RestoreObject"). While it is on its way, asking again is
// [ErrRestoreAlreadyInProgress]; what is not archived is [ErrInvalidObjectState].
func (c *Client) RestoreObject(ctx context.Context, in RestoreObjectInput) (RestoreObjectOutput, error) {
	k := in.call(c)
	if err := c.admit(&k); err != nil {
		return RestoreObjectOutput{}, err
	}
	resp, err := c.exchangeDocument(ctx, &k)
	if err != nil {
		return RestoreObjectOutput{}, err
	}
	discard(resp)
	return RestoreObjectOutput{
		AlreadyRestored: resp.StatusCode == http.StatusOK,
		RequestCharged:  resp.Header.Get("X-Amz-Request-Charged"),
	}, nil
}
