package sigv4

import (
	"strings"
	"sync"
)

// Choice is an option that has a right answer for each service.
type Choice int8

// The choices.
const (
	ByService Choice = iota // what the service wants; the default
	Yes
	No
)

func (c Choice) or(byService bool) bool {
	if c == ByService {
		return byService
	}
	return c == Yes
}

// Options change what a service's rules say. The zero value, like a nil
// *Options, follows the service.
type Options struct {
	// DoubleEncode encodes the path once more than it is on the wire. By
	// service: all but S3 ("Create a canonical request", canonical URI).
	DoubleEncode Choice
	// NormalizePath removes dot segments and empty segments from the canonical
	// path. By service: all but S3, whose keys may hold them.
	NormalizePath Choice
	// SignToken signs the session token; No sends it unsigned. By service: all
	// but IoT's device gateway, which wants it added after signing.
	SignToken Choice
	// ContentSHA256 sends and signs the header X-Amz-Content-Sha256 in the
	// header form. By service: S3. It is sent in any case when the payload hash
	// is no digest, or when the request already has the header.
	ContentSHA256 Choice
	// ShortenExpires has a presigned URL end with the credentials where it was to
	// live longer, which is otherwise an error.
	ShortenExpires bool
	// SignedHeaders is the exact list of headers to sign; it must name host, and
	// every header that it names must be there. Nil signs all that the request
	// carries but those that clients add late and proxies rewrite; [Signer.Sign]
	// lists them.
	SignedHeaders []string
}

// Signer signs and verifies for one service in one region. It is immutable and
// safe for concurrent use; make one and keep it, for it caches signing keys.
type Signer struct {
	service, region string
	doubleEncode    bool
	normalizePath   bool
	signToken       bool
	contentSHA256   bool
	shortenExpires  bool
	s3              bool
	signedHeaders   map[string]bool // nil: the deny list

	keys keyCache
	pool sync.Pool // of *work
}

// NewSigner makes a signer for a service ("s3", "sts", …) and a region
// ("us-east-1", …) as they stand in the credential scope. nil options follow the
// service. The error is an [*InputError] of kind [ErrScope] or [ErrRequest].
func NewSigner(service, region string, opts *Options) (*Signer, error) {
	if err := checkScopePart("service", service); err != nil {
		return nil, err
	}
	if err := checkScopePart("region", region); err != nil {
		return nil, err
	}
	if opts == nil {
		opts = &Options{}
	}
	s := &Signer{service: service, region: region, s3: isS3(service)}
	s.doubleEncode = opts.DoubleEncode.or(!s.s3)
	s.normalizePath = opts.NormalizePath.or(!s.s3)
	s.signToken = opts.SignToken.or(service != "iotdevicegateway")
	s.contentSHA256 = opts.ContentSHA256.or(s.s3)
	s.shortenExpires = opts.ShortenExpires
	var err error
	if opts.SignedHeaders != nil {
		s.signedHeaders, err = exactList(opts.SignedHeaders)
	}
	s.pool.New = func() any { return new(work) }
	if err != nil {
		return nil, err
	}
	return s, nil
}

// isS3 reports whether a service has S3's rules: the path encoded once and never
// normalised, the payload hash in a header.
func isS3(service string) bool {
	switch service {
	case "s3", "s3express", "s3-outposts", "s3-object-lambda":
		return true
	}
	return false
}

// checkScopePart refuses what would shift the boundaries of the credential scope
// or leave the Authorization header's line.
func checkScopePart(field, s string) error {
	if !only(s, isVisible) || strings.ContainsAny(s, "/,") {
		return refuse(ErrScope, field, "is empty, or has a blank, a line end, another control byte, a slash or a comma")
	}
	return nil
}

// exactList checks a list of headers to sign. Those that are written after
// signing cannot be among them.
func exactList(names []string) (map[string]bool, error) {
	list := map[string]bool{}
	for _, name := range names {
		if !only(name, isTokenByte) {
			return nil, refuse(ErrRequest, "signed headers", "name an empty or malformed header")
		}
		list[strings.ToLower(name)] = true
	}
	if !list["host"] || list["authorization"] || list["transfer-encoding"] || list["trailer"] {
		return nil, refuse(ErrRequest, "signed headers", "do not name host, which must be signed, or name authorization, transfer-encoding or trailer, which are written after signing")
	}
	return list, nil
}
