package http1_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/sigvier/sigvier/s3client/http1"
)

// An http.Client over connections of its own.
func ExampleTransport() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello over "+r.Proto)
	}))
	defer srv.Close()
	transport := new(http1.Transport)
	transport.MaxIdle = 64 // one for each worker
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	resp, err := client.Get(srv.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: hello over HTTP/1.1
}

// A worker whose answer comes more slowly than those of the others says so, and begins
// again elsewhere.
func ExampleTransport_slow() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello")
	}))
	defer srv.Close()
	transport := new(http1.Transport)
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(srv.URL)
	if err != nil {
		log.Fatal(err)
	}
	if body, ok := resp.Body.(interface{ Slow() }); ok {
		body.Slow()
	}
	fmt.Println(resp.Body.Close())
	// Output: <nil>
}

// A program that only reads links nothing of net/http's transport.
func ExampleBodiless() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello")
	}))
	defer srv.Close()
	transport := &http1.Bodiless{MaxIdle: 64}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodGet, srv.URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: hello
}

// Connections go to all addresses of a host.
func ExampleDialer() {
	dialer := &http1.Dialer{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, nil
		},
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			fmt.Println(address)
			c, _ := net.Pipe()
			return c, nil
		},
	}
	for range 3 {
		c, err := dialer.DialContext(context.Background(), "tcp", "bucket.s3.eu-central-1.amazonaws.com:443")
		if err != nil {
			log.Fatal(err)
		}
		defer c.Close()
	}
	// Output:
	// 192.0.2.1:443
	// 192.0.2.2:443
	// 192.0.2.1:443
}
