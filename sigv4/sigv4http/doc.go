// Package sigv4http has both sides of a signed request over net/http.
//
// # The client
//
// [Transport] is an [http.RoundTripper] that does what every AWS call needs
// around the signature: it asks for credentials, signs each attempt afresh,
// retries what AWS says may be retried, corrects the clock from the server's,
// and has expired credentials renewed once. [WithChunks] sends a body in signed
// chunks, and [ReadError] turns a service's error document into one [*APIError].
//
// Use a Transport as an http.Client's Transport with any AWS service:
//
//	signer, err := sigv4.NewSigner("sqs", "eu-central-1", nil)
//	client := &http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: credentials}}
//
// # The server
//
// [Verifier] lets in who signed rightly, in each of the forms that a signature
// has, and answers others as S3 does. Its handler reads plain bodies, for which
// [ChunkedReader] takes the chunks away, and finds what a browser posted in a
// [PostedForm].
//
// # Forms
//
// [PostPolicy] says what a browser's form may upload, and signs it.
package sigv4http
