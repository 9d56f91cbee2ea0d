package s3test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// How the server misbehaves when it is told to.

// FaultKind is what a [Fault] does.
type FaultKind string

// The kinds, by what they strike. [ParseFault] has what each does. Those that strike the
// answer, or what it says, strike successful ones.
const (
	// No answer, or another.
	FaultError          FaultKind = "error"
	FaultErrorAfterBody FaultKind = "error-after-body"
	FaultLateError      FaultKind = "late-error"
	FaultThrottle       FaultKind = "throttle"
	FaultHTML           FaultKind = "html"
	FaultDrop           FaultKind = "drop"
	FaultReset          FaultKind = "reset"
	FaultLostAnswer     FaultKind = "lost-answer"

	// When the answer comes.
	FaultLatency FaultKind = "latency"
	FaultStall   FaultKind = "stall"
	FaultStallAt FaultKind = "stall-at"
	FaultSlow    FaultKind = "slow"

	// Its body.
	FaultTruncate        FaultKind = "truncate"
	FaultResetAt         FaultKind = "reset-at"
	FaultFlip            FaultKind = "flip"
	FaultShortLength     FaultKind = "short-content-length"
	FaultNoContentLength FaultKind = "no-content-length"

	// What it says, and is.
	FaultIgnoreRange       FaultKind = "ignore-range"
	FaultShortRange        FaultKind = "short-range"
	FaultIgnoreIfMatch     FaultKind = "ignore-if-match"
	FaultWrongContentRange FaultKind = "wrong-content-range"
	FaultNoContentRange    FaultKind = "no-content-range"
	FaultWrongTotal        FaultKind = "wrong-total"
	FaultWrongETag         FaultKind = "wrong-etag"
	FaultNoETag            FaultKind = "no-etag"
	FaultWrongChecksum     FaultKind = "wrong-checksum"

	// The object.
	FaultChangeObject FaultKind = "change-object"

	// The body of the request, as it was sent.
	FaultUploadReset FaultKind = "upload-reset"
	FaultUploadStall FaultKind = "upload-stall"
	FaultUploadSlow  FaultKind = "upload-slow"
	FaultUploadFlip  FaultKind = "upload-flip"
)

// faultKinds are the kinds: the value that each takes in a specification, and what it does.
var faultKinds = []struct {
	kind  FaultKind
	value string
	does  string
}{
	{FaultError, "CODE", "answer with this error, as SlowDown or AccessDenied"},
	{FaultErrorAfterBody, "CODE", "the same once the request's body has come; nothing is stored"},
	{FaultLateError, "CODE", "answer a copy or a completion with 200, and the error in the body"},
	{FaultThrottle, "RATE", "answer SlowDown to more than RATE requests a second below a prefix: key=, or else the key's folder"},
	{FaultHTML, "STATUS", "answer with a page of HTML, as a proxy does"},
	{FaultDrop, "", "close the connection instead of answering"},
	{FaultReset, "", "reset the connection instead of answering"},
	{FaultLostAnswer, "", "carry the request out, and close the connection instead of answering"},
	{FaultLatency, "DURATION", "wait before answering"},
	{FaultStall, "DURATION", "pause in the middle of the body, or before an answer without one; 0 is for ever"},
	{FaultStallAt, "N|random", "pause before byte N of the body"},
	{FaultSlow, "N", "send no more than N bytes of the body a second"},
	{FaultTruncate, "N|random", "close the connection after N bytes of the body"},
	{FaultResetAt, "N|random", "reset the connection after N bytes of the body"},
	{FaultFlip, "N|random", "change byte N of the body"},
	{FaultShortLength, "N", "leave N bytes off the body's end, and say so in Content-Length"},
	{FaultNoContentLength, "", "send the body in chunks, without Content-Length"},
	{FaultIgnoreRange, "", "send the whole object"},
	{FaultShortRange, "N", "end the range N bytes early, and say so in Content-Range"},
	{FaultIgnoreIfMatch, "", "send the object whatever its ETag is"},
	{FaultWrongContentRange, "", "move the range in Content-Range by one byte"},
	{FaultNoContentRange, "", "leave Content-Range out"},
	{FaultWrongTotal, "", "add one to the total size in Content-Range"},
	{FaultWrongETag, "", "send another ETag"},
	{FaultNoETag, "", "send no ETag"},
	{FaultWrongChecksum, "", "send other checksums"},
	{FaultChangeObject, "", "change the object's bytes and ETag once this answer's are fixed"},
	{FaultUploadReset, "N|random", "reset the connection after N bytes of the request's body"},
	{FaultUploadStall, "N|random", "stop reading after N bytes of the request's body"},
	{FaultUploadSlow, "N", "read no more than N bytes of the request's body a second"},
	{FaultUploadFlip, "N|random", "change byte N of the request's body before it is read"},
}

