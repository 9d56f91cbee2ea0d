//go:build originals

package testvectors

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var authorizationV4a = regexp.MustCompile(`^AWS4-ECDSA-P256-SHA256 Credential=([^/]+)/([0-9]{8}/[^/]+/aws4_request), SignedHeaders=([^,]+), Signature=([0-9a-f]+)$`)

// verifies checks the second signature of a form: the file of the signature and
// the signed request have different ones.
func verifies(t *testing.T, key *ecdsa.PublicKey, toSign, signature string) {
	t.Helper()
	raw, err := hex.DecodeString(signature)
	sum := sha256.Sum256([]byte(toSign))
	if err != nil || !ecdsa.VerifyASN1(key, sum[:], raw) {
		t.Errorf("the original's other signature %s does not verify (%v)", signature, err)
	}
}

func TestOriginalsV4a(t *testing.T) {
	dir := filepath.Join(folder(t), "v4a")
	cases, err := V4a()
	if err != nil {
		t.Fatal(err)
	}
	// Two directories have a request only.
	var names, incomplete []string
	for _, name := range directories(t, dir) {
		if _, err := os.Stat(filepath.Join(dir, name, "header-canonical-request.txt")); err != nil {
			incomplete = append(incomplete, name)
			continue
		}
		names = append(names, name)
	}
	if want := []string{"get-vanilla-query-order-key", "get-vanilla-query-order-value"}; !reflect.DeepEqual(incomplete, want) {
		t.Errorf("incomplete are %v, not %v", incomplete, want)
	}
	var plain []Case
	ours := map[string]V4aCase{}
	for _, c := range cases {
		plain, ours[c.Name] = append(plain, c.Case), c
	}
	byName(t, plain, names)
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
			var public struct{ X, Y string }
			strict(t, slurp(t, dir, name, "public-key.json"), &public)
			read := func(file string) string { return slurp(t, dir, name, file+".txt") }

			want := V4aCase{PublicKeyX: public.X, PublicKeyY: public.Y, Case: Case{
				Family: "v4a", Name: name, Source: "awslabs/aws-c-auth tests/aws-signing-test-suite/v4a",
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
			}}
			want.Method, want.Target, want.Headers, want.Body = request(t, read("request"))
			sum := sha256.Sum256(nil)
			if *context.SignBody {
				sum = sha256.Sum256(want.Body)
			}
			want.PayloadHash = hex.EncodeToString(sum[:])
			key := publicKey(t, public.X, public.Y)

			_, target, sent, body := request(t, read("header-signed-request"))
			sent, set, found := take(sent, "X-Amz-Region-Set")
			_, auth, _ := take(sent, "Authorization")
			m := authorizationV4a.FindStringSubmatch(auth)
			if m == nil || target != want.Target || !bytes.Equal(body, want.Body) || !found || set != want.Region {
				t.Fatalf("the original signs another request: %q", read("header-signed-request"))
			}
			if m[1] != want.AccessKeyID || m[2] != want.Time[:8]+"/"+want.Service+"/aws4_request" {
				t.Errorf("credential %s/%s of a case with %s, %s, %s", m[1], m[2], want.AccessKeyID, want.Time, want.Service)
			}
			want.Header = &Expected{read("header-canonical-request"), read("header-string-to-sign"), read("header-signature"), m[3]}
			verifies(t, key, want.Header.StringToSign, m[4])

			_, target, sent, body = request(t, read("query-signed-request"))
			if !reflect.DeepEqual(sent, want.Headers) || !bytes.Equal(body, want.Body) {
				t.Errorf("the original sends headers %q and body %q in query form", sent, body)
			}
			want.Query = &Expected{
				CanonicalRequest: read("query-canonical-request"),
				StringToSign:     read("query-string-to-sign"),
				Signature:        read("query-signature"),
				SignedHeaders:    strings.ReplaceAll(parameter(t, target, "X-Amz-SignedHeaders"), "%3B", ";"),
			}
			verifies(t, key, want.Query.StringToSign, parameter(t, target, "X-Amz-Signature"))
			if got := parameter(t, target, "X-Amz-Expires"); got != strconv.Itoa(want.Expires) || parameter(t, target, "X-Amz-Region-Set") != want.Region {
				t.Errorf("the original has the query of another request: %s", target)
			}
			same(t, ours[name], want)
		})
	}
}

