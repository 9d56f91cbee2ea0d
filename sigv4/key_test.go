package sigv4

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// These tests stand inside the package: how many keys the cache keeps, and that
// it keeps them at all, does not show from without.

const keyTestSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

func keyTestSigner(t testing.TB) *Signer {
	t.Helper()
	s, err := NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signatureOf signs one fixed request.
func signatureOf(s *Signer, secretAccessKey string, day int) (string, error) {
	req := &http.Request{URL: &url.URL{Scheme: "https", Host: "example.amazonaws.com", Path: "/"}, Header: http.Header{}}
	tr, err := s.TraceSign(req, NewCredentials("AKIDEXAMPLE", secretAccessKey, ""), EmptyPayload(), time.Date(2015, 8, 1+day, 0, 0, 0, 0, time.UTC))
	return tr.Signature, err
}

// freshSignature signs with a signer that has no key yet.
func freshSignature(t testing.TB, secretAccessKey string, day int) string {
	t.Helper()
	signature, err := signatureOf(keyTestSigner(t), secretAccessKey, day)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func kept(c *keyCache) (n int) {
	for i := range c.slots {
		if c.slots[i].Load() != nil {
			n++
		}
	}
	return n
}

// TestChangedSecretSignsWithItsOwnKey: aws-sdk-go-v2 issue 3350 is a cache that
// does not see the change.
func TestChangedSecretSignsWithItsOwnKey(t *testing.T) {
	s := keyTestSigner(t)
	first := strings.Repeat("a", 40)
	for i, secretAccessKey := range []string{first, strings.Repeat("a", 39) + "b", "b" + strings.Repeat("a", 39), first + "a", first[:39], first} {
		for _, day := range []int{0, 1, 0} {
			got, err := signatureOf(s, secretAccessKey, day)
			if err != nil {
				t.Fatal(err)
			}
			if want := freshSignature(t, secretAccessKey, day); got != want {
				t.Errorf("signature with secret %d on day %d = %s, want %s as by a fresh signer", i, day, got, want)
			}
		}
	}
}

// TestKeyOfOtherInputsIsNotFound changes one input of the cache at a time, and
// moves its boundaries (oven-sh/bun 32830 joined them without a separator).
func TestKeyOfOtherInputsIsNotFound(t *testing.T) {
	type inputs struct{ secretAccessKey, date, region, service string }
	base := inputs{keyTestSecret, "20150830", "us-east-1", "s3"}
	var c keyCache
	seen := map[*signingKey]inputs{}
	for _, in := range []inputs{
		base,
		{keyTestSecret + "2", "20150830", "us-east-1", "s3"},
		{keyTestSecret, "20150831", "us-east-1", "s3"},
		{keyTestSecret, "20150830", "us-east-2", "s3"},
		{keyTestSecret, "20150830", "us-east-1", "s4"},
		{keyTestSecret + "2", "0150830", "us-east-1", "s3"},
		{keyTestSecret, "20150830u", "s-east-1", "s3"},
		{keyTestSecret, "20150830", "us-east-1s", "3"},
	} {
		k := c.get(in.secretAccessKey, []byte(in.date), in.region, in.service)
		if other, ok := seen[k]; ok {
			t.Errorf("get(%q) finds the key of %q", in, other)
		}
		seen[k] = in
		mac := bytes.NewBuffer(k.appendSignature(nil, []byte("text")))
		raw := derive(in.secretAccessKey, in.date, in.region, in.service)
		want := (&keyCache{}).get(in.secretAccessKey, []byte(in.date), in.region, in.service).appendSignature(nil, []byte("text"))
		if mac.String() != string(want) || len(raw) != 32 {
			t.Errorf("signature by get(%q) = %s, want %s as by an empty cache", in, mac, want)
		}
	}
	for k, in := range seen { // all eight are still there
		if got := c.get(in.secretAccessKey, []byte(in.date), in.region, in.service); got != k {
			t.Errorf("get(%q) derives the key again, want it from the cache", in)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	s := keyTestSigner(t)
	const bound = 8
	if len(s.keys.slots) != bound {
		t.Fatalf("the cache has room for %d keys, want %d", len(s.keys.slots), bound)
	}
	for i := range 100 {
		secretAccessKey := fmt.Sprintf("%s%03d", keyTestSecret, i/10)
		got, err := signatureOf(s, secretAccessKey, i%10)
		if err != nil {
			t.Fatal(err)
		}
		if want := freshSignature(t, secretAccessKey, i%10); got != want {
			t.Errorf("signature %d = %s, want %s as by a fresh signer", i, got, want)
		}
		if got, want := kept(&s.keys), min(i+1, bound); got != want {
			t.Errorf("the cache keeps %d keys after %d, want %d", got, i+1, want)
		}
	}
	// The last eight are there, the one before them is not.
	newest := func(i int) bool {
		before := s.keys.next.Load()
		s.keys.get(fmt.Sprintf("%s%03d", keyTestSecret, i/10), fmt.Appendf(nil, "201508%02d", 1+i%10), "us-east-1", "s3")
		return s.keys.next.Load() == before
	}
	for i := 99; i > 99-bound; i-- {
		if !newest(i) {
			t.Errorf("key %d of 100 was derived again, want it from the cache", i)
		}
	}
	if newest(99 - bound) {
		t.Errorf("key %d of 100 is in the cache, want it gone", 99-bound)
	}
}

// TestRefusedInputLeavesNoKey: what is refused is refused before anything is
// derived.
func TestRefusedInputLeavesNoKey(t *testing.T) {
	s := keyTestSigner(t)
	for _, secretAccessKey := range []string{"", "short", keyTestSecret + "\n"} {
		if _, err := signatureOf(s, secretAccessKey, 0); err == nil {
			t.Errorf("TraceSign with secret %q = nil, want an error", secretAccessKey)
		}
	}
	if n := kept(&s.keys); n != 0 {
		t.Errorf("the cache keeps %d keys after refused calls, want 0", n)
	}
}

func TestConcurrentSigningGivesTheSameSignatures(t *testing.T) {
	const secrets, days, workers = 5, 4, 8 // more keys than the cache keeps
	var want [secrets][days]string
	for i := range secrets {
		for day := range days {
			want[i][day] = freshSignature(t, keyTestSecret+fmt.Sprint(i), day)
		}
	}
	s := keyTestSigner(t)
	var group sync.WaitGroup
	for worker := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range 40 * secrets * days {
				i, day := (n+worker)%secrets, (n/secrets+worker)%days
				got, err := signatureOf(s, keyTestSecret+fmt.Sprint(i), day)
				if err != nil || got != want[i][day] {
					t.Errorf("signature with secret %d on day %d = %s, %v, want %s", i, day, got, err, want[i][day])
					return
				}
			}
		}()
	}
	group.Wait()
	if n := kept(&s.keys); n > len(s.keys.slots) {
		t.Errorf("the cache keeps %d keys, want at most %d", n, len(s.keys.slots))
	}
}

// TestAppendTouchesNothingElse gives each append function a slice with a guard
// behind its capacity and a text before it.
func TestAppendTouchesNothingElse(t *testing.T) {
	k := (&keyCache{}).get(keyTestSecret, []byte("20150830"), "us-east-1", "s3")
	w := &work{scope: []byte("scope"), signed: []byte("host"), signature: []byte("00")}
	for name, f := range map[string]func(dst []byte) []byte{
		"appendScope": func(dst []byte) []byte { return appendScope(dst, []byte("20150830"), "us-east-1", "s3") },
		"appendStringToSign": func(dst []byte) []byte {
			return appendStringToSign(dst, []byte("time"), []byte("scope"), []byte("request"))
		},
		"appendEncoded":     func(dst []byte) []byte { return appendEncoded(dst, "/a b\xff", true) },
		"appendEncodedByte": func(dst []byte) []byte { return appendEncodedByte(dst, '/') },
		"appendQuery": func(dst []byte) []byte {
			return appendQuery(dst, []pair{{[]byte("a"), []byte("b")}, {[]byte("c"), nil}})
		},
		"appendAuthorization": func(dst []byte) []byte { return appendAuthorization(dst, "AKID", w) },
		"appendSignature":     func(dst []byte) []byte { return k.appendSignature(dst, []byte("text")) },
	} {
		want := string(f(nil))
		if want == "" {
			t.Errorf("%s(nil) = nothing", name)
		}
		for _, room := range []int{0, 1, len(want) - 1, len(want), len(want) + 1, 1024} {
			array := bytes.Repeat([]byte{0xAA}, 3+room+64)
			copy(array, "abc")
			got := f(array[: 3 : 3+room])
			if string(got) != "abc"+want {
				t.Errorf("%s with room for %d = %q, want %q", name, room, got, "abc"+want)
			}
			if guard := array[min(3+len(want), 3+room):]; room >= len(want) && !bytes.Equal(guard, bytes.Repeat([]byte{0xAA}, len(guard))) {
				t.Errorf("%s with room for %d wrote behind its result", name, room)
			}
			if guard := array[3+room:]; !bytes.Equal(guard, bytes.Repeat([]byte{0xAA}, len(guard))) || string(array[:3]) != "abc" {
				t.Errorf("%s with room for %d wrote outside its slice", name, room)
			}
		}
	}
}
