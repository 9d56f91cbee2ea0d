package s3test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How the server misbehaves when it is told to. Faults strike requests whose
// signature is good, and in the order in which these arrive, so that a run can
// be repeated.

// FaultKind is what a [Fault] does.
type FaultKind string

// The kinds. N, Delay and Code are fields of [Fault].
const (
	FaultError             FaultKind = "error"                // answer with the error Code
	FaultDrop              FaultKind = "drop"                 // close the connection instead of answering
	FaultTruncate          FaultKind = "truncate"             // close the connection after N bytes of the body
	FaultStall             FaultKind = "stall"                // pause for Delay in the middle of the body, or before an answer without one
	FaultFlip              FaultKind = "flip"                 // change byte N of the body
	FaultShortLength       FaultKind = "short-content-length" // leave N bytes off the body's end, and say so in Content-Length
	FaultIgnoreRange       FaultKind = "ignore-range"         // answer with the whole object
	FaultIgnoreIfMatch     FaultKind = "ignore-if-match"      // answer whatever the ETag is
	FaultWrongContentRange FaultKind = "wrong-content-range"  // move the range in Content-Range by one byte
	FaultWrongTotal        FaultKind = "wrong-total"          // add one to the total size in Content-Range
	FaultWrongETag         FaultKind = "wrong-etag"           // send another ETag
	FaultNoETag            FaultKind = "no-etag"              // send no ETag
	FaultChangeObject      FaultKind = "change-object"        // change the object's bytes and ETag once this answer's are fixed
)

// faultKinds says which value a kind takes in a specification.
var faultKinds = []struct {
	kind  FaultKind
	value string
}{
	{FaultError, "CODE"}, {FaultDrop, ""}, {FaultTruncate, "N"}, {FaultStall, "DURATION"}, {FaultFlip, "N"},
	{FaultShortLength, "N"}, {FaultIgnoreRange, ""}, {FaultIgnoreIfMatch, ""}, {FaultWrongContentRange, ""},
	{FaultWrongTotal, ""}, {FaultWrongETag, ""}, {FaultNoETag, ""}, {FaultChangeObject, ""},
}

// Fault makes the server misbehave.
type Fault struct {
	Kind  FaultKind
	N     int64         // a number of bytes, or the position of one
	Delay time.Duration // FaultStall's
	Code  string        // FaultError's: an error code of S3 or STS, as SlowDown

	Op    string // the operation that it strikes; "" is every one
	Skip  int    // how many of its requests are spared first
	Times int    // how many are struck then; 0 is all
}

// ParseFault reads a specification:
//
//	KIND[=VALUE][,op=OPERATION][,skip=N][,times=N]
//
// as in "truncate=1000,op=GetObject,skip=1,times=2" and "error=SlowDown,times=3".
func ParseFault(spec string) (Fault, error) {
	var f Fault
	bad := func(format string, args ...any) (Fault, error) {
		return Fault{}, fmt.Errorf("fault %q: %s", spec, fmt.Sprintf(format, args...))
	}
	for i, part := range strings.Split(spec, ",") {
		name, value, hasValue := strings.Cut(part, "=")
		if i == 0 {
			f.Kind = FaultKind(name)
			wants := f.Kind.value()
			if !f.Kind.known() {
				return bad("%q is no kind; kinds are %s", name, kindList())
			}
			if hasValue != (wants != "") {
				return bad("%s", f.Kind.usage())
			}
			var err error
			switch wants {
			case "N":
				f.N, err = strconv.ParseInt(value, 10, 64)
			case "DURATION":
				f.Delay, err = time.ParseDuration(value)
			case "CODE":
				f.Code = value
			}
			if err != nil {
				return bad("%s", f.Kind.usage())
			}
			continue
		}
		var err error
		switch name {
		case "op":
			f.Op = value
			if value == "" {
				return bad("op wants an operation: %s", strings.Join(Operations(), ", "))
			}
		case "skip":
			f.Skip, err = strconv.Atoi(value)
		case "times":
			f.Times, err = strconv.Atoi(value)
		default:
			return bad("%q is no option; options are op=OPERATION, skip=N and times=N", name)
		}
		if err != nil {
			return bad("%s wants a number", name)
		}
	}
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

// String is the specification that [ParseFault] reads.
func (f Fault) String() string {
	s := string(f.Kind)
	switch f.Kind.value() {
	case "N":
		s += "=" + strconv.FormatInt(f.N, 10)
	case "DURATION":
		s += "=" + f.Delay.String()
	case "CODE":
		s += "=" + f.Code
	}
	if f.Op != "" {
		s += ",op=" + f.Op
	}
	if f.Skip != 0 {
		s += ",skip=" + strconv.Itoa(f.Skip)
	}
	if f.Times != 0 {
		s += ",times=" + strconv.Itoa(f.Times)
	}
	return s
}

var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)

