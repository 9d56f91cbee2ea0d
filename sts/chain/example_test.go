package chain_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

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

// A pod of EKS needs two sources only. Others are not linked.
func ExampleNew() {
	env := map[string]string{}
	getenv := func(name string) string { return env[name] }
	provider := chain.New(&chain.WebIdentity{Env: getenv}, &chain.Container{Env: getenv})
	_, err := provider.Credentials(context.Background())
	fmt.Println(err)
	// Output:
	// chain: no credentials found: web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set), container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set)
}

func ExampleEnvironment() {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	source := chain.Environment{Env: func(name string) string { return env[name] }}
	credentials, err := source.Fetch(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials)
	// Output: sigv4.Credentials(AKIDEXAMPLE, secret redacted)
}

// A pod of EKS with Pod Identity asks its node's agent, which is played here.
func ExampleContainer() {
	agent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY","Token":"token","Expiration":"2126-01-02T15:04:05Z"}`)
	}))
	defer agent.Close()
	env := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.URL + "/v1/credentials"}
	provider := chain.New(&chain.Container{Env: func(name string) string { return env[name] }})
	credentials, err := provider.Credentials(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials, "until", credentials.Expires.Format(time.RFC3339))
	// Output: sigv4.Credentials(ASIAEXAMPLE, secret redacted) until 2126-01-02T15:04:05Z
}

func ExampleNoCredentialsError() {
	env := map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "nowhere/credentials", "AWS_CONFIG_FILE": "nowhere/config",
		"AWS_EC2_METADATA_DISABLED": "true"}
	c := &chain.Chain{Env: func(name string) string { return env[name] }, Metadata: http.DefaultTransport}
	_, err := c.Credentials(context.Background())
	var none *chain.NoCredentialsError
	if errors.As(err, &none) {
		for _, a := range none.Tried {
			fmt.Printf("%s: %s\n", a.Source, a.Reason)
		}
	}
	// Output:
	// environment: AWS_ACCESS_KEY_ID is not set
	// web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set
	// nowhere/credentials: is not there
	// nowhere/config: is not there
	// container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set
	// EC2 instance metadata: AWS_EC2_METADATA_DISABLED is true
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
	// chain: environment: settings are incomplete: AWS_SECRET_ACCESS_KEY is not set, and AWS_ACCESS_KEY_ID is
}
