package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/sigvier/sigvier/s3client/s3test"
)

// A disk that is full: every write to this device fails so.
const fullDevice = "/dev/full"

func TestGetOntoAFullDisk(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", pattern(100000))
	full, err := os.OpenFile(fullDevice, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd := s.command(t, "get", "s3://data/k", "-")
	cmd.Stdout = full
	r := start(t, cmd)
	r.cmd.Wait() // an error, which the exit code tells
	if code, got := r.cmd.ProcessState.ExitCode(), r.stderr.String(); code != exitFailed || !strings.Contains(got, "no space left") || strings.Count(got, "\n") != 1 {
		t.Errorf("exit code %d, stderr %q, want 1 and that there is no space left", code, got)
	}
	// The device itself is no file to be replaced.
	s.run(t, "get", "s3://data/k", fullDevice).want(t, exitFailed, fullDevice)
	if info, err := os.Stat(fullDevice); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("%s is no longer a device: %v, %v", fullDevice, info, err)
	}
}

// pty opens a pseudo-terminal: what a program writes to the terminal can be read
// from its other end.
func pty(t *testing.T) (terminal, other *os.File) {
	t.Helper()
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	var locked, number int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCSPTLCK: &locked, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, other.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	terminal, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return terminal, other
}

func TestProgressOnATerminalIsOneLineThatRewritesItself(t *testing.T) {
	dir := t.TempDir()
	quick := newSite(t, func(cfg *s3test.Config) { cfg.Dir = dir })
	quick.store(t, "k", pattern(1000000))
	quick.Close()
	s := newSite(t, func(cfg *s3test.Config) { cfg.Dir, cfg.Bandwidth = dir, 1000000 })

	terminal, other := pty(t)
	file := filepath.Join(t.TempDir(), "f")
	cmd := s.command(t, "get", "s3://data/k", file)
	cmd.Stderr = terminal
	r := start(t, cmd)
	terminal.Close()
	var seen bytes.Buffer
	io.Copy(&seen, other) // to the error that says that the last writer is gone
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	text := seen.String()
	if n := strings.Count(text, "\rdownloaded "); n < 2 || strings.Contains(text, "\n") {
		t.Errorf("the terminal saw %d lines of progress: %q, want some, and no line end", n, text)
	}
	if !strings.Contains(text, " of 976.6 KiB, ") || !strings.Contains(text, "/s, ") || !strings.Contains(text, "s left") {
		t.Errorf("the terminal saw %q, want bytes, rate and time left", text)
	}
	if last := text[strings.LastIndex(strings.TrimSuffix(text, "\r"), "\r"):]; strings.TrimSpace(last) != "" {
		t.Errorf("the line is left as %q, want it wiped", last)
	}
	if got := r.stdout.String(); !strings.HasPrefix(got, "s3://data/k -> "+file+": ") || strings.Count(got, "\n") != 1 {
		t.Errorf("stdout is %q, want the report only", got)
	}
}

func TestExplainColoursATerminalUnlessToldNotTo(t *testing.T) {
	s := newSite(t)
	r := refuse(t, s, secret, false, func(req *http.Request) { req.Header.Set("X-Amz-Meta-A", "one") })
	dir := t.TempDir()
	request, answer := writeFile(t, dir, "request", r.request), writeFile(t, dir, "answer", r.answer)
	for _, test := range []struct {
		env  []string
		args []string
		want string
	}{
		{nil, nil, "\x1b[31m- x-amz-meta-a:one\x1b[0m\x1b[31;4m·two\x1b[0m\r\n"},
		{[]string{"NO_COLOR="}, nil, "\x1b[31m- x-amz-meta-a:one\x1b[0m\x1b[31;4m·two\x1b[0m\r\n"},
		{[]string{"NO_COLOR=1"}, nil, "\r\n- x-amz-meta-a:one·two\r\n"},
		{[]string{"TERM=dumb"}, nil, "\r\n- x-amz-meta-a:one·two\r\n"},
		{nil, []string{"--json"}, `{"found":true,`},
	} {
		terminal, other := pty(t)
		cmd := s.with(test.env...).command(t, append([]string{"explain", "--error", answer, request}, test.args...)...)
		cmd.Stdout = terminal
		started := start(t, cmd)
		terminal.Close()
		var seen bytes.Buffer
		io.Copy(&seen, other) // to the error that says that the last writer is gone
		if err := cmd.Wait(); err != nil || started.stderr.Len() > 0 {
			t.Errorf("%v: %v, stderr %q", test.env, err, &started.stderr)
		}
		if text := seen.String(); !strings.Contains(text, test.want) || strings.Contains(text, "\x1b") != strings.Contains(test.want, "\x1b") {
			t.Errorf("%v: the terminal saw %q, want %q in it", test.env, text, test.want)
		}
	}
}
