package sigv4http_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// A service that is busy once, and then says who signed.
func ExampleTransport() {
	signer, err := sigv4.NewSigner("sqs", "eu-central-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	// Real keys come from the environment or a file, never from source code.
	credentials := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")

	busy := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return credentials, nil }
		caller, err := signer.Verify(r, lookup, sigv4.EmptyPayload(), time.Now())
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusForbidden)
		case busy:
			busy = false
			http.Error(w, "busy", http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, "signed by", caller.AccessKeyID)
		}
	}))
	defer server.Close()

	client := &http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: credentials}}
	resp, err := client.Get(server.URL + "/?Action=ListQueues")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(body))
	// Output:
	// signed by AKIDEXAMPLE
}

func ExampleReadError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>`+
			`<RequestId>4442587FB7D0A2F9</RequestId></Error>`)
	}))
	defer server.Close()

	resp, err := http.Get(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	err = sigv4http.ReadError(resp)
	fmt.Println(err)
	fmt.Println(errors.Is(err, &sigv4http.APIError{Code: "NoSuchKey"}))
	// Output:
	// NoSuchKey: The specified key does not exist. (HTTP 404, request ID 4442587FB7D0A2F9)
	// true
}

// A body that cannot be rewound goes unsigned, over TLS, and is sent once.
func ExampleWithPayload() {
	ctx := sigv4http.WithPayload(context.Background(), sigv4.UnsignedPayload())
	pipe, writer := io.Pipe()
	go func() {
		fmt.Fprint(writer, "as it comes")
		writer.Close()
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://bucket.s3.eu-central-1.amazonaws.com/key", pipe)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := sigv4.NewSigner("s3", "eu-central-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	credentials := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")
	transport := &sigv4http.Transport{Signer: signer, Provider: credentials, Base: printer{}}
	if _, err := transport.RoundTrip(req); err != nil {
		log.Fatal(err)
	}
	// Output:
	// UNSIGNED-PAYLOAD
	// as it comes
}

// printer stands for the network.
type printer struct{}

func (printer) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	fmt.Println(req.Header.Get("X-Amz-Content-Sha256"))
	fmt.Println(string(body))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}
