package s3client_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
)

// allFields is a form with every field filled in, though not a valid one.
const allFields = `{
  "connection_name": "reports",
  "authorization_type": "iam_role",
  "access_key_id": "AKIDEXAMPLE",
  "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  "session_token": "a/session/token/that/must/not/be/seen",
  "iam_role_arn": "arn:aws:iam::123456789012:role/reader",
  "external_id": "customer-4711",
  "restrict_to_bucket": "data",
  "restrict_to_path": "reports/",
  "permissions": ["list", "read"],
  "bucket_owner": "123456789012",
  "region": "eu-central-1",
  "download_threads": 8,
  "endpoint": "https://s3.example.org",
  "sts_endpoint": "https://sts.example.org",
  "path_style": true,
  "dualstack": true,
  "fips": true,
  "accelerate": true,
  "session_name": "nightly",
  "duration_seconds": 900,
  "checksums": "always",
  "no_session_policy": true
}`

func TestParseConnectionReadsEveryField(t *testing.T) {
	got, err := s3client.ParseConnection(strings.NewReader(allFields + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := s3client.Connection{
		Name:              "reports",
		AuthorizationType: s3client.IAMRole,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		SessionToken:      s3client.NewSecret(token),
		IAMRoleARN:        roleARN,
		ExternalID:        externalID,
		RestrictToBucket:  "data",
		RestrictToPath:    "reports/",
		Permissions:       s3client.MayList | s3client.MayRead,
		BucketOwner:       "123456789012",
		Region:            "eu-central-1",
		DownloadThreads:   8,
		Endpoint:          "https://s3.example.org",
		STSEndpoint:       "https://sts.example.org",
		PathStyle:         true,
		DualStack:         true,
		FIPS:              true,
		Accelerate:        true,
		SessionName:       "nightly",
		DurationSeconds:   900,
		Checksums:         s3client.ChecksumsAlways,
		NoSessionPolicy:   true,
	}
	bySecret := cmp.Comparer(func(a, b s3client.Secret) bool { return a.Reveal() == b.Reveal() })
	if diff := cmp.Diff(want, got, bySecret); diff != "" {
		t.Errorf("ParseConnection (-want +got)\n%s", diff)
	}
	// So that a new field is not forgotten above.
	v := reflect.ValueOf(want)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test has no value for %s", v.Type().Field(i).Name)
		}
	}
}

func TestConnectionWritesItsFieldNames(t *testing.T) {
	c, err := s3client.ParseConnection(strings.NewReader(allFields))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if err := json.Unmarshal([]byte(allFields), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want["secret_access_key"], want["session_token"] = "REDACTED", "REDACTED"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("json.Marshal (-want +got)\n%s", diff)
	}

	b, err = json.Marshal(s3client.Connection{AuthorizationType: s3client.AccessKey})
	if want := `{"authorization_type":"access_key"}`; err != nil || string(b) != want {
		t.Errorf("json.Marshal of an empty form = %s, %v, want %s", b, err, want)
	}
}

