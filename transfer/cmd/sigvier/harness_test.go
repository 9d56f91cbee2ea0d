package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

// binary is the command itself, for what cannot be seen from inside the process.
var binary string

func TestMain(m *testing.M) {
	code, err := testMain(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// testMain builds the command and takes the user's own settings out of reach.
func testMain(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "sigvier-test-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "sigvier")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Env = append(os.Environ(), "GODEBUG=") // of the tests and the command, not of the compiler
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the command: %w\n%s", err, out)
	}
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("HOME", filepath.Join(dir, "home"))
	os.Setenv("USERPROFILE", filepath.Join(dir, "home"))
	os.Setenv("LocalAppData", filepath.Join(dir, "home"))
	os.Unsetenv("XDG_CACHE_HOME")
	return m.Run(), nil
}

const (
	keyID   = "AKIDEXAMPLE000001"
	secret  = "secret/of/the/test/user/0000000000000001"
	bucket  = "data"
	roleARN = "arn:aws:iam::123456789012:role/tester"
)

// result is what one run of the command gave.
type result struct {
	code           int
	stdout, stderr string
}

// shell is what a run of the command finds around it.
type shell struct {
	env   map[string]string
	stdin *os.File // nil is an empty one
}

// run runs a command line in this process.
func (s shell) run(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of a server that should have been refused
	defer cancel()
	return s.runContext(t, ctx, args...)
}

func (s shell) runContext(t *testing.T, ctx context.Context, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if s.stdin == nil {
		s.stdin = input(t, "")
	}
	a := &app{stdin: s.stdin, stdout: &stdout, stderr: &stderr, getenv: func(name string) string { return s.env[name] }}
	code := a.run(ctx, args)
	return result{code, stdout.String(), stderr.String()}
}

// with gives a shell with some variables more.
func (s shell) with(env ...string) shell {
	s.env = maps.Clone(s.env)
	for _, setting := range env {
		name, value, _ := strings.Cut(setting, "=")
		s.env[name] = value
	}
	return s
}

// command makes a run of the real binary that has the shell's variables and, of
// this process's, those that Go and the system need.
func (s shell) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	for _, name := range []string{"GODEBUG", "HOME", "USERPROFILE", "LocalAppData", "PATH", "SystemRoot", "TMPDIR", "TMP", "TEMP"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// input is a file with a text, to be read from its beginning.
func input(t *testing.T, text string) *os.File {
	t.Helper()
	f, err := os.Open(writeFile(t, t.TempDir(), "stdin", text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// nowhere is an environment in which the AWS tools' files are not there.
func nowhere(t *testing.T) shell {
	t.Helper()
	dir := t.TempDir()
	return shell{env: map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
		"AWS_CONFIG_FILE":             filepath.Join(dir, "config"),
		"AWS_EC2_METADATA_DISABLED":   "true", // or the machine that runs the tests would be asked
	}}
}

// site is a server, and a shell whose environment leads to it.
type site struct {
	*s3test.Server
	shell
}

func newSite(t *testing.T, change ...func(*s3test.Config)) site {
	t.Helper()
	cfg := s3test.Config{
		Users:   []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}},
		Roles:   []s3test.Role{{ARN: roleARN, ExternalID: "tester-id"}, {ARN: roleARN + "/open"}},
		Buckets: []string{bucket},
	}
	for _, f := range change {
		f(&cfg)
	}
	server, err := s3test.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return site{server, nowhere(t).with("AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)}
}

func withFaults(t *testing.T, specs ...string) func(*s3test.Config) {
	t.Helper()
	return func(cfg *s3test.Config) {
		for _, spec := range specs {
			f, err := s3test.ParseFault(spec)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Faults = append(cfg.Faults, f)
		}
	}
}

func (s site) client(t *testing.T) *s3client.Client {
	t.Helper()
	c, err := s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: keyID,
		SecretAccessKey: s3client.NewSecret(secret), Endpoint: s.URL}.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// store puts an object there.
func (s site) store(t *testing.T, key, data string) {
	t.Helper()
	in := s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(data), Payload: sigv4.PayloadOf([]byte(data))}
	if _, err := s.client(t).PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// stored is what an object holds.
func (s site) stored(t *testing.T, key string) string {
	t.Helper()
	out, err := s.client(t).GetObject(t.Context(), s3client.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// pattern is n bytes that are different wherever a range may be mixed up.
func pattern(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16 + i>>8*7 + i)
	}
	return string(b)
}

// listDir names what is in a folder.
func listDir(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// want checks a run: its exit code, that stderr is one line if it failed, and
// that the output has each of the texts.
func (r result) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\nstdout: %s\nstderr: %s", r.code, code, r.stdout, r.stderr)
	}
	output := r.stdout
	if code != exitDone {
		output = r.stderr
		if r.stdout != "" {
			t.Errorf("stdout of a failure is %q, want nothing", r.stdout)
		}
		if !strings.HasPrefix(r.stderr, "sigvier: ") || strings.Count(r.stderr, "\n") != 1 || !strings.HasSuffix(r.stderr, "\n") {
			t.Errorf("stderr of a failure is %q, want one line", r.stderr)
		}
	} else if r.stderr != "" {
		t.Errorf("stderr of a success is %q, want nothing", r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(output, text) {
			t.Errorf("output lacks %q: %s", text, output)
		}
	}
	if strings.Contains(r.stdout+r.stderr, secret) {
		t.Errorf("the output holds the secret")
	}
}

// objects decodes JSON Lines and checks that each is one object.
func objects(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("the line %q is no JSON object: %v", line, err)
		}
		all = append(all, object)
	}
	return all
}

func keysOf(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }

// runProcess runs the real binary to its end.
func runProcess(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}
