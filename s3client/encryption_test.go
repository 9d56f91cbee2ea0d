package s3client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

func customerKey(t testing.TB, b byte) s3client.CustomerKey {
	t.Helper()
	key, err := s3client.NewCustomerKey(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCustomerKeyDoesNotShow(t *testing.T) {
	key := customerKey(t, 'k')
	in := s3client.GetObjectInput{Bucket: "data", Key: "k", CustomerKey: key}
	doc, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{string(doc)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		all = append(all, fmt.Sprintf(verb, key), fmt.Sprintf(verb, &key), fmt.Sprintf(verb, in))
	}
	for _, shown := range all {
		for _, secret := range []string{strings.Repeat("k", 8), "a2tra2tr", "6b6b6b", "107 107", "107, 107", "0x6b"} {
			if strings.Contains(shown, secret) {
				t.Errorf("the key is in %q", shown)
			}
		}
	}
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := s3client.NewCustomerKey(bytes.Repeat([]byte{'k'}, n)); err == nil || strings.Contains(err.Error(), "kkk") {
			t.Errorf("NewCustomerKey(%d bytes) = %v", n, err)
		}
	}
}

func TestCustomerKeys(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	ctx := t.Context()
	encrypt := func(b byte) s3client.ObjectHeaders {
		return s3client.ObjectHeaders{Encryption: s3client.Encryption{CustomerKey: customerKey(t, b)}}
	}
	if _, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "k", Body: strings.NewReader(text), ObjectHeaders: encrypt('a')}); err != nil {
		t.Fatal(err)
	}
	_, err := c.CopyObject(ctx, s3client.CopyObjectInput{Bucket: "data", Key: "copy", CopySource: s3client.CopySource{Bucket: "data", Key: "k", CustomerKey: customerKey(t, 'a')}, ObjectHeaders: encrypt('b')})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key  string
		with s3client.CustomerKey
		want error
	}{
		{"k", customerKey(t, 'a'), nil}, {"copy", customerKey(t, 'b'), nil},
		{"k", s3client.CustomerKey{}, s3client.ErrInvalidRequest}, {"k", customerKey(t, 'b'), s3client.ErrAccessDenied}, {"copy", customerKey(t, 'a'), s3client.ErrAccessDenied},
	} {
		out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: test.key, CustomerKey: test.with})
		if !errors.Is(err, test.want) {
			t.Errorf("GetObject(%s) = %v, want %v", test.key, err, test.want)
		}
		if err == nil {
			if got := readAll(t, out.Body); got != text || out.SSECustomerAlgorithm != "AES256" {
				t.Errorf("GetObject(%s) = %q, algorithm %q", test.key, got, out.SSECustomerAlgorithm)
			}
		}
		if _, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: test.key, CustomerKey: test.with}); (err == nil) != (test.want == nil) {
			t.Errorf("HeadObject(%s) = %v", test.key, err)
		}
		if _, err := c.GetObjectAttributes(ctx, s3client.GetObjectAttributesInput{Bucket: "data", Key: test.key, CustomerKey: test.with}); !errors.Is(err, test.want) {
			t.Errorf("GetObjectAttributes(%s) = %v, want %v", test.key, err, test.want)
		}
	}
}

// A key that was sent over HTTP is to be taken for compromised.
func TestCustomerKeyIsNotSentInTheOpen(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	for endpoint, ok := range map[string]bool{
		"": true, "https://s3.example.org": true, "http://127.0.0.1:9000": true, "http://[::1]:9000": true, "http://localhost:9000": true,
		"http://s3.example.org": false, "http://192.168.1.10:9000": false, "http://localhost.example.org": false,
	} {
		f := aws()
		f.Endpoint = endpoint
		sse := s3client.ObjectHeaders{Encryption: s3client.Encryption{CustomerKey: customerKey(t, 'k')}}
		put := s3client.PutObjectInput{Bucket: "data", Key: "k", ObjectHeaders: sse}
		net := &recorder{answers: []answer{says(200, "", "X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256")}}
		c := open(t, f, &s3client.Options{Base: net})
		_, err := c.PutObject(t.Context(), put)
		p, errURL := c.Presign(t.Context(), s3client.PresignInput{Operation: put, Expires: time.Minute})
		_, errCopy := c.CopyObject(t.Context(), s3client.CopyObjectInput{Bucket: "data", Key: "k", CopySource: s3client.CopySource{Bucket: "data", Key: "s", CustomerKey: customerKey(t, 'k')}})
		if ok {
			if err != nil || errURL != nil || strings.Contains(p.URL, "a2tr") {
				t.Errorf("%s: %v, %v, %s", endpoint, err, errURL, p.URL)
			}
			continue
		}
		for _, err := range []error{err, errURL, errCopy} {
			if wantErr(t, err); !strings.Contains(err.Error(), "https") {
				t.Errorf("%s: %v", endpoint, err)
			}
		}
		if len(net.requests) != 0 {
			t.Errorf("%s: %d requests were sent", endpoint, len(net.requests))
		}
	}
}

// versitygw stores what it should encrypt, and says 200.
func TestServerThatIgnoresTheCustomerKey(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	sse := s3client.ObjectHeaders{Encryption: s3client.Encryption{CustomerKey: customerKey(t, 'k')}}
	c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(200, copied, "Etag", `"e"`)}}})
	out, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", ObjectHeaders: sse})
	if wantErr(t, err); out != (s3client.PutObjectOutput{}) || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("PutObject() = %+v, %v", out, err)
	}
	copy, err := c.CopyObject(t.Context(), s3client.CopyObjectInput{Bucket: "data", Key: "k", CopySource: s3client.CopySource{Bucket: "data", Key: "s"}, ObjectHeaders: sse})
	if wantErr(t, err); copy != (s3client.CopyObjectOutput{}) || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("CopyObject() = %+v, %v", copy, err)
	}
}
