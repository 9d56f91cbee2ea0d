package sigv4http

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// What may be tried again, and when (AWS SDKs and Tools Reference Guide, "Retry
// behavior", standard mode).

type verdict int

const (
	final verdict = iota
	transient
	clockSkewed
	credentialsExpired
	unexplained // by an answer without a document, such as a HEAD's
)

// judge says what kind of failure an attempt was.
func judge(resp *http.Response, err error) verdict {
	if err != nil {
		// Cancellation and deadline of the request are seen before this: a
		// deadline here is one of the base's, for dialling or for an answer.
		if _, notSent := err.(*notSentError); notSent {
			return final
		}
		return transient
	}
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return transient
	case http.StatusBadRequest, http.StatusForbidden:
	default:
		return final
	}
	e := peekError(resp)
	if isThrottlingCode(e.Code) {
		return transient
	}
	switch e.Code {
	case "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch":
		// STS and others name a skewed clock so too; correctClock tells.
		return clockSkewed
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return credentialsExpired
	case "RequestTimeout", "IDPCommunicationError":
		return transient
	case "Forbidden": // a HEAD has no error document to tell
		return clockSkewed
	case "BadRequest":
		return unexplained
	}
	return final
}

const (
	baseDelay = 100 * time.Millisecond
	maxDelay  = 20 * time.Second
)

// backoff is a random time up to an exponentially growing bound ("full jitter"),
// and at least what the service asks for in Retry-After.
func backoff(attempt int, resp *http.Response) time.Duration {
	bound := min(maxDelay, baseDelay<<min(attempt-1, 16))
	wait := rand.N(bound)
	if resp != nil {
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			wait = max(wait, min(maxDelay, time.Duration(s)*time.Second))
		}
	}
	return wait
}

// budget bounds the share of retries in all requests of a transport, so that a
// service that is down is not hit by all attempts of all callers.
type budget struct{ used atomic.Int64 }

const (
	budgetSize = 500
	retryCost  = 5
)

func (b *budget) take() bool {
	if b.used.Add(retryCost) <= budgetSize {
		return true
	}
	b.used.Add(-retryCost)
	return false
}

// refill gives back what the last retry of a request that succeeded has cost, or a
// little if it needed none, as the SDKs do. A client of few requests, such as one
// of STS, would else have no retries left after some hours of bad luck, for ever.
func (b *budget) refill(attempt int) {
	give := int64(1)
	if attempt > 1 {
		give = retryCost
	}
	for used := b.used.Load(); used > 0 && !b.used.CompareAndSwap(used, max(used-give, 0)); used = b.used.Load() {
	}
}
