package sigv4http_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// policyOf decodes the policy of a form, which must be JSON in ASCII.
func policyOf(t *testing.T, form sigv4http.PostForm) (text, expiration string, conditions [][]any) {
	t.Helper()
	for _, field := range form.Fields {
		if field[0] != "Policy" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(field[1])
		if err != nil {
			t.Fatalf("the policy is no base64: %v", err)
		}
		var doc struct {
			Expiration string
			Conditions [][]any
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatalf("the policy %s is no JSON: %v", raw, err)
		}
		for _, c := range raw {
			if c < ' ' || c > '~' {
				t.Errorf("the policy %q has the byte %#x unescaped", raw, c)
			}
		}
		return string(raw), doc.Expiration, doc.Conditions
	}
	t.Fatalf("the form %q has no policy", form.Fields)
	return "", "", nil
}

// isNoForm checks that the error is of this kind and on this input, tells no
// secret, and comes without a form.
func isNoForm(t *testing.T, form sigv4http.PostForm, err, kind error, field string) {
	t.Helper()
	var input *sigv4.InputError
	if !errors.As(err, &input) || input.Kind != kind || !strings.HasPrefix(input.Field, field) || input.Problem == "" {
		t.Fatalf("Sign = %v, want an InputError that is %q, on the %s", err, kind, field)
	}
	for _, secret := range []string{session.SecretAccessKey(), session.SessionToken()} {
		if text := fmt.Sprintf("%v %+v", err, *input); strings.Contains(text, secret) || strings.ContainsAny(text, "\r\n\x00") {
			t.Errorf("Sign = %q, which has a secret or a line end", text)
		}
	}
	if form.Fields != nil || !form.Expires.IsZero() {
		t.Errorf("Sign = %+v beside an error", form)
	}
}

// anyForm has the conditions that every policy needs, and others.
func anyForm(others ...sigv4http.Condition) []sigv4http.Condition {
	return append([]sigv4http.Condition{sigv4http.Exact("bucket", "photos"), sigv4http.StartsWith("key", "user/")}, others...)
}

