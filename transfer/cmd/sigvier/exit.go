package main

import (
	"context"
	"errors"
	"net/http"

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

// errReported ends a command whose error stands in its output already.
var errReported = errors.New("reported")

// exitCode is the one place that knows which error is which exit code.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var api *s3client.APIError
	isAPI := errors.As(err, &api)
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &usage), errors.Is(err, s3client.ErrInvalidConnection):
		return exitUsage
	case errors.Is(err, transfer.ErrIntegrity):
		return exitIntegrity
	case errors.Is(err, s3client.ErrDenied), errors.Is(err, s3client.ErrRestricted),
		errors.Is(err, chain.ErrNoCredentials), errors.Is(err, sigv4.ErrCredentials),
		isAPI && (api.Status == http.StatusForbidden || api.Status == http.StatusUnauthorized):
		return exitDenied
	case errors.Is(err, s3client.ErrNotFound):
		return exitNotFound
	}
	return exitFailed
}

func message(code int, err error) string {
	if code == exitInterrupted {
		return "interrupted; nothing was left behind"
	}
	return err.Error()
}
