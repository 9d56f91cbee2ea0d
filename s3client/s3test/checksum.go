package s3test

import (
	"crypto/fips140"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The additional checksums (Amazon S3 User Guide, "Checking object integrity").

// defaultChecksum is what S3 adds itself to an object that came without.
const defaultChecksum = checksum.CRC64NVME

// algorithmFor finds the algorithm that a client names: CRC32C, SHA256, …
func algorithmFor(name string) (checksum.Algorithm, error) {
	a, err := checksum.ParseAlgorithm(name)
	if err != nil {
		return a, errorf("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	return a, computable(a, "x-amz-checksum-algorithm")
}

// computable refuses what cannot be checked here: to ignore it would be to claim that
// it was checked.
func computable(a checksum.Algorithm, header string) error {
	if _, err := a.New(); err != nil {
		return notImplemented("This checksum cannot be checked here", field{"Header", header})
	}
	return nil
}

// wantedChecksum finds the checksum that the client computed. Of one that comes
// in a trailer only the algorithm is known yet.
func wantedChecksum(h http.Header, trailer string) (a checksum.Algorithm, want string, err error) {
	a = defaultChecksum
	if trailer != "" {
		a, _ = checksum.ParseHeader(trailer)
		if err := computable(a, strings.ToLower(trailer)); err != nil {
			return a, "", err
		}
	}
	for name, values := range h {
		rest, ok := strings.CutPrefix(name, "X-Amz-Checksum-")
		if !ok || rest == "Type" || rest == "Mode" || rest == "Algorithm" {
			continue
		}
		if want != "" || trailer != "" {
			return a, "", errorf("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		lower := strings.ToLower(name)
		a, _ = checksum.ParseHeader(name)
		if err := computable(a, lower); err != nil {
			return a, "", err
		}
		want = values[0]
		if _, err := checksum.Parse(a, want, checksum.FullObject); err != nil {
			return a, "", errorf("InvalidRequest", "Value for "+lower+" header is invalid.")
		}
	}
	switch named := h.Get("X-Amz-Sdk-Checksum-Algorithm"); {
	case named == "":
	case want == "" && trailer == "":
		return a, "", errorf("InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case !strings.EqualFold(named, a.String()):
		return a, "", errorf("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	return a, want, nil
}

// checksums computes what an object needs: the ETag, the checksum that it keeps,
// and what else the client said of the body.
type checksums struct {
	tag        hash.Hash
	contentMD5 []byte
	sum        *checksum.Hash
	want       string // base64; "" if the client named none
}

func newChecksums(h http.Header, trailer string) (*checksums, error) {
	c := &checksums{tag: newETagHash()}
	if v, ok := h["Content-Md5"]; ok {
		var err error
		if c.contentMD5, err = base64.StdEncoding.DecodeString(v[0]); err != nil || len(c.contentMD5) != md5.Size {
			return nil, standard("InvalidDigest", field{"Content-MD5", v[0]})
		}
		if fips140.Enabled() {
			return nil, notImplemented("Content-MD5 cannot be checked in FIPS 140 mode", field{"Header", "Content-MD5"})
		}
	}
	a, want, err := wantedChecksum(h, trailer)
	if err != nil {
		return nil, err
	}
	c.want = want
	c.compute(a)
	return c, nil
}

// newSums computes the ETag and one checksum of bytes of which nothing was said.
func newSums(a checksum.Algorithm) *checksums {
	c := &checksums{tag: newETagHash()}
	c.compute(a)
	return c
}

// compute begins the checksum, of an algorithm that is computable.
func (c *checksums) compute(a checksum.Algorithm) { c.sum, _ = a.New() }

// newETagHash is MD5, as S3's ETag of an object from one PUT, unless MD5 must not
// be touched.
func newETagHash() hash.Hash {
	if fips140.Enabled() {
		return sha256.New()
	}
	return md5.New()
}

func (c *checksums) writers() []io.Writer { return []io.Writer{c.tag, c.sum} }

func (c *checksums) verify() error {
	if c.contentMD5 != nil {
		if got := c.tag.Sum(nil); !slices.Equal(got, c.contentMD5) {
			return standard("BadDigest", field{"CalculatedDigest", base64.StdEncoding.EncodeToString(got)},
				field{"ExpectedDigest", hex.EncodeToString(c.contentMD5)})
		}
	}
	if c.want != "" && c.want != c.sum.Value().String() {
		return badDigest(c.sum.Algorithm())
	}
	return nil
}

func badDigest(a checksum.Algorithm) error {
	return errorf("BadDigest", "The "+a.String()+" you specified did not match the calculated checksum.")
}

func (c *checksums) etag() string {
	digits := hex.EncodeToString(c.tag.Sum(nil))
	if len(digits) != 2*md5.Size {
		// Not an MD5, so it must not look like one: multipart ETags have a dash.
		return `"` + digits[:2*md5.Size] + `-1"`
	}
	return `"` + digits + `"`
}
