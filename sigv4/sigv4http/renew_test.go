package sigv4http_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

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
