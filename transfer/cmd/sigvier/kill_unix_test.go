//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

var kills = flag.Int("kills", 20, "transfers that TestKilled kills and goes on with, half of them get and half put")

// killedAtOnce is how many transfers run side by side; mostly they wait.
const killedAtOnce = 8

// toll is what the killed transfers of a kind came to.
type toll struct {
	runs, kills, late atomic.Int64 // late: they had ended before the signal came
	resumed, afresh   atomic.Int64
	changed           atomic.Int64 // of the runs, those whose object changed meanwhile
	orphans           atomic.Int64 // uploads of which the killed process could not say any more that it had begun them
	bytes             atomic.Int64 // of the objects
	moved             atomic.Int64 // on the wire, of those
}

func (c *toll) log(t *testing.T, what string) {
	t.Helper()
	t.Logf("%d runs of %s: %d kills, and %d that came too late; %d went on where they were, %d began afresh, %d with a changed object; "+
		"%.1f MB came to %.1f MB on the wire, %.1f %% twice; %d uploads left behind",
		c.runs.Load(), what, c.kills.Load(), c.late.Load(), c.resumed.Load(), c.afresh.Load(), c.changed.Load(),
		float64(c.bytes.Load())/1e6, float64(c.moved.Load())/1e6, 100*float64(c.moved.Load()-c.bytes.Load())/float64(max(c.bytes.Load(), 1)), c.orphans.Load())
}

// scales is a server that weighs the bodies of the objects under "k" on their way to
// and from the command.
type scales struct {
	http.Handler
	*toll
	asked sync.Map // by key: how often
}

func (s *scales) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/"+bucket+"/")
	if r.Method == http.MethodGet || r.URL.Query().Has("partNumber") {
		if strings.HasPrefix(key, "k") {
			w, r.Body = weighedWriter{w, s.toll}, weighedBody{r.Body, s.toll}
		}
		s.counter(key).Add(1)
	}
	s.Handler.ServeHTTP(w, r)
}

// counter counts the bodies of an object that were asked for, or sent.
func (s *scales) counter(key string) *atomic.Int64 {
	n, _ := s.asked.LoadOrStore(key, new(atomic.Int64))
	return n.(*atomic.Int64)
}

type weighedWriter struct {
	http.ResponseWriter
	*toll
}

func (w weighedWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.moved.Add(int64(n))
	return n, err
}

func (w weighedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type weighedBody struct {
	io.ReadCloser
	*toll
}

func (b weighedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.moved.Add(int64(n))
	return n, err
}

// weighedSite is a site behind scales.
type weighedSite struct {
	site
	*scales
}

func newWeighedSite(t *testing.T, c *toll, faults ...string) weighedSite {
	t.Helper()
	cfg := s3test.Config{Users: []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}}, Buckets: []string{bucket}}
	withFaults(t, faults...)(&cfg)
	server, err := s3test.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	scales := &scales{Handler: server, toll: c}
	front := httptest.NewServer(scales)
	t.Cleanup(func() { front.Close(); server.Close() })
	server.URL = front.URL
	shell := nowhere(t).with("AWS_ENDPOINT_URL="+front.URL, "AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret, "HOME="+t.TempDir())
	return weighedSite{site{server, shell}, scales}
}

// killedRuns makes that many runs, several at once, each with its own source of chance.
func killedRuns(t *testing.T, run func(i int, chance *rand.Rand) error) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	var group errgroup.Group
	group.SetLimit(killedAtOnce)
	for i := range (*kills + 1) / 2 {
		group.Go(func() error {
			if err := run(i, rand.New(rand.NewPCG(seed, uint64(i)))); err != nil {
				t.Errorf("run %d: %v", i, err)
			}
			return nil
		})
	}
	group.Wait()
}

