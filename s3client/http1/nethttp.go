package http1

import (
	"net/http"
	"time"
)

// Transport is an [http.RoundTripper] over HTTP/1.1: [Bodiless] for requests without a body,
// net/http's transport, with the same dialer and the same limits, for all others. The zero
// value is ready for use. It is safe for concurrent use, and must not be copied or changed
// after its first use.
type Transport struct{ Bodiless }

var _ closer = (*Transport)(nil)

// writeBufferSize is what a connection that sends bodies keeps.
const writeBufferSize = 64 << 10

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if hasBody(req) {
		return t.NetHTTP().RoundTrip(req)
	}
	return t.Bodiless.RoundTrip(req)
}

// NetHTTP gives net/http's transport with the same dialer, TLS, proxy and limits, for
// requests that have a body. It is always the same. Programs that do not call it do
// not link net/http's transport.
func (t *Bodiless) NetHTTP() *http.Transport {
	t.ready.Do(t.setUp)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.theirs != nil {
		return t.theirs.(*http.Transport)
	}
	theirs := &http.Transport{
		Proxy:                 t.Proxy,
		DialContext:           t.Dialer.DialContext,
		TLSClientConfig:       t.TLS.Clone(),
		Protocols:             new(http.Protocols),
		DisableCompression:    true,
		MaxIdleConnsPerHost:   t.idle.most,
		IdleConnTimeout:       t.idle.timeout,
		TLSHandshakeTimeout:   t.HandshakeTimeout,
		ResponseHeaderTimeout: t.HeadTimeout,
		ExpectContinueTimeout: time.Second,
		WriteBufferSize:       writeBufferSize,
	}
	theirs.Protocols.SetHTTP1(true)
	t.theirs = theirs
	return theirs
}
