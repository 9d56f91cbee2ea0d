package oracle

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Request is a request written down: one that is to be signed, or one that was
// sent. What it says of itself are plain values, so that a caller can change one
// and sign again.
//
// However Go prints or encodes a Request, neither the secret access key nor the
// session token appears.
type Request struct {
	Name        string // the writer's name for it
	Service     string // as in the credential scope
	Region      string
	Credentials sigv4.Credentials
	Time        string // 20150830T123600Z
	Method      string // "" is GET
	URL         string // https://HOST/PATH?QUERY, the path and the query as they are sent
	Host        string // the Host header as it is sent, if the URL's does not stand for it
	Headers     [][2]string
	Body        []byte
	Mode        string // how it is signed: header (the default), query or post
	Expires     int64  // seconds, in mode query
	Policy      string // base64, in mode post

	PayloadHash   string // "": the header X-Amz-Content-Sha256, else what the mode has for it
	DoubleEncode  *bool  // nil, as with the next two: by service
	NormalizePath *bool
	SignToken     *bool
	SignedHeaders []string // nil: by the signer's rules

	// BodyUnknown says that Body is not what was sent: the capture has none, or a
	// part of it. The payload hash must then be said.
	BodyUnknown bool
	// Claim is the signature that the request already carries, nil if there is
	// none. [Parse] takes from it what the fields above leave open, so that signing
	// again is signing the same.
	Claim *Claim

	malformed error // a header that is no pair; signing says so
}

// Result is a signature with every step to it. Depending on the mode it has
// Headers as they are to be sent, a URL, or the Fields of a form.
type Result struct {
	Name             string      `json:"name"`
	CanonicalRequest string      `json:"canonical_request"`
	StringToSign     string      `json:"string_to_sign"`
	Signature        string      `json:"signature"`
	SignedHeaders    string      `json:"signed_headers"`
	Headers          [][2]string `json:"headers,omitempty"`
	URL              string      `json:"url,omitempty"`
	Fields           [][2]string `json:"fields,omitempty"`
}

// timeFormat is X-Amz-Date's.
const timeFormat = "20060102T150405Z"

// Sign signs the request as of its time. A signature that it carries is replaced.
func (r Request) Sign() (Result, error) {
	signer, t, err := r.begin()
	if err != nil {
		return Result{}, err
	}
	var out Result
	switch r.Mode {
	case "header", "":
		out, err = r.signHeader(signer, t)
	case "query":
		out, err = r.signQuery(signer, t)
	case "post":
		out, err = r.signPolicy(signer, t)
	default:
		err = fmt.Errorf("mode is %q: header, query or post is expected", r.Mode)
	}
	if err != nil {
		return Result{}, err
	}
	out.Name = r.Name
	return out, nil
}

// Trace gives the stages of the signature. Without a secret access key it has
// all of them but the signature, which is "".
func (r Request) Trace() (sigv4.Trace, error) {
	signer, t, err := r.begin()
	if err != nil {
		return sigv4.Trace{}, err
	}
	known := r.Credentials.SecretAccessKey() != ""
	if !known { // something must be the key
		r.Credentials = sigv4.NewCredentials(r.Credentials.AccessKeyID, "no-secret-is-known", r.Credentials.SessionToken())
	}
	var trace sigv4.Trace
	switch r.Mode {
	case "header", "":
		_, _, trace, err = r.traceHeader(signer, t)
	case "query":
		_, _, _, trace, err = r.traceQuery(signer, t)
	default:
		err = fmt.Errorf("mode is %q: header or query is expected", r.Mode)
	}
	if !known {
		trace.Signature = ""
	}
	return trace, err
}

// Signer makes the signer for the request's service, region and options.
func (r Request) Signer() (*sigv4.Signer, error) {
	o := r.options()
	o.SignedHeaders = r.SignedHeaders
	if r.SignToken == nil && r.Claim != nil && !r.Claim.Query && r.SignedHeaders != nil {
		o.SignToken = sigv4.No // as the list has it
		if slices.Contains(r.SignedHeaders, "x-amz-security-token") {
			o.SignToken = sigv4.Yes
		}
	}
	return sigv4.NewSigner(r.Service, r.Region, o)
}

