package http1

import (
	"net/http"
	"time"
)

// NetHTTP gives net/http's transport with the same dialer, TLS, proxy and limits, for
// requests that have a body. It is one for each Transport. Programs that do not call it
// do not link net/http's transport.
func (t *Transport) NetHTTP() *http.Transport {
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
		ReadBufferSize:        bufferSize,
		WriteBufferSize:       bufferSize,
	}
	theirs.Protocols.SetHTTP1(true)
	t.theirs = theirs
	return theirs
}
