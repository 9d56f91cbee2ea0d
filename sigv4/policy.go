package sigv4

import (
	"encoding/base64"
	"strings"
	"time"
)

// The policy of a browser's POST form (Amazon S3 API Reference, "Authenticating
// Requests: Browser-Based Uploads Using POST"): the string to sign is the policy
// itself, in base64.

// SignPolicy signs a POST policy, given in base64, and returns the form fields
// that authenticate it: policy, X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date,
// X-Amz-Security-Token for temporary credentials, X-Amz-Signature. The policy's
// conditions must name the same values.
func (s *Signer) SignPolicy(policyBase64 string, cred Credentials, t time.Time) ([][2]string, error) {
	if err := cred.Validate(); err != nil {
		return nil, err
	}
	timestamp, err := appendTime(nil, t)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(policyBase64)
	if err != nil || len(raw) == 0 || strings.ContainsAny(policyBase64, "\r\n") {
		return nil, refuse(ErrRequest, "policy", "is empty or no base64 of the standard alphabet, padded, in one line")
	}
	scope := appendScope(nil, timestamp[:dateLen], s.region, s.service)
	key := s.keys.get(cred.SecretAccessKey(), timestamp[:dateLen], s.region, s.service)
	fields := [][2]string{
		{"Policy", policyBase64},
		{"X-Amz-Algorithm", algorithm},
		{"X-Amz-Credential", cred.AccessKeyID + "/" + string(scope)},
		{"X-Amz-Date", string(timestamp)},
	}
	if token := cred.SessionToken(); token != "" {
		fields = append(fields, [2]string{"X-Amz-Security-Token", token})
	}
	signature := key.appendSignature(nil, []byte(policyBase64))
	return append(fields, [2]string{"X-Amz-Signature", string(signature)}), nil
}
