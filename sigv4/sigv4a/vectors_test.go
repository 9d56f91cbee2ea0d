package sigv4a_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/testvectors"
)

const timeFormat = "20060102T150405Z"

// vector is a published case with what it is signed by.
type vector struct {
	testvectors.Case
	signer  *sigv4.Signer
	cred    sigv4.Credentials
	payload sigv4.PayloadHash
	time    time.Time
}

func newVector(t testing.TB, c testvectors.Case, secretAccessKey string, signedHeaders []string) vector {
	t.Helper()
	choice := func(yes bool) sigv4.Choice {
		if yes {
			return sigv4.Yes
		}
		return sigv4.No
	}
	signer, err := sigv4a.NewSigner(c.Service, c.Region, &sigv4.Options{
		DoubleEncode:  choice(c.DoubleEncode),
		NormalizePath: choice(c.NormalizePath),
		SignToken:     choice(c.SignToken),
		ContentSHA256: choice(c.ContentSHA256),
		SignedHeaders: signedHeaders,
	})
	if err != nil {
		t.Fatalf("%s: NewSigner = %v", c.Name, err)
	}
	payload, err := sigv4.ParsePayloadHash(c.PayloadHash)
	if err != nil {
		t.Fatalf("%s: ParsePayloadHash(%q) = %v", c.Name, c.PayloadHash, err)
	}
	when, err := time.Parse(timeFormat, c.Time)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return vector{c, signer, sigv4.NewCredentials(c.AccessKeyID, secretAccessKey, c.SessionToken), payload, when}
}

