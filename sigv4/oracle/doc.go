// Package oracle is the signer as an oracle for auditors: it reads a request that
// somebody wrote down, and signs it, verifies it, or says why a server refused it.
//
// [Parse] reads the three forms in which requests are passed around: the JSON of
// "sigvier sign", a raw HTTP request as captured (or a presigned URL alone), and a
// curl command line. All three give a [Request]. [Request.Sign] shows every step
// of its signature, [Request.Verify] does what a server does with it, and
// [Explain] holds it against the server's error document.
//
// What a Request says is taken as it is written: the path is not decoded and
// encoded again, header fields keep their order, and a body may hold any byte.
//
// The package has no I/O and no clock. Secrets and session tokens appear in
// nothing that it prints, but for [Result] and [Request.Trace], which have the
// session token where that is sent or signed; [Request.Shown] hides it.
package oracle
