package sts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

// cloud is an STS and an S3 without a network, so that their time can be virtual.
// It checks every signature, and that the session behind it has not ended.
type cloud struct {
	trust map[string]string                                // role ARN -> who may assume it: a role ARN, or "" for the user
	fault func(role string) (delay time.Duration, ok bool) // of AssumeRole; nil: none

	mu       sync.Mutex
	sessions map[string]cloudSession // by access key ID
	assumed  []string                // as "when role by whom", the last part of the ARNs
	refused  int                     // requests with a session that had ended
}

type cloudSession struct {
	role string
	cred sigv4.Credentials
}

func (c *cloud) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	service := "s3"
	if strings.HasPrefix(req.URL.Host, "sts.") {
		service = "sts"
	}
	signer, err := sigv4.NewSigner(service, "eu-central-1", nil)
	if err != nil {
		return nil, err
	}
	var who cloudSession
	lookup := func(_ context.Context, id, token string) (sigv4.Credentials, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if id == accessKeyID {
			who.cred = base
		} else if who = c.sessions[id]; who.role == "" || who.cred.SessionToken() != token {
			return sigv4.Credentials{}, errors.New("no such session")
		}
		cred := who.cred
		cred.Expires = time.Time{} // the end has an answer of its own
		return cred, nil
	}
	arrived := req.Clone(req.Context())
	arrived.Host = req.URL.Host
	if _, err := signer.Verify(arrived, lookup, sigv4.PayloadOf(body), time.Now()); err != nil {
		return respond(403, errorBody("SignatureDoesNotMatch", err.Error())), nil
	}
	if end := who.cred.Expires; !end.IsZero() && !time.Now().Before(end) {
		c.mu.Lock()
		c.refused++
		c.mu.Unlock()
		return respond(400, errorBody("ExpiredToken", "The provided token has expired.")), nil
	}
	if service == "s3" {
		return respond(200, "data"), nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	return c.assumeRole(req.Context(), form, who.role)
}