// request is the case's request, its target in an opaque URL so that no parser
// comes between: some targets have blanks or raw UTF-8.
func (v vector) request(target string) *http.Request {
	path, query, _ := strings.Cut(target, "?")
	req := &http.Request{
		Method: v.Method, Header: http.Header{}, ContentLength: int64(len(v.Body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	for _, h := range v.Headers {
		if strings.EqualFold(h[0], "Host") {
			req.Host = h[1]
			continue
		}
		req.Header.Add(h[0], h[1])
		if n, err := strconv.ParseInt(h[1], 10, 64); err == nil && strings.EqualFold(h[0], "Content-Length") {
			req.ContentLength = n
		}
	}
	req.URL = &url.URL{Scheme: "https", Host: req.Host, Opaque: "//" + req.Host + path, RawQuery: query}
	if v.Body != nil {
		req.Body = io.NopCloser(bytes.NewReader(v.Body))
	}
	return req
}

func known(cred sigv4.Credentials) sigv4.Lookup {
	return func(_ context.Context, accessKeyID, _ string) (sigv4.Credentials, error) {
		if accessKeyID != cred.AccessKeyID {
			return sigv4.Credentials{}, errors.New("unknown access key")
		}
		return cred, nil
	}
}

// code is that of a refusal, "" when there is none.
func code(err error) string {
	var denied *sigv4.VerifyError
	if errors.As(err, &denied) {
		return denied.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// publicKey takes the published coordinates.
func publicKey(t testing.TB, x, y string) *ecdsa.PublicKey {
	t.Helper()
	point, err := hex.DecodeString("04" + x + y)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestVectors: of AWS's suite the canonical requests and the strings to sign must
// come out as they are; its signatures are random, and must verify, as must ours.
func TestVectors(t *testing.T) {
	cases, err := testvectors.V4a()
	if err != nil {
		t.Fatal(err)
	}
	var forms, texts, signatures int
	for _, c := range cases {
		v, public := newVector(t, c.Case, c.SecretAccessKey, nil), publicKey(t, c.PublicKeyX, c.PublicKeyY)
		check := func(t *testing.T, want *testvectors.Expected, got sigv4.Trace, err error) {
			if err != nil {
				t.Fatalf("Explain = %v", err)
			}
			forms++
			for _, stage := range [...]struct{ name, got, want string }{
				{"canonical request", got.CanonicalRequest, want.CanonicalRequest},
				{"string to sign", got.StringToSign, want.StringToSign},
				{"signed headers", got.SignedHeaders, want.SignedHeaders},
			} {
				texts++
				if diff := cmp.Diff(stage.want, stage.got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", stage.name, diff)
				}
			}
			for whose, signature := range map[string]string{"the published signature": want.Signature, "ours": got.Signature} {
				signatures++
				if !sigv4a.Verify(public, []byte(want.StringToSign), signature) {
					t.Errorf("Verify() = false of %s, %s", whose, signature)
				}
				if err := holds(c.PublicKeyX, c.PublicKeyY, want.StringToSign, signature); err != nil {
					t.Errorf("%s, %s: %v", whose, signature, err)
				}
			}
		}
		t.Run(c.Name+"/header", func(t *testing.T) {
			req := v.request(v.Target)
			tr, err := v.signer.Explain(req, v.cred, v.payload, v.time)
			check(t, c.Header, tr, err)
			if err := v.signer.Sign(req, v.cred, v.payload, v.time); err != nil {
				t.Fatalf("Sign = %v", err)
			}
			start := "AWS4-ECDSA-P256-SHA256 Credential=" + v.AccessKeyID + "/" + v.Time[:8] + "/" + v.Service +
				"/aws4_request, SignedHeaders=" + c.Header.SignedHeaders + ", Signature="
			if got := req.Header.Get("Authorization"); got != start+tr.Signature {
				t.Errorf("Authorization = %s, want %s", got, start+tr.Signature)
			}
			if got := req.Header["X-Amz-Region-Set"]; !cmp.Equal(got, []string{v.Region}) {
				t.Errorf("X-Amz-Region-Set = %q, want %s once", got, v.Region)
			}
			for _, signature := range []string{tr.Signature, c.Header.Signature} {
				req.Header.Set("Authorization", start+signature)
				verified, err := v.signer.Verify(req, known(v.cred), v.payload, v.time)
				if err != nil || verified.Signature != signature || verified.AccessKeyID != v.AccessKeyID {
					t.Errorf("Verify = %+v, %v; want the signature %s to be good", verified, err, signature)
				}
			}
			req.Header.Set("Authorization", start+changeLast(tr.Signature))
			if _, err := v.signer.Verify(req, known(v.cred), v.payload, v.time); code(err) != "SignatureDoesNotMatch" {
				t.Errorf("Verify with a digit of the signature changed = %v, want SignatureDoesNotMatch", err)
			}
		})
		t.Run(c.Name+"/query", func(t *testing.T) {
			req, expires := v.request(v.Target), time.Duration(v.Expires)*time.Second
			tr, err := v.signer.ExplainPresign(req, v.cred, v.payload, v.time, expires)
			check(t, c.Query, tr, err)
			p, err := v.signer.Presign(req, v.cred, v.payload, v.time, expires)
			if err != nil {
				t.Fatalf("Presign = %v", err)
			}
			unsigned, signature, ok := strings.Cut(strings.TrimPrefix(p.URL, "https://"+req.Host), "&X-Amz-Signature=")
			if !ok || signature != tr.Signature || p.Header["X-Amz-Region-Set"] != nil {
				t.Errorf("Presign = %s, %v; want the signature %s, and no region set to send along", p.URL, p.Header, tr.Signature)
			}
			for _, signature := range []string{tr.Signature, c.Query.Signature, changeLast(tr.Signature)} {
				arrived := v.request(unsigned + "&X-Amz-Signature=" + signature)
				arrived.Header = p.Header.Clone()
				want := ""
				if signature == changeLast(tr.Signature) {
					want = "SignatureDoesNotMatch"
				}
				if _, err := v.signer.Verify(arrived, known(v.cred), v.payload, v.time); code(err) != want {
					t.Errorf("Verify of the presigned URL with the signature %s = %v, want %q", signature, err, want)
				}
			}
		})
	}
	t.Logf("v4a: %d cases, %d forms, %d values as published, %d signatures verified", len(cases), forms, texts, signatures)
	if len(cases) != 38 || forms != 76 || texts != 228 || signatures != 152 {
		t.Errorf("compared %d cases, %d forms, %d texts, %d signatures; want 38, 76, 228, 152", len(cases), forms, texts, signatures)
	}
}

// changeLast changes the last digit of a signature.
func changeLast(signature string) string {
	last := byte('0')
	if signature[len(signature)-1] == last {
		last = '1'
	}
	return signature[:len(signature)-1] + string(last)
}

// TestStringVectors: the published secret access key is too short for us, and
// does not show in these stages.
func TestStringVectors(t *testing.T) {
	cases, err := testvectors.V4aStrings()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			// The list is exact since some leave X-Amz-Content-Sha256 unsigned.
			v := newVector(t, c, exampleSecret, strings.Split(c.Header.SignedHeaders, ";"))
			got, err := v.signer.Explain(v.request(v.Target), v.cred, v.payload, v.time)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.Header.CanonicalRequest, got.CanonicalRequest); diff != "" {
				t.Errorf("canonical request (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.Header.StringToSign, got.StringToSign); diff != "" {
				t.Errorf("string to sign (-want +got):\n%s", diff)
			}
		})
	}
	t.Logf("strings: %d cases", len(cases))
	if len(cases) != 6 {
		t.Errorf("%d cases, want 6", len(cases))
	}
}
