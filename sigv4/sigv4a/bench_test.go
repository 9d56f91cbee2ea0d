package sigv4a_test

import (
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

func BenchmarkSign(b *testing.B) {
	s, req := newSigner(b, "*"), newRequest(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s := newSigner(b, "*")
	req := signed(b, s, longTerm)
	b.ReportAllocs()
	for b.Loop() {
		if err := verify(s, req, longTerm); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewKey signs each time with an access key that the cache has not seen.
func BenchmarkNewKey(b *testing.B) {
	req := newRequest(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := newSigner(b, "*").Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
			b.Fatal(err)
		}
	}
}
