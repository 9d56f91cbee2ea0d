package s3test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// damage is what faults do to a successful answer.
type damage struct {
	strikes []strike
	lost    bool  // there is to be no answer
	chunked bool  // the header has to go before net/http can know the length
	pace    *pace // of the body; nil is none
	request *http.Request
	events  []event // sorted by place
	pos     int64   // in the body
}

// event is what happens when the body has come to a place.
type event struct {
	at int64
	strike
}

// anotherETag is no object's.
const anotherETag = `"0123456789abcdef0123456789abcdef"`

var contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+)$`)

func (d *damage) header(h http.Header, status int) {
	if d.lost {
		drop()
	}
	if status >= 300 {
		return
	}
	length, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	body := err == nil && length > 0 && d.request.Method != http.MethodHead
	for _, f := range d.strikes {
		switch f.Kind {
		case FaultWrongETag:
			if h.Get("ETag") != "" {
				h.Set("ETag", anotherETag)
			}
		case FaultNoETag:
			h.Del("ETag")
		case FaultWrongChecksum:
			for name, values := range h {
				if algorithm, is := strings.CutPrefix(name, "X-Amz-Checksum-"); is && algorithm != "Type" {
					h.Set(name, anotherSum(values[0]))
				}
			}
		case FaultNoContentRange:
			h.Del("Content-Range")
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
		case FaultNoContentLength:
			h.Del("Content-Length")
			d.chunked = body
		case FaultShortLength:
			if body {
				at := max(0, length-f.N)
				if h.Get("Content-Length") != "" {
					h.Set("Content-Length", strconv.FormatInt(at, 10))
				}
				d.events = append(d.events, event{at, f})
			}
		case FaultStall:
			if !body {
				pause(d.request.Context(), f.pause)
				continue
			}
			d.events = append(d.events, event{length / 2, f})
		case FaultSlow:
			d.pace = &pace{rate: f.N}
		case FaultTruncate, FaultResetAt, FaultFlip, FaultStallAt:
			d.events = append(d.events, event{f.at(length), f})
		}
	}
	slices.SortStableFunc(d.events, func(a, b event) int { return int(min(max(a.at-b.at, -1), 1)) })
}

// pause waits, unless ctx ends before; 0 is for ever.
func pause(ctx context.Context, d time.Duration) {
	if d == 0 {
		<-ctx.Done()
		return
	}
	sleep(ctx, d)
}

// anotherSum changes a checksum in base64, which may end with a number of parts.
func anotherSum(sum string) string {
	digits, parts, _ := strings.Cut(sum, "-")
	raw, err := base64.StdEncoding.DecodeString(digits)
	if err != nil || len(raw) == 0 {
		return sum
	}
	raw[0] ^= 0xff
	if parts != "" {
		parts = "-" + parts
	}
	return base64.StdEncoding.EncodeToString(raw) + parts
}

var (
	etagElement     = regexp.MustCompile(`<ETag>[^<]*</ETag>`)
	checksumElement = regexp.MustCompile(`(<Checksum(?:CRC|SHA)[0-9A-Z]+>)([^<]*)`)
)

// document is what header is for answers in XML.
func (d *damage) document(body string) string {
	for _, f := range d.strikes {
		switch f.Kind {
		case FaultWrongETag:
			body = etagElement.ReplaceAllString(body, "<ETag>"+strings.ReplaceAll(anotherETag, `"`, "&quot;")+"</ETag>")
		case FaultNoETag:
			body = etagElement.ReplaceAllString(body, "")
		case FaultWrongChecksum:
			body = checksumElement.ReplaceAllStringFunc(body, func(found string) string {
				m := checksumElement.FindStringSubmatch(found)
				return m[1] + anotherSum(m[2])
			})
		}
	}
	return body
}

func (d *damage) write(w *answer, p []byte) (int, error) {
	all := len(p)
	for len(p) > 0 {
		n := len(p)
		if len(d.events) > 0 {
			n = int(min(int64(n), max(0, d.events[0].at-d.pos)))
		}
		if n == 0 {
			f := d.events[0].strike
			d.events = d.events[1:]
			switch f.Kind {
			case FaultTruncate:
				w.flush()
				drop()
			case FaultResetAt:
				w.flush()
				reset(w, d.request)
			case FaultShortLength:
				d.events = []event{{d.pos, f}} // for the writes that follow
				return all, nil
			case FaultStall, FaultStallAt:
				w.flush()
				pause(d.request.Context(), f.pause)
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
		d.pace.wait(len(p), d.request.Context().Done())
	}
	n, err := w.ResponseWriter.Write(p)
	d.pos += int64(n)
	w.n += int64(n)
	if d.pace != nil {
		w.flush()
	}
	return n, err
}

func (w *answer) flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
