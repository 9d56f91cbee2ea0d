package s3test_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

func ExampleStart() {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		Buckets: []string{"data"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	send := func(cred sigv4.Credentials, method, body string) {
		req, err := http.NewRequest(method, srv.URL+"/data/greeting", strings.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		if err := signer.Sign(req, cred, sigv4.PayloadOf([]byte(body)), time.Now()); err != nil {
			log.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			log.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK {
			answer = nil
		}
		fmt.Printf("%s %s %q\n", method, resp.Status, answer)
	}
	good := sigv4.NewCredentials("AKIDEXAMPLE", "an/example/secret/access/key", "")
	send(good, "PUT", "hello")
	send(good, "GET", "")
	send(sigv4.NewCredentials("AKIDEXAMPLE", "a/wrong/secret/access/key", ""), "GET", "")
	fmt.Println(srv.Requests())

	// Output:
	// PUT 200 OK ""
	// GET 200 OK "hello"
	// GET 403 Forbidden ""
	// map[GetObject:2 PutObject:1]
}

func ExampleParseFault() {
	fault, err := s3test.ParseFault("truncate=1000,op=GetObject,times=2")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fault.Kind, fault.N, fault.Op, fault.Times)

	_, err = s3test.ParseFault("truncate")
	fmt.Println(err)

	// Output:
	// truncate 1000 GetObject 2
	// fault "truncate": truncate wants a value: truncate=N
}
