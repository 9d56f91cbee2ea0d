package s3test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// TLS: the certificate that is made at the start, and that clients have to trust.

// makeCertificate makes a certificate that has signed itself, for all names by which a
// client of this machine may call the server: addresses and names of the loopback
// interface, the address that it listens at, and the buckets in virtual-host style.
// Those are named one by one, too, for OpenSSL takes no "*." before a single label and
// no client takes it for a bucket that has a dot in its name.
func (s *Server) makeCertificate(listens net.Addr) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	domains := s.cfg.Domains
	if domains == nil {
		domains = []string{"localhost"}
	}
	now := time.Now() // not Config.Now: the client's clock decides
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "sigvier s3test"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},

		// It is its own authority.
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, domain := range domains {
		template.DNSNames = append(template.DNSNames, domain, "*."+domain)
		for _, bucket := range s.cfg.Buckets {
			template.DNSNames = append(template.DNSNames, bucket+"."+domain)
		}
	}
	if tcp, ok := listens.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		template.IPAddresses = append(template.IPAddresses, tcp.IP)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// Certificate is what a client has to trust, if [Config.TLS] is set and [Start] has
// made the server; else it is nil.
func (s *Server) Certificate() *x509.Certificate { return s.certificate }

// CertPool has the server's certificate alone, for [tls.Config.RootCAs].
func (s *Server) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	if s.certificate != nil {
		pool.AddCert(s.certificate)
	}
	return pool
}

// CertificatePEM is the certificate as text, for the files that clients read: those of
// SSL_CERT_FILE (programs in Go, OpenSSL), AWS_CA_BUNDLE (the AWS tools), curl --cacert.
func (s *Server) CertificatePEM() []byte {
	if s.certificate == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate.Raw})
}
