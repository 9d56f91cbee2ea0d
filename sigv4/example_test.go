package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// The keys in these examples are those of AWS's documents. Never write your own
// into source code: take them from where your secrets are kept.
var (
	documentKeys = sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	documentTime = time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
)

func ExampleSigner_Sign() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Range", "bytes=0-9")

	if err := signer.Sign(req, documentKeys, sigv4.EmptyPayload(), documentTime); err != nil {
		log.Fatal(err)
	}
	for _, part := range strings.Split(req.Header.Get("Authorization"), " ") {
		fmt.Println(part)
	}
	fmt.Println(req.Header.Get("X-Amz-Date"))
	// Output:
	// AWS4-HMAC-SHA256
	// Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,
	// SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,
	// Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
	// 20130524T000000Z
}

func ExampleSigner_Presign() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	presigned, err := signer.Presign(req, documentKeys, sigv4.UnsignedPayload(), documentTime, 24*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.ReplaceAll(presigned.URL, "&", "\n&"))
	fmt.Println("until", presigned.Expires.Format(time.RFC3339))
	// Output:
	// https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256
	// &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request
	// &X-Amz-Date=20130524T000000Z
	// &X-Amz-Expires=86400
	// &X-Amz-SignedHeaders=host
	// &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
	// until 2013-05-25T00:00:00Z
}

func ExampleSigner_Verify() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	lookup := func(_ context.Context, accessKeyID, _ string) (sigv4.Credentials, error) {
		if accessKeyID != documentKeys.AccessKeyID {
			return sigv4.Credentials{}, fmt.Errorf("no access key %q", accessKeyID)
		}
		return documentKeys, nil
	}
	// In a server, req is what the handler is given.
	req, err := http.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := signer.Sign(req, documentKeys, sigv4.EmptyPayload(), documentTime); err != nil {
		log.Fatal(err)
	}

	verified, err := signer.Verify(req, lookup, sigv4.EmptyPayload(), documentTime.Add(time.Minute))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.AccessKeyID, "signed", verified.SignedHeaders)

	_, err = signer.Verify(req, lookup, sigv4.EmptyPayload(), documentTime.Add(time.Hour))
	fmt.Println(err)
	// Output:
	// AKIAIOSFODNN7EXAMPLE signed host;x-amz-content-sha256;x-amz-date
	// sigv4: RequestTimeTooSkewed: The difference between the request time and the current time is too large.
}

func ExampleSigner_SignPolicy() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	policy := base64.StdEncoding.EncodeToString([]byte(`{"expiration": "2013-05-25T00:00:00Z", "conditions": [
		{"bucket": "examplebucket"},
		["starts-with", "$key", "user/"],
		{"x-amz-algorithm": "AWS4-HMAC-SHA256"},
		{"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"},
		{"x-amz-date": "20130524T000000Z"}
	]}`))
	fields, err := signer.SignPolicy(policy, documentKeys, documentTime)
	if err != nil {
		log.Fatal(err)
	}
	for _, field := range fields[1:] { // the first is the policy
		fmt.Println(field[0], field[1])
	}
	// Output:
	// X-Amz-Algorithm AWS4-HMAC-SHA256
	// X-Amz-Credential AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request
	// X-Amz-Date 20130524T000000Z
	// X-Amz-Signature efda07592aee54a3e31d8428e076012bf3887861043c95c7ea32b41166059b5b
}

func ExampleSigner_Explain() {
	signer, err := sigv4.NewSigner("iam", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	keys := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")

	trace, err := signer.Explain(req, keys, sigv4.EmptyPayload(), time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n\n%s\n\n%s\n", trace.CanonicalRequest, trace.StringToSign, trace.Signature)
	// Output:
	// GET
	// /
	// Action=ListUsers&Version=2010-05-08
	// content-type:application/x-www-form-urlencoded; charset=utf-8
	// host:iam.amazonaws.com
	// x-amz-date:20150830T123600Z
	//
	// content-type;host;x-amz-date
	// e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
	//
	// AWS4-HMAC-SHA256
	// 20150830T123600Z
	// 20150830/us-east-1/iam/aws4_request
	// f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59
	//
	// 5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7
}

func ExampleCredentials() {
	keys := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")

	// However they are printed, the secret stays out.
	fmt.Println(keys)
	fmt.Printf("%+v\n", struct{ Keys sigv4.Credentials }{keys})

	// They are a Provider, as is whatever gives credentials that change.
	var provider sigv4.Provider = keys
	current, err := provider.Credentials(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(current.AccessKeyID, len(current.SecretAccessKey()))
	// Output:
	// sigv4.Credentials(AKIDEXAMPLE, secret redacted)
	// {Keys:sigv4.Credentials(AKIDEXAMPLE, secret redacted)}
	// AKIDEXAMPLE 40
}

func ExampleNewSigner() {
	_, err := sigv4.NewSigner("s3", "us-east-1\n", nil)
	fmt.Println(err)
	// Output:
	// sigv4: invalid credential scope: region is empty, or has a blank, a line end, another control byte, a slash or a comma
}

// A body that is signed in two chunks, each with the signature of the one before.
func ExampleSigner_ChunkSigner() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("PUT", "https://examplebucket.s3.amazonaws.com/key", nil)
	if err != nil {
		log.Fatal(err)
	}
	keys := sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	streaming, err := sigv4.ParsePayloadHash("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	if err != nil {
		log.Fatal(err)
	}
	if err := signer.Sign(req, keys, streaming, time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)); err != nil {
		log.Fatal(err)
	}
	chunks, err := signer.ChunkSigner(req, keys)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", chunks.Chunk(sha256.Sum256([]byte("data"))))
	fmt.Printf("%s\n", chunks.Chunk(sha256.Sum256(nil)))
	// Output:
	// 934a5e4f5d99fe055edfb733d21451c30009790c513df21e6cee3c7cd0b3e001
	// 51fa47526a3d34f1c5b22a8378aa3d04b8a08b83ff7e57f0b28605bb3e56559d
}

// What a presigned URL's signature was made of.
func ExampleSigner_ExplainPresign() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	keys := sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	trace, err := signer.ExplainPresign(req, keys, signer.PresignPayload(), time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC), 24*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(trace.StringToSign)
	fmt.Println(trace.Signature)
	// Output:
	// AWS4-HMAC-SHA256
	// 20130524T000000Z
	// 20130524/us-east-1/s3/aws4_request
	// 3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04
	// aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
}
