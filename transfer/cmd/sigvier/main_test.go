package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
	"github.com/sigvier/sigvier/transfer"
)

func TestHelpGoesToStdout(t *testing.T) {
	for _, arg := range []string{"help", "-h", "-help", "--help"} {
		r := shell{}.run(t, arg)
		r.want(t, exitDone, "Exit codes:")
		for _, c := range commands() {
			if !strings.Contains(r.stdout, "\n  sigvier "+c.name+" ") {
				t.Errorf("%s does not name %s: %s", arg, c.name, r.stdout)
			}
		}
	}
	for _, c := range commands() {
		for _, arg := range []string{"-h", "--help"} {
			shell{}.run(t, c.name, arg).want(t, exitDone, "sigvier "+c.name+" "+c.args, c.about)
		}
	}
	shell{}.run(t, "get", "s3://b/k", "file", "-h").want(t, exitDone, "-threads N", "-part-size BYTES")
}

// Secrets are never flags: other users see a process's arguments.
func TestNoClientCommandTakesASecretAsAFlag(t *testing.T) {
	for _, c := range commands() {
		if c.name == "serve" || c.name == "sign" { // neither is a client's
			continue
		}
		help := strings.ToLower(shell{}.run(t, c.name, "-h").stdout)
		for _, word := range []string{"-secret", "-token", "-access-key", "-password"} {
			if strings.Contains(help, word) {
				t.Errorf("%s has a flag %s", c.name, word)
			}
		}
	}
}

func TestCommandLinesThatCannotBeMeant(t *testing.T) {
	type line struct {
		args []string
		text string
	}
	lines := []line{
		{[]string{"frob"}, `there is no command "frob": see sigvier help`},
		{[]string{"GET", "s3://b/k"}, `there is no command "GET"`},
		{[]string{""}, `there is no command ""`},
		{[]string{"--region", "x", "ls"}, `there is no command "--region"`},
		{[]string{"get", "--threads"}, "flag needs an argument"},
		{[]string{"get", "s3://b/k", "--part-size", "-1"}, "--part-size"},
		{[]string{"get", "s3://b/k", "--limit-rate", "0"}, "limit-rate"},
		{[]string{"get", "s3://b/k", "--limit-rate", "1M"}, "bytes per second"},
		{[]string{"get", "s3://b/k", "--part-size", "8M"}, "part-size"},
		{[]string{"get", "s3://b/k", "--path-style=perhaps"}, "path-style"},
		{[]string{"get", "s3://b"}, "a bucket and a key are expected"},
		{[]string{"get", "s3://b/"}, "a bucket and a key are expected"},
		{[]string{"get", "s3:///k"}, "a bucket and a key are expected"},
		{[]string{"get", "b/k"}, "s3:// is expected"},
		{[]string{"get", "S3://b/k"}, "s3:// is expected"},
		{[]string{"get", "s3://b/folder/"}, "gives no file name"},
		{[]string{"get", "s3://b/a/.."}, "gives no file name"},
		{[]string{"get", "s3://b/a/."}, "gives no file name"},
		{[]string{"get", "s3://b/a\x00b"}, "gives no file name"},
		{[]string{"put", "-", "s3://b"}, "names no key"},
		{[]string{"put", "-", "s3://b/folder/"}, "names no key"},
		{[]string{"put", "main_test.go", "b"}, "s3:// is expected"},
		{[]string{"put", ".", "s3://b"}, ". is a folder"},
		{[]string{"put", "main_test.go", "s3://b", "--part-size", "8M"}, "part-size"},
		{[]string{"put", "main_test.go", "s3://b", "--limit-rate", "0"}, "limit-rate"},
		{[]string{"cp", "s3://b/k", "k"}, "s3:// is expected"},
		{[]string{"cp", "s3://b/k", "s3://"}, "a bucket, or a bucket and a key, is expected"},
		{[]string{"cp", "s3://b/folder/", "s3://b2/"}, "has no name to take"},
		{[]string{"ls", "s3:///k"}, "a bucket is expected"},
		{[]string{"ls", "bucket"}, "s3:// is expected"},
		{[]string{"head", "s3://"}, "a bucket, or a bucket and a key, is expected"},
		{[]string{"rm", "s3://b"}, "a bucket and a key are expected"},
		{[]string{"mb", "s3://b/k"}, "a bucket and no key is expected"},
		{[]string{"mb", "s3://"}, "a bucket and no key is expected"},
		{[]string{"rb", "s3://b/k"}, "a bucket and no key is expected"},
		{[]string{"presign", "s3://b"}, "a bucket and a key are expected"},
		{[]string{"presign", "s3://b/k", "--method", "POST"}, "--method POST: GET, HEAD, PUT or DELETE"},
		{[]string{"presign", "s3://b/k", "--expires", "0"}, "--expires 0s: whole seconds from 1s to 168h"},
		{[]string{"presign", "s3://b/k", "--expires", "-5m"}, "--expires -5m0s"},
		{[]string{"presign", "s3://b/k", "--expires", "1500ms"}, "--expires 1.5s"},
		{[]string{"presign", "s3://b/k", "--expires", "168h0m1s"}, "--expires 168h0m1s"},
		{[]string{"presign", "s3://b/k", "--expires", "900"}, "expires"},
		{[]string{"demo", "--size", "0"}, "--size: 1 to 5120 MiB"},
		{[]string{"demo", "--size", "5121"}, "--size: 1 to 5120 MiB"},
		{[]string{"demo", "--threads", "0"}, "--threads: 1 to 256"},
		{[]string{"demo", "--threads", "257"}, "--threads: 1 to 256"},
	}
	arguments := map[string][]string{
		"demo": {}, "get": {"s3://b/k", "f"}, "put": {"f", "s3://b/k"}, "cp": {"s3://b/k", "s3://b/l"}, "ls": {"s3://b"}, "head": {"s3://b"}, "rm": {"s3://b/k"},
		"mb": {"s3://bucket"}, "rb": {"s3://bucket"}, "presign": {"s3://b/k"}, "serve": {}, "sign": {}, "verify": {"f"}, "explain": {"f"},
		"role": {"s3://bucket"}, "connect": {"s3://bucket"},
	}
	for _, c := range commands() {
		args, known := arguments[c.name]
		if !known {
			t.Fatalf("the test does not know the command %s", c.name)
		}
		lines = append(lines,
			line{[]string{c.name, "--frob"}, "flag provided but not defined: -frob: see sigvier " + c.name + " -h"},
			line{append([]string{c.name}, append(slices.Clone(args), "extra")...), `"extra" is one argument too many: see sigvier ` + c.name + " -h"})
		if least := map[string]int{"demo": 0, "serve": 0, "sign": 0, "ls": 0, "put": 2, "cp": 2}; len(args) > 0 && !slices.Contains([]string{"ls", "connect", "verify", "explain"}, c.name) {
			lines = append(lines, line{[]string{c.name}, "an argument is missing: see sigvier " + c.name + " -h"})
			if least[c.name] == 2 {
				lines = append(lines, line{[]string{c.name, args[0]}, "an argument is missing"})
			}
		}
	}
	s := nowhere(t).with("AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_ENDPOINT_URL=http://127.0.0.1:1")
	for _, test := range lines {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			s.run(t, test.args...).want(t, exitUsage, test.text)
		})
	}
}

