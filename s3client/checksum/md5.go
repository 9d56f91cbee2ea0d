package checksum

import (
	"crypto/md5"
	"encoding/base64"
	"hash"
)

// ContentMD5 is the value of the Content-MD5 header (RFC 1864): the MD5 of the body
// in base64. S3 asks for it nowhere that it does not take a checksum instead; it is
// for servers that know nothing else. The error is [ErrFIPS].
func ContentMD5(body []byte) (string, error) {
	h, err := NewMD5()
	if err != nil {
		return "", err
	}
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// NewMD5 makes an MD5 hash, for Content-MD5 of a stream, and for those who hold
// ETags against bytes: the ETag of an object from one PUT without SSE-KMS or SSE-C is
// its MD5 in hex (Amazon S3 API Reference, "Object"). The error is [ErrFIPS].
func NewMD5() (hash.Hash, error) {
	h := md5.New()
	if _, err := h.Write(nil); err != nil { // as it does in FIPS 140-only mode
		return nil, &Error{Kind: ErrFIPS, Subject: "MD5", Problem: "is forbidden by GODEBUG=fips140=only: a checksum of S3's is expected instead, such as CRC64NVME"}
	}
	return h, nil
}
