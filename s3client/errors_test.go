package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

// What a service says of a failure, and what the client makes of it.
func TestErrors(t *testing.T) {
	srv := serve(t, s3test.Config{Region: "eu-central-1"})
	good := form(srv)
	good.Region = "eu-central-1"
	etag := put(t, open(t, good, nil), "data", "key", text).ETag

	get := func(key, rng, ifMatch string) func(context.Context, *s3client.Client) error {
		return func(ctx context.Context, c *s3client.Client) error {
			_, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: key, Range: rng, IfMatch: ifMatch})
			return err
		}
	}
	head := func(bucket, key string) func(context.Context, *s3client.Client) error {
		return func(ctx context.Context, c *s3client.Client) error {
			_, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: bucket, Key: key})
			return err
		}
	}
	list := func(ctx context.Context, c *s3client.Client) error {
		_, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "data"})
		return err
	}
	wrongSecret := func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("another/secret/that/is/wrong") }
	for _, test := range []struct {
		name   string
		edit   func(*s3client.Connection) // nil: the form is good
		answer answer                     // nil: the embedded server's
		call   func(context.Context, *s3client.Client) error

		is     []error
		isNot  []error
		status int
		code   string
		hint   string
	}{
		{name: "wrong secret", edit: wrongSecret, call: get("key", "", ""),
			is: []error{s3client.ErrDenied, s3client.ErrSignatureDoesNotMatch}, isNot: []error{s3client.ErrNotFound, s3client.ErrAccessDenied},
			status: 403, code: "SignatureDoesNotMatch", hint: "the secret access key does not belong"},
		{name: "wrong key ID", edit: func(c *s3client.Connection) { c.AccessKeyID = "AKIDUNKNOWN" }, call: get("key", "", ""),
			is: []error{s3client.ErrDenied}, isNot: []error{s3client.ErrNotFound},
			status: 403, code: "InvalidAccessKeyId", hint: "check the access key ID"},
		{name: "wrong session token", edit: func(c *s3client.Connection) { c.SessionToken = s3client.NewSecret(token) }, call: get("key", "", ""),
			is: []error{s3client.ErrDenied}, status: 400, code: "InvalidToken"},
		{name: "missing bucket", call: func(ctx context.Context, c *s3client.Client) error {
			_, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "missing"})
			return err
		}, is: []error{s3client.ErrNotFound, s3client.ErrNoSuchBucket}, isNot: []error{s3client.ErrDenied, s3client.ErrNoSuchKey},
			status: 404, code: "NoSuchBucket", hint: "check the bucket's name"},
		{name: "missing key", call: get("missing", "", ""), is: []error{s3client.ErrNotFound, s3client.ErrNoSuchKey},
			isNot: []error{s3client.ErrDenied, s3client.ErrNoSuchBucket}, status: 404, code: "NoSuchKey"},
		{name: "HEAD of a missing key", call: head("data", "missing"), is: []error{s3client.ErrNotFound}, isNot: []error{s3client.ErrDenied},
			status: 404, code: "NotFound"},
		{name: "HEAD in a missing bucket", call: head("missing", "key"), is: []error{s3client.ErrNotFound}, status: 404, code: "NotFound"},
		{name: "HEAD that is denied", edit: wrongSecret, call: head("data", "key"), is: []error{s3client.ErrDenied}, isNot: []error{s3client.ErrNotFound},
			status: 403, code: "Forbidden", hint: "the credentials are wrong, or have no permission for this"},
		{name: "412", call: get("key", "", `"another"`), is: []error{s3client.ErrPreconditionFailed},
			isNot: []error{s3client.ErrNotFound, s3client.ErrDenied}, status: 412, code: "PreconditionFailed"},
		{name: "412 beats a range", call: get("key", "bytes=0-1", `"another"`), is: []error{s3client.ErrPreconditionFailed}, status: 412, code: "PreconditionFailed"},
		{name: "416", call: get("key", "bytes=10-", etag), is: []error{s3client.ErrInvalidRange},
			isNot: []error{s3client.ErrNotFound, s3client.ErrDenied}, status: 416, code: "InvalidRange"},

		{name: "a region that is none of the endpoint's", answer: says(400, "<Error><Code>IllegalLocationConstraintException</Code></Error>"), call: list,
			status: 400, code: "IllegalLocationConstraintException", hint: "check region and endpoint"},
		{name: "expired token", answer: says(400, "<Error><Code>ExpiredToken</Code></Error>"), call: list,
			is: []error{s3client.ErrDenied, s3client.ErrExpiredToken}, status: 400, code: "ExpiredToken", hint: "get new temporary credentials"},
		{name: "access denied", answer: says(403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"), call: list,
			is: []error{s3client.ErrDenied, s3client.ErrAccessDenied}, status: 403, code: "AccessDenied"},
		{name: "versitygw's unknown key", answer: says(404, "<Error><Code>XAdminUserNotFound</Code></Error>"), call: list,
			is: []error{s3client.ErrDenied}, isNot: []error{s3client.ErrNotFound}, status: 404, code: "XAdminUserNotFound", hint: "check the access key ID"},
		{name: "skewed clock", answer: says(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>"), call: list,
			is: []error{s3client.ErrDenied}, status: 403, code: "RequestTimeTooSkewed", hint: "set this machine's clock"},
		{name: "a session policy too large", answer: says(400, "<Error><Code>PackedPolicyTooLarge</Code></Error>"), call: list,
			isNot: []error{s3client.ErrDenied}, status: 400, code: "PackedPolicyTooLarge", hint: "restrict to a shorter path, or set no_session_policy"},
		{name: "redirect to another region", answer: says(301, "<Error><Code>PermanentRedirect</Code><Endpoint>x</Endpoint></Error>", "X-Amz-Bucket-Region", "ap-south-1"), call: list,
			isNot: []error{s3client.ErrNotFound, s3client.ErrDenied}, status: 301, code: "PermanentRedirect", hint: "the bucket is in region ap-south-1: set the region to that"},
		{name: "redirect of HEAD", answer: says(301, "", "X-Amz-Bucket-Region", "ap-south-1"), call: head("data", "key"),
			status: 301, code: "MovedPermanently", hint: "the bucket is in region ap-south-1"},
		{name: "redirect elsewhere", answer: says(307, "", "Location", "http://evil.example/"), call: head("data", "key"),
			status: 307, code: "TemporaryRedirect", hint: "the service redirects: check region and endpoint"},
		{name: "a proxy's page", answer: says(403, "<html><head>\n<title>Blocked</title></head></html>"), call: list,
			is: []error{s3client.ErrDenied}, status: 403, code: "Forbidden", hint: "the credentials are wrong, or have no permission for this"},
		{name: "a web server's 404", answer: says(404, "<!doctype html><h1>Not Found</h1>"), call: list,
			is: []error{s3client.ErrNotFound}, isNot: []error{s3client.ErrNoSuchBucket, s3client.ErrNoSuchKey}, status: 404, code: "NotFound"},
		{name: "JSON", answer: says(401, `{"error":"login"}`), call: list, is: []error{s3client.ErrDenied}, status: 401, code: "Unauthorized"},
		{name: "an endless error", answer: says(400, "<Error><Code>"+strings.Repeat("x", 1<<20)), call: list, status: 400, code: "BadRequest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := good
			if test.edit != nil {
				test.edit(&form)
			}
			opts := &s3client.Options{}
			if test.answer != nil {
				opts.Base = &recorder{answers: []answer{test.answer}}
			}
			err := test.call(t.Context(), open(t, form, opts))
			wantErr(t, err, test.is...)
			for _, target := range test.isNot {
				if errors.Is(err, target) {
					t.Errorf("%v is %v", err, target)
				}
			}
			var api *s3client.APIError
			if !errors.As(err, &api) {
				t.Fatalf("%v is no *APIError", err)
			}
			if api.Status != test.status || api.Code != test.code {
				t.Errorf("status %d, code %s, want %d, %s", api.Status, api.Code, test.status, test.code)
			}
			if test.hint != "" && !strings.Contains(err.Error(), test.hint) {
				t.Errorf("%q does not say %q", err, test.hint)
			}
			var e *s3client.Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), e.Op+" s3://"+e.Bucket+"/"+e.Key+": ") {
				t.Errorf("%q does not begin with the operation and its object", err)
			}
			if len(err.Error()) > 2000 {
				t.Errorf("the text has %d bytes", len(err.Error()))
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
				noSecret(t, fmt.Sprintf(verb, err)+fmt.Sprintf(verb, api)+fmt.Sprintf(verb, *api))
			}
			if strings.Contains(fmt.Sprintf("%+v %+v", err, *api), "another/secret") {
				t.Error("the wrong secret is in the error")
			}
		})
	}
}

