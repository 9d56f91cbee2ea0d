package s3test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// pattern has an x for each of n requests that are struck, and a dot for the others.
func (f *faultState) pattern(n int) string {
	var s strings.Builder
	for range n {
		if _, struck := f.strikes(&request{op: "GetObject", bucket: "data", key: "key"}, 1); struck {
			s.WriteByte('x')
		} else {
			s.WriteByte('.')
		}
	}
	return s.String()
}

func parseFault(t testing.TB, spec string) Fault {
	t.Helper()
	f, err := ParseFault(spec)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHowManyAreStruck(t *testing.T) {
	for spec, want := range map[string]string{
		"drop":                        "xxxxxxxxxxxx",
		"drop,skip=3":                 "...xxxxxxxxx",
		"drop,times=2":                "xx..........",
		"drop,skip=3,times=2":         "...xx.......",
		"drop,every=3":                "..x..x..x..x",
		"drop,every=1":                "xxxxxxxxxxxx",
		"drop,every=3,times=2":        "..x..x......",
		"drop,skip=2,every=4,times=2": ".....x...x..",
		"drop,rate=100%":              "xxxxxxxxxxxx",
		"drop,op=HeadObject":          "............",
		"drop,bucket=other":           "............",
		"drop,bucket=data,key=ke":     "xxxxxxxxxxxx",
		"drop,key=keys":               "............",
	} {
		if got := newFaultState(parseFault(t, spec), 1, 0).pattern(12); got != want {
			t.Errorf("%s strikes %s, want %s", spec, got, want)
		}
	}
}

func TestWhichAreStruck(t *testing.T) {
	get := &request{op: "GetObject", bucket: "data", key: "logs/a"}
	for _, test := range []struct {
		spec string
		q    *request
		conn int
		want bool
	}{
		{"drop,op=GetObject", get, 1, true},
		{"drop,op=HeadObject+GetObject+PutObject", get, 1, true},
		{"drop,op=GetObjectAttributes+GetObjectAcl", get, 1, false},
		{"drop,bucket=dat", get, 1, false},
		{"drop,key=logs/", get, 1, true},
		{"drop,key=logs/", &request{op: "ListObjectsV2", bucket: "data"}, 1, false},
		{"drop,bucket=data", &request{op: "AssumeRole"}, 1, false},
		{"drop,conn=2", get, 1, false},
		{"drop,conn=2", get, 2, true},
		{"drop,every-conn=8", get, 7, false},
		{"drop,every-conn=8", get, 8, true},
		{"drop,every-conn=8", get, 16, true},
		{"drop,every-conn=1", get, 0, false}, // no connection of Start's
		{"drop,conn=2,key=logs/,bucket=data,op=GetObject", get, 2, true},
	} {
		if _, got := newFaultState(parseFault(t, test.spec), 1, 0).strikes(test.q, test.conn); got != test.want {
			t.Errorf("%s strikes %s of %s/%s on connection %d: %v, want %v", test.spec, test.q.op, test.q.bucket, test.q.key, test.conn, got, test.want)
		}
	}
}

// TestRatesAreKept: within five standard deviations, which the seeds are too few to leave.
func TestRatesAreKept(t *testing.T) {
	const n = 20_000
	for seed := range uint64(5) {
		for _, rate := range []float64{0.01, 0.05, 0.5} {
			f := newFaultState(Fault{Kind: FaultDrop, Rate: rate}, seed+1, 0)
			got := float64(strings.Count(f.pattern(n), "x"))
			if off := math.Abs(got - rate*n); off > 5*math.Sqrt(n*rate*(1-rate)) {
				t.Errorf("seed %d: a rate of %v strikes %v of %d", seed+1, rate, got, n)
			}
		}
	}
}

// TestTheSeedDecides: it, and the number of the fault, and nothing else.
func TestTheSeedDecides(t *testing.T) {
	f := parseFault(t, "stall-at=random,for=1s,jitter=1s,rate=0.5")
	draws := func(seed uint64, number int) string {
		state := newFaultState(f, seed, number)
		var all []string
		for range 50 {
			s, struck := state.strikes(&request{}, 1)
			all = append(all, fmt.Sprint(struck, s.pause, s.share))
		}
		return strings.Join(all, "\n")
	}
	first := draws(7, 0)
	if draws(7, 0) != first {
		t.Error("the same seed draws something else")
	}
	if draws(8, 0) == first || draws(7, 1) == first {
		t.Error("another seed, or another fault, draws the same")
	}
}

// TestARunCanBeRepeated, with the seed that the server tells.
func TestARunCanBeRepeated(t *testing.T) {
	run := func(seed uint64) (outcomes []string, _ uint64) {
		srv := start(t, Config{Seed: seed, Faults: []Fault{
			parseFault(t, "truncate=random,op=GetObject,rate=0.5"), parseFault(t, "error=SlowDown,op=GetObject,rate=0.3"), parseFault(t, "flip=random,op=GetObject")}})
		c := newClient(srv)
		c.put(t, "/data/key", faultBody)
		for range 30 {
			r := c.do(t, "GET", "/data/key", "")
			body := r.body
			if r.status != 200 {
				body = ""
			}
			outcomes = append(outcomes, fmt.Sprint(r.status, r.err != nil, body))
		}
		return outcomes, srv.Seed()
	}
	first, seed := run(0)
	if seed == 0 {
		t.Fatal("no seed was made up")
	}
	if again, _ := run(seed); !slices.Equal(first, again) {
		t.Errorf("seed %d gives\n%q, and then\n%q", seed, first, again)
	}
	if other, _ := run(seed + 1); slices.Equal(first, other) {
		t.Errorf("seed %d gives the same as %d", seed+1, seed)
	}
}

func TestRandomPlaces(t *testing.T) {
	for _, test := range []struct {
		share  float64
		length int64
		want   int64
	}{{0, 10, 0}, {0.5, 10, 5}, {math.Nextafter(1, 0), 10, 9}, {0.5, 0, 0}, {0.5, 1, 0}, {0.999, math.MaxInt64, 9214148664817921000}} {
		s := strike{Fault: Fault{Random: true}, share: test.share}
		if got := s.at(test.length); got < 0 || test.length < 1<<53 && got != test.want || got >= max(1, test.length) {
			t.Errorf("at %v of %d bytes: %d, want %d", test.share, test.length, got, test.want)
		}
	}
	if got := (strike{Fault: Fault{N: 70}}).at(10); got != 70 {
		t.Errorf("a fixed position is %d, want 70", got)
	}
}

func TestLimit(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimit(100)
	count := func(requests int, every time.Duration) (admitted int) {
		for range requests {
			if l.admits(now) {
				admitted++
			}
			now = now.Add(every)
		}
		return admitted
	}
	if got := count(50, 0); got != 10 {
		t.Errorf("%d of 50 at once, want the 10 of a tenth of a second", got)
	}
	if got := count(1000, 5*time.Millisecond); got < 499 || got > 501 {
		t.Errorf("%d of 200 a second for 5 seconds, want 500", got)
	}
	now = now.Add(time.Hour)
	if got := count(50, 0); got != 10 {
		t.Errorf("%d of 50 at once after an hour, want 10", got)
	}
	if l = newLimit(1); count(3, 0) != 1 {
		t.Error("the least limit admits not one")
	}
}

// TestThrottlingByPrefix: each folder, or each bucket's keys of the prefix, has a limit
// of its own.
func TestThrottlingByPrefix(t *testing.T) {
	statuses := func(c *client, keys ...string) (all []int) {
		for _, key := range keys {
			all = append(all, c.do(t, "HEAD", "/data/"+key, "").status)
		}
		return all
	}
	c := faulty(t, "throttle=1,op=HeadObject")
	if got := statuses(c, "a/1", "a/2", "b/1", "a/b/1", "1", "2"); !slices.Equal(got, []int{404, 503, 404, 404, 404, 503}) {
		t.Errorf("by folder: %d", got)
	}
	c = faulty(t, "throttle=1,key=a,op=HeadObject")
	if got := statuses(c, "a/1", "a/b/2", "b/1", "b/2"); !slices.Equal(got, []int{404, 503, 404, 404}) {
		t.Errorf("by prefix: %d", got)
	}
	c.do(t, "GET", "/data/a/1", "").want(t, 404, "NoSuchKey")
	c = faulty(t, "throttle=1,key=a")
	c.do(t, "GET", "/data/a", "").want(t, 404, "NoSuchKey")
	c.do(t, "GET", "/data/a", "").want(t, 503, "SlowDown")
}
