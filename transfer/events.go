package transfer

import (
	"fmt"
	"iter"
	"sync"
	"time"
)

// EventKind says what an [Event] is about.
type EventKind string

// The kinds, with the fields that each sets beside Kind and Time.
const (
	// Began: the object is known. Bytes is its size, ETag its ETag.
	Began EventKind = "began"
	// Resumed: Bytes were there from an earlier run, and verified.
	Resumed EventKind = "resumed"
	// Afresh: what was there from an earlier run is of no use. Why says why.
	Afresh EventKind = "afresh"
	// Requested: a request begins, for the bytes First to Last.
	Requested EventKind = "requested"
	// Broken: a body broke off before its end, with Err; First is the next byte, from
	// which on it is asked for again up to Last.
	Broken EventKind = "broken"
	// Stalled: a request for First to Last was given up, since its bytes came too slowly.
	Stalled EventKind = "stalled"
	// Stolen: an idle worker took over First to Last, the tail of another's range.
	Stolen EventKind = "stolen"
	// Hedged: an idle worker asked for First to Last too, which another waits for.
	Hedged EventKind = "hedged"
	// Throttled: the service asked for fewer requests. Limit is how many to the bucket
	// are now under way at once; below 1 there are rests between them.
	Throttled EventKind = "throttled"
	// Checked: the bytes were verified. Verified says how far.
	Checked EventKind = "verified"
	// Done: the transfer is over, with Err if it failed. It is the last event.
	Done EventKind = "done"
	// Missed: so many events, Count, were dropped here, since the reader was too slow.
	Missed EventKind = "missed"
)

// Event is something that happened in a transfer.
type Event struct {
	Kind        EventKind
	Time        time.Time
	First, Last int64 // bytes of the object, both included
	Bytes       int64
	ETag        string
	Why         string
	Limit       float64
	Verified    Verified
	Count       int
	Err         error
}

// String gives the event as a line of a log has it, without the time.
func (e Event) String() string {
	text := string(e.Kind)
	switch e.Kind {
	case Began:
		text += fmt.Sprintf(": %d bytes, ETag %s", e.Bytes, e.ETag)
	case Resumed:
		text += fmt.Sprintf(": %d bytes are there already", e.Bytes)
	case Afresh:
		text += ": " + e.Why
	case Requested, Broken, Stalled, Stolen, Hedged:
		text += fmt.Sprintf(": bytes %d-%d", e.First, e.Last)
	case Throttled:
		text += fmt.Sprintf(": at most %.3g requests under way", e.Limit)
	case Checked:
		text += ": " + string(e.Verified)
	case Missed:
		text += fmt.Sprintf(": %d events", e.Count)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Events tells what happens in a transfer. Its zero value is ready, for one transfer;
// any number of goroutines may read it.
type Events struct {
	mu     sync.Mutex
	more   sync.Cond
	kept   []Event // a ring: event number n is at n % maxEvents
	count  int     // of all events so far
	closed bool
}

// maxEvents is how many are kept for readers that come later or are slow.
const maxEvents = 1024

// All gives the events from the first on, waits for more while the transfer runs, and
// ends when it is over. Of those that a reader has not come to, the last 1,024 are kept:
// it gets one of kind [Missed] in the place of the others. Range over it in a goroutine
// of its own while the transfer runs, or afterwards.
func (e *Events) All() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for n := 0; ; {
			event, next, ok := e.wait(n)
			if !ok || !yield(event) {
				return
			}
			n = next
		}
	}
}

// wait gives the event of that number, or Missed in place of it and others, and the
// number of the one after it. It is not ok when there are no more.
func (e *Events) wait(n int) (event Event, next int, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for n == e.count && !e.closed {
		e.more.L = &e.mu
		e.more.Wait()
	}
	if n == e.count {
		return Event{}, n, false
	}
	if first := e.count - len(e.kept); n < first {
		return Event{Kind: Missed, Time: e.kept[first%maxEvents].Time, Count: first - n}, first, true
	}
	return e.kept[n%maxEvents], n + 1, true
}

// emit tells an event, which happens now unless it has a time. A nil *Events takes it
// to nobody, and so does one that is closed.
func (e *Events) emit(event Event) {
	if e == nil {
		return
	}
	if event.Time.IsZero() {
		event.Time = time.Now()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if len(e.kept) < maxEvents {
		e.kept = append(e.kept, event)
	} else {
		e.kept[e.count%maxEvents] = event
	}
	e.count++
	e.more.Broadcast()
}

// close ends the sequence, and may be called again.
func (e *Events) close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.more.Broadcast()
}
