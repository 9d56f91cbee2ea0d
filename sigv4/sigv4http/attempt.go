package sigv4http

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Attempt is one request as it went out, and what came back. It holds nothing secret:
// of the URL the host and the path, and no header.
type Attempt struct {
	Method, Host, Path string
	Number             int           // 1 for the first attempt of a request
	Status             int           // of the answer; 0 if there was none
	RequestID          string        // of the answer, if it has one
	Duration           time.Duration // until the head of the answer
	Throttled          bool          // the service asks for fewer requests: see [APIError.Throttling]
	Err                error         // why there was no answer
}

var _ slog.LogValuer = Attempt{}

// LogValue implements [slog.LogValuer]: a group of the fields that are set.
func (a Attempt) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("method", a.Method), slog.String("host", a.Host), slog.String("path", a.Path),
		slog.Int("attempt", a.Number), slog.Duration("duration", a.Duration)}
	if a.Status != 0 {
		attrs = append(attrs, slog.Int("status", a.Status))
	}
	if a.RequestID != "" {
		attrs = append(attrs, slog.String("request_id", a.RequestID))
	}
	if a.Throttled {
		attrs = append(attrs, slog.Bool("throttled", true))
	}
	if a.Err != nil {
		attrs = append(attrs, slog.String("error", a.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// LogAttempts gives an OnAttempt that writes to a log: at level Debug what went
// well, at Warn what did not.
func LogAttempts(log *slog.Logger) func(context.Context, Attempt) {
	return func(ctx context.Context, a Attempt) {
		level := slog.LevelDebug
		if a.Err != nil || a.Status >= 400 {
			level = slog.LevelWarn
		}
		log.LogAttrs(ctx, level, "request", slog.Any("http", a))
	}
}

type onAttemptKey struct{}

// WithOnAttempt has f told, as [Transport].OnAttempt is, of each attempt of the requests
// that carry this context, in place of any f that it had before. So what sends requests
// learns how often one was throttled before it succeeded. A nil f is told nothing.
func WithOnAttempt(ctx context.Context, f func(Attempt)) context.Context {
	return context.WithValue(ctx, onAttemptKey{}, f)
}

func (t *Transport) report(req *http.Request, resp *http.Response, err error, number int, began time.Time) {
	ctx := req.Context()
	f, _ := ctx.Value(onAttemptKey{}).(func(Attempt))
	if t.OnAttempt == nil && f == nil {
		return
	}
	a := Attempt{Method: req.Method, Host: req.URL.Host, Path: req.URL.Path, Number: number, Duration: time.Since(began), Err: err}
	if resp != nil {
		a.Status, a.RequestID = resp.StatusCode, firstOf(resp.Header, "X-Amz-Request-Id", "X-Amzn-Requestid")
		a.Throttled = throttled(resp)
	}
	if t.OnAttempt != nil {
		t.OnAttempt(ctx, a)
	}
	if f != nil {
		f(a)
	}
}

// throttled reads the error's document only where the status does not tell.
func throttled(resp *http.Response) bool {
	if resp.StatusCode == http.StatusBadRequest {
		return peekError(resp).Throttling()
	}
	return (&APIError{Status: resp.StatusCode}).Throttling()
}

// Throttling reports whether the service asks for fewer requests: by status 429 or 503
// (S3's SlowDown and ServiceUnavailable), or by its code.
func (e *APIError) Throttling() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable || isThrottlingCode(e.Code)
}

// isThrottlingCode tells the codes that all SDKs take for throttling (AWS SDKs and Tools
// Reference Guide, "Retry behavior"), whatever the status.
func isThrottlingCode(code string) bool {
	switch code {
	case "SlowDown", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException",
		"Throttling", "ThrottlingException", "ThrottledException", "EC2ThrottledException",
		"RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
		"ProvisionedThroughputExceededException", "PriorRequestNotComplete", "TransactionInProgressException":
		return true
	}
	return false
}
