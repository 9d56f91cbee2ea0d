package s3test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
	FaultLateError         FaultKind = "late-error"           // answer a copy or a completion with 200, and the error Code in the body
	FaultHTML              FaultKind = "html"                 // answer with status N and a page of HTML, as a proxy
	FaultDrop              FaultKind = "drop"                 // close the connection instead of answering
	FaultReset             FaultKind = "reset"                // reset the connection (TCP RST) instead of answering
	FaultTruncate          FaultKind = "truncate"             // close the connection after N bytes of the body
	FaultStall             FaultKind = "stall"                // pause for Delay in the middle of the body, or before an answer without one
	FaultSlow              FaultKind = "slow"                 // send no more than N bytes of the body a second
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
	{FaultError, "CODE"}, {FaultLateError, "CODE"}, {FaultHTML, "STATUS"}, {FaultDrop, ""}, {FaultReset, ""},
	{FaultTruncate, "N"}, {FaultStall, "DURATION"}, {FaultSlow, "N"}, {FaultFlip, "N"},
	{FaultShortLength, "N"}, {FaultIgnoreRange, ""}, {FaultIgnoreIfMatch, ""}, {FaultWrongContentRange, ""},
	{FaultWrongTotal, ""}, {FaultWrongETag, ""}, {FaultNoETag, ""}, {FaultChangeObject, ""},
}

// Fault makes the server misbehave.
type Fault struct {
	Kind  FaultKind
	N     int64         // a number of bytes, or the position of one; FaultHTML's status
	Delay time.Duration // FaultStall's
	Code  string        // FaultError's and FaultLateError's: an error code of S3 or STS, as SlowDown

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
			case "N", "STATUS":
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
	case "N", "STATUS":
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
	case f.Kind == FaultSlow && f.N == 0:
		problem = "slow wants a number of bytes a second that is not 0"
	case f.Kind == FaultHTML && (f.N < 200 || f.N > 599):
		problem = "html wants an HTTP status from 200 to 599"
	case f.Kind == FaultLateError && f.Op != "" && !slices.Contains(lateErrors, f.Op):
		problem = "late-error strikes only " + strings.Join(lateErrors, ", ")
	case f.Kind.value() == "CODE" && (!errorCode.MatchString(f.Code) || statuses[f.Code].status == 0):
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
