package sts_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts"
)

func TestEndpointIsThatOfThePartition(t *testing.T) {
	const fips, dual = 1, 2
	for _, test := range []struct {
		region   string
		variant  int
		endpoint string
		want     string
	}{
		{"eu-central-1", 0, "", "https://sts.eu-central-1.amazonaws.com/"},
		{"us-east-1", fips, "", "https://sts-fips.us-east-1.amazonaws.com/"},
		{"us-east-1", dual, "", "https://sts.us-east-1.api.aws/"},
		{"us-east-1", fips + dual, "", "https://sts-fips.us-east-1.api.aws/"},
		{"us-gov-west-1", 0, "", "https://sts.us-gov-west-1.amazonaws.com/"},
		{"us-gov-west-1", fips, "", "https://sts.us-gov-west-1.amazonaws.com/"},
		{"us-gov-east-1", dual, "", "https://sts.us-gov-east-1.api.aws/"},
		{"us-gov-east-1", fips + dual, "", "https://sts-fips.us-gov-east-1.api.aws/"},
		{"cn-north-1", 0, "", "https://sts.cn-north-1.amazonaws.com.cn/"},
		{"cn-northwest-1", fips, "", "https://sts-fips.cn-northwest-1.amazonaws.com.cn/"},
		{"cn-northwest-1", dual, "", "https://sts.cn-northwest-1.api.amazonwebservices.com.cn/"},
		{"eusc-de-east-1", 0, "", "https://sts.eusc-de-east-1.amazonaws.eu/"},
		{"eusc-de-east-1", fips, "", "https://sts-fips.eusc-de-east-1.amazonaws.eu/"},
		{"eusc-de-east-1", dual, "", "https://sts.eusc-de-east-1.api.amazonwebservices.eu/"},
		{"us-iso-east-1", 0, "", "https://sts.us-iso-east-1.c2s.ic.gov/"},
		{"us-iso-west-1", fips, "", "https://sts-fips.us-iso-west-1.c2s.ic.gov/"},
		{"us-iso-west-1", dual, "", "https://sts.us-iso-west-1.api.aws.ic.gov/"},
		{"us-isob-east-1", 0, "", "https://sts.us-isob-east-1.sc2s.sgov.gov/"},
		{"us-isob-east-1", dual, "", "https://sts.us-isob-east-1.api.aws.scloud/"},
		{"eu-isoe-west-1", 0, "", "https://sts.eu-isoe-west-1.cloud.adc-e.uk/"},
		{"eu-isoe-west-1", dual, "", "https://sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk/"},
		{"us-isof-south-1", 0, "", "https://sts.us-isof-south-1.csp.hci.ic.gov/"},
		{"us-isof-south-1", fips + dual, "", "https://sts-fips.us-isof-south-1.api.aws.hci.ic.gov/"},
		{"us-east-1", 0, "http://127.0.0.1:9000", "http://127.0.0.1:9000/"},
		{"us-east-1", 0, "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/"},
		{"default", 0, "https://ceph.example/sts", "https://ceph.example/sts"},
	} {
		t.Run(test.want, func(t *testing.T) {
			stop := errors.New("stop")
			var got, signed string
			c := &sts.Client{Region: test.region, Endpoint: test.endpoint, FIPS: test.variant&fips != 0, DualStack: test.variant&dual != 0, Provider: base,
				Base: roundTripper(func(req *http.Request) (*http.Response, error) {
					got, signed = req.URL.String(), req.Header.Get("Authorization")
					req.Body.Close()
					return &http.Response{StatusCode: 404, Body: io.NopCloser(strings.NewReader(stop.Error()))}, nil
				})}
			c.GetCallerIdentity(t.Context())
			if got != test.want {
				t.Errorf("called %s, want %s", got, test.want)
			}
			if scope := "/" + test.region + "/sts/aws4_request"; !strings.Contains(signed, scope) {
				t.Errorf("signed %q, want scope %q", signed, scope)
			}
			got = ""
			c.AssumeRoleWithWebIdentity(t.Context(), webRole)
			if got != test.want {
				t.Errorf("unsigned, called %s, want %s", got, test.want)
			}
		})
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
	p, err := c.RoleChainProvider(role, role)
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
