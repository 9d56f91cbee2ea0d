package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
	"github.com/sigvier/sigvier/transfer"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDenied      = 3
	exitNotFound    = 4
	exitIntegrity   = 5
	exitInterrupted = 130
)

// usageError is a command line that cannot be meant.
type usageError string

func (e usageError) Error() string { return string(e) }

// reported ends a command whose error stands in its output already, with that exit
// code.
type reported int

func (reported) Error() string { return "reported" }

// exitCode is the one place that knows which error is which exit code.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var told reported
	var api *s3client.APIError
	var setting *chain.SettingError
	var source *chain.SourceError
	var denied *sigv4.VerifyError
	isAPI := errors.As(err, &api)
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil: // whatever the error became on its way here
		return exitInterrupted
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &usage), errors.Is(err, transfer.ErrLimits), errors.Is(err, s3client.ErrInvalidConnection) && !errors.Is(err, sigv4.ErrCredentials):
		return exitUsage
	case errors.Is(err, transfer.ErrIntegrity):
		return exitIntegrity
	case errors.Is(err, s3client.ErrDenied), errors.Is(err, s3client.ErrRestricted),
		errors.Is(err, chain.ErrNoCredentials), errors.Is(err, sigv4.ErrCredentials), errors.As(err, &setting), errors.As(err, &source),
		errors.As(err, &denied),
		isAPI && (api.Status == http.StatusForbidden || api.Status == http.StatusUnauthorized):
		return exitDenied
	case errors.Is(err, s3client.ErrNotFound):
		return exitNotFound
	}
	return exitFailed
}

func message(code int, err error) string {
	var kept *transfer.ResumableError
	switch {
	case code == exitInterrupted && errors.As(err, &kept) && kept.UploadID == "":
		return fmt.Sprintf("interrupted; %s are kept, and the same command goes on from there", size(kept.Done))
	case code == exitInterrupted && errors.As(err, &kept) && kept.Done == 0:
		return "interrupted; no part is uploaded yet, and the same command goes on with this upload"
	case code == exitInterrupted && errors.As(err, &kept):
		return fmt.Sprintf("interrupted; %s are uploaded, and the same command goes on from there", size(kept.Done))
	case code == exitInterrupted:
		return "interrupted; no unfinished file or object was left behind"
	case errors.Is(err, chain.ErrNoCredentials):
		return oneLine(err.Error() + ": set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a connection into a file for --connection")
	}
	return oneLine(err.Error())
}

// oneLine keeps what a key or a service put into an error from moving a
// terminal's cursor.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("; ")
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
