package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// BenchmarkSign signs a ranged GET in its headers, for the first time.
func BenchmarkSign(b *testing.B) {
	for _, id := range identities {
		b.Run("cred="+id.name+"/signer=floor", func(b *testing.B) { runFloor(b, traceSign(b, id.cred)) })
		for _, c := range contenders {
			b.Run("cred="+id.name+"/signer="+c.name, func(b *testing.B) {
				runFirst(b, newRangedRequest, c.sign(b, id.cred))
			})
		}
	}
}

// BenchmarkPresign makes a URL, as text, of a GET of the whole object. It has
// another canonical request, hence a floor of its own.
func BenchmarkPresign(b *testing.B) {
	for _, id := range identities {
		b.Run("cred="+id.name+"/signer=floor", func(b *testing.B) { runFloor(b, tracePresign(b, id.cred)) })
		for _, c := range contenders {
			b.Run("cred="+id.name+"/signer="+c.name, func(b *testing.B) {
				runFirst(b, newRequest, c.presign(b, id.cred))
			})
		}
	}
}

// A measured call that does not sign, or signs less than the others, would be
// worth nothing: each is tried here, more than once as in the loop.

func TestEveryContenderSignsTheSame(t *testing.T) {
	for _, id := range identities {
		for _, c := range contenders {
			t.Run(id.name+"/"+c.name, func(t *testing.T) {
				requests, call := newRequests(t, newRangedRequest), c.sign(t, id.cred)
				for range 3 {
					signed, err := call(requests.fresh(1)[0])
					if err != nil {
						t.Fatalf("sign: %v", err)
					}
					at := timeOf(t, signed.Header.Get("X-Amz-Date"))
					want, err := newSigner(t).Explain(newRangedRequest(t), id.cred, sigv4.EmptyPayload(), at)
					if err != nil {
						t.Fatalf("Explain() = %v", err)
					}
					checkSignature(t, arrive(t, signed), id.cred, at, want)
				}
			})
		}
	}
}

func TestEveryContenderPresignsTheSame(t *testing.T) {
	for _, id := range identities {
		for _, c := range contenders {
			t.Run(id.name+"/"+c.name, func(t *testing.T) {
				requests, call := newRequests(t, newRequest), c.presign(t, id.cred)
				for range 3 {
					signed, err := call(requests.fresh(1)[0])
					if err != nil {
						t.Fatalf("presign: %v", err)
					}
					req, err := http.NewRequest(http.MethodGet, signed, nil)
					if err != nil {
						t.Fatalf("NewRequest() = %v", err)
					}
					at := timeOf(t, req.URL.Query().Get("X-Amz-Date"))
					want, err := newSigner(t).ExplainPresign(newRequest(t), id.cred, sigv4.UnsignedPayload(), at, expires)
					if err != nil {
						t.Fatalf("ExplainPresign() = %v", err)
					}
					checkSignature(t, arrive(t, req), id.cred, at, want)
				}
			})
		}
	}
}

func timeOf(t *testing.T, timestamp string) time.Time {
	t.Helper()
	at, err := time.Parse(timeForm, timestamp)
	if err != nil {
		t.Fatalf("X-Amz-Date: %v", err)
	}
	return at
}

func checkSignature(t *testing.T, arrived *http.Request, cred sigv4.Credentials, at time.Time, want sigv4.Trace) {
	t.Helper()
	got, err := newSigner(t).Verify(arrived, lookup(cred), sigv4.PayloadHash{}, at)
	if err != nil {
		t.Fatalf("Verify() = %v", err)
	}
	if names := got.SignedHeaders; names != want.SignedHeaders {
		t.Errorf("signed headers = %s, want %s", names, want.SignedHeaders)
	}
	if got.Signature != want.Signature {
		t.Errorf("signature = %s, want %s", got.Signature, want.Signature)
	}
}
