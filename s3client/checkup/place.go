package checkup

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

// place is where requests of the connection go: a URL that was not asked yet.
type place struct{ url *url.URL }

func (p place) host() string { return p.url.Scheme + "://" + p.url.Host }

// placeholder signs what is not sent.
var placeholder = sigv4.NewCredentials("PLACEHOLDER", "placeholder-placeholder-placeholder", "")

// findPlaces has the connection's own client make requests, and stops them, so
// that what is tried is where it would go, and not where it should.
func (r *run) findPlaces(ctx context.Context) {
	r.s3 = findPlace(func(stop *s3client.Options) {
		free := signedWith(r.form, placeholder)
		free.RestrictToBucket, free.RestrictToPath, free.Permissions = "", "", 0
		client, err := free.Open(stop)
		if err != nil {
			return
		}
		if r.bucket == "" {
			client.ListBuckets(ctx, s3client.ListBucketsInput{})
		} else {
			client.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: r.bucket})
		}
	})
	r.sts = findPlace(func(stop *s3client.Options) {
		role := r.form
		if !r.isRole() {
			// With an ARN of another partition than the region's this is not valid, and
			// no place is found: then it is AWS's regional one.
			role.AuthorizationType, role.IAMRoleARN = s3client.IAMRole, "arn:aws:iam::000000000000:role/none"
		}
		stop.Credentials = placeholder
		if client, err := role.Open(stop); err == nil {
			client.Credentials(ctx)
		}
	})
}

// findPlace gives the place to which a request went.
func findPlace(request func(*s3client.Options)) place {
	stop := new(stopped)
	request(&s3client.Options{Base: stop})
	return place{stop.url}
}

// stopped is a transport that sends nothing. Its answer is final to all clients.
type stopped struct{ url *url.URL }

func (s *stopped) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	s.url = req.URL
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
}

// signedWith is the same connection with other credentials in place of an access
// key or a role.
func signedWith(c s3client.Connection, cred sigv4.Credentials) s3client.Connection {
	c.AuthorizationType = s3client.AccessKey
	c.AccessKeyID = cred.AccessKeyID
	c.SecretAccessKey, c.SessionToken = s3client.NewSecret(cred.SecretAccessKey()), s3client.NewSecret(cred.SessionToken())
	c.IAMRoleARN, c.ExternalID, c.SessionName, c.DurationSeconds, c.NoSessionPolicy = "", "", "", 0, false
	return c
}
