package s3client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

func copyKey(ctx context.Context, c *s3client.Client) error {
	_, err := c.CopyObject(ctx, s3client.CopyObjectInput{Bucket: "data", Key: "copy", CopySource: s3client.CopySource{Bucket: "data", Key: "k"}})
	return err
}

func breaksOff(begin string) answer {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := says(200, "")(req)
		resp.ContentLength = -1
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(begin), iotest.ErrReader(io.ErrUnexpectedEOF)))
		return resp, err
	}
}

// S3 begins to answer before it knows: what comes behind status 200 may be an error.
func TestErrorBehindStatus200(t *testing.T) {
	const (
		declared = `<?xml version="1.0" encoding="UTF-8"?>`
		copied   = `<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>`
	)
	failed := func(code string) string { return "<Error><Code>" + code + "</Code><Message>late</Message></Error>" }
	for _, test := range []struct {
		name    string
		answers []answer
		want    int   // requests
		is      error // nil: it succeeds in the end
		text    string
	}{
		{"none", []answer{says(200, copied)}, 1, nil, ""},
		{"none, behind what keeps the connection alive", []answer{says(200, declared+strings.Repeat(" \r\n", 1000)+copied)}, 1, nil, ""},
		{"the service's own failure", []answer{says(200, failed("InternalError")), says(200, copied)}, 2, nil, ""},
		{"the service's own failure, kept alive", []answer{says(200, declared+"\n   "+failed("SlowDown")), says(200, copied)}, 2, nil, ""},
		{"twice", []answer{says(200, failed("InternalError")), says(200, failed("SlowDown")), says(200, copied)}, 3, nil, ""},
		{"again and again", []answer{says(200, failed("InternalError"))}, 3, &s3client.APIError{Code: "InternalError"}, "late (HTTP 200)"},
		{"a failure before and one behind", []answer{says(503, failed("SlowDown")), says(200, failed("InternalError")), says(200, copied)}, 3, nil, ""},
		{"a denial", []answer{says(200, failed("AccessDenied"))}, 1, s3client.ErrDenied, "AccessDenied"},
		{"a source that is gone", []answer{says(200, failed("NoSuchKey"))}, 1, s3client.ErrNotFound, "NoSuchKey"},
		{"an upload that is gone", []answer{says(200, failed("NoSuchUpload"))}, 1, s3client.ErrNotFound, "NoSuchUpload"},
		{"nothing at all", []answer{says(200, "")}, 1, errAny, "CopyObjectResult"},
		{"a proxy's page", []answer{says(200, "<html><title>Welcome</title>\n</html>")}, 1, errAny, "<html><title>Welcome"},
		{"an answer that breaks off", []answer{breaksOff(declared + "   ")}, 1, io.ErrUnexpectedEOF, "reading the answer"},
		{"an answer that does not end", []answer{says(200, strings.Repeat(" ", 2<<20)+failed("InternalError"))}, 1, errAny, "CopyObjectResult"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := &recorder{answers: test.answers}
				err := copyKey(t.Context(), open(t, awsForm("us-east-1"), &s3client.Options{Base: net}))
				switch {
				case test.is == nil && err != nil:
					t.Error(err)
				case test.is != nil:
					wantErr(t, err)
					if test.is != errAny {
						wantErr(t, err, test.is)
					}
					var e *s3client.Error
					if !errors.As(err, &e) || !strings.Contains(err.Error(), test.text) {
						t.Errorf("%q does not say %q", err, test.text)
					}
				}
				if len(net.requests) != test.want {
					t.Errorf("%d requests, want %d", len(net.requests), test.want)
				}
			})
		})
	}
}

var errAny = errors.New("any error")

func TestCancelledBetweenLateAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &recorder{answers: []answer{says(200, "<Error><Code>InternalError</Code></Error>")}}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := copyKey(ctx, open(t, awsForm("us-east-1"), &s3client.Options{Base: net}))
		wantErr(t, err, context.DeadlineExceeded, &s3client.APIError{Code: "InternalError"})
		if len(net.requests) != 1 {
			t.Errorf("%d requests, want 1", len(net.requests))
		}
	})
}
