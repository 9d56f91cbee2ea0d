package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
	"sync/atomic"
)

// Step 4 of "Create a signed AWS API request": derive the signing key and
// calculate the signature.

// derive computes the signing key:
//
//	HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")
func derive(secretAccessKey, date, region, service string) []byte {
	key := []byte("AWS4" + secretAccessKey)
	for _, part := range [...]string{date, region, service, "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}

// signingKey is a derived key that is ready to sign. All that it was derived
// from is kept with it and compared: a secret that changes under the same
// access key ID must never find the old key.
type signingKey struct {
	secretAccessKey, date, region, service string

	macs sync.Pool // of *keyedMAC
}

// keyedMAC is an HMAC that has taken in the key, with room for its sum.
type keyedMAC struct {
	hash.Hash
	sum [sha256.Size]byte
}

// keyCache keeps the last few signing keys. A hit takes no lock.
type keyCache struct {
	slots [8]atomic.Pointer[signingKey]
	next  atomic.Uint32
}

func (c *keyCache) get(secretAccessKey string, date []byte, region, service string) *signingKey {
	for i := range c.slots {
		k := c.slots[i].Load()
		if k == nil {
			break // slots are filled in order
		}
		if k.date == string(date) && k.secretAccessKey == secretAccessKey && k.region == region && k.service == service {
			return k
		}
	}
	k := &signingKey{secretAccessKey: secretAccessKey, date: string(date), region: region, service: service}
	raw := derive(k.secretAccessKey, k.date, k.region, k.service)
	k.macs.New = func() any { return &keyedMAC{Hash: hmac.New(sha256.New, raw)} }
	c.slots[(c.next.Add(1)-1)%uint32(len(c.slots))].Store(k)
	return k
}

// appendSignature appends the signature of a string to sign, in hex.
func (k *signingKey) appendSignature(dst, stringToSign []byte) []byte {
	mac := k.macs.Get().(*keyedMAC)
	mac.Reset()
	mac.Write(stringToSign)
	dst = hex.AppendEncode(dst, mac.Sum(mac.sum[:0]))
	k.macs.Put(mac)
	return dst
}
