package s3test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// How faults strike.

// disturb lets the faults have their way with a request: at once, by changing
// what the operation will see of it, or by damage to its answer.
func (s *Server) disturb(w *answer, r *http.Request, q *request) error {
	var refuse error
	var breaks func()
	var late time.Duration
	drain := false
	d := &damage{request: r}
	for _, f := range s.faults {
		if !f.Kind.fits(w, q) {
			continue
		}
		strike, struck := f.strikes(q, connectionNumber(r))
		if !struck {
			continue
		}
		switch f.Kind {
		case FaultError, FaultErrorAfterBody:
			refuse, drain = s.refusal(f.Code, r, q), f.Kind == FaultErrorAfterBody
		case FaultLateError:
			refuse = &apiError{Code: f.Code, Message: statuses[f.Code].message, Status: http.StatusOK}
		case FaultThrottle:
			refuse = standard("SlowDown")
		case FaultHTML:
			refuse = &page{int(f.N)}
		case FaultReset:
			breaks = func() { reset(w, r) }
		case FaultDrop:
			breaks = drop
		case FaultLostAnswer:
			d.lost = true
		case FaultLatency:
			late += strike.pause
		case FaultIgnoreRange:
			r.Header.Del("Range")
		case FaultShortRange:
			q.shorten += f.N
		case FaultIgnoreIfMatch:
			r.Header.Del("If-Match")
		case FaultChangeObject:
			q.change = true
		case FaultUploadReset, FaultUploadStall, FaultUploadSlow, FaultUploadFlip:
			w.requestBody.strike(strike)
		default:
			d.strikes = append(d.strikes, strike)
		}
	}
	if !sleep(r.Context(), late) {
		drop()
	}
	if breaks != nil {
		breaks()
	}
	if len(d.strikes) > 0 || d.lost {
		w.damage = d
	}
	if drain {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return bodyError(err)
		}
	}
	return refuse
}

// fits reports whether there is in a request what the kind strikes.
func (k FaultKind) fits(w *answer, q *request) bool {
	switch {
	case k == FaultLateError:
		return slices.Contains(lateErrors, q.op)
	case k.ofUpload():
		return w.requestBody != nil
	}
	return true
}

// lateErrors are the operations that S3 begins to answer before it has carried them
// out (Amazon S3 API Reference, "CopyObject", "UploadPartCopy",
// "CompleteMultipartUpload": a 200 OK response can contain either a success or an
// error).
var lateErrors = []string{"CompleteMultipartUpload", "CopyObject", "UploadPartCopy"}

// refusal is the error with all that clients look for in it. A redirection leads to
// where the request went to, since the server is everywhere.
func (s *Server) refusal(code string, r *http.Request, q *request) *apiError {
	switch code {
	case "PermanentRedirect", "TemporaryRedirect":
		e := s.redirection(code, r.Host, q)
		if code == "TemporaryRedirect" {
			location := urlOf(r, "")
			if r.URL.RawQuery != "" {
				location += "?" + r.URL.RawQuery
			}
			e.Header.Set("Location", location)
		}
		return e
	case "AuthorizationHeaderMalformed":
		return standard(code, field{"Region", s.regionOf(q.bucket)})
	}
	return standard(code)
}

// page is what a proxy says instead of S3.
type page struct{ status int }

func (p *page) Error() string { return strconv.Itoa(p.status) + " " + http.StatusText(p.status) }

func (p *page) write(w *answer, r *http.Request) {
	for _, name := range []string{"X-Amz-Request-Id", "X-Amz-Id-2", "X-Amzn-Requestid"} {
		w.Header().Del(name)
	}
	w.Header().Set("Server", "proxy")
	writeText(w, r, p.status, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html>\n<head><title>"+p.Error()+"</title></head>\n"+
		"<body><center><h1>"+p.Error()+"</h1></center><hr><center>proxy</center></body>\n</html>\n")
}

// change replaces an object by another of the same size, if it is still there.
func (s *Server) change(bucket string, o *object) {
	err := s.tryChange(bucket, o)
	if err != nil && !errors.Is(err, errNoSuchKey) {
		s.cfg.Log.Error("change-object failed", "bucket", bucket, "error", err)
	}
}

func (s *Server) tryChange(bucket string, old *object) error {
	part, err := s.store.section(bucket, old, 0, old.Size)
	if err != nil {
		return err
	}
	defer part.Close()
	up, err := s.store.stage(bucket, old.Size)
	if err != nil {
		return err
	}
	sums := newSums(old.Checksum)
	buf := make([]byte, 64<<10)
	for {
		n, err := part.Read(buf)
		for i := range buf[:n] {
			buf[i] ^= 0xff
		}
		for _, w := range append(sums.writers(), up) {
			if _, err := w.Write(buf[:n]); err != nil {
				up.discard()
				return err
			}
		}
		if err != nil {
			break
		}
	}
	o := *old
	o.ETag = sums.etag()
	o.Sum = sums.sum.Value().String()
	o.Parts, o.Composite = nil, false
	o.Modified = s.now().Truncate(time.Second)
	return up.commit(&o, func(now *object) error {
		if now != old {
			return errNoSuchKey
		}
		return nil
	})
}
