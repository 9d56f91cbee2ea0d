package s3client

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// ChecksumPolicy says when S3's checksums are sent and asked for (Amazon S3 User
// Guide, "Checking object integrity in Amazon S3"). What an operation's input asks
// for by itself comes before it.
type ChecksumPolicy string

const (
	// ChecksumsWhenRequired, the default, sends one where S3 takes no request without, and
	// asks for none: no server that does not know them is surprised. It is a CRC32, which
	// more servers know than know CRC64NVME.
	ChecksumsWhenRequired ChecksumPolicy = "when_required"
	// ChecksumsAlways sends CRC64NVME with every upload, and verifies what is downloaded
	// whole against what S3 has kept.
	ChecksumsAlways ChecksumPolicy = "always"
	// ChecksumsNever sends none. Where S3 wants one, it gets the Content-MD5 that older
	// servers know.
	ChecksumsNever ChecksumPolicy = "never"
)

func (p ChecksumPolicy) known() bool {
	return p == "" || p == ChecksumsWhenRequired || p == ChecksumsAlways || p == ChecksumsNever
}

// Checksums is the connection's policy, for a program that computes checksums itself.
func (c *Client) Checksums() ChecksumPolicy { return cmp.Or(c.checksums, ChecksumsWhenRequired) }

// forUpload is the algorithm of the checksum to compute for a body.
func (p ChecksumPolicy) forUpload(b *body) checksum.Algorithm {
	switch {
	case b.algorithm != "":
		return b.algorithm
	case p == ChecksumsAlways && !b.own:
		return checksum.CRC64NVME
	case b.required && p != ChecksumsNever:
		return checksum.CRC32 // the SDKs' choice, too
	}
	return ""
}

// checksumOf is the checksum in an answer's header that costs least to verify.
func checksumOf(h http.Header) checksum.Value {
	t, _ := checksum.ParseType(first(h, "X-Amz-Checksum-Type"))
	for i, a := range checksum.Algorithms() {
		if text := first(h, checksumHeaders[i]); text != "" {
			if v, err := checksum.Parse(a, text, t); err == nil {
				return v
			}
		}
	}
	return checksum.Value{}
}

// checksumHeaders are the algorithms' headers in canonical form, which Header.Get
// would have to make of each name for every answer.
var checksumHeaders = canonicalHeaders(checksum.Algorithms())

func canonicalHeaders(algorithms []checksum.Algorithm) (names []string) {
	for _, a := range algorithms {
		names = append(names, http.CanonicalHeaderKey(a.Header()))
	}
	return names
}

// checksumElements are the elements ChecksumCRC32 and so on of a document, with
// ChecksumType, in whatever order.
type checksumElements struct {
	text map[checksum.Algorithm]string
	kind checksum.Type
}

// read reads an element, if it is one of them.
func (s *checksumElements) read(d *awsxml.Decoder, name []byte) {
	what, ok := strings.CutPrefix(string(name), "Checksum")
	if !ok {
		return
	}
	if what == "Type" {
		s.kind = checksum.Type(d.Text())
		return
	}
	a, err := checksum.ParseAlgorithm(what)
	if err != nil {
		return // one that S3 has learnt since
	}
	if s.text == nil {
		s.text = make(map[checksum.Algorithm]string, 1)
	}
	s.text[a] = d.Text()
}

// value is the one that costs least to verify, the zero value if there is none.
func (s *checksumElements) value() (checksum.Value, error) {
	for _, a := range checksum.Algorithms() {
		if text := s.text[a]; text != "" {
			return checksum.Parse(a, text, s.kind)
		}
	}
	return checksum.Value{}, nil
}
