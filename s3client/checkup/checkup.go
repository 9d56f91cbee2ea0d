package checkup

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// Options are what the form does not say. The zero value means the defaults.
type Options struct {
	// Bucket and Path are what to try where the form restricts to none.
	Bucket, Path string
	// Write has writing and deleting tried, too, if the form names no permissions.
	// Those that it names are tried in any case, and no others are.
	Write bool
	// Credentials, Base, Now and LookupEnv are those of [s3client.Options].
	Credentials sigv4.Provider
	Base        http.RoundTripper
	Now         func() time.Time
	LookupEnv   func(name string) (value string, found bool)
	// Each, if it is not nil, is told of each check as soon as it has ended.
	Each func(Check)
}

// patience bounds each check, so that a service that says nothing is told from one
// that is slow.
const patience = 30 * time.Second

// Run tries a connection out. If ctx ends, the checks that are left are skipped.
func Run(ctx context.Context, c s3client.Connection, opts Options) Report {
	r := &run{form: c, opts: opts, interrupted: ctx.Err}
	r.bucket, r.path = cmp.Or(c.RestrictToBucket, opts.Bucket), cmp.Or(c.RestrictToPath, opts.Path)
	r.conceal(c.ExternalID)
	for _, s := range []s3client.Secret{c.SecretAccessKey, c.SessionToken} {
		if s.Reference() == "" {
			r.conceal(s.Reveal())
		}
	}
	if r.base = opts.Base; r.base == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		defer own.CloseIdleConnections()
		r.base = own
	}
	if r.opts.Now == nil {
		r.opts.Now = time.Now
	}
	stop := ""
	for _, step := range []func(context.Context) string{
		r.checkForm, r.checkEndpoint, r.checkClock, r.checkIdentity, r.checkRole, r.checkExternalID,
		r.checkSessionPolicy, r.checkBucket, r.checkList, r.checkObjects,
	} {
		if ctx.Err() != nil {
			stop = wasInterrupted
		}
		if stop != "" {
			break
		}
		stop = step(ctx)
	}
	for _, name := range order[len(r.report.Checks):] {
		r.add(Check{Name: name, Status: Skipped, Found: stop})
	}
	return r.report
}

const wasInterrupted = "interrupted"

// run is one run. Each step adds its checks, in their order, and gives the reason
// for which all further ones are skipped, "" if they are not.
type run struct {
	form         s3client.Connection
	opts         Options
	bucket, path string
	base         http.RoundTripper
	interrupted  func() error
	secrets      []string
	report       Report

	sts         *sts.Client // with own
	own         sigv4.Credentials
	date        dated              // what the service's clock said
	caller      sts.CallerIdentity // zero where the service does not say
	wrongRegion bool               // STS said so
	assumed     sts.AssumeRoleOutput
	noPolicy    error             // why the service did not take the session policy
	session     sigv4.Credentials // that sign requests to S3

	listing   s3client.ListObjectsV2Output
	listed    error
	wasListed bool
	versions  versions
}

// versions is whether the bucket keeps them, as far as is known.
type versions int

const (
	unknown versions = iota
	kept
	none
)

// add ends a check.
func (r *run) add(c Check) {
	if isLeft := c.Name == Delete && len(r.report.LeftBehind) > 0; c.Status == Failed && r.interrupted() != nil && !isLeft {
		c = Check{Name: c.Name, Status: Skipped, Found: wasInterrupted} // which is why it failed
	}
	if c.Status == Failed {
		c.Cause = cmp.Or(c.Cause, Other)
	}
	c.Found, c.Service = r.concealed(c.Found), r.concealed(c.Service)
	for i := range c.Advice {
		c.Advice[i] = r.concealed(c.Advice[i])
	}
	r.report.Checks = append(r.report.Checks, c)
	if r.opts.Each != nil {
		r.opts.Each(c)
	}
}

// conceal remembers what no report may hold. What is shorter stands in any text
// and protects nothing.
func (r *run) conceal(secrets ...string) {
	for _, s := range secrets {
		if len(s) >= 6 {
			r.secrets = append(r.secrets, s)
		}
	}
}

func (r *run) concealed(text string) string {
	for _, s := range r.secrets {
		text = strings.ReplaceAll(text, s, "[redacted]")
	}
	return text
}

func (r *run) isRole() bool { return r.form.AuthorizationType == s3client.IAMRole }

// may reports whether the form allows something.
func (r *run) may(p s3client.Permissions) bool {
	return r.form.Permissions == 0 || r.form.Permissions&p != 0
}

// checkForm validates the form and follows its references, which sends nothing.
func (r *run) checkForm(context.Context) string {
	var err error
	r.sts, err = r.form.STS(&s3client.Options{Credentials: r.opts.Credentials, Base: r.base, Now: r.opts.Now, LookupEnv: r.opts.LookupEnv})
	if err == nil {
		r.add(Check{Name: Form, Status: OK, Found: "every field is valid"})
		return ""
	}
	c := Check{Name: Form, Status: Failed, Cause: Invalid, Found: err.Error()}
	if errors.Is(err, sigv4.ErrCredentials) {
		c.Cause = Denied
	}
	var invalid *s3client.ConnectionError
	if errors.As(err, &invalid) {
		var labels []string
		for _, f := range invalid.Fields {
			labels = append(labels, f.Label())
			problem := f.Label() + " " + f.Problem
			if f.Advice != "" {
				problem += "; " + f.Advice
			}
			c.Advice = append(c.Advice, problem)
		}
		c.Found = "to be corrected: " + strings.Join(labels, ", ")
	}
	r.add(c)
	return "the form is not valid"
}
