package checksum_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The checksum of a body that is in memory goes into a header.
func ExampleAlgorithm_Sum() {
	algorithm := checksum.CRC32C
	sum, err := algorithm.Sum([]byte("Hello world"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s\n", algorithm.Header(), sum)
	// Output: x-amz-checksum-crc32c: crUfeA==
}

// The checksum of a body that streams is known behind it, and goes into a trailer.
func ExampleAlgorithm_New() {
	hash, err := checksum.CRC64NVME.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	body := io.TeeReader(strings.NewReader("Hello world"), hash)
	if _, err := io.Copy(io.Discard, body); err != nil { // to S3
		fmt.Println(err)
		return
	}
	fmt.Printf("%s:%s\n", hash.Algorithm().Header(), hash.Value())
	// Output: x-amz-checksum-crc64nvme:OOJZ0D8xKts=
}

// A server that knows no checksums is sent Content-MD5, unless the program runs with
// GODEBUG=fips140=only.
func ExampleContentMD5() {
	body := []byte("Hello world")
	header := http.Header{}
	md5, err := checksum.ContentMD5(body)
	switch {
	case err == nil:
		header.Set("Content-MD5", md5) // PiWWCnnbxptnTNTsZ6csYg==
	case errors.Is(err, checksum.ErrFIPS):
		sum, err := checksum.CRC64NVME.Sum(body)
		if err != nil {
			fmt.Println(err)
			return
		}
		header.Set(sum.Algorithm().Header(), sum.String())
	}
	fmt.Println(len(header))
	// Output: 1
}
