package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sigv4"
)

// signRequest is one line of what "sigvier sign" reads.
type signRequest struct {
	Name      string     `json:"name"`
	Service   string     `json:"service"`
	Region    string     `json:"region"`
	AccessKey string     `json:"access_key"`
	Secret    string     `json:"secret"`
	Token     string     `json:"token"`
	Time      string     `json:"time"`
	Method    string     `json:"method"`
	URL       string     `json:"url"`
	Headers   [][]string `json:"headers"`
	Body      []byte     `json:"body_base64"`
	Mode      string     `json:"mode"`
	Expires   int64      `json:"expires"`
	Policy    string     `json:"policy_base64"`

	PayloadHash   string   `json:"payload_hash"`
	DoubleEncode  *bool    `json:"double_encode"`
	NormalizePath *bool    `json:"normalize_path"`
	SignToken     *bool    `json:"sign_token"`
	SignedHeaders []string `json:"signed_headers"`
}

// signResult is one line of what it writes.
type signResult struct {
	Name             string      `json:"name"`
	CanonicalRequest string      `json:"canonical_request"`
	StringToSign     string      `json:"string_to_sign"`
	Signature        string      `json:"signature"`
	SignedHeaders    string      `json:"signed_headers"`
	Headers          [][2]string `json:"headers,omitempty"`
	URL              string      `json:"url,omitempty"`
	Fields           [][2]string `json:"fields,omitempty"`
}

type signFailure struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// maxLine bounds one line of JSON.
const maxLine = 64 << 20

func (a *app) sign(ctx context.Context, fs *flag.FlagSet, args []string) error {
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	input, err := a.input(ctx)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	failed := false
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var out any
		name, result, err := signLine(lines.Bytes())
		if out = result; err != nil {
			failed = true
			out = signFailure{name, err.Error()}
		}
		if err := writeJSON(a, out); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("reading requests: a line is longer than %s", size(maxLine))
	} else if err != nil {
		return fmt.Errorf("reading requests: %w", err)
	}
	if failed {
		return errReported
	}
	return nil
}

