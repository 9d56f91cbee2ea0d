package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// verdict is what "sigvier verify --json" prints.
type verdict struct {
	Valid         bool     `json:"valid"`
	Form          string   `json:"form,omitempty"` // header or query
	AccessKeyID   string   `json:"access_key_id,omitempty"`
	Region        string   `json:"region,omitempty"`
	Service       string   `json:"service,omitempty"`
	SignedAt      string   `json:"signed_at,omitempty"`
	ExpiresAt     string   `json:"expires_at,omitempty"`
	SignedHeaders []string `json:"signed_headers,omitempty"`
	PayloadHash   string   `json:"payload_hash,omitempty"`
	BodyVerified  *bool    `json:"body_verified,omitempty"`

	Code             string `json:"code,omitempty"` // S3's, of the check that failed
	Status           int    `json:"status,omitempty"`
	Message          string `json:"message,omitempty"`
	CanonicalRequest string `json:"canonical_request,omitempty"` // as computed
	StringToSign     string `json:"string_to_sign,omitempty"`
}

func (a *app) verify(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var scope scopeFlags
	scope.register(fs)
	at := fs.String("time", "", "verify as of this `TIME`, 20150830T123600Z or 2015-08-30T12:36:00Z, instead of now")
	fs.BoolVar(&a.json, "json", false, "print one JSON object")
	args, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	now := time.Now()
	if *at != "" {
		if now, err = parseTime(*at); err != nil {
			return err
		}
	}
	data, err := a.readRequest(ctx, append(args, "-")[0])
	if err != nil {
		return err
	}
	r, err := oracle.Parse(data)
	if err != nil {
		return err
	}
	scope.apply(&r)
	// Of what the environment has, all counts: it is the account that is asked.
	if id := a.getenv("AWS_ACCESS_KEY_ID"); r.Credentials.SecretAccessKey() == "" && a.getenv("AWS_SECRET_ACCESS_KEY") != "" {
		r.Credentials = sigv4.NewCredentials(cmp.Or(id, r.Credentials.AccessKeyID), a.getenv("AWS_SECRET_ACCESS_KEY"),
			cmp.Or(a.getenv("AWS_SESSION_TOKEN"), r.Credentials.SessionToken()))
	}
	v, err := r.Verify(now)
	var denied *sigv4.VerifyError
	switch {
	case errors.Is(err, oracle.ErrNoSecret):
		return fmt.Errorf("%w: set AWS_SECRET_ACCESS_KEY, or give it in the JSON", err)
	case errors.As(err, &denied) && a.json:
		out := verdict{Code: denied.Code, Status: denied.Status, Message: denied.Message,
			CanonicalRequest: denied.CanonicalRequest, StringToSign: denied.StringToSign}
		if err := writeJSON(a, out); err != nil {
			return err
		}
		return reported(exitDenied)
	case errors.As(err, &denied):
		return fmt.Errorf("not valid: %w%s", denied, hint(r, denied))
	case err != nil:
		return err
	}
	return a.result(verdictOf(r, v), fmt.Sprintf("valid: %s", sentence(r, v)))
}

// hint says how to go on where the time is all that is wrong.
func hint(r oracle.Request, denied *sigv4.VerifyError) string {
	expired := strings.HasPrefix(denied.Message, "Request ") // has expired, is not valid yet
	if denied.Code == "RequestTimeTooSkewed" || denied.Code == "AccessDenied" && expired {
		return " (--time " + r.Time + " verifies it as of when it was signed)"
	}
	return ""
}

func verdictOf(r oracle.Request, v sigv4.Verified) verdict {
	body := r.BodyVerified()
	out := verdict{Valid: true, Form: form(v), AccessKeyID: v.AccessKeyID, Region: r.Region, Service: r.Service,
		SignedAt: v.SignedAt.Format(time.RFC3339), SignedHeaders: strings.Split(v.SignedHeaders, ";"), PayloadHash: v.Payload.String(), BodyVerified: &body}
	if v.Query {
		out.ExpiresAt = v.ExpiresAt.Format(time.RFC3339)
	}
	return out
}

func sentence(r oracle.Request, v sigv4.Verified) string {
	s := fmt.Sprintf("signed by %s for %s in %s at %s in the %s form, with the headers %s", v.AccessKeyID, r.Service, r.Region,
		v.SignedAt.Format(time.RFC3339), form(v), strings.ReplaceAll(v.SignedHeaders, ";", ", "))
	if v.Query {
		s += "; good until " + v.ExpiresAt.Format(time.RFC3339)
	}
	switch {
	case r.BodyVerified():
		s += "; the body is the one that was signed"
	case v.Payload.IsDigest():
		s += "; the body was not there to be held against its hash"
	default:
		s += "; the body is not signed (" + v.Payload.String() + ")"
	}
	return s
}

func form(v sigv4.Verified) string {
	if v.Query {
		return "query"
	}
	return "header"
}

// scopeFlags are what a server expects in the credential scope.
type scopeFlags struct{ service, region string }

func (s *scopeFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&s.service, "service", "", "the `SERVICE` of the server, \"s3\"; by default the one that the signature names")
	fs.StringVar(&s.region, "region", "", "the `REGION` of the server; by default the one that the signature names")
}

func (s *scopeFlags) apply(r *oracle.Request) {
	r.Service, r.Region = cmp.Or(s.service, r.Service), cmp.Or(s.region, r.Region)
}

// parseTime reads X-Amz-Date's form and RFC 3339.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{"20060102T150405Z", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError(fmt.Sprintf("--time %s: 20150830T123600Z or 2015-08-30T12:36:00Z is expected", s))
}

// readRequest reads a file, or the standard input for -, as far as a request may
// be long.
func (a *app) readRequest(ctx context.Context, name string) ([]byte, error) {
	open := func() (*os.File, error) { return a.input(ctx) }
	if name != "-" {
		open = func() (*os.File, error) { return os.Open(name) }
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	if name != "-" {
		defer file.Close()
	}
	data, err := io.ReadAll(io.LimitReader(file, oracle.MaxInput+1))
	if cause := ctx.Err(); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return data, nil
}
