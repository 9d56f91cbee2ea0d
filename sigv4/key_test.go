package sigv4

import (
	"bytes"
	"crypto/sha256"
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
	tr, err := s.Explain(req, NewCredentials("AKIDEXAMPLE", secretAccessKey, ""), EmptyPayload(), time.Date(2015, 8, 1+day, 0, 0, 0, 0, time.UTC))
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

func kept(s *Signer) (n int) {
	for i := range s.keys {
		if s.keys[i].Load() != nil {
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
	type inputs struct{ id, secretAccessKey, token, date string }
	s := keyTestSigner(t)
	key := func(s *Signer, in inputs) *signingKey {
		t.Helper()
		k, err := s.key(NewCredentials(in.id, in.secretAccessKey, in.token), in.date)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	seen := map[*signingKey]inputs{}
	for _, in := range []inputs{
		{"AKID", keyTestSecret, "", "20150830"},
		{"AKID", keyTestSecret + "2", "", "20150830"},
		{"AKID", keyTestSecret, "", "20150831"},
		{"AKID2", keyTestSecret, "", "20150830"},
		{"AKID", keyTestSecret, "token", "20150830"},
		{"AKI", "D" + keyTestSecret, "", "20150830"},
		{"AKID", keyTestSecret[:39], keyTestSecret[39:], "20150830"},
		{"AKID", keyTestSecret, "2", "0150830"},
	} {
		k := key(s, in)
		if other, ok := seen[k]; ok {
			t.Errorf("key(%q) finds the key of %q", in, other)
		}
		seen[k] = in
		got := string(k.AppendSignature(nil, []byte("text")))
		if want := string(key(keyTestSigner(t), in).AppendSignature(nil, []byte("text"))); got != want {
			t.Errorf("signature by key(%q) = %s, want %s as by an empty cache", in, got, want)
		}
		if want := in.id + "/" + in.date + "/us-east-1/s3/aws4_request"; k.credential != want {
			t.Errorf("credential of key(%q) = %s, want %s", in, k.credential, want)
		}
	}
	for k, in := range seen { // all eight are still there
		if got := key(s, in); got != k {
			t.Errorf("key(%q) derives the key again, want it from the cache", in)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	s := keyTestSigner(t)
	const bound = 8
	if len(s.keys) != bound {
		t.Fatalf("the cache has room for %d keys, want %d", len(s.keys), bound)
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
		if got, want := kept(s), min(i+1, bound); got != want {
			t.Errorf("the cache keeps %d keys after %d, want %d", got, i+1, want)
		}
	}
	// The last eight are there, the one before them is not.
	newest := func(i int) bool {
		before := s.nextKey.Load()
		if _, err := s.key(NewCredentials("AKIDEXAMPLE", fmt.Sprintf("%s%03d", keyTestSecret, i/10), ""), fmt.Sprintf("201508%02d", 1+i%10)); err != nil {
			t.Fatal(err)
		}
		return s.nextKey.Load() == before
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
			t.Errorf("Explain with secret %q = nil, want an error", secretAccessKey)
		}
	}
	if n := kept(s); n != 0 {
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
	if n := kept(s); n > len(s.keys) {
		t.Errorf("the cache keeps %d keys, want at most %d", n, len(s.keys))
	}
}

// TestAppendTouchesNothingElse gives each append function a slice with a guard
// behind its capacity and a text before it.
func TestAppendTouchesNothingElse(t *testing.T) {
	s := keyTestSigner(t)
	k, err := s.key(NewCredentials("AKID", keyTestSecret, ""), "20150830")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(dst []byte) []byte{
		"appendHex":     func(dst []byte) []byte { return appendHex(dst, &[sha256.Size]byte{1, 0xfe}) },
		"appendEncoded": func(dst []byte) []byte { return (&work{s: s}).appendEncoded(dst, "/a b\xff", &s.inPath, false) },
		// Which has one & more for a moment, within its slice.
		"appendQuery": func(dst []byte) []byte {
			w := &work{arena: []byte("abc"), params: []pair{{0, 1, 2}, {2, 3, 3}}}
			return w.appendQuery(dst)
		},
		"AppendSignature": func(dst []byte) []byte { return k.AppendSignature(dst, []byte("text")) },
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
			if guard := array[min(3+len(want), 3+room):]; name != "appendQuery" && room >= len(want) && !bytes.Equal(guard, bytes.Repeat([]byte{0xAA}, len(guard))) {
				t.Errorf("%s with room for %d wrote behind its result", name, room)
			}
			if guard := array[3+room:]; !bytes.Equal(guard, bytes.Repeat([]byte{0xAA}, len(guard))) || string(array[:3]) != "abc" {
				t.Errorf("%s with room for %d wrote outside its slice", name, room)
			}
		}
	}
}
