package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// served is a run of "sigvier serve", and a shell whose environment leads to it.
type served struct {
	shell
	url    string
	stderr *bytes.Buffer // once it has stopped
	stop   func() int    // stops it and gives the exit code
}

func serve(t *testing.T, args ...string) served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, w := io.Pipe()
	stderr := new(bytes.Buffer)
	a := &app{stdin: input(t, ""), stdout: w, stderr: stderr, getenv: func(string) string { return "" }}
	ended := make(chan int, 1)
	go func() {
		ended <- a.run(ctx, append([]string{"serve", "--user", keyID + ":" + secret}, args...))
		w.Close()
	}()
	s := served{stderr: stderr}
	s.stop = func() int {
		cancel()
		code := <-ended
		ended <- code // for the next call
		return code
	}
	t.Cleanup(func() { s.stop() })
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("no first line: %v; stderr: %s", err, stderr)
	}
	s.url = strings.TrimSuffix(line, "\n")
	go io.Copy(io.Discard, lines)
	s.shell = nowhere(t).with("AWS_ENDPOINT_URL="+s.url, "AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)
	return s
}

func TestServePrintsItsEndpointAndEnds(t *testing.T) {
	s := serve(t, "--bucket", "one", "--bucket", "two")
	u, err := url.Parse(s.url)
	if err != nil || u.Scheme != "http" || u.Hostname() != "127.0.0.1" || u.Port() == "" || u.Port() == "0" || u.Path != "" {
		t.Errorf("the first line is %q, want http://127.0.0.1:PORT", s.url)
	}
	s.run(t, "ls").want(t, exitDone, "  one\n", "  two\n")
	if code := s.stop(); code != exitDone {
		t.Errorf("exit code %d, want 0", code)
	}
	if got := s.stderr.String(); got != "stopped after 0s\n" {
		t.Errorf("stderr is %q, want that it stopped: a user was given, none is shown", got)
	}
	s.run(t, "ls").want(t, exitFailed, "127.0.0.1")
}

func TestServeListensWhereItIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shell{}.run(t, "serve", "--addr", l.Addr().String()).want(t, exitFailed, l.Addr().String())
	l.Close()
	if s := serve(t, "--addr", l.Addr().String()); s.url != "http://"+l.Addr().String() {
		t.Errorf("it listens at %s, want %s", s.url, l.Addr())
	}
}

func TestServeKnowsItsUsersOnly(t *testing.T) {
	s := serve(t, "--user", "AKIDSECOND:second-secret-access-key:with-a-colon")
	s.with("AWS_ACCESS_KEY_ID=AKIDSECOND", "AWS_SECRET_ACCESS_KEY=second-secret-access-key:with-a-colon").run(t, "ls").want(t, exitDone)
	s.with("AWS_ACCESS_KEY_ID=AKIDTHIRD").run(t, "ls").want(t, exitDenied, "InvalidAccessKeyId")
	s.with("AWS_SECRET_ACCESS_KEY=second-secret-access-key").run(t, "ls").want(t, exitDenied, "SignatureDoesNotMatch")
}

func TestServeOfARegion(t *testing.T) {
	s := serve(t, "--region", "eu-west-1", "--bucket", bucket)
	s.run(t, "ls", "s3://data").want(t, exitDone) // the client learns where it is
	s.run(t, "ls").want(t, exitDenied, "eu-west-1")
	s.run(t, "head", "s3://data", "--region", "eu-west-1").want(t, exitDone, "region: eu-west-1")
}

func TestServeRoles(t *testing.T) {
	s := serve(t, "--role", roleARN+",external-id=an=id,here", "--role", roleARN+"/open", "--bucket", bucket)
	s.run(t, "ls", "--role-arn", roleARN, "--external-id", "an=id,here").want(t, exitDone, bucket)
	s.run(t, "ls", "--role-arn", roleARN, "--external-id", "an=id").want(t, exitDenied)
	s.run(t, "ls", "--role-arn", roleARN).want(t, exitDenied)
	s.run(t, "ls", "--role-arn", roleARN+"/open").want(t, exitDone, bucket)
	s.run(t, "ls", "--role-arn", roleARN+"/open", "--external-id", "any-id").want(t, exitDone, bucket)
	s.run(t, "ls", "--role-arn", roleARN+"/none").want(t, exitDenied)
}

func TestServeKeepsItsFolderOverARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	file := writeFile(t, t.TempDir(), "f", pattern(10000))
	s := serve(t, "--dir", dir, "--bucket", bucket)
	s.run(t, "put", file, "s3://data/folder/k").want(t, exitDone)
	s.run(t, "mb", "s3://made").want(t, exitDone)
	s.stop()
	s = serve(t, "--dir", dir, "--bucket", bucket)
	s.run(t, "ls").want(t, exitDone, "data\n", "made\n")
	if r := s.run(t, "get", "s3://data/folder/k", "-"); r.stdout != pattern(10000) {
		t.Errorf("after the restart the object has %d bytes that differ", len(r.stdout))
	}
	s.stop()
	serve(t).run(t, "ls").want(t, exitDone) // in memory there is nothing
}