func (c *cloud) assumeRole(ctx context.Context, form url.Values, by string) (*http.Response, error) {
	role := form.Get("RoleArn")
	if c.fault != nil {
		delay, ok := c.fault(role)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !ok {
			return respond(503, errorBody("ServiceUnavailable", "try later")), nil
		}
	}
	if trusted, ok := c.trust[role]; !ok || trusted != by {
		return respond(403, errorBody("AccessDenied", "not authorized to perform: sts:AssumeRole")), nil
	}
	seconds, err := strconv.Atoi(form.Get("DurationSeconds"))
	if err != nil || by != "" && seconds > 3600 {
		return respond(400, errorBody("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions == nil {
		c.sessions = map[string]cloudSession{}
	}
	id := fmt.Sprintf("ASIA%d", len(c.sessions)+1)
	cred := sigv4.NewCredentials(id, secret, "token-of-"+id)
	// STS gives whole seconds.
	cred.Expires = time.Now().Add(time.Duration(seconds) * time.Second).Truncate(time.Second)
	c.sessions[id] = cloudSession{role, cred}
	name := func(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
	c.assumed = append(c.assumed, fmt.Sprintf("%s %s by %q", time.Now().UTC().Format("15:04:05"), name(role), name(by)))
	return respond(200, fmt.Sprintf(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId>`+
		`<SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
		id, secret, cred.SessionToken(), cred.Expires.UTC().Format(time.RFC3339))), nil
}

// revoke ends all sessions, whatever their dates say.
func (c *cloud) revoke() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, s := range c.sessions {
		s.cred.Expires = time.Now()
		c.sessions[id] = s
	}
}

func respond(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:          io.NopCloser(bytes.NewReader([]byte(body))),
		ContentLength: int64(len(body)),
	}
}

func errorBody(code, message string) string {
	return "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>"
}

// rolesOf are roles of which each trusts the one before, and the first the user.
func rolesOf(n int) (trust map[string]string, roles []sts.AssumeRoleInput) {
	trust = map[string]string{}
	var before string
	for i := range n {
		arn := fmt.Sprintf("arn:aws:iam::123456789012:role/link-%d", i+1)
		trust[arn], before = before, arn
		roles = append(roles, sts.AssumeRoleInput{RoleARN: arn, SessionName: "nightly-copy"})
	}
	return trust, roles
}

// chainOf makes a provider of n roles that leaves nothing to chance.
func (c *cloud) chainOf(t *testing.T, n int) *sts.Provider {
	t.Helper()
	var roles []sts.AssumeRoleInput
	c.trust, roles = rolesOf(n)
	p, err := c.client(base).RoleChainProvider(roles...)
	if err != nil {
		t.Fatal(err)
	}
	p.Rand = func() float64 { return 0 }
	return p
}

func (c *cloud) client(p sigv4.Provider) *sts.Client {
	return &sts.Client{Region: "eu-central-1", Provider: p, Base: c}
}

func TestRoleChainAssumesEachRoleWithTheOneBefore(t *testing.T) {
	for _, n := range []int{1, 2, 3, 20} {
		synctest.Test(t, func(t *testing.T) {
			c := &cloud{}
			p := c.chainOf(t, n)
			want(t, p, fmt.Sprintf("ASIA%d", n), 0)
			want(t, p, fmt.Sprintf("ASIA%d", n), 0)
			expected := []string{`00:00:00 link-1 by ""`}
			for i := 2; i <= n; i++ {
				expected = append(expected, fmt.Sprintf(`00:00:00 link-%d by "link-%d"`, i, i-1))
			}
			if diff := cmp.Diff(expected, c.assumed); diff != "" {
				t.Errorf("assumed (-want +got)\n%s", diff)
			}
		})
	}
}

// The first session lasts four hours and serves the second role's many.
func TestRoleChainLinksAreRefreshedOnTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		trust, roles := rolesOf(2)
		c.trust = trust
		roles[0].Duration = 4 * time.Hour
		p, err := c.client(base).RoleChainProvider(roles...)
		if err != nil {
			t.Fatal(err)
		}
		p.Rand = func() float64 { return 0 }
		var events []string
		p.OnRefresh = func(e sts.RefreshEvent) {
			events = append(events, e.Role[len(e.Role)-6:]+" "+e.Next.UTC().Format("15:04"))
		}
		roles[1].RoleARN = "another" // the provider has its own
		for range 3*60 + 30 {
			if _, err := p.Credentials(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{
			`00:00:00 link-1 by ""`,
			`00:00:00 link-2 by "link-1"`,
			`00:40:00 link-2 by "link-1"`,
			`01:20:00 link-2 by "link-1"`,
			`02:00:00 link-2 by "link-1"`,
			`02:40:00 link-2 by "link-1"`,
			`03:20:00 link-1 by ""`, // due since 03:00, but not needed before
			`03:20:00 link-2 by "link-1"`,
		}, slices.Sorted(slices.Values(c.assumed))); diff != "" {
			t.Errorf("assumed (-want +got)\n%s", diff)
		}
		slices.Sort(events)
		if diff := cmp.Diff([]string{
			"link-1 03:00", "link-1 06:20",
			"link-2 00:40", "link-2 01:20", "link-2 02:00", "link-2 02:40", "link-2 03:20", "link-2 04:00",
		}, events); diff != "" {
			t.Errorf("OnRefresh was told of (-want +got)\n%s", diff)
		}
		if c.refused != 0 {
			t.Errorf("%d requests with a session that had ended", c.refused)
		}
	})
}

