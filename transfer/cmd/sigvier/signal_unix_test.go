//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client/s3test"
)

// running is a process under way.
type running struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

func start(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{cmd: cmd}
	if cmd.Stdout == nil {
		cmd.Stdout = &r.stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &r.stderr
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// signal sends a signal and checks that the process ends with the exit code
// within a second.
func (r *running) signal(t *testing.T, s os.Signal, code int) {
	t.Helper()
	sent := time.Now()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	r.cmd.Wait() // an error for each exit code but 0, which is looked at here
	if took := time.Since(sent); took > time.Second {
		t.Errorf("it ended %v after the signal, want a second at most", took)
	}
	if got := r.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d; stderr: %s", got, code, &r.stderr)
	}
}

func (r *running) wantInterrupted(t *testing.T) {
	t.Helper()
	if got, want := r.stderr.String(), "sigvier: interrupted; no unfinished file or object was left behind\n"; got != want {
		t.Errorf("stderr is %q, want %q", got, want)
	}
	if r.stdout.Len() > 0 {
		t.Errorf("stdout has %d bytes, want none", r.stdout.Len())
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to pass that %s", what)
		}
	}
}

// slowSite serves an object "k" of 4 MB at 200,000 bytes a second and connection.
func slowSite(t *testing.T) site {
	t.Helper()
	return slowSiteOf(t, 200000)
}

// slowSiteOf serves it at that many bytes a second.
func slowSiteOf(t *testing.T, rate int64) site {
	t.Helper()
	dir := t.TempDir()
	quick := newSite(t, func(cfg *s3test.Config) { cfg.Dir = dir })
	quick.store(t, "k", pattern(4000000))
	quick.Close()
	return newSite(t, func(cfg *s3test.Config) { cfg.Dir, cfg.Bandwidth = dir, rate })
}

func TestInterruptedGetLeavesNothing(t *testing.T) {
	s := slowSite(t)
	for _, test := range []struct {
		name   string
		signal os.Signal
		args   []string
	}{
		{"SIGINT", os.Interrupt, []string{"--no-resume"}},
		{"SIGINT with threads", os.Interrupt, []string{"--no-resume", "--threads", "4", "--part-size", "100000"}},
		{"SIGTERM", syscall.SIGTERM, []string{"--no-resume"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := writeFile(t, dir, "f", "old")
			r := start(t, s.command(t, append([]string{"get", "s3://data/k", file}, test.args...)...))
			eventually(t, "the first bytes are there", func() bool {
				parts, _ := filepath.Glob(filepath.Join(dir, ".sigvier-*"))
				return len(parts) == 1 && hasBytes(t, parts[0])
			})
			r.signal(t, test.signal, exitInterrupted)
			r.wantInterrupted(t)
			if got := listDir(t, dir); !cmp.Equal(got, []string{"f"}) {
				t.Errorf("the folder has %q, want the old file only", got)
			}
			if data, _ := os.ReadFile(file); string(data) != "old" {
				t.Errorf("the old file has %d bytes that differ", len(data))
			}
		})
	}
}

// hasBytes reports whether something was written at the beginning of a file that
// may be as long as it will be, or gone.
func hasBytes(t *testing.T, name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	buf := make([]byte, 100)
	n, _ := f.Read(buf)
	return n == len(buf) && string(buf) == pattern(len(buf))
}

