package transfer

import (
	"testing"
	"time"
)

// prefix is a service that bears so many requests a second and answers the others with
// 503 Slow Down, as S3 does with those to one prefix: 5,500 reads (S3 User Guide, "Best
// practices design patterns: optimizing Amazon S3 performance").
type prefix struct {
	world    *simulation
	capacity func(time.Duration) float64 // requests per second
	tokens   float64
	refilled time.Duration
	seconds  []struct{ offered, served int }
}

const (
	prefixRate = 5500
	// prefixBurst is how many come at once without a refusal.
	prefixBurst = prefixRate / 10
)

// serves decides over a request that arrives now.
func (p *prefix) serves() bool {
	now := p.world.elapsed
	capacity := p.capacity(now)
	p.tokens = min(prefixBurst, p.tokens+capacity*(now-p.refilled).Seconds())
	p.refilled = now
	second := int(now / time.Second)
	for len(p.seconds) <= second {
		p.seconds = append(p.seconds, struct{ offered, served int }{})
	}
	p.seconds[second].offered++
	if p.tokens < 1 || capacity == 0 {
		return false
	}
	p.tokens--
	p.seconds[second].served++
	return true
}

// between counts the requests from one second to another.
func (p *prefix) between(from, to int) (offered, served int) {
	for _, s := range p.seconds[from:min(to, len(p.seconds))] {
		offered += s.offered
		served += s.served
	}
	return offered, served
}

// simulatedClient is a process that downloads: a destination of a [Budget], which lets
// requests out by its aimd, and a transport that tries each up to four times, as sigv4http
// does (full jitter from 100 ms on, and its budget of retries).
type simulatedClient struct {
	world  *simulation
	prefix *prefix
	aimd   bool // else all requests go out at once
	head   time.Duration

	rule     aimd
	dice     float64
	waiting  []simulatedRequest
	underWay int
	rested   time.Duration
	resting  bool
	retries  int // what they have cost

	served []time.Duration
	failed int // requests that were refused at each attempt
}

// simulatedRequest waits for its turn, is sent, answered, and then to be ended.
type simulatedRequest struct {
	turn     func() (send bool) // when it is
	answered func(served bool)
}

// begin asks for a turn to send a request, which then must be ended.
func (c *simulatedClient) begin(turn func() (send bool), answered func(served bool)) {
	c.waiting = append(c.waiting, simulatedRequest{turn, answered})
	c.admit()
}

func (c *simulatedClient) admit() {
	for len(c.waiting) > 0 && (!c.aimd || c.underWay < c.rule.allowed(c.dice)) {
		if wait := c.rested - c.world.elapsed; c.aimd && c.rule.limit < 1 && wait > 0 {
			if !c.resting {
				c.resting = true
				c.world.after(wait, func() { c.resting = false; c.admit() })
			}
			return
		}
		r := c.waiting[0]
		c.waiting = c.waiting[1:]
		if r.turn() {
			c.underWay++
			c.attempt(1, r)
		}
	}
}

func (c *simulatedClient) attempt(number int, r simulatedRequest) {
	began, serves := c.world.now(), c.prefix.serves()
	c.world.after(c.world.about(c.head), func() {
		switch {
		case serves:
			c.rule.served(began, c.underWay)
			c.served = append(c.served, c.world.elapsed)
			c.retries = max(0, c.retries-1)
			if number > 1 {
				c.retries = max(0, c.retries-4)
			}
			r.answered(true)
			c.admit()
		case number < 4 && c.retries+5 <= 500:
			c.rule.refused(began, c.world.now(), c.underWay)
			c.retries += 5
			c.world.after(c.world.upTo(100*time.Millisecond<<(number-1)), func() { c.attempt(number+1, r) })
		default:
			c.rule.refused(began, c.world.now(), c.underWay)
			c.failed++
			r.answered(false)
		}
	})
}

func (c *simulatedClient) end() {
	c.underWay--
	c.dice = c.world.Float64()
	c.rested = c.world.elapsed + c.rule.rest(c.world.Float64())
	c.admit()
}

// work is a worker that asks for one thing after the other for ever.
func (c *simulatedClient) work(body time.Duration) {
	c.begin(func() bool { return true }, func(served bool) {
		next := func() { c.end(); c.work(body) }
		if served {
			c.world.after(c.world.about(body), next)
		} else {
			next()
		}
	})
}

// jain is Jain's index of fairness: 1 if all have the same, 1/n if one has all.
func jain(shares []float64) float64 {
	var sum, squares float64
	for _, x := range shares {
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(shares)) * squares)
}

