package chain_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
)

// The zero Chain looks where the AWS tools look. This one has an environment and
// a home directory of its own.
func ExampleChain() {
	home, err := os.MkdirTemp("", "chain")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(home)
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string]string{
		"credentials": "[work]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n",
		"config":      "[profile work]\nregion = eu-central-1\nendpoint_url = http://127.0.0.1:9000\n",
	} {
		if err := os.WriteFile(filepath.Join(home, ".aws", name), []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	env := map[string]string{"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9001"}

	c := &chain.Chain{Home: home, Env: func(name string) string { return env[name] }}
	var provider sigv4.Provider = c
	credentials, err := provider.Credentials(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	region, err := c.Region()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials)
	fmt.Println(region)
	for _, service := range []string{"s3", "sts"} {
		endpoint, err := c.Endpoint(service)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(service, endpoint)
	}
	// Output:
	// sigv4.Credentials(AKIDEXAMPLE, secret redacted)
	// eu-central-1
	// s3 http://127.0.0.1:9000
	// sts http://127.0.0.1:9001
}

func ExampleNoCredentialsError() {
	env := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "nowhere/credentials", "AWS_CONFIG_FILE": "nowhere/config"}
	c := &chain.Chain{Env: func(name string) string { return env[name] }}
	_, err := c.Credentials(context.Background())
	fmt.Println(errors.Is(err, chain.ErrNoCredentials))
	fmt.Println(err)
	// Output:
	// true
	// chain: no credentials found: environment (AWS_ACCESS_KEY_ID is not set), nowhere/credentials (is not there), nowhere/config (is not there)
}

func ExampleSettingError() {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}
	c := &chain.Chain{Env: func(name string) string { return env[name] }}
	_, err := c.Credentials(context.Background())
	var setting *chain.SettingError
	if errors.As(err, &setting) {
		fmt.Println(setting.Setting)
	}
	fmt.Println(err)
	// Output:
	// AWS_SECRET_ACCESS_KEY
	// chain: environment: access key is incomplete: AWS_SECRET_ACCESS_KEY is not set, and AWS_ACCESS_KEY_ID is
}