// signLine signs the request of one line.
func signLine(line []byte) (name string, result signResult, err error) {
	var in signRequest
	if !utf8.Valid(line) { // which would be replaced, and something else signed
		return nameOf(line), signResult{}, errors.New("the line is no request as JSON: it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields() // a misspelt option must not sign something else
	if err := d.Decode(&in); err != nil {
		return nameOf(line), signResult{}, fmt.Errorf("the line is no request as JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return in.Name, signResult{}, errors.New("something follows the JSON object in its line")
	}
	result, err = in.sign()
	result.Name = in.Name
	return in.Name, result, err
}

// nameOf finds the name of a line that is bad otherwise.
func nameOf(line []byte) string {
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(line, &named) // best effort: the line is known to be bad
	return named.Name
}

func (in signRequest) sign() (signResult, error) {
	signer, err := sigv4.NewSigner(in.Service, in.Region, &sigv4.Options{
		DoubleEncode:  choice(in.DoubleEncode),
		NormalizePath: choice(in.NormalizePath),
		SignToken:     choice(in.SignToken),
		SignedHeaders: in.SignedHeaders,
	})
	if err != nil {
		return signResult{}, err
	}
	const layout = "20060102T150405Z"
	t, err := time.Parse(layout, in.Time)
	if err != nil || t.Format(layout) != in.Time {
		return signResult{}, fmt.Errorf("time is %q: the form 20150830T123600Z is expected", in.Time)
	}
	switch in.Mode {
	case "header", "":
		return in.signHeader(signer, t)
	case "query":
		return in.signQuery(signer, t)
	case "post":
		return in.signPolicy(signer, t)
	}
	return signResult{}, fmt.Errorf("mode is %q: header, query or post is expected", in.Mode)
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

func (in signRequest) credentials() sigv4.Credentials {
	return sigv4.NewCredentials(in.AccessKey, in.Secret, in.Token)
}

func (in signRequest) signHeader(signer *sigv4.Signer, t time.Time) (signResult, error) {
	req, err := in.request()
	if err != nil {
		return signResult{}, err
	}
	payload, err := in.payload(req, sigv4.PayloadOf(in.Body))
	if err != nil {
		return signResult{}, err
	}
	trace, err := signer.TraceSign(req, in.credentials(), payload, t)
	if err != nil {
		return signResult{}, err
	}
	if err := signer.Sign(req, in.credentials(), payload, t); err != nil {
		return signResult{}, err
	}
	out := newSignResult(trace)
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	out.Headers = append(out.Headers, [2]string{"Host", host})
	set := [...]string{"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256", "Authorization"}
next:
	for _, h := range in.Headers {
		for _, name := range append(set[:], "Host") {
			if strings.EqualFold(h[0], name) {
				continue next
			}
		}
		out.Headers = append(out.Headers, [2]string(h))
	}
	for _, name := range set {
		if value := req.Header.Get(name); value != "" {
			out.Headers = append(out.Headers, [2]string{name, value})
		}
	}
	return out, nil
}

func (in signRequest) signQuery(signer *sigv4.Signer, t time.Time) (signResult, error) {
	req, err := in.request()
	if err != nil {
		return signResult{}, err
	}
	payload, err := in.payload(req, signer.PresignPayload())
	if err != nil {
		return signResult{}, err
	}
	// What is out of bounds is refused, and must not overflow on its way there.
	expires := time.Duration(min(max(in.Expires, 0), int64(sigv4.MaxExpires/time.Second)+1)) * time.Second
	trace, err := signer.TracePresign(req, in.credentials(), payload, t, expires)
	if err != nil {
		return signResult{}, err
	}
	p, err := signer.Presign(req, in.credentials(), payload, t, expires)
	if err != nil {
		return signResult{}, err
	}
	out := newSignResult(trace)
	out.URL = p.URL
	return out, nil
}

func (in signRequest) signPolicy(signer *sigv4.Signer, t time.Time) (signResult, error) {
	fields, err := signer.SignPolicy(in.Policy, in.credentials(), t)
	if err != nil {
		return signResult{}, err
	}
	return signResult{StringToSign: in.Policy, Signature: fields[len(fields)-1][1], Fields: fields}, nil
}

func newSignResult(t sigv4.Trace) signResult {
	return signResult{CanonicalRequest: t.CanonicalRequest, StringToSign: t.StringToSign, Signature: t.Signature, SignedHeaders: t.SignedHeaders}
}

// request makes the request that is to be signed. Its path stays as it is written
// in the URL: a blank or a byte above ASCII, which no HTTP request may have as
// such, is encoded once, as in AWS's test suite.
func (in *signRequest) request() (*http.Request, error) {
	u, err := url.Parse(in.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", errors.Unwrap(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("url: https://HOST/PATH?QUERY is expected, without a user")
	}
	_, rest, _ := strings.Cut(in.URL, "://")
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		u.Opaque = "//" + u.Host + rest[i:]
	}
	req := &http.Request{Method: in.Method, URL: u, Header: http.Header{}, ContentLength: int64(len(in.Body))}
	for _, h := range in.Headers {
		switch {
		case len(h) != 2:
			return nil, fmt.Errorf("headers: a pair [name, value] is expected, and one has %d parts", len(h))
		case strings.EqualFold(h[0], "Host"): // it comes from the URL
			continue
		case strings.EqualFold(h[0], "Content-Length"):
			if req.ContentLength, err = strconv.ParseInt(h[1], 10, 64); err != nil {
				return nil, fmt.Errorf("header Content-Length is %q: a number is expected", h[1])
			}
		case strings.EqualFold(h[0], "X-Amz-Security-Token") && in.Token == "":
			in.Token = h[1]
			continue
		}
		req.Header.Add(h[0], h[1])
	}
	return req, nil
}

// payload is what payload_hash says, else a header X-Amz-Content-Sha256, else
// what the mode has for it.
func (in signRequest) payload(req *http.Request, otherwise sigv4.PayloadHash) (sigv4.PayloadHash, error) {
	switch said := req.Header.Get("X-Amz-Content-Sha256"); {
	case in.PayloadHash != "" && said != "" && said != in.PayloadHash:
		return otherwise, errors.New("payload_hash and the header X-Amz-Content-Sha256 differ")
	case in.PayloadHash != "":
		return sigv4.ParsePayloadHash(in.PayloadHash)
	case said != "":
		return sigv4.ParsePayloadHash(said)
	}
	return otherwise, nil
}
