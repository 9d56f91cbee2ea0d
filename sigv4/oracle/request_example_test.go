package oracle_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// A curl command line out of a chat, with the access key of AWS's documents.
func ExampleParse() {
	r, err := oracle.Parse([]byte(`
curl -X PUT 'https://examplebucket.s3.amazonaws.com/test$file.text' \
  --aws-sigv4 "aws:amz:us-east-1:s3" \
  --user "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" \
  -H 'Date: Fri, 24 May 2013 00:00:00 GMT' -H 'x-amz-date: 20130524T000000Z' \
  -H 'x-amz-storage-class: REDUCED_REDUNDANCY' \
  --data 'Welcome to Amazon S3.'`))
	if err != nil {
		panic(err)
	}
	fmt.Println(r)
	signed, err := r.Sign()
	if err != nil {
		panic(err)
	}
	fmt.Println(signed.CanonicalRequest)
	fmt.Println(signed.Signature)

	// Output:
	// oracle.Request(PUT https://examplebucket.s3.amazonaws.com/test$file.text, sigv4.Credentials(AKIAIOSFODNN7EXAMPLE, secret redacted))
	// PUT
	// /test%24file.text
	//
	// date:Fri, 24 May 2013 00:00:00 GMT
	// host:examplebucket.s3.amazonaws.com
	// x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072
	// x-amz-date:20130524T000000Z
	// x-amz-storage-class:REDUCED_REDUNDANCY
	//
	// date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class
	// 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072
	// 98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd
}

// The GET Object example of the same documents as captured, and the same with a
// header that something changed on its way.
func ExampleRequest_Verify() {
	const captured = `GET /test.txt HTTP/1.1
Host: examplebucket.s3.amazonaws.com
Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-amz-date: 20130524T000000Z
`
	for _, header := range []string{"Range: bytes=0-9\n", "Range: bytes=0-99\n"} {
		r, err := oracle.Parse([]byte(captured + header))
		if err != nil {
			panic(err)
		}
		r.Credentials = sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
		v, err := r.Verify(time.Date(2013, 5, 24, 0, 1, 0, 0, time.UTC))
		var denied *sigv4.VerifyError
		if errors.As(err, &denied) {
			fmt.Println(denied.Code)
			continue
		}
		fmt.Println(v.AccessKeyID, v.SignedAt, v.SignedHeaders)
	}

	// Output:
	// AKIAIOSFODNN7EXAMPLE 2013-05-24 00:00:00 +0000 UTC host;range;x-amz-content-sha256;x-amz-date
	// SignatureDoesNotMatch
}

// Every step of a signature, without its secret.
func ExampleRequest_Trace() {
	r := oracle.Request{
		Service: "s3", Region: "us-east-1", Credentials: sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "", ""), Time: "20130524T000000Z",
		Method: "GET", URL: "https://examplebucket.s3.amazonaws.com/test.txt", Mode: "query", Expires: 86400,
	}
	trace, err := r.Trace()
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n%q\n", trace.StringToSign, trace.Signature)

	// Output:
	// AWS4-HMAC-SHA256
	// 20130524T000000Z
	// 20130524/us-east-1/s3/aws4_request
	// 3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04
	// ""
}
