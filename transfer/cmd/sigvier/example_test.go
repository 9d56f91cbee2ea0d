package main

import (
	"context"
	"io"
	"os"
)

// The GetObject example of the Amazon S3 API Reference, "Authenticating
// Requests: Using Query Parameters", as a line for "sigvier sign".
func Example_sign() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	io.WriteString(w, `{"name":"get","service":"s3","region":"us-east-1","time":"20130524T000000Z",`+
		`"access_key":"AKIAIOSFODNN7EXAMPLE","secret":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",`+
		`"mode":"query","method":"GET","url":"https://examplebucket.s3.amazonaws.com/test.txt","expires":86400}`)
	w.Close()
	a := &app{stdin: r, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	a.run(context.Background(), []string{"sign"})

	// Output:
	// {"name":"get","canonical_request":"GET\n/test.txt\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\nhost:examplebucket.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD","string_to_sign":"AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04","signature":"aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404","signed_headers":"host","url":"https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"}
}

// The presigned URL of the same page, as it was on the day it was signed.
func Example_verify() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	io.WriteString(w, "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
	w.Close()
	environment := map[string]string{"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	a := &app{stdin: r, stdout: os.Stdout, stderr: os.Stderr, getenv: func(name string) string { return environment[name] }}
	a.run(context.Background(), []string{"verify", "--time", "20130524T120000Z"})

	// Output:
	// valid: signed by AKIAIOSFODNN7EXAMPLE for s3 in us-east-1 at 2013-05-24T00:00:00Z in the query form, with the headers host; good until 2013-05-25T00:00:00Z; the body is not signed (UNSIGNED-PAYLOAD)
}
