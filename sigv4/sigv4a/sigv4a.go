package sigv4a

import (
	"path"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// Name is the algorithm's in the string to sign, in the Authorization header and
// in X-Amz-Algorithm.
const Name = "AWS4-ECDSA-P256-SHA256"

// NewSigner makes a signer for a service ("s3", …) and the regions in which its
// signatures are to be good: one, several with commas between them, or a pattern,
// in which * stands for any text, as in "us-*", or "*" for all regions. Of a signer
// that verifies it is the region that it stands in, or several; the request's set
// must have each of them. nil options follow the service; their Algorithm is not
// looked at. The error is a [*sigv4.InputError] of kind [sigv4.ErrScope] or
// [sigv4.ErrRequest].
func NewSigner(service, regionSet string, opts *sigv4.Options) (*sigv4.Signer, error) {
	if err := checkRegionSet(regionSet); err != nil {
		return nil, err
	}
	var own sigv4.Options
	if opts != nil {
		own = *opts
	}
	own.Algorithm = algorithm{}
	return sigv4.NewSigner(service, regionSet, &own)
}

// checkRegionSet takes letters, digits, and what names of regions have besides.
func checkRegionSet(set string) error {
	for region := range strings.SplitSeq(set, ",") {
		if region == "" || strings.Trim(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*") != "" {
			return &sigv4.InputError{Kind: sigv4.ErrScope, Field: "region set",
				Problem: "is empty or malformed: regions with commas and no blanks between them, such as \"us-east-1,eu-*\" or \"*\", are expected"}
		}
	}
	return nil
}

// algorithm makes the keys of a signer, which keeps them.
type algorithm struct{}

var _ sigv4.Algorithm = algorithm{}

func (algorithm) Name() string { return Name }

// Covers reports whether a set has a region, or each of several. In a set that is
// well-formed, package path knows no other pattern than *.
func (algorithm) Covers(regionSet, region string) bool {
	if checkRegionSet(regionSet) != nil {
		return false
	}
	patterns := strings.Split(regionSet, ",")
	for one := range strings.SplitSeq(region, ",") {
		if !slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := path.Match(pattern, one)
			return ok && err == nil
		}) {
			return false
		}
	}
	return true
}

func (algorithm) Key(cred sigv4.Credentials) (sigv4.Key, error) {
	private, err := derive(cred.AccessKeyID, cred.SecretAccessKey())
	if err != nil {
		return nil, err
	}
	return &key{private}, nil
}