func TestAPostPolicyIsWrittenAndSigned(t *testing.T) {
	signer := newSigner(t, "s3")
	policy := sigv4http.PostPolicy{
		Expires: postTime.Add(time.Hour + time.Millisecond),
		Conditions: []sigv4http.Condition{
			sigv4http.Exact("bucket", "photos"),
			sigv4http.Exact("key", "user/eric/portrait.jpg"),
			sigv4http.StartsWith("Content-Type", "image/"),
			sigv4http.LengthRange(1, 1<<20),
			sigv4http.Exact("success_action_status", "201"),
			sigv4http.Exact("x-amz-meta-Empty", ""),
		},
	}
	form, err := policy.Sign(signer, session, postTime.Add(999*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"expiration":"2026-11-24T13:00:00.000Z","conditions":[` +
		`["eq","$bucket","photos"],["eq","$key","user/eric/portrait.jpg"],["starts-with","$Content-Type","image/"],` +
		`["content-length-range",1,1048576],["eq","$success_action_status","201"],["eq","$x-amz-meta-Empty",""],` +
		`["eq","$x-amz-algorithm","AWS4-HMAC-SHA256"],["eq","$x-amz-credential","ASIAEXAMPLE/20261124/us-east-1/s3/aws4_request"],` +
		`["eq","$x-amz-date","20261124T120000Z"],["eq","$x-amz-security-token","a/session/token"]]}`
	got, _, _ := policyOf(t, form)
	if got != want {
		t.Errorf("the policy is\n%s\nwant\n%s", got, want)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(want))
	signed, err := signer.SignPolicy(encoded, session, postTime)
	if err != nil {
		t.Fatal(err)
	}
	fields := append([][2]string{
		{"key", "user/eric/portrait.jpg"}, {"success_action_status", "201"}, {"x-amz-meta-Empty", ""},
		{"Policy", encoded},
		{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
		{"X-Amz-Credential", "ASIAEXAMPLE/20261124/us-east-1/s3/aws4_request"},
		{"X-Amz-Date", "20261124T120000Z"},
		{"X-Amz-Security-Token", "a/session/token"},
	}, signed[len(signed)-1])
	if diff := cmp.Diff(fields, form.Fields); diff != "" {
		t.Errorf("the fields (-want +got):\n%s", diff)
	}
	if end := postTime.Add(time.Hour); !form.Expires.Equal(end) {
		t.Errorf("Expires = %v, want %v", form.Expires, end)
	}
	again, err := policy.Sign(signer, session, postTime)
	if diff := cmp.Diff(form, again); diff != "" || err != nil {
		t.Errorf("Sign gives another form the second time: %v\n%s", err, diff)
	}
	long, err := policy.Sign(signer, longTerm, postTime)
	if err != nil {
		t.Fatal(err)
	}
	if text, _, _ := policyOf(t, long); strings.Contains(text, "security-token") || len(long.Fields) != len(fields)-1 {
		t.Errorf("the form of long-term credentials has a session token: %s, %q", text, long.Fields)
	}
}

func TestPolicyEscapes(t *testing.T) {
	for value, want := range map[string]string{
		"":                 "",
		"plain ~!/'<&>":    "plain ~!/'<&>",
		`back\slash"`:      `back\u005cslash\u0022`,
		"$filename${x}":    `\u0024filename\u0024{x}`,
		"\b\f\n\r\t\v\x00": `\u0008\u000c\u000a\u000d\u0009\u000b\u0000`,
		"\x7f":             `\u007f`,
		"résumé":           `r\u00e9sum\u00e9`,
		"☃":                `\u2603`,
		"\u2028\ufffd":     `\u2028\ufffd`,
		"😀":                `\ud83d\ude00`,
	} {
		form, err := sigv4http.PostPolicy{Expires: postTime.Add(time.Hour), Conditions: anyForm(sigv4http.Exact("x-amz-meta-a", value))}.Sign(newSigner(t, "s3"), longTerm, postTime)
		if err != nil {
			t.Errorf("Sign with the value %q = %v", value, err)
			continue
		}
		text, _, conditions := policyOf(t, form)
		if !strings.Contains(text, `["eq","$x-amz-meta-a","`+want+`"],`) {
			t.Errorf("the policy %s does not have %q as %s", text, value, want)
		}
		if got := conditions[2][2]; got != value || form.Fields[0][1] != value {
			t.Errorf("the policy says %q and the form %q, want %q", got, form.Fields[0][1], value)
		}
	}
}

func TestAFormEndsWithItsCredentials(t *testing.T) {
	until := func(end time.Time) sigv4.Credentials {
		c := session
		c.Expires = end
		return c
	}
	const week = 7 * 24 * time.Hour
	for _, row := range []struct {
		name    string
		cred    sigv4.Credentials
		expires time.Time
		want    time.Duration // after postTime; 0 is refused
		shorten time.Duration // what it is with ShortenExpires
	}{
		{"an hour", longTerm, postTime.Add(time.Hour), time.Hour, time.Hour},
		{"in another zone", longTerm, postTime.Add(time.Hour).In(time.FixedZone("", 3600)), time.Hour, time.Hour},
		{"a second", longTerm, postTime.Add(time.Second), time.Second, time.Second},
		{"a week", longTerm, postTime.Add(week), week, week},
		{"more than a week", longTerm, postTime.Add(week + time.Second), 0, 0},
		{"less than a second", longTerm, postTime.Add(999 * time.Millisecond), 0, 0},
		{"at once", longTerm, postTime, 0, 0},
		{"before", longTerm, postTime.Add(-time.Hour), 0, 0},
		{"never set", longTerm, time.Time{}, 0, 0},
		{"a year that has no timestamp", longTerm, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), 0, 0},
		{"with the session", until(postTime.Add(time.Hour)), postTime.Add(time.Hour), time.Hour, time.Hour},
		{"a fraction of a second after the session", until(postTime.Add(time.Hour)), postTime.Add(time.Hour + time.Millisecond), time.Hour, time.Hour},
		{"after the session", until(postTime.Add(time.Hour)), postTime.Add(time.Hour + time.Second), 0, time.Hour},
		{"more than a week, after the session", until(postTime.Add(time.Hour)), postTime.Add(2 * week), 0, time.Hour},
		{"a session of a week and more", until(postTime.Add(2 * week)), postTime.Add(week + time.Hour), 0, 0},
		{"a session that ends in a fraction", until(postTime.Add(time.Hour + time.Millisecond)), postTime.Add(2 * time.Hour), 0, time.Hour},
		{"a session that has ended", until(postTime), postTime.Add(time.Hour), 0, 0},
	} {
		for shorten, want := range map[bool]time.Duration{false: row.want, true: row.shorten} {
			t.Run(fmt.Sprintf("%s, shortened %t", row.name, shorten), func(t *testing.T) {
				policy := sigv4http.PostPolicy{Expires: row.expires, Conditions: anyForm(), ShortenExpires: shorten}
				form, err := policy.Sign(newSigner(t, "s3"), row.cred, postTime)
				if want == 0 {
					isNoForm(t, form, err, sigv4.ErrExpires, "expiry")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				_, expiration, _ := policyOf(t, form)
				if end := postTime.Add(want); !form.Expires.Equal(end) || expiration != end.Format("2006-01-02T15:04:05.000Z") {
					t.Errorf("the form ends %v and its policy %s, want %v", form.Expires, expiration, end)
				}
			})
		}
	}
}

