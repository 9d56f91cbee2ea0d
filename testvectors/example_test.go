package testvectors_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log"

	"github.com/sigvier/sigvier/testvectors"
)

func ExampleV4() {
	cases, err := testvectors.V4()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(cases), "cases")
	for _, c := range cases {
		if c.Name != "get-vanilla-query-order-key-case" {
			continue
		}
		fmt.Println(c.Method, c.URL())
		fmt.Println(c.Header.CanonicalRequest)
		fmt.Println(c.Header.Signature)
	}
	// Output:
	// 38 cases
	// GET https://example.amazonaws.com/?Param2=value2&Param1=value1
	// GET
	// /
	// Param1=value1&Param2=value2
	// host:example.amazonaws.com
	// x-amz-date:20150830T123600Z
	//
	// host;x-amz-date
	// e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
	// b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500
}

// Every family, and what its loader pins.
func Example() {
	legacy, err := testvectors.Legacy2015()
	if err != nil {
		log.Fatal(err)
	}
	documents, err := testvectors.Documents()
	if err != nil {
		log.Fatal(err)
	}
	policies, err := testvectors.Policies()
	if err != nil {
		log.Fatal(err)
	}
	keys, err := testvectors.SigningKeys()
	if err != nil {
		log.Fatal(err)
	}
	blanks, err := testvectors.SpaceCollapse()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(legacy), len(documents), len(policies), len(keys), len(blanks))
	// Output: 34 10 2 3 14
}

// A SigV4a signature can only be verified: each one is another.
func ExampleV4a() {
	cases, err := testvectors.V4a()
	if err != nil {
		log.Fatal(err)
	}
	c := cases[0]
	point, err := hex.DecodeString("04" + c.PublicKeyX + c.PublicKeyY)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		log.Fatal(err)
	}
	signature, err := hex.DecodeString(c.Header.Signature)
	if err != nil {
		log.Fatal(err)
	}
	sum := sha256.Sum256([]byte(c.Header.StringToSign))
	fmt.Println(len(cases), "cases")
	fmt.Println(c.Name, ecdsa.VerifyASN1(key, sum[:], signature))
	// Output:
	// 38 cases
	// get-header-key-duplicate true
}

func ExampleV4aKeys() {
	keys, err := testvectors.V4aKeys()
	if err != nil {
		log.Fatal(err)
	}
	for _, k := range keys {
		fmt.Println(k.Name, k.AccessKeyID, k.PrivateKey[:8])
	}
	// Output:
	// key-derivation AKISORANDOMAASORANDOM 7fd3bd01
	// test-suite AKIDEXAMPLE 7efc8c0e
	// chunked-upload AKIAIOSFODNN7EXAMPLE 04c4d391
}

func ExampleV4aStrings() {
	cases, err := testvectors.V4aStrings()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cases[0].Name)
	fmt.Println(cases[0].Header.StringToSign)
	// Output:
	// minimal, unsigned payload, two regions
	// AWS4-ECDSA-P256-SHA256
	// 19700101T000000Z
	// 19700101/dynamodb/aws4_request
	// 968265b4e87c6b10c8ec6bcfd63e8002814cb3256d74c6c381f0c31268c80b53
}

func ExampleChains() {
	chains, err := testvectors.Chains()
	if err != nil {
		log.Fatal(err)
	}
	c := chains[1]
	fmt.Println(c.Name, c.Seed[:8])
	for _, p := range c.Pieces {
		fmt.Println(p.Kind, len(p.Data), p.Trailers, p.Signature[:8])
	}
	// Output:
	// s3-chunked-upload-trailer 106e2a8a
	// chunk 65536 [] b474d886
	// chunk 1024 [] 1c1344b1
	// chunk 0 [] 2ca2aba2
	// trailer 0 [[x-amz-checksum-crc32c sOO8/Q==]] d81f82fc
}

// The signature before a piece of a SigV4a chain is whatever was made.
func ExamplePiece_StringToSignAfter() {
	chains, err := testvectors.Chains()
	if err != nil {
		log.Fatal(err)
	}
	c := chains[len(chains)-1]
	fmt.Println(c.Pieces[0].StringToSignAfter("3045...03"))
	// Output:
	// AWS4-ECDSA-P256-SHA256-PAYLOAD
	// 20130524T000000Z
	// 20130524/s3/aws4_request
	// 3045...03
	// e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
	// bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a
}

func ExampleFramings() {
	framings, err := testvectors.Framings()
	if err != nil {
		log.Fatal(err)
	}
	f := framings[3]
	fmt.Printf("%q in chunks of %d: %q\n", f.Payload, f.ChunkSize, f.Encoded)
	// Output:
	// "hello world" in chunks of 5: "5\r\nhello\r\n5\r\n worl\r\n1\r\nd\r\n0\r\nchecksum:DUoRhQ==\r\n\r\n"
}

// The flags say what a scenario would show.
func ExampleFlaws() {
	scenarios, err := testvectors.Flaws()
	if err != nil {
		log.Fatal(err)
	}
	flags, err := testvectors.Flags()
	if err != nil {
		log.Fatal(err)
	}
	refused := 0
	for _, s := range scenarios {
		if s.Refusal != "" {
			refused++
		}
		if s.Name == "duplicate-parameter/Authorization twice" {
			fmt.Println(s.Mode, s.Flags, s.Refusal)
		}
	}
	fmt.Println(len(scenarios), "scenarios,", refused, "of them refusals")
	for _, f := range flags {
		if f.Name == "duplicate-parameter" {
			fmt.Println(f.What)
		}
	}
	// Output:
	// verify [duplicate-parameter] AuthorizationHeaderMalformed
	// 497 scenarios, 330 of them refusals
	// An authentication parameter is given twice, and two readers take different ones.
}
