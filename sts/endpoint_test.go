package sts_test

import (
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts"
)

// Each region that there is, in all variants, as botocore has them.
func TestEndpointOfEachRegion(t *testing.T) {
	text, err := os.ReadFile("testdata/endpoints.tsv")
	if err != nil {
		t.Fatal(err)
	}
	regions := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		regions++
		f := strings.Split(strings.TrimSpace(line), "\t")
		for i, want := range f[1:] {
			checkEndpoint(t, &sts.Client{Region: f[0], FIPS: i&1 != 0, DualStack: i&2 != 0}, want)
		}
	}
	if regions != 46 {
		t.Errorf("%d regions, want 46", regions)
	}
}

func TestEndpointOfOnesOwn(t *testing.T) {
	for _, test := range []struct{ region, endpoint, want string }{
		{"us-east-1", "http://127.0.0.1:9000", "http://127.0.0.1:9000/"},
		{"us-east-1", "http://[::1]:9000", "http://[::1]:9000/"},
		{"us-east-1", "HTTPS://sts.amazonaws.com", "https://sts.amazonaws.com/"}, // the global one, for a Vault
		{"us-east-1", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/"},
		{"default", "https://ceph.example/sts", "https://ceph.example/sts"},
	} {
		checkEndpoint(t, &sts.Client{Region: test.region, Endpoint: test.endpoint}, test.want)
	}
}

// checkEndpoint checks where the client sends a signed and an unsigned request,
// and for which region it signs.
func checkEndpoint(t *testing.T, c *sts.Client, want string) {
	t.Helper()
	var got, signed string
	c.Provider = base
	c.Base = roundTripper(func(req *http.Request) (*http.Response, error) {
		got, signed = req.URL.String(), req.Header.Get("Authorization")
		req.Body.Close()
		return &http.Response{StatusCode: 404, Body: http.NoBody}, nil
	})
	c.GetCallerIdentity(t.Context())
	if got != want {
		t.Errorf("%s: called %s, want %s", c.Region, got, want)
	}
	if scope := "/" + c.Region + "/sts/aws4_request"; !strings.Contains(signed, scope) {
		t.Errorf("%s: signed %q, want scope %q", c.Region, signed, scope)
	}
	got = ""
	c.AssumeRoleWithWebIdentity(t.Context(), webRole)
	if got != want || signed != "" {
		t.Errorf("%s: unsigned, called %s with %q, want %s", c.Region, got, signed, want)
	}
}

func TestRegionThatIsNone(t *testing.T) {
	for _, region := range []string{
		"", "eu", "eu-central", "eu-central-1a", "EU-CENTRAL-1", "eu_central_1", "eu-central-1 ", "eu-central-1\n", "eu--central-1", "-eu-central-1",
		"eu-central-", "aws-global", "aws-cn-global", "us-east-1-fips", "fips-us-gov-west-1", "x.evil.example#", "x/../eu-central-1", "eu-central-1.evil",
		strings.Repeat("a", 60) + "-b-1", "ēu-central-1",
	} {
		c := sendNothing(func() { t.Errorf("%q: something was sent", region) })
		c.Region = region
		_, err := c.GetCallerIdentity(t.Context())
		_, unsigned := c.AssumeRoleWithWebIdentity(t.Context(), webRole)
		if want := []string{"Region"}; !slices.Equal(fields(err), want) || !slices.Equal(fields(unsigned), want) {
			t.Errorf("%q: %v, and unsigned %v, want an InputError of Region", region, err, unsigned)
		}
	}
}

// Who asks for a FIPS endpoint and does not get one must know.
func TestEndpointVariantsDoNotGoWithAnEndpointOfOnesOwn(t *testing.T) {
	c := &sts.Client{Region: "us-east-1", Endpoint: "https://sts.example", FIPS: true, DualStack: true, Provider: base}
	_, err := c.GetCallerIdentity(t.Context())
	if diff := cmp.Diff([]string{"FIPS", "DualStack"}, fields(err)); diff != "" {
		t.Errorf("%v: fields (-want +got):\n%s", err, diff)
	}
	const want = "sts: FIPS does not go with Endpoint: expecting one of them; the endpoint may be a FIPS one itself\n" +
		"sts: DualStack does not go with Endpoint: expecting one of them; the endpoint may be a dual-stack one itself"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = c.AssumeRoleWithWebIdentity(t.Context(), webRole)
	if err == nil || err.Error() != want {
		t.Errorf("unsigned: got  %v\nwant %s", err, want)
	}
}

// A role that is assumed with a role's session is not assumed elsewhere.
func TestRolesOfAChainAreAssumedAtTheSameEndpoint(t *testing.T) {
	var called []string
	c := &sts.Client{Region: "us-east-1", FIPS: true, DualStack: true, Provider: base, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
		called = append(called, req.URL.String())
		req.Body.Close()
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(assumeRoleResponse))}, nil
	})}
	another := role
	another.RoleARN += "-2"
	p, err := c.RoleChainProvider(role, another)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Credentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"https://sts-fips.us-east-1.api.aws/", "https://sts-fips.us-east-1.api.aws/"}
	if diff := cmp.Diff(want, called); diff != "" {
		t.Errorf("called (-want +got):\n%s", diff)
	}
}