// What STS refuses as ended is begun anew, whatever its date says.
func TestRoleChainRenewsASessionThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		p := c.chainOf(t, 2)
		want(t, p, "ASIA2", 0)
		time.Sleep(time.Second)
		c.revoke()
		signer, err := sigv4.NewSigner("s3", "eu-central-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: p, Base: c}}
		resp, err := client.Get("https://bucket.s3.eu-central-1.amazonaws.com/key")
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("got %v, %v", resp, err)
		}
		if diff := cmp.Diff([]string{
			`00:00:00 link-1 by ""`, `00:00:00 link-2 by "link-1"`,
			`00:00:01 link-1 by ""`, `00:00:01 link-2 by "link-1"`,
		}, c.assumed); diff != "" {
			t.Errorf("assumed (-want +got)\n%s", diff)
		}
	})
}

func TestRoleChainErrorsNameTheLink(t *testing.T) {
	const denied = "sts: AssumeRole: access denied: AccessDenied: not authorized to perform: sts:AssumeRole (HTTP 403)"
	down := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) { return sigv4.Credentials{}, errDown })
	for _, test := range []struct {
		name string
		base sigv4.Provider
		harm func(*cloud)
		is   error
		want sts.RoleChainError
		text string
	}{
		{"the first", base, func(c *cloud) { c.trust["arn:aws:iam::123456789012:role/link-1"] = "nobody" }, sts.ErrAccessDenied,
			sts.RoleChainError{Link: 1, Links: 3, RoleARN: "arn:aws:iam::123456789012:role/link-1"},
			"role 1 of 3, arn:aws:iam::123456789012:role/link-1: " + denied},
		{"the second", base, func(c *cloud) { c.trust["arn:aws:iam::123456789012:role/link-2"] = "nobody" }, sts.ErrAccessDenied,
			sts.RoleChainError{Link: 2, Links: 3, RoleARN: "arn:aws:iam::123456789012:role/link-2"},
			"role 2 of 3, arn:aws:iam::123456789012:role/link-2: " + denied},
		{"the last", base, func(c *cloud) { c.trust["arn:aws:iam::123456789012:role/link-3"] = "nobody" }, sts.ErrAccessDenied,
			sts.RoleChainError{Link: 3, Links: 3, RoleARN: "arn:aws:iam::123456789012:role/link-3"},
			"role 3 of 3, arn:aws:iam::123456789012:role/link-3: " + denied},
		{"the base", down, func(*cloud) {}, errDown,
			sts.RoleChainError{Link: 0, Links: 3},
			"base credentials of a chain of 3: STS is down"},
		{"the second, which hangs", base, func(c *cloud) {
			c.fault = func(role string) (time.Duration, bool) {
				if role == "arn:aws:iam::123456789012:role/link-2" {
					return time.Hour, true
				}
				return 0, true
			}
		}, context.DeadlineExceeded,
			sts.RoleChainError{Link: 2, Links: 3, RoleARN: "arn:aws:iam::123456789012:role/link-2"},
			"role 2 of 3, arn:aws:iam::123456789012:role/link-2: sts: AssumeRole: context deadline exceeded"},
		{"the second, which hangs when the last one's call is repeated", base, func(c *cloud) {
			var calls int
			c.fault = func(role string) (time.Duration, bool) {
				switch calls++; calls {
				case 3: // of the last role
					c.revoke()
					return 50 * time.Second, false
				case 4: // of the first role, for its session has been revoked, too
					return 0, true
				case 5: // of the second role, until the last one's time is over
					return time.Hour, true
				}
				return 0, true
			}
		}, context.DeadlineExceeded,
			sts.RoleChainError{Link: 2, Links: 3, RoleARN: "arn:aws:iam::123456789012:role/link-2"},
			"role 2 of 3, arn:aws:iam::123456789012:role/link-2: sts: waiting for credentials: context deadline exceeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &cloud{}
				trust, roles := rolesOf(3)
				c.trust = trust
				test.harm(c)
				p, err := c.client(test.base).RoleChainProvider(roles...)
				if err != nil {
					t.Fatal(err)
				}
				_, err = p.Credentials(t.Context())
				var got *sts.RoleChainError
				if !errors.As(err, &got) || !errors.Is(err, test.is) {
					t.Fatalf("got %v, want a RoleChainError that is %v", err, test.is)
				}
				if got.Link != test.want.Link || got.Links != test.want.Links || got.RoleARN != test.want.RoleARN {
					t.Errorf("got link %d of %d, %s, want %d of %d, %s", got.Link, got.Links, got.RoleARN, test.want.Link, test.want.Links, test.want.RoleARN)
				}
				if err.Error() != test.text {
					t.Errorf("got  %s\nwant %s", err, test.text)
				}
				time.Sleep(time.Hour) // for the fetches that go on
			})
		})
	}
}

