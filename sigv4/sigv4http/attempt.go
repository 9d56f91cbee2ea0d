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

func (t *Transport) report(req *http.Request, resp *http.Response, err error, number int, began time.Time) {
	if t.OnAttempt == nil {
		return
	}
	a := Attempt{Method: req.Method, Host: req.URL.Host, Path: req.URL.Path, Number: number, Duration: time.Since(began), Err: err}
	if resp != nil {
		a.Status, a.RequestID = resp.StatusCode, firstOf(resp.Header, "X-Amz-Request-Id", "X-Amzn-Requestid")
	}
	t.OnAttempt(req.Context(), a)
}
