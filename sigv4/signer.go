package sigv4

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Choice is an option that has a right answer for each service.
type Choice int8

// The choices.
const (
	ByService Choice = iota // what the service wants; the default
	Yes
	No
)

func (c Choice) or(byService bool) bool { return c == Yes || c == ByService && byService }

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
	// Algorithm signs in another way than AWS4-HMAC-SHA256, the default; package
	// sigv4a has the one there is.
	Algorithm Algorithm
}

// Algorithm makes the keys of a way of signing that is bound to no region. The
// region of [NewSigner] is then a set of regions, which is sent and signed as
// X-Amz-Region-Set, and the credential scope has none.
type Algorithm interface {
	// Name stands in the string to sign.
	Name() string
	// Covers reports whether a region is of the set that a request was signed for.
	Covers(regionSet, region string) bool
	// Key gives the signing key of credentials that are valid.
	Key(cred Credentials) (Key, error)
}

// Key is a signing key, ready for use by many at once.
type Key interface {
	// AppendSignature appends the signature of a string to sign, in hex.
	AppendSignature(dst, stringToSign []byte) []byte
	// Matches reports whether a signature, in hex, is one of a string to sign.
	Matches(stringToSign []byte, signature string) bool
}

// Signer signs and verifies for one service in one region. It is immutable and
// safe for concurrent use; make one and keep it, for it caches signing keys.
type Signer struct {
	service, region  string
	scope, regionSet string // /region/service/aws4_request; with an Algorithm what region is, which scope then lacks
	name             string // of the algorithm
	algorithm        Algorithm
	exact, own       []string // the headers to sign, sorted (nil: all but those denied); those that Sign sets, or net/http does

	doubleEncode, normalizePath, signToken, contentSHA256, shortenExpires, s3 bool

	lower              [256]byte                     // of the bytes of a header's name; notToken for others
	unreserved, inPath [256]bool                     // the bytes that URI encoding leaves alone; and with them the slash
	keys               [8]atomic.Pointer[signingKey] // the last few: a hit takes no lock
	nextKey            atomic.Uint32
	pool               sync.Pool // of *work
}

// NewSigner makes a signer for a service ("s3", "sts", …) and a region
// ("us-east-1", …) as they stand in the credential scope. nil options follow the
// service. The error is an [*InputError] of kind [ErrScope] or [ErrRequest].
func NewSigner(service, region string, opts *Options) (s *Signer, err error) {
	if opts == nil {
		opts = &Options{}
	}
	s = &Signer{service: service, region: region, name: algorithm, algorithm: opts.Algorithm}
	// S3's rules are for these: the path is encoded once and never normalised, the
	// payload hash is in a header.
	s.s3 = slices.Contains([]string{"s3", "s3express", "s3-outposts", "s3-object-lambda"}, service)
	s.doubleEncode = opts.DoubleEncode.or(!s.s3)
	s.normalizePath = opts.NormalizePath.or(!s.s3)
	s.signToken = opts.SignToken.or(service != "iotdevicegateway")
	s.contentSHA256 = opts.ContentSHA256.or(s.s3)
	s.shortenExpires = opts.ShortenExpires
	s.pool.New = func() any { return &work{s: s} }
	for i := range 256 {
		c := byte(i)
		s.unreserved[c], s.inPath[c], s.lower[c] = isUnreserved(c), isUnreserved(c) || c == '/', notToken
		if isTokenByte(c) {
			s.lower[c] = strings.ToLower(string(rune(c)))[0]
		}
	}
	s.own = []string{headerContentSHA256, headerAuthorization, "Host", headerDate, headerToken}
	regions := region
	s.scope = "/" + region + "/" + service + "/" + terminator
	if s.algorithm != nil {
		s.name, s.regionSet, regions = s.algorithm.Name(), region, strings.ReplaceAll(region, ",", "")
		s.scope, s.own = "/"+service+"/"+terminator, append(s.own, headerRegionSet)
	}
	for _, part := range [...][2]string{{"service", service}, {"region", regions}} {
		if !only(part[1], isVisible) || strings.ContainsAny(part[1], "/,") {
			return nil, refuse(ErrScope, part[0], "is empty, or has a blank, a line end, another control byte, a slash or a comma")
		}
	}
	if opts.SignedHeaders != nil {
		s.exact, err = exactList(opts.SignedHeaders)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// exactList checks a list of headers to sign. Those that are written after
// signing cannot be among them.
func exactList(names []string) (list []string, err error) {
	for _, name := range names {
		if !only(name, isTokenByte) {
			return nil, refuse(ErrRequest, "signed headers", "name an empty or malformed header")
		}
		list = append(list, strings.ToLower(name))
	}
	has := func(name string) bool { return slices.Contains(list, name) }
	if !has("host") || has("authorization") || has("transfer-encoding") || has("trailer") {
		return nil, refuse(ErrRequest, "signed headers", "do not name host, which must be signed, or name authorization, transfer-encoding or trailer, which are written after signing")
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// Algorithm names the way of signing: AWS4-HMAC-SHA256, or that of
// [Options.Algorithm].
func (s *Signer) Algorithm() string { return s.name }
