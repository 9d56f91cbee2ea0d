// Package sigv4http sends signed requests to AWS services.
//
// [Transport] is an [http.RoundTripper] that does what every AWS call needs
// around the signature: it asks for credentials, signs each attempt afresh,
// retries what AWS says may be retried, corrects the clock from the server's,
// and has expired credentials renewed once. [ReadError] turns a service's error
// document into one [*APIError].
//
// Use a Transport as an http.Client's Transport with any AWS service:
//
//	signer, err := sigv4.NewSigner("sqs", "eu-central-1", nil)
//	client := &http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: credentials}}
package sigv4http