// Fault makes the server misbehave: Kind with its fields says how, the others say to
// which requests. It strikes only requests whose signature is good. The zero value of
// each of the others leaves no request out, and all of them hold at the same time.
//
// Requests are counted in the order in which they arrive, and what is drawn by chance
// comes from a generator of the fault's own, seeded by [Config.Seed]: the same requests
// in the same order meet the same faults.
type Fault struct {
	Kind   FaultKind
	N      int64         // a number of bytes, or the position of one; a status; requests a second
	Random bool          // instead of N, a position that is drawn from each body anew
	Delay  time.Duration // a pause; 0 lasts for ever, but with FaultLatency
	Jitter time.Duration // up to as much is added to the pause, drawn each time
	Code   string        // an error code of S3 or STS, as SlowDown

	Op        string // the operation; several are joined by "+", as in "GetObject+HeadObject"
	Bucket    string // its bucket
	Key       string // what its key begins with
	Conn      int    // the number of its connection, counted from 1 as [Server.Start] accepts them
	EveryConn int    // what the number of its connection is a multiple of

	Skip  int     // of the requests that are so far not left out, how many are spared first
	Every int     // of the rest, only each so many-th is struck
	Rate  float64 // of the rest, how great the chance of each is; 0 is certainty, like 1
	Times int     // how many are struck in all
}

var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)

func (f Fault) check() error {
	problem := ""
	switch {
	case !f.Kind.known():
		problem = fmt.Sprintf("%q is no kind; kinds are %s", f.Kind, kindList())
	case f.N < 0 || f.Delay < 0 || f.Jitter < 0 || f.Skip < 0 || f.Times < 0 || f.Every < 0 || f.Conn < 0 || f.EveryConn < 0:
		problem = "numbers and durations must not be negative"
	case !f.Kind.counts() && f.N != 0, !f.Kind.placed() && f.Random, !f.Kind.pauses() && f.Delay+f.Jitter != 0, f.Kind.value() != "CODE" && f.Code != "":
		problem = f.Kind.usage() + "; the fields for other values must be left out"
	case f.Random && f.N != 0:
		problem = "a position is either a number or random"
	case f.Delay == 0 && f.Jitter != 0 && f.Kind != FaultLatency:
		problem = "a pause that lasts for ever has no jitter: give a duration, too"
	case f.N == 0 && slices.Contains([]FaultKind{FaultSlow, FaultUploadSlow, FaultThrottle}, f.Kind):
		problem = string(f.Kind) + " wants a number a second that is not 0"
	case f.Kind == FaultHTML && (f.N < 200 || f.N > 599):
		problem = "html wants an HTTP status from 200 to 599"
	case !(f.Rate >= 0 && f.Rate <= 1):
		problem = "a rate is a probability, above 0 and at most 1"
	case f.Bucket != "" && !validBucketName(f.Bucket):
		problem = fmt.Sprintf("no bucket can have the name %q", f.Bucket)
	case f.Kind.value() == "CODE" && (!errorCode.MatchString(f.Code) || statuses[f.Code].status == 0):
		problem = fmt.Sprintf("%q is no error code that is known here; they are %s", f.Code, strings.Join(codes(), ", "))
	}
	if problem == "" && f.Op != "" {
		for op := range strings.SplitSeq(f.Op, "+") {
			switch {
			case !operations[op]:
				problem = fmt.Sprintf("%q is no operation; they are %s", op, strings.Join(Operations(), ", "))
			case f.Kind == FaultLateError && !slices.Contains(lateErrors, op):
				problem = "late-error strikes only " + strings.Join(lateErrors, ", ")
			}
		}
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

// counts reports whether N has a meaning.
func (k FaultKind) counts() bool {
	v := k.value()
	return v == "N" || v == "N|random" || v == "STATUS" || v == "RATE"
}

// placed reports whether N is a position, which may be drawn instead.
func (k FaultKind) placed() bool { return k.value() == "N|random" }

// pauses reports whether Delay has a meaning.
func (k FaultKind) pauses() bool { return k.value() == "DURATION" || k.pausesFor() }

// pausesFor reports whether Delay is an option, the value being something else.
func (k FaultKind) pausesFor() bool { return k == FaultStallAt || k == FaultUploadStall }

// ofUpload reports whether it is the request's body that is struck.
func (k FaultKind) ofUpload() bool { return strings.HasPrefix(string(k), "upload-") }

func (k FaultKind) usage() string {
	if v := k.value(); v != "" {
		return fmt.Sprintf("%s wants a value: %s", k, withValue(string(k), v))
	}
	return fmt.Sprintf("%s takes no value", k)
}

func kindList() string {
	var list []string
	for _, k := range faultKinds {
		list = append(list, withValue(string(k.kind), k.value))
	}
	return strings.Join(list, ", ")
}
