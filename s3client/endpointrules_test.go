package s3client_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

// endpointRow is a row of testdata/endpoints.txt.
type endpointRow struct{ region, options, endpoint, op, bucket, url, signedFor string }

func endpointRows(t *testing.T) (rows []endpointRow) {
	t.Helper()
	data, err := os.ReadFile("testdata/endpoints.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), " | ")
		if len(f) != 7 {
			t.Fatalf("%q has %d columns, want 7", line, len(f))
		}
		rows = append(rows, endpointRow{f[0], f[1], f[2], f[3], f[4], f[5], f[6]})
	}
	return rows
}

// form is the row's connection.
func (r endpointRow) form() s3client.Connection {
	c := awsForm(r.region)
	c.Endpoint = r.endpoint
	options := strings.Fields(r.options)
	c.FIPS = slices.Contains(options, "fips")
	c.DualStack = slices.Contains(options, "dualstack")
	c.Accelerate = slices.Contains(options, "accelerate")
	c.PathStyle = slices.Contains(options, "path_style")
	return c
}

// call does the row's operation.
func (r endpointRow) call(ctx context.Context, c *s3client.Client) (err error) {
	switch r.op {
	case "GetObject":
		_, err = c.GetObject(ctx, s3client.GetObjectInput{Bucket: r.bucket, Key: "key"})
	case "ListObjectsV2":
		_, err = c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: r.bucket})
	case "HeadBucket":
		_, err = c.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: r.bucket})
	case "GetBucketLocation":
		_, err = c.GetBucketLocation(ctx, s3client.GetBucketLocationInput{Bucket: r.bucket})
	case "CreateBucket":
		_, err = c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: r.bucket})
	case "DeleteBucket":
		_, err = c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: r.bucket})
	case "CreateSession":
		_, err = c.CreateSession(ctx, s3client.CreateSessionInput{Bucket: r.bucket})
	case "ListBuckets":
		_, err = c.ListBuckets(ctx, s3client.ListBucketsInput{})
	default:
		panic("no operation " + r.op)
	}
	return err
}

// signedFor is what the credential scope of a request says, and whether it is signed in
// a directory bucket's session.
func signedFor(req *http.Request) string {
	_, credential, _ := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	credential, _, _ = strings.Cut(credential, ",")
	scope := strings.Split(credential, "/")
	if set := req.Header.Get("X-Amz-Region-Set"); set != "" { // SigV4a has no region in the scope
		return scope[2] + " " + set
	}
	text := scope[3] + " " + scope[2]
	if req.Header.Get("X-Amz-S3session-Token") != "" {
		text += " session"
	}
	return text
}

const sessionDocument = `<CreateSessionResult><Credentials><AccessKeyId>ASIASESSION</AccessKeyId>` +
	`<SecretAccessKey>the/secret/of/the/session</SecretAccessKey><SessionToken>token-of-the-session</SessionToken></Credentials></CreateSessionResult>`

// opensSessions answers CreateSession, and all else with a document that is none of
// what was asked for.
func opensSessions(req *http.Request) (*http.Response, error) {
	if req.URL.Query().Has("session") {
		return says(200, sessionDocument)(req)
	}
	return says(200, "<Nothing/>")(req)
}

func TestEndpointsAreThoseOfBotocoresRules(t *testing.T) {
	rows := endpointRows(t)
	if want := 884; len(rows) != want {
		t.Errorf("there are %d rows, want %d", len(rows), want)
	}
	for _, r := range rows {
		net := &recorder{answers: []answer{opensSessions}}
		c, err := r.form().Open(&s3client.Options{Base: net})
		if err == nil {
			err = r.call(t.Context(), c)
		}
		n := len(net.requests)
		switch {
		case r.url == "refused":
			if err == nil || n != 0 {
				t.Errorf("%v: %d requests, %v, want an error and none", r, n, err)
			}
			continue
		case n == 0:
			t.Errorf("%v: nothing is sent: %v", r, err)
			continue
		}
		req := net.requests[n-1]
		where := *req.URL
		where.RawQuery = ""
		got := strings.TrimSuffix(strings.TrimSuffix(where.String(), "key"), "/")
		if got != r.url || signedFor(req) != r.signedFor {
			t.Errorf("%v: it goes to %s, signed for %s", r, got, signedFor(req))
		}
	}
}
