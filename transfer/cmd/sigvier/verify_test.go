package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4/oracle"
)

// capture signs a request and writes it down as it is sent.
func capture(t *testing.T, changes ...any) string {
	t.Helper()
	r := aRequest(changes...)
	got := signOne(t, r)
	if got.URL != "" {
		return got.URL
	}
	_, target, _ := strings.Cut(strings.TrimPrefix(r["url"].(string), "https://"), "/")
	text := r["method"].(string) + " /" + target + " HTTP/1.1\r\n"
	for _, h := range got.Headers {
		text += h[0] + ": " + h[1] + "\r\n"
	}
	return text + "\r\n"
}

// account is a shell whose environment has the credentials of aRequest.
func account(more ...string) shell {
	return shell{env: map[string]string{"AWS_ACCESS_KEY_ID": signKeyID, "AWS_SECRET_ACCESS_KEY": signSecret}}.with(more...)
}

func (s shell) reading(t *testing.T, text string) shell {
	t.Helper()
	s.stdin = input(t, text)
	return s
}

func TestVerifySaysThatASignatureIsValid(t *testing.T) {
	header, query := capture(t), capture(t, "service", "s3", "mode", "query", "expires", 60)
	for name, test := range map[string]struct {
		text, want string
	}{
		"header form": {header, "valid: signed by AKIDSIGN for iam in us-east-1 at 2015-08-30T12:36:00Z in the header form, with the headers host, x-amz-date; the body is the one that was signed\n"},
		"query form":  {query, "valid: signed by AKIDSIGN for s3 in us-east-1 at 2015-08-30T12:36:00Z in the query form, with the headers host; good until 2015-08-30T12:37:00Z; the body is not signed (UNSIGNED-PAYLOAD)\n"},
		"body left out": {capture(t, "service", "s3", "method", "PUT", "body_base64", "aGVsbG8="),
			"valid: signed by AKIDSIGN for s3 in us-east-1 at 2015-08-30T12:36:00Z in the header form, with the headers host, x-amz-content-sha256, x-amz-date; the body was not there to be held against its hash\n"},
		"curl": {"curl '" + query + "'", "in the query form"},
	} {
		t.Run(name, func(t *testing.T) {
			file := writeFile(t, t.TempDir(), "request", test.text)
			for _, args := range [][]string{{file}, {"-"}, {}, {"--service", "s3", "-"}} {
				if len(args) == 3 && !strings.Contains(test.want, "for s3") {
					continue
				}
				args = append([]string{"verify", "--time", signTime}, args...)
				account().reading(t, test.text).run(t, args...).want(t, exitDone, test.want)
			}
			account().reading(t, test.text).run(t, "verify", "--time=2015-08-30T14:36:00+02:00").want(t, exitDone, test.want)
		})
	}
}

func TestVerifyNamesTheCheckThatFailed(t *testing.T) {
	good := capture(t, "headers", [][]string{{"X-Amz-Meta-A", "1"}})
	for _, test := range []struct {
		name, old, new string
		args           []string
		shell          shell
		texts          []string
	}{
		{"an altered header", "Meta-A: 1", "Meta-A: 2", nil, account(), []string{"not valid: ", "SignatureDoesNotMatch: The request signature we calculated"}},
		{"no signature", "Authorization:", "X-Authorization:", nil, account(), []string{"AccessDenied: Access Denied: the request is not signed"}},
		{"another region", "", "", []string{"--region", "eu-west-1"}, account(), []string{"AuthorizationHeaderMalformed", `expecting "eu-west-1"`}},
		{"another service", "", "", []string{"--service", "sts"}, account(), []string{"AuthorizationHeaderMalformed", `expecting "sts"`}},
		{"another time", "", "", []string{"--time", "20150830T130000Z"}, account(), []string{"RequestTimeTooSkewed", "(--time 20150830T123600Z verifies it as of when it was signed)"}},
		{"another access key", "", "", nil, account("AWS_ACCESS_KEY_ID=AKIDOTHER"), []string{"InvalidAccessKeyId"}},
		{"another secret", "", "", nil, account("AWS_SECRET_ACCESS_KEY=another-secret"), []string{"SignatureDoesNotMatch"}},
		{"a session that did not sign", "", "", nil, account("AWS_SESSION_TOKEN=" + signToken), []string{"InvalidToken"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(good, test.old, test.new, 1)
			args := append([]string{"verify", "--time", signTime}, test.args...)
			r := test.shell.reading(t, text).run(t, args...)
			r.want(t, exitDenied, test.texts...)

			r = test.shell.reading(t, text).run(t, append(args, "--json")...)
			var got verdict
			if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || strings.Count(r.stdout, "\n") != 1 {
				t.Fatalf("--json gives %q: %v", r.stdout, err)
			}
			if got.Valid || r.code != exitDenied || r.stderr != "" || got.Status < 400 || !strings.Contains(test.texts[0]+test.texts[len(test.texts)-1]+strings.Join(test.texts, " "), got.Code) {
				t.Errorf("--json gives %+v, exit code %d, stderr %q", got, r.code, r.stderr)
			}
			for _, private := range []string{signSecret, signToken} {
				if strings.Contains(r.stdout, private) {
					t.Errorf("the output holds %q", private)
				}
			}
		})
	}
}

