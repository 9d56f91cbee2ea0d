package transfer

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// throttlingS3 is a service that bears so many requests a second, and takes 30 ms for each.
type throttlingS3 struct {
	capacity float64

	mu              sync.Mutex
	tokens          float64
	refilled        time.Time
	served, refused int
}

func (s *throttlingS3) RoundTrip(*http.Request) (*http.Response, error) {
	serves := s.serves()
	time.Sleep(20*time.Millisecond + rand.N(20*time.Millisecond))
	if serves {
		return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {`"e1"`}, "Content-Length": {"1"}}, ContentLength: 1, Body: io.NopCloser(strings.NewReader("x"))}, nil
	}
	return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"))}, nil
}

func (s *throttlingS3) serves() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.tokens = min(s.capacity/10, s.tokens+s.capacity*now.Sub(s.refilled).Seconds())
	s.refilled = now
	if s.tokens < 1 {
		s.refused++
		return false
	}
	s.tokens--
	s.served++
	return true
}

// What the simulation shows of the rule holds of the whole: budgets, clients and
// transports as they are, against a service a tenth as large, in virtual time.
func TestHundredClientsAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, workers, seconds = 100, 4, 20
		service := &throttlingS3{capacity: prefixRate / 10, refilled: time.Now()}
		stop := time.Now().Add((10 + seconds) * time.Second)
		served := make([]float64, clients)
		var group sync.WaitGroup
		for i := range clients {
			client, err := s3client.Connection{
				AuthorizationType: s3client.AccessKey, Region: "us-east-1",
				AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
			}.Open(&s3client.Options{Base: service})
			if err != nil {
				t.Fatal(err)
			}
			s := NewBudget(0, 0).join(client, "data", nil)
			var mu sync.Mutex
			for range workers {
				group.Go(func() {
					time.Sleep(rand.N(time.Second))
					for time.Now().Before(stop) {
						ctx, p, err := s.begin(t.Context())
						if err != nil {
							t.Error(err)
							return
						}
						_, err = client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "k"})
						p.end()
						if err == nil {
							mu.Lock()
							served[i]++
							mu.Unlock()
						} else if !isThrottling(err) {
							t.Errorf("it failed with %v", err)
						}
					}
				})
			}
		}
		time.Sleep(10 * time.Second) // until they know each other
		service.mu.Lock()
		service.served, service.refused = 0, 0
		service.mu.Unlock()
		time.Sleep(seconds * time.Second)
		service.mu.Lock()
		used := float64(service.served) / (service.capacity * seconds)
		refused := float64(service.refused) / float64(service.served+service.refused)
		service.mu.Unlock()
		group.Wait()
		t.Logf("%d clients of %d workers: %.1f %% of %.0f requests a second are used, %.1f %% refused, Jain's index %.3f",
			clients, workers, 100*used, service.capacity, 100*refused, jain(served))
		if used < 0.9 || refused > 0.15 {
			t.Errorf("%.1f %% of the capacity is used and %.1f %% of the requests refused, want at least 90 and at most 15", 100*used, 100*refused)
		}
	})
}
