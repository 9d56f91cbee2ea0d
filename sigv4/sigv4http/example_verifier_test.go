package sigv4http_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// A service that lets in who signs rightly, and answers others as S3 does.
func ExampleVerifier() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	known := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")
	verifier := &sigv4http.Verifier{
		Signer: signer,
		Lookup: func(_ context.Context, accessKeyID, _ string) (sigv4.Credentials, error) {
			if accessKeyID != known.AccessKeyID {
				return sigv4.Credentials{}, errors.New("unknown")
			}
			return known, nil
		},
	}
	server := httptest.NewServer(verifier.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil { // the body is not the one that was signed
			sigv4http.WriteError(w, r, err)
			return
		}
		fmt.Fprintf(w, "%d bytes of %s", len(body), sigv4http.VerifiedFrom(r.Context()).AccessKeyID)
	})))
	defer server.Close()

	send := func(credentials sigv4.Credentials) {
		client := &http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: credentials}}
		resp, err := client.Post(server.URL+"/key", "text/plain", strings.NewReader("content"))
		if err != nil {
			log.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			fmt.Println(sigv4http.ReadError(resp).Code)
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(body))
	}
	send(known)
	send(sigv4.NewCredentials("AKIDEXAMPLE", "another/secret/access/key", ""))
	// Output:
	// 7 bytes of AKIDEXAMPLE
	// SignatureDoesNotMatch
}
