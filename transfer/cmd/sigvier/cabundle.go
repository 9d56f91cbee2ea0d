package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/sigvier/sigvier/s3client/http1"
)

// trusting gives what sends requests to servers whose certificates the file of
// AWS_CA_BUNDLE vouches for, in the place of the system's authorities, as the AWS tools
// do (AWS SDKs and Tools Reference Guide, "General configuration": ca_bundle). It is nil
// without the variable. Go itself reads SSL_CERT_FILE, on some systems.
func (a *app) trusting() (http.RoundTripper, error) {
	name := a.getenv("AWS_CA_BUNDLE")
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, usageError(fmt.Sprintf("AWS_CA_BUNDLE: %s has no certificate: a file in PEM is expected, with -----BEGIN CERTIFICATE-----", name))
	}
	return &http1.Transport{Bodiless: http1.Bodiless{TLS: &tls.Config{RootCAs: pool}, MaxIdle: maxThreads + 2}}, nil
}

// maxThreads is the most that --threads takes.
const maxThreads = 256
