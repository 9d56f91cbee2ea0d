package profiles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// row is one way to ask.
type row struct {
	name    string            // "" is the profile's
	profile string            // asked for by name; "" is not
	env     map[string]string // {url}, {home} and others are replaced
	files   map[string]string // in place of testdata's

	// Where sigvier answers otherwise than aws-cli: how, and why.
	sigvier string
	why     string
}

func (r row) String() string {
	if r.name == "" {
		return r.profile
	}
	return r.name
}

func env(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

var (
	bob       = env("AWS_ACCESS_KEY_ID", bobID, "AWS_SECRET_ACCESS_KEY", bobSecret)
	pod       = env("AWS_WEB_IDENTITY_TOKEN_FILE", "{home}/web-identity-token", "AWS_ROLE_ARN", roleARN("pod"), "AWS_ROLE_SESSION_NAME", "pod-8")
	inTask    = env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "{home}/container-token")
	onMachine = env("AWS_EC2_METADATA_DISABLED", "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "{url}")
)

func and(all ...map[string]string) map[string]string {
	m := map[string]string{}
	for _, one := range all {
		maps.Copy(m, one)
	}
	return m
}

// shared is a pair of shared files whose config file is the given one.
func shared(config string) map[string]string {
	return map[string]string{"config": config, "credentials": ""}
}

const bobInConfig = "[default]\nregion = us-east-1\nendpoint_url = {url}\naws_access_key_id = " + bobID + "\naws_secret_access_key = " + bobSecret + "\n"

var rows = []row{
	// What serves.
	{profile: "alice"},
	{profile: "session"},
	{profile: "bob"},
	{profile: "both-files"},
	{profile: "two words"},
	{profile: "role"},
	{profile: "chain"},
	{profile: "itself"},
	{profile: "key-before-role"},
	{profile: "listless"},
	{profile: "environment", env: bob},
	{profile: "container", env: inTask},
	{profile: "instance", env: onMachine},
	{profile: "process"},
	{profile: "process-session"},
	{profile: "process-before-config"},
	{profile: "role-of-process"},
	{profile: "pod"},
	{profile: "role-of-pod"},
	{profile: "services"},
	{profile: "sign-in"},
	{profile: "sign-in-of-old"},
	{profile: "odd"},
	{name: "bob, the environment's key not asked", profile: "bob", env: env("AWS_ACCESS_KEY_ID", aliceID, "AWS_SECRET_ACCESS_KEY", aliceSecret)},
	{name: "pod, the environment's web identity not asked", profile: "pod", env: and(pod, env("AWS_ROLE_ARN", roleARN("bobs")))},
	{name: "empty, and the container", profile: "empty", env: inTask},
	{name: "AWS_PROFILE", env: env("AWS_PROFILE", "bob")},
	{name: "AWS_DEFAULT_PROFILE", env: env("AWS_DEFAULT_PROFILE", "bob")},
	{name: "the environment's key", env: bob},
	{name: "the environment's key, which ends in a century", env: and(bob, env("AWS_CREDENTIAL_EXPIRATION", "2126-01-02T15:04:05+00:00"))},
	{name: "the environment's key before AWS_PROFILE", env: and(bob, env("AWS_PROFILE", "alice"))},
	{name: "the environment's endpoint before AWS_PROFILE's", env: env("AWS_PROFILE", "services", "AWS_ENDPOINT_URL_STS", "{url}", "AWS_ENDPOINT_URL", "{url}")},
	{name: "the environment's web identity", env: pod},
	{name: "AWS_PROFILE's role before the environment's web identity", env: and(pod, env("AWS_PROFILE", "role"))},
	{name: "the environment's web identity before AWS_PROFILE's key", env: and(pod, env("AWS_PROFILE", "bob"))},
	{name: "the container", env: inTask},
	{name: "the container, its token in the environment", env: env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token")},
	{name: "the container before the instance", env: and(onMachine, inTask)},
	{name: "the instance", env: onMachine},
	{name: "other files", env: env("AWS_CONFIG_FILE", "{home}/.aws/config", "AWS_SHARED_CREDENTIALS_FILE", "{home}/nowhere", "AWS_PROFILE", "both-files")},
	{name: "a file of Windows", files: shared("[default]\r\nregion = us-east-1\r\nendpoint_url = {url}\r\naws_access_key_id = " + bobID + "\r\naws_secret_access_key = " + bobSecret + "\r\n")},
	{name: "settings in capitals", files: shared(strings.NewReplacer("aws_access", "AWS_Access", "region", "REGION", "endpoint", "Endpoint").Replace(bobInConfig))},

	// What does not.
	{profile: "nowhere"},
	{name: "AWS_PROFILE that is nowhere", env: env("AWS_PROFILE", "nowhere")},
	{profile: "without-the-word"},
	{profile: "with-the-word"},
	{profile: "empty"},
	{name: "nothing"},
	{profile: "half-a-key"},
	{name: "half a key in the environment", env: env("AWS_ACCESS_KEY_ID", bobID)},
	{name: "the other half in the environment", env: env("AWS_PROFILE", "alice", "AWS_SECRET_ACCESS_KEY", bobSecret),
		sigvier: "refuses: incomplete", why: "aws-cli passes over a secret without its ID, and so uses another key than was meant"},
	{name: "the environment's key, which has ended", env: and(bob, env("AWS_CREDENTIAL_EXPIRATION", "2001-01-02T15:04:05+00:00"))},
	{name: "the environment's key, which ends at no time", env: and(bob, env("AWS_CREDENTIAL_EXPIRATION", "tomorrow"))},
	{profile: "wrong-secret"},
	{profile: "unknown-key"},
	{profile: "no-external-id"},
	{profile: "wrong-external-id"},
	{profile: "not-trusted"},
	{profile: "no-such-role"},
	{profile: "role-of-unknown-key"},
	{profile: "short", sigvier: "refuses: malformed", why: "both refuse before they ask; sigvier says in which line of the file"},
	{profile: "asks-for-a-code", sigvier: "refuses: incomplete", why: "aws-cli asks a terminal, and there is none; sigvier asks the program that it is part of, which has given no MFA"},
	{profile: "no-source"},
	{profile: "two-sources"},
	{profile: "unknown-source"},
	{profile: "source-nowhere"},
	{profile: "source-empty"},
	{profile: "source-half-a-key"},
	{profile: "circle-1"},
	{profile: "circle-with-a-key"},
	{profile: "itself-without-a-key"},
	{name: "environment, which has no key", profile: "environment"},
	{name: "container, which is not there", profile: "container"},
	{name: "instance, which is not there", profile: "instance"},
	{profile: "process-fails"},
	{profile: "process-is-not-there"},
	{profile: "process-of-version-2"},
	{profile: "process-without-a-secret"},
	{profile: "process-prints-no-json"},
	{profile: "pod-without-a-file"},
	{profile: "pod-without-a-role"},
	{profile: "pod-of-another"},
	{profile: "pod-not-trusted"},
	{profile: "sign-in-ended"},
	{profile: "sign-in-refused"},
	{profile: "never-signed-in"},
	{profile: "sign-in-nowhere"},
	{profile: "sign-in-without-a-role"},
	{profile: "sign-in-of-another-role"},
	{profile: "services-nowhere"},
	{name: "the container's token refused", env: and(inTask, env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "another"))},
	{name: "the container's token of two lines", env: env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token\r\nX-Another: 1")},
	{name: "the container's token file of two lines", env: and(inTask, env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "{home}/container-token-with-lines"))},
	{name: "the container on another host", env: env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/container")},
	{name: "a setting before the first section", files: shared("region = us-east-1\n" + bobInConfig)},
	{name: "a line that is no setting", files: shared(bobInConfig + "what is this\n")},
	{name: "a setting twice", files: shared(bobInConfig + "aws_secret_access_key = " + aliceSecret + "\n")},
	{name: "a section twice", files: shared("[default]\nregion = us-east-1\n" + bobInConfig[:len("[default]\n")] + bobInConfig[len("[default]\nregion = us-east-1\n"):]),
		sigvier: "arn:aws:iam::123456789012:user/bob, lists a folder/b", why: "aws-cli cannot read the file; the SDKs put both parts together"},
	{name: "remarks behind settings", files: shared("[default] # whose\nregion = us-east-1 # where\nendpoint_url = {url} ; what\naws_access_key_id = " + bobID + " # who\naws_secret_access_key = " + bobSecret + "\t# secret\n"),
		sigvier: "arn:aws:iam::123456789012:user/bob, lists a folder/b", why: "aws-cli takes a remark behind a setting for a part of it; the SDKs do not"},
}

// sharedFiles are the texts of the shared files, by name.
func (r row) sharedFiles(t *testing.T) map[string]string {
	t.Helper()
	if r.files != nil {
		return r.files
	}
	files := map[string]string{}
	for _, name := range []string{"config", "credentials"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}

// digest is of all that aws-cli's answer to the row depends on.
func (r row) digest(t *testing.T) string {
	t.Helper()
	h := sha256.New()
	for _, m := range []map[string]string{r.sharedFiles(t), homeFiles, r.env} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(h, "%q %q\n", name, m[name])
		}
	}
	fmt.Fprintf(h, "%q", r.profile)
	return hex.EncodeToString(h.Sum(nil))[:16]
}
