// Package interop runs the client against real servers, MinIO and versitygw,
// which it builds from the Go module proxy at pinned versions and starts on
// loopback. It is a module of its own so that the root's go.mod stays at two
// requirements; nothing imports it.
//
// Where servers disagree, the tests hold a row: server, operation, what it did.
package interop
