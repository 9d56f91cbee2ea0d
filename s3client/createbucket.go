package s3client

import (
	"cmp"
	"context"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CreateBucketInput names the bucket to make.
type CreateBucketInput struct {
	Bucket string
	// Region is where it is made; "" is the connection's. The request goes to that
	// region's endpoint.
	Region                     string
	ACL                        string // a canned one; "" is private
	ObjectOwnership            string // "BucketOwnerEnforced", the default, "BucketOwnerPreferred" or "ObjectWriter"
	ObjectLockEnabledForBucket bool
}

// CreateBucketOutput is the answer to CreateBucket.
type CreateBucketOutput struct{ Location string }

func (in CreateBucketInput) call(c *Client) call {
	k := call{op: "CreateBucket", method: http.MethodPut, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite,
		region: cmp.Or(in.Region, c.network.region)}
	k.set("X-Amz-Acl", in.ACL)
	k.set("X-Amz-Object-Ownership", in.ObjectOwnership)
	if in.ObjectLockEnabledForBucket {
		k.set("X-Amz-Bucket-Object-Lock-Enabled", "true")
	}
	if !isRegion(k.region) {
		k.fail(errRegion(k.region))
	}
	if zone := directoryZone(in.Bucket); zone != "" {
		k.body = documentBody(directoryBucketConfiguration(zone))
		return k
	}
	if err := CheckBucketName(in.Bucket); err != nil {
		k.fail(err)
	}
	if k.region != "us-east-1" { // which S3 wants left unsaid
		k.body = documentBody(bucketConfiguration(awsxml.AppendElement(nil, "LocationConstraint", k.region)))
	}
	return k
}

func bucketConfiguration(inner []byte) []byte {
	doc := append([]byte(awsxml.Header), `<CreateBucketConfiguration xmlns="`+namespace+`">`...)
	return append(append(doc, inner...), "</CreateBucketConfiguration>"...)
}

// namespace is that of S3's documents.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// directoryBucketConfiguration says the zone, which the name says already.
func directoryBucketConfiguration(zone string) []byte {
	inner := append([]byte("<Location>"), awsxml.AppendElement(nil, "Name", zone)...)
	inner = append(inner, "<Type>AvailabilityZone</Type></Location>"...)
	inner = append(inner, "<Bucket><DataRedundancy>SingleAvailabilityZone</DataRedundancy><Type>Directory</Type></Bucket>"...)
	return bucketConfiguration(inner)
}

// CreateBucket makes a bucket (Amazon S3 API Reference, "CreateBucket").
func (c *Client) CreateBucket(ctx context.Context, in CreateBucketInput) (CreateBucketOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return CreateBucketOutput{}, err
	}
	if k.region != c.network.region {
		c.regions.learn(in.Bucket, k.region)
	}
	return CreateBucketOutput{Location: h.Get("Location")}, nil
}
