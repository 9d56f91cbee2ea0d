// Package sigv4a is the algorithm of AWS Signature Version 4A for package sigv4:
// AWS4-ECDSA-P256-SHA256, whose signatures hold in several regions at once (IAM
// User Guide, "AWS Signature Version 4 for API requests", "How AWS SigV4a
// works"). Amazon S3's Multi-Region Access Points want it.
//
// Most callers want [NewSigner] and nothing else: what it gives is a
// [sigv4.Signer], which signs, presigns, verifies and explains as any other.
// Against SigV4,
//
//   - the signature is one of ECDSA over P-256, in DER and hex: 140 to 144 digits
//     as a rule;
//   - the key pair depends on the access key alone, and its [PublicKey] is all that
//     it takes to [Verify] a signature: who verifies need not be able to sign;
//   - the credential scope names no region. The regions in which the signature is
//     good stand in the signed X-Amz-Region-Set.
//
// # How to read it
//
//	sigv4a.go      the region set, the signer
//	key.go         step 4, the key pair of an access key
//	signature.go   step 4, the signature and its verification
//
// # What it does not do
//
// It keeps to package sigv4's rules: no I/O, no clock, no environment, no
// goroutine, no changing global. It needs no randomness either: signatures are
// the deterministic ones of FIPS 186-5 and RFC 6979, so that the same request has
// the same signature. Those of other signers are random, and verify all the same.
// Package crypto/ecdsa does the work.
//
// # One signature has a twin
//
// Whoever sees a signature (r, s) can write (r, N-s), N being the order of the
// curve, which is good for the same request. AWS's own signers make either, so
// neither is refused. A signature proves who signed and what. It is no name for a
// request: do not tell replays by it.
package sigv4a
