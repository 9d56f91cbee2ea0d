package sigv4

import (
	"encoding/base64"
	"strings"
	"time"
)

// The policy of a browser's POST form (Amazon S3 API Reference, "Authenticating
// Requests: Browser-Based Uploads Using POST"): the string to sign is the policy
// itself, in base64. Package sigv4http writes policies and verifies posted forms.

// SignPolicy signs a POST policy, given in base64, and returns the form fields
// that authenticate it: Policy, X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date,
// X-Amz-Security-Token for temporary credentials, X-Amz-Signature. The policy's
// conditions must name the same values. S3 knows no form with an
// [Options.Algorithm].
func (s *Signer) SignPolicy(policyBase64 string, cred Credentials, t time.Time) ([][2]string, error) {
	raw, err := base64.StdEncoding.DecodeString(policyBase64)
	if err != nil || len(raw) == 0 || strings.ContainsAny(policyBase64, "\r\n") || s.algorithm != nil {
		return nil, refuse(ErrRequest, "policy", "is empty or no base64 of the standard alphabet, padded, in one line; or not for AWS4-HMAC-SHA256")
	}
	timestamp, err := formatTime(t)
	if err != nil {
		return nil, err
	}
	key, err := s.key(cred, timestamp[:dateLen])
	if err != nil {
		return nil, err
	}
	fields := [][2]string{{"Policy", policyBase64}, {"X-Amz-Algorithm", s.name}, {"X-Amz-Credential", key.credential}, {"X-Amz-Date", timestamp}}
	if token := cred.SessionToken(); token != "" {
		fields = append(fields, [2]string{"X-Amz-Security-Token", token})
	}
	return append(fields, [2]string{"X-Amz-Signature", string(key.AppendSignature(nil, []byte(policyBase64)))}), nil
}
