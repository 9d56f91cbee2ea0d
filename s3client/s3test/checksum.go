package s3test

import (
	"crypto/fips140"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The additional checksums (Amazon S3 User Guide, "Checking object integrity").

type algorithm struct {
	name string // as it ends the header's name: X-Amz-Checksum-Crc32c
	size int
	new  func() hash.Hash
}

// algorithms: the first is what S3 adds itself to an object that came without.
var algorithms = []algorithm{
	{"Crc64nvme", crc64.Size, newCRC(checksum.CRC64NVME)},
	{"Crc32", crc32.Size, newCRC(checksum.CRC32)},
	{"Crc32c", crc32.Size, newCRC(checksum.CRC32C)},
	{"Sha1", sha1.Size, sha1.New},
	{"Sha256", sha256.Size, sha256.New},
}

// newCRC makes hashes of a CRC, which fail for nothing.
func newCRC(a checksum.Algorithm) func() hash.Hash {
	return func() hash.Hash {
		h, _ := a.New()
		return h
	}
}

func algorithmNamed(name string) algorithm {
	for _, a := range algorithms {
		if a.name == name {
			return a
		}
	}
	return algorithm{}
}

// wantedChecksum finds the checksum that the client computed. Of one that comes
// in a trailer only the algorithm is known yet.
func wantedChecksum(h http.Header, trailer string) (alg algorithm, want string, err error) {
	alg = algorithms[0]
	if trailer != "" {
		if alg = algorithmNamed(strings.TrimPrefix(trailer, "X-Amz-Checksum-")); alg.new == nil || alg.name == "Sha1" && fips140.Enabled() {
			return alg, "", notImplemented("This checksum cannot be checked here", field{"Header", strings.ToLower(trailer)})
		}
	}
	for name, values := range h {
		rest, ok := strings.CutPrefix(name, "X-Amz-Checksum-")
		if !ok || rest == "Type" || rest == "Mode" || rest == "Algorithm" {
			continue
		}
		if want != "" || trailer != "" {
			return alg, "", errorf("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		lower := strings.ToLower(name)
		alg = algorithmNamed(rest)
		if alg.new == nil || alg.name == "Sha1" && fips140.Enabled() {
			// To ignore it would be to claim that it was checked.
			return alg, "", notImplemented("This checksum cannot be checked here", field{"Header", lower})
		}
		want = values[0]
		if sum, err := base64.StdEncoding.DecodeString(want); err != nil || len(sum) != alg.size {
			return alg, "", errorf("InvalidRequest", "Value for "+lower+" header is invalid.")
		}
	}
	switch named := h.Get("X-Amz-Sdk-Checksum-Algorithm"); {
	case named == "":
	case want == "" && trailer == "":
		return alg, "", errorf("InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case !strings.EqualFold(named, alg.name):
		return alg, "", errorf("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	return alg, want, nil
}
