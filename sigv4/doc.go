// Package sigv4 computes and verifies AWS Signature Version 4, as AWS's IAM
// User Guide describes it in "Create a signed AWS API request" and the Amazon
// S3 API Reference in "Authenticating Requests (AWS Signature Version 4)".
//
// Most callers want two functions: [Signer.Sign] puts the signature into the
// request's headers, [Signer.Presign] into a URL's query. [Signer.Verify] is
// the same road backwards, for servers and tests.
//
// # How to read it
//
// One file is one step of the specification, in its order:
//
//	credentials.go   who signs
//	payload.go       what the signature says of the body
//	canonical.go     step 1, the canonical request
//	stringtosign.go  steps 2 and 3, its hash and the string to sign
//	key.go           step 4, the signing key, its cache, the signature
//	header.go        step 5, the Authorization header
//	query.go         step 5, the query string (a presigned URL)
//	chunked.go       bodies and event streams that are signed piece by piece
//	policy.go        the policy of a browser's POST form
//	verify.go        the server's side
//	explain.go       every intermediate value, for auditors
//
// What else has to do with signatures but computes none stands in packages of its
// own: the keys of SigV4a in sigv4a, bodies, forms, transports and handlers in
// sigv4http, and what says why a server refused a request in oracle.
//
// # What it does not do
//
// It has no I/O, no clock, no environment and no goroutine: the time is an
// argument, and bodies are hashed outside (see [PayloadHash]). It imports the
// standard library only, and nothing below the specification is hand-made:
// crypto/hmac and crypto/sha256 do the work.
//
// # Errors
//
// What cannot be signed rightly is refused before anything is hashed, with an
// [*InputError] that wraps one of [ErrCredentials], [ErrScope], [ErrRequest],
// [ErrPayloadHash], [ErrTime] and [ErrExpires]; the request is then untouched.
// What does not verify gives a [*VerifyError] that carries S3's error code.
// No error's text holds a secret or a session token.
package sigv4
