package s3client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// bucketRegions are those that buckets have turned out to be in, other than the
// connection's.
type bucketRegions struct {
	mu    sync.RWMutex
	known map[string]string
}

// of is a bucket's region, "" if nothing was learned of it.
func (r *bucketRegions) of(bucket string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.known[bucket]
}

func (r *bucketRegions) learn(bucket, region string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[string]string{}
	}
	r.known[bucket] = region
}

// movedTo finds in an answer which region the bucket is in, if it is not the one
// that was used: S3 redirects with 301 or 307, or refuses the credential scope with
// 400 (Amazon S3 User Guide, "Making requests using the REST API", Request
// redirection and the REST API; Amazon S3 API Reference, "Error Responses",
// PermanentRedirect, TemporaryRedirect, AuthorizationHeaderMalformed and
// IllegalLocationConstraintException). It is "" if the answer says nothing of the kind,
// or nothing that can be followed: a redirection itself never is, for it might lead the
// signature to somebody else.
func (c *Client) movedTo(ctx context.Context, k *call, answer *APIError, location, used string) string {
	onAWS := c.network.host == ""
	switch {
	case !saysMoved(answer), k.bucket == "", strings.HasPrefix(k.bucket, "arn:"): // which says its region
		return ""
	case onAWS && k.region != "": // a bucket is made where it was to be, or not at all
		return ""
	}
	region := answer.Region
	if u, err := url.Parse(location); region == "" && err == nil && isAWSHost(u.Hostname()) {
		region = regionInHost(u.Hostname())
	}
	if region == "" && (k.method == http.MethodHead || answer.Code == illegalLocation) { // which do not name it
		region = c.askRegion(ctx, k.bucket)
	}
	if used == "" {
		used = c.network.region
	}
	mine, _ := partitionOf(c.network.region)
	its, _ := partitionOf(region)
	fixed := regionInHost(c.network.host) // of an endpoint that leads to no other
	switch {
	case !isRegion(region), region == used, fixed != "" && region != fixed, onAWS && (its != mine || !isNumberedRegion(region)):
		return ""
	}
	return region
}

// illegalLocation is what a region that has to be opted in to answers in the place of a
// redirection.
const illegalLocation = "IllegalLocationConstraintException"

func saysMoved(answer *APIError) bool {
	switch answer.Status {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
		return true
	case http.StatusBadRequest:
		return answer.Code == "AuthorizationHeaderMalformed" || answer.Code == illegalLocation || answer.Code == "BadRequest"
	}
	return false
}

// askRegion makes the service say where a bucket is, be it in a refusal.
func (c *Client) askRegion(ctx context.Context, bucket string) string {
	k := GetBucketLocationInput{Bucket: bucket}.call(c)
	resp, err := c.send(ctx, &k, "")
	if err != nil {
		return ""
	}
	if resp.StatusCode >= 300 {
		return sigv4http.ReadError(resp).Region
	}
	resp.Body = watchDocument(resp.Body, c.stallTimeout)
	defer resp.Body.Close()
	d := awsxml.NewDecoder(resp.Body, maxLateDocument)
	d.Root("LocationConstraint")
	region := readLocation(d)
	if d.End() != nil {
		return ""
	}
	return region
}
