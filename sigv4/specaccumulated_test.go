package sigv4_test

// Ten thousand requests from a simple generator, signed by the fast signer and
// by the specification, and all signatures hashed into one digest. The same
// digest comes from testdata/accumulated.py, which has nothing in common with
// this code but the documents and the generator's description:
//
//	python3 sigv4/testdata/accumulated.py
//
// The generator: request i draws from the stream of bytes
// SHA-256("sigvier/i/0") SHA-256("sigvier/i/1") …, numbers in decimal; draw(n) is
// the next two bytes, big-endian, modulo n.

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	specAccumulatedCount  = 10_000
	specAccumulatedDigest = "83cb334d57824f8fe80477ac6b46c519c9adfe6c4fd9f8eb59a1add16eaacd3f"
)

type specStream struct {
	request, block int
	bytes          []byte
}

func (s *specStream) draw(n int) int {
	if len(s.bytes) == 0 {
		block := sha256.Sum256(fmt.Appendf(nil, "sigvier/%d/%d", s.request, s.block))
		s.bytes = block[:]
		s.block++
	}
	number := binary.BigEndian.Uint16(s.bytes)
	s.bytes = s.bytes[2:]
	return int(number) % n
}

func (s *specStream) pick(from ...string) string { return from[s.draw(len(from))] }

// text is up to eleven bytes as they stand in a URL: escaped, upper-case or
// lower-case, or raw.
func (s *specStream) text(raw string) string {
	const unreserved = "ABCXYZabcxyz0189-._~"
	out := ""
	for range s.draw(12) {
		switch s.draw(4) {
		case 0:
			out += fmt.Sprintf("%%%02X", s.draw(256))
		case 1:
			out += fmt.Sprintf("%%%02x", s.draw(256))
		case 2:
			out += string(raw[s.draw(len(raw))])
		default:
			out += string(unreserved[s.draw(len(unreserved))])
		}
	}
	return out
}

// specGenerated is request i, whether it is presigned, and for how long.
func specGenerated(i int) (in specInput, query bool, expires int) {
	s := &specStream{request: i}
	in.service = s.pick("s3", "sts", "execute-api", "iotdevicegateway")
	in.region = s.pick("us-east-1", "eu-central-1", "cn-north-1")
	in.method = s.pick("GET", "PUT", "POST", "DELETE", "HEAD")
	in.host = s.pick("example.com", "bucket.s3.amazonaws.com", "127.0.0.1:9000")
	if s.draw(3) == 0 {
		in.token = fmt.Sprintf("token/+=%d", s.draw(60000))
	}
	in.seconds = 946684800 + int64(s.draw(40000))*65536 + int64(s.draw(65536))

	for range s.draw(5) {
		switch s.draw(8) {
		case 0:
			in.target += "/."
		case 1:
			in.target += "/.."
		case 2:
			in.target += "/"
		default:
			in.target += "/" + s.text("!$&'()*+,;=:@")
		}
	}
	if in.target == "" || s.draw(3) == 0 {
		in.target += "/"
	}

	separator := "?"
	for range s.draw(5) {
		in.target += separator + s.text("!$'()*,;:@/?")
		if s.draw(3) > 0 {
			in.target += "=" + s.text("!$'()*,;:@/?=")
		}
		separator = "&"
	}

	for range s.draw(4) {
		in.headers += s.pick("Content-Type", "X-Amz-Meta-A", "x-amz-meta-B", "Cache-Control", "User-Agent", "Range") + ":"
		for range s.draw(16) {
			if s.draw(3) == 0 {
				in.headers += " "
			} else {
				in.headers += string(rune(32 + s.draw(95)))
			}
		}
		in.headers += "\n"
	}

	query = s.draw(2) == 1
	expires = 1 + s.draw(60000)
	switch {
	case query && in.service == "s3":
		in.payload = 2 // UNSIGNED-PAYLOAD
	case query:
		in.payload = uint8(s.draw(2)) // a digest
	default:
		in.payload = uint8(s.draw(len(specPayloads)))
	}
	return in, query, expires
}

// The generator makes nothing that may be refused, so that a signer that refuses
// too much cannot pass.
func TestSpecAccumulatedDigest(t *testing.T) {
	digest := sha256.New()
	headerForms, queryForms := 0, 0
	for i := range specAccumulatedCount {
		in, query, expires := specGenerated(i)
		signer, cred, payload, err := in.signer()
		if err != nil {
			t.Fatalf("request %d, %+v: %v", i, in, err)
		}
		var fast string
		s, r := in.spec()
		slow, _ := s.signHeader(r)
		if query {
			queryForms++
			slow, _ = s.presign(r, expires)
			got, err := signer.Presign(in.request(), cred, payload, in.time(), time.Duration(expires)*time.Second)
			if err != nil {
				t.Fatalf("request %d, %+v: %v", i, in, err)
			}
			_, fast, _ = strings.Cut(got.URL, "X-Amz-Signature=")
		} else {
			headerForms++
			req := in.request()
			if err := signer.Sign(req, cred, payload, in.time()); err != nil {
				t.Fatalf("request %d, %+v: %v", i, in, err)
			}
			_, fast, _ = strings.Cut(req.Header.Get("Authorization"), "Signature=")
		}
		if fast != slow.signature {
			t.Fatalf("request %d, %+v: signature %s, want %s for\n%s", i, in, fast, slow.signature, slow.canonicalRequest)
		}
		fmt.Fprintln(digest, fast)
	}
	if got := fmt.Sprintf("%x", digest.Sum(nil)); got != specAccumulatedDigest {
		t.Errorf("digest of %d signatures = %s, want %s", specAccumulatedCount, got, specAccumulatedDigest)
	}
	if headerForms < specAccumulatedCount*2/5 || queryForms < specAccumulatedCount*2/5 {
		t.Errorf("%d header forms and %d query forms, want a fair share of each", headerForms, queryForms)
	}
}
