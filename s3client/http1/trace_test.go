package http1

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// traced gives a trace that lists what it is told.
func traced() (trace *httptrace.ClientTrace, told func() []string) {
	var mu sync.Mutex
	var list []string
	tell := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, fmt.Sprintf(format, args...))
	}
	return &httptrace.ClientTrace{
			GetConn:              func(string) { tell("GetConn") },
			GotConn:              func(i httptrace.GotConnInfo) { tell("GotConn reused=%t idle=%t", i.Reused, i.WasIdle) },
			PutIdleConn:          func(err error) { tell("PutIdleConn %v", err) },
			GotFirstResponseByte: func() { tell("GotFirstResponseByte") },
			Got1xxResponse:       func(code int, _ textproto.MIMEHeader) error { tell("Got1xxResponse %d", code); return nil },
			DNSStart:             func(i httptrace.DNSStartInfo) { tell("DNSStart") },
			DNSDone:              func(i httptrace.DNSDoneInfo) { tell("DNSDone") },
			ConnectStart:         func(network, _ string) { tell("ConnectStart %s", network) },
			ConnectDone:          func(network, _ string, err error) { tell("ConnectDone %s %v", network, err) },
			TLSHandshakeStart:    func() { tell("TLSHandshakeStart") },
			TLSHandshakeDone:     func(s tls.ConnectionState, err error) { tell("TLSHandshakeDone %s %v", s.NegotiatedProtocol, err) },
			WroteHeaders:         func() { tell("WroteHeaders") },
			WroteRequest:         func(i httptrace.WroteRequestInfo) { tell("WroteRequest %v", i.Err) },
		}, func() []string {
			mu.Lock()
			defer mu.Unlock()
			defer func() { list = nil }()
			return list
		}
}

func TestTraceIsToldWhatNetHTTPTells(t *testing.T) {
	srv, trust := secure(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "hello")
	})
	tr := newTransport(t)
	tr.TLS = trust
	theirs := &http.Transport{TLSClientConfig: trust.Clone(), Protocols: new(http.Protocols)}
	theirs.Protocols.SetHTTP1(true)
	defer theirs.CloseIdleConnections()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	var all [2][]string
	for i, rt := range []http.RoundTripper{theirs, tr} {
		trace, told := traced()
		for range 2 {
			req := request(t, "GET", "https://127.0.0.1:"+port)
			resp, err := rt.RoundTrip(req.WithContext(httptrace.WithClientTrace(t.Context(), trace)))
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(resp.Body); string(b) != "hello" || err != nil {
				t.Errorf("the body is %q, %v", b, err)
			}
			resp.Body.Close()
			events := told()
			slices.Sort(events) // net/http writes and reads at the same time
			all[i] = append(all[i], events...)
		}
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("(-net/http +http1)\n%s", diff)
	}
}

func TestTraceSeesALookup(t *testing.T) {
	srv, _ := secure(t, nil)
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	trace, told := traced()
	tr := newTransport(t)
	tr.RoundTrip(request(t, "GET", "https://localhost:"+port).WithContext(httptrace.WithClientTrace(t.Context(), trace)))
	got := told()
	for _, want := range []string{"DNSStart", "DNSDone", "ConnectStart tcp", "TLSHandshakeStart"} {
		if !slices.Contains(got, want) {
			t.Errorf("the trace was told %q, want %s among it", got, want)
		}
	}
}
