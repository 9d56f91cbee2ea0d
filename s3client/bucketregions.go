package s3client

import (
	"context"
	"net/http"
	"net/url"
	"sync"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
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
// PermanentRedirect, TemporaryRedirect and AuthorizationHeaderMalformed). It is "" if
// the answer says nothing of the kind, or nothing that can be followed: a redirection
// itself never is, for it might lead the signature to somebody else.
func (c *Client) movedTo(ctx context.Context, k *call, answer *APIError, location, used string) string {
	switch answer.Status {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
	case http.StatusBadRequest:
		if answer.Code != "AuthorizationHeaderMalformed" && answer.Code != "BadRequest" {
			return ""
		}
	default:
		return ""
	}
	if k.bucket == "" {
		return ""
	}
	if used == "" {
		used = c.network.region
	}
	region := answer.Region
	if u, err := url.Parse(location); region == "" && err == nil && isAWSHost(u.Hostname()) {
		region = regionInHost(u.Hostname())
	}
	if region == "" && k.method == http.MethodHead { // to which there is no document that would name it
		region = c.askRegion(ctx, k.bucket)
	}
	mine, _ := partitionOf(c.network.region)
	its, _ := partitionOf(region)
	if !isRegion(region) || region == used || c.network.host == "" && (its != mine || !isNumberedRegion(region)) {
		return ""
	}
	return region
}

// askRegion makes the service say where a bucket is, be it in a refusal.
func (c *Client) askRegion(ctx context.Context, bucket string) string {
	resp, err := c.send(ctx, &call{op: "GetBucketLocation", method: http.MethodGet, bucket: bucket, query: "location="}, "")
	if err != nil {
		return ""
	}
	if resp.StatusCode >= 300 {
		return sigv4http.ReadError(resp).Region
	}
	resp.Body.Close()
	return ""
}
