package sigv4http_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/testvectors"
)

var (
	postTime = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)
	session  = sigv4.NewCredentials("ASIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a/session/token")
)

// knownKeys looks up the two access keys of these tests.
func knownKeys(_ context.Context, accessKeyID, _ string) (sigv4.Credentials, error) {
	switch accessKeyID {
	case longTerm.AccessKeyID:
		return longTerm, nil
	case session.AccessKeyID:
		c := session
		c.Expires = postTime.Add(time.Hour)
		return c, nil
	}
	return sigv4.Credentials{}, errors.New("no such key")
}

func atPostTime() time.Time { return postTime }

// inBucket is a verifier to whom all forms are posted to one bucket.
func inBucket(t testing.TB, bucket string, now time.Time) *sigv4http.Verifier {
	t.Helper()
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &sigv4http.Verifier{Signer: signer, Lookup: knownKeys, Now: func() time.Time { return now },
		Bucket: func(*http.Request) string { return bucket }}
}

// postRequest is what a browser sends.
func postRequest(t testing.TB, fields [][2]string, fileName, file string, behind ...[2]string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	write := func(fields [][2]string) {
		for _, field := range fields {
			if err := w.WriteField(field[0], field[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(fields)
	part, err := w.CreateFormFile("file", fileName)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, file)
	write(behind)
	w.Close()
	req := httptest.NewRequest(http.MethodPost, "http://photos.s3.amazonaws.com/", &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return req
}

// form makes the fields of a form with a PostPolicy, and adds others.
func form(t testing.TB, cred sigv4.Credentials, conditions []sigv4http.Condition, others ...[2]string) [][2]string {
	t.Helper()
	signed, err := sigv4http.PostPolicy{Expires: postTime.Add(time.Hour), Conditions: conditions}.Sign(newSigner(t, "s3"), cred, postTime)
	if err != nil {
		t.Fatal(err)
	}
	return append(others, signed.Fields...)
}

// rawForm signs a policy as it is.
func rawForm(t testing.TB, policy string, others ...[2]string) [][2]string {
	t.Helper()
	signed, err := newSigner(t, "s3").SignPolicy(base64.StdEncoding.EncodeToString([]byte(policy)), longTerm, postTime)
	if err != nil {
		t.Fatal(err)
	}
	return append(others, signed...)
}

// upload verifies a form and reads its file.
func upload(v *sigv4http.Verifier, req *http.Request) (caller *sigv4.Verified, form *sigv4http.PostedForm, file string, err error) {
	verified, err := v.Verify(req)
	if err != nil {
		return nil, nil, "", err
	}
	b, err := io.ReadAll(verified.Body)
	ctx := verified.Context()
	return sigv4http.VerifiedFrom(ctx), sigv4http.PostedFormFrom(ctx), string(b), err
}

// isRefusal checks code, status, what the message says, and that no secret is told.
func isRefusal(t *testing.T, err error, status int, code, message string) *sigv4http.Refusal {
	t.Helper()
	var e *sigv4http.Refusal
	var v *sigv4.VerifyError
	if !errors.As(err, &e) || !errors.As(err, &v) {
		t.Fatalf("the error is %v (%T), want a Refusal with %s", err, err, code)
	}
	if e.Code != code || e.Status != status || !strings.Contains(e.Message, message) {
		t.Errorf("the error is %d %s: %s, want %d %s: %s", e.Status, e.Code, e.Message, status, code, message)
	}
	for _, secret := range []string{longTerm.SecretAccessKey(), session.SecretAccessKey(), session.SessionToken()} {
		if strings.Contains(fmt.Sprintf("%v %+v %s", err, err, e.Elements), secret) {
			t.Errorf("the error tells a secret: %v %v", err, e.Elements)
		}
	}
	return e
}

var bucketAndKey = []sigv4http.Condition{sigv4http.Exact("bucket", "photos"), sigv4http.StartsWith("key", "user/")}

func TestAPostedFormIsVerified(t *testing.T) {
	conditions := append(slices.Clone(bucketAndKey), sigv4http.LengthRange(1, 7), sigv4http.Exact("success_action_status", "201"),
		sigv4http.StartsWith("x-amz-meta-name", ""))
	fields := form(t, session, conditions, [2]string{"KEY", "user/${filename}"}, [2]string{"x-amz-meta-name", "of ${filename}"}, [2]string{"x-ignore-me", ""})
	caller, posted, file, err := upload(inBucket(t, "photos", postTime), postRequest(t, fields, `C:\Temp/dir\a b.txt`, "content", [2]string{"submit", "Upload"}))
	if err != nil || file != "content" {
		t.Fatalf("the file is %q, %v", file, err)
	}
	if posted.Get("key") != "user/a b.txt" || posted.Get("X-AMZ-Meta-Name") != "of a b.txt" || posted.FileName != "a b.txt" || posted.Get("submit") != "" {
		t.Errorf("the form is %+v", posted)
	}
	want := sigv4.Verified{AccessKeyID: session.AccessKeyID, SignedAt: postTime, ExpiresAt: postTime.Add(time.Hour),
		Payload: sigv4.UnsignedPayload(), Signature: fields[len(fields)-1][1]}
	if diff := cmp.Diff(want, *caller, cmp.Comparer(func(a, b sigv4.PayloadHash) bool { return a == b })); diff != "" {
		t.Errorf("Verified (-want +got):\n%s", diff)
	}
}

// TestTheDocumentedForm is that of "Example: Browser-Based Upload using HTTP POST".
func TestTheDocumentedForm(t *testing.T) {
	policies, err := testvectors.Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		bucket, fields := "sigv4examplebucket", [][2]string{{"x-amz-meta-uuid", "14365123651274"}, {"x-amz-server-side-encryption", "AES256"}}
		if p.Time == "20130806T000000Z" {
			bucket, fields = "examplebucket", [][2]string{{"x-amz-meta-uuid", "14365123651274"}}
		}
		when, err := time.Parse("20060102T150405Z", p.Time)
		if err != nil {
			t.Fatal(err)
		}
		v := inBucket(t, bucket, when.Add(time.Hour))
		v.Lookup = func(context.Context, string, string) (sigv4.Credentials, error) {
			return sigv4.NewCredentials(p.AccessKeyID, p.SecretAccessKey, ""), nil
		}
		fields = append(fields, [][2]string{{"key", "user/user1/${filename}"}, {"acl", "public-read"},
			{"success_action_redirect", "http://" + bucket + ".s3.amazonaws.com/successful_upload.html"},
			{"Content-Type", "image/jpeg"},
			{"X-Amz-Credential", p.AccessKeyID + "/" + p.Time[:8] + "/us-east-1/s3/aws4_request"}, {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
			{"X-Amz-Date", p.Time}, {"x-amz-meta-tag", ""}, {"Policy", p.PolicyBase64}, {"X-Amz-Signature", p.Signature}}...)
		_, posted, file, err := upload(v, postRequest(t, fields, "photo.jpg", "picture"))
		if err != nil || file != "picture" || posted.Get("key") != "user/user1/photo.jpg" {
			t.Errorf("%s = %q, %v", p.Name, file, err)
		}
	}
}

func TestAFormWithABadSignatureIsRefused(t *testing.T) {
	good := form(t, session, bucketAndKey, [2]string{"key", "user/a"})
	set := func(name, value string) [][2]string {
		fields := slices.Clone(good)
		for i := range fields {
			if fields[i][0] == name {
				fields[i][1] = value
				return fields
			}
		}
		t.Fatalf("the form has no %s", name)
		return nil
	}
	without := func(names ...string) [][2]string {
		return slices.DeleteFunc(slices.Clone(good), func(field [2]string) bool { return slices.Contains(names, field[0]) })
	}
	others := form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"})
	const missing = "Bucket POST must contain a field named '%s'.  If it is specified, please check the order of the fields."
	scope := func(s string) [][2]string { return set("X-Amz-Credential", s) }
	const expecting = `expecting "<YOUR-AKID>/20261124/us-east-1/s3/aws4_request".`
	for _, row := range []struct {
		name    string
		fields  [][2]string
		now     time.Time
		status  int
		code    string
		message string
	}{
		{"unsigned", [][2]string{{"key", "user/a"}}, postTime, 403, "AccessDenied", "Access Denied"},
		{"without algorithm", without("X-Amz-Algorithm"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Algorithm")},
		{"without algorithm and credential", without("X-Amz-Algorithm", "X-Amz-Credential"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Algorithm")},
		{"without credential", without("X-Amz-Credential"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Credential")},
		{"without date", without("X-Amz-Date"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Date")},
		{"without signature", without("X-Amz-Signature"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Signature")},
		{"without policy", without("Policy"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "Policy")},
		{"without key", without("key"), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "key")},
		{"empty signature", set("X-Amz-Signature", ""), postTime, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Signature")},
		{"a field twice", append(slices.Clone(good), [2]string{"key", "user/b"}), postTime, 400, "InvalidArgument", "only once"},
		{"a field twice, in another case", append(slices.Clone(good), [2]string{"X-AMZ-DATE", "20261124T120000Z"}), postTime, 400, "InvalidArgument", "only once"},
		{"date in another form", set("X-Amz-Date", "2026-11-24T12:00:00Z"), postTime, 400, "InvalidArgument", "X-Amz-Date must be formated via ISO8601 Long format"},
		{"date that is none", set("X-Amz-Date", "20261324T120000Z"), postTime, 400, "InvalidArgument", "ISO8601"},
		{"date with a fraction", set("X-Amz-Date", "20261124T120000.5Z"), postTime, 400, "InvalidArgument", "ISO8601"},
		{"another date of that day", set("X-Amz-Date", "20261124T120001Z"), postTime, 403, "AccessDenied", `["eq", "$x-amz-date", "20261124T120000Z"]`},
		{"a date of another day", set("X-Amz-Date", "20261123T120000Z"), postTime, 400, "InvalidArgument", `expecting "<YOUR-AKID>/20261123/`},
		{"a date before 1970", set("X-Amz-Date", "19000101T000000Z"), postTime, 403, "SignatureDoesNotMatch", ""},
		{"another algorithm", set("X-Amz-Algorithm", "AWS4-HMAC-SHA512"), postTime, 400, "InvalidArgument", "AWS4-HMAC-SHA256"},
		{"empty access key", scope("/20261124/us-east-1/s3/aws4_request"), postTime, 400, "InvalidArgument", "non-empty Access Key"},
		{"unknown access key", scope("AKIAUNKNOWN/20261124/us-east-1/s3/aws4_request"), postTime, 403, "InvalidAccessKeyId", "does not exist"},
		{"nothing but an access key", scope("ASIAEXAMPLE"), postTime, 400, "InvalidArgument", expecting},
		{"another region", scope("ASIAEXAMPLE/20261124/eu-west-1/s3/aws4_request"), postTime, 400, "InvalidArgument", "the region 'eu-west-1' is wrong; expecting 'us-east-1'"},
		{"another service", scope("ASIAEXAMPLE/20261124/us-east-1/sts/aws4_request"), postTime, 400, "InvalidArgument", expecting},
		{"another terminator", scope("ASIAEXAMPLE/20261124/us-east-1/s3/aws5_request"), postTime, 400, "InvalidArgument", expecting},
		{"something behind the scope", scope("ASIAEXAMPLE/20261124/us-east-1/s3/aws4_request/"), postTime, 400, "InvalidArgument", expecting},
		{"without token", without("X-Amz-Security-Token"), postTime, 400, "InvalidToken", ""},
		{"another token", set("X-Amz-Security-Token", "another"), postTime, 400, "InvalidToken", ""},
		{"a token too many", append(slices.Clone(others), [2]string{"x-amz-security-token", "a"}), postTime, 400, "InvalidToken", ""},
		{"another signature", set("X-Amz-Signature", strings.Repeat("0", 64)), postTime, 403, "SignatureDoesNotMatch", "Check your key"},
		{"the signature in upper case", set("X-Amz-Signature", strings.ToUpper(good[len(good)-1][1])), postTime, 403, "SignatureDoesNotMatch", ""},
		{"a short signature", set("X-Amz-Signature", good[len(good)-1][1][:63]), postTime, 403, "SignatureDoesNotMatch", ""},
		{"another policy", set("Policy", "e30="), postTime, 403, "SignatureDoesNotMatch", ""},
		{"half a policy", set("Policy", good[1][1][:len(good[1][1])-2]), postTime, 403, "SignatureDoesNotMatch", ""},
		{"a policy that is no base64", set("Policy", "{}"), postTime, 403, "SignatureDoesNotMatch", ""},
		{"fourteen minutes in the future", good, postTime.Add(-14 * time.Minute), 0, "", ""},
		{"sixteen minutes in the future", good, postTime.Add(-16 * time.Minute), 403, "AccessDenied", "Request is not valid yet"},
		{"at its end", good, postTime.Add(time.Hour), 0, "", ""},
		{"after the session has ended", good, postTime.Add(time.Hour + time.Second), 400, "ExpiredToken", ""},
		{"after its end", others, postTime.Add(time.Hour + time.Second), 403, "AccessDenied", "Invalid according to Policy: Policy expired."},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, _, err := upload(inBucket(t, "photos", row.now), postRequest(t, row.fields, "a", "content"))
			if row.code == "" {
				if err != nil {
					t.Errorf("Verify = %v, want the form accepted", err)
				}
				return
			}
			e := isRefusal(t, err, row.status, row.code, row.message)
			switch got := fmt.Sprint(e.Elements); {
			case row.code == "SignatureDoesNotMatch" && (!strings.Contains(got, "[StringToSignBytes ") || strings.Contains(got, "CanonicalRequest")):
				t.Errorf("the elements are %s, want those of a form", got)
			case row.code == "InvalidArgument" && !strings.HasPrefix(got, "[[ArgumentName "):
				t.Errorf("the elements are %s, want ArgumentName first", got)
			}
		})
	}
}

func TestAPolicyIsReadStrictly(t *testing.T) {
	const (
		end    = `"expiration":"2026-11-24T13:00:00.000Z"`
		needed = `{"bucket":"photos"},["starts-with","$key",""],["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]`
	)
	with := func(conditions string) string {
		return `{` + end + `,"conditions":[` + needed + `,` + conditions + `]}`
	}
	for _, row := range []struct {
		name, policy, message string
	}{
		{"plain", with(`{"x-amz-meta-a":"b"}`), ""},
		{"upper case where it does not matter", with(`["EQ","$X-Amz-Meta-A","b"]`), ""},
		{"expiration without a fraction", strings.Replace(with(`{"x-amz-meta-a":"b"}`), ".000Z", "Z", 1), ""},
		{"lengths as strings", with(`{"x-amz-meta-a":"b"},["content-length-range","0","10"]`), ""},
		{"no JSON", `{`, "Invalid JSON."},
		{"a trailing comma", with(`{"x-amz-meta-a":"b"},`), "Invalid JSON."},
		{"JSON behind it", with(`{"x-amz-meta-a":"b"}`) + "{}", "Invalid JSON."},
		{"a list", `[]`, "Invalid JSON."},
		{"null", `null`, "Policy missing expiration."},
		{"no expiration", `{"conditions":[]}`, "Policy missing expiration."},
		{"expiration in upper case", `{"EXPIRATION":"2026-11-24T13:00:00Z","conditions":[]}`, "Unexpected: 'EXPIRATION'"},
		{"no conditions", `{` + end + `}`, "Policy missing conditions."},
		{"something else", `{` + end + `,"conditions":[],"Version":"2012-10-17"}`, "Unexpected: 'Version'"},
		{"conditions that are no list", `{` + end + `,"conditions":{}}`, "Invalid 'conditions' value: must be a List."},
		{"conditions that are null", `{` + end + `,"conditions":null}`, "Invalid 'conditions' value: must be a List."},
		{"expiration that is no string", `{"expiration":1,"conditions":[]}`, "Invalid JSON."},
		{"expiration that is null", `{"expiration":null,"conditions":[]}`, "Invalid JSON."},
		{"expiration with an offset", `{"expiration":"2026-11-24T13:00:00+00:00","conditions":[]}`, "Invalid 'expiration' value: '2026-11-24T13:00:00+00:00'"},
		{"expiration with a blank", `{"expiration":"2026-11-24 13:00:00Z","conditions":[]}`, "Invalid 'expiration' value"},
		{"two simple conditions in one", with(`{"a":"b","c":"d"}`), "Simple-Conditions must have exactly one property specified."},
		{"no simple condition", with(`{}`), "Simple-Conditions must have exactly one property specified."},
		{"simple condition with a number", with(`{"Content-Length":6199034}`), "Invalid Simple-Condition: value must be a string."},
		{"simple condition with null", with(`{"a":null}`), "Invalid Simple-Condition: value must be a string."},
		{"condition that is a string", with(`"a"`), "Invalid condition test: must be a List or Object."},
		{"condition that is null", with(`null`), "Invalid condition test: must be a List or Object."},
		{"empty condition", with(`[]`), "Invalid Condition: missing operation identifier."},
		{"unknown operation", with(`["contains","$key","a"]`), "Invalid Condition: unknown operation 'contains'."},
		{"operation that is no string", with(`[1,"$key","a"]`), "Invalid JSON."},
		{"too few arguments", with(`["eq","$key"]`), "Invalid eq: wrong number of arguments."},
		{"too many arguments", with(`["content-length-range",1,2,3]`), "Invalid content-length-range: wrong number of arguments."},
		{"field that is no string", with(`["eq",false,"a"]`), "Invalid JSON."},
		{"value that is no string", with(`["eq","$key",null]`), "Invalid JSON."},
		{"negative length", with(`["content-length-range",-1,10]`), "two lengths are expected"},
		{"length with a fraction", with(`["content-length-range",0,512.0]`), "two lengths are expected"},
		{"length out of range", with(`["content-length-range",0,9223372036854775808]`), "two lengths are expected"},
		{"length that is null", with(`["content-length-range",null,1]`), "two lengths are expected"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, _, err := upload(inBucket(t, "photos", postTime), postRequest(t, rawForm(t, row.policy, [2]string{"key", "k"}, [2]string{"x-amz-meta-a", "b"}), "a", "content"))
			if row.message != "" {
				e := isRefusal(t, err, 400, "InvalidPolicyDocument", row.message)
				if !strings.HasPrefix(e.Message, "Invalid Policy: ") {
					t.Errorf("the message is %q", e.Message)
				}
			} else if err != nil {
				t.Errorf("Verify = %v, want the policy accepted", err)
			}
		})
	}
}

func TestAPolicyEndsWithItsSignature(t *testing.T) {
	policy := `{"expiration":"2027-11-24T12:00:00Z","conditions":[{"bucket":"photos"},{"key":"k"},["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]]}`
	fields := rawForm(t, policy, [2]string{"key", "k"})
	caller, _, _, err := upload(inBucket(t, "photos", postTime.Add(sigv4.MaxExpires)), postRequest(t, fields, "a", ""))
	if err != nil || !caller.ExpiresAt.Equal(postTime.Add(sigv4.MaxExpires)) {
		t.Fatalf("after seven days = %+v, %v, want the form accepted for the last time", caller, err)
	}
	_, _, _, err = upload(inBucket(t, "photos", postTime.Add(sigv4.MaxExpires+time.Second)), postRequest(t, fields, "a", ""))
	isRefusal(t, err, 403, "AccessDenied", "Policy expired.")
}

func TestAFormIsHeldAgainstItsPolicy(t *testing.T) {
	own := `["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]`
	for _, row := range []struct {
		name, bucket, conditions string
		fields                   [][2]string
		message                  string
	}{
		{"exact", "photos", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"key", "k"}}, ""},
		{"another key", "photos", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"key", "K"}}, `Policy Condition failed: ["eq", "$key", "k"]`},
		{"another bucket", "private", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"key", "k"}}, `Policy Condition failed: ["eq", "$bucket", "photos"]`},
		{"another bucket, but the right one in a field", "private", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"bucket", "photos"}, {"key", "k"}}, `["eq", "$bucket", "photos"]`},
		{"the right bucket, but another in a field", "photos", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"bucket", "private"}, {"key", "k"}}, ""},
		{"buckets by prefix", "photos", `["starts-with","$bucket","pho"],{"key":"k"}`, [][2]string{{"key", "k"}}, ""},
		{"no condition for the bucket", "photos", `{"key":"k"}`, [][2]string{{"key", "k"}}, "Extra input fields: bucket"},
		{"no condition for the key", "photos", `{"bucket":"photos"}`, [][2]string{{"key", "k"}}, "Extra input fields: key"},
		{"field without a condition", "photos", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"key", "k"}, {"Acl", "private"}}, "Extra input fields: Acl"},
		{"field that is to be ignored", "photos", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"key", "k"}, {"X-Ignore-a", "b"}}, ""},
		{"field that looks like one to be ignored", "photos", `{"bucket":"photos"},{"key":"k"}`, [][2]string{{"key", "k"}, {"x-ignored", "b"}}, "Extra input fields: x-ignored"},
		{"field that is not there", "photos", `{"bucket":"photos"},{"key":"k"},{"acl":"private"}`, [][2]string{{"key", "k"}}, `["eq", "$acl", "private"]`},
		{"field of any value that is not there", "photos", `{"bucket":"photos"},{"key":"k"},["starts-with","$acl",""]`, [][2]string{{"key", "k"}}, `["starts-with", "$acl", ""]`},
		{"empty field that is not there", "photos", `{"bucket":"photos"},{"key":"k"},{"acl":""}`, [][2]string{{"key", "k"}}, `["eq", "$acl", ""]`},
		{"empty field", "photos", `{"bucket":"photos"},{"key":"k"},{"acl":""}`, [][2]string{{"key", "k"}, {"acl", ""}}, ""},
		{"condition without a dollar sign", "photos", `{"bucket":"photos"},["eq","key","k"]`, [][2]string{{"key", "k"}}, `["eq", "key", "k"]`},
		{"prefix", "photos", `{"bucket":"photos"},["starts-with","$KEY","user/"]`, [][2]string{{"key", "user/"}}, ""},
		{"another prefix", "photos", `{"bucket":"photos"},["starts-with","$key","user/"]`, [][2]string{{"key", "User/a"}}, `["starts-with", "$key", "user/"]`},
		{"prefix that the file's name completes", "photos", `{"bucket":"photos"},["starts-with","$key","user/na"]`, [][2]string{{"key", "user/${filename}"}}, ""},
		{"file name that leaves the prefix", "photos", `{"bucket":"photos"},["starts-with","$key","user/"]`, [][2]string{{"key", "${filename}"}}, `["starts-with", "$key", "user/"]`},
		{"two conditions, one holds", "photos", `{"bucket":"photos"},["starts-with","$key","a"],["starts-with","$key","ab"]`, [][2]string{{"key", "ac"}}, `["starts-with", "$key", "ab"]`},
		{"quoted value", "photos", `{"bucket":"photos"},{"key":"a\"b"}`, [][2]string{{"key", "k"}}, `["eq", "$key", "a\"b"]`},
		{"list of types", "photos", `{"bucket":"photos"},{"key":"k"},["starts-with","$Content-Type","image/"]`, [][2]string{{"key", "k"}, {"content-type", "image/jpg,image/png, image/gif"}}, ""},
		{"list of types, one another", "photos", `{"bucket":"photos"},{"key":"k"},["starts-with","$content-type","image/"]`, [][2]string{{"key", "k"}, {"Content-Type", "image/jpg,text/plain"}}, `["starts-with", "$content-type", "image/"]`},
		{"list of types that ends with a comma", "photos", `{"bucket":"photos"},{"key":"k"},["starts-with","$content-type","image/"]`, [][2]string{{"key", "k"}, {"Content-Type", "image/jpg,"}}, `["starts-with", "$content-type", "image/"]`},
		{"exact list of types", "photos", `{"bucket":"photos"},{"key":"k"},{"Content-Type":"image/jpg,text/plain"}`, [][2]string{{"key", "k"}, {"Content-Type", "image/jpg,text/plain"}}, ""},
		{"commas elsewhere", "photos", `{"bucket":"photos"},{"key":"k"},["starts-with","$x-amz-meta-a","image/"]`, [][2]string{{"key", "k"}, {"x-amz-meta-a", "image/jpg,text/plain"}}, ""},
		{"token that the policy does not have", "photos", `{"bucket":"photos"},{"key":"k"},{"x-amz-security-token":"a/session/token"}`, [][2]string{{"key", "k"}}, `["eq", "$x-amz-security-token", "[redacted]"]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			policy := `{"expiration":"2026-11-24T13:00:00Z","conditions":[` + row.conditions + `,` + own + `]}`
			_, _, _, err := upload(inBucket(t, row.bucket, postTime), postRequest(t, rawForm(t, policy, row.fields...), "name", "content"))
			if row.message != "" {
				e := isRefusal(t, err, 403, "AccessDenied", row.message)
				if !strings.HasPrefix(e.Message, "Invalid according to Policy: "+strings.Split(row.message, "[")[0]) {
					t.Errorf("the message is %q", e.Message)
				}
			} else if err != nil {
				t.Errorf("Verify = %v, want the form accepted", err)
			}
		})
	}
}

func TestAFilesLengthIsBounded(t *testing.T) {
	for _, row := range []struct {
		ranges  []sigv4http.Condition
		length  int
		code    string
		element [2]string
	}{
		{nil, 0, "", [2]string{}},
		{nil, 1 << 20, "", [2]string{}},
		{[]sigv4http.Condition{sigv4http.LengthRange(5, 10)}, 4, "EntityTooSmall", [2]string{"MinSizeAllowed", "5"}},
		{[]sigv4http.Condition{sigv4http.LengthRange(5, 10)}, 5, "", [2]string{}},
		{[]sigv4http.Condition{sigv4http.LengthRange(5, 10)}, 10, "", [2]string{}},
		{[]sigv4http.Condition{sigv4http.LengthRange(5, 10)}, 11, "EntityTooLarge", [2]string{"MaxSizeAllowed", "10"}},
		{[]sigv4http.Condition{sigv4http.LengthRange(5, 10)}, 1 << 20, "EntityTooLarge", [2]string{"MaxSizeAllowed", "10"}},
		{[]sigv4http.Condition{sigv4http.LengthRange(0, 0)}, 0, "", [2]string{}},
		{[]sigv4http.Condition{sigv4http.LengthRange(0, 0)}, 1, "EntityTooLarge", [2]string{"MaxSizeAllowed", "0"}},
		{[]sigv4http.Condition{sigv4http.LengthRange(1, 20), sigv4http.LengthRange(0, 10)}, 0, "EntityTooSmall", [2]string{"MinSizeAllowed", "1"}},
		{[]sigv4http.Condition{sigv4http.LengthRange(1, 20), sigv4http.LengthRange(0, 10)}, 11, "EntityTooLarge", [2]string{"MaxSizeAllowed", "10"}},
		{[]sigv4http.Condition{sigv4http.LengthRange(5, 9), sigv4http.LengthRange(2, 3)}, 4, "EntityTooLarge", [2]string{"MaxSizeAllowed", "3"}},
	} {
		t.Run(fmt.Sprint(row.ranges, row.length), func(t *testing.T) {
			content := strings.Repeat("x", row.length)
			fields := form(t, longTerm, append(slices.Clone(bucketAndKey), row.ranges...), [2]string{"key", "user/a"})
			_, _, file, err := upload(inBucket(t, "photos", postTime), postRequest(t, fields, "a", content))
			if row.code == "" {
				if err != nil || file != content {
					t.Errorf("the file has %d bytes, %v, want %d", len(file), err, row.length)
				}
				return
			}
			if e := isRefusal(t, err, 400, row.code, "Your proposed upload"); !slices.Contains(e.Elements, row.element) {
				t.Errorf("the elements are %q, want %q among them", e.Elements, row.element)
			}
		})
	}
}

// TestAFilesNameIsNoBomb: in all the places that a form has for it, a long name
// would be many times what was sent.
func TestAFilesNameIsNoBomb(t *testing.T) {
	for _, row := range []struct {
		places, length int
		code           string
	}{
		{1, 1000, ""},
		{18, 1000, ""},
		{19, 1100, "MaxPostPreDataLengthExceededError"},
		{1000, 5000, "MaxPostPreDataLengthExceededError"},
	} {
		name := strings.Repeat("n", row.length)
		fields := [][2]string{{"key", "user/" + strings.Repeat("${filename}", row.places)}, {"other", "${filename}"}}
		got, err := sigv4http.ReadPostedForm(postRequest(t, fields, name, "content"))
		switch {
		case row.code != "":
			isRefusal(t, err, 400, row.code, "")
		case err != nil:
			t.Errorf("a name of %d bytes in %d places: %v", row.length, row.places, err)
		case got.Get("key") != "user/"+strings.Repeat(name, row.places) || got.Get("other") != name:
			t.Errorf("a name of %d bytes in %d places is not filled in", row.length, row.places)
		}
	}
}

func TestMalformedForms(t *testing.T) {
	fields := form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"})
	good := func() (string, string) {
		req := postRequest(t, fields, "a", "content")
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		return req.Header.Get("Content-Type"), string(body)
	}
	const malformed = "The body of your POST request is not well-formed multipart/form-data."
	for _, row := range []struct {
		name   string
		change func(contentType, body string) (string, string)
		status int
		code   string
		text   string
	}{
		{"no boundary", func(_, b string) (string, string) { return "multipart/form-data", b }, 400, "MalformedPOSTRequest", malformed},
		{"an empty boundary", func(_, b string) (string, string) { return `multipart/form-data; boundary=""`, b }, 400, "MalformedPOSTRequest", malformed},
		{"a boundary twice", func(c, b string) (string, string) { return c + "; boundary=twice", b }, 412, "PreconditionFailed", ""},
		{"another boundary", func(_, b string) (string, string) { return "multipart/form-data; boundary=other", b }, 400, "MalformedPOSTRequest", malformed},
		{"empty", func(c, _ string) (string, string) { return c, "" }, 400, "MalformedPOSTRequest", malformed},
		{"cut in a field", func(c, b string) (string, string) { return c, b[:strings.Index(b, "user/a")+3] }, 400, "MalformedPOSTRequest", malformed},
		{"cut in the file", func(c, b string) (string, string) { return c, b[:strings.Index(b, "content")+3] }, 400, "MalformedPOSTRequest", malformed},
		{"a part without a name", func(c, b string) (string, string) { return c, strings.Replace(b, `name="key"`, `title="key"`, 1) }, 400, "MalformedPOSTRequest", malformed},
		{"a part that is no form's", func(c, b string) (string, string) {
			return c, strings.Replace(b, `form-data; name="key"`, `attachment; name="key"`, 1)
		}, 400, "MalformedPOSTRequest", malformed},
		{"a part without a disposition", func(c, b string) (string, string) {
			return c, strings.Replace(b, "Content-Disposition", "Content-Position", 1)
		}, 400, "MalformedPOSTRequest", malformed},
		{"no file", func(c, b string) (string, string) { return c, strings.Replace(b, `name="file"`, `name="files"`, 1) }, 400, "InvalidArgument", "POST requires exactly one file upload per request."},
		{"fields behind the file", func(c, b string) (string, string) {
			boundary := b[:strings.Index(b, "\r\n")]
			file := b[strings.Index(b, boundary+"\r\nContent-Disposition: form-data; name=\"file\"") : len(b)-len(boundary)-len("--\r\n")]
			return c, file + b
		}, 403, "AccessDenied", "Access Denied"},
		{"one field of 21 KiB", func(c, b string) (string, string) {
			return c, strings.Replace(b, "user/a", "user/"+strings.Repeat("a", 21<<10), 1)
		}, 400, "MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file were too large."},
		{"a part's head of a MiB", func(c, b string) (string, string) {
			return c, strings.Replace(b, `name="key"`, `name="key"; x="`+strings.Repeat("a", 1<<20)+`"`, 1)
		}, 400, "MaxPostPreDataLengthExceededError", ""},
		{"a MiB before the form", func(c, b string) (string, string) { return c, strings.Repeat("a\r\n", 1<<19) + b }, 400, "MaxPostPreDataLengthExceededError", ""},
		{"1000 fields", func(c, b string) (string, string) {
			boundary := b[:strings.Index(b, "\r\n")]
			return c, strings.Repeat(boundary+"\r\nContent-Disposition: form-data; name=\"x-ignore-a\"\r\n\r\n1\r\n", 1000) + b
		}, 400, "MaxPostPreDataLengthExceededError", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			contentType, body := row.change(good())
			req := httptest.NewRequest(http.MethodPost, "http://photos.s3.amazonaws.com/", strings.NewReader(body))
			req.Header.Set("Content-Type", contentType)
			_, _, _, err := upload(inBucket(t, "photos", postTime), req)
			isRefusal(t, err, row.status, row.code, row.text)
		})
	}
	t.Run("fields of 20 KiB in all but", func(t *testing.T) {
		long := append(slices.Clone(fields), [2]string{"x-ignore-a", strings.Repeat("a", 17<<10)})
		if _, _, file, err := upload(inBucket(t, "photos", postTime), postRequest(t, long, "a", "content")); err != nil || file != "content" {
			t.Errorf("the file is %q, %v", file, err)
		}
	})
	t.Run("not a form", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
		_, err := sigv4http.ReadPostedForm(req)
		isRefusal(t, err, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	})
}

// FuzzPostedForm: no form is accepted but the signed one, whatever is changed in
// it, and none makes the verifier panic.
func FuzzPostedForm(f *testing.F) {
	conditions := append(slices.Clone(bucketAndKey), sigv4http.Exact("acl", "private"), sigv4http.LengthRange(7, 7))
	signed := form(f, longTerm, conditions, [2]string{"key", "user/a"})
	good := postRequest(f, signed, "a", "content")
	body, err := io.ReadAll(good.Body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, "")
	f.Add(200, "x")
	f.Add(len(body)-2, "\r\n")
	f.Fuzz(func(t *testing.T, at int, with string) {
		if at < 0 || at > len(body) {
			return
		}
		changed := string(body[:at]) + with + string(body[min(len(body), at+len(with)):])
		req := httptest.NewRequest(http.MethodPost, "http://photos.s3.amazonaws.com/", strings.NewReader(changed))
		req.Header = good.Header
		_, posted, file, err := upload(inBucket(t, "photos", postTime), req)
		if err != nil {
			var e *sigv4http.Refusal
			if !errors.As(err, &e) {
				t.Errorf("the error is %v (%T), want a Refusal", err, err)
			}
			return
		}
		if len(file) != 7 || !strings.HasPrefix(posted.Get("key"), "user/") || posted.Get("acl") != "private" || posted.Get("policy") != signed[2][1] {
			t.Errorf("a form was accepted that is not as its policy wants it: %q, %q", posted.Fields, file)
		}
	})
}

// FuzzPolicy: no policy makes the verifier panic, and none lets in what it does
// not name.
func FuzzPolicy(f *testing.F) {
	f.Add(`{"expiration":"2026-11-24T13:00:00Z","conditions":[{"bucket":"photos"},["eq","$key","k"],["content-length-range",0,10]]}`)
	f.Add(`{"conditions":[[],{},null,[1],["eq"],["starts-with","","",""]],"expiration":""}`)
	f.Add("")
	f.Fuzz(func(t *testing.T, policy string) {
		if policy == "" {
			return
		}
		posted := &sigv4http.PostedForm{Fields: rawForm(t, policy, [2]string{"key", "k"}), File: strings.NewReader("")}
		signer := inBucket(t, "", postTime).Signer
		_, err := posted.Verify(t.Context(), signer, "photos", knownKeys, postTime)
		var v *sigv4.VerifyError
		if err != nil && !errors.As(err, &v) {
			t.Errorf("the error is %v (%T), want a VerifyError", err, err)
		}
		if err == nil && !(strings.Contains(policy, "photos") || strings.Contains(policy, "bucket") || strings.Contains(policy, `\u`)) {
			t.Errorf("the policy %q lets a form in and names no bucket", policy)
		}
	})
}
