package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ready gives a signer that has the signing key of a scope in its cache, for
// published chains that name the key rather than a secret, or one too short.
func ready(service, region, date string, key []byte) (*Signer, Credentials) {
	s, err := NewSigner(service, region, nil)
	if err != nil {
		panic(err)
	}
	cred := NewCredentials("AKIDEXAMPLE", "never-derived", "")
	k := &signingKey{secretAccessKey: cred.SecretAccessKey(), date: date, region: region, service: service}
	k.macs.New = func() any { return &keyedMAC{Hash: hmac.New(sha256.New, key)} }
	s.keys.slots[0].Store(k)
	return s, cred
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestChunkChains: Amazon S3 API Reference, "Signature Calculations for the
// Authorization Header: Transferring Payload in Multiple Chunks" and "Signature
// calculations for trailing headers"; awslabs/aws-c-auth tests/test_chunked_signing.c;
// aws/aws-sdk-java-v2 ChunkedEncodingFunctionalTest (both Apache-2.0).
func TestChunkChains(t *testing.T) {
	const documentedKey = "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378"
	large, small := strings.Repeat("a", 65536), strings.Repeat("a", 1024)
	for _, test := range []struct {
		name, key, timestamp, region, seed string
		chunks                             []string
		signatures                         []string
		trailers, trailerSignature         string // trailers are "" where there is no signature of them, "none" where it is of nothing
	}{
		{"documented", documentedKey, "20130524T000000Z", "us-east-1", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
			[]string{large, small, ""}, []string{
				"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
				"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
				"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
			}, "first:1st\nsecond:2nd\nthird:3rd\n", "df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c"},
		{"documented with a trailer", documentedKey, "20130524T000000Z", "us-east-1", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
			[]string{large, small, ""}, []string{
				"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
				"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
				"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
			}, "x-amz-checksum-crc32c:sOO8/Q==\n", "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"},
		{"small", "7369676e696e676b6579", "20201216T011309Z", "us-west-2", "7369676e6174757265",
			[]string{"helloworld", ""}, []string{
				"a0c7e7324d9c209c4a86a1c1452d60862591b7370a725364d52ba490210f2d9d",
				"4722d8dac986015bdabeb5fafcb45db7b5585329befa485849c4938fed2aaaa2",
			}, "", ""},
		{"documented with another trailer", documentedKey, "20130524T000000Z", "us-east-1", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
			[]string{large, small, ""}, []string{
				"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
				"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
				"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
			}, "x-amz-checksum-crc32c:wdBDMA==\n", "ce306fa4cdf73aa89071b78358f0d22ea79c43117314c8ed68017f7d6f91048e"},
		{"large", "7369676e696e676b6579", "20201216T011309Z", "us-west-2", "7369676e6174757265",
			[]string{large + large, "a", ""}, []string{
				"be3155d539d4f5daf575096ab6d7090070b5ad00be6b802a8eb4c8bacd6e7dcb",
				"0362eef10ceccf47fc1bf944a9df45a3e7dd5ea936e118b00e3d649b1d825f2f",
				"3d5a2da1f773f64fdde2c6ca7d18c4bfee2a5a76b8153854c2a722c3fe8549cc",
			}, "", ""},
		{"chunks of four and no trailers to sign", "6b6579", "19700101T000000Z", "us-east-1", "sig",
			[]string{`{"Ta`, "bleN", `ame"`, `: "f`, `oo"}`, ""}, []string{
				"082f5b0e588893570e152b401a886161ee772ed066948f68c8f01aee11cca4f8",
				"777b02ec61ce7934578b1efe6fbe08c21ae4a8cdf66a709d3b4fd320dddd2839",
				"84abdae650f64dee4d703d41c7d87c8bc251c22b8c493c75ce24431b60b73937",
				"aff22ddad9d4388233fe9bc47e9c552a6e9ba9285af79555d2ce7fdaab726320",
				"30e55f4e1c1fd444c06e9be42d9594b8fd7ead436bc67a58b5350ffd58b6aaa5",
				"825ad80195cae47f54984835543ff2179c2c5a53c324059cd632e50259384ee3",
			}, "none", "4cf8567e47f3f5b4404edce2ff8719ce99434b092a34f8faac804d63f9700871"},
		{"empty", "7369676e696e676b6579", "20201216T011309Z", "us-west-2", "7369676e6174757265",
			[]string{""}, []string{"67a2a80cee05190f0376fa861594fcfa351606cfdcf932b45781ddd6e4d78501"}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			// HMAC pads its key with zeros, so this is the same key, long enough for FIPS 140.
			key := append(unhex(t, test.key), make([]byte, 32)...)
			s, cred := ready("s3", test.region, test.timestamp[:dateLen], key)
			signed := &http.Request{Header: http.Header{
				headerDate:          {test.timestamp},
				headerAuthorization: {"AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=" + test.seed},
			}}
			signer, err := s.ChunkSigner(signed, cred)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(timeFormat, test.timestamp)
			if err != nil {
				t.Fatal(err)
			}
			verifier, err := s.ChunkVerifier(Verified{SignedAt: at, Signature: test.seed}, cred)
			if err != nil {
				t.Fatal(err)
			}
			for i, chunk := range test.chunks {
				sum := sha256.Sum256([]byte(chunk))
				if got := string(signer.Chunk(sum)); got != test.signatures[i] {
					t.Fatalf("Chunk(%d) = %s, want %s", i, got, test.signatures[i])
				}
				if got := string(verifier.Chunk(sum)); got != test.signatures[i] {
					t.Fatalf("Chunk(%d) of the verifier = %s, want %s", i, got, test.signatures[i])
				}
			}
			if test.trailers == "" {
				return
			}
			if got := string(signer.Trailer(sha256.Sum256([]byte(strings.TrimPrefix(test.trailers, "none"))))); got != test.trailerSignature {
				t.Errorf("Trailer() = %s, want %s", got, test.trailerSignature)
			}
		})
	}
}