// options are those of the service's rules.
func (r Request) options() *sigv4.Options {
	return &sigv4.Options{
		DoubleEncode:  choice(r.DoubleEncode),
		NormalizePath: choice(r.NormalizePath),
		SignToken:     choice(r.SignToken),
	}
}

func choice(b *bool) sigv4.Choice {
	switch {
	case b == nil:
		return sigv4.ByService
	case *b:
		return sigv4.Yes
	}
	return sigv4.No
}

// begin checks what all modes need.
func (r Request) begin() (*sigv4.Signer, time.Time, error) {
	signer, err := r.Signer()
	if err != nil {
		return nil, time.Time{}, err
	}
	t, err := r.signedAt()
	if err != nil {
		return nil, time.Time{}, err
	}
	return signer, t, nil
}

func (r Request) signHeader(signer *sigv4.Signer, t time.Time) (Result, error) {
	req, payload, trace, err := r.traceHeader(signer, t)
	if err != nil {
		return Result{}, err
	}
	if err := signer.Sign(req, r.withToken().Credentials, payload, t); err != nil {
		return Result{}, err
	}
	out := newResult(trace)
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	out.Headers = append(out.Headers, [2]string{"Host", host})
	set := [...]string{"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256", "Authorization"}
next:
	for _, h := range r.Headers {
		for _, name := range append(set[:], "Host") {
			if strings.EqualFold(h[0], name) {
				continue next
			}
		}
		out.Headers = append(out.Headers, h)
	}
	for _, name := range set {
		if value := req.Header.Get(name); value != "" {
			out.Headers = append(out.Headers, [2]string{name, value})
		}
	}
	return out, nil
}

func (r Request) traceHeader(signer *sigv4.Signer, t time.Time) (*http.Request, sigv4.PayloadHash, sigv4.Trace, error) {
	req, err := r.HTTP()
	if err != nil {
		return nil, sigv4.PayloadHash{}, sigv4.Trace{}, err
	}
	payload, err := r.payload(req, sigv4.PayloadOf(r.Body))
	if err != nil {
		return nil, sigv4.PayloadHash{}, sigv4.Trace{}, err
	}
	trace, err := signer.Explain(req, r.withToken().Credentials, payload, t)
	return req, payload, trace, err
}

func (r Request) signQuery(signer *sigv4.Signer, t time.Time) (Result, error) {
	req, payload, expires, trace, err := r.traceQuery(signer, t)
	if err != nil {
		return Result{}, err
	}
	p, err := signer.Presign(req, r.withToken().Credentials, payload, t, expires)
	if err != nil {
		return Result{}, err
	}
	out := newResult(trace)
	out.URL = p.URL
	return out, nil
}

func (r Request) traceQuery(signer *sigv4.Signer, t time.Time) (*http.Request, sigv4.PayloadHash, time.Duration, sigv4.Trace, error) {
	req, err := r.HTTP()
	if err != nil {
		return nil, sigv4.PayloadHash{}, 0, sigv4.Trace{}, err
	}
	payload, err := r.payload(req, signer.PresignPayload())
	if err != nil {
		return nil, sigv4.PayloadHash{}, 0, sigv4.Trace{}, err
	}
	// What is out of bounds is refused, and must not overflow on its way there.
	expires := time.Duration(min(max(r.Expires, 0), int64(sigv4.MaxExpires/time.Second)+1)) * time.Second
	trace, err := signer.ExplainPresign(req, r.withToken().Credentials, payload, t, expires)
	return req, payload, expires, trace, err
}

func (r Request) signPolicy(signer *sigv4.Signer, t time.Time) (Result, error) {
	fields, err := signer.SignPolicy(r.Policy, r.Credentials, t)
	if err != nil {
		return Result{}, err
	}
	return Result{StringToSign: r.Policy, Signature: fields[len(fields)-1][1], Fields: fields}, nil
}

