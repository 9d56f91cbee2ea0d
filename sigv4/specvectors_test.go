package sigv4_test

// The specification must agree with AWS's published figures before anything
// else may be held against it.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/testvectors"
)

// specOfCase gives signer and request of a published case. The rules come from
// the case, not from its service: the suites use a service of no name.
func specOfCase(c testvectors.Case) (specSigner, specRequest) {
	s := specSigner{
		accessKeyID: c.AccessKeyID, secret: c.SecretAccessKey, token: c.SessionToken,
		region: c.Region, service: c.Service, time: c.Time,
		doubleEncode:  c.DoubleEncode,
		normalizePath: c.NormalizePath,
		tokenLast:     c.SessionToken != "" && !c.SignToken,
		contentSHA256: c.ContentSHA256,
	}
	r := specRequest{method: c.Method, payload: c.PayloadHash}
	r.path, r.query, _ = strings.Cut(c.Target, "?")
	for _, h := range c.Headers {
		if strings.EqualFold(h[0], "Host") {
			r.host = h[1]
			continue
		}
		r.headers = append(r.headers, specPair{h[0], h[1]})
	}
	return s, r
}

// specCases gives all published cases with the number that each family has.
func specCases(t testing.TB) []testvectors.Case {
	t.Helper()
	var all []testvectors.Case
	for _, family := range []struct {
		load func() ([]testvectors.Case, error)
		want int
	}{{testvectors.V4, 38}, {testvectors.Legacy2015, 34}, {testvectors.Documents, 10}} {
		cases, err := family.load()
		if err != nil {
			t.Fatal(err)
		}
		if len(cases) != family.want {
			t.Fatalf("%d cases, want %d", len(cases), family.want)
		}
		all = append(all, cases...)
	}
	return all
}

func specExpected(e *testvectors.Expected) specSigned {
	return specSigned{e.CanonicalRequest, e.SignedHeaders, e.StringToSign, e.Signature}
}

func TestSpecAgreesWithEveryPublishedSignature(t *testing.T) {
	compare := cmp.AllowUnexported(specSigned{})
	headerForms, queryForms := 0, 0
	for _, c := range specCases(t) {
		t.Run(c.Family+"/"+c.Name, func(t *testing.T) {
			s, r := specOfCase(c)
			if c.Header != nil {
				headerForms++
				got, sent := s.signHeader(r)
				if diff := cmp.Diff(specExpected(c.Header), got, compare); diff != "" {
					t.Errorf("header form (-want +got):\n%s", diff)
				}
				if specHas(sent, "x-amz-security-token") != (c.SessionToken != "") {
					t.Errorf("sent = %v, want the session token among it exactly if there is one", sent)
				}
			}
			if c.Query != nil {
				queryForms++
				got, query := s.presign(r, c.Expires)
				if diff := cmp.Diff(specExpected(c.Query), got, compare); diff != "" {
					t.Errorf("query form (-want +got):\n%s", diff)
				}
				if specHas(query, "X-Amz-Security-Token") != (c.SessionToken != "") {
					t.Errorf("query = %v, want the session token in it exactly if there is one", query)
				}
			}
			if specIsDigest(c.PayloadHash) && c.PayloadHash != specSHA256(string(c.Body)) && c.PayloadHash != specSHA256("") {
				t.Errorf("payload hash %s is neither the body's nor that of nothing", c.PayloadHash)
			}
		})
	}
	if headerForms != 80 || queryForms != 40 {
		t.Errorf("%d header forms and %d query forms compared, want 80 and 40", headerForms, queryForms)
	}
}

func TestSpecAgreesWithEveryPublishedSigningKey(t *testing.T) {
	keys, err := testvectors.SigningKeys()
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 3 {
		t.Fatalf("%d keys, want 3", len(keys))
	}
	for _, k := range keys {
		s := specSigner{secret: k.SecretAccessKey, time: k.Date, region: k.Region, service: k.Service}
		got := s.signingKeys()
		for i, want := range []string{k.KDate, k.KRegion, k.KService, k.KSigning} {
			if hex.EncodeToString(got[i]) != want {
				t.Errorf("%s: key %d = %x, want %s", k.Source, i, got[i], want)
			}
		}
	}
}

