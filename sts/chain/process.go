package chain

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"runtime"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Process is a program that prints credentials (AWS SDKs and Tools Reference
// Guide, "Process credential provider"; AWS CLI User Guide, "Sourcing credentials
// with an external process in the AWS CLI"):
//
//	{"Version": 1, "AccessKeyId": "…", "SecretAccessKey": "…", "SessionToken": "…", "Expiration": "2026-01-02T15:04:05Z"}
//
// Without Expiration the credentials do not end.
//
// No shell is asked: neither variables nor ~ are replaced. What the program
// writes to its standard error goes nowhere, for it may hold a secret; its
// standard input is empty. It has this process's environment.
type Process struct {
	// Command is the program and its arguments. Those with a blank stand in
	// double quotes.
	Command string
	// Timeout bounds one run; 0 is a minute.
	Timeout time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	profile string  // whose setting the command is; "" if it is nobody's
	at      setting // where it stands
}

// Fetch implements [Source].
func (p *Process) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	const name = "credential_process"
	if p.Command == "" {
		return sigv4.Credentials{}, none(name, "there is no command")
	}
	failed := func(problem string, err error) (sigv4.Credentials, error) {
		source := name
		if p.profile != "" {
			source += " of profile " + p.profile + " (" + p.at.at() + ")"
		}
		return sigv4.Credentials{}, &SourceError{Source: source, Problem: problem, Err: err}
	}
	// The command itself stands in no error, for it may hold a secret.
	bad := func(problem string, err error) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, &SettingError{Kind: ErrMalformed, Source: cmp.Or(p.at.file, "program"), Line: p.at.line, Setting: name, Problem: problem, Err: err}
	}
	argv, ok := split(p.Command, runtime.GOOS == "windows")
	if !ok {
		return bad("is empty or has a quotation mark that is not closed", nil)
	}
	timeout := cmp.Or(p.Timeout, time.Minute)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	var out limited
	cmd.Stdout = &out
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program has ended well, and left a child that keeps its output open
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return failed(fmt.Sprintf("did not end within %v", timeout), context.DeadlineExceeded)
	case ctx.Err() != nil:
		return failed("was interrupted", context.Cause(ctx))
	case out.over:
		return failed("printed too much", tooMuch(maxAnswer))
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return bad("names a program that is not there: expecting its full path, without ~ and variables", fs.ErrNotExist)
	case err != nil:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return failed("failed; run its command by hand to see why", exit)
		}
		return failed("could not be run", bare(err))
	}
	return p.parse(out.text, failed)
}

func (p *Process) parse(out []byte, failed func(string, error) (sigv4.Credentials, error)) (sigv4.Credentials, error) {
	var answer struct {
		Version         json.RawMessage // 1, and not "1"
		AccessKeyID     string          `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      string
	}
	// The decoder's error may quote what it read.
	if json.Unmarshal(out, &answer) != nil {
		return failed("printed no JSON of the form {\"Version\": 1, \"AccessKeyId\": …}", nil)
	}
	if string(answer.Version) != "1" {
		return failed("printed JSON whose Version is not 1", nil)
	}
	cred, problem := temporary(answer.AccessKeyID, answer.SecretAccessKey, answer.SessionToken, answer.Expiration)
	if problem != "" {
		return failed("printed JSON that "+problem, nil)
	}
	if !cred.Expires.IsZero() && !cred.Expires.After(now(p.Now)) {
		return failed("printed credentials that ended at "+cred.Expires.UTC().Format(time.RFC3339), nil)
	}
	return cred, nil
}

// temporary makes credentials of an answer; problem says what is wrong with it.
// An end of "" is none.
func temporary(id, secret, token, end string) (cred sigv4.Credentials, problem string) {
	switch "" {
	case id:
		return cred, "lacks AccessKeyId"
	case secret:
		return cred, "lacks SecretAccessKey"
	}
	cred = sigv4.NewCredentials(id, secret, token)
	if cred.Validate() != nil {
		return sigv4.Credentials{}, "has an access key that cannot sign"
	}
	if end != "" {
		var ok bool
		if cred.Expires, ok = expiration(end); !ok {
			return sigv4.Credentials{}, "has an Expiration that is no time of ISO 8601"
		}
	}
	return cred, ""
}

// expiration reads when credentials end.
func expiration(text string) (end time.Time, ok bool) {
	end, err := time.Parse(time.RFC3339, text)
	return end, err == nil && !end.IsZero()
}

// limited keeps what a program prints, up to maxAnswer.
type limited struct {
	text []byte
	over bool
}

func (l *limited) Write(b []byte) (int, error) {
	if len(l.text)+len(b) > maxAnswer {
		l.over = true
		return 0, tooMuch(maxAnswer) // which closes the program's pipe
	}
	l.text = append(l.text, b...)
	return len(b), nil
}

// bare is the operating system's reason without the file's name.
func bare(err error) error {
	if e := (*exec.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func now(clock func() time.Time) time.Time {
	if clock == nil {
		return time.Now()
	}
	return clock()
}

// split takes a command apart at its blanks. Quotation marks, double or single,
// keep blanks together; a backslash takes the next character as it is, except on
// Windows, where it stands in paths, and between single quotation marks.
func split(command string, windows bool) (argv []string, ok bool) {
	var word []byte
	var quote byte // 0 outside of quotation marks
	open := false  // a word has begun, though it may be empty
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && !windows && quote != '\'' && i+1 < len(command) && (quote == 0 || command[i+1] == '"' || command[i+1] == '\\'):
			i++
			word, open = append(word, command[i]), true
		case quote != 0:
			word = append(word, c)
		case c == '"' || c == '\'' && !windows:
			quote, open = c, true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if open {
				argv = append(argv, string(word))
			}
			word, open = nil, false
		default:
			word, open = append(word, c), true
		}
	}
	if open {
		argv = append(argv, string(word))
	}
	return argv, quote == 0 && len(argv) > 0
}