func newResult(t sigv4.Trace) Result {
	return Result{CanonicalRequest: t.CanonicalRequest, StringToSign: t.StringToSign, Signature: t.Signature, SignedHeaders: t.SignedHeaders}
}

// HTTP makes the request as package net/http has it, without its body. The path
// stays as it is written in the URL: a blank or a byte above ASCII, which no HTTP
// request may have as such, is encoded once, as in AWS's test suite.
func (r Request) HTTP() (*http.Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil && !strings.Contains(r.URL, "@") {
		return nil, fmt.Errorf("url: %w", errors.Unwrap(err))
	}
	// With an @ the error might hold a password.
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("url: https://HOST/PATH?QUERY is expected, without a user")
	}
	if r.Host == u.Host { // as it is, with a port that is the default
		u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	}
	_, rest, _ := strings.Cut(r.URL, "://")
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest = rest[i:]
		if once := r.DoubleEncode; once == nil && r.isS3() || once != nil && !*once {
			rest = strings.ReplaceAll(rest, "+", "%2B") // which it means, and which the signer wants to see
		}
		u.Opaque = "//" + u.Host + rest
	}
	if r.malformed != nil {
		return nil, r.malformed
	}
	req := &http.Request{Method: r.Method, URL: u, Host: r.Host, Header: http.Header{}, ContentLength: int64(len(r.Body))}
	for _, h := range r.Headers {
		switch {
		case strings.EqualFold(h[0], "Host"): // it comes from the URL
			continue
		case strings.EqualFold(h[0], "Content-Length"):
			if req.ContentLength, err = strconv.ParseInt(h[1], 10, 64); err != nil {
				return nil, fmt.Errorf("header Content-Length is %q: a number is expected", h[1])
			}
		}
		req.Header.Add(h[0], h[1])
	}
	return req, nil
}

// withToken takes the session token from the headers, if it stands only there.
func (r Request) withToken() Request {
	if r.Credentials.SessionToken() != "" {
		return r
	}
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], "X-Amz-Security-Token") && h[1] != "" {
			r.Credentials = sigv4.NewCredentials(r.Credentials.AccessKeyID, r.Credentials.SecretAccessKey(), h[1])
			break
		}
	}
	return r
}

// payload is what PayloadHash says, else a header X-Amz-Content-Sha256, else what
// the mode has for it.
func (r Request) payload(req *http.Request, otherwise sigv4.PayloadHash) (sigv4.PayloadHash, error) {
	switch said := req.Header.Get("X-Amz-Content-Sha256"); {
	case r.PayloadHash != "" && said != "" && said != r.PayloadHash:
		return otherwise, errors.New("payload_hash and the header X-Amz-Content-Sha256 differ")
	case r.PayloadHash != "":
		return sigv4.ParsePayloadHash(r.PayloadHash)
	case said != "":
		return sigv4.ParsePayloadHash(said)
	case r.BodyUnknown && r.Mode != "query":
		return otherwise, errors.New("the body is not known: the payload hash must be said, or the whole body be there")
	}
	return otherwise, nil
}

// Shown gives canonical request and string to sign as a server has to compute
// them if the request arrives as it is written, to be shown beside its answer:
// session tokens and other secrets are replaced by their length and a short hash,
// as in a [Refusal]. It is more lenient than [Request.Trace].
func (r Request) Shown() (sigv4.Trace, error) {
	s, err := r.stages()
	if err != nil {
		return sigv4.Trace{}, err
	}
	return s.trace(), nil
}

// FilledFrom gives the request with what it leaves open, time, region and service,
// as the server's string to sign has them: a client that signs by itself, as
// "curl --aws-sigv4" does, does not write them down.
func (r Request) FilledFrom(refusal Refusal) Request {
	lines := append(strings.Split(refusal.StringToSign, "\n"), "", "", "")
	scope := append(strings.Split(lines[2], "/"), "", "", "")
	r.Time = cmp.Or(r.Time, lines[1])
	r.Region = cmp.Or(r.Region, scope[1])
	r.Service = cmp.Or(r.Service, scope[2])
	return r
}
