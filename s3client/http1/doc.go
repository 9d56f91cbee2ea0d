// Package http1 sends requests over HTTP/1.1 connections of its own (RFC 9112), in the
// goroutine of the caller: a small GET costs less than with net/http, which hands each
// request to two goroutines of its connection and back, and a worker that waits for one
// answer has one connection, also where a server offers HTTP/2.
//
// [Transport] is the [http.RoundTripper], [Bodiless] the part of it that small programs
// embed; [Dialer] spreads their connections over all addresses of a host.
//
// # What it sends
//
// Requests without a body, straight to the server or through a proxy of HTTP. Those with
// a body go over net/http's transport, with the same dialer and the same limits. On systems
// that are not Unix all go there: the standard library has no way to look at a connection
// without waiting.
//
// # When a connection is used again
//
// Only when its state is known exactly (RFC 9112, section 9.3): the last answer was read
// to its end, by its Content-Length or its chunks; it did not say close; nothing was
// received behind it, and nothing came while the connection was idle, which is looked up
// without waiting just before the next request. A GET or a HEAD that fails all the same on
// a connection that had been idle, before the first byte of an answer, is sent once more
// on a new one (section 9.3.1).
//
// # What it refuses
//
// What is not fit to be sent, before it is sent: see [ErrRequest]. An answer that leaves
// room for doubt: see [ErrMalformed]. TLS is crypto/tls with its defaults, and http/1.1 as
// its only protocol (RFC 7301).
package http1
