package sigv4a_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
)

// The keys in these examples are those of AWS's documents. Never write your own
// into source code: take them from where your secrets are kept.
var (
	documentKeys = sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	documentTime = time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
)

// A Multi-Region Access Point may answer from any region: the set is "*".
func ExampleNewSigner() {
	signer, err := sigv4a.NewSigner("s3", "*", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/test.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := signer.Sign(req, documentKeys, sigv4.EmptyPayload(), documentTime); err != nil {
		log.Fatal(err)
	}
	for _, part := range strings.Split(req.Header.Get("Authorization"), " ") {
		fmt.Println(part)
	}
	fmt.Println(req.Header.Get("X-Amz-Region-Set"))
	// Output:
	// AWS4-ECDSA-P256-SHA256
	// Credential=AKIAIOSFODNN7EXAMPLE/20130524/s3/aws4_request,
	// SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-region-set,
	// Signature=3045022074c13d3e2d51b20154b07bb031ae32b1f58fdcb7c505cf01d0b160ed962db3330221008e1019254a78ca3a2e02fd167db8f7da41f3762f9de4f9d508465b9b44bb796e
	// *
}

func ExamplePublicKey() {
	key, err := sigv4a.PublicKey(documentKeys)
	if err != nil {
		log.Fatal(err)
	}
	point, err := key.Bytes()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", point)
	// Output:
	// 0418b7d04643359f6ec270dcbab8dce6d169d66ddc9778c75cfb08dfdb701637abfa36b35e4fe67e3112261d2e17a956ef85b06e44712d2850bcd3c2161e9993f2
}

// An auditor who has a public key and what was signed needs no secret.
func ExampleVerify() {
	point, err := hex.DecodeString("0418b7d04643359f6ec270dcbab8dce6d169d66ddc9778c75cfb08dfdb701637abfa36b35e4fe67e3112261d2e17a956ef85b06e44712d2850bcd3c2161e9993f2")
	if err != nil {
		log.Fatal(err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := sigv4a.NewSigner("s3", "us-east-1,us-west-2", nil)
	if err != nil {
		log.Fatal(err)
	}
	req, err := http.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	trace, err := signer.Explain(req, documentKeys, sigv4.EmptyPayload(), documentTime)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(trace.StringToSign)
	fmt.Println(sigv4a.Verify(key, []byte(trace.StringToSign), trace.Signature))
	fmt.Println(sigv4a.Verify(key, []byte("something else"), trace.Signature))
	// Output:
	// AWS4-ECDSA-P256-SHA256
	// 20130524T000000Z
	// 20130524/s3/aws4_request
	// a5308ed622253adf5fe0c6649577ce58825a567c1d6f2aaaa55caeb962a95d55
	// true
	// false
}