// The rule with a thousand clients, in virtual time, against a prefix that bears 5,500
// requests a second, and nothing at all from the 50th to the 80th second: whatever they want, what
// it bears is used, little is refused, all have their part, and after the outage it is
// all soon so again. Without the rule, most of what is sent is refused.
func TestThousandClientsOfOnePrefix(t *testing.T) {
	const (
		warm, outage, over, end = 10, 50, 80, 102 // seconds
		wellAgain               = 20              // seconds from the outage's end until nine tenths are used
	)
	capacity := func(now time.Duration) float64 {
		if now >= outage*time.Second && now < over*time.Second {
			return 0
		}
		return prefixRate
	}
	for _, test := range []struct {
		name             string
		clients, workers int
		body             time.Duration // 30 ms after the request
		aimd             bool
		fair             float64 // the least of Jain's index
	}{
		{"1,000 clients of one worker, small objects", 1000, 1, 20 * time.Millisecond, true, 0.8},
		{"1,000 clients of 16 workers, parts of 8 MiB", 1000, 16, 200 * time.Millisecond, true, 0.8},
		{"50 clients of 64 workers, parts of 8 MiB", 50, 64, 200 * time.Millisecond, true, 0.8},
		{"one client of 256 workers, small objects", 1, 256, 10 * time.Millisecond, true, 1},
		{"1,000 clients of one worker, without the rule", 1000, 1, 20 * time.Millisecond, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			world := newSimulation(1)
			service := &prefix{world: world, capacity: capacity, tokens: prefixBurst}
			clients := make([]*simulatedClient, test.clients)
			for i := range clients {
				clients[i] = &simulatedClient{world: world, prefix: service, aimd: test.aimd, head: 30 * time.Millisecond, rule: newAIMD(DefaultBudgetWorkers)}
				world.after(world.upTo(time.Second), func() {
					for range test.workers {
						clients[i].work(test.body)
					}
				})
			}
			if test.aimd {
				world.run(end * time.Second)
			} else {
				world.run(outage * time.Second)
			}

			offered, served := service.between(warm, outage)
			used := float64(served) / (prefixRate * (outage - warm))
			refused := 1 - float64(served)/float64(offered)
			var shares []float64
			failed := 0
			for _, c := range clients {
				n := 0
				for _, at := range c.served {
					if at >= warm*time.Second && at < outage*time.Second {
						n++
					}
				}
				shares = append(shares, float64(n))
				failed += c.failed
			}
			t.Logf("before the outage %d offered, %d served, %d refused: %.1f %% of the capacity is used, %.1f %% refused, Jain's index %.3f; %d events in %.1f s",
				offered, served, offered-served, 100*used, 100*refused, jain(shares), world.number, time.Since(start).Seconds())
			if !test.aimd {
				if refused < 0.3 {
					t.Errorf("%.1f %% are refused without the rule: there is nothing to prove", 100*refused)
				}
				return
			}
			during, _ := service.between(outage+5, over)
			rate := float64(during) / (over - outage - 5)
			recovery := 0
			for recovery < end-over && service.seconds[over+recovery].served < prefixRate*9/10 {
				recovery++
			}
			t.Logf("in the outage %.0f requests a second; %d s after it nine tenths of the capacity are used; %d requests failed in all", rate, recovery, failed)
			if used < 0.9 || refused > 0.1 {
				t.Errorf("%.1f %% of the capacity is used and %.1f %% of the requests refused, want at least 90 and at most 10", 100*used, 100*refused)
			}
			if got := jain(shares); got < test.fair {
				t.Errorf("Jain's index is %.3f, want at least %v", got, test.fair)
			}
			if rate > 2*float64(test.clients) {
				t.Errorf("%.0f requests a second come while all are refused, want at most 2 of each client", rate)
			}
			if recovery > wellAgain {
				t.Errorf("it takes %d s after the outage until nine tenths of the capacity are used, want at most %d", recovery, wellAgain)
			}
		})
	}
}

// A service that bears less from now on, or more, finds its clients there within seconds.
func TestClientsFollowTheCapacity(t *testing.T) {
	world := newSimulation(2)
	capacity := []float64{prefixRate, prefixRate / 5, prefixRate, prefixRate / 2}
	const phase = 40 // seconds
	service := &prefix{world: world, capacity: func(now time.Duration) float64 {
		return capacity[min(int(now/(phase*time.Second)), len(capacity)-1)]
	}}
	for range 300 {
		c := &simulatedClient{world: world, prefix: service, aimd: true, head: 30 * time.Millisecond, rule: newAIMD(DefaultBudgetWorkers)}
		world.after(world.upTo(time.Second), func() {
			for range 8 {
				c.work(20 * time.Millisecond)
			}
		})
	}
	world.run(time.Duration(len(capacity)) * phase * time.Second)
	for i, bears := range capacity {
		offered, served := service.between(i*phase+phase/2, (i+1)*phase)
		used, refused := float64(served)/(bears*phase/2), 1-float64(served)/float64(offered)
		t.Logf("of %.0f a second %.1f %% are used, and %.1f %% refused", bears, 100*used, 100*refused)
		if used < 0.9 || refused > 0.1 {
			t.Errorf("of %.0f a second %.1f %% are used 20 s later, and %.1f %% refused, want at least 90 and at most 10", bears, 100*used, 100*refused)
		}
	}
}
