package main

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/aws-http-auth/credentials"
	smithy "github.com/aws/smithy-go/aws-http-auth/sigv4"
	smithyv4 "github.com/aws/smithy-go/aws-http-auth/v4"
	minio "github.com/minio/minio-go/v7/pkg/signer"

	"github.com/sigvier/sigvier/sigv4"
)

// contender is one implementation. Its functions make the signer and return the
// call that is measured, which signs a request that is new to it. In the call is
// what a client must do for each signature and nothing else: the signer is reused
// (so that its cache of keys, if it has one, is warm), the payload hash is given.
// All start from the same request and sign the same headers; what a signer leaves
// to its caller, a header or a parameter, is put there in the cheapest way.
type contender struct {
	name    string
	sign    func(testing.TB, sigv4.Credentials) func(*http.Request) (*http.Request, error)
	presign func(testing.TB, sigv4.Credentials) func(*http.Request) (string, error) // to the text of the URL
}

var contenders = []contender{
	{"sigvier", signSigvier, presignSigvier},
	{"aws-sdk-go-v2", signSDK, presignSDK},
	{"smithy-go", signSmithy, presignSmithy},
	{"minio-go", signMinio, presignMinio},
}

func newSigner(tb testing.TB) *sigv4.Signer {
	tb.Helper()
	s, err := sigv4.NewSigner("s3", region, nil)
	if err != nil {
		tb.Fatalf("NewSigner() = %v", err)
	}
	return s
}

func signSigvier(tb testing.TB, cred sigv4.Credentials) func(*http.Request) (*http.Request, error) {
	s := newSigner(tb)
	return func(req *http.Request) (*http.Request, error) {
		return req, s.Sign(req, cred, sigv4.EmptyPayload(), moment)
	}
}

func presignSigvier(tb testing.TB, cred sigv4.Credentials) func(*http.Request) (string, error) {
	s := newSigner(tb)
	return func(req *http.Request) (string, error) {
		p, err := s.Presign(req, cred, sigv4.UnsignedPayload(), moment, expires)
		return p.URL, err
	}
}

// newSDK sets the SDK's signer up as the SDK's S3 client does.
func newSDK(cred sigv4.Credentials) (*sdk.Signer, aws.Credentials) {
	s := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = true })
	return s, aws.Credentials{AccessKeyID: cred.AccessKeyID, SecretAccessKey: cred.SecretAccessKey(), SessionToken: cred.SessionToken()}
}

func signSDK(_ testing.TB, cred sigv4.Credentials) func(*http.Request) (*http.Request, error) {
	s, c := newSDK(cred)
	ctx, hash := context.Background(), []string{sigv4.EmptyPayload().String()}
	return func(req *http.Request) (*http.Request, error) {
		req.Header["X-Amz-Content-Sha256"] = hash
		return req, s.SignHTTP(ctx, c, req, hash[0], "s3", region, moment)
	}
}

// presignSDK gives the expiry as a parameter, which the SDK leaves to the caller.
func presignSDK(_ testing.TB, cred sigv4.Credentials) func(*http.Request) (string, error) {
	s, c := newSDK(cred)
	ctx := context.Background()
	return func(req *http.Request) (string, error) {
		req.URL.RawQuery = "X-Amz-Expires=900"
		signed, _, err := s.PresignHTTP(ctx, c, req, "UNSIGNED-PAYLOAD", "s3", region, moment)
		return signed, err
	}
}

// rangeToo has smithy-go sign what the others sign; by itself it signs host and
// x-amz-… alone.
type rangeToo struct{}

func (rangeToo) IsSigned(name string) bool {
	return name == "host" || name == "range" || strings.HasPrefix(name, "x-amz-")
}

func newSmithy(cred sigv4.Credentials, hash []byte) *smithy.SignRequestInput {
	return &smithy.SignRequestInput{
		PayloadHash: hash,
		Credentials: credentials.Credentials{AccessKeyID: cred.AccessKeyID, SecretAccessKey: cred.SecretAccessKey(), SessionToken: cred.SessionToken()},
		Service:     "s3",
		Region:      region,
		Time:        moment,
	}
}

func signSmithy(_ testing.TB, cred sigv4.Credentials) func(*http.Request) (*http.Request, error) {
	s := smithy.New(func(o *smithyv4.SignerOptions) {
		o.HeaderRules = rangeToo{}
		o.DisableDoublePathEscape = true
		o.AddPayloadHashHeader = true
	})
	hash := sha256.Sum256(nil)
	in := newSmithy(cred, hash[:])
	return func(req *http.Request) (*http.Request, error) {
		in.Request = req
		return req, s.SignRequest(in)
	}
}

// presignSmithy gives the expiry as a parameter, which smithy-go, too, leaves to
// the caller.
func presignSmithy(_ testing.TB, cred sigv4.Credentials) func(*http.Request) (string, error) {
	s := smithy.New(func(o *smithyv4.SignerOptions) { o.DisableDoublePathEscape = true })
	in := newSmithy(cred, smithyv4.UnsignedPayload())
	in.SignatureType = smithyv4.SignatureTypeQueryString
	return func(req *http.Request) (string, error) {
		req.URL.RawQuery = "X-Amz-Expires=900"
		in.Request = req
		if err := s.SignRequest(in); err != nil {
			return "", err
		}
		return req.URL.String(), nil
	}
}

// signMinio cannot be given a time: minio-go reads the clock itself, which takes
// less than a hundredth of what its signature takes.
func signMinio(_ testing.TB, cred sigv4.Credentials) func(*http.Request) (*http.Request, error) {
	id, secret, token := cred.AccessKeyID, cred.SecretAccessKey(), cred.SessionToken()
	hash := []string{sigv4.EmptyPayload().String()}
	return func(req *http.Request) (*http.Request, error) {
		req.Header["X-Amz-Content-Sha256"] = hash
		return minio.SignV4(*req, id, secret, token, region), nil
	}
}

func presignMinio(_ testing.TB, cred sigv4.Credentials) func(*http.Request) (string, error) {
	id, secret, token := cred.AccessKeyID, cred.SecretAccessKey(), cred.SessionToken()
	return func(req *http.Request) (string, error) {
		return minio.PreSignV4(*req, id, secret, token, region, int64(expires/time.Second)).URL.String(), nil
	}
}
