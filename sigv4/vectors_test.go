package sigv4_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/testvectors"
)

// tally counts what was really compared.
type tally struct {
	Family               string
	Cases, Forms, Values int
}

// TestVectors holds every stage of every published signature against what the
// signer computes, and closes the ring: what it signs, Verify accepts.
func TestVectors(t *testing.T) {
	want := []tally{
		{"v4", 38, 76, 228},
		{"legacy-2015", 34, 34, 102},
		{"documents", 10, 10, 30},
		{"policies", 2, 2, 5},
		{"signing keys", 3, 3, 3},
		{"space collapse", 14, 14, 14},
	}
	got := []tally{
		testCases(t, "v4", testvectors.V4),
		testCases(t, "legacy-2015", testvectors.Legacy2015),
		testCases(t, "documents", testvectors.Documents),
		testPolicies(t),
		testSigningKeys(t),
		testSpaceCollapse(t),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vectors compared (-want +got):\n%s", diff)
	}
	var total tally
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-16s%8s%8s%8s\n", "family", "cases", "forms", "values")
	for _, row := range got {
		fmt.Fprintf(&table, "%-16s%8d%8d%8d\n", row.Family, row.Cases, row.Forms, row.Values)
		total.Cases, total.Forms, total.Values = total.Cases+row.Cases, total.Forms+row.Forms, total.Values+row.Values
	}
	fmt.Fprintf(&table, "%-16s%8d%8d%8d", "total", total.Cases, total.Forms, total.Values)
	t.Log(table.String())
}

func testCases(t *testing.T, family string, load func() ([]testvectors.Case, error)) tally {
	t.Helper()
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	count := tally{Family: family}
	for _, c := range cases {
		count.Cases++
		v := newVector(t, c)
		if c.Header != nil {
			count.Forms++
			t.Run(c.Name+"/header", func(t *testing.T) { count.Values += v.testHeader(t) })
		}
		if c.Query != nil {
			count.Forms++
			t.Run(c.Name+"/query", func(t *testing.T) { count.Values += v.testQuery(t) })
		}
	}
	return count
}

// vector is a published case with what it is signed by.
type vector struct {
	testvectors.Case
	signer  *sigv4.Signer
	cred    sigv4.Credentials
	payload sigv4.PayloadHash
	time    time.Time
}

func newVector(t testing.TB, c testvectors.Case) vector {
	t.Helper()
	choice := func(yes bool) sigv4.Choice {
		if yes {
			return sigv4.Yes
		}
		return sigv4.No
	}
	signer, err := sigv4.NewSigner(c.Service, c.Region, &sigv4.Options{
		DoubleEncode:  choice(c.DoubleEncode),
		NormalizePath: choice(c.NormalizePath),
		SignToken:     choice(c.SignToken),
		ContentSHA256: choice(c.ContentSHA256),
	})
	if err != nil {
		t.Fatalf("%s: NewSigner = %v", c.Name, err)
	}
	payload, err := sigv4.ParsePayloadHash(c.PayloadHash)
	if err != nil {
		t.Fatalf("%s: ParsePayloadHash(%q) = %v", c.Name, c.PayloadHash, err)
	}
	if computed := sigv4.PayloadOf(c.Body); payload.IsDigest() && computed != payload {
		t.Errorf("%s: PayloadOf(%q) = %v, want %v", c.Name, c.Body, computed, payload)
	}
	when, err := time.Parse("20060102T150405Z", c.Time)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return vector{c, signer, sigv4.NewCredentials(c.AccessKeyID, c.SecretAccessKey, c.SessionToken), payload, when}
}

