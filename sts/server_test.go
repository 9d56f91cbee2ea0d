package sts_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// What the tests stand on: an STS that checks the signature, or that there is
// none where there must be none, keeps the form and answers as it is told.

const (
	accessKeyID  = "AKIDEXAMPLE"
	secret       = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	sessionKeyID = "ASIAIOSFODNN7EXAMPLE"
	sessionKey   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"
	sessionToken = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
	roleARN      = "arn:aws:iam::123456789012:role/demo"
)

var base = sigv4.NewCredentials(accessKeyID, secret, "")

func lookup(context.Context, string, string) (sigv4.Credentials, error) { return base, nil }

// assumeRoleResponse is the sample of the API Reference, "AssumeRole", shortened.
const assumeRoleResponse = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <SourceIdentity>DevUser123</SourceIdentity>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/demo/TestAR</Arn>
      <AssumedRoleId>ARO123EXAMPLE123:TestAR</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>` + sessionKeyID + `</AccessKeyId>
      <SecretAccessKey>` + sessionKey + `</SecretAccessKey>
      <SessionToken>
` + sessionToken + `
      </SessionToken>
      <Expiration>2019-11-09T13:34:41Z</Expiration>
    </Credentials>
    <PackedPolicySize>6</PackedPolicySize>
  </AssumeRoleResult>
  <ResponseMetadata>
    <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>
  </ResponseMetadata>
</AssumeRoleResponse>`

// answerOf is the assumed role's answer as that of another operation.
func answerOf(operation, more string) string {
	s := strings.ReplaceAll(assumeRoleResponse, "AssumeRole", operation)
	return strings.Replace(s, "<PackedPolicySize>", more+"<PackedPolicySize>", 1)
}

// sessions are n answers, each with credentials of its own: sessionKeyID and a
// number from 1.
func sessions(body string, n int) []answer {
	answers := make([]answer, n)
	for i := range answers {
		answers[i] = answer{200, strings.Replace(body, sessionKeyID, fmt.Sprint(sessionKeyID, i+1), 1)}
	}
	return answers
}

// server is the STS.
type server struct {
	*httptest.Server

	mu    sync.Mutex
	forms []url.Values
}

// newServer starts an STS that gives the answers in turn, the last one again and
// again.
func newServer(t *testing.T, answers ...answer) *server {
	t.Helper()
	signer, err := sigv4.NewSigner("sts", "eu-central-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		if form.Get("Action") == "AssumeRoleWithWebIdentity" {
			for name := range r.Header {
				if name == "Authorization" || strings.HasPrefix(name, "X-Amz-") {
					t.Errorf("the request has %s: %q, want it unsigned", name, r.Header[name])
				}
			}
		} else if _, err := signer.Verify(r, lookup, sigv4.PayloadOf(body), time.Now()); err != nil {
			t.Errorf("the signature does not verify: %v", err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded; charset=utf-8" {
			t.Errorf("got %s %s of type %s, want a form posted to /", r.Method, r.URL, r.Header.Get("Content-Type"))
		}
		s.mu.Lock()
		s.forms = append(s.forms, form)
		a := answers[min(len(s.forms), len(answers))-1]
		s.mu.Unlock()
		w.Header().Set("X-Amzn-Requestid", "request-1")
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) client() *sts.Client {
	return &sts.Client{Region: "eu-central-1", Endpoint: s.URL, Provider: base}
}

type answer struct {
	status int
	body   string
}

func refusal(status int, code string) answer {
	return answer{status, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` +
		code + `</Code><Message>because</Message></Error><RequestId>request-2</RequestId></ErrorResponse>`}
}

var role = sts.AssumeRoleInput{RoleARN: roleARN, SessionName: "TestAR"}

// sendNothing is a client of AWS's that has no network: it says when it would send.
func sendNothing(sent func()) *sts.Client {
	return &sts.Client{Region: "eu-central-1", Provider: base, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
		sent()
		req.Body.Close()
		return &http.Response{StatusCode: 404, Body: http.NoBody}, nil
	})}
}
