package checkup

import (
	"context"
	"fmt"
	"time"
)

// dated is when a request was sent, what its answer gave as the date, and when it
// came.
type dated struct{ sent, service, came time.Time }

// ahead is how far the service's clock is at least ahead of this machine's. The
// date has whole seconds, and stands somewhere between sending and answer. Without
// a date it is 0.
func (d dated) ahead() time.Duration {
	switch {
	case d.service.IsZero():
	case d.service.After(d.came):
		return d.service.Sub(d.came).Round(time.Second)
	case d.service.Add(time.Second).Before(d.sent):
		return d.service.Add(time.Second).Sub(d.sent).Round(time.Second)
	}
	return 0
}

// In most cases AWS takes a request for five minutes from when it was signed (IAM
// User Guide, "AWS Signature Version 4 for API requests"); S3 and STS for 15. A
// clock that is kept right is never half a minute off.
const (
	skewed     = 5 * time.Minute
	suspicious = 30 * time.Second
)

// checkClock judges the date of the answer that checkEndpoint got.
func (r *run) checkClock(context.Context) string {
	c := Check{Name: Clock, Status: OK}
	ahead := r.date.ahead()
	switch {
	case r.date.service.IsZero():
		c.Status, c.Found = Skipped, "the service's answer has no date"
	case ahead == 0:
		c.Found = "0 s off"
	case ahead > 0:
		c.Found = fmt.Sprintf("%v behind the service's", ahead)
	default:
		c.Found = fmt.Sprintf("%v ahead of the service's", -ahead)
	}
	if ahead = ahead.Abs(); ahead >= suspicious {
		c.Status = Warning
		c.Advice = []string{"set this machine's clock, best by NTP; sigvier corrects its own signatures, but presigned URLs, the ends of sessions and other tools go by the clock"}
		if ahead >= skewed {
			c.Status = Failed
		}
	}
	r.add(c)
	return ""
}