// Each link has the timeout for itself and for those before it.
func TestRoleChainLinksHaveTimeEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{fault: func(string) (time.Duration, bool) { return 50 * time.Second, true }}
		want(t, c.chainOf(t, 4), "ASIA4", 200*time.Second)
		p := c.chainOf(t, 4)
		p.Timeout = math.MaxInt64 // as long as can be, and no longer
		want(t, p, "ASIA8", 200*time.Second)
	})
}

// A call that hangs has one link's time, for those before it needed none of theirs.
func TestRoleChainLinkThatHangsHasItsOwnTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		p := c.chainOf(t, 3)
		var took []time.Duration
		p.OnRefresh = func(e sts.RefreshEvent) {
			if e.Err != nil {
				took = append(took, e.Took)
			}
		}
		want(t, p, "ASIA3", 0)
		time.Sleep(45 * time.Minute)
		c.fault = func(role string) (time.Duration, bool) {
			if strings.HasSuffix(role, "/link-3") {
				return time.Hour, true
			}
			return 0, true
		}
		want(t, p, "ASIA3", 0)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]time.Duration{time.Minute}, took); diff != "" {
			t.Errorf("fetches that failed took (-want +got)\n%s", diff)
		}
	})
}

// The other links' clients are the first one's, but for their credentials.
func TestRoleChainKeepsEveryFieldOfTheClient(t *testing.T) {
	carried := map[string]bool{"Region": true, "Endpoint": true, "FIPS": true, "DualStack": true, "Provider": true, "Base": true, "Now": true}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[sts.Client]()) {
		if field.IsExported() && !carried[field.Name] {
			t.Errorf("Client.%s is not among the fields that RoleChainProvider hands on", field.Name)
		}
	}
}

func TestRoleChainPrintsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := (&cloud{}).chainOf(t, 2)
		want(t, p, "ASIA2", 0)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			noSecret(t, fmt.Sprintf(verb, p))
		}
	})
}

// A role that only another role may assume.
func ExampleClient_RoleChainProvider() {
	trust, _ := rolesOf(2)
	client := &sts.Client{
		Region: "eu-central-1",
		// Real keys come from the environment or a file (package chain), never
		// from source code.
		Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
		Base:     &cloud{trust: trust}, // leave Base out for AWS
	}
	provider, err := client.RoleChainProvider(
		sts.AssumeRoleInput{RoleARN: "arn:aws:iam::123456789012:role/link-1", SessionName: "nightly-copy"},
		sts.AssumeRoleInput{RoleARN: "arn:aws:iam::123456789012:role/link-2", SessionName: "nightly-copy"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	credentials, err := provider.Credentials(context.Background())
	fmt.Println(credentials, err)

	_, err = client.RoleChainProvider(
		sts.AssumeRoleInput{RoleARN: "arn:aws:iam::123456789012:role/link-1", SessionName: "nightly-copy", Duration: 12 * time.Hour},
		sts.AssumeRoleInput{RoleARN: "arn:aws:iam::123456789012:role/link-2", SessionName: "nightly-copy", Duration: 12 * time.Hour},
	)
	fmt.Println(err)
	// Output:
	// sigv4.Credentials(ASIA2, secret redacted) <nil>
	// role 2 of 2, arn:aws:iam::123456789012:role/link-2: sts: DurationSeconds is 12h0m0s: expecting 3600 (1 hour) at most, since another role's session assumes this role
}
