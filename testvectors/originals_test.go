//go:build originals

// This file compares the texts with the originals. It reads the originals by
// its own means and shares nothing with the parser, so that a mistake made in
// the transcription is not made again here.

package testvectors

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var originals = flag.String("originals", "", "folder of the originals: v4, v4a, legacy-2015, s3-examples.json; relative to this package's folder")

func folder(t *testing.T) string {
	t.Helper()
	if *originals == "" {
		t.Fatal("give the folder of the originals: -originals DIR")
	}
	return *originals
}

func slurp(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// directories lists the cases of a suite, one directory each.
func directories(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			t.Errorf("%s: a file among the cases: %s", dir, e.Name())
			continue
		}
		names = append(names, e.Name())
	}
	return names
}

// byName also reports the names that one side lacks.
func byName(t *testing.T, cases []Case, published []string) map[string]Case {
	t.Helper()
	ours := map[string]Case{}
	for _, c := range cases {
		ours[c.Name] = c
	}
	theirs := map[string]bool{}
	for _, name := range published {
		if _, ok := ours[name]; !ok {
			t.Errorf("published, but not transcribed: %s", name)
		}
		if theirs[name] {
			t.Errorf("published twice: %s", name)
		}
		theirs[name] = true
	}
	for name := range ours {
		if !theirs[name] {
			t.Errorf("transcribed, but not published: %s", name)
		}
	}
	return ours
}

// same compares a whole value, so that a field added to Case cannot be left out.
func same(t *testing.T, got, want any) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		name := g.Type().Field(i).Name
		gf, wf := g.Field(i), w.Field(i)
		if gf.Kind() == reflect.Pointer && !gf.IsNil() && !wf.IsNil() {
			gf, wf = gf.Elem(), wf.Elem()
		}
		if !reflect.DeepEqual(gf.Interface(), wf.Interface()) {
			t.Errorf("%s:\n transcribed %#v\n published   %#v", name, gf.Interface(), wf.Interface())
		}
	}
}

// request reads a raw request, byte by byte rather than by lines: a line end
// followed by blanks is a fold.
func request(t *testing.T, raw string) (method, target string, headers [][2]string, body []byte) {
	t.Helper()
	if i := strings.Index(raw, "\n\n"); i >= 0 {
		if rest := raw[i+2:]; rest != "" {
			body = []byte(rest)
		}
		raw = raw[:i]
	}
	raw = strings.TrimSuffix(raw, "\n")
	raw = regexp.MustCompile(`\n[ \t]+`).ReplaceAllString(raw, " ")
	parts := regexp.MustCompile(`(?s)^([A-Z]+) (.*?) HTTP/1\.1(?:\n(.*))?$`).FindStringSubmatch(raw)
	if parts == nil {
		t.Fatalf("not a request: %q", raw)
	}
	for _, m := range regexp.MustCompile(`(?m)^([^:\n]+):(.*)$`).FindAllStringSubmatch(parts[3], -1) {
		headers = append(headers, [2]string{m[1], m[2]})
	}
	if n := strings.Count(parts[3], "\n") + 1; n != len(headers) {
		t.Fatalf("%d header lines, %d headers: %q", n, len(headers), parts[3])
	}
	return parts[1], parts[2], headers, body
}

// take removes the headers of a name and returns the last value.
func take(headers [][2]string, name string) (rest [][2]string, value string, found bool) {
	for _, h := range headers {
		if strings.EqualFold(h[0], name) {
			value, found = h[1], true
			continue
		}
		rest = append(rest, h)
	}
	return rest, value, found
}

// signed reads a signed request and returns its headers. Apart from what the
// signer adds it must be the request that was to be signed.
func signed(t *testing.T, c Case, raw string) [][2]string {
	t.Helper()
	method, target, headers, body := request(t, raw)
	rest := headers
	for _, name := range []string{"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256", "Authorization"} {
		rest, _, _ = take(rest, name)
	}
	if method != c.Method || target != c.Target || !reflect.DeepEqual(rest, c.Headers) || !bytes.Equal(body, c.Body) {
		t.Errorf("the original signs another request: %q", raw)
	}
	return headers
}

