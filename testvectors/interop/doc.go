// Package interop runs the client against real servers, MinIO and versitygw,
// which it builds from the Go module proxy at pinned versions and starts on
// loopback. It is a module of its own so that the root's go.mod stays at two
// requirements; nothing imports it.
//
// Where servers disagree, the tests hold a row: server, operation, what it did.
//
//	bench         the signer's speed against its peers and the physical floor
//	differential  the signer against its peers, each disagreement with a verdict
//	profiles      sts/chain against aws-cli, on the same shared files
//	clientbench   what a small GET and a long listing cost, beside net/http and the SDK
//	size          what each client adds to the size of a program
//	mutation      the script that changes the signer's source and demands a red test
package interop
