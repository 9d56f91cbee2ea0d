package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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

// What all of them sign, with the same long-term credentials: a GET of one part
// of an object, and for presigning a GET of the object.
const (
	keyID     = "AKIAIOSFODNN7EXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	region    = "us-east-1"
	objectURL = "https://examplebucket.s3.us-east-1.amazonaws.com/photos/2025/01/holiday.jpg"
	byteRange = "bytes=0-8388607"
	expires   = 15 * time.Minute
	timeForm  = "20060102T150405Z"
)

var (
	cred   = sigv4.NewCredentials(keyID, secretKey, "")
	moment = time.Date(2025, 1, 31, 12, 34, 56, 0, time.UTC)
)

// contender is one implementation. Its functions make the request and the signer
// and return the call that is measured, which signs this same request at every
// turn. In the loop is what a client must do for each signature and nothing else:
// the signer is reused (so that its cache of keys, if it has one, is warm), the
// payload hash is given, the header X-Amz-Content-Sha256 is there beforehand where
// the signer leaves that to its caller. All sign the same headers.
type contender struct {
	name    string
	sign    func(testing.TB) func() (*http.Request, error)
	presign func(testing.TB) func() (string, error) // to the text of the URL
}

var contenders = []contender{
	{"sigvier", signSigvier, presignSigvier},
	{"aws-sdk-go-v2", signSDK, presignSDK},
	{"smithy-go", signSmithy, presignSmithy},
	{"minio-go", signMinio, presignMinio},
}

func newRequest(tb testing.TB) *http.Request {
	tb.Helper()
	req, err := http.NewRequest(http.MethodGet, objectURL, nil)
	if err != nil {
		tb.Fatalf("NewRequest() = %v", err)
	}
	return req
}

func newRangedRequest(tb testing.TB) *http.Request {
	tb.Helper()
	req := newRequest(tb)
	req.Header.Set("Range", byteRange)
	return req
}

func newSigner(tb testing.TB) *sigv4.Signer {
	tb.Helper()
	s, err := sigv4.NewSigner("s3", region, nil)
	if err != nil {
		tb.Fatalf("NewSigner() = %v", err)
	}
	return s
}

func signSigvier(tb testing.TB) func() (*http.Request, error) {
	s, req := newSigner(tb), newRangedRequest(tb)
	return func() (*http.Request, error) {
		return req, s.Sign(req, cred, sigv4.EmptyPayload(), moment)
	}
}

func presignSigvier(tb testing.TB) func() (string, error) {
	s, req := newSigner(tb), newRequest(tb)
	return func() (string, error) {
		p, err := s.Presign(req, cred, sigv4.UnsignedPayload(), moment, expires)
		return p.URL, err
	}
}

// newSDK sets the SDK's signer up as the SDK's S3 client does.
func newSDK() (*sdk.Signer, aws.Credentials) {
	s := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = true })
	return s, aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey}
}

func signSDK(tb testing.TB) func() (*http.Request, error) {
	ctx, req, hash := context.Background(), newRangedRequest(tb), sigv4.EmptyPayload().String()
	s, c := newSDK()
	req.Header.Set("X-Amz-Content-Sha256", hash)
	return func() (*http.Request, error) {
		return req, s.SignHTTP(ctx, c, req, hash, "s3", region, moment)
	}
}

