package s3client

import (
	"net/http"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// ChecksumPolicy says when S3's checksums are sent and asked for (Amazon S3 User
// Guide, "Checking object integrity in Amazon S3"). What an operation's input asks
// for by itself comes before it.
type ChecksumPolicy string

const (
	// ChecksumsWhenRequired, the default, sends one where S3 takes no request without,
	// and asks for none: no server that does not know them is surprised.
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

// forUpload is the algorithm of the checksum to compute for a body.
func (p ChecksumPolicy) forUpload(b *body) checksum.Algorithm {
	switch {
	case b.algorithm != "":
		return b.algorithm
	case p == ChecksumsAlways, b.required && p != ChecksumsNever:
		return checksum.CRC64NVME
	}
	return ""
}

// checksumOf is the checksum in an answer's header that costs least to verify.
func checksumOf(h http.Header) checksum.Value {
	t, _ := checksum.ParseType(h.Get("X-Amz-Checksum-Type"))
	for _, a := range checksum.Algorithms() {
		if text := h.Get(a.Header()); text != "" {
			if v, err := checksum.Parse(a, text, t); err == nil {
				return v
			}
		}
	}
	return checksum.Value{}
}
