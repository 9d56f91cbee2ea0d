package main

import (
	"math/rand/v2"
	"time"

	"github.com/sigvier/sigvier/s3client/s3test"
)

// The faults that are drawn from.

// troubles make a fault each, with whatever they need drawn. Those that end a request
// strike so seldom that most downloads get through.
var troubles = []func(r *rand.Rand) s3test.Fault{
	func(r *rand.Rand) s3test.Fault { return failing(r, "SlowDown", 0.3) },
	func(r *rand.Rand) s3test.Fault { return failing(r, "InternalError", 0.2) },
	func(r *rand.Rand) s3test.Fault { return failing(r, "ServiceUnavailable", 0.2) },
	func(r *rand.Rand) s3test.Fault { return failing(r, "RequestTimeout", 0.2) },
	func(r *rand.Rand) s3test.Fault { return failing(r, "AccessDenied", 0.05) },
	func(r *rand.Rand) s3test.Fault { return failing(r, "NoSuchKey", 0.05) },
	func(r *rand.Rand) s3test.Fault { return failing(r, "PreconditionFailed", 0.05) },
	func(r *rand.Rand) s3test.Fault {
		return s3test.Fault{Kind: s3test.FaultThrottle, N: 20 + r.Int64N(200)}
	},
	func(r *rand.Rand) s3test.Fault {
		return seldom(r, s3test.FaultHTML, 0.2).n([]int64{200, 403, 502, 503}[r.IntN(4)])
	},
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultDrop, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultReset, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultLostAnswer, 0.2).Fault },

	func(r *rand.Rand) s3test.Fault {
		return s3test.Fault{Kind: s3test.FaultLatency, Jitter: 1 + time.Duration(r.Int64N(int64(50*time.Millisecond)))}
	},
	func(r *rand.Rand) s3test.Fault {
		return seldom(r, s3test.FaultSlow, 1).n(200_000 + r.Int64N(3_000_000))
	},
	func(r *rand.Rand) s3test.Fault {
		return s3test.Fault{Kind: s3test.FaultSlow, N: 100_000 + r.Int64N(1_000_000), EveryConn: 2 + r.IntN(8)}
	},
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultStallAt, 0.1).somewhere() },
	func(r *rand.Rand) s3test.Fault {
		f := seldom(r, s3test.FaultStallAt, 0.5).somewhere()
		f.Delay, f.Jitter = 10*time.Millisecond, 100*time.Millisecond
		return f
	},

	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultTruncate, 0.5).somewhere() },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultTruncate, 0.3).n(r.Int64N(100_000)) },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultResetAt, 0.5).somewhere() },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultFlip, 0.2).somewhere() },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultShortLength, 0.3).n(1 + r.Int64N(1000)) },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultNoContentLength, 1).Fault },

	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultIgnoreRange, 0.3).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultShortRange, 0.3).n(1 + r.Int64N(1000)) },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultWrongContentRange, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultNoContentRange, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultWrongTotal, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultWrongETag, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultNoETag, 0.2).Fault },
	func(r *rand.Rand) s3test.Fault { return seldom(r, s3test.FaultWrongChecksum, 0.5).Fault },
	func(r *rand.Rand) s3test.Fault {
		return s3test.Fault{Kind: s3test.FaultChangeObject, Skip: r.IntN(6), Times: 1}
	},
}

// trouble is a fault that is being put together.
type trouble struct{ s3test.Fault }

func (t trouble) n(n int64) s3test.Fault {
	t.N = n
	return t.Fault
}

func (t trouble) somewhere() s3test.Fault {
	t.Random = true
	return t.Fault
}

// seldom strikes with a chance that is drawn, and is at most the given one.
func seldom(r *rand.Rand, kind s3test.FaultKind, most float64) trouble {
	return trouble{s3test.Fault{Kind: kind, Rate: most * (1 - r.Float64())}}
}

func failing(r *rand.Rand, code string, most float64) s3test.Fault {
	f := seldom(r, s3test.FaultError, most)
	f.Code = code
	return f.Fault
}

// drawFaults gives one to three, of which each strikes the requests of a download that
// bring bytes, or all of them.
func drawFaults(r *rand.Rand) []s3test.Fault {
	list := make([]s3test.Fault, 1+r.IntN(3))
	for i := range list {
		list[i] = troubles[r.IntN(len(troubles))](r)
		list[i].Op = []string{"GetObject", "GetObject", "GetObject+HeadObject"}[r.IntN(3)]
	}
	return list
}
