package s3test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
)

func TestNoCertificateWithoutTLS(t *testing.T) {
	srv := start(t, Config{})
	if srv.Certificate() != nil || srv.CertificatePEM() != nil || !srv.CertPool().Equal(x509.NewCertPool()) {
		t.Error("there is a certificate")
	}
}

// TestTheCertificateFits all names that the server goes by, and no others.
func TestTheCertificateFits(t *testing.T) {
	srv := start(t, Config{TLS: true, Buckets: []string{"data", "with.a.dot"}})
	for name, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "localhost": true, "data.localhost": true, "other.localhost": true, "with.a.dot.localhost": true,
		"not.made.localhost": false, "example.com": false, "127.0.0.2": false,
	} {
		if err := srv.Certificate().VerifyHostname(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := srv.Certificate().Verify(x509.VerifyOptions{Roots: srv.CertPool(), DNSName: "localhost"}); err != nil {
		t.Error(err)
	}
	srv = start(t, Config{TLS: true, Domains: []string{"s3.example.com"}})
	if err := srv.Certificate().VerifyHostname("data.s3.example.com"); err != nil {
		t.Error(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(srv.CertificatePEM()) || !pool.Equal(srv.CertPool()) {
		t.Error("the text is another certificate")
	}
}

func TestTLSOffersBothProtocols(t *testing.T) {
	srv := start(t, Config{TLS: true})
	for _, protocol := range []string{"http/1.1", "h2"} {
		conn, err := tls.Dial("tcp", srv.URL[len("https://"):], &tls.Config{RootCAs: srv.CertPool(), NextProtos: []string{protocol}})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().NegotiatedProtocol; got != protocol {
			t.Errorf("%s is answered with %q", protocol, got)
		}
		conn.Close()
	}
	if _, err := tls.Dial("tcp", srv.URL[len("https://"):], nil); err == nil {
		t.Error("a client that does not know the certificate trusts it")
	}
	c := newClient(srv)
	c.over(t, ownTransport(t, srv, false), "PUT", "/data/key", faultBody)
	if err := c.over(t, ownTransport(t, srv, true), "GET", "/data/key", ""); err != nil {
		t.Error(err)
	}
}

// TestTheCertificateHasTheAddress that the server listens at.
func TestTheCertificateHasTheAddress(t *testing.T) {
	srv := &Server{}
	made, err := srv.makeCertificate(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Leaf.VerifyHostname("192.0.2.1"); err != nil {
		t.Error(err)
	}
}