func TestNoCommandShowsTheUsage(t *testing.T) {
	r := shell{}.run(t)
	if r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, "Exit codes:") || !strings.HasSuffix(r.stderr, "sigvier: a command is missing\n") {
		t.Errorf("no arguments gave %+v, want the usage and exit code 2", r)
	}
}

func TestFlagsStandBeforeAndBehindArguments(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	for _, args := range [][]string{
		{"get", "--threads", "2", "--json", "s3://data/k", "-"},
		{"get", "s3://data/k", "--threads", "2", "--json", "-"},
		{"get", "s3://data/k", "-", "--json", "--threads=2"},
		{"get", "s3://data/k", "-", "-json", "-threads", "2"},
		{"get", "--json", "--", "s3://data/k", "-"},
		{"get", "s3://data/k", "--", "-"},
	} {
		if r := s.run(t, args...); r.code != exitDone || r.stdout != "content" {
			t.Errorf("%q = %+v, want the content", args, r)
		}
	}
}

func TestTwoHyphensEndTheFlags(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	t.Chdir(t.TempDir())
	s.run(t, "get", "s3://data/k", "--", "--json").want(t, exitDone, "s3://data/k -> --json: ")
	s.run(t, "put", "--", "--json", "s3://data/copy").want(t, exitDone, "--json -> s3://data/copy: ")
	s.run(t, "ls", "--", "s3://data", "--json").want(t, exitUsage, `"--json" is one argument too many`)
	if got := s.stored(t, "copy"); got != "content" {
		t.Errorf("the copy holds %q, want content", got)
	}
}

