package checkup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/s3client"
)

// folder is what keys below the path begin with, "" for the whole bucket.
func (r *run) folder() string {
	if r.path == "" || strings.HasSuffix(r.path, "/") {
		return r.path
	}
	return r.path + "/"
}

func (r *run) where() string { return "s3://" + r.bucket + "/" + r.folder() }

// checkBucket looks whether the bucket is there, and in this region.
//
// HEAD has no error document, so that where it fails a listing must say why. It
// needs s3:ListBucket without any prefix, which a session that is restricted to a
// path does not have: that it is denied says little.
func (r *run) checkBucket(ctx context.Context) string {
	if r.bucket == "" {
		r.add(Check{Name: Bucket, Status: Skipped, Found: "none is named: the form restricts to none"})
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := r.open(func(c *s3client.Connection) {})
	if err != nil {
		r.add(Check{Name: Bucket, Status: Failed, Found: err.Error()})
		return theBucketFailed
	}
	c := Check{Name: Bucket, Status: OK}
	head, err := client.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: r.bucket})
	if err == nil {
		c.Found = "s3://" + r.bucket + " is there" + in(head.Region)
		if head.Region != "" && head.Region != r.sts.Region {
			c.Status = Warning
			c.Advice = []string{"set region to " + head.Region + ": the service forgives it here, and not everywhere"}
		}
		r.add(c)
		return ""
	}
	region := regionOf(err)
	err = r.list(ctx)
	if region == "" {
		region = regionOf(err)
	}
	if err != nil {
		c.Found, c.Service = say(err)
	}
	switch {
	case region != "" && region != r.sts.Region:
		c = r.inAnotherRegion(region)
	case err == nil:
		c.Found = "s3://" + r.bucket + " is there" + in(region)
	case errors.Is(err, s3client.ErrNotFound):
		c.Status, c.Cause = Failed, NotFound
		c.Found = "there is no bucket " + r.bucket
		c.Advice = []string{"check the bucket's name, and that this is the service that has it"}
	case isRedirect(err):
		c.Status = Failed
		c.Found = "s3://" + r.bucket + " is in another region than " + r.sts.Region + ", and the service does not say which"
		c.Advice = []string{"set region to the one that the console shows among the bucket's properties"}
	case isAccessDenied(err) && r.form.BucketOwner != "" && r.ownedByAnother(ctx):
		c.Status, c.Cause = Failed, Denied
		c.Found = "s3://" + r.bucket + " does not belong to account " + r.form.BucketOwner + ", which is the form's bucket owner"
		c.Advice = []string{"check the bucket's name and bucket_owner; somebody else may have taken the name over"}
	case isAccessDenied(err):
		c.Found = "s3://" + r.bucket + " answers" + in(region) + ", though it may not be looked at"
		c.Service = ""
	default:
		c.Status = Failed
		if errors.Is(err, s3client.ErrDenied) {
			c.Cause = Denied
		}
		c.Advice = credentialAdvice(apiError(err))
	}
	r.add(c)
	if c.Status == Failed {
		return theBucketFailed
	}
	return ""
}

const theBucketFailed = "the bucket cannot be used"

// in says where a bucket is, if the service said so.
func in(region string) string {
	if region == "" {
		return ""
	}
	return ", in " + region
}

func (r *run) inAnotherRegion(region string) Check {
	return Check{Name: Bucket, Status: Failed, Found: fmt.Sprintf("s3://%s is in region %s, not in %s", r.bucket, region, r.sts.Region),
		Advice: []string{"set region to " + region}}
}

func regionOf(err error) string {
	if api := apiError(err); api != nil {
		return api.Region
	}
	return ""
}

func isRedirect(err error) bool {
	api := apiError(err)
	return api != nil && api.Status >= 300 && api.Status < 400
}

// isAccessDenied tells a missing permission from credentials that are refused.
func isAccessDenied(err error) bool {
	api := apiError(err)
	return api != nil && (api.Code == "AccessDenied" || api.Status == http.StatusForbidden && (api.Code == "Forbidden" || api.Code == "AllAccessDisabled"))
}

// ownedByAnother reports whether it is only the expected owner for which looking at
// the bucket is denied.
func (r *run) ownedByAnother(ctx context.Context) bool {
	client, err := r.open(func(c *s3client.Connection) { c.BucketOwner, c.Permissions = "", 0 })
	if err == nil {
		_, err = client.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: r.bucket, Prefix: r.folder(), MaxKeys: 1})
	}
	return err == nil
}

// maxListed is how many keys are looked at for one to read.
const maxListed = 20

// list lists the path once, also for what is no permission of the form's: its
// answer says more than HEAD's.
func (r *run) list(ctx context.Context) error {
	if r.wasListed {
		return r.listed
	}
	r.wasListed = true
	client, err := r.open(func(c *s3client.Connection) { c.Permissions = 0 })
	if err == nil {
		r.listing, err = client.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: r.bucket, Prefix: r.folder(), MaxKeys: maxListed})
	}
	r.listed = err
	return err
}

func (r *run) checkList(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch {
	case !r.may(s3client.MayList):
		r.add(Check{Name: List, Status: Skipped, Found: "the form's permissions leave it out"})
	case r.bucket == "":
		r.add(r.listBuckets(ctx))
		return "no bucket is named: restrict to one, or name one to try"
	case r.list(ctx) != nil:
		r.add(r.refused(List, "s3:ListBucket", r.listed))
	case len(r.listing.Contents) == 0:
		r.add(Check{Name: List, Status: OK, Found: "allowed: " + r.where() + " is empty"})
	default:
		r.add(Check{Name: List, Status: OK, Found: "allowed: there are keys below " + r.where()})
	}
	return ""
}

func (r *run) listBuckets(ctx context.Context) Check {
	client, err := r.open(func(*s3client.Connection) {})
	if err == nil {
		_, err = client.ListBuckets(ctx, s3client.ListBucketsInput{})
	}
	if err != nil {
		return r.refused(List, "s3:ListAllMyBuckets", err)
	}
	return Check{Name: List, Status: OK, Found: "allowed: buckets"}
}
