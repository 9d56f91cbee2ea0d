package s3test

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Faults as text.

// faultOptions are what may follow a kind: the value of each, and what it does.
var faultOptions = []struct{ name, value, does string }{
	{"op", "OPERATION", "only to requests for this operation, or one of several, joined by \"+\""},
	{"bucket", "NAME", "only to requests about this bucket"},
	{"key", "PREFIX", "only to requests about keys that begin so; %2C is a comma, %25 a percent sign"},
	{"conn", "N", "only on the N-th connection"},
	{"every-conn", "N", "only on each N-th connection"},
	{"skip", "N", "not to the first N of these requests"},
	{"every", "N", "only to each N-th of the rest"},
	{"rate", "P", "only with the probability P, from 0 to 1 or as a percentage"},
	{"times", "N", "no more than N times"},
	{"for", "DURATION", "how long stall-at and upload-stall pause; without, for ever"},
	{"jitter", "DURATION", "up to as much is added to a pause, by chance"},
}

// FaultUsage is for those who write a specification: the kinds and the options that
// [ParseFault] knows, one a line.
func FaultUsage() string {
	var s strings.Builder
	for _, k := range faultKinds {
		fmt.Fprintf(&s, "%-24s %s\n", withValue(string(k.kind), k.value), k.does)
	}
	for _, o := range faultOptions {
		fmt.Fprintf(&s, "%-24s %s\n", ","+withValue(o.name, o.value), o.does)
	}
	return s.String()
}

func withValue(name, value string) string {
	if value == "" {
		return name
	}
	return name + "=" + value
}

func optionList() string {
	var list []string
	for _, o := range faultOptions {
		list = append(list, withValue(o.name, o.value))
	}
	return strings.Join(list, ", ")
}

// ParseFault reads a specification:
//
//	KIND[=VALUE]             what happens
//	,op=OPERATION            only to requests for this operation, or one of several, joined by "+"
//	,bucket=NAME             only to requests about this bucket
//	,key=PREFIX              only to requests about keys that begin so; %2C is a comma, %25 a percent sign
//	,conn=N                  only on the N-th connection
//	,every-conn=N            only on each N-th connection
//	,skip=N                  not to the first N of these requests
//	,every=N                 only to each N-th of the rest
//	,rate=P                  only with the probability P, from 0 to 1 or as a percentage
//	,times=N                 no more than N times
//	,for=DURATION            how long stall-at and upload-stall pause; without, for ever
//	,jitter=DURATION         up to as much is added to a pause, by chance
//
// as in "truncate=random,op=GetObject,rate=5%", "error=SlowDown,times=3",
// "throttle=5500,op=GetObject+HeadObject,key=logs/" and
// "slow=4000000,every-conn=8". Times are Go's, as 30ms and 1m30s. The kinds and their
// values, which are N, random instead of a position N, or what its name says:
//
//	error=CODE               answer with this error, as SlowDown or AccessDenied
//	error-after-body=CODE    the same once the request's body has come; nothing is stored
//	late-error=CODE          answer a copy or a completion with 200, and the error in the body
//	throttle=RATE            answer SlowDown to more than RATE requests a second below a prefix: key=, or else the key's folder
//	html=STATUS              answer with a page of HTML, as a proxy does
//	drop                     close the connection instead of answering
//	reset                    reset the connection instead of answering
//	lost-answer              carry the request out, and close the connection instead of answering
//	latency=DURATION         wait before answering
//	stall=DURATION           pause in the middle of the body, or before an answer without one; 0 is for ever
//	stall-at=N|random        pause before byte N of the body
//	slow=N                   send no more than N bytes of the body a second
//	truncate=N|random        close the connection after N bytes of the body
//	reset-at=N|random        reset the connection after N bytes of the body
//	flip=N|random            change byte N of the body
//	short-content-length=N   leave N bytes off the body's end, and say so in Content-Length
//	no-content-length        send the body in chunks, without Content-Length
//	ignore-range             send the whole object
//	short-range=N            end the range N bytes early, and say so in Content-Range
//	ignore-if-match          send the object whatever its ETag is
//	wrong-content-range      move the range in Content-Range by one byte
//	no-content-range         leave Content-Range out
//	wrong-total              add one to the total size in Content-Range
//	wrong-etag               send another ETag
//	no-etag                  send no ETag
//	wrong-checksum           send other checksums
//	change-object            change the object's bytes and ETag once this answer's are fixed
//	upload-reset=N|random    reset the connection after N bytes of the request's body
//	upload-stall=N|random    stop reading after N bytes of the request's body
//	upload-slow=N            read no more than N bytes of the request's body a second
//	upload-flip=N|random     change byte N of the request's body before it is read
func ParseFault(spec string) (Fault, error) {
	parts := strings.Split(spec, ",")
	f, err := parseKind(parts[0])
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", spec, err)
	}
	given := make(map[string]bool)
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if given[name] {
			return Fault{}, fmt.Errorf("fault %q: %s is given twice", spec, name)
		}
		given[name] = true
		if err := f.setOption(name, value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", spec, err)
		}
	}
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

