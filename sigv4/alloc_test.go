//go:build !race

package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// TestAllocations pins what a signature may allocate once the signer is warm:
// what the result needs and nothing else. Under the race detector sync.Pool
// drops at random what it is given, hence the build tag.
func TestAllocations(t *testing.T) {
	s3, sts := newSigner(t, "s3", nil), newSigner(t, "sts", nil)
	exact := newSigner(t, "s3", &sigv4.Options{SignedHeaders: []string{"host", "range", "x-amz-content-sha256", "x-amz-date"}})
	ranged := func() *http.Request {
		req := newRequest(t, "GET", "https://examplebucket.s3.us-east-1.amazonaws.com/a/long/key/with%20a%20blank.bin?partNumber=7&versionId=abc")
		req.Header.Set("Range", "bytes=8388608-16777215")
		req.Header.Set("If-Match", `"d41d8cd98f00b204e9800998ecf8427e"`)
		req.Header.Set("User-Agent", "test")
		return req
	}
	listing := func() *http.Request {
		return newRequest(t, "GET", "https://examplebucket.s3.us-east-1.amazonaws.com/?list-type=2&prefix=a%2Bb&delimiter=%2F")
	}
	form := func() *http.Request {
		req := newRequest(t, "POST", "https://sts.us-east-1.amazonaws.com/")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return req
	}
	sign := func(s *sigv4.Signer, req *http.Request, cred sigv4.Credentials) func() error {
		return func() error { return s.Sign(req, cred, sigv4.EmptyPayload(), moment) }
	}
	presign := func(req *http.Request, cred sigv4.Credentials) func() error {
		return func() error {
			_, err := s3.Presign(req, cred, sigv4.UnsignedPayload(), moment, time.Hour)
			return err
		}
	}
	signed := func(cred sigv4.Credentials) *http.Request {
		req := ranged()
		if err := s3.Sign(req, cred, sigv4.EmptyPayload(), moment); err != nil {
			t.Fatal(err)
		}
		return req
	}
	verify := func(req *http.Request, cred sigv4.Credentials) func() error {
		lookup := known(cred)
		return func() error {
			_, err := s3.Verify(req, lookup, sigv4.PayloadHash{}, moment)
			return err
		}
	}
	for _, row := range []struct {
		name string
		most float64
		call func() error
	}{
		// The Authorization header, and one array behind the slices of all.
		{"Sign of a ranged S3 GET", 2, sign(s3, ranged(), longTerm)},
		{"Sign of a ranged S3 GET with a token", 2, sign(s3, ranged(), temporary)},
		{"Sign of an S3 listing", 2, sign(s3, listing(), longTerm)},
		{"Sign of an STS POST", 2, sign(sts, form(), longTerm)},
		{"Sign by an exact list", 2, sign(exact, ranged(), longTerm)},
		// Whatever the length of the header: a buffer that is too short grows once.
		{"Sign with a short access key ID", 2, sign(s3, ranged(), sigv4.NewCredentials("AKID", exampleSecret, ""))},
		{"Sign with one of 20 characters", 2, sign(s3, ranged(), sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", exampleSecret, ""))},
		{"Sign with one of 35 characters", 2, sign(s3, ranged(), sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLEAKIAIOSFODNN7EX", exampleSecret, ""))},
		{"Sign with one of 50 characters", 2, sign(s3, ranged(), sigv4.NewCredentials(strings.Repeat("AKIAI", 10), exampleSecret, ""))},
		// The URL and the header map.
		{"Presign of an S3 listing", 2, presign(listing(), longTerm)},
		{"Presign of an S3 listing with a token", 2, presign(listing(), temporary)},
		// And room in the map, and the values of two headers.
		{"Presign of a ranged S3 GET", 5, presign(ranged(), longTerm)},
		{"Verify of a ranged S3 GET", 0, verify(signed(longTerm), longTerm)},
		{"Verify of a ranged S3 GET with a token", 0, verify(signed(temporary), temporary)},
	} {
		for range 3 {
			if err := row.call(); err != nil {
				t.Fatalf("%s = %v", row.name, err)
			}
		}
		var err error
		got := testing.AllocsPerRun(200, func() { err = row.call() })
		if err != nil {
			t.Fatalf("%s = %v", row.name, err)
		}
		t.Logf("%-38s%2g allocations, at most %g", row.name, got, row.most)
		if got > row.most {
			t.Errorf("%s: %g allocations, want at most %g", row.name, got, row.most)
		}
	}
}
