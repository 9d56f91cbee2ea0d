package s3test

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// How faults strike.

// faultState counts the requests that a fault may strike.
type faultState struct {
	Fault
	mu   sync.Mutex
	seen int
}

func (f *faultState) strikes(op string) bool {
	if f.Op != "" && f.Op != op {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.seen - f.Skip
	f.seen++
	return n >= 0 && (f.Times == 0 || n < f.Times)
}

// disturb lets the faults have their way with a request: at once, by changing
// what the operation will see of it, or by damage to its answer.
func (s *Server) disturb(w *answer, r *http.Request, q *request) error {
	var d damage
	var refuse error
	var breaks func(w *answer)
	for _, f := range s.faults {
		if f.Kind == FaultLateError && !slices.Contains(lateErrors, q.op) || !f.strikes(q.op) {
			continue
		}
		switch f.Kind {
		case FaultError:
			refuse = s.refusal(f.Code, r, q)
		case FaultLateError:
			refuse = &apiError{Code: f.Code, Message: statuses[f.Code].message, Status: http.StatusOK}
		case FaultHTML:
			refuse = &page{int(f.N)}
		case FaultReset:
			breaks = reset
		case FaultDrop:
			breaks = drop
		case FaultIgnoreRange:
			r.Header.Del("Range")
		case FaultIgnoreIfMatch:
			r.Header.Del("If-Match")
		case FaultChangeObject:
			q.change = true
		default:
			d.faults = append(d.faults, f.Fault)
		}
	}
	if breaks != nil {
		breaks(w)
	}
	if len(d.faults) > 0 {
		d.ctx = r.Context()
		d.head = r.Method == http.MethodHead
		w.damage = &d
	}
	return refuse
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

func drop(*answer) { panic(http.ErrAbortHandler) }

// reset breaks the connection off as a crashed peer or a firewall does.
func reset(w *answer) {
	if conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack(); err == nil {
		if paced, ok := conn.(*pacedConn); ok {
			conn = paced.Conn
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		conn.Close()
	}
	panic(http.ErrAbortHandler)
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