func lastLine(s string) string { return s[strings.LastIndex(s, "\n")+1:] }

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8}/[^/]+/[^/]+/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$`)

// stages builds an Expected out of an original and its Authorization header.
func stages(t *testing.T, c Case, canonical, toSign, auth string) *Expected {
	t.Helper()
	m := authorization.FindStringSubmatch(auth)
	if m == nil {
		t.Fatalf("not an Authorization header: %q", auth)
	}
	if m[1] != c.AccessKeyID || m[2] != strings.Join([]string{c.Time[:8], c.Region, c.Service, "aws4_request"}, "/") {
		t.Errorf("credential %s/%s of a case with %s, %s, %s, %s", m[1], m[2], c.AccessKeyID, c.Time, c.Region, c.Service)
	}
	return &Expected{CanonicalRequest: canonical, StringToSign: toSign, SignedHeaders: m[3], Signature: m[4]}
}

func strict(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestOriginalsV4(t *testing.T) {
	dir := filepath.Join(folder(t), "v4")
	cases, err := V4()
	if err != nil {
		t.Fatal(err)
	}
	names := directories(t, dir)
	ours := byName(t, cases, names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			var context struct {
				Credentials struct {
					AccessKeyID     string `json:"access_key_id"`
					SecretAccessKey string `json:"secret_access_key"`
					Token           string `json:"token"`
				} `json:"credentials"`
				Expiration int       `json:"expiration_in_seconds"`
				Normalize  *bool     `json:"normalize"`
				Region     string    `json:"region"`
				Service    string    `json:"service"`
				SignBody   *bool     `json:"sign_body"`
				Timestamp  time.Time `json:"timestamp"`
				OmitToken  bool      `json:"omit_session_token"`
			}
			strict(t, slurp(t, dir, name, "context.json"), &context)
			read := func(file string) string { return slurp(t, dir, name, file+".txt") }

			want := Case{
				Family: "v4", Name: name, Source: "awslabs/aws-c-auth tests/aws-signing-test-suite/v4",
				AccessKeyID:     context.Credentials.AccessKeyID,
				SecretAccessKey: context.Credentials.SecretAccessKey,
				SessionToken:    context.Credentials.Token,
				Region:          context.Region, Service: context.Service,
				Time:          context.Timestamp.UTC().Format("20060102T150405Z"),
				ContentSHA256: *context.SignBody,
				NormalizePath: *context.Normalize,
				DoubleEncode:  true,
				SignToken:     !context.OmitToken,
				Expires:       context.Expiration,
			}
			want.Method, want.Target, want.Headers, want.Body = request(t, read("request"))
			sum := sha256.Sum256(nil)
			if *context.SignBody {
				sum = sha256.Sum256(want.Body)
			}
			want.PayloadHash = hex.EncodeToString(sum[:])

			sent := signed(t, want, read("header-signed-request"))
			_, auth, _ := take(sent, "Authorization")
			want.Header = stages(t, want, read("header-canonical-request"), read("header-string-to-sign"), auth)
			if file := read("header-signature"); file != want.Header.Signature {
				t.Errorf("the original has two signatures, %s and %s", file, want.Header.Signature)
			}
			_, token, _ := take(sent, "X-Amz-Security-Token")
			_, sha, _ := take(sent, "X-Amz-Content-SHA256")
			if token != want.SessionToken || (sha == want.PayloadHash) != want.ContentSHA256 || (sha != "") != want.ContentSHA256 {
				t.Errorf("the original sends token %q and hash %q", token, sha)
			}

			_, target, queryHeaders, queryBody := request(t, read("query-signed-request"))
			if !reflect.DeepEqual(queryHeaders, want.Headers) || !bytes.Equal(queryBody, want.Body) {
				t.Errorf("the original sends headers %q and body %q in query form", queryHeaders, queryBody)
			}
			want.Query = &Expected{
				CanonicalRequest: read("query-canonical-request"),
				StringToSign:     read("query-string-to-sign"),
				Signature:        read("query-signature"),
				SignedHeaders:    strings.ReplaceAll(parameter(t, target, "X-Amz-SignedHeaders"), "%3B", ";"),
			}
			if sent := parameter(t, target, "X-Amz-Signature"); sent != want.Query.Signature {
				t.Errorf("the original has two signatures, %s and %s", want.Query.Signature, sent)
			}
			if sent := parameter(t, target, "X-Amz-Expires"); sent != strconv.Itoa(want.Expires) {
				t.Errorf("the original has two expirations, %d and %s", want.Expires, sent)
			}
			same(t, ours[name], want)
		})
	}
}

// parameter takes a value out of a query as it stands.
func parameter(t *testing.T, target, name string) string {
	t.Helper()
	m := regexp.MustCompile(`[?&]` + name + `=([^&]*)`).FindStringSubmatch(target)
	if m == nil {
		t.Fatalf("no %s in %s", name, target)
	}
	return m[1]
}

func TestOriginalsLegacy2015(t *testing.T) {
	dir := filepath.Join(folder(t), "legacy-2015")
	cases, err := Legacy2015()
	if err != nil {
		t.Fatal(err)
	}
	names := directories(t, dir)
	ours := byName(t, cases, names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			read := func(ext string) string { return slurp(t, dir, name, name+ext) }
			// The suite names its credentials and scope only in its
			// documentation; the secret is proved by the signatures.
			want := Case{
				Family: "legacy-2015", Name: name, Source: "boto/botocore tests/unit/auth/aws4_testsuite",
				AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
				Region: "us-east-1", Service: "service",
				NormalizePath: true, DoubleEncode: true, SignToken: true,
			}
			want.Method, want.Target, want.Headers, want.Body = request(t, read(".req"))
			var token string
			var found bool
			want.Headers, want.Time, found = take(want.Headers, "X-Amz-Date")
			if !found {
				t.Error("the original has no X-Amz-Date")
			}
			want.Headers, token, _ = take(want.Headers, "X-Amz-Security-Token")

			sent := signed(t, want, read(".sreq"))
			_, want.SessionToken, _ = take(sent, "X-Amz-Security-Token")
			if token != "" && token != want.SessionToken {
				t.Errorf("the original has two tokens, %s and %s", token, want.SessionToken)
			}
			canonical := read(".creq")
			if want.SessionToken != "" {
				want.SignToken = strings.Contains(canonical, "\nx-amz-security-token:"+want.SessionToken+"\n")
			}
			want.PayloadHash = lastLine(canonical)
			want.Header = stages(t, want, canonical, read(".sts"), read(".authz"))
			_, auth, _ := take(sent, "Authorization")
			if auth = strings.TrimPrefix(auth, " "); auth != read(".authz") && name != "get-vanilla-with-session-token" {
				t.Errorf("the original has two Authorization headers, %s and %s", auth, read(".authz"))
			}
			// What the suite does not say in words: no canonical path keeps a
			// dot segment or an empty one.
			if path := strings.Split(canonical, "\n")[1]; strings.Contains(path, "/.") || strings.Contains(path, "//") {
				t.Errorf("the original does not normalize: %s", path)
			}
			same(t, ours[name], want)
		})
	}
}

// example is an entry of s3-examples.json. Every field is named, so that one
// which the transcription does not know is an error.
type example struct {
	Name           string      `json:"name"`
	Source         string      `json:"source"`
	AccessKey      string      `json:"access_key"`
	SecretKey      string      `json:"secret_key"`
	Region         string      `json:"region"`
	Service        string      `json:"service"`
	AmzDate        string      `json:"amz_date"`
	Expires        int         `json:"expires"`
	Method         string      `json:"method"`
	RequestTarget  string      `json:"request_target"`
	Path           string      `json:"path"`
	Query          [][2]string `json:"query"`
	Headers        [][2]string `json:"headers"`
	PayloadBase64  string      `json:"payload_base64"`
	PayloadHash    string      `json:"payload_hash"`
	Canonical      string      `json:"canonical_request"`
	CanonicalSum   string      `json:"canonical_request_sha256"`
	StringToSign   string      `json:"string_to_sign"`
	SignedHeaders  string      `json:"signed_headers"`
	Signature      string      `json:"signature"`
	Authorization  string      `json:"authorization"`
	SignedURL      string      `json:"signed_url_canonical_order"`
	PublishedURL   string      `json:"signed_url_published"`
	PolicyText     string      `json:"policy_text"`
	PolicyBase64   string      `json:"policy_base64"`
	SigningKeyHex  string      `json:"signing_key_hex"`
	FormFields     [][2]string `json:"form_fields"`
	Notes          string      `json:"notes"`
	KSecretHex     string      `json:"k_secret_hex"`
	Date           string      `json:"date"`
	KDate          string      `json:"k_date"`
	KRegion        string      `json:"k_region"`
	KService       string      `json:"k_service"`
	KSigning       string      `json:"k_signing"`
	PublishedParts []string    `json:"published"`
}

func section(t *testing.T, names ...string) []example {
	t.Helper()
	var sections map[string]json.RawMessage
	strict(t, slurp(t, folder(t), "s3-examples.json"), &sections)
	var all []example
	for _, name := range names {
		var some []example
		strict(t, string(sections[name]), &some)
		all = append(all, some...)
	}
	return all
}

// checkSource compares the pages that both sides name. The wording of a source
// is each side's own.
func checkSource(t *testing.T, got, published string) {
	t.Helper()
	pages := regexp.MustCompile(`[a-z0-9-]+\.html`)
	for _, page := range pages.FindAllString(published, -1) {
		if !strings.Contains(got, page) {
			t.Errorf("source %q does not name %s", got, page)
		}
	}
	if got == "" || len(pages.FindAllString(got, -1)) == 0 {
		t.Errorf("source %q names no page", got)
	}
}

func TestOriginalsDocuments(t *testing.T) {
	examples := section(t, "s3_header_auth", "s3_query_auth", "service_header_auth", "service_query_auth")
	cases, err := Documents()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range examples {
		names = append(names, e.Name)
	}
	ours := byName(t, cases, names)
	for _, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			got := ours[e.Name]
			checkSource(t, got.Source, e.Source)
			want := Case{
				Family: "documents", Name: e.Name, Source: got.Source,
				AccessKeyID: e.AccessKey, SecretAccessKey: e.SecretKey,
				Region: e.Region, Service: e.Service, Time: e.AmzDate,
				Method: e.Method, Target: e.RequestTarget, PayloadHash: e.PayloadHash,
				NormalizePath: e.Service != "s3", DoubleEncode: e.Service != "s3", SignToken: true,
				Expires: e.Expires,
			}
			if want.Target == "" {
				want.Target = e.Path
				for i, q := range e.Query {
					want.Target += []string{"?", "&"}[min(i, 1)] + q[0] + "=" + q[1]
				}
			}
			var date, sha string
			want.Headers, date, _ = take(e.Headers, "X-Amz-Date")
			want.Headers, sha, want.ContentSHA256 = take(want.Headers, "X-Amz-Content-SHA256")
			if want.ContentSHA256 && sha != e.PayloadHash {
				t.Errorf("the original has two payload hashes, %s and %s", sha, e.PayloadHash)
			}
			body, err := base64.StdEncoding.DecodeString(e.PayloadBase64)
			if err != nil {
				t.Fatal(err)
			}
			if len(body) > 0 {
				want.Body = body
			}
			sum := sha256.Sum256([]byte(e.Canonical))
			if e.CanonicalSum != hex.EncodeToString(sum[:]) || lastLine(e.Canonical) != e.PayloadHash {
				t.Errorf("the original disagrees with itself")
			}
			if e.Authorization != "" {
				want.Header = stages(t, want, e.Canonical, e.StringToSign, e.Authorization)
				if date != e.AmzDate || want.Header.Signature != e.Signature || want.Header.SignedHeaders != e.SignedHeaders {
					t.Errorf("the original disagrees with itself")
				}
			} else {
				want.Query = &Expected{e.Canonical, e.StringToSign, e.Signature, e.SignedHeaders}
				begin := got.URL() + []string{"?", "&"}[min(strings.Count(got.Target, "?"), 1)]
				if !strings.HasPrefix(e.SignedURL, begin+"X-Amz-Algorithm=") || parameter(t, e.SignedURL, "X-Amz-Signature") != e.Signature {
					t.Errorf("the original URL %s does not begin with %s or bears another signature", e.SignedURL, begin)
				}
				if e.PublishedURL != "" && e.PublishedURL != e.SignedURL {
					t.Errorf("the original has two URLs, %s and %s", e.SignedURL, e.PublishedURL)
				}
			}
			same(t, got, want)
		})
	}
}

func TestOriginalsPolicies(t *testing.T) {
	examples := section(t, "s3_post_policy")
	policies, err := Policies()
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) != len(policies) {
		t.Fatalf("%d published, %d transcribed", len(examples), len(policies))
	}
	for i, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			got := policies[i]
			checkSource(t, got.Source, e.Source)
			same(t, got, Policy{
				Name: e.Name, Source: got.Source,
				AccessKeyID: e.AccessKey, SecretAccessKey: e.SecretKey,
				Region: e.Region, Service: e.Service, Time: e.AmzDate,
				PolicyBase64: e.PolicyBase64, Signature: e.Signature, Fields: e.FormFields,
			})
			if text, err := base64.StdEncoding.DecodeString(got.PolicyBase64); err != nil || string(text) != e.PolicyText {
				t.Errorf("policy text %q, published %q (%v)", text, e.PolicyText, err)
			}
			if e.StringToSign != got.PolicyBase64 {
				t.Errorf("the published string to sign is not the policy")
			}
			key, err := hex.DecodeString(e.SigningKeyHex)
			if err != nil {
				t.Fatal(err)
			}
			h := hmac.New(sha256.New, key)
			h.Write([]byte(got.PolicyBase64))
			if want, _ := hex.DecodeString(got.Signature); !bytes.Equal(h.Sum(nil), want) {
				t.Errorf("the published key does not give the signature")
			}
		})
	}
}

func TestOriginalsSigningKeys(t *testing.T) {
	examples := section(t, "signing_keys")
	keys, err := SigningKeys()
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) != len(keys) {
		t.Fatalf("%d published, %d transcribed", len(examples), len(keys))
	}
	for i, e := range examples {
		got := keys[i]
		checkSource(t, got.Source, e.Source)
		same(t, got, SigningKey{
			Source: got.Source, SecretAccessKey: e.SecretKey, Date: e.Date, Region: e.Region, Service: e.Service,
			KDate: e.KDate, KRegion: e.KRegion, KService: e.KService, KSigning: e.KSigning,
		})
		if e.KSecretHex != hex.EncodeToString([]byte("AWS4"+got.SecretAccessKey)) {
			t.Errorf("%s: the published first key is not AWS4 and the secret", e.Date)
		}
	}
}

func TestOriginalsSpaceCollapse(t *testing.T) {
	var sections map[string]json.RawMessage
	strict(t, slurp(t, folder(t), "s3-examples.json"), &sections)
	var rules struct {
		SpaceCollapse [][2]string `json:"space_collapse"`
	}
	if err := json.Unmarshal(sections["signer_rules"], &rules); err != nil {
		t.Fatal(err)
	}
	pairs, err := SpaceCollapse()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(pairs, rules.SpaceCollapse) {
		t.Errorf("transcribed %q\npublished   %q", pairs, rules.SpaceCollapse)
	}
}
