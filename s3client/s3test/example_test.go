package s3test_test

import (
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
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

// A server whose role may do much, and a session that is limited to one folder:
// whatever its client does, the server refuses the rest.
func ExampleRole() {
	user := sigv4.NewCredentials("AKIDEXAMPLE", "an/example/secret/access/key", "")
	trust := policy.Trust{AccountID: "123456789012", ExternalID: "7d9f3c1e-reports"}.Document()
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		Roles:   []s3test.Role{{ARN: "arn:aws:iam::111122223333:role/reports", Trust: &trust}},
		Buckets: []string{"data"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	session := policy.Access{Bucket: "data", Path: "daily/", Read: true, Write: true}
	form := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::111122223333:role/reports"},
		"RoleSessionName": {"example"}, "ExternalId": {"7d9f3c1e-reports"}, "Policy": {string(session.Document().JSON())},
	}
	answer := send(user, "sts", "POST", srv.URL+"/", form.Encode())
	var doc struct {
		AccessKeyID     string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		SecretAccessKey string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		SessionToken    string `xml:"AssumeRoleResult>Credentials>SessionToken"`
		Message         string
	}
	if err := xml.Unmarshal(answer, &doc); err != nil {
		log.Fatal(err)
	}
	cred := sigv4.NewCredentials(doc.AccessKeyID, doc.SecretAccessKey, doc.SessionToken)
	fmt.Printf("daily/: %q\n", send(cred, "s3", "PUT", srv.URL+"/data/daily/today.csv", "a,b"))
	if err := xml.Unmarshal(send(cred, "s3", "GET", srv.URL+"/data/secret", ""), &doc); err != nil {
		log.Fatal(err)
	}
	fmt.Println(doc.Message)

	// Output:
	// daily/: ""
	// User: arn:aws:sts::111122223333:assumed-role/reports/example is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::data/secret" because no session policy allows the s3:GetObject action
}

// send signs a request, and gives the body of the answer.
func send(cred sigv4.Credentials, service, method, target, body string) []byte {
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	if service == "sts" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	signer, err := sigv4.NewSigner(service, "us-east-1", nil)
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
	return answer
}

// A web identity: what a pod of EKS has, or a job of a CI system.
func ExampleServer_WebIdentityToken() {
	srv, err := s3test.Start(s3test.Config{
		Users:             []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		Roles:             []s3test.Role{{ARN: "arn:aws:iam::111122223333:role/deploy"}},
		IdentityProviders: []s3test.IdentityProvider{{Issuer: "https://idp.example.com"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	token, err := srv.WebIdentityToken(s3test.WebIdentity{Issuer: "https://idp.example.com", Subject: "job-1"})
	if err != nil {
		log.Fatal(err)
	}
	resp, err := http.PostForm(srv.URL, url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::111122223333:role/deploy"},
		"RoleSessionName": {"ci"}, "WebIdentityToken": {token},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var doc struct {
		ARN      string `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>Arn"`
		Provider string `xml:"AssumeRoleWithWebIdentityResult>Provider"`
	}
	if err := xml.NewDecoder(resp.Body).Decode(&doc); err != nil {
		log.Fatal(err)
	}
	fmt.Println(doc.ARN)
	fmt.Println(doc.Provider)

	// Output:
	// arn:aws:sts::111122223333:assumed-role/deploy/ci
	// arn:aws:iam::111122223333:oidc-provider/idp.example.com
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
	// fault "truncate": truncate wants a value: truncate=N|random
}

// Every second answer is cut off at a random byte. With the same seed they are cut off
// there again.
func ExampleFault() {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		Buckets: []string{"data"},
		Faults:  []s3test.Fault{{Kind: s3test.FaultTruncate, Random: true, Op: "GetObject", Every: 2}},
		Seed:    1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	cred := sigv4.NewCredentials("AKIDEXAMPLE", "an/example/secret/access/key", "")
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	send(cred, "s3", "PUT", srv.URL+"/data/key", strings.Repeat("0123456789", 10))
	for range 4 {
		req, err := http.NewRequest("GET", srv.URL+"/data/key", nil)
		if err != nil {
			log.Fatal(err)
		}
		if err := signer.Sign(req, cred, sigv4.EmptyPayload(), time.Now()); err != nil {
			log.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(len(body), "bytes", err)
	}

	// Output:
	// 100 bytes <nil>
	// 23 bytes unexpected EOF
	// 100 bytes <nil>
	// 50 bytes unexpected EOF
}

// Over TLS a client has to trust the server's certificate, which was made for it.
func ExampleServer_CertPool() {
	srv, err := s3test.Start(s3test.Config{
		Users: []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		TLS:   true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: srv.CertPool()}, ForceAttemptHTTP2: true}}
	for range 3 {
		resp, err := client.Get(srv.URL)
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		fmt.Println(resp.Proto, resp.Status)
	}
	fmt.Println("connections:", srv.Connections())

	// Output:
	// HTTP/2.0 403 Forbidden
	// HTTP/2.0 403 Forbidden
	// HTTP/2.0 403 Forbidden
	// connections: 1
}

// A bucket in another region is found by what the first answer says.
func ExampleConfig_regions() {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		Buckets: []string{"archive"},
		Regions: map[string]string{"archive": "eu-west-1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	cred := sigv4.NewCredentials("AKIDEXAMPLE", "an/example/secret/access/key", "")
	region := "us-east-1"
	for range 2 {
		signer, err := sigv4.NewSigner("s3", region, nil)
		if err != nil {
			log.Fatal(err)
		}
		req, err := http.NewRequest(http.MethodHead, srv.URL+"/archive", nil)
		if err != nil {
			log.Fatal(err)
		}
		if err := signer.Sign(req, cred, sigv4.EmptyPayload(), time.Now()); err != nil {
			log.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(region, resp.Status)
		region = resp.Header.Get("X-Amz-Bucket-Region")
	}

	// Output:
	// us-east-1 301 Moved Permanently
	// eu-west-1 200 OK
}

// An error that comes behind the status 200: what S3 does when a copy or a completion
// fails after it has begun to answer.
func ExampleFault_lateError() {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "an/example/secret/access/key"}},
		Buckets: []string{"data"},
		Faults:  []s3test.Fault{{Kind: s3test.FaultLateError, Code: "SlowDown", Op: "CopyObject", Times: 1}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPut, srv.URL+"/data/copy", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("X-Amz-Copy-Source", "data/original")
	if err := signer.Sign(req, sigv4.NewCredentials("AKIDEXAMPLE", "an/example/secret/access/key", ""), sigv4.EmptyPayload(), time.Now()); err != nil {
		log.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Code string }
	if err := xml.NewDecoder(resp.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Status, answer.Code)

	// Output:
	// 200 OK SlowDown
}
