// Command sigvier moves objects to and from S3, serves an S3 of its own for
// tests, and shows each step of a signature. "sigvier help" says more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// app is one run of the command, with all that it touches.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	getenv         func(string) string
	json           bool // --json
}

type command struct {
	name, args, about string
	run               func(*app, context.Context, *flag.FlagSet, []string) error
}

func commands() []command {
	return []command{
		{"demo", "", "start an embedded server, take an IAM role with an external ID, upload, download with threads, verify", (*app).demo},
		{"get", "s3://BUCKET/KEY [FILE | -]", "download an object", (*app).get},
		{"put", "FILE|- s3://BUCKET/KEY", "upload a file", (*app).put},
		{"cp", "s3://BUCKET/KEY s3://BUCKET[/KEY]", "copy an object in the service", (*app).cp},
		{"ls", "[s3://BUCKET[/PREFIX]]", "list buckets or keys", (*app).ls},
		{"head", "s3://BUCKET[/KEY]", "show what is known of an object or a bucket", (*app).head},
		{"rm", "s3://BUCKET/KEY", "remove an object", (*app).rm},
		{"mb", "s3://BUCKET", "make a bucket", (*app).mb},
		{"rb", "s3://BUCKET", "remove an empty bucket", (*app).rb},
		{"presign", "s3://BUCKET/KEY", "print a URL that allows one request for a while", (*app).presign},
		{"connect", "[s3://BUCKET[/PATH]]", "try a connection out, field by field: who am I, role, external ID, bucket, list, read, write", (*app).connect},
		{"role", "s3://BUCKET[/PATH] | --check FILE", "write the policies and the steps for an IAM role with an external ID, or judge one", (*app).role},
		{"serve", "", "run the embedded S3 and STS server", (*app).serve},
		{"sign", "< REQUESTS.jsonl", "show every step of the signature of given requests", (*app).sign},
		{"verify", "[FILE | -]", "check the signature of a captured request or a presigned URL", (*app).verify},
		{"explain", "[--error ANSWER] [REQUEST | -]", "say why a server refused a request", (*app).explain},
	}
}

// run runs one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	err := a.dispatch(ctx, args)
	code := exitCode(ctx, err)
	if told := reported(0); err != nil && !errors.As(err, &told) {
		fmt.Fprintln(a.stderr, "sigvier:", message(code, err))
	}
	return code
}

func (a *app) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		a.usage(a.stderr)
		return usageError("a command is missing")
	}
	name, args := args[0], args[1:]
	if name == "help" || name == "-h" || name == "-help" || name == "--help" {
		a.usage(a.stdout)
		return nil
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if i < 0 {
		return usageError(fmt.Sprintf("there is no command %q: see sigvier help", name))
	}
	c := commands()[i]
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by run
	fs.Usage = func() {}
	err := c.run(a, ctx, fs, args)
	if err == flag.ErrHelp {
		fmt.Fprintf(a.stdout, "sigvier %s %s\n  %s\n\n", c.name, c.args, c.about)
		fs.SetOutput(a.stdout)
		fs.PrintDefaults()
		return nil
	}
	return err
}

func (a *app) usage(w io.Writer) {
	fmt.Fprint(w, "sigvier moves objects to and from S3, and shows each step of a signature.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  sigvier %-38s %s\n", strings.TrimSpace(c.name+" "+c.args), c.about)
	}
	fmt.Fprint(w, `
sigvier COMMAND -h lists a command's flags. Flags may stand before or behind the
arguments. Results go to stdout, talk and progress to stderr.

The connection comes from --connection FILE (JSON, the fields of the form), what
that leaves open from the flags, and the rest from the environment and the shared
files as the AWS tools read them.

Exit codes: 0 done, 1 failed, 2 usage, 3 denied, 4 not found, 5 integrity,
130 interrupted.
`)
}

// input is the standard input for a command that reads it. It ends when ctx does:
// a read of a terminal or a pipe waits, and knows nothing of ctx.
func (a *app) input(ctx context.Context) (*os.File, error) {
	if _, err := a.stdin.Seek(0, io.SeekCurrent); err == nil {
		return a.stdin, nil // a file does not wait
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { w.Close() })
	go func() {
		// Bare, so that no system call holds the pipe while it waits for the input.
		_, err := io.Copy(struct{ io.Writer }{w}, struct{ io.Reader }{a.stdin})
		if err != nil && ctx.Err() == nil {
			r.Close() // an error is no end
		}
		w.Close()
	}()
	return r, nil
}

// parse parses flags that may stand anywhere among the arguments, and checks how
// many arguments there are.
func parse(fs *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var positional []string
	for {
		if err := fs.Parse(args); err == flag.ErrHelp {
			return nil, err
		} else if err != nil {
			return nil, usageError(err.Error() + ": see sigvier " + fs.Name() + " -h")
		}
		rest := fs.Args()
		if len(rest) == 0 {
			break
		}
		if taken := len(args) - len(rest); taken > 0 && args[taken-1] == "--" {
			positional = append(positional, rest...)
			break
		}
		positional, args = append(positional, rest[0]), rest[1:]
	}
	switch {
	case len(positional) < least:
		return nil, usageError("an argument is missing: see sigvier " + fs.Name() + " -h")
	case len(positional) > most:
		return nil, usageError(fmt.Sprintf("%q is one argument too many: see sigvier %s -h", positional[most], fs.Name()))
	}
	return positional, nil
}