func TestSpecAgreesWithEveryPublishedPolicy(t *testing.T) {
	policies, err := testvectors.Policies()
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) != 2 {
		t.Fatalf("%d policies, want 2", len(policies))
	}
	for _, p := range policies {
		s := specSigner{
			accessKeyID: p.AccessKeyID, secret: p.SecretAccessKey,
			region: p.Region, service: p.Service, time: p.Time,
		}
		fields := s.policyFields(p.PolicyBase64)
		if got := fields[len(fields)-1]; got != (specPair{"X-Amz-Signature", p.Signature}) {
			t.Errorf("%s: %v, want the signature %s", p.Name, got, p.Signature)
		}
		for _, f := range p.Fields {
			if strings.HasPrefix(f[0], "X-Amz-") && !slices.Contains(fields, specPair{f[0], f[1]}) {
				t.Errorf("%s: fields %v lack %v", p.Name, fields, f)
			}
		}
	}
}

func TestSpecCollapsesSpacesAsPublished(t *testing.T) {
	values, err := testvectors.SpaceCollapse()
	if err != nil {
		t.Fatal(err)
	}
	if len(values) != 14 {
		t.Fatalf("%d values, want 14", len(values))
	}
	for _, v := range values {
		if got := specTrim(v[0]); got != v[1] {
			t.Errorf("specTrim(%q) = %q, want %q", v[0], got, v[1])
		}
	}
}

// specExampleSigner signs the examples of S3C and S3T.
var specExampleSigner = specSigner{
	accessKeyID: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	region: "us-east-1", service: "s3", time: "20130524T000000Z", contentSHA256: true,
}

// The upload of 65 KiB of the letter a in chunks of 64 KiB: S3C, "Example: PUT
// Object", and the same with a trailer in S3T. S3T prints a wrong list of signed
// headers and a wrong Content-Length; its signature belongs to what stands here.
func TestSpecAgreesWithThePublishedChunks(t *testing.T) {
	tests := []struct {
		name     string
		headers  []specPair
		payload  string
		trailers []specPair
		seed     string
		later    []string // the signatures in the body, in their order
		length   int
	}{
		{
			name: "S3C",
			headers: []specPair{
				{"Content-Encoding", "aws-chunked"}, {"Content-Length", "66824"},
				{"x-amz-decoded-content-length", "66560"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
			},
			payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
			seed:    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
			later: []string{
				"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
				"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
				"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n",
			},
			length: 66824,
		},
		{
			name: "S3T",
			headers: []specPair{
				{"Content-Encoding", "aws-chunked"}, {"x-amz-decoded-content-length", "66560"},
				{"x-amz-storage-class", "REDUCED_REDUNDANCY"}, {"x-amz-trailer", "x-amz-checksum-crc32c"},
			},
			payload:  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
			trailers: []specPair{{"x-amz-checksum-crc32c", "sOO8/Q=="}},
			seed:     "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
			later: []string{
				"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
				"400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
				"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
				"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
			},
			length: 66946,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seed, _ := specExampleSigner.signHeader(specRequest{
				method: "PUT", host: "s3.amazonaws.com", path: "/examplebucket/chunkObject.txt",
				headers: tt.headers, payload: tt.payload,
			})
			if seed.signature != tt.seed {
				t.Errorf("seed = %s, want %s", seed.signature, tt.seed)
			}
			body := specExampleSigner.signedBody(seed.signature, strings.Repeat("a", 66560), 65536, tt.trailers)
			if len(body) != tt.length {
				t.Errorf("body of %d bytes, want %d", len(body), tt.length)
			}
			rest := body
			for _, want := range tt.later {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("the body lacks %q in its place", want)
				}
				rest = after
			}
		})
	}
}

// Three trailers in one block: awslabs/aws-c-auth, tests/test_chunked_signing.c.
func TestSpecAgreesWithPublishedTrailers(t *testing.T) {
	got := specExampleSigner.trailerSignature("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
		[]specPair{{"first", "1st"}, {"second", "2nd"}, {"third", "3rd"}})
	if want := "df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c"; got != want {
		t.Errorf("trailerSignature = %s, want %s", got, want)
	}
}

