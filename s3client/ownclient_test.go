package s3client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Workers that share one HTTP/2 connection would wait for each other.
func TestOwnTransportSpeaksHTTP1(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	own := newTransport(1)
	defer own.CloseIdleConnections()
	own.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	resp, err := (&http.Client{Transport: own}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); string(got) != "HTTP/1.1" || err != nil {
		t.Errorf("the client speaks %s, %v, want HTTP/1.1", got, err)
	}
}
