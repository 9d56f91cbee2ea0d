package sigv4http

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// The server's side: what a handler gets has been verified, or is verified while
// it is read.

// Verifier verifies requests in all forms that Signature Version 4 has: in the
// headers, in the query, with a body in chunks, and as a browser's POST form.
// Signer and Lookup are needed. It is safe for concurrent use.
type Verifier struct {
	Signer *sigv4.Signer
	Lookup sigv4.Lookup
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Bucket tells the bucket that a browser's form is posted to, which its policy
	// must name; nil means that forms are no valid requests.
	Bucket func(*http.Request) string
	// MaxBody bounds the bodies that are read before their signature is known to
	// fit: those of services that sign a body's digest without sending it, which
	// is all but S3. 0 or less means 1 MiB.
	MaxBody int64
}

// Handler verifies each request before next sees it, and answers those that are
// refused. next finds the caller with [VerifiedFrom].
//
// A body whose digest is signed is held against it while next reads it: its end
// is an error in place of io.EOF where it is not what was signed. Nothing of a
// body must be believed before io.EOF; [WriteError] says the error to the client.
func (v *Verifier) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verified, err := v.Verify(r)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		next.ServeHTTP(w, verified)
	})
}

// Verify is what Handler does with a request: it gives the request that the next
// handler is to see. Its body is the one that was meant: without chunks, or the
// file of a form, and Trailer has the trailers of its chunks at io.EOF; those of
// HTTP, which nobody has signed, are left out. The error is a [*Refusal].
func (v *Verifier) Verify(r *http.Request) (*http.Request, error) {
	now := time.Now()
	if v.Now != nil {
		now = v.Now()
	}
	r = r.WithContext(r.Context()) // a copy
	if r.Body == nil {
		r.Body = http.NoBody
	}
	// HTTP's own trailers come unsigned behind the body. [http.Server] still has
	// them in the request that this is a copy of.
	r.Trailer = nil
	var found findings
	var err error
	if r.URL == nil || r.URL.Opaque != "" {
		// "GET x:%2Fbucket%2Fkey" has the path that was signed, but no URL.Path, which
		// is where the next handler looks for it.
		err = refuse("InvalidURI", http.StatusBadRequest, "Couldn't parse the specified URI.")
	} else if v.Bucket != nil && isPostForm(r) {
		found.caller, found.form, err = v.verifyForm(r, now)
	} else {
		found.caller, err = v.verifyRequest(r, now)
	}
	if err != nil {
		return nil, refusalOf(err, r, now)
	}
	return r.WithContext(context.WithValue(r.Context(), findingsKey{}, &found)), nil
}

// findings are what the context of a verified request holds.
type findings struct {
	caller sigv4.Verified
	form   *PostedForm
}

type findingsKey struct{}

// VerifiedFrom gives who signed the request that has this context; nil where no
// [Verifier] has verified it.
func VerifiedFrom(ctx context.Context) *sigv4.Verified {
	if found, ok := ctx.Value(findingsKey{}).(*findings); ok {
		return &found.caller
	}
	return nil
}

// PostedFormFrom gives the browser's form that the request with this context is,
// whose file is the request's body; nil for every other request.
func PostedFormFrom(ctx context.Context) *PostedForm {
	if found, ok := ctx.Value(findingsKey{}).(*findings); ok {
		return found.form
	}
	return nil
}

func (v *Verifier) verifyForm(r *http.Request, now time.Time) (sigv4.Verified, *PostedForm, error) {
	form, err := ReadPostedForm(r)
	if err != nil {
		return sigv4.Verified{}, nil, err
	}
	caller, err := form.Verify(r.Context(), v.Signer, v.Bucket(r), v.Lookup, now)
	if err != nil {
		return sigv4.Verified{}, nil, err
	}
	r.Body, r.ContentLength = readCloser{form.File, r.Body}, -1
	return caller, form, nil
}

func (v *Verifier) verifyRequest(r *http.Request, now time.Time) (sigv4.Verified, error) {
	payload, err := v.unsentDigest(r)
	if err != nil {
		return sigv4.Verified{}, err
	}
	var cred sigv4.Credentials // the chunks' signatures need them, too
	lookup := func(ctx context.Context, accessKeyID, sessionToken string) (_ sigv4.Credentials, err error) {
		cred, err = v.Lookup(ctx, accessKeyID, sessionToken)
		return cred, err
	}
	caller, err := v.Signer.Verify(r, lookup, payload, now)
	if err != nil {
		return sigv4.Verified{}, err
	}
	algorithm, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch word := caller.Payload.String(); word {
	case "UNSIGNED-PAYLOAD", payload.String():
		return caller, nil
	case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
		return caller, dechunk(r, nil)
	case "STREAMING-" + algorithm + "-PAYLOAD", "STREAMING-" + algorithm + "-PAYLOAD-TRAILER":
		chain, err := v.Signer.ChunkVerifier(caller, cred)
		if err != nil {
			return caller, err
		}
		return caller, dechunk(r, chain)
	default:
		if !caller.Payload.IsDigest() {
			return caller, refuse("NotImplemented", http.StatusNotImplemented, "Bodies of this kind are not implemented",
				[2]string{"Header", "x-amz-content-sha256"}, [2]string{"additionalMessage", word})
		}
		return caller, holdAgainst(r, word)
	}
}