func TestParseConnectionRefuses(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"unknown field", `{"authorization_type":"access_key","restrict_to_buckets":"data"}`, "restrict_to_buckets is no field of the form (restrict_to_bucket may be meant)"},
		{"half a name", `{"access_key":"AKIDEXAMPLE"}`, "access_key is no field of the form (access_key_id or secret_access_key may be meant)"},
		{"a name in another style", `{"restrictToBucket":"data"}`, "restrictToBucket is no field of the form (restrict_to_bucket may be meant)"},
		{"a name in another case", `{"Restrict_To_Bucket":"data"}`, "Restrict_To_Bucket is no field of the form (restrict_to_bucket may be meant)"},
		{"a name like no other", `{"bandwidth":1}`, "bandwidth is no field of the form (its fields are those of s3client.Connection)"},
		{"a name of two lines", `{"a\nb":1}`, `a\nb is no field of the form`},
		{"a field twice", `{"restrict_to_bucket":"data","restrict_to_bucket":""}`, "restrict_to_bucket stands there twice"},
		{"nothing", ``, "it is empty: a JSON object"},
		{"blanks", " \n", "it is empty: a JSON object"},
		{"null", `null`, "line 1: a JSON object with the fields of the form is expected"},
		{"no object", `[]`, "line 1: a JSON object with the fields of the form is expected"},
		{"cut off", "{\n" + `"region":"eu-central-1"`, "line 2: it ends in the middle"},
		{"cut off behind a name", `{"region":`, "line 1: it ends in the middle"},
		{"a comma too many", "{\n" + `"region":"eu-central-1",` + "\n}", "line 3: invalid character '}'"},
		{"a comma too few", "{\n" + `"region":"eu-central-1"` + "\n" + `"fips":true}`, "line 3: invalid character '\"'"},
		{"a comment", "{\n# mine\n}", "line 2: invalid character '#'"},
		{"UTF-16", "\xff\xfe{\x00", "it is not UTF-8"},
		{"a byte that is no UTF-8", "{\"restrict_to_path\":\"\xff/\"}", "it is not UTF-8"},
		{"another object", `{} {}`, "follows"},
		{"trailing brace", `{}}`, "follows"},
		{"trailing words", `{} # the end`, "follows"},
		{"a number for a string", `{"region":1}`, "region is no text: one in quotes is expected"},
		{"a number for a secret", `{"secret_access_key":1}`, "secret_access_key is no text: one in quotes is expected"},
		{"a string for a number", `{"download_threads":"8"}`, "download_threads is no whole number: one without quotes is expected"},
		{"a fraction", `{"download_threads":1.5}`, "download_threads is no whole number"},
		{"a number beyond all bounds", `{"download_threads":1e99}`, "download_threads is no whole number"},
		{"a string for a boolean", `{"fips":"yes"}`, "fips is neither true nor false, without quotes"},
		{"an unknown permission", `{"permissions":["read","admin"]}`, `permissions has "admin": expecting a list of "list", "read", "write" and "delete"`},
		{"no permission", `{"permissions":[]}`, "permissions is empty"},
		{"null for permissions", `{"permissions":null}`, "permissions is empty"},
		{"a word for permissions", `{"permissions":"read"}`, "permissions is no list"},
		{"a number for permissions", `{"permissions":3}`, "permissions is no list"},
		{"too long", `{"connection_name":"` + strings.Repeat("x", 1<<20) + `"}`, "it is longer than 1048576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := s3client.ParseConnection(strings.NewReader(test.in))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ParseConnection = %v, want an error with %q", err, test.want)
			}
			if c != (s3client.Connection{}) {
				t.Errorf("beside the error there is a connection: %+v", c)
			}
		})
	}
}

// All that is wrong with the fields is said at once, as for a form.
func TestParseConnectionReportsAllAtOnce(t *testing.T) {
	_, err := s3client.ParseConnection(strings.NewReader(`{"role":"x","download_threads":"8","fips":1,"permissions":["admin"],"region":"a","region":"b"}`))
	wantErr(t, err, s3client.ErrInvalidConnection)
	if got := strings.Join(fields(t, err), " "); got != "role download_threads fips permissions region" {
		t.Errorf("the error names %s", got)
	}
}

func TestParseConnectionReads(t *testing.T) {
	for name, in := range map[string]string{
		"the mark of Windows editors": "\ufeff" + `{"region":"eu-central-1"}`,
		"blanks around":               "\r\n {\t\"region\" : \"eu-central-1\" }\r\n\r\n",
		"null for a field":            `{"region":"eu-central-1","restrict_to_bucket":null,"secret_access_key":null,"download_threads":null}`,
	} {
		if c, err := s3client.ParseConnection(strings.NewReader(in)); err != nil || c != (s3client.Connection{Region: "eu-central-1"}) {
			t.Errorf("%s: ParseConnection = %+v, %v", name, c, err)
		}
	}
}

// A secret must not be in an error either, wherever the reading stops.
func TestParseConnectionErrorHasNoSecret(t *testing.T) {
	for i := range allFields {
		if _, err := s3client.ParseConnection(strings.NewReader(allFields[:i])); err == nil {
			t.Errorf("the first %d bytes are no error", i)
		} else {
			noSecret(t, err.Error())
		}
	}
	_, err := s3client.ParseConnection(strings.NewReader(`{"secret_access_key":["` + secret + `"]}`))
	wantErr(t, err)
}

func TestDefaults(t *testing.T) {
	if got := (s3client.Connection{}).Threads(); got != 1 {
		t.Errorf("Threads() = %d without download_threads, want 1", got)
	}
	if got := (s3client.Connection{DownloadThreads: 8}).Threads(); got != 8 {
		t.Errorf("Threads() = %d, want 8", got)
	}
	for _, threads := range []int{0, 1, 256} {
		c := awsForm("us-east-1")
		c.DownloadThreads = threads
		if got, want := open(t, c, nil).DownloadThreads(), max(threads, 1); got != want {
			t.Errorf("the client's DownloadThreads() = %d for %d, want %d", got, threads, want)
		}
	}
}

