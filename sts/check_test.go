package sts_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts"
)

func TestChecksOfSingleFields(t *testing.T) {
	duration := func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		return sts.CheckDuration(d)
	}
	for _, test := range []struct {
		field string
		check func(string) error
		good  []string
		bad   []string
	}{
		{
			"RoleArn", sts.CheckRoleARN,
			[]string{
				"arn:aws:iam::123456789012:role/demo",
				"arn:aws-cn:iam::123456789012:role/path/to/demo",
				"arn:aws-us-gov:iam::123456789012:role/_+=,.@-",
				"arn:aws:iam::123456789012:role/a",
				"arn:aws:iam:::role/x",              // the shortest
				"arn:aws:iam:::role/S3Access",       // Ceph
				"arn:aws:iam::tenant:role/S3Access", // Ceph with a tenant
				"arn:minio:iam:::role/idmp-1",
				"arn:minio:iam:us-east-1::role/fRGPWrjFAsqwPLxCXZinPV1NZ84", // of a site with a region
				"arn:aws:iam::123456789012:role/" + strings.Repeat("a", 2048-31),
			},
			[]string{
				"", "demo", "arn", "arn:aws:iam::1:role", "arn:aw:iam:::role/x", "arn:aws:iam::12345678901:role/demo", "arn:aws:iam::1234567890123:role/demo",
				"arn:aws:iam::12345678901x:role/demo", "arn:aws:iam::123456789012:user/demo", "arn:aws:iam::123456789012:role/",
				"arn:aws:iam::123456789012:role/demo/", "arn:aws:iam::123456789012:role/de mo", "arn:aws:iam::123456789012:role/démo",
				"arn:aws:iam::123456789012:role/demo\n", " arn:aws:iam::123456789012:role/demo", "arn:aws:iam::123456789012:role:demo",
				"arn:aws:iam:eu-central-1:123456789012:role/demo", "arn:aws:sts::123456789012:assumed-role/demo/session",
				"arn:aws:s3:::bucket/a/b/c/d", "arn::iam::123456789012:role/demo", "xarn:aws:iam::123456789012:role/demo",
				"arn:aws:iam::123456789012:role/" + strings.Repeat("a", 2049-31),
			},
		},
		{
			"ExternalId", sts.CheckExternalID,
			[]string{"ab", "azAZ09_+=,.@:/-", strings.Repeat("a", 1224)},
			[]string{"", "a", strings.Repeat("a", 1225), "a b", "a\n", "ab\x00", "äb", "a#", "a\\b", "a(", "\xff\xfe"},
		},
		{
			"RoleSessionName", sts.CheckSessionName,
			[]string{"ab", "azAZ09_+=,.@-", strings.Repeat("a", 64)},
			[]string{"", "a", strings.Repeat("a", 65), "a b", "a:b", "a/b", "äb", "ab\n"},
		},
		{
			"SourceIdentity", sts.CheckSourceIdentity,
			[]string{"ab", "azAZ09_+=,.@-", strings.Repeat("a", 64)},
			[]string{"", "a", strings.Repeat("a", 65), "a b", "aws:x", "a/b", "äb", "ab\n"},
		},
		{
			"SerialNumber", sts.CheckMFASerial,
			[]string{"GAHT12345678", "123456789", mfaSerial, "azAZ09_+=/:,.@-", strings.Repeat("a", 256)},
			[]string{"", "12345678", strings.Repeat("a", 257), "GAHT 12345678", "GAHT12345678\n", "GAHT1234567é"},
		},
		{
			"DurationSeconds", duration,
			[]string{"0s", "15m", "1h", "12h", "901s"},
			[]string{"1s", "899s", "-15m", "12h1s", "24h", "900.5s", "15m1ns"},
		},
	} {
		for _, s := range test.good {
			if err := test.check(s); err != nil {
				t.Errorf("%s %.80q is refused: %v", test.field, s, err)
			}
		}
		for _, s := range test.bad {
			err := test.check(s)
			var input *sts.InputError
			if !errors.As(err, &input) || input.Field != test.field || !errors.Is(err, sts.ErrInput) {
				t.Errorf("%s %.80q gives %v, want an InputError of this field", test.field, s, err)
			}
		}
	}
}

// The ARN of something else is named as what it is.
func TestWhatIsWrongWithARoleARN(t *testing.T) {
	for arn, want := range map[string]string{
		"":                                    "is empty: expecting arn:aws:iam::ACCOUNT:role/NAME",
		"rôle":                                "has 4 characters, not 20 to 2048: expecting arn:aws:iam::ACCOUNT:role/NAME",
		"assume the role demo, please":        `"assume the role demo, please" is no ARN: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:iam::123456789012":           `"arn:aws:iam::123456789012" is no ARN: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:AWS:iam::123456789012:role/demo": `"arn:AWS:iam::123456789012:role/demo" is no ARN: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:sts::123456789012:assumed-role/demo/TestAR": `"arn:aws:sts::123456789012:assumed-role/demo/TestAR" is the ARN of a session: expecting the role's own, arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:sts::123456789012:federated-user/Alice":     `"arn:aws:sts::123456789012:federated-user/Alice" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:iam::123456789012:assumed-role/demo/TestAR": `"arn:aws:iam::123456789012:assumed-role/demo/TestAR" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:sts::123456789012:role/demo":                `"arn:aws:sts::123456789012:role/demo" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:iam::123456789012:instance-profile/demo":    `"arn:aws:iam::123456789012:instance-profile/demo" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:iam:eu-central-1:123456789012:role/demo":    `"arn:aws:iam:eu-central-1:123456789012:role/demo" is not a role's: expecting arn:aws:iam::ACCOUNT:role/NAME`,
		"arn:aws:iam::1234-5678-9012:role/demo":              `"arn:aws:iam::1234-5678-9012:role/demo" has an account ID that is not twelve digits`,
		"arn:aws:iam::123456789012:role/path/":               `"arn:aws:iam::123456789012:role/path/" has no role name of letters, digits and _+=,.@-`,
		"arn:aws:iam::123456789012:role/de*mo":               `"arn:aws:iam::123456789012:role/de*mo" has no role name of letters, digits and _+=,.@-`,
	} {
		if err := sts.CheckRoleARN(arn); err == nil || err.Error() != "sts: RoleArn "+want {
			t.Errorf("got  %v\nwant sts: RoleArn %s", err, want)
		}
	}
}