// unsentDigest reads and hashes the body of a request that signs its digest
// without saying it. That S3 is not such a service, PresignPayload tells.
func (v *Verifier) unsentDigest(r *http.Request) (sigv4.PayloadHash, error) {
	if v.Signer.PresignPayload() == sigv4.UnsignedPayload() || r.Header.Get("X-Amz-Content-Sha256") != "" || !signedInHeader(r) {
		return sigv4.PayloadHash{}, nil
	}
	limit := min(v.MaxBody, math.MaxInt64-1)
	if limit <= 0 {
		limit = 1 << 20
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return sigv4.PayloadHash{}, incomplete(err)
	case int64(len(body)) > limit:
		return sigv4.PayloadHash{}, refuse("MaxMessageLengthExceeded", http.StatusBadRequest, "Your request was too big.",
			[2]string{"MaxMessageLengthBytes", strconv.FormatInt(limit, 10)})
	}
	r.Body = readCloser{bytes.NewReader(body), r.Body}
	return sigv4.PayloadOf(body), nil
}

func signedInHeader(r *http.Request) bool { return r.Header.Get("Authorization") != "" }

// isPostForm reports whether a request is a browser's form, rather than signed
// in its headers or its query.
func isPostForm(r *http.Request) bool {
	query := r.URL.Query()
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Method == http.MethodPost && strings.EqualFold(strings.TrimSpace(contentType), "multipart/form-data") &&
		!signedInHeader(r) && !query.Has("X-Amz-Algorithm") && !query.Has("X-Amz-Signature")
}

// holdAgainst has the body compared with the digest, in hex, that was signed.
func holdAgainst(r *http.Request, digest string) error {
	body := &digestBody{ReadCloser: r.Body, hash: sha256.New(), want: digest, left: r.ContentLength}
	if r.ContentLength == 0 {
		r.Body = readCloser{http.NoBody, r.Body}
		return body.check() // no handler reads it
	}
	r.Body = body
	return nil
}

// digestBody keeps the last bytes of a body to itself until its digest has been
// compared: a handler that knows the length may not look for io.EOF.
type digestBody struct {
	io.ReadCloser
	hash hash.Hash
	want string
	left int64 // up to Content-Length; negative if that is not known
	err  error
}

func (b *digestBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	known := b.left > 0
	b.left -= int64(n)
	switch {
	case err != nil && err != io.EOF:
		b.err = incomplete(err)
	case err == io.EOF || known && b.left == 0:
		b.err = b.check()
	}
	if b.err != nil {
		return 0, b.err
	}
	return n, err
}

func (b *digestBody) check() error {
	if got := hex.EncodeToString(b.hash.Sum(nil)); got != b.want {
		return refuse("XAmzContentSHA256Mismatch", http.StatusBadRequest, "The provided 'x-amz-content-sha256' header does not match what was computed.",
			[2]string{"ClientComputedContentSHA256", b.want}, [2]string{"S3ComputedContentSHA256", got})
	}
	return nil
}

// dechunk makes the request what it were without chunks.
func dechunk(r *http.Request, chain *sigv4.ChunkVerifier) error {
	body, err := NewChunkedReader(r, chain)
	switch {
	case errors.Is(err, errTrailerName):
		return because(err, "InvalidRequest", http.StatusBadRequest, "The value specified in the x-amz-trailer header is not supported")
	case err != nil:
		return because(err, "MissingContentLength", http.StatusLengthRequired, "You must provide the Content-Length HTTP header.")
	}
	r.ContentLength = body.want
	r.Header = r.Header.Clone()
	var kept []string
	for encoding := range strings.SplitSeq(strings.Join(r.Header["Content-Encoding"], ","), ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && !strings.EqualFold(encoding, "aws-chunked") {
			kept = append(kept, encoding)
		}
	}
	r.Header.Del("Content-Encoding")
	if len(kept) > 0 {
		r.Header.Set("Content-Encoding", strings.Join(kept, ","))
	}
	r.Trailer = body.Trailer
	r.Body = readCloser{chunkedBody{body}, r.Body}
	return nil
}

// chunkedBody words the decoder's errors as S3 does.
type chunkedBody struct{ *ChunkedReader }

func (b chunkedBody) Read(p []byte) (int, error) {
	n, err := b.ChunkedReader.Read(p)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(err, ErrChunkSignature):
		err = because(err, "SignatureDoesNotMatch", http.StatusForbidden, "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	case errors.Is(err, ErrChunkFormat) && !errors.Is(err, io.ErrUnexpectedEOF):
		err = because(err, "InvalidRequest", http.StatusBadRequest, "The body is not in the aws-chunked encoding that its headers announce.")
	default:
		err = incomplete(err)
	}
	return n, err
}

