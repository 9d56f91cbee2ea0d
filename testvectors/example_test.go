package testvectors_test

import (
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