// killAfter starts a command that transfers an object, and kills it at some time: on
// the way to its first byte, or up to d after that. It reports whether it had not ended
// before.
func (s *scales) killAfter(cmd *exec.Cmd, key string, d time.Duration, chance *rand.Rand) (killed bool, err error) {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	before := s.counter(key).Load()
	wait, early := time.Duration(chance.Int64N(int64(d))), chance.IntN(5) == 0
	if err := cmd.Start(); err != nil {
		return false, err
	}
	ended := make(chan struct{})
	go func() {
		defer cmd.Process.Kill()
		if early {
			wait /= 5
		} else {
			for s.counter(key).Load() == before {
				select {
				case <-ended:
					return
				case <-time.After(time.Millisecond):
				}
			}
		}
		select {
		case <-ended:
		case <-time.After(wait):
		}
	}()
	cmd.Wait() // an error for each exit code but 0, which is looked at here
	close(ended)
	switch code := cmd.ProcessState.ExitCode(); code {
	case -1:
		return true, nil
	case 0:
		return false, nil
	default:
		return false, fmt.Errorf("exit code %d: %s", code, &output)
	}
}

// finish runs a command to its end.
func finish(cmd *exec.Cmd) (result transferResult, err error) {
	output, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return result, fmt.Errorf("%v: %s", err, exit.Stderr)
	}
	if err != nil {
		return result, err
	}
	return result, json.Unmarshal(output, &result)
}

// TestKilled: wherever SIGKILL strikes a transfer, the same command goes on with it,
// and what it makes is right.
func TestKilled(t *testing.T) {
	t.Run("get", func(t *testing.T) { t.Parallel(); testKilledGet(t) })
	t.Run("put", func(t *testing.T) { t.Parallel(); testKilledPut(t) })
}

func testKilledGet(t *testing.T) {
	const rate = 1_000_000 // bytes a second of a body
	c := new(toll)
	s := newWeighedSite(t, c, fmt.Sprintf("slow=%d,op=GetObject", rate))
	client := s.client(t)
	content := pattern(8 * rate)
	shapes := []struct {
		size int // so that each takes a second
		args []string
	}{
		{rate, []string{"--threads", "1"}},
		{4 * rate, []string{"--threads", "4"}},
		{4 * rate, []string{"--threads", "4", "--part-size", "100000"}},
		{8 * rate, []string{"--threads", "8"}},
	}
	killedRuns(t, func(i int, chance *rand.Rand) error {
		shape := shapes[i%len(shapes)]
		key, want := fmt.Sprintf("k%d", i), content[:shape.size]
		changes := i%10 == 9 // while nobody downloads it
		if changes {
			key = fmt.Sprintf("changing%d", i)
		}
		put := func() error {
			_, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(want)})
			return err
		}
		if err := put(); err != nil {
			return err
		}
		defer client.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: bucket, Key: key})
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			return err
		}
		file := filepath.Join(dir, "f")
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			return err
		}
		args := append([]string{"get", "--json", "s3://" + bucket + "/" + key, file}, shape.args...)
		c.runs.Add(1)
		hit := false
		for range 1 + chance.IntN(3) {
			killed, err := s.killAfter(s.command(t, args...), key, 1100*time.Millisecond, chance)
			if err != nil {
				return err
			}
			data, err := os.ReadFile(file)
			if err != nil || string(data) != "old" && string(data) != want {
				return fmt.Errorf("after the kill the file has %d bytes that are neither the old nor the new ones, %v", len(data), err)
			}
			if string(data) == want {
				c.late.Add(1)
				break
			}
			if killed {
				hit = true
				c.kills.Add(1)
			}
		}
		if data, err := os.ReadFile(file); err != nil || string(data) == want {
			if !changes {
				c.bytes.Add(int64(shape.size))
			}
			return err
		}
		named, err := journaled(dir)
		if err != nil {
			return err
		}
		if changes {
			want = strings.Repeat("!", shape.size-1) + "?"
			if err := put(); err != nil {
				return err
			}
			c.changed.Add(1)
		} else {
			c.bytes.Add(int64(shape.size))
		}
		got, err := finish(s.command(t, args...))
		if err != nil {
			return err
		}
		switch {
		case changes && (got.Kept != 0 || named > 0 && !strings.Contains(got.Afresh, "the object changed since: its ETag was")):
			return fmt.Errorf("the object changed, and the download kept %d bytes of %d and said %q", got.Kept, named, got.Afresh)
		case !changes && got.Kept != named:
			return fmt.Errorf("the journal had %d bytes, and the download kept %d; it said %q", named, got.Kept, got.Afresh)
		case !hit:
			return errors.New("no kill came in time, and yet the download was not complete")
		}
		if got.Kept > 0 {
			c.resumed.Add(1)
		} else {
			c.afresh.Add(1)
		}
		if data, err := os.ReadFile(file); err != nil || string(data) != want {
			return fmt.Errorf("the file has %d bytes that are not the object's %d, %v", len(data), len(want), err)
		}
		if names := listDir(t, dir); !slices.Equal(names, []string{"f"}) {
			return fmt.Errorf("the folder has %q, want the file only", names)
		}
		return nil
	})
	c.log(t, "get")
	if c.kills.Load() < c.runs.Load()*3/4 || c.resumed.Load() < c.runs.Load()/4 {
		t.Error("most kills came too late, or too early for a journal")
	}
}