// With an endpoint of one's own the region may be left out.
func TestRegionDefaultsBesideAnEndpoint(t *testing.T) {
	for _, test := range []struct{ region, endpoint, want string }{
		{"", "https://s3.example.org", "/us-east-1/s3/aws4_request"},
		{"eu-central-1", "https://s3.example.org", "/eu-central-1/s3/aws4_request"},
		{"eu-central-1", "", "/eu-central-1/s3/aws4_request"},
	} {
		c := awsForm(test.region)
		c.Endpoint = test.endpoint
		net := &recorder{answers: []answer{says(200, "")}}
		if _, err := open(t, c, &s3client.Options{Base: net}).HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
			t.Fatal(err)
		}
		if got := net.requests[0].Header.Get("Authorization"); !strings.Contains(got, test.want) {
			t.Errorf("region %q, endpoint %q: Authorization is %q, want %q in it", test.region, test.endpoint, got, test.want)
		}
	}
}

func TestSecret(t *testing.T) {
	s := s3client.NewSecret(secret)
	if got := s.Reveal(); got != secret {
		t.Errorf("Reveal() = %q, want the secret", got)
	}
	if s.IsZero() || s.String() != "REDACTED" {
		t.Errorf("IsZero() = %v, String() = %q, want false and REDACTED", s.IsZero(), s)
	}
	for _, none := range []s3client.Secret{{}, s3client.NewSecret("")} {
		if !none.IsZero() || none.Reveal() != "" || none.String() != "" {
			t.Errorf("no secret: IsZero() = %v, Reveal() = %q, String() = %q", none.IsZero(), none.Reveal(), none)
		}
	}
	var read s3client.Secret
	if err := json.Unmarshal([]byte(`"`+secret+`"`), &read); err != nil || read.Reveal() != secret {
		t.Errorf("json.Unmarshal gives %q, %v, want the secret", read.Reveal(), err)
	}
	if err := json.Unmarshal([]byte(`""`), &read); err != nil || !read.IsZero() {
		t.Errorf("json.Unmarshal of an empty string: IsZero() = %v, %v, want true", read.IsZero(), err)
	}
}

// hidden has a form where package fmt may not call methods.
type hidden struct{ connection s3client.Connection }

// However it is printed, logged or encoded, nothing of the form that is secret
// comes out: the client's signing credentials too.
func TestNothingPrintsASecret(t *testing.T) {
	c := awsForm("us-east-1")
	c.SessionToken = s3client.NewSecret(token)
	client := open(t, c, nil)
	c2 := c
	c2.AuthorizationType, c2.IAMRoleARN = s3client.IAMRole, roleARN
	role := open(t, c2, nil)
	cred, err := client.Credentials(t.Context())
	if err != nil || cred.SecretAccessKey() != secret || cred.SessionToken() != token {
		t.Fatalf("the client's credentials are not the form's: %v, %v", cred, err)
	}
	values := map[string]any{
		"Secret":            c.SecretAccessKey,
		"*Secret":           &c.SecretAccessKey,
		"Connection":        c,
		"*Connection":       &c,
		"hidden":            hidden{c},
		"*hidden":           &hidden{c},
		"[]Connection":      []s3client.Connection{c},
		"map":               map[string]s3client.Secret{"key": c.SecretAccessKey},
		"*Client":           client,
		"Client":            reflect.ValueOf(client).Elem(),
		"*Client of a role": role,
		"Client of a role":  reflect.ValueOf(role).Elem(),
		"Options":           s3client.Options{Credentials: cred},
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "20", ".3"} {
				for verb := ' '; verb <= '~'; verb++ {
					noSecret(t, fmt.Sprintf("%"+flags+string(verb), v))
				}
			}
			noSecret(t, fmt.Sprint(v))
			if _, isReflect := v.(reflect.Value); !isReflect {
				if b, err := json.Marshal(v); err == nil { // a Client has functions
					noSecret(t, string(b))
				}
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v, slog.Group("g", "v", v))
			slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v, slog.Group("g", "v", v))
			noSecret(t, log.String())
		})
	}
	if got := fmt.Sprintf("%v|%+v|%#v|%s|%q|%x|%d", c.SecretAccessKey, c.SecretAccessKey, c.SecretAccessKey,
		c.SecretAccessKey, c.SecretAccessKey, c.SecretAccessKey, c.SecretAccessKey); got != "REDACTED"+strings.Repeat("|REDACTED", 6) {
		t.Errorf("a secret prints as %s", got)
	}
}
