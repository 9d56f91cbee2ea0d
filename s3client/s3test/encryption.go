package s3test

import (
	"cmp"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// Server-side encryption, as far as a client can tell it from none: what is asked
// for is said in each answer, and who does not have the customer's key gets no
// object. The bytes are kept as they came.

// encryption is how an object is said to be encrypted.
type encryption struct {
	Algorithm string `json:"algorithm,omitempty"` // AES256, aws:kms or aws:kms:dsse; "" with a customer's key
	KMSKey    string `json:"kmsKey,omitempty"`    // its ARN
	Context   string `json:"context,omitempty"`
	BucketKey bool   `json:"bucketKey,omitempty"`

	KeyMD5 string `json:"keyMD5,omitempty"` // of a customer's key
	Salt   []byte `json:"salt,omitempty"`
	Proof  []byte `json:"proof,omitempty"` // HMAC of the customer's key, which itself is not kept
}

const (
	sseHeader      = "X-Amz-Server-Side-Encryption"
	customerHeader = sseHeader + "-Customer-"
)

// encryption reads the headers (Amazon S3 User Guide, "Protecting data with
// server-side encryption"). SSE-S3 is the default.
func (s *Server) encryption(h http.Header) (encryption, error) {
	e := encryption{
		Algorithm: h.Get(sseHeader),
		KMSKey:    h.Get(sseHeader + "-Aws-Kms-Key-Id"),
		Context:   h.Get(sseHeader + "-Context"),
		BucketKey: h.Get(sseHeader+"-Bucket-Key-Enabled") == "true",
	}
	key, keyMD5, err := customerKey(h, customerHeader)
	switch {
	case err != nil:
		return e, err
	case key != nil && e.Algorithm != "":
		return e, errorf("InvalidArgument", "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
			field{"ArgumentName", strings.ToLower(sseHeader)}, field{"ArgumentValue", e.Algorithm})
	case key != nil:
		e = encryption{KeyMD5: keyMD5, Salt: make([]byte, 16)}
		rand.Read(e.Salt)
		e.Proof = e.prove(key)
		return e, nil
	}
	switch e.Algorithm {
	case "", "AES256":
		if e.KMSKey != "" || e.Context != "" {
			return e, errorf("InvalidArgument", "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
				field{"ArgumentName", strings.ToLower(sseHeader)}, field{"ArgumentValue", e.Algorithm})
		}
		return encryption{Algorithm: "AES256"}, nil
	case "aws:kms", "aws:kms:dsse":
		if b, err := base64.StdEncoding.DecodeString(e.Context); err != nil || len(b) > 0 && !json.Valid(b) {
			return e, invalidArgument("The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
				strings.ToLower(sseHeader)+"-context", e.Context)
		}
		// The default is the key that AWS manages for S3 in the account.
		id := cmp.Or(e.KMSKey, "11111111-2222-3333-4444-555555555555")
		if !strings.HasPrefix(id, "arn:") {
			if !strings.HasPrefix(id, "alias/") {
				id = "key/" + id
			}
			id = "arn:aws:kms:" + s.cfg.Region + ":" + account + ":" + id
		}
		e.KMSKey = id
		return e, nil
	}
	return e, invalidArgument("The encryption method specified is not supported", strings.ToLower(sseHeader), e.Algorithm)
}

// customerKey reads the three headers of SSE-C (Amazon S3 User Guide, "Using
// server-side encryption with customer-provided keys"); nil if there are none.
func customerKey(h http.Header, prefix string) (key []byte, keyMD5 string, err error) {
	algorithm, encoded, keyMD5 := h.Get(prefix+"Algorithm"), h.Get(prefix+"Key"), h.Get(prefix+"Key-Md5")
	refuse := func(message, name string) ([]byte, string, error) { // without the value, which may be a key
		return nil, "", errorf("InvalidArgument", message, field{"ArgumentName", strings.ToLower(prefix) + name}, field{"ArgumentValue", "null"})
	}
	switch {
	case algorithm+encoded+keyMD5 == "":
		return nil, "", nil
	case algorithm == "":
		return refuse("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.", "algorithm")
	case algorithm != "AES256":
		return nil, "", standard("InvalidEncryptionAlgorithmError", field{"ArgumentName", strings.ToLower(prefix) + "algorithm"}, field{"ArgumentValue", algorithm})
	case encoded == "":
		return refuse("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.", "key")
	case keyMD5 == "":
		return refuse("Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.", "key-md5")
	}
	if key, err = base64.StdEncoding.DecodeString(encoded); err != nil || len(key) != 32 {
		return refuse("The secret key was invalid for the specified algorithm.", "key")
	}
	if fips140.Enabled() {
		return nil, "", notImplemented("The MD5 of a customer's key cannot be checked in FIPS 140 mode", field{"Header", strings.ToLower(prefix) + "key-md5"})
	}
	if sum := md5.Sum(key); base64.StdEncoding.EncodeToString(sum[:]) != keyMD5 {
		return refuse("The calculated MD5 hash of the key did not match the hash that was provided.", "key-md5")
	}
	return key, keyMD5, nil
}

func (e encryption) prove(key []byte) []byte {
	mac := hmac.New(sha256.New, e.Salt)
	mac.Write(key)
	return mac.Sum(nil)
}

// unlock wants the customer's key of what has one, and none of what has none. The
// prefix is that of the headers with the key.
func (e encryption) unlock(h http.Header, prefix string) error {
	key, _, err := customerKey(h, prefix)
	switch {
	case err != nil:
		return err
	case key == nil && e.KeyMD5 != "":
		return errorf("InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
	case key != nil && e.KeyMD5 == "":
		return errorf("InvalidRequest", "The encryption parameters are not applicable to this object.")
	case key != nil && !hmac.Equal(e.prove(key), e.Proof):
		return standard("AccessDenied")
	}
	return nil
}

func (e encryption) setHeaders(h http.Header) {
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	if e.KeyMD5 != "" {
		h.Set(customerHeader+"Algorithm", "AES256")
		h.Set(customerHeader+"Key-Md5", e.KeyMD5)
		return
	}
	set(sseHeader, e.Algorithm)
	set(sseHeader+"-Aws-Kms-Key-Id", e.KMSKey)
	set(sseHeader+"-Context", e.Context)
	if e.BucketKey {
		h.Set(sseHeader+"-Bucket-Key-Enabled", "true")
	}
}

// etag is the MD5 of what is plain or under SSE-S3, and of nothing that a client
// knows otherwise (Amazon S3 API Reference, "Object", ETag).
func (e encryption) etag(sums *checksums) string {
	if e.Algorithm == "AES256" {
		return sums.etag()
	}
	var random [16]byte
	rand.Read(random[:])
	return `"` + hex.EncodeToString(random[:]) + `"`
}