// presignSDK gives the expiry as a parameter, which the SDK leaves to the caller.
func presignSDK(tb testing.TB) func() (string, error) {
	ctx, req := context.Background(), newRequest(tb)
	s, c := newSDK()
	req.URL.RawQuery = "X-Amz-Expires=900"
	return func() (string, error) {
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

func newSmithy(req *http.Request, hash []byte) *smithy.SignRequestInput {
	return &smithy.SignRequestInput{
		Request:     req,
		PayloadHash: hash,
		Credentials: credentials.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey},
		Service:     "s3",
		Region:      region,
		Time:        moment,
	}
}

func signSmithy(tb testing.TB) func() (*http.Request, error) {
	req, hash := newRangedRequest(tb), sha256.Sum256(nil)
	s := smithy.New(func(o *smithyv4.SignerOptions) {
		o.HeaderRules = rangeToo{}
		o.DisableDoublePathEscape = true
		o.AddPayloadHashHeader = true
	})
	in := newSmithy(req, hash[:])
	return func() (*http.Request, error) {
		return req, s.SignRequest(in)
	}
}

// presignSmithy resets the query at every turn, for the signer writes into the
// request and would sign its own last signature.
func presignSmithy(tb testing.TB) func() (string, error) {
	req := newRequest(tb)
	s := smithy.New(func(o *smithyv4.SignerOptions) { o.DisableDoublePathEscape = true })
	in := newSmithy(req, smithyv4.UnsignedPayload())
	in.SignatureType = smithyv4.SignatureTypeQueryString
	return func() (string, error) {
		req.URL.RawQuery = "X-Amz-Expires=900"
		if err := s.SignRequest(in); err != nil {
			return "", err
		}
		return req.URL.String(), nil
	}
}

// signMinio cannot be given a time: minio-go reads the clock itself, which takes
// less than a hundredth of what its signature takes.
func signMinio(tb testing.TB) func() (*http.Request, error) {
	req := newRangedRequest(tb)
	req.Header.Set("X-Amz-Content-Sha256", sigv4.EmptyPayload().String())
	return func() (*http.Request, error) {
		return minio.SignV4(*req, keyID, secretKey, "", region), nil
	}
}

// presignMinio resets the query at every turn, which is what its own URL would be
// cloned for, and cheaper: the signer takes the request by value but writes into
// the caller's URL, whose query grows by one signature each time.
func presignMinio(tb testing.TB) func() (string, error) {
	req := newRequest(tb)
	return func() (string, error) {
		req.URL.RawQuery = ""
		return minio.PreSignV4(*req, keyID, secretKey, "", region, int64(expires/time.Second)).URL.String(), nil
	}
}

// floor is the least that a signature can cost with the standard library: the
// SHA-256 of its canonical request and the HMAC, with a key that is ready, of its
// string to sign. Making these two texts is left out.
func floor(trace sigv4.Trace) floorCall {
	canonical, toSign := []byte(trace.CanonicalRequest), []byte(trace.StringToSign)
	key := []byte("AWS4" + secretKey)
	for _, part := range [...]string{moment.Format("20060102"), region, "s3", "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	mac, sum := hmac.New(sha256.New, key), make([]byte, 0, sha256.Size)
	return func() (hash [sha256.Size]byte, signature []byte) {
		hash = sha256.Sum256(canonical)
		mac.Reset()
		mac.Write(toSign)
		return hash, mac.Sum(sum)
	}
}

type floorCall func() (hash [sha256.Size]byte, signature []byte)

func signFloor(tb testing.TB) floorCall {
	tb.Helper()
	return floor(traceSign(tb))
}

func traceSign(tb testing.TB) sigv4.Trace {
	tb.Helper()
	trace, err := newSigner(tb).Explain(newRangedRequest(tb), cred, sigv4.EmptyPayload(), moment)
	if err != nil {
		tb.Fatalf("Explain() = %v", err)
	}
	return trace
}

func tracePresign(tb testing.TB) sigv4.Trace {
	tb.Helper()
	trace, err := newSigner(tb).ExplainPresign(newRequest(tb), cred, sigv4.UnsignedPayload(), moment, expires)
	if err != nil {
		tb.Fatalf("ExplainPresign() = %v", err)
	}
	return trace
}

// arrive gives the request as a server gets it: written to the wire and parsed.
func arrive(tb testing.TB, req *http.Request) *http.Request {
	tb.Helper()
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		tb.Fatalf("writing the request: %v", err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		tb.Fatalf("reading the request: %v", err)
	}
	return got
}

// lookup is the look-up of a server that has one user.
func lookup(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }

// A measured call that does not sign, or signs less than the others, would be
// worth nothing: each is tried here, more than once as in the loop.

func TestEveryContenderSignsTheSame(t *testing.T) {
	for _, c := range contenders {
		t.Run(c.name, func(t *testing.T) {
			call := c.sign(t)
			for range 3 {
				signed, err := call()
				if err != nil {
					t.Fatalf("sign: %v", err)
				}
				at, err := time.Parse(timeForm, signed.Header.Get("X-Amz-Date"))
				if err != nil {
					t.Fatalf("X-Amz-Date: %v", err)
				}
				got, err := newSigner(t).Verify(arrive(t, signed), lookup, sigv4.PayloadHash{}, at)
				if err != nil {
					t.Fatalf("Verify() = %v", err)
				}
				want, err := newSigner(t).Explain(newRangedRequest(t), cred, sigv4.EmptyPayload(), at)
				if err != nil {
					t.Fatalf("Explain() = %v", err)
				}
				if names := strings.Join(got.SignedHeaders, ";"); names != want.SignedHeaders {
					t.Errorf("signed headers = %s, want %s", names, want.SignedHeaders)
				}
				if got.Signature != want.Signature {
					t.Errorf("signature = %s, want %s", got.Signature, want.Signature)
				}
			}
		})
	}
}

func TestEveryContenderPresignsTheSame(t *testing.T) {
	for _, c := range contenders {
		t.Run(c.name, func(t *testing.T) {
			call := c.presign(t)
			for range 3 {
				signed, err := call()
				if err != nil {
					t.Fatalf("presign: %v", err)
				}
				req, err := http.NewRequest(http.MethodGet, signed, nil)
				if err != nil {
					t.Fatalf("NewRequest() = %v", err)
				}
				at, err := time.Parse(timeForm, req.URL.Query().Get("X-Amz-Date"))
				if err != nil {
					t.Fatalf("X-Amz-Date: %v", err)
				}
				got, err := newSigner(t).Verify(arrive(t, req), lookup, sigv4.PayloadHash{}, at)
				if err != nil {
					t.Fatalf("Verify() = %v", err)
				}
				want, err := newSigner(t).ExplainPresign(newRequest(t), cred, sigv4.UnsignedPayload(), at, expires)
				if err != nil {
					t.Fatalf("ExplainPresign() = %v", err)
				}
				if got.Signature != want.Signature {
					t.Errorf("signature = %s, want %s", got.Signature, want.Signature)
				}
			}
		})
	}
}

func TestTheFloorIsTheSignature(t *testing.T) {
	for name, trace := range map[string]sigv4.Trace{"sign": traceSign(t), "presign": tracePresign(t)} {
		call := floor(trace)
		call()
		hash, signature := call()
		if got := hex.EncodeToString(hash[:]); !strings.HasSuffix(trace.StringToSign, "\n"+got) {
			t.Errorf("%s: the floor's hash = %s, want that of the string to sign\n%s", name, got, trace.StringToSign)
		}
		if got := hex.EncodeToString(signature); got != trace.Signature {
			t.Errorf("%s: the floor's signature = %s, want %s", name, got, trace.Signature)
		}
	}
}
