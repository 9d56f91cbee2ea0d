package s3test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// damage is what faults do to a successful answer.
type damage struct {
	faults []Fault
	pace   *pace // of the body; nil is none
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
		case FaultSlow:
			d.pace = &pace{rate: f.N}
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

// pass writes p, or as much of it as is due.
func (d *damage) pass(w *answer, p []byte) (int, error) {
	if d.pace != nil {
		p = p[:min(len(p), d.pace.quantum())]
	}
	n, err := w.ResponseWriter.Write(p)
	d.pos += int64(n)
	w.n += int64(n)
	if d.pace != nil {
		w.flush()
		d.pace.wait(n, d.ctx.Done())
	}
	return n, err
}

func (w *answer) flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
