package transfer

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// at is a time of a test's own.
func at(d time.Duration) time.Time { return time.Unix(0, 0).Add(d) }

func wantLimit(t *testing.T, a *aimd, want float64) {
	t.Helper()
	if d := a.limit - want; d > 1e-9 || d < -1e-9 {
		t.Errorf("the limit is %v, want %v", a.limit, want)
	}
}

func TestRefusalTakesThreeTenths(t *testing.T) {
	for _, test := range []struct {
		limit    float64
		underWay int
		want     float64
	}{
		{256, 256, 179.2},
		{256, 10, 7}, // only ten were too many
		{256, 1, 0.7},
		{10, 200, 7}, // that began when more were allowed
		{1, 1, 0.7},
		{0.5, 1, 0.35},
		{leastLimit, 1, leastLimit},
	} {
		t.Run(fmt.Sprintf("%v, %d under way", test.limit, test.underWay), func(t *testing.T) {
			a := newAIMD(256)
			a.limit = test.limit
			if !a.refused(at(1), at(2), test.underWay) {
				t.Error("the limit did not fall")
			}
			wantLimit(t, &a, test.want)
		})
	}
}

// The refusals of attempts that were on their way when the limit fell are not held
// against it, and neither are they a sign that it is too low when they are served.
func TestLimitFallsOncePerRoundTrip(t *testing.T) {
	a := newAIMD(100)
	a.refused(at(0), at(50), 100)
	for began := range time.Duration(50) {
		if a.refused(at(began), at(60), 100) {
			t.Errorf("it falls for an attempt that began at %d, before it fell", began)
		}
		a.served(at(began), 100)
	}
	wantLimit(t, &a, 70)
	if !a.refused(at(50), at(100), 70) {
		t.Error("it does not fall for an attempt of the next round trip")
	}
	wantLimit(t, &a, 49)
}

func TestSuccessAddsTheSameToEveryLimit(t *testing.T) {
	for _, limit := range []float64{0.05, 0.4, 1, 7} {
		a := newAIMD(256)
		a.limit, a.threshold = limit, leastLimit
		a.served(at(1), 7)
		if added := a.limit - limit; added < increase || added > increase*1.05 {
			t.Errorf("at %v a success adds %v, want %v", limit, added, increase)
		}
	}
}

func TestLimitGrowsOnlyWhereItIsReached(t *testing.T) {
	a := newAIMD(256)
	a.limit, a.threshold = 8.5, 1
	for range 1000 {
		a.served(at(1), 7)
	}
	wantLimit(t, &a, 8.5)
	a.served(at(1), 8)
	if a.limit <= 8.5 {
		t.Error("it does not grow with eight under way")
	}
}

func TestLimitNeverPassesTheMost(t *testing.T) {
	a := newAIMD(4)
	a.refused(at(0), at(1), 4)
	for range 10_000 {
		a.served(at(2), 4)
	}
	wantLimit(t, &a, 4)
	if a.limits() {
		t.Error("there is a limit when as much is served as may be under way")
	}
}

// After an outage the limit is soon where it was before it, less the one decrease that
// it would have had, and creeps from there on.
func TestOutageIsSoonForgotten(t *testing.T) {
	a := newAIMD(256)
	a.limit, a.threshold, a.streak = 10, 7, 5
	now := time.Duration(0)
	for range 100 {
		a.refused(at(now), at(now+1), 10)
		now++
	}
	wantLimit(t, &a, leastLimit)
	successes := 0
	for ; a.limit < 7 && successes < 1000; successes++ {
		a.served(at(now), a.allowed(0))
	}
	if successes > 11 { // five double it to 1.6, and six add 1
		t.Errorf("it takes %d successes to be at 7 again, want 11", successes)
	}
	before := a.limit
	a.served(at(now), a.allowed(0))
	if a.limit > before+2*increase {
		t.Errorf("from %v on it goes to %v at once", before, a.limit)
	}
}

// A client that has the service for itself is back at its full number in some
// forty round trips, whatever that number is.
func TestLoneClientRecovers(t *testing.T) {
	for _, most := range []int{1, 4, 16, 64, 256} {
		a := newAIMD(most)
		a.served(at(0), most)
		a.refused(at(0), at(1), most)
		trips := 0
		for ; a.limits() && trips < 1000; trips++ {
			for range a.allowed(0) {
				a.served(at(2), a.allowed(0))
			}
		}
		t.Logf("%d workers: %d round trips", most, trips)
		if trips > 45 {
			t.Errorf("%d workers: %d round trips, want at most 45", most, trips)
		}
	}
}

// The fraction of a limit counts: on average as many are allowed as it says.
func TestFractionsCount(t *testing.T) {
	for _, limit := range []float64{1, 1.25, 2.9, 100.5} {
		a := newAIMD(256)
		a.limit = limit
		sum, n := 0, 10_000
		for i := range n {
			sum += a.allowed(float64(i) / float64(n))
		}
		if mean := float64(sum) / float64(n); mean < limit-0.001 || mean > limit+0.001 {
			t.Errorf("at a limit of %v there are %v allowed on average", limit, mean)
		}
	}
}

func TestRest(t *testing.T) {
	for _, test := range []struct {
		limit    float64
		min, max time.Duration
	}{
		{256, 0, 0},
		{1, 0, 0},
		{0.5, 50 * time.Millisecond, 150 * time.Millisecond},
		{0.1, 450 * time.Millisecond, 1350 * time.Millisecond},
		{leastLimit, 950 * time.Millisecond, 2850 * time.Millisecond},
	} {
		a := newAIMD(256)
		a.limit = test.limit
		least, most := a.rest(0), a.rest(1)
		if (least-test.min).Abs() > 1000 || (most-test.max).Abs() > 1000 || a.allowed(0.999) < 1 {
			t.Errorf("at %v the rest is %v to %v, want %v to %v", test.limit, least, most, test.min, test.max)
		}
		if test.limit < 1 && a.allowed(0.999) != 1 {
			t.Errorf("at %v there are %d allowed", test.limit, a.allowed(0.999))
		}
	}
}

func TestIsThrottling(t *testing.T) {
	says := func(status int, code string) error {
		return fmt.Errorf("wrapped: %w", &s3client.Error{Op: "GetObject", Err: &s3client.APIError{Status: status, Code: code}})
	}
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("SlowDown"), false},
		{says(503, "SlowDown"), true},
		{says(503, "ServiceUnavailable"), true},
		{says(429, "TooManyRequests"), true},
		{says(400, "RequestLimitExceeded"), true},
		{s3client.ErrSlowDown, true},
		{says(500, "InternalError"), false},
		{says(404, "NoSuchKey"), false},
	} {
		if got := isThrottling(test.err); got != test.want {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
	}
}
