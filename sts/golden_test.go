package sts_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

var (
	goldenTime    = time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC)
	goldenSession = sigv4.NewCredentials(accessKeyID, secret, "a-session/token+==")
)

// goldens are the requests of testdata, by the name of their file: every byte
// that goes out, and the signature. botocore gives the same signatures.
var goldens = map[string]struct {
	set  func(*sts.Client)                                         // what is not as usual; nil is nothing
	call func(context.Context, *sts.Client) (*http.Request, error) // gives the request if it is not sent
}{
	"assume-role": {nil, sent(func(ctx context.Context, c *sts.Client) error {
		_, err := c.AssumeRole(ctx, role)
		return err
	})},
	"assume-role-all": {func(c *sts.Client) { c.Region, c.FIPS, c.Provider = "us-gov-west-1", true, goldenSession },
		sent(func(ctx context.Context, c *sts.Client) error {
			_, err := c.AssumeRole(ctx, sts.AssumeRoleInput{
				RoleARN: "arn:aws-us-gov:iam::123456789012:role/path/demo", ExternalID: "a+b=c/d:e@f", SessionName: "x=y@z+w", Duration: 12 * time.Hour,
				Policy: policy, PolicyARNs: []string{"arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess", "arn:aws-us-gov:iam::123456789012:policy/mine"},
				Tags:              []sts.Tag{{Key: "Cost Center", Value: "Größe = 7"}, {Key: "empty"}},
				TransitiveTagKeys: []string{"Cost Center"},
				SourceIdentity:    "Alice@example.org",
				MFASerial:         "arn:aws-us-gov:iam::123456789012:mfa/Alice", MFACode: sts.Fixed("012345"),
				Contexts: []sts.ProvidedContext{{ProviderARN: "arn:aws-us-gov:iam::aws:contextProvider/IdentityCenter", Assertion: sts.Fixed("an assertion")}},
			})
			return err
		})},
	"assume-role-with-web-identity": {func(c *sts.Client) { c.DualStack, c.Provider = true, nil }, sent(func(ctx context.Context, c *sts.Client) error {
		in := webRole
		in.Policy, in.PolicyARNs, in.Duration = policy, []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, time.Hour
		_, err := c.AssumeRoleWithWebIdentity(ctx, in)
		return err
	})},
	"get-session-token": {func(c *sts.Client) { c.Region = "cn-north-1" }, sent(func(ctx context.Context, c *sts.Client) error {
		_, err := c.GetSessionToken(ctx, sts.GetSessionTokenInput{Duration: 36 * time.Hour, MFASerial: "GAHT12345678", MFACode: sts.Fixed("123456")})
		return err
	})},
	"get-caller-identity": {nil, sent(func(ctx context.Context, c *sts.Client) error {
		_, err := c.GetCallerIdentity(ctx)
		return err
	})},
	"get-access-key-info": {nil, sent(func(ctx context.Context, c *sts.Client) error {
		_, err := c.GetAccessKeyInfo(ctx, "AKIAIOSFODNN7EXAMPLE")
		return err
	})},
	"decode-authorization-message": {nil, sent(func(ctx context.Context, c *sts.Client) error {
		_, err := c.DecodeAuthorizationMessage(ctx, "Kv1+/=-_")
		return err
	})},
	"presigned-eks":         {nil, presignedEKS},
	"presigned-eks-session": {func(c *sts.Client) { c.Region, c.Provider = "us-gov-west-1", goldenSession }, presignedEKS},
	"signed-vault": {nil, func(ctx context.Context, c *sts.Client) (*http.Request, error) {
		return c.SignGetCallerIdentity(ctx, http.Header{"X-Vault-AWS-IAM-Server-ID": {"vault.example.com"}})
	}},
}

func sent(call func(context.Context, *sts.Client) error) func(context.Context, *sts.Client) (*http.Request, error) {
	return func(ctx context.Context, c *sts.Client) (*http.Request, error) { return nil, call(ctx, c) }
}

func presignedEKS(ctx context.Context, c *sts.Client) (*http.Request, error) {
	p, err := c.PresignGetCallerIdentity(ctx, http.Header{"X-K8s-Aws-Id": {"reports-cluster"}}, 0)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodGet, p.URL, nil)
	if err == nil {
		req.Header = p.Header
	}
	return req, err
}

func TestGoldenRequests(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) != len(goldens) {
		t.Errorf("%d files, %v, want %d", len(files), err, len(goldens))
	}
	for name, golden := range goldens {
		t.Run(name, func(t *testing.T) {
			var got string
			c := &sts.Client{Region: "eu-central-1", Provider: base, Now: func() time.Time { return goldenTime },
				Base: roundTripper(func(req *http.Request) (*http.Response, error) {
					got = dump(t, req)
					return &http.Response{StatusCode: 404, Body: http.NoBody}, nil
				})}
			if golden.set != nil {
				golden.set(c)
			}
			req, err := golden.call(t.Context(), c)
			if req != nil {
				got = dump(t, req)
			} else if got == "" {
				t.Fatalf("nothing was sent: %v", err)
			}
			want, err := os.ReadFile("testdata/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// dump writes a request down, its form with one parameter a line.
func dump(t *testing.T, req *http.Request) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", req.Method, req.URL)
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		for _, value := range req.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(&b, "\n%s\n", strings.ReplaceAll(string(body), "&", "\n&"))
	}
	return b.String()
}
