//go:build go1.26

package chain_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sigvier/sigvier/sts/chain"
)

// Who reads the error learns what to do.
func ExampleSSO() {
	source := &chain.SSO{Session: "my-sso", Region: "eu-central-1", AccountID: "123456789012", RoleName: "Reader", Home: "nowhere"}
	_, err := source.Fetch(context.Background())
	fmt.Println(errors.Is(err, chain.ErrSignIn))
	_, advice, _ := strings.Cut(err.Error(), "; ")
	fmt.Println(advice)
	// Output:
	// true
	// run: aws sso login --sso-session my-sso
}
