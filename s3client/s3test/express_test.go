package s3test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

const (
	directory     = "data--use1-az4--x-s3"
	directoryBody = `<CreateBucketConfiguration><Location><Name>use1-az4</Name><Type>AvailabilityZone</Type></Location><Bucket><DataRedundancy>SingleAvailabilityZone</DataRedundancy><Type>Directory</Type></Bucket></CreateBucketConfiguration>`
)

// express signs for directory buckets; with a token, as a session.
func (c *client) express(t *testing.T, token, method, target, body string, headers ...string) result {
	t.Helper()
	req := c.request(t, method, target, body, headers...)
	if token != "" {
		req.Header.Set(sessionTokenHeader, token)
	}
	c.sign(t, expressService, req, sigv4.PayloadOf([]byte(body)))
	return c.send(t, req)
}

// openSession gives a client of a session, and its token.
func (c *client) openSession(t *testing.T, headers ...string) (*client, string) {
	t.Helper()
	r := c.express(t, "", "GET", "/"+directory+"?session", "", headers...)
	r.want(t, 200, "")
	return c.as(newCredentials(r.element(t, "AccessKeyId"), r.element(t, "SecretAccessKey"))), r.element(t, "SessionToken")
}

func TestDirectoryBuckets(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := newClient(start(t, Config{Now: func() time.Time { return now }}))
	c.express(t, "", "PUT", "/"+directory, "").want(t, 400, "InvalidRequest")
	c.do(t, "PUT", "/general", directoryBody).want(t, 400, "InvalidRequest")
	c.do(t, "PUT", "/"+directory, directoryBody).want(t, 400, "AuthorizationHeaderMalformed") // for another service
	c.express(t, "", "PUT", "/"+directory, directoryBody).want(t, 200, "")
	if got := c.do(t, "GET", "/", "").elements(t, "Bucket/Name"); !slices.Equal(got, []string{"data"}) {
		t.Errorf("buckets %q", got)
	}
	c.do(t, "GET", "/data?session", "").want(t, 501, "NotImplemented")
	c.express(t, "", "GET", "/"+directory+"/key", "").want(t, 403, "AccessDenied") // without a session
	c.express(t, "", "GET", "/"+directory+"?session", "", "X-Amz-Create-Session-Mode", "Write").want(t, 400, "InvalidArgument")

	in, token := c.openSession(t)
	in.express(t, token, "PUT", "/"+directory+"/dir/key", "x").want(t, 200, "")
	r := in.express(t, token, "GET", "/"+directory+"/dir/key", "")
	r.wantBody(t, "x")
	r.wantHeader(t, "X-Amz-Storage-Class", expressClass)
	in.express(t, token, "GET", "/"+directory+"?list-type=2&prefix=dir/&delimiter=/", "").wantElements(t, "Key", "dir/key", "StorageClass", expressClass)
	for _, test := range []struct {
		name, token, method, target string
		status                      int
		code                        string
	}{
		{"no token", "", "GET", "/dir/key", 403, "InvalidAccessKeyId"},
		{"another token", "x" + token[1:], "GET", "/dir/key", 400, "InvalidToken"},
		{"missing key", token, "GET", "/none", 404, "NoSuchKey"},
		{"prefix", token, "GET", "?list-type=2&prefix=dir", 400, "InvalidArgument"},
		{"delimiter", token, "GET", "?list-type=2&delimiter=x", 400, "InvalidArgument"},
		{"start", token, "GET", "?list-type=2&start-after=x", 501, "NotImplemented"},
		{"first listing", token, "GET", "", 501, "NotImplemented"},
		{"versioning", token, "GET", "?versioning", 501, "NotImplemented"},
		{"tags", token, "GET", "/dir/key?tagging", 501, "NotImplemented"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in.express(t, test.token, test.method, "/"+directory+test.target, "").want(t, test.status, test.code)
		})
	}

	reader, readers := c.openSession(t, "X-Amz-Create-Session-Mode", "ReadOnly")
	reader.express(t, readers, "GET", "/"+directory+"/dir/key", "").wantBody(t, "x")
	reader.express(t, readers, "PUT", "/"+directory+"/dir/key", "y").want(t, 403, "AccessDenied")
	reader.express(t, token, "GET", "/"+directory+"/dir/key", "").want(t, 400, "InvalidToken")

	// A session is for one bucket, and for nothing else.
	other := strings.Replace(directory, "data", "other", 1)
	c.express(t, "", "PUT", "/"+other, directoryBody).want(t, 200, "")
	in.express(t, token, "GET", "/"+other+"/key", "").want(t, 400, "InvalidToken")
	in.as(sigv4.NewCredentials(in.cred.AccessKeyID, in.cred.SecretAccessKey(), token)).do(t, "GET", "/data/key", "").want(t, 403, "InvalidAccessKeyId")

	now = now.Add(sessionLasts)
	in.express(t, token, "GET", "/"+directory+"/dir/key", "").want(t, 400, "ExpiredToken")
	in, token = c.openSession(t)
	in.express(t, token, "DELETE", "/"+directory+"/dir/key", "").want(t, 204, "")
	c.express(t, "", "DELETE", "/"+directory, "").want(t, 204, "")
}

// TestSessionsArePermitted: policies are asked for the session, not within it.
func TestSessionsArePermitted(t *testing.T) {
	may := policyOf(t, `[{"Effect":"Allow","Action":"s3express:CreateSession","Resource":"arn:aws:s3express:us-east-1:123456789012:bucket/`+directory+`"}]`)
	admin := User{AccessKeyID: otherKey, SecretAccessKey: otherKeyMe}
	c := newClient(start(t, Config{Users: append(userWith(may), admin)}))
	for _, bucket := range []string{directory, "other" + directory} {
		c.as(newCredentials(otherKey, otherKeyMe)).express(t, "", "PUT", "/"+bucket, directoryBody).want(t, 200, "")
	}
	in, token := c.openSession(t)
	in.express(t, token, "PUT", "/"+directory+"/key", "x").want(t, 200, "")
	in.express(t, token, "GET", "/"+directory+"/none", "").want(t, 404, "NoSuchKey")
	r := c.express(t, "", "GET", "/other"+directory+"?session", "")
	r.want(t, 403, "AccessDenied")
	if got := r.element(t, "Message"); !strings.Contains(got, `s3express:CreateSession on resource: arn:aws:s3express:us-east-1:123456789012:bucket/other`+directory) {
		t.Error(got)
	}
	c.express(t, "", "DELETE", "/"+directory, "").want(t, 403, "AccessDenied")
}
