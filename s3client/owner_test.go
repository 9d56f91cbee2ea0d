package s3client_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

const owner = "210987654321"

func TestExpectedBucketOwnerIsSentAndSigned(t *testing.T) {
	for name, op := range operations {
		if strings.HasPrefix(name, "Presign") {
			continue // sends nothing
		}
		for _, owner := range []string{owner, ""} {
			t.Run(name+" "+owner, func(t *testing.T) {
				c := aws()
				c.BucketOwner = owner
				net := &recorder{answers: []answer{says(200, documentOf(name))}}
				if err := op.call(t.Context(), open(t, c, &s3client.Options{Base: net}), "data", "k"); err != nil {
					t.Fatal(err)
				}
				want := owner
				if op.kind == "service" {
					want = "" // there is no bucket whose owner it could be
				}
				h := net.requests[0].Header
				if got := h.Get("X-Amz-Expected-Bucket-Owner"); got != want {
					t.Errorf("the owner sent is %q, want %q", got, want)
				}
				if signed := strings.Contains(h.Get("Authorization"), "x-amz-expected-bucket-owner"); signed != (want != "") {
					t.Errorf("the header is signed: %v, want %v", signed, want != "")
				}
			})
		}
	}
}

// An operation cannot take back what the connection demands.
func TestExpectedBucketOwnerIsNotReplaced(t *testing.T) {
	for _, test := range []struct{ ofConnection, ofOperation, want string }{
		{"", owner, owner}, {owner, owner, owner}, {owner, "666666666666", ""},
	} {
		c := aws()
		c.BucketOwner = test.ofConnection
		net := &recorder{answers: []answer{says(200, "")}}
		client := open(t, c, &s3client.Options{Base: net})
		in := s3client.HeadObjectInput{Common: s3client.Common{ExpectedBucketOwner: test.ofOperation}, Bucket: "data", Key: "k"}
		_, err := client.HeadObject(t.Context(), in)
		p, errURL := client.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute})
		if test.want == "" {
			wantErr(t, err, s3client.ErrRestricted)
			wantErr(t, errURL, s3client.ErrRestricted)
			if len(net.requests) != 0 || p.URL != "" {
				t.Errorf("%d requests were sent, and the URL is %q", len(net.requests), p.URL)
			}
			continue
		}
		if err != nil || errURL != nil {
			t.Fatal(err, errURL)
		}
		if got := net.requests[0].Header["X-Amz-Expected-Bucket-Owner"]; len(got) != 1 || got[0] != test.want {
			t.Errorf("the owner sent is %q, want %q", got, test.want)
		}
		if !strings.Contains(p.URL, "x-amz-expected-bucket-owner="+test.want) {
			t.Errorf("the URL is %q, want the owner %q in it", p.URL, test.want)
		}
	}
}

// A role may well work on another account's bucket.
func TestBucketOwnerIsNotGuessedFromTheRole(t *testing.T) {
	c := byRole()
	c.AccessKeyID, c.SecretAccessKey = keyID, s3client.NewSecret(secret)
	net := &recorder{answers: []answer{says(200, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>a-session-key-of-the-test</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`), says(200, "")}}
	if _, err := open(t, c, &s3client.Options{Base: net}).HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
		t.Fatal(err)
	}
	if h := net.requests[1].Header; h.Get("X-Amz-Expected-Bucket-Owner") != "" {
		t.Errorf("the owner sent is %q, and none is known", h.Get("X-Amz-Expected-Bucket-Owner"))
	}
}

// In the query, and in lower case, for else S3 does not heed it.
func TestExpectedBucketOwnerIsInPresignedURLs(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
		c := aws()
		c.BucketOwner = owner
		p, err := open(t, c, nil).Presign(t.Context(), s3client.PresignInput{Operation: operationFor(method, "data", "k"), Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Header) != 0 {
			t.Errorf("%s: headers must be sent: %v", method, p.Header)
		}
		u, err := url.Parse(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Query()["x-amz-expected-bucket-owner"]; len(got) != 1 || got[0] != owner {
			t.Errorf("%s: the owner in the URL is %q, want %q", method, got, owner)
		}
	}
}

// The service says "Access Denied" and no more.
func TestDenialNamesTheExpectedOwner(t *testing.T) {
	for _, test := range []struct {
		name, owner string
		answer      answer
		named       bool
	}{
		{"denied", owner, says(403, "<Error><Code>AccessDenied</Code></Error>"), true},
		{"denied without a document", owner, says(403, ""), true},
		{"denied without an owner", "", says(403, "<Error><Code>AccessDenied</Code></Error>"), false},
		{"a wrong signature", owner, says(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>"), false},
		{"no key", owner, says(404, "<Error><Code>NoSuchKey</Code></Error>"), false},
	} {
		c := aws()
		c.BucketOwner = test.owner
		client := open(t, c, &s3client.Options{Base: &recorder{answers: []answer{test.answer}}})
		_, err := client.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
		wantErr(t, err)
		if got := strings.Contains(err.Error(), owner); got != test.named {
			t.Errorf("%s: %v names the owner: %v, want %v", test.name, err, got, test.named)
		}
	}
}
