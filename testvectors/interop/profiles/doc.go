// Package profiles holds sts/chain against aws-cli: the same config and
// credentials files, the same environment, the same server with an S3 and an STS
// face, and then who each of them is, what it lists, or why it refuses.
//
// The files are testdata/config and testdata/credentials, and pairs that no tool
// can read as a whole beside them. A row of rows_test.go is one way to ask. Where
// sigvier answers otherwise than aws-cli, the row says why, and fails when that is
// no longer so.
//
// aws-cli's answers are recorded in testdata/awscli.jsonl and always compared.
// Where aws-cli is, it answers again: the version of the recording must answer as
// recorded, and of another one the identities are compared, but not the words of
// its refusals. After a change of a file or a row, record anew:
//
//	go -C testvectors/interop test ./profiles -record
package profiles
