// Package differential holds sigvier's signatures against those of signers that
// it shares no line with: the AWS SDK for Go, smithy-go and botocore.
//
// Some thousand generated requests visit the corners of Signature Version 4.
// Each is signed by sigvier and by each peer; a peer's answer must be sigvier's,
// byte for byte, or must be what the rows of verdicts_test.go make of it. A row
// is one class of disagreement: what both do, who is right and by which
// document, and the one way in which the peer's canonical request differs. A
// disagreement that no row explains fails, and so does a row whose own request
// no longer disagrees.
//
// botocore's answers to the rows' requests and to the first few hundred of the
// generated ones are recorded in testdata/botocore.jsonl and always compared.
// Where python3 has the botocore of the recording, the recording is checked, and
// botocore answers the whole run. After a change of the generator or of a row's
// request, record anew:
//
//	go -C testvectors/interop test ./differential -record
package differential
