package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// BenchmarkLinear signs requests that have more and more headers, or more and
// more query parameters, and tells what one of them costs. They come unsorted:
// the headers as Go's maps give them, the parameters shuffled. It is the same
// request each time: beside what it has, the signer's own headers do not count.
func BenchmarkLinear(b *testing.B) {
	for _, many := range []struct {
		name string
		make func(testing.TB, int) *http.Request
	}{
		{"headers", withHeaders},
		{"params", withParams},
	} {
		for _, n := range [...]int{10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("of=%s/n=%d", many.name, n), func(b *testing.B) {
				s, req := newSigner(b), many.make(b, n)
				run(b, func() (*http.Request, error) {
					return req, s.Sign(req, longTerm, sigv4.EmptyPayload(), moment)
				})
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/item")
			})
		}
	}
}

func withHeaders(tb testing.TB, n int) *http.Request {
	req := newRequest(tb)
	for i := range n {
		req.Header.Set(fmt.Sprintf("X-Amz-Meta-%05d", i), "a value")
	}
	return req
}

func withParams(tb testing.TB, n int) *http.Request {
	req := newRequest(tb)
	params := make([]string, n)
	for i := range params {
		params[i] = fmt.Sprintf("parameter-%05d=a%%20value", i)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { params[i], params[j] = params[j], params[i] })
	req.URL.RawQuery = strings.Join(params, "&")
	return req
}

func TestManyItemsAreAllSigned(t *testing.T) {
	const n = 10_000
	for _, many := range []struct {
		req  *http.Request
		item string
	}{
		{withHeaders(t, n), "\nx-amz-meta-"},
		{withParams(t, n), "parameter-"},
	} {
		trace, err := newSigner(t).Explain(many.req, longTerm, sigv4.EmptyPayload(), moment)
		if err != nil {
			t.Fatalf("Explain() = %v", err)
		}
		if got := strings.Count(trace.CanonicalRequest, many.item); got != n {
			t.Errorf("%d times %q in the canonical request, want %d", got, many.item, n)
		}
	}
}