func TestRefusedPostPolicy(t *testing.T) {
	hour := postTime.Add(time.Hour)
	for _, row := range []struct {
		name       string
		conditions []sigv4http.Condition
		field      string
	}{
		{"no conditions", nil, "policy"},
		{"no bucket", []sigv4http.Condition{sigv4http.Exact("key", "k")}, "policy"},
		{"no key", []sigv4http.Condition{sigv4http.Exact("bucket", "b")}, "policy"},
		{"zero condition", anyForm(sigv4http.Condition{}), "condition"},
		{"empty field", anyForm(sigv4http.Exact("", "v")), "condition"},
		{"field with a dollar sign and a blank", anyForm(sigv4http.StartsWith("$key x", "v")), "condition"},
		{"field with a line end", anyForm(sigv4http.Exact("x\r\ny", "v")), "condition"},
		{"field with a quote", anyForm(sigv4http.Exact(`x"y`, "v")), "condition"},
		{"field that is no ASCII", anyForm(sigv4http.Exact("é", "v")), "condition"},
		{"field that is ASCII in lower case alone", anyForm(sigv4http.Exact("x-amz-meta-\u212a", "v")), "condition"},
		{"field with a dollar sign", anyForm(sigv4http.Exact("$acl", "v")), "condition"},
		{"file", anyForm(sigv4http.StartsWith("File", "")), "condition"},
		{"policy", anyForm(sigv4http.Exact("policy", "v")), "condition"},
		{"signature", anyForm(sigv4http.Exact("x-amz-signature", "v")), "condition"},
		{"algorithm", anyForm(sigv4http.Exact("X-Amz-Algorithm", "v")), "condition"},
		{"credential", anyForm(sigv4http.StartsWith("x-amz-credential", "")), "condition"},
		{"date", anyForm(sigv4http.Exact("x-amz-date", "v")), "condition"},
		{"token", anyForm(sigv4http.StartsWith("X-AMZ-Security-Token", "")), "condition"},
		{"one field exactly two values", anyForm(sigv4http.Exact("acl", "private"), sigv4http.Exact("ACL", "public-read")), "condition"},
		{"${filename} in an exact value", []sigv4http.Condition{sigv4http.Exact("bucket", "b"), sigv4http.Exact("key", "user/${filename}")}, "condition"},
		{"${filename} in a prefix", []sigv4http.Condition{sigv4http.Exact("bucket", "b"), sigv4http.StartsWith("key", "user/${filename}")}, "condition"},
		{"value that is not UTF-8", anyForm(sigv4http.Exact("x-amz-meta-a", "\xff")), "condition"},
		{"negative length", anyForm(sigv4http.LengthRange(-1, 1)), "condition"},
		{"lengths the wrong way round", anyForm(sigv4http.LengthRange(2, 1)), "condition"},
	} {
		t.Run(row.name, func(t *testing.T) {
			form, err := sigv4http.PostPolicy{Expires: hour, Conditions: row.conditions}.Sign(newSigner(t, "s3"), session, postTime)
			isNoForm(t, form, err, sigv4.ErrRequest, row.field)
		})
	}
}