// Whatever ends a download, the same command goes on where it was.
func TestInterruptedGetIsGoneOnWith(t *testing.T) {
	s := slowSiteOf(t, 2_000_000)
	for _, test := range []struct {
		name   string
		signal os.Signal
		args   []string
	}{
		{"SIGINT", os.Interrupt, nil},
		{"SIGINT with threads", os.Interrupt, []string{"--threads", "4", "--part-size", "100000"}},
		{"SIGKILL", os.Kill, nil},
		{"SIGKILL with threads", os.Kill, []string{"--threads", "4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := writeFile(t, dir, "f", "old")
			args := append([]string{"get", "s3://data/k", file}, test.args...)
			r := start(t, s.command(t, args...))
			eventually(t, "the journal is there", func() bool {
				journals, _ := filepath.Glob(filepath.Join(dir, ".sigvier-*.journal"))
				return len(journals) == 1
			})
			if test.signal == os.Kill {
				r.cmd.Process.Kill()
				r.cmd.Wait()
			} else {
				r.signal(t, test.signal, exitInterrupted)
				if got := r.stderr.String(); !strings.Contains(got, "are kept, and the same command goes on from there") {
					t.Errorf("stderr is %q", got)
				}
			}
			if data, _ := os.ReadFile(file); string(data) != "old" {
				t.Errorf("the old file has %d bytes that differ", len(data))
			}
			s.run(t, args...).want(t, exitDone, "there already")
			if got := listDir(t, dir); !cmp.Equal(got, []string{"f"}) {
				t.Errorf("the folder has %q, want the file only", got)
			}
			if data, _ := os.ReadFile(file); string(data) != pattern(len(data)) || len(data) < 1000 {
				t.Errorf("the file has %d bytes that are not the object's", len(data))
			}
		})
	}
}

func TestInterruptedPutLeavesNothing(t *testing.T) {
	s := slowSite(t)
	dir, temp := t.TempDir(), t.TempDir()
	file := writeFile(t, dir, "f", pattern(8000000))
	cmd := s.command(t, "put", file, "s3://data/new")
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	r := start(t, cmd)
	eventually(t, "the upload has begun", func() bool { return s.Requests()["PutObject"] > 0 })
	time.Sleep(100 * time.Millisecond)
	r.signal(t, os.Interrupt, exitInterrupted)
	r.wantInterrupted(t)
	if got := append(listDir(t, dir), listDir(t, temp)...); !cmp.Equal(got, []string{"f"}) {
		t.Errorf("the folders have %q, want the source only", got)
	}
	s.run(t, "head", "s3://data/new").want(t, exitNotFound)
}

// What is uploaded when it is killed, or interrupted, need not be uploaded again.
func TestPutGoesOnAfterItWasKilled(t *testing.T) {
	for _, signal := range []os.Signal{os.Kill, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, withFaults(t, "stall=1m,op=UploadPart,skip=2,times=1"))
			s.shell = s.with("HOME=" + t.TempDir())
			content := strings.Repeat(pattern(5<<20), 3) + "the end"
			file := writeFile(t, t.TempDir(), "f", content)
			args := []string{"put", file, "s3://data/new", "--part-size", "5242880", "--threads", "2"}
			r := start(t, s.command(t, args...))
			eventually(t, "the last part is sent", func() bool { return s.Requests()["UploadPart"] == 4 })
			time.Sleep(100 * time.Millisecond)
			if signal == os.Kill {
				r.signal(t, signal, -1)
			} else {
				r.signal(t, signal, exitInterrupted)
				if got := r.stderr.String(); !strings.HasPrefix(got, "sigvier: interrupted; 1") || !strings.HasSuffix(got, ".0 MiB are uploaded, and the same command goes on from there\n") {
					t.Errorf("stderr is %q, want how much is uploaded", got)
				}
			}
			s.run(t, "head", "s3://data/new").want(t, exitNotFound)
			runProcess(t, s.command(t, args...)).want(t, exitDone, "2 threads, verified: full-object, there already: 1")
			if got := s.Requests()["UploadPart"]; got > 6 {
				t.Errorf("%d parts were sent, want 4 and the rest", got)
			}
			if s.stored(t, "new") != content {
				t.Error("the object has other bytes")
			}
		})
	}
}

