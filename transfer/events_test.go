package transfer

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// firsts gives the First of each event, and minus the Count of what was missed.
func firsts(e *Events) []int64 {
	var got []int64
	for event := range e.All() {
		if event.Kind == Missed {
			got = append(got, -int64(event.Count))
			continue
		}
		got = append(got, event.First)
	}
	return got
}

func numbers(from, to int) []int64 {
	var n []int64
	for i := from; i < to; i++ {
		n = append(n, int64(i))
	}
	return n
}

// All who read get all events in their order, whether they come early, late or after
// the end.
func TestEventsForAllReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(Events)
		const n = 1000
		var group sync.WaitGroup
		read := func() {
			group.Go(func() {
				if diff := cmp.Diff(numbers(0, n), firsts(e)); diff != "" {
					t.Errorf("events (-want +got)\n%s", diff)
				}
			})
		}
		read()
		synctest.Wait() // it waits for the first
		for i := range n {
			if i == n/2 {
				read()
			}
			e.emit(Event{Kind: Requested, First: int64(i)})
		}
		read()
		e.close()
		e.close()
		e.emit(Event{Kind: Done}) // too late
		read()
		group.Wait()
	})
}

func TestEventsCarryTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(Events)
		start := time.Now()
		time.Sleep(time.Second)
		e.emit(Event{Kind: Began})
		e.emit(Event{Kind: Done, Time: start})
		e.close()
		var got []time.Duration
		for event := range e.All() {
			got = append(got, event.Time.Sub(start))
		}
		if !slices.Equal(got, []time.Duration{time.Second, 0}) {
			t.Errorf("the times are %v, want now and the one that was given", got)
		}
	})
}

// Who reads too slowly misses the oldest, and is told how many.
func TestSlowReaderMissesEvents(t *testing.T) {
	e := new(Events)
	emit := func(from, to int) {
		for i := from; i < to; i++ {
			e.emit(Event{Kind: Requested, First: int64(i)})
		}
	}
	const lost, n = 500, maxEvents + 500
	emit(0, n)
	var got []int64
	for event := range e.All() {
		if event.Kind == Missed {
			got = append(got, -int64(event.Count))
			continue
		}
		if got = append(got, event.First); event.First == n-1 {
			emit(n, 2*n) // while it works
			e.close()
		}
	}
	want := slices.Concat([]int64{-lost}, numbers(lost, n), []int64{-lost}, numbers(n+lost, 2*n))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(slices.Concat([]int64{-n - lost}, numbers(n+lost, 2*n)), firsts(e)); diff != "" {
		t.Errorf("events of one who comes later (-want +got)\n%s", diff)
	}
}

// Who stops reading leaves nothing behind: synctest finds a goroutine that stays.
func TestBreakingOffEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(Events)
		for i := range 10 {
			e.emit(Event{First: int64(i)})
		}
		read := 0
		for range e.All() {
			if read++; read == 3 {
				break
			}
		}
		if read != 3 {
			t.Errorf("%d events were read, want 3", read)
		}
	})
}

func TestNoEvents(t *testing.T) {
	var e *Events
	e.emit(Event{Kind: Began}) // to nobody
	e.close()
	quiet := new(Events)
	quiet.close()
	for event := range quiet.All() {
		t.Errorf("there is an event: %v", event)
	}
}

func TestEventString(t *testing.T) {
	for _, test := range []struct {
		event Event
		want  string
	}{
		{Event{Kind: Began, Bytes: 12, ETag: `"e1"`}, `began: 12 bytes, ETag "e1"`},
		{Event{Kind: Resumed, Bytes: 5}, "resumed: 5 bytes are there already"},
		{Event{Kind: Afresh, Why: "the object has changed"}, "afresh: the object has changed"},
		{Event{Kind: Requested, First: 0, Last: 9}, "requested: bytes 0-9"},
		{Event{Kind: Broken, First: 5, Last: 9, Err: errors.New("connection reset")}, "broken: bytes 5-9: connection reset"},
		{Event{Kind: Throttled, Limit: 2.3456}, "throttled: at most 2.35 requests under way"},
		{Event{Kind: Checked, Verified: FullObject}, "verified: full-object"},
		{Event{Kind: Missed, Count: 7}, "missed: 7 events"},
		{Event{Kind: Done}, "done"},
		{Event{Kind: Done, Err: errors.New("disk full")}, "done: disk full"},
	} {
		if got := test.event.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	for _, kind := range []EventKind{Stalled, Stolen, Hedged} {
		if got := (Event{Kind: kind, First: 3, Last: 4}).String(); !strings.HasSuffix(got, ": bytes 3-4") {
			t.Errorf("%s does not say where", got)
		}
	}
}
