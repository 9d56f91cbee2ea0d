package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net/url"
	"sync"
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
	// date/region/service/aws4_request, the ID before it; these encoded; up to its signed headers
	scope, credential, credentialInQuery, tokenInQuery, authorization string
}

// key finds or makes the signing key of valid credentials.
func (s *Signer) key(cred Credentials, date string) (k *signingKey, err error) {
	for i := range s.keys {
		if k = s.keys[i].Load(); k != nil && k.accessKeyID == cred.AccessKeyID && k.date == date && k.secretAccessKey == cred.SecretAccessKey() && k.sessionToken == cred.SessionToken() {
			return k, nil
		}
	}
	if err := cred.Validate(); err != nil {
		return nil, err
	}
	k = &signingKey{accessKeyID: cred.AccessKeyID, secretAccessKey: cred.SecretAccessKey(), sessionToken: cred.SessionToken(), date: date}
	k.scope = k.date + s.scope
	k.credential = k.accessKeyID + "/" + k.scope
	k.authorization = s.name + " Credential=" + k.credential + ", SignedHeaders="
	k.credentialInQuery, k.tokenInQuery = url.QueryEscape(k.credential), url.QueryEscape(k.sessionToken)
	if s.algorithm == nil {
		raw := derive(k.secretAccessKey, k.date, s.region, s.service)
		k.Key = &hmacKey{sync.Pool{New: func() any { return &readyMAC{Hash: hmac.New(sha256.New, raw)} }}}
	} else if k.Key, err = s.algorithm.Key(cred); err != nil {
		return nil, err
	}
	s.keys[s.nextKey.Add(1)%uint32(len(s.keys))].Store(k)
	return k, nil
}

// hmacKey is the key of AWS4-HMAC-SHA256.
type hmacKey struct{ macs sync.Pool } // of *readyMAC

// readyMAC is an HMAC that has taken in the key, and room for its sum.
type readyMAC struct {
	hash.Hash
	sum [sha256.Size]byte
}

func (k *hmacKey) AppendSignature(dst, stringToSign []byte) []byte {
	m := k.macs.Get().(*readyMAC)
	m.Reset()
	m.Write(stringToSign)
	m.Sum(m.sum[:0])
	dst = appendHex(dst, &m.sum)
	k.macs.Put(m)
	return dst
}

func (k *hmacKey) Matches(stringToSign []byte, signature string) bool {
	var room [4 * sha256.Size]byte
	both := append(k.AppendSignature(room[:0], stringToSign), signature...)
	return hmac.Equal(both[:2*sha256.Size], both[2*sha256.Size:])
}

// appendHex appends a hash in lower-case hex, eight digits at a time, as a signature
// has two of them to write: with one after the other, it took as long as a third of
// its hashing.
func appendHex(dst []byte, sum *[sha256.Size]byte) []byte {
	for i := 0; i < len(sum); i += 4 {
		v := uint64(binary.BigEndian.Uint32(sum[i:]))
		v = (v | v<<16) & 0x0000ffff0000ffff
		v = (v | v<<8) & 0x00ff00ff00ff00ff
		v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f // a digit in each byte
		v += 0x3030303030303030 + (v+0x0606060606060606)>>4&0x0101010101010101*('a'-'0'-10)
		dst = binary.BigEndian.AppendUint64(dst, v)
	}
	return dst
}
