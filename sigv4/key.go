package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
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
	for _, part := range [...]string{date, region, service, terminator} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}

// signingKey is a key that is ready, and what else goes by credentials and date.
// All that it was made from is kept with it and compared: a secret that changes
// under the same access key ID must never find the old key.
type signingKey struct {
	Key
	accessKeyID, secretAccessKey, sessionToken, date string

	scope, credential string // date/region/service/aws4_request, and with the access key ID before it
	authorization     string // the Authorization header up to its signed headers
}

// keyCache keeps the last few signing keys. A hit takes no lock.
type keyCache struct {
	slots [8]atomic.Pointer[signingKey]
	next  atomic.Uint32
}

// key finds or makes the signing key of valid credentials.
func (s *Signer) key(cred Credentials, date []byte) (k *signingKey, err error) {
	for i := range s.keys.slots {
		if k = s.keys.slots[i].Load(); k != nil && k.accessKeyID == cred.AccessKeyID && k.date == string(date) && k.secretAccessKey == cred.SecretAccessKey() && k.sessionToken == cred.SessionToken() {
			return k, nil
		}
	}
	if err := cred.Validate(); err != nil {
		return nil, err
	}
	k = &signingKey{accessKeyID: cred.AccessKeyID, secretAccessKey: cred.SecretAccessKey(), sessionToken: cred.SessionToken(), date: string(date)}
	k.scope = k.date + s.scope
	k.credential = k.accessKeyID + "/" + k.scope
	k.authorization = s.name + " Credential=" + k.credential + ", SignedHeaders="
	if s.algorithm == nil {
		raw := derive(k.secretAccessKey, k.date, s.region, s.service)
		k.Key = &hmacKey{sync.Pool{New: func() any { return hmac.New(sha256.New, raw) }}}
	} else if k.Key, err = s.algorithm.Key(cred); err != nil {
		return nil, err
	}
	s.keys.slots[s.keys.next.Add(1)%uint32(len(s.keys.slots))].Store(k)
	return k, nil
}

// hmacKey is the key of AWS4-HMAC-SHA256.
type hmacKey struct{ macs sync.Pool } // of hash.Hash that have taken in the key

func (k *hmacKey) AppendSignature(dst, stringToSign []byte) []byte {
	mac := k.macs.Get().(hash.Hash)
	mac.Reset()
	mac.Write(stringToSign)
	dst = slices.Grow(dst, 3*sha256.Size)
	sum := mac.Sum(dst[len(dst)+2*sha256.Size : len(dst)+2*sha256.Size]) // behind its own hex
	k.macs.Put(mac)
	return hex.AppendEncode(dst, sum)
}

func (k *hmacKey) Matches(stringToSign []byte, signature string) bool {
	return hmac.Equal(k.AppendSignature(nil, stringToSign), []byte(signature))
}