// journaled is the number of bytes that the journal in a folder names, in its last
// whole record.
func journaled(dir string) (named int64, err error) {
	names, err := filepath.Glob(filepath.Join(dir, ".sigvier-*.journal"))
	if err != nil || len(names) == 0 {
		return 0, err
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for line := range strings.Lines(string(text)) {
		switch word := strings.Fields(line); word[0] {
		case "sigvier":
			n = 0
		case "piece":
			length, err := strconv.ParseInt(word[2], 10, 64)
			if err != nil {
				return 0, err
			}
			n += length
		case "end":
			named = n
		}
	}
	return named, nil
}

func testKilledPut(t *testing.T) {
	const rate = 8 << 20 // bytes a second of a body
	c := new(toll)
	s := newWeighedSite(t, c, fmt.Sprintf("upload-slow=%d,op=UploadPart", rate))
	client := s.client(t)
	content := pattern(11 << 20)
	file := writeFile(t, t.TempDir(), "f", content)
	killedRuns(t, func(i int, chance *rand.Rand) error {
		key := fmt.Sprintf("k%d", i)
		args := []string{"put", "--json", file, "s3://" + bucket + "/" + key, "--part-size", "5242880", "--threads", strconv.Itoa(1 + i%3)}
		c.runs.Add(1)
		c.bytes.Add(int64(len(content)))
		// complete reports whether the object is there; if it is, it is whole.
		complete := func() (bool, error) {
			out, err := client.GetObject(t.Context(), s3client.GetObjectInput{Bucket: bucket, Key: key})
			if errors.Is(err, s3client.ErrNotFound) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
			defer out.Body.Close()
			data, err := io.ReadAll(out.Body)
			if err == nil && string(data) != content {
				err = fmt.Errorf("the object has %d bytes that are not the file's", len(data))
			}
			c.moved.Add(-int64(len(data))) // which the test itself has got
			return true, err
		}
		there := false
		for range 1 + chance.IntN(3) {
			killed, err := s.killAfter(s.command(t, args...), key, 1300*time.Millisecond, chance)
			if err != nil {
				return err
			}
			if there, err = complete(); err != nil {
				return err
			}
			if there {
				c.late.Add(1)
				break
			}
			if killed {
				c.kills.Add(1)
			}
		}
		if !there {
			got, err := finish(s.command(t, args...))
			if err != nil {
				return err
			}
			if got.Kept > 0 {
				c.resumed.Add(1)
			} else {
				c.afresh.Add(1)
			}
			if there, err = complete(); err != nil || !there {
				return fmt.Errorf("the object is there: %v, %v", there, err)
			}
		}
		// An upload whose process died between its creation and the note of it is nobody's.
		page, err := client.ListMultipartUploads(t.Context(), s3client.ListMultipartUploadsInput{Bucket: bucket, Prefix: key})
		if err != nil {
			return err
		}
		for _, u := range page.Uploads {
			if u.Key == key {
				c.orphans.Add(1)
			}
		}
		_, err = client.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: bucket, Key: key})
		return err
	})
	c.log(t, "put")
	if c.kills.Load() < c.runs.Load()*3/4 {
		t.Error("most kills came too late")
	}
}