func (f Fault) check() error {
	problem := ""
	switch {
	case !f.Kind.known():
		problem = fmt.Sprintf("%q is no kind; kinds are %s", f.Kind, kindList())
	case f.N < 0 || f.Delay < 0 || f.Skip < 0 || f.Times < 0:
		problem = "numbers and durations must not be negative"
	case f.Kind == FaultError && (!errorCode.MatchString(f.Code) || statuses[f.Code].status == 0):
		problem = fmt.Sprintf("%q is no error code that is known here; they are %s", f.Code, strings.Join(codes(), ", "))
	case f.Op != "" && !operations[f.Op]:
		problem = fmt.Sprintf("%q is no operation; they are %s", f.Op, strings.Join(Operations(), ", "))
	}
	if problem != "" {
		return fmt.Errorf("fault %q: %s", f, problem)
	}
	return nil
}

func codes() []string {
	var list []string
	for code := range statuses {
		list = append(list, code)
	}
	slices.Sort(list)
	return list
}

func (k FaultKind) known() bool { return k.index() >= 0 }

func (k FaultKind) value() string {
	if i := k.index(); i >= 0 {
		return faultKinds[i].value
	}
	return ""
}

func (k FaultKind) index() int {
	for i, f := range faultKinds {
		if f.kind == k {
			return i
		}
	}
	return -1
}

func (k FaultKind) usage() string {
	if v := k.value(); v != "" {
		return fmt.Sprintf("%s wants a value: %s=%s", k, k, v)
	}
	return fmt.Sprintf("%s takes no value", k)
}

func kindList() string {
	var list []string
	for _, f := range faultKinds {
		s := string(f.kind)
		if f.value != "" {
			s += "=" + f.value
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

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
	drop := false
	for _, f := range s.faults {
		if !f.strikes(q.op) {
			continue
		}
		switch f.Kind {
		case FaultError:
			refuse = standard(f.Code)
		case FaultDrop:
			drop = true
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
	if drop {
		panic(http.ErrAbortHandler)
	}
	if len(d.faults) > 0 {
		d.ctx = r.Context()
		d.head = r.Method == http.MethodHead
		w.damage = &d
	}
	return refuse
}

// damage is what faults do to a successful answer.
type damage struct {
	faults []Fault
	ctx    context.Context
	head   bool
	events []event // sorted by place
	pos    int64   // in the body
}

// event is what happens when the body has come to a place.
type event struct {
	at int64
	Fault
}

// anotherETag is no object's.
const anotherETag = `"0123456789abcdef0123456789abcdef"`

var contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+)$`)

func (d *damage) header(h http.Header, status int) {
	if status >= 300 {
		return
	}
	length, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	body := err == nil && length > 0 && !d.head
	for _, f := range d.faults {
		switch f.Kind {
		case FaultWrongETag:
			if h.Get("ETag") != "" {
				h.Set("ETag", anotherETag)
			}
		case FaultNoETag:
			h.Del("ETag")
		case FaultWrongContentRange, FaultWrongTotal:
			if m := contentRange.FindStringSubmatch(h.Get("Content-Range")); m != nil {
				first, last, total := saturated(m[1]), saturated(m[2]), saturated(m[3])
				if f.Kind == FaultWrongTotal {
					total++
				} else {
					first, last = first+1, last+1
				}
				h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, total))
			}
		case FaultShortLength:
			if body {
				at := max(0, length-f.N)
				h.Set("Content-Length", strconv.FormatInt(at, 10))
				d.events = append(d.events, event{at, f})
			}
		case FaultStall:
			if !body {
				sleep(d.ctx, f.Delay)
				continue
			}
			d.events = append(d.events, event{length / 2, f})
		case FaultTruncate, FaultFlip:
			d.events = append(d.events, event{f.N, f})
		}
	}
	slices.SortStableFunc(d.events, func(a, b event) int { return int(min(max(a.at-b.at, -1), 1)) })
}

func (d *damage) write(w *answer, p []byte) (int, error) {
	all := len(p)
	for len(p) > 0 {
		n := len(p)
		if len(d.events) > 0 {
			n = int(min(int64(n), max(0, d.events[0].at-d.pos)))
		}
		if n == 0 {
			f := d.events[0].Fault
			d.events = d.events[1:]
			switch f.Kind {
			case FaultTruncate:
				w.flush()
				panic(http.ErrAbortHandler)
			case FaultShortLength:
				d.events = []event{{d.pos, f}} // for the writes that follow
				return all, nil
			case FaultStall:
				w.flush()
				sleep(d.ctx, f.Delay)
				continue
			}
			// FaultFlip: the object itself must stay as it is.
			if _, err := d.pass(w, []byte{p[0] ^ 0xff}); err != nil {
				return all - len(p), err
			}
			p = p[1:]
			continue
		}
		m, err := d.pass(w, p[:n])
		p = p[m:]
		if err != nil {
			return all - len(p), err
		}
	}
	return all, nil
}

func (d *damage) pass(w *answer, p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	d.pos += int64(n)
	w.n += int64(n)
	return n, err
}

func (w *answer) flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

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
