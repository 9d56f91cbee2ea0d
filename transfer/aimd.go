package transfer

import (
	"errors"
	"math"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// aimd is the rule by which the requests under way to one bucket become fewer when
// the service asks for that, and more when it serves them: additive increase,
// multiplicative decrease, as TCP's congestion control has it (RFC 5681 section 3.1).
// The Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3
// performance", gives the cause: 3,500 writes or 5,500 reads a second of a prefix,
// 503 Slow Down while S3 scales, and the advice to lower the rate then.
//
// A thousand clients may share a prefix, so that a single request under way is too
// much for each: the limit goes on below 1, where it says how long to rest between
// requests. What differs from TCP is what that needs. A success adds the same to
// every limit, not the same in every round trip: at the balance of n clients each has
// one request in so many refused, and not nearly all. And as limits are small numbers,
// their fraction counts: of a limit of 1.4, two are let out four times in ten.
//
// It has neither clock nor lock nor randomness of its own.
type aimd struct {
	most      float64   // the limit at first, and at best
	limit     float64   // requests under way, at most; below 1 one, with rests
	threshold float64   // below it the service has borne more lately: it grows fast (slow start)
	decreased time.Time // when the limit fell last
	streak    int       // attempts served since
}

const (
	// decrease is what a refusal leaves of the limit: as much as CUBIC's (RFC 9438
	// section 4.6), for the half of RFC 5681 wastes more of the service.
	decrease = 0.7
	// increase is what a success adds. With 0.3 taken by a refusal, one request in
	// forty is refused at a limit of 1 when others take all the rest.
	increase = 1.0 / 128
	// quickening is the number of round trips served without a refusal after which the
	// increase is doubled, and again: who is refused that seldom has come too low.
	quickening = 32
	// leastLimit is for a service that refuses everything: a request each 2 s finds out
	// when it no longer does.
	leastLimit = 1.0 / 20
	// restUnit is the rest at a limit of one half.
	restUnit = 100 * time.Millisecond
)

func newAIMD(most int) aimd {
	return aimd{most: float64(most), limit: float64(most), threshold: float64(most)}
}

// refused takes an attempt that the service throttled, with the number of requests
// that were under way, and reports whether the limit has fallen. It falls once per
// round trip: what was sent before it fell says nothing about it.
func (a *aimd) refused(began, now time.Time, underWay int) bool {
	if began.Before(a.decreased) {
		return false
	}
	if a.limit > 1 { // one that was not reached was not what the service refused
		a.limit = max(1, min(a.limit, float64(underWay)))
	}
	a.limit = max(a.limit*decrease, leastLimit)
	if a.streak > 0 {
		a.threshold = a.limit // else it stays where the service last served
	}
	a.decreased, a.streak = now, 0
	return true
}

// served takes an attempt that the service answered as it should.
func (a *aimd) served(began time.Time, underWay int) {
	if began.Before(a.decreased) {
		return
	}
	a.streak++
	if float64(underWay) < math.Floor(a.limit) { // which was not put to the test
		return
	}
	add := min(a.limit, 1) // as an acknowledgement does in slow start
	if a.limit >= a.threshold {
		add = min(add, increase*math.Exp2(float64(a.streak)/(quickening*max(1, a.limit))))
	}
	a.limit = min(a.limit+add, a.most)
}

// limits reports whether there is a limit, which there is from the first refusal on
// until as much is served as ever may be under way.
func (a *aimd) limits() bool { return a.limit < a.most }

// allowed is how many requests may be under way now; u is a random number in [0, 1),
// drawn anew whenever a request ends.
func (a *aimd) allowed(u float64) int { return max(1, int(a.limit+u)) }

// rest is how long to wait from the end of a request to the next; u is a random number
// in [0, 1) that keeps clients which were refused together from coming back together.
func (a *aimd) rest(u float64) time.Duration {
	if a.limit >= 1 {
		return 0
	}
	return time.Duration(float64(restUnit) * (1/a.limit - 1) * (0.5 + u))
}

// isThrottling reports whether a request failed because the service asks for fewer, all
// attempts used up. Such a transfer is not lost: the next request will wait its time.
func isThrottling(err error) bool {
	var api *s3client.APIError
	return errors.As(err, &api) && api.Throttling()
}
