package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// What all of them sign is a GET of one part of an object, as a download in parts
// makes it, and for presigning a GET of the object. The SDKs' S3 clients add
// x-id=GetObject to the query, which S3 does not ask for and other clients leave
// out. So does this request: it is what every client has to sign at the least.
const (
	objectURL = "https://examplebucket.s3.us-east-1.amazonaws.com/photos/2025/01/holiday.jpg"
	byteRange = "bytes=0-8388607"
	region    = "us-east-1"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	expires   = 15 * time.Minute
	timeForm  = "20060102T150405Z"
)

var moment = time.Date(2025, 1, 31, 12, 34, 56, 0, time.UTC)

// Both kinds of credentials sign with the same secret; a session has its token to
// send and sign on top.
var (
	longTerm  = sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", secretKey, "")
	temporary = sigv4.NewCredentials("ASIAIOSFODNN7EXAMPLE", secretKey, sessionToken())
)

var identities = []struct {
	name string
	cred sigv4.Credentials
}{
	{"keys", longTerm},
	{"session", temporary},
}

// sessionToken makes up a token of 700 characters, about as long as AssumeRole's
// are. AWS promises no length ("AWS Security Token Service API Reference",
// AssumeRole, Response Elements, Credentials). Like the real ones it is Base64, so
// that a URL must encode the plus, slash and equals signs in it.
func sessionToken() string {
	var bytes [523]byte
	rand.NewChaCha8([32]byte{}).Read(bytes[:])
	return base64.StdEncoding.EncodeToString(bytes[:])
}

func newRequest(tb testing.TB) *http.Request {
	tb.Helper()
	req, err := http.NewRequest(http.MethodGet, objectURL, nil)
	if err != nil {
		tb.Fatalf("NewRequest() = %v", err)
	}
	return req
}

func newRangedRequest(tb testing.TB) *http.Request {
	tb.Helper()
	req := newRequest(tb)
	req.Header.Set("Range", byteRange)
	return req
}

// arrive gives the request as a server gets it: written to the wire and parsed.
func arrive(tb testing.TB, req *http.Request) *http.Request {
	tb.Helper()
	got, err := http.ReadRequest(bufio.NewReader(wire(tb, req)))
	if err != nil {
		tb.Fatalf("reading the request: %v", err)
	}
	return got
}

func wire(tb testing.TB, req *http.Request) *bytes.Buffer {
	tb.Helper()
	var sent bytes.Buffer
	if err := req.Write(&sent); err != nil {
		tb.Fatalf("writing the request: %v", err)
	}
	return &sent
}

// lookup is the look-up of a server that has one user.
func lookup(cred sigv4.Credentials) sigv4.Lookup {
	return func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
}
