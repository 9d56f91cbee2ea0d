package checkup

import (
	"context"
	"fmt"
	"slices"

	"github.com/sigvier/sigvier/s3client"
)

// checkSessionPolicy looks whether the service, too, keeps the session to what the
// connection is restricted to.
func (r *run) checkSessionPolicy(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := Check{Name: SessionPolicy}
	restricted := r.form.RestrictToBucket != "" || r.form.Permissions != 0
	switch {
	case !restricted:
		c.Status, c.Found = Skipped, "there is none: the connection is not restricted"
	case !r.isRole():
		c.Status, c.Found = Skipped, "an access key has none: this client alone keeps to the restrictions"
	case r.wrongRegion:
		c.Status, c.Found = Skipped, "the region is wrong"
	case r.form.NoSessionPolicy:
		c.Status, c.Found = Warning, "not sent (no_session_policy): this client alone keeps to the restrictions"
	case r.noPolicy != nil:
		c.Status = Failed
		c.Found, c.Service = say(r.noPolicy)
		c.Found = "the service does not take it: " + c.Found
		c.Advice = []string{"set no_session_policy; this client alone keeps to the restrictions then"}
	default:
		c.Status, c.Found = OK, "taken"
		if percent := r.assumed.PackedPolicySize; percent > 0 {
			c.Found += fmt.Sprintf(", and %d %% of the room for it is used", percent)
		}
		if outside := r.reachOutside(ctx); outside != "" {
			c.Status, c.Found = Warning, "taken, and not kept to: the session may "+outside
			c.Advice = []string{"this client alone keeps to the restrictions with this service"}
		}
	}
	r.add(c)
	if r.isRole() && r.wrongRegion {
		return r.nameTheRegion(ctx)
	}
	return ""
}

// reachOutside tries what the session policy does not allow, with a client that
// would not refuse it, and says what went through, "" if nothing did.
func (r *run) reachOutside(ctx context.Context) string {
	free, err := r.open(func(c *s3client.Connection) {
		c.RestrictToBucket, c.RestrictToPath, c.Permissions, c.BucketOwner = "", "", 0, ""
	})
	if err != nil {
		return ""
	}
	list := func(prefix string) bool {
		_, err := free.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: r.bucket, Prefix: prefix, MaxKeys: 1})
		return err == nil
	}
	switch {
	case r.form.RestrictToPath != "" && list(""):
		return "list the whole bucket"
	case r.bucket != "" && !r.may(s3client.MayList) && list(r.folder()):
		return "list the bucket"
	}
	// Some services show of the buckets those that the session may see.
	if out, err := free.ListBuckets(ctx, s3client.ListBucketsInput{}); err == nil && (r.form.RestrictToBucket != "" || !r.may(s3client.MayList)) &&
		slices.ContainsFunc(out.Buckets, func(b s3client.Bucket) bool { return b.Name != r.form.RestrictToBucket }) {
		return "list other buckets"
	}
	return ""
}

// nameTheRegion asks S3 for the bucket's region, which it tells even those whose
// role STS could not look at.
func (r *run) nameTheRegion(ctx context.Context) string {
	const stop = "the region is wrong"
	if r.bucket == "" {
		return stop
	}
	if region := regionOf(r.list(ctx)); region != "" && region != r.sts.Region {
		r.add(r.inAnotherRegion(region))
	}
	return stop
}
