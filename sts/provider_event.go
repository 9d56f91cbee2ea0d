package sts

import (
	"sync"
	"time"
)

// RefreshEvent says how a fetch of a [Provider] ended. It holds no secret but
// what the error of a source of one's own says.
type RefreshEvent struct {
	// Role is the ARN of the role that was assumed, "" for another source.
	Role string
	// Err is why there are no new credentials, nil if there are.
	Err error
	// Failures counts the fetches that have failed in a row, with this one.
	Failures int
	// Serving says that there are credentials for requests, new or old. Without
	// them requests fail, and only that is worth waking somebody.
	Serving bool
	// AccessKeyID and Expires are those of the credentials that serve; Expires
	// is zero if they do not end.
	AccessKeyID string
	Expires     time.Time
	// ExpiredOnArrival says that these had ended when they came, by the clock here:
	// it is ahead, or the source gives old ones.
	ExpiredOnArrival bool
	// Next is when the next fetch may begin: with the first call of Credentials
	// after it. It is zero if that is only after a refusal.
	Next time.Time
	// Took is how long the fetch took.
	Took time.Duration
}

// maxEvents is how many events wait for a callback that takes its time.
const maxEvents = 16

// events are those that OnRefresh has not been told yet.
type events struct {
	mu      sync.Mutex
	waiting []RefreshEvent
	telling bool // there is a goroutine at it
}

// report has OnRefresh told, by a goroutine that ends when there is no more to
// tell: neither a fetch nor those who wait for it wait for the callback.
func (p *Provider) report(e RefreshEvent) {
	if p.OnRefresh == nil {
		return
	}
	q := &p.events
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == maxEvents {
		q.waiting = q.waiting[1:]
	}
	q.waiting = append(q.waiting, e)
	if !q.telling {
		q.telling = true
		go q.tell(p.OnRefresh)
	}
}

func (q *events) tell(callback func(RefreshEvent)) {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.telling = false
			q.mu.Unlock()
			return
		}
		e := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		callback(e)
	}
}
