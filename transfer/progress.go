package transfer

import "sync/atomic"

// Progress counts a transfer's bytes while it runs; any goroutine may look. Its
// zero value is ready, for one transfer.
type Progress struct{ done, total atomic.Int64 }

// Done is the number of bytes that have arrived where they belong.
func (p *Progress) Done() int64 { return p.done.Load() }

// Total is the size of the object, 0 until it is known.
func (p *Progress) Total() int64 { return p.total.Load() }
