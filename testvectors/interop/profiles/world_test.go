package profiles

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/policy"
)

const (
	aliceID     = "AKIAALICEALICEALICE1"
	aliceSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYALICEKEYXX"
	bobID       = "AKIABOBBOBBOBBOBBOB1"
	bobSecret   = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbBOBSKEYXXX"

	account = "123456789012"
	bucket  = "profiles"
	issuer  = "https://pods.example.com"
	far     = "2126-01-02T15:04:05Z"
)

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// world is what both tools find: one server on loopback for S3, STS and the
// services that give credentials, and what the placeholders in files stand for.
type world struct {
	values map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	users := []s3test.User{{AccessKeyID: aliceID, SecretAccessKey: aliceSecret, ARN: "arn:aws:iam::" + account + ":user/alice"},
		{AccessKeyID: bobID, SecretAccessKey: bobSecret, ARN: "arn:aws:iam::" + account + ":user/bob"}}
	server, err := s3test.New(s3test.Config{
		Users:   users,
		Buckets: []string{bucket},
		Roles: []s3test.Role{
			{ARN: roleARN("open")},
			{ARN: roleARN("reader"), Trusted: []string{aliceID}, ExternalID: "external-1"},
			{ARN: roleARN("second"), Trusted: []string{roleARN("reader"), roleARN("pod"), roleARN("task"), roleARN("instance")}, ExternalID: "external-2"},
			{ARN: roleARN("bobs"), Trusted: []string{bobID}},
			{ARN: roleARN("listless"), Policies: []policy.Document{}},
			{ARN: roleARN("pod"), Trusted: []string{"arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimPrefix(issuer, "https://")}},
			{ARN: roleARN("signed-in")}, {ARN: roleARN("task")}, {ARN: roleARN("instance")},
		},
		IdentityProviders: []s3test.IdentityProvider{{Issuer: issuer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	mux := http.NewServeMux()
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	w := &world{values: map[string]string{"url": front.URL}}

	mux.Handle("/", server)
	signedIn, task, instance := w.session(t, "signed-in"), w.session(t, "task"), w.session(t, "instance")
	mux.HandleFunc("/federation/credentials", func(rw http.ResponseWriter, r *http.Request) { portal(rw, r, signedIn) })
	mux.HandleFunc("/container", func(rw http.ResponseWriter, r *http.Request) { container(rw, r, task) })
	mux.HandleFunc("/latest/", func(rw http.ResponseWriter, r *http.Request) { metadata(rw, r, instance) })

	own := w.session(t, "open")
	w.values["session_id"], w.values["session_secret"], w.values["session_token"] = own.AccessKeyID, own.SecretAccessKey(), own.SessionToken()
	for name, id := range map[string]s3test.WebIdentity{
		"token":       {Issuer: issuer, Subject: "pod-7"},
		"other_token": {Issuer: issuer, Subject: "pod-7", Audience: "another"},
	} {
		if w.values[name], err = server.WebIdentityToken(id); err != nil {
			t.Fatal(err)
		}
	}
	client, err := s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: aliceID, SecretAccessKey: s3client.NewSecret(aliceSecret),
		Region: "us-east-1", Endpoint: front.URL}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "folder/b"} {
		if _, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// session gives credentials of a role that everybody may assume.
func (w *world) session(t *testing.T, role string) sigv4.Credentials {
	t.Helper()
	client := &sts.Client{Region: "us-east-1", Endpoint: w.values["url"], Provider: sigv4.NewCredentials(aliceID, aliceSecret, "")}
	out, err := client.AssumeRole(context.Background(), sts.AssumeRoleInput{RoleARN: roleARN(role), SessionName: "given", Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return out.Credentials
}

// portal is IAM Identity Center's (IAM Identity Center Portal API Reference,
// "GetRoleCredentials").
func portal(w http.ResponseWriter, r *http.Request, c sigv4.Credentials) {
	w.Header().Set("Content-Type", "application/json")
	q := r.URL.Query()
	switch {
	case r.Header.Get("X-Amz-Sso_bearer_token") != "signed-in":
		w.Header().Set("X-Amzn-Errortype", "UnauthorizedException")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"message":"Session token not found or invalid"}`)
	case q.Get("account_id") != account || q.Get("role_name") != "Reader":
		w.Header().Set("X-Amzn-Errortype", "ForbiddenException")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"No access"}`)
	default:
		writeJSON(w, map[string]any{"roleCredentials": map[string]any{"accessKeyId": c.AccessKeyID, "secretAccessKey": c.SecretAccessKey(),
			"sessionToken": c.SessionToken(), "expiration": c.Expires.UnixMilli()}})
	}
}

// container is the agent of ECS, or of EKS Pod Identity.
func container(w http.ResponseWriter, r *http.Request, c sigv4.Credentials) {
	if r.Header.Get("Authorization") != "container-token" {
		w.WriteHeader(http.StatusUnauthorized)
		writeJSON(w, map[string]any{"code": "AccessDenied", "message": "no"})
		return
	}
	writeJSON(w, map[string]any{"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey(), "Token": c.SessionToken(), "Expiration": c.Expires.UTC().Format(time.RFC3339)})
}

// metadata is the service of an EC2 instance, in its version 2.
func metadata(w http.ResponseWriter, r *http.Request, c sigv4.Credentials) {
	const list = "/latest/meta-data/iam/security-credentials/"
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		fmt.Fprint(w, "metadata-token")
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "metadata-token":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == list:
		fmt.Fprint(w, "instance")
	case r.URL.Path == list+"instance":
		writeJSON(w, map[string]any{"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey(),
			"Token": c.SessionToken(), "Expiration": c.Expires.UTC().Format(time.RFC3339)})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func writeJSON(w http.ResponseWriter, doc any) {
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	w.Write(text)
}

// homeFiles are the files in the home directory beside the two shared ones.
var homeFiles = map[string]string{
	"web-identity-token":            "{token}",
	"web-identity-token-of-another": "{other_token}",
	"container-token":               "container-token",
	"container-token-with-lines":    "container-token\r\nX-Another: 1",
	"my folder/bob.json":            `{"Version": 1, "AccessKeyId": "` + bobID + `", "SecretAccessKey": "` + bobSecret + `"}`,
	"my folder/session.json":        `{"Version": 1, "AccessKeyId": "{session_id}", "SecretAccessKey": "{session_secret}", "SessionToken": "{session_token}", "Expiration": "` + far + `"}`,
	"my folder/version2.json":       `{"Version": 2, "AccessKeyId": "` + bobID + `", "SecretAccessKey": "` + bobSecret + `"}`,
	"my folder/half.json":           `{"Version": 1, "AccessKeyId": "` + bobID + `"}`,

	// What "aws sso login" leaves, by the SHA-1 of the sessions signed-in, ended and
	// refused, and of the start URL of the first.
	".aws/sso/cache/2fa83e8b759dcdf5a6232745562b689a3b195a01.json": `{"startUrl": "https://signed-in.awsapps.com/start", "region": "us-east-1", "accessToken": "signed-in", "expiresAt": "` + far + `"}`,
	".aws/sso/cache/ba92ed73c97b30bcc4639724ab6aa8ae87f92601.json": `{"startUrl": "https://ended.awsapps.com/start", "region": "us-east-1", "accessToken": "signed-in", "expiresAt": "2001-01-02T15:04:05Z"}`,
	".aws/sso/cache/a503bc1da23a6a8fafc646f69e65cc7d22fd4b53.json": `{"startUrl": "https://refused.awsapps.com/start", "region": "us-east-1", "accessToken": "refused", "expiresAt": "` + far + `"}`,
	".aws/sso/cache/a59d204aaedf7a1204eb75ac32fe191f3153284c.json": `{"startUrl": "https://signed-in.awsapps.com/start", "region": "us-east-1", "accessToken": "signed-in", "expiresAt": "` + far + `"}`,
}

// home makes a home directory for a row, and gives its environment.
func (w *world) home(t *testing.T, r row) (dir string, env map[string]string) {
	t.Helper()
	dir = t.TempDir()
	expand := w.expander(dir)
	write := func(name, text string) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(expand.Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range homeFiles {
		write(name, text)
	}
	for name, text := range r.sharedFiles(t) {
		write(".aws/"+name, text)
	}
	// Neither may look for a metadata service of the machine's.
	env = map[string]string{"HOME": dir, "AWS_EC2_METADATA_DISABLED": "true"}
	for name, value := range r.env {
		env[name] = expand.Replace(value)
	}
	return dir, env
}

func (w *world) expander(home string) *strings.Replacer {
	pairs := []string{"{home}", home}
	for name, value := range w.values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...)
}
