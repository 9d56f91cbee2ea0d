package oracle_test

import (
	"fmt"
	"log"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// A server that tells nothing but the code, as MinIO does. The client's signature
// itself shows what went wrong.
func ExampleExplain() {
	request, err := oracle.Parse([]byte(`GET /reports/2026%2011.csv HTTP/1.1
Host: minio.example.com:9000
X-Amz-Content-Sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
X-Amz-Date: 20261123T120000Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=1c39a2be950fde95b33314bae0222e495f00eb96ad11d604ab409ff3b7dc3003

`))
	if err != nil {
		log.Fatal(err)
	}
	request.Credentials = sigv4.NewCredentials(request.Credentials.AccessKeyID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	refusal, err := oracle.ParseRefusal([]byte(`<Error><Code>SignatureDoesNotMatch</Code></Error>`))
	if err != nil {
		log.Fatal(err)
	}
	explanation, err := oracle.Explain(request, refusal)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(explanation)
	// Output:
	// SignatureDoesNotMatch
	//
	//   canonical URI
	//   - client /reports/2026%252011.csv
	//   + server /reports/2026%2011.csv
	//
	// path-encoded-twice (certain)
	//   The client's signature is the one that comes out when the path is encoded
	//   twice, /reports/2026%252011.csv.
	//   Why: S3 takes the path encoded once, all other services encode it once more;
	//   a signer made for the others, or one that gets an encoded path and encodes
	//   it again, signs %2520 for a blank.
	//   Fix: For S3 sign the path as it is on the wire (double_encode false), and
	//   give the signer the plain object key.
}

func ExampleCauses() {
	for _, c := range oracle.Causes() {
		if c.ID == "host-rewritten" {
			fmt.Println(c.Why)
			fmt.Println(c.Fix)
		}
	}
	// Output:
	// A proxy, load balancer, tunnel or CDN in front of the server put its own name, or the one behind it, into Host; or the client signed another endpoint than it connects to.
	// Let the proxy keep the client's Host (nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost On), or sign for the host that the server sees.
}