func TestExitCodes(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s3 := func(status int, code string) error {
		return &s3client.Error{Op: "GetObject", Err: &s3client.APIError{Status: status, Code: code}}
	}
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", t.Context(), nil, exitDone},
		{"nothing, and then an interrupt", ended, nil, exitDone},
		{"anything", t.Context(), errors.New("x"), exitFailed},
		{"reported", t.Context(), reported(exitFailed), exitFailed},
		{"usage", t.Context(), fmt.Errorf("x: %w", usageError("y")), exitUsage},
		{"connection", t.Context(), s3client.Connection{}.Validate(), exitUsage},
		{"integrity", t.Context(), &transfer.IntegrityError{}, exitIntegrity},
		{"forbidden", t.Context(), s3(http.StatusForbidden, "AccessDenied"), exitDenied},
		{"wrong signature", t.Context(), s3(http.StatusForbidden, "SignatureDoesNotMatch"), exitDenied},
		{"unauthorized", t.Context(), &s3client.APIError{Status: http.StatusUnauthorized}, exitDenied},
		{"expired", t.Context(), s3(http.StatusBadRequest, "ExpiredToken"), exitDenied},
		{"restricted", t.Context(), fmt.Errorf("x: %w", s3client.ErrRestricted), exitDenied},
		{"no credentials", t.Context(), &chain.NoCredentialsError{}, exitDenied},
		{"half an access key", t.Context(), &chain.SettingError{Kind: chain.ErrIncomplete}, exitDenied},
		{"no such profile", t.Context(), &chain.SettingError{Kind: chain.ErrNoProfile}, exitDenied},
		{"not valid", t.Context(), fmt.Errorf("x: %w", &sigv4.VerifyError{}), exitDenied},
		{"not valid, and reported", t.Context(), reported(exitDenied), exitDenied},
		{"bad credentials", t.Context(), fmt.Errorf("x: %w", sigv4.ErrCredentials), exitDenied},
		{"no such key", t.Context(), s3(http.StatusNotFound, "NoSuchKey"), exitNotFound},
		{"no such bucket", t.Context(), s3(http.StatusNotFound, "NoSuchBucket"), exitNotFound},
		{"not found by HEAD", t.Context(), s3(http.StatusNotFound, "NotFound"), exitNotFound},
		{"conflict", t.Context(), s3(http.StatusConflict, "BucketNotEmpty"), exitFailed},
		{"unavailable", t.Context(), s3(http.StatusServiceUnavailable, "SlowDown"), exitFailed},
		{"interrupt", ended, context.Canceled, exitInterrupted},
		{"interrupt in disguise", ended, s3(http.StatusServiceUnavailable, "SlowDown"), exitInterrupted},
		{"cancelled by nobody", t.Context(), context.Canceled, exitFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := exitCode(test.ctx, test.err); got != test.want {
				t.Errorf("exitCode(%v) = %d, want %d", test.err, got, test.want)
			}
		})
	}
}

func TestErrorsAreOneSafeLine(t *testing.T) {
	for _, test := range []struct{ err, want string }{
		{"plain: ü 日本 \"quoted\" \\", "plain: ü 日本 \"quoted\" \\"},
		{"two\nlines", "two; lines"},
		{"\x1b[2J\r\x00", `\x1b[2J\r\x00`},
		{"right\u202eleft", `right\u202eleft`},
	} {
		if got := message(exitFailed, errors.New(test.err)); got != test.want {
			t.Errorf("message(%q) = %q, want %q", test.err, got, test.want)
		}
	}
	s := newSite(t)
	s.run(t, "get", "s3://data/\x1b[31mred\nkey", "-").want(t, exitNotFound, `\x1b[31mred; key`)
}

// The process, rather than the function run in it.
func TestTheProcessHasExitCodesAndTwoOutputs(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	for _, test := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"get", "s3://data/k", "-"}, exitDone, "content", "s3://data/k -> -: 7 B in "},
		{[]string{"ls", "s3://data"}, exitDone, "  k\n", ""},
		{[]string{"ls", "data"}, exitUsage, "", "sigvier: "},
		{[]string{"ls", "--restrict-to-bucket", "other", "s3://data"}, exitDenied, "", "sigvier: "},
		{[]string{"head", "s3://data/none"}, exitNotFound, "", "sigvier: "},
		{[]string{"mb", "s3://data"}, exitFailed, "", "sigvier: "},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			r := runProcess(t, s.command(t, test.args...))
			if r.code != test.code || !strings.HasSuffix(r.stdout, test.stdout) || (test.stdout == "") != (r.stdout == "") ||
				!strings.HasPrefix(r.stderr, test.stderr) || (test.stderr == "") != (r.stderr == "") {
				t.Errorf("got %+v, want exit code %d, stdout %q, stderr %q", r, test.code, test.stdout, test.stderr)
			}
		})
	}
}

func TestMessageOfAnInterruption(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{context.Canceled, "interrupted; no unfinished file or object was left behind"},
		{&transfer.ResumableError{Done: 3 << 20}, "interrupted; 3.0 MiB are kept, and the same command goes on from there"},
		{&transfer.ResumableError{UploadID: "u", Done: 3 << 20}, "interrupted; 3.0 MiB are uploaded, and the same command goes on from there"},
		{&transfer.ResumableError{UploadID: "u"}, "interrupted; no part is uploaded yet, and the same command goes on with this upload"},
	} {
		if got := message(exitInterrupted, test.err); got != test.want {
			t.Errorf("message(%v) = %q, want %q", test.err, got, test.want)
		}
	}
}
