package main

import (
	"net/http"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// BenchmarkVerify checks the requests of [BenchmarkSign] and [BenchmarkPresign]
// as net/http's server gives them to a handler, beside what signing them takes.
// No peer has a verifier.
func BenchmarkVerify(b *testing.B) {
	for _, form := range []struct {
		name   string
		sign   func(*testing.B)
		arrive func(testing.TB) *http.Request
	}{
		{"header", func(b *testing.B) { run(b, signSigvier(b)) }, arriveSigned},
		{"query", func(b *testing.B) { run(b, presignSigvier(b)) }, arrivePresigned},
	} {
		b.Run("form="+form.name+"/step=sign", form.sign)
		b.Run("form="+form.name+"/step=verify", func(b *testing.B) {
			run(b, verify(newSigner(b), form.arrive(b)))
		})
	}
}

func arriveSigned(tb testing.TB) *http.Request {
	tb.Helper()
	signed, err := signSigvier(tb)()
	if err != nil {
		tb.Fatalf("Sign() = %v", err)
	}
	return arrive(tb, signed)
}

func arrivePresigned(tb testing.TB) *http.Request {
	tb.Helper()
	url, err := presignSigvier(tb)()
	if err != nil {
		tb.Fatalf("Presign() = %v", err)
	}
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		tb.Fatalf("NewRequest() = %v", err)
	}
	return arrive(tb, req)
}

func verify(s *sigv4.Signer, arrived *http.Request) func() (sigv4.Verified, error) {
	return func() (sigv4.Verified, error) {
		return s.Verify(arrived, lookup, sigv4.PayloadHash{}, moment)
	}
}

func TestVerifyIsOfTheSignedRequest(t *testing.T) {
	for name, arrive := range map[string]func(testing.TB) *http.Request{"header": arriveSigned, "query": arrivePresigned} {
		req := arrive(t)
		if _, err := verify(newSigner(t), req)(); err != nil {
			t.Errorf("%s form: Verify() = %v", name, err)
		}
		req.Method = http.MethodDelete
		if _, err := verify(newSigner(t), req)(); err == nil {
			t.Errorf("%s form: Verify() of another method = nil, want an error", name)
		}
	}
}
