package main

import (
	"net/http"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// BenchmarkVerify checks the requests of [BenchmarkSign] as net/http's server
// gives them to a handler, beside what signing them for the first time takes. No
// peer has a verifier.
func BenchmarkVerify(b *testing.B) {
	for _, id := range identities {
		b.Run("cred="+id.name+"/step=sign", func(b *testing.B) {
			runFirst(b, newRangedRequest, signSigvier(b, id.cred))
		})
		b.Run("cred="+id.name+"/step=verify", func(b *testing.B) {
			runFirst(b, arriveSigned(id.cred), verify(b, id.cred))
		})
	}
}

// BenchmarkVerifyQuery does the same with the URLs of [BenchmarkPresign].
func BenchmarkVerifyQuery(b *testing.B) {
	for _, id := range identities {
		b.Run("cred="+id.name+"/step=sign", func(b *testing.B) {
			runFirst(b, newRequest, presignSigvier(b, id.cred))
		})
		b.Run("cred="+id.name+"/step=verify", func(b *testing.B) {
			runFirst(b, arrivePresigned(id.cred), verify(b, id.cred))
		})
	}
}

func verify(tb testing.TB, cred sigv4.Credentials) func(*http.Request) (sigv4.Verified, error) {
	s, user := newSigner(tb), lookup(cred)
	return func(arrived *http.Request) (sigv4.Verified, error) {
		return s.Verify(arrived, user, sigv4.PayloadHash{}, moment)
	}
}

func arriveSigned(cred sigv4.Credentials) func(testing.TB) *http.Request {
	return func(tb testing.TB) *http.Request {
		tb.Helper()
		signed, err := signSigvier(tb, cred)(newRangedRequest(tb))
		if err != nil {
			tb.Fatalf("Sign() = %v", err)
		}
		return arrive(tb, signed)
	}
}

func arrivePresigned(cred sigv4.Credentials) func(testing.TB) *http.Request {
	return func(tb testing.TB) *http.Request {
		tb.Helper()
		url, err := presignSigvier(tb, cred)(newRequest(tb))
		if err != nil {
			tb.Fatalf("Presign() = %v", err)
		}
		req, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			tb.Fatalf("NewRequest() = %v", err)
		}
		return arrive(tb, req)
	}
}

func TestVerifyIsOfTheSignedRequest(t *testing.T) {
	for _, id := range identities {
		for name, arrive := range map[string]func(testing.TB) *http.Request{"header": arriveSigned(id.cred), "query": arrivePresigned(id.cred)} {
			requests, verify := newRequests(t, arrive), verify(t, id.cred)
			for range 3 {
				if _, err := verify(requests.fresh(1)[0]); err != nil {
					t.Errorf("%s form, %s: Verify() = %v", name, id.name, err)
				}
			}
			req := requests.fresh(1)[0]
			req.Method = http.MethodDelete
			if _, err := verify(req); err == nil {
				t.Errorf("%s form, %s: Verify() of another method = nil, want an error", name, id.name)
			}
		}
	}
}