// request is the case's request, its target in an opaque URL so that no parser
// comes between: some targets have blanks or raw UTF-8.
func (v vector) request(t testing.TB, target string) *http.Request {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	req := &http.Request{
		Method: v.Method, Header: http.Header{}, ContentLength: int64(len(v.Body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	for _, h := range v.Headers {
		if strings.EqualFold(h[0], "Host") {
			req.Host = h[1]
		} else {
			req.Header.Add(h[0], h[1])
		}
	}
	req.URL = &url.URL{Scheme: "https", Host: req.Host, Opaque: "//" + req.Host + path, RawQuery: query}
	if v.Body != nil {
		req.Body = io.NopCloser(bytes.NewReader(v.Body))
	}
	return req
}

func (v vector) scope() string {
	return v.Time[:8] + "/" + v.Region + "/" + v.Service + "/aws4_request"
}

// compare holds the three stages against the published ones.
func (v vector) compare(t *testing.T, got sigv4.Trace, want *testvectors.Expected) (values int) {
	t.Helper()
	for _, stage := range [...]struct{ name, got, want string }{
		{"canonical request", got.CanonicalRequest, want.CanonicalRequest},
		{"string to sign", got.StringToSign, want.StringToSign},
		{"signature", got.Signature, want.Signature},
	} {
		values++
		if diff := cmp.Diff(stage.want, stage.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", stage.name, diff)
		}
	}
	if got.SignedHeaders != want.SignedHeaders {
		t.Errorf("SignedHeaders = %q, want %q", got.SignedHeaders, want.SignedHeaders)
	}
	return values
}

func (v vector) testHeader(t *testing.T) (values int) {
	req := v.request(t, v.Target)
	before := snapshotOf(req)
	tr, err := v.signer.Explain(req, v.cred, v.payload, v.time)
	if err != nil {
		t.Fatalf("Explain = %v", err)
	}
	untouched(t, "Explain", before, req)
	values = v.compare(t, tr, v.Header)

	if err := v.signer.Sign(req, v.cred, v.payload, v.time); err != nil {
		t.Fatalf("Sign = %v", err)
	}
	want := before
	want.Header = maps.Clone(before.Header)
	want.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+v.AccessKeyID+"/"+v.scope()+
		", SignedHeaders="+v.Header.SignedHeaders+", Signature="+v.Header.Signature)
	want.Header.Set("X-Amz-Date", v.Time)
	if v.SessionToken != "" {
		want.Header.Set("X-Amz-Security-Token", v.SessionToken)
	}
	if v.ContentSHA256 {
		want.Header.Set("X-Amz-Content-Sha256", v.PayloadHash)
	}
	if diff := cmp.Diff(want, snapshotOf(req)); diff != "" {
		t.Errorf("signed request (-want +got):\n%s", diff)
	}

	verified, err := v.signer.Verify(req, known(v.cred), v.payload, v.time)
	if err != nil {
		t.Fatalf("Verify of the signed request = %v", err)
	}
	wantVerified := sigv4.Verified{
		AccessKeyID: v.AccessKeyID, SignedHeaders: v.Header.SignedHeaders,
		SignedAt: v.time, Payload: v.payload, Signature: v.Header.Signature,
	}
	if diff := cmp.Diff(wantVerified, verified, cmp.AllowUnexported(sigv4.PayloadHash{})); diff != "" {
		t.Errorf("Verify of the signed request (-want +got):\n%s", diff)
	}
	req.Header.Set("Authorization", changeLast(req.Header.Get("Authorization")))
	v.refused(t, req)
	return values
}

func (v vector) testQuery(t *testing.T) (values int) {
	req := v.request(t, v.Target)
	before := snapshotOf(req)
	expires := time.Duration(v.Expires) * time.Second
	tr, err := v.signer.ExplainPresign(req, v.cred, v.payload, v.time, expires)
	if err != nil {
		t.Fatalf("ExplainPresign = %v", err)
	}
	values = v.compare(t, tr, v.Query)

	p, err := v.signer.Presign(req, v.cred, v.payload, v.time, expires)
	if err != nil {
		t.Fatalf("Presign = %v", err)
	}
	untouched(t, "Presign", before, req)
	if want := v.presignedURL(); p.URL != want {
		t.Errorf("Presign: URL\n got %s\nwant %s", p.URL, want)
	}
	if want := v.time.Add(expires); !p.Expires.Equal(want) {
		t.Errorf("Presign: Expires = %v, want %v", p.Expires, want)
	}
	if diff := cmp.Diff(before.Header, p.Header); diff != "" {
		t.Errorf("Presign: headers to send along (-want +got):\n%s", diff)
	}

	target := strings.TrimPrefix(p.URL, "https://"+before.Host)
	signed := v.request(t, target)
	signed.Header = p.Header.Clone()
	verified, err := v.signer.Verify(signed, known(v.cred), v.payload, v.time)
	if err != nil {
		t.Fatalf("Verify of the presigned URL = %v", err)
	}
	wantVerified := sigv4.Verified{
		AccessKeyID: v.AccessKeyID, SignedHeaders: v.Query.SignedHeaders,
		SignedAt: v.time, ExpiresAt: v.time.Add(expires), Payload: v.payload, Signature: v.Query.Signature, Query: true,
	}
	if diff := cmp.Diff(wantVerified, verified, cmp.AllowUnexported(sigv4.PayloadHash{})); diff != "" {
		t.Errorf("Verify of the presigned URL (-want +got):\n%s", diff)
	}
	signed.URL.RawQuery = changeLast(signed.URL.RawQuery)
	v.refused(t, signed)
	return values
}

// presignedURL is the URL that the published stages lead to: the path, as given
// or, where it is encoded once, as signed; the signed query; what is not signed.
func (v vector) presignedURL() string {
	lines := strings.SplitN(v.Query.CanonicalRequest, "\n", 4)
	path, _, _ := strings.Cut(v.Target, "?")
	if !v.DoubleEncode {
		path = lines[1]
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(v.URL(), "https://"), "/")
	u := "https://" + host + path + "?" + lines[2]
	if !v.SignToken {
		u += "&X-Amz-Security-Token=" + url.QueryEscape(v.SessionToken)
	}
	return u + "&X-Amz-Signature=" + v.Query.Signature
}

// refused checks that a changed signature does not verify, and that the error
// shows the published stages.
func (v vector) refused(t *testing.T, req *http.Request) {
	t.Helper()
	_, err := v.signer.Verify(req, known(v.cred), v.payload, v.time)
	var denied *sigv4.VerifyError
	if !errors.As(err, &denied) || denied.Code != "SignatureDoesNotMatch" {
		t.Errorf("Verify with one byte of the signature changed = %v, want SignatureDoesNotMatch", err)
	}
}

// changeLast changes the last digit of a signature.
func changeLast(signed string) string {
	last := byte('0')
	if signed[len(signed)-1] == last {
		last = '1'
	}
	return signed[:len(signed)-1] + string(last)
}

// TestVectorsOverTheWire sends what a Go client can send of the vectors through
// net/http's own writer and reader before it verifies them.
func TestVectorsOverTheWire(t *testing.T) {
	cases, err := testvectors.V4()
	if err != nil {
		t.Fatal(err)
	}
	sent, raw := 0, 0
	for _, c := range cases {
		if strings.ContainsFunc(c.Target, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			raw++ // no HTTP request line
			continue
		}
		sent++
		t.Run(c.Name, func(t *testing.T) {
			v := newVector(t, c)
			u, err := url.ParseRequestURI(c.Target)
			if err != nil {
				t.Fatal(err)
			}
			req := v.request(t, c.Target)
			u.Scheme, u.Host = "https", req.Host
			req.URL = u
			if err := v.signer.Sign(req, v.cred, v.payload, v.time); err != nil {
				t.Fatalf("Sign = %v", err)
			}
			arrived, err := throughWire(req)
			if err != nil {
				t.Fatal(err)
			}
			verified, err := v.signer.Verify(arrived, known(v.cred), v.payload, v.time)
			if err != nil {
				t.Fatalf("Verify of what was sent = %v", err)
			}
			if verified.Signature != c.Header.Signature {
				t.Errorf("signature sent = %s, want %s", verified.Signature, c.Header.Signature)
			}
		})
	}
	if sent != 34 || raw != 4 {
		t.Errorf("%d cases sent, %d that no HTTP client can send, want 34 and 4", sent, raw)
	}
}

func testPolicies(t *testing.T) tally {
	t.Helper()
	policies, err := testvectors.Policies()
	if err != nil {
		t.Fatal(err)
	}
	count := tally{Family: "policies"}
	for _, p := range policies {
		count.Cases++
		count.Forms++
		t.Run(p.Name, func(t *testing.T) {
			signer, err := sigv4.NewSigner(p.Service, p.Region, nil)
			if err != nil {
				t.Fatal(err)
			}
			when, err := time.Parse("20060102T150405Z", p.Time)
			if err != nil {
				t.Fatal(err)
			}
			fields, err := signer.SignPolicy(p.PolicyBase64, sigv4.NewCredentials(p.AccessKeyID, p.SecretAccessKey, ""), when)
			if err != nil {
				t.Fatalf("SignPolicy = %v", err)
			}
			scope := p.AccessKeyID + "/" + p.Time[:8] + "/" + p.Region + "/" + p.Service + "/aws4_request"
			want := [][2]string{
				{"Policy", p.PolicyBase64},
				{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
				{"X-Amz-Credential", scope},
				{"X-Amz-Date", p.Time},
				{"X-Amz-Signature", p.Signature},
			}
			if diff := cmp.Diff(want, fields); diff != "" {
				t.Errorf("SignPolicy (-want +got):\n%s", diff)
			}
			count.Values++ // the signature
			got := map[string]string{}
			for _, f := range fields {
				got[f[0]] = f[1]
			}
			for _, published := range p.Fields { // and the fields that the page shows of these
				if value, ours := got[published[0]]; ours {
					count.Values++
					if value != published[1] {
						t.Errorf("SignPolicy: %s = %q, want %q", published[0], value, published[1])
					}
				}
			}
		})
	}
	return count
}

func testSigningKeys(t *testing.T) tally {
	t.Helper()
	keys, err := testvectors.SigningKeys()
	if err != nil {
		t.Fatal(err)
	}
	count := tally{Family: "signing keys"}
	for _, k := range keys {
		count.Cases++
		count.Forms++
		t.Run("key of "+k.Date, func(t *testing.T) {
			got := hex.EncodeToString(sigv4.Derive(k.SecretAccessKey, k.Date, k.Region, k.Service))
			count.Values++
			if got != k.KSigning {
				t.Errorf("derive(%s, %s, %s) = %s, want %s", k.Date, k.Region, k.Service, got, k.KSigning)
			}
			signsWith(t, k)
		})
	}
	return count
}

// signsWith checks that the signer signs the string to sign with the published
// key, by way of its cache.
func signsWith(t *testing.T, k testvectors.SigningKey) {
	t.Helper()
	signer, err := sigv4.NewSigner(k.Service, k.Region, nil)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.Parse("20060102", k.Date)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(k.KSigning)
	if err != nil {
		t.Fatal(err)
	}
	cred := sigv4.NewCredentials(exampleID, k.SecretAccessKey, "")
	for range 2 { // the second time from the cache
		tr, err := signer.Explain(newRequest(t, "GET", "https://iam.amazonaws.com/"), cred, sigv4.EmptyPayload(), when)
		if err != nil {
			t.Fatal(err)
		}
		if want := hex.EncodeToString(hmacSHA256(key, tr.StringToSign)); tr.Signature != want {
			t.Errorf("signature of %s = %s, want %s", k.Date, tr.Signature, want)
		}
	}
}

func testSpaceCollapse(t *testing.T) tally {
	t.Helper()
	pairs, err := testvectors.SpaceCollapse()
	if err != nil {
		t.Fatal(err)
	}
	count := tally{Family: "space collapse"}
	signer := newSigner(t, "service", nil)
	for i, pair := range pairs {
		count.Cases++
		count.Forms++
		t.Run("spaces "+strconv.Itoa(i), func(t *testing.T) {
			req := newRequest(t, "GET", "https://example.amazonaws.com/")
			req.Header.Set("X-Spaced", pair[0])
			got, ok := trace(t, signer, req).header("x-spaced")
			count.Values++
			if !ok || got != pair[1] {
				t.Errorf("canonical value of %q = %q (signed %t), want %q", pair[0], got, ok, pair[1])
			}
		})
	}
	return count
}
