package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
)

const (
	serve = "serve-as-origin" // makes this program the origin

	region    = "us-east-1"
	bucket    = "examplebucket"
	accessKey = "AKIAIOSFODNN7EXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// limits are what an origin has in common with S3. The zero value has none.
type limits struct {
	FirstByte time.Duration // from a request to its answer
	PerConn   int64         // bytes a second of each connection, either way
	TLS       bool
	Faults    []string // as s3test.ParseFault reads them
}

// String is what can be said behind what is transferred.
func (l limits) String() string {
	s := " without limits"
	if l.PerConn > 0 {
		s = fmt.Sprintf(" with %v to the first byte and %d MB/s per connection", l.FirstByte, l.PerConn/1e6)
	}
	if l.TLS {
		s += " over TLS"
	}
	return s
}

// likeS3 are the limits under which threads are worth having.
func likeS3(faults ...string) limits {
	return limits{FirstByte: 30 * time.Millisecond, PerConn: 40e6, Faults: faults}
}

func overTLS(l limits) limits {
	l.TLS = true
	return l
}

// origin is s3test in another process, so that its work is not counted.
type origin struct {
	started
	process *exec.Cmd
	stdin   io.WriteCloser // its end is the origin's, too
	stdout  *bufio.Reader
}

// started is what an origin says first.
type started struct {
	URL string
	CA  string // a file with the certificate that clients are to trust; "" without TLS
}

// startOrigin starts this program once more, as the origin of the objects that are in
// a folder.
func startOrigin(dir string, l limits) (*origin, error) {
	config, err := json.Marshal(originConfig{filepath.Join(dir, "origin"), l})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, serve, string(config))
	cmd.Stderr = os.Stderr
	// S3 offers HTTP/1.1 only.
	cmd.Env = append(os.Environ(), "GODEBUG=http2server=0")
	o := &origin{process: cmd}
	if o.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.stdout = bufio.NewReader(stdout)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := o.read(&o.started); err != nil {
		o.stop()
		return nil, fmt.Errorf("the origin did not start: %w", err)
	}
	return o, nil
}

func (o *origin) stop() {
	o.stdin.Close()
	o.process.Wait()
}

func (o *origin) read(v any) error {
	line, err := o.stdout.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// sent is what an origin has answered so far.
type sent struct {
	Gets  int64 // GetObject
	Bytes int64 // of their bodies
}

// sent asks the origin, which answers when no request is under way any more.
func (o *origin) sent() (s sent, err error) {
	if _, err := io.WriteString(o.stdin, "\n"); err != nil {
		return s, err
	}
	return s, o.read(&s)
}

type originConfig struct {
	Dir    string
	Limits limits
}

// runOrigin serves until stdin ends, also if who started it was killed. For each
// line from there it writes one that says what was sent.
func runOrigin(config string) error {
	var c originConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	counts := new(counter)
	cfg := s3test.Config{
		Users:   []s3test.User{{AccessKeyID: accessKey, SecretAccessKey: secretKey}},
		Region:  region,
		Buckets: []string{bucket}, Dir: c.Dir,
		Latency: c.Limits.FirstByte, Bandwidth: c.Limits.PerConn, TLS: c.Limits.TLS, Seed: 1,
		Log: slog.New(counts),
	}
	for _, spec := range c.Limits.Faults {
		f, err := s3test.ParseFault(spec)
		if err != nil {
			return err
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	server, err := s3test.Start(cfg)
	if err != nil {
		return err
	}
	defer server.Close()
	started := started{URL: server.URL}
	if c.Limits.TLS {
		started.CA = c.Dir + ".pem"
		if err := os.WriteFile(started.CA, server.CertificatePEM(), 0o666); err != nil {
			return err
		}
	}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(started); err != nil {
		return err
	}
	for stdin := bufio.NewReader(os.Stdin); ; {
		if _, err := stdin.ReadString('\n'); err != nil {
			return nil
		}
		if err := out.Encode(counts.settled(server)); err != nil {
			return err
		}
	}
}

// counter is a log that keeps sums of what it is told of requests.
type counter struct{ ended, gets, bytes atomic.Int64 }

func (c *counter) Enabled(context.Context, slog.Level) bool { return true }
func (c *counter) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *counter) WithGroup(string) slog.Handler            { return c }

func (c *counter) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "request" {
		return nil
	}
	var operation string
	var bytes int64
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "operation":
			operation = a.Value.String()
		case "bytes":
			bytes = a.Value.Int64()
		}
		return true
	})
	if operation == "GetObject" {
		c.gets.Add(1)
		c.bytes.Add(bytes)
	}
	c.ended.Add(1)
	return nil
}

// settled waits for the requests under way, whose clients have gone.
func (c *counter) settled(server *s3test.Server) sent {
	for {
		arrived := int64(0)
		for _, n := range server.Requests() {
			arrived += int64(n)
		}
		if c.ended.Load() >= arrived {
			return sent{c.gets.Load(), c.bytes.Load()}
		}
		time.Sleep(time.Millisecond)
	}
}
