package transfer

import (
	"slices"
	"testing"
	"time"
)

// connections are what a network gives to one request after the other.
type connections struct {
	rate    float64 // bytes a second
	slow    float64 // part of the connections that have a tenth of it
	stalled float64 // part that gives nothing after some bytes, for 30 s
	broken  float64 // part that breaks off after some bytes
}

// help is how much of the schedule's rules a download has.
type help int

const (
	alone    help = iota // each worker brings its own range
	stealing             // whoever is done takes over the tail of another's
	hedging              // and feeds a slow one's too; very slow connections are given up
)

// simulatedDownload is one download: a schedule, and workers that do what it says as
// those of a run do.
type simulatedDownload struct {
	world    *simulation
	client   *simulatedClient
	network  connections
	help     help
	schedule *schedule
	ledger   *ledger
	idle     []*simulatedWorker
	working  int
	requests int
	brought  int64
	over     func()
}

type simulatedWorker struct {
	download *simulatedDownload
	feed     *feed
	request  int // counts, so that what the body of an older one does later is not heeded
}

// What may be with a request.
const (
	waiting = iota
	sent
	reading
	cancelled
)

const simulatedThreads = 8

func (c *simulatedClient) download(size int64, help help, network connections, over func()) *simulatedDownload {
	d := &simulatedDownload{world: c.world, client: c, network: network, help: help, ledger: new(ledger), over: over}
	d.schedule = newSchedule(spread([]Range{{0, size - 1}}, simulatedThreads), 0, help != alone,
		func(r Range) *segment { return newSegment(r, nowhere{}, d.ledger) })
	d.working = simulatedThreads
	d.schedule.workers, d.schedule.all = simulatedThreads, simulatedThreads
	for range simulatedThreads {
		(&simulatedWorker{download: d}).take()
	}
	d.look()
	return d
}

var nothing [bufferSize]byte

// nowhere takes bytes.
type nowhere struct{}

func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// look is run.watch.
func (d *simulatedDownload) look() {
	if d.working == 0 {
		return
	}
	if d.help == hedging {
		d.schedule.look(d.world.now())
	}
	d.wake()
	d.world.after(watchTime, d.look)
}

// wake has idle workers look for work.
func (d *simulatedDownload) wake() {
	idle := d.idle
	d.idle = nil
	for _, w := range idle {
		w.take()
	}
}

func (w *simulatedWorker) take() {
	d := w.download
	f, wait := d.schedule.take(d.world.now())
	switch {
	case f != nil && f.kind == Hedged && d.help != hedging:
		d.schedule.leave(f, d.world.now())
		d.idle = append(d.idle, w)
	case f != nil:
		w.feed = f
		w.ask()
	case wait != nil:
		d.idle = append(d.idle, w)
	default:
		if d.working--; d.working == 0 {
			d.over()
		}
	}
}

// ask sends a request for what the segment misses, or leaves it if that is nothing.
func (w *simulatedWorker) ask() {
	d := w.download
	next, end := w.feed.segment.rest()
	if next >= end {
		d.schedule.leave(w.feed, d.world.now())
		w.feed = nil
		w.take()
		d.world.after(0, d.wake)
		return
	}
	w.request++
	number, state, at := w.request, waiting, int64(0)
	cancel := func() {
		switch {
		case w.request != number:
		case state == waiting:
			d.world.after(0, w.ask)
		case state == reading:
			w.request++ // so that the body goes nowhere
			d.world.after(0, w.again)
		}
		state = cancelled
	}
	d.schedule.waits(w.feed, cancel)
	d.client.begin(func() bool {
		if state == cancelled {
			return false
		}
		if at, end = w.feed.segment.rest(); at >= end { // others were faster
			state = cancelled
			d.world.after(0, w.ask)
			return false
		}
		state = sent
		d.requests++
		d.schedule.asks(w.feed, d.world.now(), cancel)
		return true
	}, func(served bool) {
		switch {
		case state == cancelled:
			w.again()
		case !served:
			d.client.end()
			d.schedule.waits(w.feed, nil)
			d.world.after(d.world.upTo(time.Second), w.ask)
		default:
			state = reading
			w.read(number, at)
		}
	})
}

// again ends the request that is under way, and goes on.
func (w *simulatedWorker) again() {
	w.download.client.end()
	w.ask()
}

// read has the answer come through a connection that the network gives.
func (w *simulatedWorker) read(number int, at int64) {
	d := w.download
	rate := d.network.rate / float64(d.world.about(time.Second)) * float64(time.Second)
	if d.world.Float64() < d.network.slow {
		rate /= 10
	}
	fails := int64(1) << 62
	fate := d.world.Float64()
	if fate < d.network.stalled+d.network.broken {
		fails = at + d.world.Int64N(16<<20)
	}
	var chunk func()
	chunk = func() {
		if w.request != number {
			return // given up
		}
		_, end := w.feed.segment.rest()
		n := min(bufferSize, end-at, fails-at)
		if n > 0 {
			w.feed.segment.accept(nothing[:n], at)
			d.schedule.brought(w.feed, n, d.world.now())
			at += n
			d.brought += n
		}
		switch {
		case at >= end:
			w.again()
		case at >= fails && fate < d.network.stalled:
			d.world.after(30*time.Second, func() { // s3client's StallTimeout
				if w.request == number {
					w.again()
				}
			})
		case at >= fails:
			w.again()
		default:
			d.world.after(seconds(bufferSize/rate), chunk)
		}
	}
	d.world.after(seconds(bufferSize/rate), chunk)
}

