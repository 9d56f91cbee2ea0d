package sigv4http_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// renewable counts: each Renew makes it give the next session.
type renewable struct {
	session int
	refused []string
}

func (r *renewable) Credentials(context.Context) (sigv4.Credentials, error) {
	return sigv4.NewCredentials(fmt.Sprintf("ASIASESSION%d", r.session), "wJalrXUtnFEMI", "token"), nil
}

func (r *renewable) Renew(refused sigv4.Credentials) {
	r.refused = append(r.refused, refused.AccessKeyID)
	r.session++
}

func TestExpiredCredentialsAreRenewedOnce(t *testing.T) {
	expiredS3, expiredSTS := status(400, s3Error("ExpiredToken")), status(403, stsError("ExpiredTokenException"))
	for _, test := range []struct {
		name     string
		answers  []answer
		attempts int
		code     int
	}{
		{"S3", []answer{expiredS3, ok}, 2, 200},
		{"a query service", []answer{expiredSTS, ok}, 2, 200},
		{"S3's other word", []answer{status(400, s3Error("TokenRefreshRequired")), ok}, 2, 200},
		{"still expired", []answer{expiredS3}, 2, 400},
		{"not expired but refused", []answer{status(403, s3Error("InvalidAccessKeyId"))}, 1, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport, s := newTransport(t, test.answers...)
			provider := &renewable{}
			transport.Provider = provider
			if code, _, err := do(t, transport, newRequest(t, http.MethodGet, nil)); code != test.code || err != nil {
				t.Errorf("got %d, %v, want %d", code, err, test.code)
			}
			if len(s.attempts) != test.attempts {
				t.Errorf("%d attempts, want %d", len(s.attempts), test.attempts)
			}
			if len(provider.refused) != test.attempts-1 {
				t.Errorf("renewed %v, want once for each further attempt", provider.refused)
			}
			if len(provider.refused) > 0 && provider.refused[0] != "ASIASESSION0" {
				t.Errorf("renewed %v, want those that were refused", provider.refused)
			}
			for i, a := range s.attempts {
				cred := sigv4.NewCredentials(fmt.Sprintf("ASIASESSION%d", i), "wJalrXUtnFEMI", "token")
				verify(t, a, transport.Signer, cred, a.at)
			}
		})
	}
}

// S3 has no document to answer a HEAD with: an expired token is a bare 400, as is much
// else. A guess that was wrong is not made again until some minutes have passed.
func TestHeadWithExpiredCredentials(t *testing.T) {
	static := sigv4.NewCredentials("ASIASTATIC", "wJalrXUtnFEMI", "token")
	bare := status(400, "")
	elsewhere := status(400, "", "X-Amz-Bucket-Region", "eu-west-1")
	here := status(400, "", "X-Amz-Bucket-Region", "us-east-1")
	for _, test := range []struct {
		name     string
		method   string
		provider sigv4.Provider
		answers  []answer
		codes    []int // of one request after the other
		attempts int
		renewed  int
	}{
		{"expired", "HEAD", &renewable{}, []answer{bare, ok}, []int{200}, 2, 1},
		{"expired, in the region that S3 names", "HEAD", &renewable{}, []answer{here, ok}, []int{200}, 2, 1},
		{"expired again and again", "HEAD", &renewable{}, []answer{bare, ok, bare, ok, bare, ok}, []int{200, 200, 200}, 6, 3},
		{"expired, and there is no such key", "HEAD", &renewable{}, []answer{bare, status(404, "")}, []int{404}, 2, 1},
		{"something else", "HEAD", &renewable{}, []answer{bare}, []int{400, 400, 400}, 4, 1},
		{"a bucket in another region", "HEAD", &renewable{}, []answer{elsewhere}, []int{400, 400}, 2, 0},
		{"a token that nobody can renew", "HEAD", static, []answer{bare}, []int{400}, 1, 0},
		{"a long-term key that is kept so as to be renewed", "HEAD", &longTermRenewable{}, []answer{bare}, []int{400}, 1, 0},
		{"denied", "HEAD", &renewable{}, []answer{status(403, "")}, []int{403}, 1, 0},
		{"a GET has a document, or somebody else answers", "GET", &renewable{}, []answer{bare}, []int{400}, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport, s := newTransport(t, test.answers...)
			transport.Provider = test.provider
			for i, want := range test.codes {
				if code, _, err := do(t, transport, newRequest(t, test.method, nil)); code != want || err != nil {
					t.Errorf("request %d: got %d, %v, want %d", i+1, code, err, want)
				}
			}
			var renewed int
			if r, ok := test.provider.(*renewable); ok {
				renewed = len(r.refused)
			}
			if len(s.attempts) != test.attempts || renewed != test.renewed {
				t.Errorf("%d attempts and %d renewals, want %d and %d", len(s.attempts), renewed, test.attempts, test.renewed)
			}
		})
	}
}

type longTermRenewable struct{}

func (longTermRenewable) Credentials(context.Context) (sigv4.Credentials, error) {
	return longTerm, nil
}
func (longTermRenewable) Renew(sigv4.Credentials) {}

func TestWrongGuessIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, _ := newTransport(t, status(400, ""), status(400, ""), status(400, ""), status(400, ""), ok)
		provider := &renewable{}
		transport.Provider = provider
		for i, test := range []struct {
			pause      time.Duration
			code, sets int
		}{{0, 400, 1}, {4 * time.Minute, 400, 1}, {2 * time.Minute, 200, 2}} {
			time.Sleep(test.pause)
			code, _, err := do(t, transport, newRequest(t, http.MethodHead, nil))
			if code != test.code || err != nil || len(provider.refused) != test.sets {
				t.Errorf("request %d: got %d, %v with %d renewals, want %d with %d", i+1, code, err, len(provider.refused), test.code, test.sets)
			}
		}
	})
}