func TestServeMisbehavesWhenTold(t *testing.T) {
	s := serve(t, "--bucket", bucket, "--fault", "error=AccessDenied,op=ListBuckets,times=1", "--fault", "ignore-range,op=GetObject")
	s.run(t, "put", writeFile(t, t.TempDir(), "f", "content"), "s3://data/k").want(t, exitDone)
	s.run(t, "get", "s3://data/k", filepath.Join(t.TempDir(), "f")).want(t, exitIntegrity)
	s.run(t, "ls").want(t, exitDenied, "AccessDenied")
	s.run(t, "ls").want(t, exitDone)
}

// TestServeTellsTheSeed with which a run's faults can be had again.
func TestServeTellsTheSeed(t *testing.T) {
	outcomes := func(s served) (codes string) {
		for range 24 {
			codes += strconv.Itoa(s.run(t, "ls").code)
		}
		return codes
	}
	flags := []string{"--bucket", bucket, "--fault", "error=AccessDenied,op=ListBuckets,rate=50%"}
	s := serve(t, flags...)
	first := outcomes(s)
	s.stop()
	told := regexp.MustCompile(`seed ([0-9]+):`).FindStringSubmatch(s.stderr.String())
	if told == nil {
		t.Fatalf("stderr is %q, want the seed", s.stderr)
	}
	if again := outcomes(serve(t, append(flags, "--seed", told[1])...)); again != first {
		t.Errorf("with seed %s the exit codes are %s, and were %s", told[1], again, first)
	}
}

func TestServeOverTLS(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	s := serve(t, "--tls-cert", file, "--role", roleARN)
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("the file is %q, want a certificate", pem)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Errorf("it listens at %s, want https", s.url)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		resp, err := client.Get(strings.Replace(s.url, "127.0.0.1", host, 1))
		if err != nil {
			t.Error(err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s, want 403: it is not signed", host, resp.Status)
		}
	}
	s.run(t, "ls").want(t, exitFailed, "certificate")
	trusting := s.with("AWS_CA_BUNDLE=" + file)
	trusting.run(t, "ls").want(t, exitDone)
	trusting.run(t, "ls", "--role-arn", roleARN).want(t, exitDone) // STS, too
	trusting.run(t, "connect").want(t, exitDone)
	s.with("AWS_CA_BUNDLE="+file+"x").run(t, "ls").want(t, exitFailed, "AWS_CA_BUNDLE", file+"x")
	s.with("AWS_CA_BUNDLE="+writeFile(t, t.TempDir(), "f", "none")).run(t, "ls").want(t, exitUsage, "AWS_CA_BUNDLE", "BEGIN CERTIFICATE")
	s.stop()
	if got := s.stderr.String(); !strings.Contains(got, "SSL_CERT_FILE="+file+" AWS_CA_BUNDLE="+file+"\n") {
		t.Errorf("stderr is %q, want how to trust the certificate", got)
	}
	if s := serve(t, "--tls"); !strings.HasPrefix(s.url, "https://") {
		t.Errorf("--tls listens at %s", s.url)
	}
	shell{}.run(t, "serve", "--tls-cert", filepath.Join(file, "below")).want(t, exitFailed, file)
}

// TestServeHelpHasEveryFault, and what it does.
func TestServeHelpHasEveryFault(t *testing.T) {
	help := shell{}.run(t, "serve", "-h").stdout
	for line := range strings.Lines(s3test.FaultUsage()) {
		if !strings.Contains(help, line) {
			t.Errorf("the help has no line %q", line)
		}
	}
}

func TestServeTakesItsTime(t *testing.T) {
	s := serve(t, "--bucket", bucket, "--latency", "100ms")
	start := time.Now()
	s.run(t, "ls").want(t, exitDone)
	if took := time.Since(start); took < 100*time.Millisecond {
		t.Errorf("an answer took %v, want at least the latency of 100ms", took)
	}

	s = serve(t, "--bucket", bucket, "--bandwidth", "500000")
	s.run(t, "put", writeFile(t, t.TempDir(), "f", pattern(150000)), "s3://data/k").want(t, exitDone)
	start = time.Now()
	s.run(t, "get", "s3://data/k", filepath.Join(t.TempDir(), "f")).want(t, exitDone)
	if took := time.Since(start); took < 150*time.Millisecond {
		t.Errorf("150,000 bytes at 500,000 a second took %v, want about 300ms", took)
	}
}

func TestServeMakesAUserUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout, w := io.Pipe()
	talk, stderr := io.Pipe()
	a := &app{stdout: w, stderr: stderr}
	code := make(chan int)
	go func() {
		code <- a.run(ctx, []string{"serve"})
	}()
	endpoint, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(talk)
	lines.ReadString('\n')
	export, err := lines.ReadString('\n')
	settings, ok := strings.CutPrefix(strings.TrimSpace(export), "export ")
	if err != nil || !ok || !strings.Contains(settings, "AWS_ENDPOINT_URL="+strings.TrimSpace(endpoint)) {
		t.Fatalf("stderr says %q, %v, want a line to paste into a shell", export, err)
	}
	go io.Copy(io.Discard, lines)
	s := nowhere(t).with(strings.Fields(settings)...)
	s.run(t, "mb", "s3://fresh").want(t, exitDone)
	cancel()
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d, want 0", c)
	}
}

// What "sigvier role" writes is what "sigvier connect" finds to be right, and no
// more than that.
func TestServeARoleAsItWasMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "role")
	nowhere(t).run(t, "role", "s3://data/reports/", "--account-id", "123456789012", "--role-account", "123456789012",
		"--name", "reader", "--region", "us-east-1", "--dir", dir).want(t, exitDone)
	const arn = "arn:aws:iam::123456789012:role/reader"
	made := arn + ",trust=" + filepath.Join(dir, "trust-policy.json") + ",policy=" + filepath.Join(dir, "permission-policy.json")
	s := serve(t, "--role", made, "--bucket", bucket)
	s.run(t, "connect", "--connection", filepath.Join(dir, "connection.json")).want(t, exitDone, "external ID     ok       needed", "list            ok")

	c, err := s3client.LoadConnection(filepath.Join(dir, "connection.json"))
	if err != nil {
		t.Fatal(err)
	}
	c.Permissions |= s3client.MayWrite
	file := filepath.Join(dir, "more.json")
	if err := c.Save(file); err != nil {
		t.Fatal(err)
	}
	r := s.run(t, "connect", "--connection", file)
	if r.code != exitDenied || !strings.Contains(r.stdout, `"Action": "s3:PutObject"`) || r.stderr != "sigvier: the connection failed on: write\n" {
		t.Errorf("connect = %+v", r)
	}
	s.run(t, "ls", "--role-arn", arn).want(t, exitDenied, "sts:AssumeRole")

	// Both say who may assume it.
	r = shell{}.run(t, "serve", "--user", keyID+":"+secret, "--role", made+",external-id=the-id")
	r.want(t, exitUsage, "say the same in Trust")
}

func TestServeRefusesBadValues(t *testing.T) {
	for _, test := range []struct {
		flag, value, text string
	}{
		{"addr", "nonsense", "address nonsense"},
		{"addr", "127.0.0.1:99999", "99999"},
		{"region", "us east", "region"},
		{"user", "AKIDONLY", "--user: AKID:SECRET is expected"},
		{"user", ":" + secret, "--user: AKID:SECRET is expected"},
		{"user", "AKID:", "--user: AKID:SECRET is expected"},
		{"user", "AKID:short", "AKID"},
		{"user", "AK/ID:" + secret, "access key ID"},
		{"user", keyID + ":" + secret, "twice"},
		{"bucket", "UPPER", "UPPER"},
		{"bucket", "", "Buckets"},
		{"role", "tester", "tester"},
		{"role", roleARN + ",id=x", "external-id=ID is expected"},
		{"role", roleARN + ",external-id=", "external-id=ID is expected"},
		{"role", roleARN + ",external-id=x", "external ID"},
		{"role", roleARN + ",", "external-id=ID is expected"},
		{"role", roleARN + ",policy=", "external-id=ID is expected"},
		{"role", roleARN + ",trust=none.json", "none.json"},
		{"role", roleARN + ",policy=serve.go", "serve.go: policy: is no JSON"},
		{"fault", "frob", `--fault "frob": "frob" is no kind`},
		{"fault", "stall", "DURATION"},
		{"fault", "error=NoSuchThing", "NoSuchThing"},
		{"fault", "drop,op=Frob", "Frob"},
		{"fault", "drop,times=-1", "negative"},
		{"fault", "drop,rate=2", "0.05 or 5%"},
		{"fault", "truncate=some", "truncate=N|random"},
		{"seed", "-1", "seed"},
		{"seed", "x", "seed"},
		{"latency", "30", "latency"},
		{"latency", "-1s", "negative"},
		{"bandwidth", "1M", "bandwidth"},
		{"bandwidth", "-1", "negative"},
	} {
		t.Run(test.flag+" "+test.value, func(t *testing.T) {
			r := shell{}.run(t, "serve", "--user", keyID+":"+secret, "--"+test.flag, test.value)
			r.want(t, exitUsage, test.text)
		})
	}
}

func TestServeWhereItCannotKeepObjects(t *testing.T) {
	file := writeFile(t, t.TempDir(), "file", "")
	shell{}.run(t, "serve", "--dir", filepath.Join(file, "below")).want(t, exitFailed, file)
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
