package sigv4_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
)

func TestSignPolicyGivesTheFieldsOfAForm(t *testing.T) {
	signer := newSigner(t, "s3", nil)
	want := [][2]string{
		{"Policy", "e30="},
		{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
		{"X-Amz-Credential", "AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request"},
		{"X-Amz-Date", "20150830T123600Z"},
		{"X-Amz-Security-Token", exampleToken},
		{"X-Amz-Signature", ""},
	}
	session, err := signer.SignPolicy("e30=", temporary, moment)
	if err != nil {
		t.Fatal(err)
	}
	// Only the policy is signed: the token is not, and changes nothing.
	want[5][1] = session[len(session)-1][1]
	if diff := cmp.Diff(want, session); diff != "" || strings.Trim(want[5][1], "0123456789abcdef") != "" || len(want[5][1]) != 64 {
		t.Errorf("SignPolicy with a token = %q (-want +got):\n%s", session, diff)
	}
	user, err := signer.SignPolicy("e30=", longTerm, moment)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(want[:4:4], want[5]), user); diff != "" {
		t.Errorf("SignPolicy without a token (-want +got):\n%s", diff)
	}
}

// TestSignPolicyKnowsNoOtherAlgorithm: "Authenticating Requests in Browser-Based
// Uploads Using POST" has a form signed with AWS4-HMAC-SHA256 alone.
func TestSignPolicyKnowsNoOtherAlgorithm(t *testing.T) {
	signer := newSigner(t, "s3", &sigv4.Options{Algorithm: otherAlgorithm{}})
	fields, err := signer.SignPolicy("e30=", temporary, moment)
	if isRefused(t, "SignPolicy", err, sigv4.ErrRequest, "policy", temporary) && fields != nil {
		t.Errorf("SignPolicy = %q beside an error, want nothing", fields)
	}
}

// otherAlgorithm signs everything alike.
type otherAlgorithm struct{}

func (otherAlgorithm) Name() string                             { return "AWS4-OTHER" }
func (otherAlgorithm) Covers(regionSet, region string) bool     { return regionSet == region }
func (otherAlgorithm) Key(sigv4.Credentials) (sigv4.Key, error) { return otherAlgorithm{}, nil }
func (otherAlgorithm) AppendSignature(dst, _ []byte) []byte     { return append(dst, "00"...) }
func (otherAlgorithm) Matches(_ []byte, signature string) bool  { return signature == "00" }
