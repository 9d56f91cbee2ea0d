package s3test

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestPaceIsExact: a body takes as long as a line of the rate would take, from its first
// byte to its last, however late the clock wakes; not less, and hardly more.
func TestPaceIsExact(t *testing.T) {
	const rate, size = 8_000_000, 2_000_000 // 250 ms
	for _, gap := range []time.Duration{0, 50 * time.Millisecond} {
		p := &pace{rate: rate}
		p.wait(100, nil)
		time.Sleep(gap) // must not be made good
		begin, passed := time.Now(), 0
		for passed < size {
			n := min(p.quantum(), size-passed)
			p.wait(n, nil)
			passed += n
			if ahead := float64(passed)/rate - time.Since(begin).Seconds(); ahead > 0.001 {
				t.Fatalf("after a gap of %v, %d bytes have passed %.1f ms early", gap, passed, ahead*1000)
			}
		}
		// Only a machine that is too busy to wake anybody is later.
		if took := time.Since(begin); took < 249*time.Millisecond || took > 2*time.Second {
			t.Errorf("after a gap of %v, %d bytes took %v, want 250 ms", gap, size, took)
		}
	}
}

// TestPaceMakesLateWakeUpsGood, in the bytes that follow at once.
func TestPaceMakesLateWakeUpsGood(t *testing.T) {
	p := &pace{rate: 1000}
	begin := time.Now()
	p.due = begin.Add(-100 * time.Millisecond) // 100 bytes late
	p.woke = begin
	p.wait(90, nil)
	if took := time.Since(begin); took > 80*time.Millisecond {
		t.Errorf("90 bytes that are due took %v", took)
	}
}

func TestPacedConnEndsWithItsClose(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	go io.Copy(io.Discard, client)
	paced := &pacedConn{Conn: server, in: pace{rate: 1}, out: pace{rate: 1}, closed: make(chan struct{})}
	done := make(chan error)
	go func() {
		_, err := paced.Write(make([]byte, 3600))
		done <- err
	}()
	paced.Close()
	if err := <-done; err == nil {
		t.Error("an hour's write has ended well")
	}
}