type readCloser struct {
	io.Reader
	io.Closer
}

// Refusal is the error of a request that is not let in, or of a body that is not
// what was signed, as S3 words it.
type Refusal struct {
	*sigv4.VerifyError
	// Elements stand behind Code and Message in S3's error document, in their order.
	Elements [][2]string

	cause error
}

// Unwrap gives the [*sigv4.VerifyError], and the cause where there is one.
func (e *Refusal) Unwrap() []error {
	if e.cause == nil {
		return []error{e.VerifyError}
	}
	return []error{e.VerifyError, e.cause}
}

func refuse(code string, status int, message string, elements ...[2]string) *Refusal {
	return &Refusal{VerifyError: &sigv4.VerifyError{Code: code, Status: status, Message: message}, Elements: elements}
}

func because(cause error, code string, status int, message string) *Refusal {
	e := refuse(code, status, message)
	e.cause = cause
	return e
}

func incomplete(cause error) *Refusal {
	return because(cause, "IncompleteBody", http.StatusBadRequest, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

func internal(cause error) *Refusal {
	return because(cause, "InternalError", http.StatusInternalServerError, "We encountered an internal error. Please try again.")
}

// refusalOf adds to what sigv4 says of a signature the elements that S3 gives
// with the code.
func refusalOf(err error, r *http.Request, now time.Time) *Refusal {
	if e := (*Refusal)(nil); errors.As(err, &e) && e != nil {
		return e
	}
	e := &Refusal{}
	if !errors.As(err, &e.VerifyError) || e.VerifyError == nil {
		return internal(err)
	}
	add := func(name, value string) { e.Elements = append(e.Elements, [2]string{name, value}) }
	utc := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch e.Code {
	case "SignatureDoesNotMatch":
		add("AWSAccessKeyId", e.AccessKeyID)
		add("StringToSign", e.StringToSign)
		add("SignatureProvided", e.SignatureProvided)
		add("StringToSignBytes", fmt.Sprintf("% x", e.StringToSign))
		// A form has none; and a long one, which nobody has signed, would make the
		// answer many times as long as the request.
		if n := len(e.CanonicalRequest); n > 0 && n <= maxErrorBody/4 {
			add("CanonicalRequest", e.CanonicalRequest)
			add("CanonicalRequestBytes", fmt.Sprintf("% x", e.CanonicalRequest))
		}
	case "InvalidAccessKeyId":
		add("AWSAccessKeyId", e.AccessKeyID)
	case "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError":
		if e.Region != "" {
			add("Region", e.Region)
		}
	case "RequestTimeTooSkewed":
		add("RequestTime", r.Header.Get("X-Amz-Date"))
		add("ServerTime", utc(now))
		add("MaxAllowedSkewMilliseconds", strconv.FormatInt(sigv4.MaxSkew.Milliseconds(), 10))
	case "AccessDenied":
		if signedAt, life, ok := presigned(r.URL.Query()); ok {
			add("X-Amz-Expires", strconv.FormatInt(int64(life/time.Second), 10))
			add("Expires", utc(signedAt.Add(life)))
			add("ServerTime", utc(now))
		}
	}
	return e
}

// presigned gives the dates of a presigned URL.
func presigned(query url.Values) (signedAt time.Time, life time.Duration, ok bool) {
	signedAt, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	seconds, errLife := strconv.ParseInt(query.Get("X-Amz-Expires"), 10, 32)
	return signedAt, time.Duration(seconds) * time.Second, err == nil && errLife == nil
}

// WriteError answers with S3's error document (Amazon S3 API Reference, "Error
// responses"). Of an error that is no [*Refusal], a client gets to know nothing
// but InternalError.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	var e *Refusal
	if !errors.As(err, &e) || e == nil {
		e = internal(err)
	}
	h := w.Header()
	if h.Get("X-Amz-Request-Id") == "" {
		h.Set("X-Amz-Request-Id", rand.Text()[:16])
	}
	doc := []byte(awsxml.Header + "<Error>")
	doc = awsxml.AppendElement(doc, "Code", e.Code)
	doc = awsxml.AppendElement(doc, "Message", e.Message)
	for _, field := range e.Elements {
		doc = awsxml.AppendElement(doc, field[0], field[1])
	}
	if r.URL != nil {
		doc = awsxml.AppendElement(doc, "Resource", r.URL.EscapedPath())
	}
	doc = awsxml.AppendElement(doc, "RequestId", h.Get("X-Amz-Request-Id"))
	doc = append(doc, "</Error>"...)
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(doc)))
	w.WriteHeader(e.Status)
	w.Write(doc) // a client that went away is no error of the server's
}
