package s3test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Which requests a fault strikes.

// faultState counts the requests that a fault may strike, and draws for it.
type faultState struct {
	Fault

	mu     sync.Mutex
	chance *rand.Rand
	seen   int // requests that Op, Bucket, Key and the connection do not leave out
	struck int
	limits map[string]*limit // FaultThrottle's, by prefix
}

// newFaultState has the generator of the fault with a number: each has its own, so
// that what one draws does not depend on what the others do.
func newFaultState(f Fault, seed uint64, number int) *faultState {
	return &faultState{Fault: f, chance: rand.New(rand.NewPCG(seed, uint64(number))), limits: make(map[string]*limit)}
}

// strike is a fault that has struck a request, with all that is drawn.
type strike struct {
	Fault
	pause time.Duration // Delay and what is added to it; 0 is for ever, but with FaultLatency
	share float64       // of a body, where Random strikes
}

// at is the position in a body of this length.
func (s strike) at(length int64) int64 {
	if !s.Random {
		return s.N
	}
	return min(int64(s.share*float64(length)), max(0, length-1))
}

// strikes decides on a request that has just arrived.
func (f *faultState) strikes(q *request, conn int) (strike, bool) {
	if !f.concerns(q, conn) {
		return strike{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.seen - f.Skip
	f.seen++
	switch {
	case n < 0,
		f.Times > 0 && f.struck >= f.Times,
		f.Every > 0 && (n+1)%f.Every != 0,
		f.Rate > 0 && f.chance.Float64() >= f.Rate,
		f.Kind == FaultThrottle && f.limit(q).admits(time.Now()):
		return strike{}, false
	}
	f.struck++
	s := strike{Fault: f.Fault, pause: f.Delay}
	if f.Jitter > 0 {
		s.pause += time.Duration(f.chance.Int64N(int64(f.Jitter) + 1))
	}
	if f.Random {
		s.share = f.chance.Float64()
	}
	return s, true
}

// concerns reports whether a request is one of those that the fault is for.
func (f *faultState) concerns(q *request, conn int) bool {
	switch {
	case f.Op != "" && f.Op != q.op && !strings.Contains("+"+f.Op+"+", "+"+q.op+"+"),
		f.Bucket != "" && f.Bucket != q.bucket,
		f.Key != "" && !strings.HasPrefix(q.key, f.Key),
		f.Conn > 0 && f.Conn != conn,
		f.EveryConn > 0 && (conn == 0 || conn%f.EveryConn != 0):
		return false
	}
	return true
}

// limit finds the limit of the prefix that a key is below, of which each bucket has its own.
func (f *faultState) limit(q *request) *limit {
	prefix := f.Key
	if prefix == "" {
		prefix = q.key[:strings.LastIndexByte(q.key, '/')+1]
	}
	prefix = q.bucket + "/" + prefix
	l := f.limits[prefix]
	if l == nil {
		l = newLimit(f.N)
		f.limits[prefix] = l
	}
	return l
}

// limit admits so many requests a second, evenly (Amazon S3 User Guide, "Best practices
// design patterns: optimizing Amazon S3 performance": at least 3,500 PUT/COPY/POST/DELETE
// or 5,500 GET/HEAD requests per second per partitioned prefix, above which S3 may answer
// 503). It is a bucket of tokens, full at the start, that holds those of a tenth of a
// second, or one.
type limit struct {
	rate, depth, tokens float64
	filled              time.Time
}

func newLimit(rate int64) *limit {
	depth := max(1, float64(rate)/10)
	return &limit{rate: float64(rate), depth: depth, tokens: depth}
}

func (l *limit) admits(now time.Time) bool {
	if !l.filled.IsZero() {
		l.tokens = min(l.depth, l.tokens+max(0, now.Sub(l.filled).Seconds())*l.rate)
	}
	l.filled = now
	if l.tokens < 1 {
		return false
	}
	l.tokens--
	return true
}