// Downloads through connections of which some are slow, some stall and some break: what
// stealing and hedging save of the time that the unlucky take, and what they cost.
func TestHedgingInVirtualTime(t *testing.T) {
	const size, downloads = 128 << 20, 300
	for _, test := range []struct {
		name    string
		network connections
		twice   float64 // part of the bytes that may come twice
		tail    float64 // the 99th percentile with all help, of that without any, at most
	}{
		{"all connections alike", connections{rate: 40e6}, 0.01, 1},
		{"one in eight slow", connections{rate: 40e6, slow: 1. / 8}, 0.03, 0.35},
		{"one in fifty stalls", connections{rate: 40e6, stalled: 1. / 50}, 0.03, 0.1},
		{"slow, stalled and broken", connections{rate: 40e6, slow: 1. / 8, stalled: 1. / 100, broken: 1. / 20}, 0.03, 0.1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p99 := map[help]time.Duration{}
			for i, name := range []string{"alone", "stealing", "stealing and hedging"} {
				help := help(i)
				world := newSimulation(3)
				service := &prefix{world: world, capacity: func(time.Duration) float64 { return 1e9 }}
				var took []time.Duration
				var brought int64
				requests, stolen, hedged := 0, 0, 0
				for range downloads {
					c := &simulatedClient{world: world, prefix: service, head: 30 * time.Millisecond}
					start := world.elapsed
					d := c.download(size, help, test.network, func() { took = append(took, world.elapsed-start) })
					world.run(start + time.Hour)
					if missing := d.ledger.missing(size); len(missing) > 0 || d.working != 0 {
						t.Fatalf("%v are missing, and %d workers still work", missing, d.working)
					}
					brought += d.brought
					requests += d.requests
					stolen += d.schedule.stolen
					if help == hedging {
						hedged += d.schedule.hedged
					}
				}
				slices.Sort(took)
				twice := float64(brought)/(size*downloads) - 1
				p99[help] = took[downloads*99/100]
				t.Logf("%s: half take %v, 99 %% %v, the longest %v; of a download %.1f requests, %.1f stolen, %.1f hedged, %.2f %% of the bytes twice",
					name, took[downloads/2].Round(time.Millisecond), p99[help].Round(time.Millisecond), took[downloads-1].Round(time.Millisecond),
					float64(requests)/downloads, float64(stolen)/downloads, float64(hedged)/downloads, 100*twice)
				if twice > test.twice {
					t.Errorf("%s: %.1f %% of the bytes come twice, want at most %.0f", name, 100*twice, 100*test.twice)
				}
			}
			if got := float64(p99[hedging]) / float64(p99[alone]); got > test.tail {
				t.Errorf("with all help 99 %% take %v, which is %.2f × the %v without any, want at most %v", p99[hedging], got, p99[alone], test.tail)
			}
		})
	}
}

// The whole together: a thousand clients of eight workers each download one object after
// the other from a prefix that bears 5,500 requests a second, through connections of which
// some are slow or stall. That the rules steal and hedge does not make them forget what the
// service bears, and that the service bears no more does not make them give up.
func TestThousandClientsDownload(t *testing.T) {
	const (
		clients, size = 1000, 32 << 20
		warm, end     = 10, 25 // seconds
	)
	start := time.Now()
	world := newSimulation(4)
	service := &prefix{world: world, capacity: func(time.Duration) float64 { return prefixRate }, tokens: prefixBurst}
	network := connections{rate: 40e6, slow: 1. / 20, stalled: 1. / 1000, broken: 1. / 100}
	var took []time.Duration
	var brought int64
	downloads := make([]float64, clients)
	stolen, hedged, requests := 0, 0, 0
	for i := range clients {
		c := &simulatedClient{world: world, prefix: service, aimd: true, head: 30 * time.Millisecond, rule: newAIMD(DefaultBudgetWorkers)}
		var next func()
		next = func() {
			began := world.elapsed
			var d *simulatedDownload
			d = c.download(size, hedging, network, func() {
				if world.elapsed >= warm*time.Second {
					downloads[i]++
					took = append(took, world.elapsed-began)
					brought += d.brought
					stolen += d.schedule.stolen
					hedged += d.schedule.hedged
					requests += d.requests
				}
				world.after(0, next)
			})
		}
		world.after(world.upTo(time.Second), next)
	}
	world.run(end * time.Second)
	offered, served := service.between(warm, end)
	used, refused := float64(served)/(prefixRate*(end-warm)), 1-float64(served)/float64(offered)
	slices.Sort(took)
	n := float64(len(took))
	twice := float64(brought)/(size*n) - 1
	t.Logf("%d clients made %.0f downloads of 32 MiB in %d s: half took %v, 99 %% %v, the longest %v; Jain's index %.3f", clients, n, end-warm,
		took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), jain(downloads))
	t.Logf("%.1f %% of the capacity is used, %.1f %% of the requests refused; of a download %.1f requests, %.2f stolen, %.2f hedged, %.2f %% of the bytes twice; %d events in %.1f s",
		100*used, 100*refused, float64(requests)/n, float64(stolen)/n, float64(hedged)/n, 100*twice, world.number, time.Since(start).Seconds())
	if used < 0.9 || refused > 0.1 || twice > 0.03 {
		t.Errorf("%.1f %% of the capacity is used, %.1f %% of the requests refused, %.1f %% of the bytes come twice, want at least 90, at most 10, at most 3",
			100*used, 100*refused, 100*twice)
	}
}