// Wherever the signal comes, what connect has stored is removed before it ends.
func TestInterruptedConnectLeavesNothingInTheBucket(t *testing.T) {
	for _, operation := range []string{"AssumeRole", "ListObjectsV2", "DeleteObject", "PutObject", "GetObject"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, exactRole, func(cfg *s3test.Config) { cfg.Latency = 40 * time.Millisecond })
			file := filepath.Join(t.TempDir(), "connection.json")
			if err := rightForm(s).Save(file); err != nil {
				t.Fatal(err)
			}
			r := start(t, nowhere(t).command(t, "connect", "--connection", file))
			eventually(t, operation+" is under way", func() bool { return s.Requests()[operation] > 0 })
			r.signal(t, os.Interrupt, exitInterrupted)
			if got, want := r.stderr.String(), "sigvier: interrupted; no unfinished file or object was left behind\n"; got != want {
				t.Errorf("stderr is %q, want %q", got, want)
			}
			if got := r.stdout.String(); !strings.Contains(got, "interrupted") && !strings.Contains(got, "delete          ok ") {
				t.Errorf("stdout is %s, want every check, and which were not done", got)
			}
			s.holds(t)
		})
	}
}

// A read of a terminal or a pipe that says nothing must not keep the process.
func TestInterruptWhileWaitingForStdin(t *testing.T) {
	s := newSite(t)
	for name, args := range map[string][]string{
		"put":  {"put", "-", "s3://data/new"},
		"sign": {"sign"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			cmd := s.command(t, args...)
			cmd.Env = append(cmd.Env, "TMPDIR="+temp)
			stdin, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			defer stdin.Close()
			cmd.Stdin = stdin
			answers, stdout := io.Pipe()
			if name == "sign" {
				cmd.Stdout = stdout
			}
			r := start(t, cmd)
			if name == "put" {
				w.WriteString(pattern(1000000)) // more than a pipe holds: it is read
			} else {
				w.WriteString("{}\n")
				if line, err := bufio.NewReader(answers).ReadString('\n'); err != nil {
					t.Fatalf("the answer is %q, %v", line, err)
				}
			}
			r.signal(t, os.Interrupt, exitInterrupted)
			r.wantInterrupted(t)
			if got := listDir(t, temp); len(got) > 0 {
				t.Errorf("the folder for temporary files has %q, want nothing", got)
			}
		})
	}
	s.run(t, "head", "s3://data/new").want(t, exitNotFound)
}

// The first signal asks; the second does not.
func TestASecondSignalEndsTheProcess(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", pattern(1000000))
	full, stdout, err := os.Pipe() // which nobody reads
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd := s.command(t, "get", "s3://data/k", "-")
	cmd.Stdout = stdout
	r := start(t, cmd)
	stdout.Close()
	eventually(t, "the object is under way", func() bool { return s.Requests()["GetObject"] > 0 })
	time.Sleep(200 * time.Millisecond) // until the pipe is full
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	r.signal(t, os.Interrupt, -1)
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v, want by the signal", cmd.ProcessState)
	}
}

func TestServeStopsOnSIGTERM(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		cmd := nowhere(t).command(t, "serve", "--user", keyID+":"+secret, "--bucket", bucket, "--dir", dir)
		stdout, w := io.Pipe()
		cmd.Stdout = w
		r := start(t, cmd)
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "http://127.0.0.1:") {
			t.Fatalf("the first line is %q, %v, want the endpoint; stderr: %s", line, err, &r.stderr)
		}
		s := nowhere(t).with("AWS_ENDPOINT_URL="+strings.TrimSpace(line), "AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)
		s.run(t, "ls").want(t, exitDone, bucket)
		r.signal(t, signal, exitDone)
		if got := r.stderr.String(); !strings.HasPrefix(got, "stopped after ") || strings.Count(got, "\n") != 1 {
			t.Errorf("stderr is %q, want that it stopped", got)
		}
	}
}

func TestInterruptedDemoLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	cmd := nowhere(t).command(t, "demo", "--size", "1024")
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	r := start(t, cmd)
	eventually(t, "it writes its file", func() bool {
		source, _ := filepath.Glob(filepath.Join(temp, "sigvier-demo-*", "source"))
		return len(source) == 1
	})
	r.signal(t, os.Interrupt, exitInterrupted)
	if got := listDir(t, temp); len(got) > 0 {
		t.Errorf("the folder for temporary files has %q, want nothing", got)
	}
}