func TestEverythingWrongIsSaidAtOnceAndNothingSent(t *testing.T) {
	sent := roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("sent")
	})
	bad := sts.AssumeRoleInput{RoleARN: "demo", ExternalID: "secret id", SessionName: "a b", Duration: time.Second}
	for _, test := range []struct {
		name   string
		client *sts.Client
		in     sts.AssumeRoleInput
		want   []string
	}{
		{"input", &sts.Client{Region: "eu-central-1", Provider: base}, bad,
			[]string{"RoleArn", "ExternalId", "RoleSessionName", "DurationSeconds"}},
		{"empty input", &sts.Client{Region: "eu-central-1", Provider: base}, sts.AssumeRoleInput{},
			[]string{"RoleArn", "RoleSessionName"}},
		{"client", &sts.Client{}, role, []string{"Region", "Provider"}},
		{"all", &sts.Client{Region: "a b", Endpoint: "nowhere"}, bad,
			[]string{"Region", "Endpoint", "Provider", "RoleArn", "ExternalId", "RoleSessionName", "DurationSeconds"}},
		{"region that would lead elsewhere", &sts.Client{Region: "x.evil.example#", Provider: base}, role, []string{"Region"}},
		{"region of many labels", &sts.Client{Region: "eu.central", Provider: base}, role, []string{"Region"}},
		{"endpoint without a scheme", &sts.Client{Region: "eu-central-1", Endpoint: "localhost:9000", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint of another scheme", &sts.Client{Region: "eu-central-1", Endpoint: "ftp://localhost", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint with a password", &sts.Client{Region: "eu-central-1", Endpoint: "https://u:" + secret + "@localhost", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint without a host", &sts.Client{Region: "eu-central-1", Endpoint: "https://:9000", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint of a path alone", &sts.Client{Region: "eu-central-1", Endpoint: "https:/sts", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint with a fragment", &sts.Client{Region: "eu-central-1", Endpoint: "https://localhost/#a", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint with an empty query", &sts.Client{Region: "eu-central-1", Endpoint: "https://localhost/?", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint with a password of letters", &sts.Client{Region: "eu-central-1", Endpoint: "https://u:p@localhost", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint with a query", &sts.Client{Region: "eu-central-1", Endpoint: "https://localhost/?a", Provider: base}, role, []string{"Endpoint"}},
		{"endpoint that is no URL", &sts.Client{Region: "eu-central-1", Endpoint: "https://u:" + secret + "@%zz", Provider: base}, role, []string{"Endpoint"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.client.Base = sent
			for range 2 { // and again at the second call
				_, err := test.client.AssumeRole(t.Context(), test.in)
				if diff := cmp.Diff(test.want, fields(err)); diff != "" {
					t.Errorf("%v: fields (-want +got):\n%s", err, diff)
				}
				if !errors.Is(err, sts.ErrInput) {
					t.Errorf("%v does not match ErrInput", err)
				}
				if strings.Contains(fmt.Sprint(err), "secret id") {
					t.Errorf("the error repeats the external ID: %v", err)
				}
				noSecret(t, fmt.Sprint(err))
			}
		})
	}
}

// At AWS, that is: others have roles without an account.
func TestRoleOfNoAccount(t *testing.T) {
	for _, arn := range []string{"arn:aws:iam:::role/demo", "arn:aws:iam::tenant:role/demo"} {
		in, web := role, webRole
		in.RoleARN, web.RoleARN = arn, arn
		sent := 0
		for _, endpoint := range []string{"", "https://minio.example"} {
			c := sendNothing(func() { sent++ })
			c.Endpoint = endpoint
			_, signed := c.AssumeRole(t.Context(), in)
			_, unsigned := c.AssumeRoleWithWebIdentity(t.Context(), web)
			for _, err := range []error{signed, unsigned} {
				if want := `sts: RoleArn "` + arn + `" has an account ID that is not twelve digits`; endpoint == "" && (!errors.Is(err, sts.ErrInput) || err.Error() != want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		}
		if sent != 2 {
			t.Errorf("%s: %d calls, want those of the other service alone", arn, sent)
		}
	}
}

// fields are those of all InputErrors in a tree of errors.
func fields(err error) []string {
	switch e := err.(type) {
	case *sts.InputError:
		return []string{e.Field}
	case interface{ Unwrap() []error }:
		var all []string
		for _, err := range e.Unwrap() {
			all = append(all, fields(err)...)
		}
		return all
	}
	return nil
}
