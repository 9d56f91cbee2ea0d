package interop

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// The real servers, at the versions that the tests' facts are of.
const (
	minioPackage = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
	vgwPackage   = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
)

const (
	rootID     = "rootuser"
	rootSecret = "rootpass123"
)

// server is one server under test.
type server struct {
	name, url string
	sts       bool // it has an STS face at the same endpoint
}

var (
	servers   []server
	minioPath string // the executable, which is also the real input
	tokens    *issuer
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "sigvier-interop-*")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if minioPath, err = install(minioPackage, "minio"); err != nil {
		return 1, err
	}
	vgwPath, err := install(vgwPackage, "versitygw")
	if err != nil {
		return 1, err
	}
	if tokens, err = startIssuer(); err != nil {
		return 1, err
	}
	defer tokens.Close()
	stopMinIO, err := startMinIO(dir)
	if err != nil {
		return 1, err
	}
	defer stopMinIO()
	stopVGW, err := startVersityGW(vgwPath, dir)
	if err != nil {
		return 1, err
	}
	defer stopVGW()
	own, err := s3test.Start(s3test.Config{
		Users: []s3test.User{{AccessKeyID: rootID, SecretAccessKey: rootSecret}},
		Roles: []s3test.Role{{ARN: anyRole}},
	})
	if err != nil {
		return 1, err
	}
	defer own.Close()
	servers = append(servers, server{"s3test", own.URL, true})
	code := m.Run()
	if testing.Verbose() && cases.seen != nil {
		printCases(os.Stdout)
	}
	return code, nil
}

// install builds a server from the module proxy, once for each version, and
// returns the executable.
func install(pkg, name string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	_, version, _ := strings.Cut(pkg, "@")
	bin := filepath.Join(cache, "sigvier-interop", version)
	path := filepath.Join(bin, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintln(os.Stderr, "interop: building", pkg)
	cmd := exec.Command("go", "install", pkg)
	cmd.Dir = os.TempDir() // outside every module
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=", "GODEBUG=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

func startMinIO(dir string) (stop func(), err error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(minioPath, "server", "--quiet", "--address", addr, filepath.Join(dir, "minio"))
	cmd.Env = append(os.Environ(), "MINIO_ROOT_USER="+rootID, "MINIO_ROOT_PASSWORD="+rootSecret, "MINIO_SITE_REGION=us-east-1",
		"MINIO_IDENTITY_OPENID_CONFIG_URL="+tokens.URL+"/.well-known/openid-configuration",
		"MINIO_IDENTITY_OPENID_CLIENT_ID="+audience, "MINIO_IDENTITY_OPENID_ROLE_POLICY=readwrite")
	s := server{"minio", "http://" + addr, true}
	if stop, err = start(cmd, s, "/minio/health/ready"); err != nil {
		return nil, err
	}
	// It is ready before its identities are.
	for range 300 {
		resp, err := http.PostForm(s.url, url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {minioRole}})
		if err != nil {
			stop()
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && !bytes.Contains(body, []byte("is not defined")) && !bytes.Contains(body, []byte("not initialized")) {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	return nil, errors.New("minio did not load its identities within half a minute")
}

func startVersityGW(path, dir string) (stop func(), err error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "versitygw")
	if err := os.Mkdir(data, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--port", addr, "posix", data)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+rootID, "ROOT_SECRET_KEY="+rootSecret)
	return start(cmd, server{"versitygw", "http://" + addr, false}, "/")
}

// start runs a server until it answers; one that does not is an error.
func start(cmd *exec.Cmd, s server, ready string) (stop func(), err error) {
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	stop = func() {
		cmd.Process.Kill()
		<-exited
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		select {
		case err := <-exited:
			return nil, fmt.Errorf("%s ended: %v\n%s", s.name, err, log.Bytes())
		case <-time.After(100 * time.Millisecond):
		}
		if resp, err := http.Get(s.url + ready); err == nil {
			resp.Body.Close()
			if resp.StatusCode < 500 {
				servers = append(servers, s)
				return stop, nil
			}
		}
	}
	stop()
	return nil, fmt.Errorf("%s did not answer within a minute\n%s", s.name, log.Bytes())
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// each runs a test against every server.
func each(t *testing.T, test func(t *testing.T, s server)) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) { test(t, s) })
	}
}

func (s server) connection() s3client.Connection {
	return s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       rootID,
		SecretAccessKey:   s3client.NewSecret(rootSecret),
		Region:            "us-east-1",
		Endpoint:          s.url,
	}
}

func open(t *testing.T, c s3client.Connection) *s3client.Client {
	t.Helper()
	client, err := c.Open(nil)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return client
}

// makeBucket makes a bucket and removes it with all that is in it at the end.
func makeBucket(t *testing.T, c *s3client.Client, name string) string {
	t.Helper()
	ctx := context.Background()
	if _, err := c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: name}); err != nil {
		t.Fatalf("CreateBucket(%q) = %v", name, err)
	}
	t.Cleanup(func() {
		for page, err := range c.ListObjectsV2Pages(ctx, s3client.ListObjectsV2Input{Bucket: name}) {
			if err != nil {
				t.Errorf("listing %s to remove it: %v", name, err)
				return
			}
			for _, o := range page.Contents {
				if _, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: name, Key: o.Key}); err != nil {
					t.Errorf("removing %q: %v", o.Key, err)
				}
			}
		}
		if _, err := c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: name}); err != nil {
			t.Errorf("DeleteBucket(%q) = %v", name, err)
		}
	})
	return name
}