func TestVerifyOfAnExpiredURL(t *testing.T) {
	text := capture(t, "service", "s3", "mode", "query", "expires", 60)
	account().reading(t, text).run(t, "verify").want(t, exitDenied, "AccessDenied: Request has expired (--time 20150830T123600Z verifies it")
	account().reading(t, text).run(t, "verify", "--time", "20150830T120000Z").want(t, exitDenied, "AccessDenied: Request is not valid yet (--time")
}

func TestVerifyAsJSON(t *testing.T) {
	text := capture(t, "token", signToken, "headers", [][]string{{"X-A", "1"}})
	for _, s := range []shell{account(), account("AWS_SESSION_TOKEN=" + signToken), account("AWS_ACCESS_KEY_ID=")} {
		r := s.reading(t, text).run(t, "verify", "--json", "--time", signTime)
		const want = `{"valid":true,"form":"header","access_key_id":"AKIDSIGN","region":"us-east-1","service":"iam","signed_at":"2015-08-30T12:36:00Z",` +
			`"signed_headers":["host","x-a","x-amz-date","x-amz-security-token"],"payload_hash":"` + emptySHA256 + `","body_verified":true}` + "\n"
		if diff := cmp.Diff(result{stdout: want}, r, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	r := account("AWS_SECRET_ACCESS_KEY=another-secret").reading(t, text).run(t, "verify", "--json", "--time", signTime)
	if got := objects(t, r.stdout); len(got) != 1 || !strings.Contains(got[0]["canonical_request"].(string), "\nx-amz-security-token:[21 characters, SHA-256 ") || !strings.Contains(got[0]["string_to_sign"].(string), "/iam/aws4_request") {
		t.Errorf("--json gives %s, want both texts, with a short hash for the token", r.stdout)
	}
}

// Of the JSON and of a curl command line, the secret that is there counts.
func TestVerifyTakesTheSecretOfTheRequest(t *testing.T) {
	text := `{"secret":"` + signSecret + `","url":"` + capture(t, "service", "s3", "mode", "query", "expires", 60) + `"}`
	for _, s := range []shell{{}, account("AWS_SECRET_ACCESS_KEY=another-secret", "AWS_ACCESS_KEY_ID=AKIDOTHER")} {
		s.reading(t, text).run(t, "verify", "--time", signTime).want(t, exitDone, "valid: ")
	}
}

func TestVerifyNeedsARequestAndASecret(t *testing.T) {
	shell{}.reading(t, capture(t)).run(t, "verify", "--time", signTime).want(t, exitDenied, "the secret access key is not known: set AWS_SECRET_ACCESS_KEY")
	account().reading(t, "").run(t, "verify").want(t, exitFailed, "the request: it is empty")
	account().reading(t, "hello").run(t, "verify").want(t, exitFailed, "the request, line 1: it looks like nothing that is known")
	account().run(t, "verify", filepath.Join(t.TempDir(), "none")).want(t, exitFailed, "none")
	account().run(t, "verify", t.TempDir()).want(t, exitFailed, "reading the request: ")
	account().run(t, "verify", "--time", "yesterday").want(t, exitUsage, "--time yesterday: 20150830T123600Z or 2015-08-30T12:36:00Z is expected")
	f := input(t, "")
	if err := os.Truncate(f.Name(), oracle.MaxInput+1); err != nil {
		t.Fatal(err)
	}
	shell{stdin: f}.run(t, "verify").want(t, exitFailed, "the request: it is longer than 64 MiB")
}

// What "sigvier sign" gives for each published case, "sigvier verify" accepts.
func TestWhatSignSignsVerifyAccepts(t *testing.T) {
	for _, v := range published(t) {
		t.Run(v.request["name"].(string), func(t *testing.T) {
			got := signOne(t, v.request)
			again := maps.Clone(v.request)
			for _, name := range []string{"service", "region", "access_key", "time", "mode", "expires"} {
				delete(again, name)
			}
			again["headers"] = got.Headers
			if v.query {
				again["url"], again["headers"] = got.URL, v.request["headers"]
			}
			shell{}.reading(t, again.line(t)).run(t, "verify", "--time", v.c.Time).want(t, exitDone, "valid: signed by "+v.c.AccessKeyID)
		})
	}
}