// sectionInto reads a section of s3-examples.json into a slice of a type that
// must name all its fields.
func sectionInto(t *testing.T, name string, into any) {
	t.Helper()
	var sections map[string]json.RawMessage
	strict(t, slurp(t, folder(t), "s3-examples.json"), &sections)
	strict(t, string(sections[name]), into)
}

func TestOriginalsV4aKeys(t *testing.T) {
	var examples []struct {
		Source    string   `json:"source"`
		AccessKey string   `json:"access_key"`
		SecretKey string   `json:"secret_key"`
		Counter   int      `json:"counter"`
		Private   string   `json:"private_key_hex"`
		X         string   `json:"public_key_x"`
		Y         string   `json:"public_key_y"`
		Published []string `json:"published"`
	}
	sectionInto(t, "sigv4a_keys", &examples)
	keys, err := V4aKeys()
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != len(examples) {
		t.Fatalf("%d published, %d transcribed", len(examples), len(keys))
	}
	for i, e := range examples {
		same(t, keys[i], V4aKey{
			Name: keys[i].Name, Source: strings.ReplaceAll(e.Source, " (Apache-2.0)", ""),
			AccessKeyID: e.AccessKey, SecretAccessKey: e.SecretKey,
			Counter: e.Counter, PrivateKey: e.Private, PublicKeyX: e.X, PublicKeyY: e.Y,
		})
		if published := len(e.Published) == 3; published != (keys[i].Name == "key-derivation") {
			t.Errorf("%s: published are %v", keys[i].Name, e.Published)
		}
	}
}

func TestOriginalsV4aStrings(t *testing.T) {
	var examples []struct {
		Name          string      `json:"name"`
		Source        string      `json:"source"`
		AccessKey     string      `json:"access_key"`
		SecretKey     string      `json:"secret_key"`
		SessionToken  string      `json:"session_token"`
		RegionSet     string      `json:"region_set"`
		Service       string      `json:"service"`
		AmzDate       string      `json:"amz_date"`
		Method        string      `json:"method"`
		RequestTarget string      `json:"request_target"`
		Headers       [][2]string `json:"headers"`
		PayloadHash   string      `json:"payload_hash"`
		SignedHeaders string      `json:"signed_headers"`
		Canonical     string      `json:"canonical_request"`
		StringToSign  string      `json:"string_to_sign"`
	}
	sectionInto(t, "sigv4a_string_to_sign", &examples)
	cases, err := V4aStrings()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != len(examples) {
		t.Fatalf("%d published, %d transcribed", len(examples), len(cases))
	}
	for i, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			want := Case{
				Family: "v4a-strings", Name: e.Name, Source: strings.TrimSuffix(e.Source, " (Apache-2.0)"),
				AccessKeyID: e.AccessKey, SecretAccessKey: e.SecretKey, SessionToken: e.SessionToken,
				Region: e.RegionSet, Service: e.Service, Time: e.AmzDate,
				Method: e.Method, Target: e.RequestTarget, PayloadHash: e.PayloadHash,
				NormalizePath: e.Service != "s3", DoubleEncode: e.Service != "s3", SignToken: true,
				Header: &Expected{CanonicalRequest: e.Canonical, StringToSign: e.StringToSign, SignedHeaders: e.SignedHeaders},
			}
			rest, date, _ := take(e.Headers, "X-Amz-Date")
			rest, set, _ := take(rest, "X-Amz-Region-Set")
			rest, token, _ := take(rest, "X-Amz-Security-Token")
			want.Headers, _, want.ContentSHA256 = take(rest, "X-Amz-Content-Sha256")
			if date != e.AmzDate || set != e.RegionSet || token != e.SessionToken {
				t.Errorf("the original sends %q", e.Headers)
			}
			// The body is not given: it is the one whose hash this is.
			if sum := sha256.Sum256([]byte("{}")); e.PayloadHash == hex.EncodeToString(sum[:]) {
				want.Body = []byte("{}")
			}
			same(t, cases[i], want)
		})
	}
}
