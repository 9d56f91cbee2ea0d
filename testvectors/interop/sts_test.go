package interop

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

const anyRole = "arn:aws:iam::123456789012:role/interop"

// client asks the server's STS with the root user's key.
func (s server) client() *sts.Client {
	return &sts.Client{Region: "us-east-1", Endpoint: s.url, Provider: sigv4.NewCredentials(rootID, rootSecret, "")}
}

// with opens the server with a provider's credentials and nothing that restricts
// the client: only the server may refuse.
func (s server) with(t *testing.T, p sigv4.Provider) *s3client.Client {
	t.Helper()
	c, err := s.connection().Open(&s3client.Options{Credentials: p})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return c
}

func TestAssumeRoleThenS3(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		out, err := s.client().AssumeRole(ctx, sts.AssumeRoleInput{RoleARN: anyRole, ExternalID: "external-1", SessionName: "interop", Duration: 15 * time.Minute})
		if !s.sts {
			if err == nil {
				t.Errorf("AssumeRole() at a server without STS = %v, want an error", out)
			}
			return
		}
		if err != nil {
			t.Fatalf("AssumeRole() = %v", err)
		}
		cred := out.Credentials
		if cred.SessionToken() == "" || cred.AccessKeyID == rootID {
			t.Errorf("AssumeRole() = %v, want temporary credentials with a session token", cred)
		}
		if left := time.Until(cred.Expires); left < 14*time.Minute || left > 16*time.Minute {
			t.Errorf("AssumeRole() expires in %v, want 15 minutes", left)
		}

		form := s.connection()
		form.AuthorizationType = s3client.IAMRole
		form.IAMRoleARN, form.ExternalID = anyRole, "external-1"
		c := open(t, form)
		bucket := makeBucket(t, c, "interop-sts")
		put(t, c, bucket, "key", "by role")
		if got, err := get(c, bucket, "key"); got != "by role" || err != nil {
			t.Errorf("GetObject() with the role's credentials = %q, %v", got, err)
		}

		form.SecretAccessKey = s3client.NewSecret("wrong-" + rootSecret)
		_, err = open(t, form).ListBuckets(ctx, s3client.ListBucketsInput{})
		if !errors.Is(err, s3client.ErrDenied) || !errors.Is(err, sts.ErrCredentialsRefused) {
			t.Errorf("ListBuckets() with a role behind a wrong secret = %v, want ErrDenied for refused base credentials", err)
		}
	})
}