func parseKind(part string) (f Fault, err error) {
	name, value, hasValue := strings.Cut(part, "=")
	f.Kind = FaultKind(name)
	if !f.Kind.known() {
		return f, fmt.Errorf("%q is no kind; kinds are %s", name, kindList())
	}
	wants := f.Kind.value()
	switch {
	case hasValue != (wants != ""):
		return f, errors.New(f.Kind.usage())
	case wants == "DURATION":
		f.Delay, err = time.ParseDuration(value)
	case wants == "CODE":
		f.Code = value
	case f.Kind.placed() && value == "random":
		f.Random = true
	case f.Kind.counts():
		f.N, err = strconv.ParseInt(value, 10, 64)
	}
	if err != nil {
		return f, errors.New(f.Kind.usage())
	}
	return f, nil
}

func (f *Fault) setOption(name, value string) (err error) {
	count := func(into *int, least int) {
		n, bad := strconv.Atoi(value)
		if *into = n; bad != nil || n >= 0 && n < least {
			err = fmt.Errorf("%s wants a number, %d or more", name, least)
		}
	}
	switch name {
	case "op":
		if f.Op = value; value == "" {
			err = fmt.Errorf("op wants an operation, or several joined by \"+\": %s", strings.Join(Operations(), ", "))
		}
	case "bucket":
		if f.Bucket = value; value == "" {
			err = errors.New("bucket wants a bucket's name")
		}
	case "key":
		var bad error
		if f.Key, bad = url.PathUnescape(value); bad != nil || value == "" {
			err = errors.New("key wants what keys begin with; a comma in it is written %2C, a percent sign %25")
		}
	case "conn":
		count(&f.Conn, 1)
	case "every-conn":
		count(&f.EveryConn, 1)
	case "skip":
		count(&f.Skip, 0)
	case "every":
		count(&f.Every, 1)
	case "rate":
		if f.Rate, err = parseRate(value); err != nil {
			err = errors.New("rate wants a probability above 0 and at most 1, such as 0.05 or 5%")
		}
	case "times":
		count(&f.Times, 0)
	case "for", "jitter":
		if name == "for" && !f.Kind.pausesFor() || !f.Kind.pauses() {
			return fmt.Errorf("%s is not for %s: it is how long a pause lasts", name, f.Kind)
		}
		into := &f.Delay
		if name == "jitter" {
			into = &f.Jitter
		}
		var bad error
		if *into, bad = time.ParseDuration(value); bad != nil || *into == 0 && name == "jitter" {
			err = fmt.Errorf("%s wants a duration, such as 250ms", name)
		}
	default:
		err = fmt.Errorf("%q is no option; options are %s", name, optionList())
	}
	return err
}

func parseRate(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	p, err := strconv.ParseFloat(number, 64)
	if percent {
		p /= 100
	}
	if err == nil && !(p > 0 && p <= 1) {
		err = strconv.ErrRange
	}
	return p, err
}

// String is the specification that [ParseFault] reads.
func (f Fault) String() string {
	var s strings.Builder
	s.WriteString(string(f.Kind))
	switch v := f.Kind.value(); {
	case f.Random:
		s.WriteString("=random")
	case f.Kind.counts():
		s.WriteString("=" + strconv.FormatInt(f.N, 10))
	case v == "DURATION":
		s.WriteString("=" + f.Delay.String())
	case v == "CODE":
		s.WriteString("=" + f.Code)
	}
	text := func(name, value string) {
		if value != "" {
			s.WriteString("," + name + "=" + value)
		}
	}
	count := func(name string, n int) {
		if n != 0 {
			text(name, strconv.Itoa(n))
		}
	}
	text("op", f.Op)
	text("bucket", f.Bucket)
	text("key", escapeKey.Replace(f.Key))
	count("conn", f.Conn)
	count("every-conn", f.EveryConn)
	count("skip", f.Skip)
	count("every", f.Every)
	if f.Rate != 0 {
		text("rate", strconv.FormatFloat(f.Rate, 'g', -1, 64))
	}
	count("times", f.Times)
	if f.Kind.pausesFor() && f.Delay != 0 {
		text("for", f.Delay.String())
	}
	if f.Jitter != 0 {
		text("jitter", f.Jitter.String())
	}
	return s.String()
}

var escapeKey = strings.NewReplacer("%", "%25", ",", "%2C")
