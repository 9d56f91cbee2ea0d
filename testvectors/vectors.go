package testvectors

import "strings"

// Case is one published signing case.
type Case struct {
	// Family is "v4", "legacy-2015", "documents", "v4a", "v4a-strings" or
	// "chains". Name is unique within it.
	Family       string
	Name, Source string

	AccessKeyID, SecretAccessKey, SessionToken string
	// Region is the region set where the case is one of SigV4a.
	Region, Service string
	// Time is the signing time as X-Amz-Date has it: 20150830T123600Z.
	Time string

	Method string
	// Target is path and query as written in the request line, raw bytes.
	Target string
	// Headers are in order, repeats kept, Host included. X-Amz-Date,
	// X-Amz-Security-Token, X-Amz-Content-Sha256, X-Amz-Region-Set and
	// Authorization are left out, for the signer adds them. A folded header is unfolded, each fold one blank.
	Headers [][2]string
	Body    []byte

	// PayloadHash is the last line of the canonical request: a digest or a word.
	PayloadHash string
	// ContentSHA256 tells that the header form sends and signs
	// x-amz-content-sha256.
	ContentSHA256 bool
	// NormalizePath tells that dot segments and empty segments are removed.
	NormalizePath bool
	// DoubleEncode tells that the path is encoded once more than on the wire.
	DoubleEncode bool
	// SignToken is false where the session token is sent but not signed.
	SignToken bool
	// Expires is X-Amz-Expires of the query form, in seconds.
	Expires int

	// Header and Query are nil where the case has not this form.
	Header, Query *Expected
}

// Expected are the three stages of one form. SignedHeaders is the list of
// header names in the canonical request. Signature is empty where none was
// published.
type Expected struct {
	CanonicalRequest, StringToSign, Signature string
	SignedHeaders                             string
}

// URL is the address of the request: https, the Host header and the target. It
// keeps the raw bytes of the target and so need not be a valid URL.
func (c Case) URL() string {
	host := ""
	for _, h := range c.Headers {
		if strings.EqualFold(h[0], "Host") {
			host = h[1]
		}
	}
	return "https://" + host + c.Target
}

// Policy is one published S3 browser upload (POST) policy. The string to sign
// is PolicyBase64 itself. Fields are the form's fields in order without policy
// and signature; none where they are not known.
type Policy struct {
	Name, Source                 string
	AccessKeyID, SecretAccessKey string
	Region, Service, Time        string
	PolicyBase64, Signature      string
	Fields                       [][2]string
}

// SigningKey is one published derivation of a signing key; the keys are
// lowercase hex.
type SigningKey struct {
	Source, SecretAccessKey, Date, Region, Service string
	KDate, KRegion, KService, KSigning             string
}