// TestEventChains: aws/smithy-go aws-http-auth/sigv4/stream_test.go;
// awslabs/aws-c-auth tests/test_event_signing.c (both Apache-2.0).
func TestEventChains(t *testing.T) {
	type event struct {
		at               string
		headers, payload string
		signature        string
	}
	for _, test := range []struct {
		name, secret, service, date, seed string
		events                            []event
	}{
		{"opaque headers", "SECRET", "transcribestreaming", "19700101", "666f6f62617262617a717578", []event{
			{"19700101T000010Z", "foo", "foo", "e3a136405ec1152f62136742efd41f8639cd647a1cf21fab12aedb22cccd8999"},
			{"19700101T000020Z", "bar", "bar", "92a6ad677e839d3003672cb2cefc71ef80d42e8cb300fefce0807e8398c74068"},
			{"19700101T000030Z", "baz", "baz", "46d6660bd40f2ff5d6246a347895cabe7f4e89d9e1f4c6dad6dabdc801923be1"},
			{"19700101T000030Z", "", "", "492bcb3e21de447c85f8a9bef6c0eb833e992e405b9b3584be84edaccc5aad18"},
		}},
		{"date headers", "secret", "demo", "19810116", "e1d8e8c8815e60969f2a34765c9a15945ffc0badbaa4b7e3b163ea19131e949b", []event{
			{"19810116T063001Z", "\x05:date\x08\x00\x00\x00Q\x22\xb4n(", "A", "7aabf85b765e6a4d0d500b6e968657b14726fa3e1eb7e839302728ffd77629a5"},
			{"19810116T063002Z", "\x05:date\x08\x00\x00\x00Q\x22\xb4r\x10", "B", "f72aa9642f571d24a6e1ae42f10f073ad9448d8a028b6bcd82da081335adda02"},
			{"19810116T063003Z", "\x05:date\x08\x00\x00\x00Q\x22\xb4u\xf8", "C", "632af120435b57ec241d8bfbb12e496dfd5e2730a1a02ac0ab6eaa230ae02e9a"},
			{"19810116T063004Z", "\x05:date\x08\x00\x00\x00Q\x22\xb4y\xe0", "", "c6f679ddb3af68f5e82f0cf6761244cb2338cf11e7d01a24130aea1b7c17e53e"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, cred := ready(test.service, "us-east-1", test.date, deriveShort(test.secret, test.date, "us-east-1", test.service))
			chain, err := s.chain(cred, test.events[0].at, test.seed)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range test.events {
				at, err := time.Parse(timeFormat, e.at)
				if err != nil {
					t.Fatal(err)
				}
				got, err := chain.Event(at, sha256.Sum256([]byte(e.headers)), sha256.Sum256([]byte(e.payload)))
				if err != nil || string(got) != e.signature {
					t.Fatalf("Event(%s, %q, %q) = %s, %v; want %s", e.at, e.headers, e.payload, got, err, e.signature)
				}
			}
			if _, err := chain.Event(time.Time{}, sha256.Sum256(nil), sha256.Sum256(nil)); !errors.Is(err, ErrTime) {
				t.Errorf("Event(zero time) = %v, want ErrTime", err)
			}
		})
	}
}

// deriveShort is derive for a secret that FIPS 140 would find too short: HMAC
// pads its key with zeros, so these are the same keys.
func deriveShort(secret, date, region, service string) []byte {
	key := append([]byte("AWS4"+secret), make([]byte, 32)...)
	for _, part := range []string{date, region, service, terminator} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}

func TestChunkSignerWantsASignedRequest(t *testing.T) {
	s, cred := ready("s3", "us-east-1", "20130524", make([]byte, 32))
	for name, header := range map[string]http.Header{
		"unsigned":       {},
		"without a date": {headerAuthorization: {"AWS4-HMAC-SHA256 Signature=00"}},
		"without a seed": {headerDate: {"20130524T000000Z"}, headerAuthorization: {"Bearer x"}},
	} {
		if _, err := s.ChunkSigner(&http.Request{Header: header}, cred); !errors.Is(err, ErrRequest) {
			t.Errorf("ChunkSigner(%s) = %v, want ErrRequest", name, err)
		}
	}
	if _, err := s.ChunkVerifier(Verified{}, Credentials{}); !errors.Is(err, ErrCredentials) {
		t.Errorf("ChunkVerifier(no credentials) = %v, want ErrCredentials", err)
	}
}
