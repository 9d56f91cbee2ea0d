package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"sync"
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
	k := &signingKey{accessKeyID: cred.AccessKeyID, secretAccessKey: cred.SecretAccessKey(), date: date,
		scope: date + "/" + region + "/" + service + "/aws4_request"}
	k.credential = cred.AccessKeyID + "/" + k.scope
	k.authorization = "AWS4-HMAC-SHA256 Credential=" + k.credential + ", SignedHeaders="
	k.Key = &hmacKey{sync.Pool{New: func() any { return &readyMAC{Hash: hmac.New(sha256.New, key)} }}}
	s.keys[0].Store(k)
	return s, cred
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

func TestEventWantsATime(t *testing.T) {
	s, cred := ready("demo", "us-east-1", "19810116", make([]byte, 32))
	chain, err := s.chain(cred, "19810116T063000Z", "seed")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chain.Event(time.Time{}, sha256.Sum256(nil), sha256.Sum256(nil)); !errors.Is(err, ErrTime) {
		t.Errorf("Event(zero time) = %v, want ErrTime", err)
	}
	// A refused event is no link: the next one follows the one before.
	if _, err := chain.Event(time.Date(1981, 1, 16, 6, 30, 1, 0, time.UTC), sha256.Sum256(nil), sha256.Sum256(nil)); err != nil {
		t.Fatal(err)
	}
	if want := "19810116/us-east-1/demo/aws4_request\nseed\n"; !strings.Contains(string(chain.toSign), want) {
		t.Errorf("string to sign %q, want %q in it", chain.toSign, want)
	}
}