// The session policy is the server's word: nothing here restricts the client, and
// what the policy leaves out is refused all the same.
func TestSessionPolicyIsHonouredByTheServer(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		if !s.sts {
			return
		}
		ctx := context.Background()
		root := open(t, s.connection())
		bucket := makeBucket(t, root, "interop-session-policy")
		put(t, root, bucket, "daily/report", "readable")
		put(t, root, bucket, "private/report", "not readable")

		p := s.client().AssumeRoleProvider(sts.AssumeRoleInput{
			RoleARN: anyRole, ExternalID: "external-1", SessionName: "interop", Duration: 15 * time.Minute,
			Policy: `{"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + bucket + `/daily/*"},
				{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::` + bucket + `", "Condition": {"StringLike": {"s3:prefix": "daily/*"}}}
			]}`,
		})
		c := s.with(t, p)
		list := func(prefix string) error {
			_, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: bucket, Prefix: prefix})
			return err
		}
		write := func(key string) error {
			_, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("written")})
			return err
		}
		remove := func(key string) error {
			_, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: bucket, Key: key})
			return err
		}
		read := func(key string) error { _, err := get(c, bucket, key); return err }
		for session := range 2 { // and in the next session as well
			for _, test := range []struct {
				name    string
				err     error
				allowed bool
			}{
				{"reading within the path", read("daily/report"), true},
				{"listing within the path", list("daily/"), true},
				{"reading beside the path", read("private/report"), false},
				{"listing beside the path", list("private/"), false},
				{"listing all", list(""), false},
				{"writing within the path", write("daily/new"), false},
				{"writing over what is there", write("daily/report"), false},
				{"writing beside the path", write("private/new"), false},
				{"deleting within the path", remove("daily/report"), false},
				{"deleting beside the path", remove("private/report"), false},
			} {
				var api *s3client.APIError
				switch {
				case test.allowed && test.err != nil:
					t.Errorf("%s = %v, want it allowed", test.name, test.err)
				case !test.allowed && (!errors.As(test.err, &api) || api.Code != "AccessDenied" || api.Status != http.StatusForbidden || !errors.Is(test.err, s3client.ErrDenied)):
					t.Errorf("%s = %v, want the server's AccessDenied", test.name, test.err)
				}
			}
			cred, err := p.Credentials(ctx)
			if err != nil {
				t.Fatal(err)
			}
			p.Renew(cred)
			if next, err := p.Credentials(ctx); err != nil || next.AccessKeyID == cred.AccessKeyID {
				t.Errorf("session %d after another was refused = %v, %v, want another", session+2, next, err)
			}
		}
		for key, want := range map[string]string{"daily/report": "readable", "private/report": "not readable"} {
			if got, err := get(root, bucket, key); got != want || err != nil {
				t.Errorf("after all, %s = %q, %v, want %q", key, got, err, want)
			}
		}
		for _, key := range []string{"daily/new", "private/new"} {
			if _, err := get(root, bucket, key); !errors.Is(err, s3client.ErrNotFound) {
				t.Errorf("after all, %s = %v, want ErrNotFound", key, err)
			}
		}
	})
}

// Where MinIO's STS is not AWS's: operation, and what it did. It ignores what it
// does not know of AssumeRole, managed session policies among it.
func TestWhatMinIOsSTSDoes(t *testing.T) {
	s := minio(t)
	ctx := context.Background()
	c := s.client()
	in := sts.AssumeRoleInput{RoleARN: anyRole, SessionName: "interop"}
	policy := func(text string) error {
		in := in
		in.Policy = text
		_, err := c.AssumeRole(ctx, in)
		return err
	}
	as := func(id, secret, region string) error {
		_, err := (&sts.Client{Region: region, Endpoint: s.url, Provider: sigv4.NewCredentials(id, secret, "")}).AssumeRole(ctx, in)
		return err
	}
	_, identity := c.GetCallerIdentity(ctx)
	_, session := c.GetSessionToken(ctx, sts.GetSessionTokenInput{})
	_, key := c.GetAccessKeyInfo(ctx, "AKIAIOSFODNN7EXAMPLE")
	_, decoded := c.DecodeAuthorizationMessage(ctx, "Kv1dGgHEXAMPLE")
	_, behind := (&sts.Client{Region: "us-east-1", Endpoint: s.url, Provider: c.Provider, Now: func() time.Time { return time.Now().Add(-time.Hour) }}).AssumeRole(ctx, in)
	_, chained := (&sts.Client{Region: "us-east-1", Endpoint: s.url, Provider: c.AssumeRoleProvider(in)}).AssumeRole(ctx, in)
	for _, test := range []struct {
		name string
		err  error
		code string // "" is no error
		is   error
		says string
	}{
		{"GetCallerIdentity", identity, "InvalidParameterValue", sts.ErrMalformed, "Unsupported action GetCallerIdentity"},
		{"GetSessionToken", session, "InvalidParameterValue", sts.ErrMalformed, "Unsupported action GetSessionToken"},
		{"GetAccessKeyInfo", key, "InvalidParameterValue", sts.ErrMalformed, "Unsupported action GetAccessKeyInfo"},
		{"DecodeAuthorizationMessage", decoded, "InvalidParameterValue", sts.ErrMalformed, "Unsupported action DecodeAuthorizationMessage"},
		{"a wrong secret", as(rootID, "wrong-"+rootSecret, "us-east-1"), "AccessDenied", sts.ErrCredentialsRefused, "signature we calculated does not match"},
		{"an unknown key", as("AKIAUNKNOWN", rootSecret, "us-east-1"), "AccessDenied", sts.ErrCredentialsRefused, "does not exist in our records"},
		{"another region", as(rootID, rootSecret, "eu-west-1"), "AccessDenied", sts.ErrAccessDenied, "expecting 'us-east-1'"},
		{"a clock that is an hour behind", behind, "", nil, ""}, // the transport has put it right
		{"a role that a session assumes", chained, "AccessDenied", sts.ErrAccessDenied, "Access Denied."},
		{"a policy without a version", policy(`{}`), "InvalidParameterValue", sts.ErrMalformed, "Version cannot be empty"},
		{"a policy of an unknown effect", policy(`{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe", "Action": "s3:*", "Resource": "*"}]}`), "InvalidParameterValue", sts.ErrMalformed, "invalid Effect Maybe"},
		{"a policy of what is no resource", policy(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "x"}]}`), "InvalidParameterValue", sts.ErrMalformed, "invalid resource 'x'"},
		{"a policy without statements", policy(`{"Version": "2012-10-17", "Statement": []}`), "", nil, ""},
	} {
		var api *s3client.APIError
		switch {
		case test.code == "" && test.err != nil:
			t.Errorf("%s: %v, want no error", test.name, test.err)
		case test.code != "" && (!errors.As(test.err, &api) || api.Code != test.code || !errors.Is(test.err, test.is) || !strings.Contains(api.Message, test.says)):
			t.Errorf("%s: %v, want %s, %v: %s", test.name, test.err, test.code, test.is, test.says)
		}
	}

	in.ExternalID, in.SourceIdentity, in.Tags = "external-1", "Alice", []sts.Tag{{Key: "Department", Value: "Sales"}}
	in.PolicyARNs = []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
	out, err := c.AssumeRole(ctx, in)
	if err != nil {
		t.Fatalf("AssumeRole() of all = %v", err)
	}
	if out.AssumedRoleARN != "" || out.AssumedRoleID != "" || out.SourceIdentity != "" || out.PackedPolicySize != 0 {
		t.Errorf("AssumeRole() of all = %+v, want credentials alone", out)
	}
	makeBucket(t, s.with(t, out.Credentials), "interop-policy-arns") // the managed policy did not keep it from that
}

func TestWebIdentityAtMinIO(t *testing.T) {
	s := minio(t)
	ctx := context.Background()
	token := func(audience string, life time.Duration) string {
		text, err := tokens.token(audience, time.Now().Add(life))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := token(audience, time.Hour)
	unsigned := &sts.Client{Region: "us-east-1", Endpoint: s.url}
	in := sts.AssumeRoleWithWebIdentityInput{RoleARN: minioRole, SessionName: "interop", Duration: 15 * time.Minute, Token: sts.Fixed(good)}
	out, err := unsigned.AssumeRoleWithWebIdentity(ctx, in)
	if err != nil {
		t.Fatalf("AssumeRoleWithWebIdentity() = %v", err)
	}
	if left := time.Until(out.Credentials.Expires); out.Subject != "alice" || left < 14*time.Minute || left > 16*time.Minute {
		t.Errorf("AssumeRoleWithWebIdentity() = %+v, want alice's session for 15 minutes", out)
	}

	for _, test := range []struct {
		name, role, token, says string
	}{
		{"a token that has ended", minioRole, token(audience, -time.Hour), "Token is expired"}, // AWS: ExpiredTokenException
		{"a token for others", minioRole, token("somebody-else", time.Hour), "must match configured OpenID Client ID"},
		{"a token with another's signature", minioRole, good[:strings.LastIndex(good, ".")] + token(audience, 2*time.Hour)[strings.LastIndex(good, "."):], "verification error"},
		{"what is no token", minioRole, "garbage", "invalid number of segments"}, // AWS: InvalidIdentityToken
		{"a role of MinIO's that is none", "arn:minio:iam:us-east-1::role/none", good, "is not defined"},
		{"a role of AWS's", anyRole, good, "bad partition field"},
	} {
		in := in
		in.RoleARN, in.Token = test.role, sts.Fixed(test.token)
		out, err := unsigned.AssumeRoleWithWebIdentity(ctx, in)
		var api *s3client.APIError
		if !errors.As(err, &api) || api.Code != "InvalidParameterValue" || !errors.Is(err, sts.ErrMalformed) || !strings.Contains(api.Message, test.says) {
			t.Errorf("AssumeRoleWithWebIdentity() with %s = %v, %v, want InvalidParameterValue: %s", test.name, out, err, test.says)
		}
		if strings.Contains(fmt.Sprint(err), test.token) && test.token != "garbage" {
			t.Errorf("AssumeRoleWithWebIdentity() with %s tells the token: %v", test.name, err)
		}
	}

	// Through the provider, narrowed by a session policy, with the server as judge.
	root := open(t, s.connection())
	bucket := makeBucket(t, root, "interop-web-identity")
	put(t, root, bucket, "key", "readable")
	asked := 0
	in.Policy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + bucket + `/*"}]}`
	in.Token = func(context.Context) (string, error) { asked++; return token(audience, time.Hour), nil }
	p := unsigned.AssumeRoleWithWebIdentityProvider(in)
	c := s.with(t, p)
	if got, err := get(c, bucket, "key"); got != "readable" || err != nil {
		t.Errorf("GetObject() with the web identity = %q, %v", got, err)
	}
	if _, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: "key", Body: strings.NewReader("written")}); !errors.Is(err, s3client.ErrAccessDenied) {
		t.Errorf("PutObject() beside the session policy = %v, want ErrAccessDenied", err)
	}
	if asked != 1 {
		t.Errorf("the token was asked for %d times, want once", asked)
	}
}

// The token that aws-cli makes differs from ours in what must differ, and passes
// the same check. One that it made is in testdata; where there is an aws-cli, it makes
// another.
func TestEKSTokenIsThatOfAWSCLI(t *testing.T) {
	recorded, err := os.ReadFile("testdata/eks-token.txt")
	if err != nil {
		t.Fatal(err)
	}
	tokens := []string{strings.TrimSpace(string(recorded))}
	if _, err := exec.LookPath("aws"); err == nil {
		tokens = append(tokens, eksTokenOfAWSCLI(t))
	}
	cred := sigv4.NewCredentials(rootID, rootSecret, "a/session+token=")
	ours, _, err := (&sts.Client{Region: "eu-central-1", Provider: cred}).EKSToken(context.Background(), "reports-cluster")
	if err != nil {
		t.Fatalf("EKSToken() = %v", err)
	}
	signer, err := sigv4.NewSigner("sts", "eu-central-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	var shapes []string
	for _, token := range append(tokens, ours) {
		url, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "k8s-aws-v1."))
		if err != nil {
			t.Fatalf("%s = %v", token, err)
		}
		req := httptest.NewRequest(http.MethodGet, string(url), nil)
		req.Header.Set("x-k8s-aws-id", "reports-cluster")
		lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
		q := req.URL.Query()
		at, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
		if err != nil {
			t.Fatalf("%s = %v", url, err)
		}
		if _, err := signer.Verify(req, lookup, sigv4.PayloadOf(nil), at); err != nil {
			t.Errorf("Verify(%s) = %v", url, err)
		}
		q.Set("X-Amz-Signature", "")
		q.Set("X-Amz-Date", "")
		shapes = append(shapes, req.URL.Scheme+"://"+req.URL.Host+req.URL.Path+"?"+q.Encode())
	}
	for _, shape := range shapes[:len(tokens)] {
		if want := shapes[len(tokens)]; shape != want {
			t.Errorf("EKSToken() has\n%s, aws-cli\n%s", want, shape)
		}
	}
}

func eksTokenOfAWSCLI(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("aws", "eks", "get-token", "--cluster-name", "reports-cluster", "--region", "eu-central-1", "--query", "status.token", "--output", "text")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+rootID, "AWS_SECRET_ACCESS_KEY="+rootSecret, "AWS_SESSION_TOKEN=a/session+token=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws eks get-token = %v", err)
	}
	return strings.TrimSpace(string(printed))
}

func minio(t *testing.T) server {
	t.Helper()
	for _, s := range servers {
		if s.name == "minio" {
			return s
		}
	}
	t.Fatal("MinIO does not run")
	return server{}
}

func get(c *s3client.Client, bucket, key string) (string, error) {
	out, err := c.GetObject(context.Background(), s3client.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return string(body), err
}