// boto/botocore, tests/unit/test_httpchecksum.py, and aws/aws-sdk-java-v2,
// ChunkedEncodedInputStreamTest.
func TestSpecAgreesWithPublishedUnsignedFraming(t *testing.T) {
	tests := []struct {
		data     string
		size     int
		trailers []specPair
		want     string
	}{
		{"abcdefghijklmnopqrstuvwxyz", 1 << 20, nil, "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"},
		{"abcdefghijklmnopqrstuvwxyz", 10, nil, "a\r\nabcdefghij\r\na\r\nklmnopqrst\r\n6\r\nuvwxyz\r\n0\r\n\r\n"},
		{"hello world", 1 << 20, []specPair{{"checksum", "DUoRhQ=="}}, "b\r\nhello world\r\n0\r\nchecksum:DUoRhQ==\r\n\r\n"},
		{"hello world", 5, []specPair{{"checksum", "DUoRhQ=="}}, "5\r\nhello\r\n5\r\n worl\r\n1\r\nd\r\n0\r\nchecksum:DUoRhQ==\r\n\r\n"},
		{"abcdefghij", 3, nil, "3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n1\r\nj\r\n0\r\n\r\n"},
		{"abcdefghij", 3, []specPair{{"hello", "world!"}}, "3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n1\r\nj\r\n0\r\nhello:world!\r\n\r\n"},
	}
	for _, tt := range tests {
		if got := specUnsignedBody(tt.data, tt.size, tt.trailers); got != tt.want {
			t.Errorf("specUnsignedBody(%q, %d, %v) = %q, want %q", tt.data, tt.size, tt.trailers, got, tt.want)
		}
	}
}

// A stream of four messages, the last one empty: awslabs/aws-c-auth,
// tests/test_event_signing.c. Its secret is too short for this package, and the
// specification does not mind.
func TestSpecAgreesWithThePublishedEvents(t *testing.T) {
	s := specSigner{accessKeyID: "access", secret: "secret", region: "us-east-1", service: "demo", time: "19810116T063000Z"}
	seed, _ := s.signHeader(specRequest{
		method: "POST", host: "demo.us-east-1.amazonaws.com", path: "/streaming",
		headers: []specPair{{"Content-Encoding", "application/vnd.amazon.eventstream"}},
		payload: "STREAMING-AWS4-HMAC-SHA256-EVENTS",
	})
	previous := seed.signature
	if want := "e1d8e8c8815e60969f2a34765c9a15945ffc0badbaa4b7e3b163ea19131e949b"; previous != want {
		t.Fatalf("seed = %s, want %s", previous, want)
	}
	for _, message := range []struct{ time, headers, payload, want string }{
		{"19810116T063001Z", "053a64617465080000005122b46e28", "A", "7aabf85b765e6a4d0d500b6e968657b14726fa3e1eb7e839302728ffd77629a5"},
		{"19810116T063002Z", "053a64617465080000005122b47210", "B", "f72aa9642f571d24a6e1ae42f10f073ad9448d8a028b6bcd82da081335adda02"},
		{"19810116T063003Z", "053a64617465080000005122b475f8", "C", "632af120435b57ec241d8bfbb12e496dfd5e2730a1a02ac0ab6eaa230ae02e9a"},
		{"19810116T063004Z", "053a64617465080000005122b479e0", "", "c6f679ddb3af68f5e82f0cf6761244cb2338cf11e7d01a24130aea1b7c17e53e"},
	} {
		headers, err := hex.DecodeString(message.headers)
		if err != nil {
			t.Fatal(err)
		}
		previous = s.eventSignature(previous, message.time, string(headers), message.payload)
		if previous != message.want {
			t.Fatalf("event at %s = %s, want %s", message.time, previous, message.want)
		}
	}
}

// The documents' functions, byte for byte.
func TestSpecURIEncodesEveryByteButTheUnreserved(t *testing.T) {
	for b := range 256 {
		want := fmt.Sprintf("%%%02X", b)
		switch {
		case 'A' <= b && b <= 'Z', 'a' <= b && b <= 'z', '0' <= b && b <= '9', b == '-', b == '.', b == '_', b == '~':
			want = string(rune(b))
		}
		in := string([]byte{byte(b)})
		if got := specURIEncode(in, false); got != want {
			t.Errorf("specURIEncode(%q, false) = %q, want %q", in, got, want)
		}
		if b == '/' {
			want = "/"
		}
		if got := specURIEncode(in, true); got != want {
			t.Errorf("specURIEncode(%q, true) = %q, want %q", in, got, want)
		}
	}
	if got := sha256.Sum256(nil); hex.EncodeToString(got[:]) != specSHA256("") {
		t.Errorf("specSHA256 of nothing = %s", specSHA256(""))
	}
}
