package s3client_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// What the tests stand on: the embedded server where a service must understand
// what the client says, and a recorder in the network's place where it must not
// say anything, or where the service must say what no real one does.

const (
	keyID      = "AKIDEXAMPLE"
	secret     = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	token      = "a/session/token/that/must/not/be/seen"
	roleARN    = "arn:aws:iam::123456789012:role/reader"
	externalID = "customer-4711"
	vhostName  = "s3.sigvier.test" // no name server knows it
)

var moment = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// serve starts an embedded server with one user and the bucket "data".
func serve(t testing.TB, cfg s3test.Config) *s3test.Server {
	t.Helper()
	if cfg.Users == nil {
		cfg.Users = []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}}
	}
	if cfg.Buckets == nil {
		cfg.Buckets = []string{"data"}
	}
	srv, err := s3test.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// form is a connection to an embedded server by its user's access key.
func form(srv *s3test.Server) s3client.Connection {
	return s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		Endpoint:          srv.URL,
	}
}

// roleForm is a connection to an embedded server that has that role.
func roleForm(srv *s3test.Server) s3client.Connection {
	c := form(srv)
	c.AuthorizationType = s3client.IAMRole
	c.IAMRoleARN = roleARN
	c.ExternalID = externalID
	return c
}

// awsForm is a connection to AWS itself.
func awsForm(region string) s3client.Connection {
	return s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		Region:            region,
	}
}

func open(t testing.TB, c s3client.Connection, opts *s3client.Options) *s3client.Client {
	t.Helper()
	client, err := c.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func put(t testing.TB, c *s3client.Client, bucket, key, body string) s3client.PutObjectOutput {
	t.Helper()
	out, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func get(t testing.TB, c *s3client.Client, bucket, key string) string {
	t.Helper()
	out, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return readAll(t, out.Body)
}

func readAll(t testing.TB, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// dialing is a transport that finds the embedded server under every name.
func dialing(t testing.TB, srv *s3test.Server) *http.Transport {
	tr := &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(srv.URL, "http://"))
		},
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// styles are the two ways to name a bucket, each with a server and a client.
func styles(t *testing.T, cfg s3test.Config, test func(t *testing.T, srv *s3test.Server, c *s3client.Client)) {
	t.Run("path", func(t *testing.T) {
		srv := serve(t, cfg)
		c := form(srv)
		c.Region = cfg.Region
		test(t, srv, open(t, c, &s3client.Options{Now: cfg.Now}))
	})
	t.Run("virtual host", func(t *testing.T) {
		cfg := cfg
		cfg.Domains = []string{vhostName}
		srv := serve(t, cfg)
		c := form(srv)
		c.Endpoint, c.Region = "http://"+vhostName, cfg.Region
		test(t, srv, open(t, c, &s3client.Options{Base: dialing(t, srv), Now: cfg.Now}))
	})
}

// recorder stands in the network's place. It keeps what was sent and answers
// with the next of its answers, the last again and again.
type recorder struct {
	answers []answer

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

type answer func(*http.Request) (*http.Response, error)

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	r.requests = append(r.requests, req)
	r.bodies = append(r.bodies, string(body))
	n := len(r.requests)
	r.mu.Unlock()
	if len(r.answers) == 0 {
		return nil, errors.New("the recorder has no answer")
	}
	resp, err := r.answers[min(n, len(r.answers))-1](req)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// says is an answer.
func says(status int, body string, headers ...string) answer {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, ContentLength: int64(len(body)),
			Body: io.NopCloser(bytes.NewReader([]byte(body)))}, nil
	}
}

var stsDenies = says(403, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>`+
	`<Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`)

// clock is a clock that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// wantErr checks what an error is, by errors.Is, and that it gives nothing away.
func wantErr(t testing.TB, err error, targets ...error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%v is no %v", err, target)
		}
	}
	noSecret(t, err.Error())
}

func noSecret(t testing.TB, text string) {
	t.Helper()
	for _, s := range []string{secret, token, externalID} {
		if strings.Contains(text, s) {
			t.Errorf("a secret is in %q", text)
		}
	}
}

func crc32Of(s string) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(s))))
}

func crc64nvme(s string) string {
	sum := crc64.Checksum([]byte(s), crc64.MakeTable(0x9a6c9329ac4bc9b5))
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))
}