// Answers of status 200 that are not what was asked for.
func TestAnswersThatAreNoDocuments(t *testing.T) {
	document := func(size int) string {
		const doc = "<ListBucketResult></ListBucketResult>"
		return doc + strings.Repeat(" ", size-len(doc))
	}
	for _, test := range []struct{ name, body, want string }{
		{"HTML", "<html><body>Welcome</body></html>", "Welcome"},
		{"another document", "<ListAllMyBucketsResult/>", "ListBucketResult"},
		{"nothing", "", "ListBucketResult"},
		{"cut off", "<ListBucketResult><Contents>", "ListBucketResult"},
		{"a size that is no number", "<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>", "ListBucketResult"},
		{"too long", document(16<<20 + 1), "more than 16777216 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(200, test.body)}}})
			_, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"})
			wantErr(t, err)
			if !strings.Contains(err.Error(), test.want) || len(err.Error()) > 500 {
				t.Errorf("the text is %.500q, want %q in it", err, test.want)
			}
			if errors.Is(err, s3client.ErrDenied) || errors.Is(err, s3client.ErrNotFound) {
				t.Errorf("%v is a condition", err)
			}
		})
	}
	c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(200, document(16<<20))}}})
	if _, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"}); err != nil {
		t.Errorf("the longest document: %v", err)
	}
}

func TestErrorsWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := errors.New("connection reset by peer")
		net := &recorder{answers: []answer{func(*http.Request) (*http.Response, error) { return nil, reset }}}
		c := open(t, aws(), &s3client.Options{Base: net})
		_, err := c.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"})
		wantErr(t, err, reset)
		if len(net.requests) != 4 {
			t.Errorf("%d attempts, want 4", len(net.requests))
		}
	})

	// Credentials that cannot sign are refused before anything is sent.
	f := aws()
	f.SecretAccessKey = s3client.NewSecret("REDACTED")
	net := &recorder{}
	_, err := f.Open(&s3client.Options{Base: net})
	wantErr(t, err, sigv4.ErrCredentials)
	wantErr(t, err, s3client.ErrInvalidConnection)
	if len(net.requests) != 0 {
		t.Errorf("%d requests were sent", len(net.requests))
	}
}

// Cancelled while it waits to try again, an operation says so, and what the
// service said last.
func TestCancelledBetweenAttempts(t *testing.T) {
	for name, op := range operations {
		if strings.HasPrefix(name, "Presign") {
			continue // sends nothing
		}
		synctest.Test(t, func(t *testing.T) {
			net := &recorder{answers: []answer{says(503, "<Error><Code>SlowDown</Code></Error>", "Retry-After", "10")}}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			start := time.Now()
			err := op.call(ctx, open(t, aws(), &s3client.Options{Base: net}), "data", "key")
			wantErr(t, err, context.DeadlineExceeded)
			var api *s3client.APIError
			if !errors.As(err, &api) || api.Status != 503 {
				t.Errorf("%s: %v does not say what the service said", name, err)
			}
			if took := time.Since(start); took != 5*time.Second || len(net.requests) != 1 {
				t.Errorf("%s: it took %v and %d requests, want 5 s and 1", name, took, len(net.requests))
			}
		})
	}
}

// A body that breaks off is no document.
func TestDocumentThatBreaksOff(t *testing.T) {
	f, err := s3test.ParseFault("truncate=100,op=ListObjectsV2")
	if err != nil {
		t.Fatal(err)
	}
	_, c := stocked(t, f)
	out, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"})
	wantErr(t, err, io.ErrUnexpectedEOF)
	if !cmp.Equal(out, s3client.ListObjectsV2Output{}) {
		t.Errorf("beside the error there is a page: %+v", out)
	}
}

// A session's token comes back in the canonical request that S3 shows with a
// wrong signature, and must not go on from there.
func TestTokenIsNotInErrors(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
	client := open(t, roleForm(srv), nil)
	cred, err := client.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	spoilt := sigv4.NewCredentials(cred.AccessKeyID, "another/secret/that/is/wrong", cred.SessionToken())
	client = open(t, form(srv), &s3client.Options{Credentials: spoilt})
	_, err = client.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
	wantErr(t, err, s3client.ErrSignatureDoesNotMatch)
	var api *s3client.APIError
	if errors.As(err, &api); api == nil || api.CanonicalRequest == "" {
		t.Fatalf("the service shows no canonical request: %v", err)
	}
	if strings.Contains(fmt.Sprintf("%+v %v", *api, err), cred.SessionToken()) {
		t.Error("the session's token is in the error")
	}
}
