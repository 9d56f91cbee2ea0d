package main

import (
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// run measures a call that has been made once, so that all caches are warm.
func run[T any](b *testing.B, call func() (T, error)) {
	b.Helper()
	if _, err := call(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call(); err != nil {
			b.Fatal(err)
		}
	}
}

// batch is how many requests are made ready at a time: enough to make the two
// looks at the clock, some 50 ns each, cost nothing per request; few enough to
// stay in the processor's nearest caches, where a request is that was just made.
const batch = 64

// runFirst measures calls each of which gets a request as it was made, which
// nobody has signed: that is a client's everyday work, whereas a signer that is
// given its own signed request again finds slices and map entries to reuse.
//
// What makes the requests ready is not counted. It takes no memory, so that only
// the time has to be measured apart. b.StopTimer would not do: for the statistics
// of the memory it stops the world and empties the allocator's caches, which the
// calls behind it pay for.
func runFirst[T any](b *testing.B, newRequest func(testing.TB) *http.Request, call func(*http.Request) (T, error)) {
	b.Helper()
	requests := newRequests(b, newRequest)
	if _, err := call(requests.fresh(1)[0]); err != nil {
		b.Fatal(err)
	}
	var spent spent
	neighbour := watch()
	neighbour.waitUntilAway()
	b.ReportAllocs()
	b.ResetTimer()
	before := neighbour.away()
	for left := b.N; left > 0; left -= batch {
		fresh := requests.fresh(min(left, batch))
		start := time.Now()
		for _, req := range fresh {
			if _, err := call(req); err != nil {
				b.Fatal(err)
			}
		}
		took, behind := time.Since(start), neighbour.away()
		spent.add(took, len(fresh), before && behind)
		before = behind
	}
	spent.report(b)
}

// requests are a batch of requests that are all made alike, and how.
type requests struct {
	all    [batch]*http.Request
	header http.Header
	url    url.URL
}

func newRequests(tb testing.TB, newRequest func(testing.TB) *http.Request) *requests {
	tb.Helper()
	var r requests
	for i := range r.all {
		r.all[i] = newRequest(tb)
	}
	r.header, r.url = r.all[0].Header.Clone(), *r.all[0].URL
	return &r
}

// fresh gives the first n requests as they were made, whatever has become of
// their headers and URLs.
func (r *requests) fresh(n int) []*http.Request {
	for _, req := range r.all[:n] {
		clear(req.Header)
		maps.Copy(req.Header, r.header)
		*req.URL = r.url
	}
	return r.all[:n]
}

func TestFreshRequestsAreAsTheyWereMade(t *testing.T) {
	for _, c := range contenders {
		t.Run(c.name, func(t *testing.T) {
			requests := newRequests(t, newRangedRequest)
			sign, presign := c.sign(t, temporary), c.presign(t, temporary)
			for range 3 {
				for i, req := range requests.fresh(batch) {
					if got, want := wire(t, req).String(), wire(t, newRangedRequest(t)).String(); got != want {
						t.Fatalf("request %d is\n%s\nwant\n%s", i, got, want)
					}
					if len(req.Header) != 1 {
						t.Fatalf("request %d has the headers %v, want Range alone", i, req.Header)
					}
				}
				for i, req := range requests.all {
					var err error
					if i%2 == 0 {
						_, err = sign(req)
					} else {
						_, err = presign(req)
					}
					if err != nil {
						t.Fatalf("request %d: %v", i, err)
					}
				}
			}
		})
	}
}

// Or the memory would be counted to whoever signs.
func TestFreshRequestsTakeNoMemory(t *testing.T) {
	for _, id := range identities {
		for _, c := range contenders {
			requests, sign := newRequests(t, newRangedRequest), c.sign(t, id.cred)
			for _, req := range requests.all {
				if _, err := sign(req); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
			}
			if n := testing.AllocsPerRun(10, func() { requests.fresh(batch) }); n != 0 {
				t.Errorf("%s, %s: fresh() made %v allocations, want none", c.name, id.name, n)
			}
		}
	}
}
