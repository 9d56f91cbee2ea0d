package checkup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// checkEndpoint sends a request without a signature to each service, which says
// how far one comes: by name, connection, encryption, answer.
func (r *run) checkEndpoint(ctx context.Context) string {
	places, err := r.places()
	if err != nil {
		r.add(Check{Name: Endpoint, Status: Failed, Found: err.Error()})
		return cannotBeReached
	}
	c := Check{Name: Endpoint, Status: OK}
	var found []string
	for i, p := range places {
		reached, date, failure := r.reach(ctx, p)
		if failure != nil {
			r.add(*failure)
			return cannotBeReached
		}
		if i == 0 {
			r.date = date
		}
		if p.Scheme == "http" && !isLoopback(p.Hostname()) {
			c.Status = Warning
			c.Advice = append(c.Advice, host(p)+" is not encrypted: everybody on the way reads what is transferred; use https:// if the service has it")
		}
		found = append(found, reached)
	}
	c.Found = strings.Join(found, ", ")
	r.add(c)
	return ""
}

// places are where requests go: to S3, and for a role to STS, if that is elsewhere.
func (r *run) places() ([]*url.URL, error) {
	s3, err := r.form.URL(r.bucket)
	if err != nil || !r.isRole() {
		return []*url.URL{s3}, err
	}
	at, err := r.sts.URL()
	if err != nil {
		return nil, err
	}
	sts, err := url.Parse(at)
	if err != nil || host(sts) == host(s3) {
		return []*url.URL{s3}, err
	}
	return []*url.URL{s3, sts}, nil
}

func host(u *url.URL) string { return u.Scheme + "://" + u.Host }

const cannotBeReached = "the service cannot be reached"

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// The steps of a request, and what may be done about each.
var steps = [...]struct{ name, advice string }{
	{"proxy", "the settings of the proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) may be wrong"},
	{"DNS", "check the endpoint's spelling, and the region, which is part of AWS's names; not every region has fips, dualstack or accelerate; a service of one's own without names for its buckets needs path_style"},
	{"TCP", "check the endpoint's port, that the service runs, and that no firewall stands in between"},
	{"TLS", "check that the endpoint's port speaks https, and that this machine knows the authority of its certificate (SSL_CERT_FILE)"},
	{"HTTP", "check that the endpoint's port is that of the S3 API"},
}

const (
	stepProxy = iota
	stepDNS
	stepTCP
	stepTLS
	stepHTTP
)

// reach gives what was reached, and the time that the answer said.
func (r *run) reach(ctx context.Context, p *url.URL) (reached string, date dated, failure *Check) {
	ctx, cancel := context.WithTimeout(ctx, patience/3)
	defer cancel()
	// The hooks may be called at the same time: two addresses of a name are tried
	// side by side.
	var step atomic.Int32
	step.Store(stepDNS)
	trace := &httptrace.ClientTrace{
		ConnectStart:      func(string, string) { step.Store(stepTCP) },
		TLSHandshakeStart: func() { step.Store(stepTLS) },
		GotConn:           func(httptrace.GotConnInfo) { step.Store(stepHTTP) },
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodHead, p.String(), nil)
	if err != nil {
		return "", dated{}, &Check{Name: Endpoint, Status: Failed, Found: err.Error()}
	}
	req.Header.Set("User-Agent", "sigvier")
	date.sent = r.opts.Now()
	resp, err := r.base.RoundTrip(req)
	if err != nil {
		at, problem := diagnose(err, int(step.Load()))
		return "", dated{}, &Check{Name: Endpoint, Status: Failed, Found: steps[at].name + ": " + p.Host + " " + problem, Advice: []string{steps[at].advice}}
	}
	resp.Body.Close()
	date.came = r.opts.Now()
	if date.service, err = http.ParseTime(resp.Header.Get("Date")); err != nil {
		date.service = time.Time{}
	}
	reached = host(p)
	if resp.TLS != nil {
		reached += " (" + tls.VersionName(resp.TLS.Version) + ")"
	}
	return reached, date, nil
}

// connectionRefused is WSAECONNREFUSED, which on Windows is not ECONNREFUSED.
const connectionRefused = syscall.Errno(10061)

// diagnose tells at which step it failed, and why.
func diagnose(err error, step int) (at int, problem string) {
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return stepProxy, "is not reached through the proxy: " + op.Err.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return stepDNS, "is a name that nobody knows"
	case errors.As(err, &dns):
		return stepDNS, "could not be looked up: " + dns.Err
	case errors.As(err, &certificate):
		return stepTLS, "has a certificate that is not good: " + certificate.Err.Error()
	case errors.As(err, &record):
		return stepTLS, "speaks no TLS there, perhaps http without encryption"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return step, fmt.Sprintf("does not answer within %v", patience/3)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, connectionRefused):
		return stepTCP, "refuses the connection: nobody listens there"
	}
	return step, "fails: " + err.Error()
}