func TestAPolicyIsRefusedAsItsSignerRefuses(t *testing.T) {
	policy := sigv4http.PostPolicy{Expires: postTime.Add(time.Hour), Conditions: anyForm()}
	form, err := policy.Sign(newSigner(t, "s3"), sigv4.Credentials{}, postTime)
	isNoForm(t, form, err, sigv4.ErrCredentials, "access key ID")
	form, err = policy.Sign(newSigner(t, "s3"), session, time.Time{})
	isNoForm(t, form, err, sigv4.ErrTime, "time")
	signer, err := sigv4a.NewSigner("s3", "*", nil)
	if err != nil {
		t.Fatal(err)
	}
	form, err = policy.Sign(signer, session, postTime)
	isNoForm(t, form, err, sigv4.ErrRequest, "policy")
}

// A header's name is a field's, but for the dollar sign.
func TestFieldNames(t *testing.T) {
	for c := range 256 {
		field := "x-amz-meta-" + string([]byte{byte(c)}) + "a"
		form, err := sigv4http.PostPolicy{Expires: postTime.Add(time.Hour), Conditions: anyForm(sigv4http.Exact(field, "v"))}.Sign(newSigner(t, "s3"), session, postTime)
		if c > '~' || !strings.ContainsRune("!#%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(c)) {
			isNoForm(t, form, err, sigv4.ErrRequest, "condition")
			continue
		}
		if err != nil {
			t.Errorf("Sign with the field %q = %v", field, err)
			continue
		}
		if _, _, got := policyOf(t, form); got[2][1] != "$"+field || form.Fields[0] != [2]string{field, "v"} {
			t.Errorf("the field %q is %q in the policy and %q in the form", field, got[2][1], form.Fields[0][0])
		}
	}
}

func TestConditionsThatSeveralFieldsShare(t *testing.T) {
	conditions := anyForm(sigv4http.StartsWith("key", "user/eric/"), sigv4http.StartsWith("key", ""), sigv4http.Exact("key", "user/eric/a"),
		sigv4http.LengthRange(0, 0), sigv4http.LengthRange(0, 10))
	form, err := sigv4http.PostPolicy{Expires: postTime.Add(time.Hour), Conditions: conditions}.Sign(newSigner(t, "s3"), longTerm, postTime)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, got := policyOf(t, form); len(got) != len(conditions)+3 {
		t.Errorf("the policy has %d conditions, want the %d that were given and those of algorithm, credential and date", len(got), len(conditions))
	}
	if form.Fields[0] != [2]string{"key", "user/eric/a"} || form.Fields[1][0] != "Policy" {
		t.Errorf("the form begins %q, want the key, then the policy", form.Fields[:2])
	}
}

// FuzzPostPolicy: what Sign accepts, JSON has unchanged.
func FuzzPostPolicy(f *testing.F) {
	f.Add("key", "user/", int64(0), int64(10))
	f.Add("x-amz-meta-a", "$\\\"\x00\u2028😀", int64(5), int64(1))
	f.Add("KEY", "\xff${filename}", int64(-1), int64(1))
	signer := newSigner(f, "s3")
	f.Fuzz(func(t *testing.T, field, value string, low, high int64) {
		form, err := sigv4http.PostPolicy{Expires: postTime.Add(time.Hour),
			Conditions: anyForm(sigv4http.Exact(field, value), sigv4http.StartsWith(field, value), sigv4http.LengthRange(low, high))}.Sign(signer, session, postTime)
		if err != nil {
			isNoForm(t, form, err, sigv4.ErrRequest, "condition")
			return
		}
		_, _, got := policyOf(t, form)
		want := [][]any{{"eq", "$" + field, value}, {"starts-with", "$" + field, value}, {"content-length-range", float64(low), float64(high)}}
		if diff := cmp.Diff(want, got[2:5]); diff != "" || !utf8.ValidString(value) {
			t.Errorf("the policy (-want +got):\n%s", diff)
		}
	})
}
