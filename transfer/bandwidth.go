package transfer

import (
	"context"
	"sync"
	"time"
)

// Bandwidth limits the bytes per second of all transfers that share it, up and down
// together. A nil *Bandwidth does not limit. It is safe for concurrent use.
type Bandwidth struct {
	rate float64 // bytes per second

	mu   sync.Mutex
	free time.Time // when the bytes that were let through so far have taken their time
}

const (
	// burst is the time that a limit makes up for, when nobody wanted its bytes or they
	// were late: 2 % of a second.
	burst = 20 * time.Millisecond
	// tooShort is a wait that is left to the next one, since a timer costs more.
	tooShort = time.Millisecond
	// longest is a wait that nobody sees the end of, which a time can still hold.
	longest = 100 * 365 * 24 * time.Hour
)

// NewBandwidth gives a limit, in bytes per second; nil, which is none, for less than 1.
func NewBandwidth(bytesPerSecond int64) *Bandwidth {
	if bytesPerSecond < 1 {
		return nil
	}
	return &Bandwidth{rate: float64(bytesPerSecond)}
}

// piece is how many of n bytes to ask for at once, so that they come evenly: those of a
// twentieth of a second, and one at least.
func (b *Bandwidth) piece(n int) int {
	if b == nil {
		return n
	}
	return max(1, int(min(float64(n), b.rate/20)))
}

// wait returns when n bytes more may pass: those who wait are let through in the order
// in which they came, whatever their n. It fails only if the context ends.
func (b *Bandwidth) wait(ctx context.Context, n int) error {
	if b == nil || n <= 0 {
		return nil
	}
	takes := longest
	if s := float64(n) / b.rate; s < longest.Seconds() {
		takes = time.Duration(s * float64(time.Second))
	}
	now := time.Now()
	b.mu.Lock()
	if b.free.IsZero() {
		b.free = now
	}
	if earliest := now.Add(-burst); b.free.Before(earliest) {
		b.free = earliest
	}
	b.free = b.free.Add(takes)
	d := b.free.Sub(now)
	b.mu.Unlock()
	if d < tooShort {
		return nil
	}
	if err := pause(ctx, d); err != nil {
		b.mu.Lock()
		b.free = b.free.Add(-takes) // they did not pass
		b.mu.Unlock()
		return err
	}
	return nil
}
