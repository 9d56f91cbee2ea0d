package differential

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkv4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/aws-http-auth/credentials"
	smithysigv4 "github.com/aws/smithy-go/aws-http-auth/sigv4"
	smithyv4 "github.com/aws/smithy-go/aws-http-auth/v4"
	"github.com/aws/smithy-go/logging"
	"github.com/sigvier/sigvier/sigv4"
)

// answer is what a signer made of a request.
type answer struct {
	canonical string // "" if the signer does not tell
	signature string
	list      []string      // SignedHeaders
	signed    *http.Request // as it would be sent, of the Go signers
}

// peer is a signer to compare with.
type peer struct {
	name string
	sign func(r request) (answer, error)
}

// errNotOffered is a peer's answer to what it has no setting for. Such a request
// is counted, and not compared.
var errNotOffered = errors.New("not offered")

// signSigvier signs with the headers of list, or those of the policy.
func signSigvier(r request, list []string) (answer, error) {
	req, err := r.http()
	if err != nil {
		return answer{}, err
	}
	payload, err := sigv4.ParsePayloadHash(r.Payload)
	if err != nil {
		return answer{}, err
	}
	signer, err := sigv4.NewSigner(r.Service, r.Region, &sigv4.Options{SignedHeaders: list})
	if err != nil {
		return answer{}, err
	}
	for _, name := range list {
		if name == "content-length" && req.ContentLength > 0 {
			req.Header.Set("Content-Length", r.contentLength())
		}
	}
	if r.Earlier != "" {
		if _, err := signer.Explain(req, sigv4.NewCredentials(accessKeyID, r.Earlier, r.Token), payload, signingTime); err != nil {
			return answer{}, err
		}
	}
	cred := sigv4.NewCredentials(accessKeyID, r.Secret, r.Token)
	if r.Expires != 0 {
		return presignSigvier(signer, req, cred, payload, r.Expires)
	}
	trace, err := signer.Explain(req, cred, payload, signingTime)
	if err != nil {
		return answer{}, err
	}
	if err := signer.Sign(req, cred, payload, signingTime); err != nil {
		return answer{}, err
	}
	a := sentSignature(req, false)
	a.canonical = trace.CanonicalRequest
	return a, nil
}

func presignSigvier(signer *sigv4.Signer, req *http.Request, cred sigv4.Credentials, payload sigv4.PayloadHash, expires int) (answer, error) {
	trace, err := signer.ExplainPresign(req, cred, payload, signingTime, seconds(expires))
	if err != nil {
		return answer{}, err
	}
	p, err := signer.Presign(req, cred, payload, signingTime, seconds(expires))
	if err != nil {
		return answer{}, err
	}
	sent, err := http.NewRequest(req.Method, p.URL, nil)
	if err != nil {
		return answer{}, err
	}
	sent.Header = p.Header
	a := sentSignature(sent, true)
	a.canonical = trace.CanonicalRequest
	return a, nil
}

// signSDK signs as the package documentation of aws/signer/v4 says: S3's path is
// not escaped again, X-Amz-Expires and X-Amz-Content-Sha256 are the caller's. So
// that both sign the same parts, headers are not moved into a presigned query.
func signSDK(r request) (answer, error) {
	req, err := r.http()
	if err != nil {
		return answer{}, err
	}
	if r.sendsPayloadHash() {
		req.Header.Set("X-Amz-Content-Sha256", r.Payload)
	}
	var log strings.Builder
	signer := sdkv4.NewSigner(func(o *sdkv4.SignerOptions) {
		o.DisableURIPathEscaping = r.s3()
		o.DisableHeaderHoisting = true
		o.LogSigning = true
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
			fmt.Fprintf(&log, format, v...)
		})
	})
	cred := aws.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: r.Secret, SessionToken: r.Token}
	ctx := context.Background()
	if r.Earlier != "" {
		earlier := cred
		earlier.SecretAccessKey = r.Earlier
		if err := signer.SignHTTP(ctx, earlier, req.Clone(ctx), r.Payload, r.Service, r.Region, signingTime); err != nil {
			return answer{}, err
		}
		log.Reset()
	}
	if r.Expires != 0 {
		req.URL.RawQuery = withExpires(r)
		target, _, err := signer.PresignHTTP(ctx, cred, req, r.Payload, r.Service, r.Region, signingTime)
		if err != nil {
			return answer{}, err
		}
		if req.URL, err = url.Parse(target); err != nil {
			return answer{}, err
		}
		// The signed host has no default port, but the URL has it still. Browsers
		// drop it when they fetch the URL; Go's client would send it.
		req.Host = r.sentHost()
	} else if err := signer.SignHTTP(ctx, cred, req, r.Payload, r.Service, r.Region, signingTime); err != nil {
		return answer{}, err
	}
	a := sentSignature(req, r.Expires != 0)
	_, text, _ := strings.Cut(log.String(), "---[ CANONICAL STRING  ]-----------------------------\n")
	a.canonical, _, _ = strings.Cut(text, "\n---[ STRING TO SIGN ]---")
	return a, nil
}

// signSmithy signs as the package documentation of aws-http-auth says, with
// header rules that are sigvier's, since smithy-go has a setting for them.
func signSmithy(r request) (answer, error) {
	req, err := r.http()
	if err != nil {
		return answer{}, err
	}
	payload := []byte(r.Payload)
	if r.digest() {
		if payload, err = hex.DecodeString(r.Payload); err != nil {
			return answer{}, err
		}
	}
	in := &smithysigv4.SignRequestInput{
		Request:     req,
		PayloadHash: payload,
		Credentials: credentials.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: r.Secret, SessionToken: r.Token},
		Service:     r.Service,
		Region:      r.Region,
		Time:        signingTime,
	}
	if r.Expires != 0 {
		req.URL.RawQuery = withExpires(r)
		in.SignatureType = smithyv4.SignatureTypeQueryString
	}
	err = smithysigv4.New(func(o *smithyv4.SignerOptions) {
		o.HeaderRules = rules{}
		o.DisableDoublePathEscape = r.s3()
		o.AddPayloadHashHeader = r.sendsPayloadHash()
	}).SignRequest(in)
	if err != nil {
		return answer{}, err
	}
	return sentSignature(req, r.Expires != 0), nil
}

type rules struct{}

func (rules) IsSigned(name string) bool { return name != "authorization" && !neverSigned(name) }

// withExpires is the query with the lifetime, which these peers leave to the caller.
func withExpires(r request) string {
	var kept []string
	for _, pair := range strings.Split(r.Query, "&") {
		if !strings.HasPrefix(pair, "X-Amz-Expires=") {
			kept = append(kept, pair)
		}
	}
	return strings.TrimPrefix(strings.Join(kept, "&")+"&X-Amz-Expires="+strconv.Itoa(r.Expires), "&")
}

// sentSignature reads a signed request's signature and list.
func sentSignature(req *http.Request, query bool) answer {
	if query {
		values := req.URL.Query()
		signatures := values["X-Amz-Signature"] // the peer's own is the last
		return answer{signature: signatures[len(signatures)-1], list: strings.Split(values.Get("X-Amz-SignedHeaders"), ";"), signed: req}
	}
	authorization := req.Header.Get("Authorization")
	_, list, _ := strings.Cut(authorization, "SignedHeaders=")
	list, signature, _ := strings.Cut(list, ", Signature=")
	return answer{signature: signature, list: strings.Split(list, ";"), signed: req}
}
