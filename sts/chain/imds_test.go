package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts/chain"
)

// instanceService is the metadata service of an instance.
type instanceService struct {
	v1Only  bool
	v1      bool           // answers without a token, too
	v2Only  bool           // even where noToken has it
	noToken bool           // the token's answer does not come back
	noRole  bool           // the instance has no instance profile
	status  map[string]int // of a request, by method and path
	body    map[string]string
	flaky   int  // how many requests get 503 at first
	expires int  // how many tokens have ended when they are used
	renamed int  // how many times the role is another when it is asked for
	ended   bool // the credentials have

	mu   sync.Mutex
	seen []string
}

const (
	tokenPath = "PUT /latest/api/token"
	rolesPath = "GET /latest/meta-data/iam/security-credentials/"
	onePath   = "GET /latest/meta-data/iam/security-credentials/web"
)

func (s *instanceService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.seen = append(s.seen, what)
	flaky := s.flaky > 0
	s.flaky--
	expired := r.Method == http.MethodGet && s.expires > 0
	if expired {
		s.expires--
	}
	renamed := what == onePath && s.renamed > 0
	if renamed {
		s.renamed--
	}
	s.mu.Unlock()
	status := s.status[what]
	switch {
	case flaky:
		status = http.StatusServiceUnavailable
	case expired:
		status = http.StatusUnauthorized
	case renamed:
		status = http.StatusNotFound
	case s.v1Only && r.Method == http.MethodPut:
		status = http.StatusNotFound
	case s.noToken && r.Method == http.MethodPut:
		<-r.Context().Done()
		return
	case s.noRole && r.Method == http.MethodGet:
		status = http.StatusNotFound
	case r.Method == http.MethodGet && !s.v1Only && !s.v1 && !(s.noToken && !s.v2Only) && r.Header.Get("X-Aws-Ec2-Metadata-Token") != "SECRETIVE-token":
		status = http.StatusUnauthorized
	case r.Method == http.MethodPut && r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "21600":
		status = http.StatusBadRequest
	}
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	if body, ok := s.body[what]; ok {
		fmt.Fprint(w, body)
		return
	}
	switch what {
	case tokenPath:
		fmt.Fprint(w, "SECRETIVE-token")
	case rolesPath:
		fmt.Fprintln(w, "web")
	case onePath:
		text := temporary
		if s.ended {
			text = strings.Replace(text, "2126", "2001", 1)
		}
		fmt.Fprint(w, `{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-02T09:04:05Z",`+text[1:])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestInstanceMetadata(t *testing.T) {
	for _, test := range []struct {
		name    string
		service *instanceService
		source  chain.InstanceMetadata
		env     map[string]string
		want    []string
	}{
		{"version 2", &instanceService{}, chain.InstanceMetadata{}, nil, []string{tokenPath, rolesPath, onePath}},
		{"version 1 where it is allowed", &instanceService{v1Only: true}, chain.InstanceMetadata{AllowV1: true}, nil, []string{tokenPath, rolesPath, onePath}},
		{"version 1 where it is set", &instanceService{v1Only: true}, chain.InstanceMetadata{}, map[string]string{"AWS_EC2_METADATA_V1_DISABLED": "false"}, []string{tokenPath, rolesPath, onePath}},
		{"version 1 behind a hop too many", &instanceService{noToken: true}, chain.InstanceMetadata{AllowV1: true}, nil, []string{tokenPath, rolesPath, onePath}},
		{"at the third attempt", &instanceService{flaky: 2}, chain.InstanceMetadata{}, map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"},
			[]string{tokenPath, tokenPath, tokenPath, rolesPath, onePath}},
		{"version 1 where version 2 is switched off", &instanceService{status: map[string]int{tokenPath: 403}, v1: true}, chain.InstanceMetadata{AllowV1: true}, nil, []string{tokenPath, rolesPath, onePath}},
		{"version 1 where version 2 is not allowed", &instanceService{status: map[string]int{tokenPath: 405}, v1: true}, chain.InstanceMetadata{AllowV1: true}, nil, []string{tokenPath, rolesPath, onePath}},
		{"a token that has ended", &instanceService{expires: 1}, chain.InstanceMetadata{}, nil, []string{tokenPath, rolesPath, tokenPath, rolesPath, onePath}},
		{"another role meanwhile", &instanceService{renamed: 1}, chain.InstanceMetadata{}, nil, []string{tokenPath, rolesPath, onePath, tokenPath, rolesPath, onePath}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := test.source
				m.Base = make(pipes).serve(t, test.service)
				m.Endpoint = "http://metadata/"
				m.Env = func(name string) string { return test.env[name] }
				cred, err := m.Fetch(t.Context())
				if err != nil || show(cred) != "AKIDTEMP|"+secret+"|"+token || cred.Expires.Year() != 2126 {
					t.Errorf("got %v until %v, %v", show(cred), cred.Expires, err)
				}
				if diff := cmp.Diff(test.want, test.service.seen); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestInstanceMetadataSaysWhyItDoesNotServe(t *testing.T) {
	for _, test := range []struct {
		name    string
		service *instanceService
		want    string
		status  int
	}{
		{"a hop too many", &instanceService{noToken: true}, "did not answer the request for a token; in a container, the instance's hop limit must be 2 " +
			"(aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2); version 1 is not used unless it is allowed: no answer in time", 0},
		{"version 1 only", &instanceService{v1Only: true}, "has no version 2 (status 404); version 1 is not used unless it is allowed", 404},
		{"version 2 only, behind a hop too many", &instanceService{noToken: true, v2Only: true}, "wants version 2 (status 401)", 401},
		{"switched off", &instanceService{status: map[string]int{tokenPath: 403}}, "is switched off (status 403)", 403},
		{"a token refused", &instanceService{status: map[string]int{tokenPath: 400}}, "refused a token (status 400)", 400},
		{"a token that is none", &instanceService{body: map[string]string{tokenPath: "SECRETIVE token"}}, "gave a token that is none", 200},
		{"no role", &instanceService{noRole: true}, "has no role: the instance has no instance profile (status 404)", 404},
		{"an empty list of roles", &instanceService{body: map[string]string{rolesPath: " \n"}}, "has no role: the instance has no instance profile", 0},
		{"tokens that end at once", &instanceService{expires: 9}, "did not give the role's credentials (status 401)", 401},
		{"a role that is never there", &instanceService{renamed: 9}, "has no role: the instance has no instance profile (status 404)", 404},
		{"out of order", &instanceService{status: map[string]int{onePath: 500}}, "did not give the role's credentials (status 500)", 500},
		{"a role that EC2 may not assume", &instanceService{body: map[string]string{onePath: `{"Code":"AssumeRoleUnauthorizedAccess","Message":"SECRETIVE"}`}},
			"gave no credentials of the role (AssumeRoleUnauthorizedAccess): may EC2 assume it?", 200},
		{"no JSON", &instanceService{body: map[string]string{onePath: secret}}, "gave an answer that is no JSON", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &chain.InstanceMetadata{Base: make(pipes).serve(t, test.service), Env: func(string) string { return "" }, AllowV1: test.service.v2Only}
				cred, err := m.Fetch(t.Context())
				var none *chain.NoCredentialsError
				var source *chain.SourceError
				if show(cred) != "" || !errors.As(err, &none) || !errors.As(err, &source) || !errors.Is(err, chain.ErrNoCredentials) {
					t.Fatalf("got %v, %v, want a NoCredentialsError with its SourceError", cred, err)
				}
				if got := none.Tried[0]; got.Source != "EC2 instance metadata" || !strings.HasPrefix(got.Reason, test.want) {
					t.Errorf("got %q (%s), want %q", got.Reason, got.Source, test.want)
				}
				if source.Status != test.status {
					t.Errorf("got status %d, want %d", source.Status, test.status)
				}
				noSecret(t, err)
			})
		})
	}
}

// What the service gives in an outage is what there is: whether it serves still,
// other services decide.
func TestInstanceMetadataThatHasEndedIsServed(t *testing.T) {
	c, _ := setup{env: map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_METADATA_SERVICE_TIMEOUT": "60"}, metadata: &instanceService{ended: true}}.chain(t)
	for range 2 {
		if cred, err := c.Credentials(t.Context()); err != nil || cred.AccessKeyID != "AKIDTEMP" || cred.Expires.Year() != 2001 {
			t.Errorf("got %v until %v, %v", cred, cred.Expires, err)
		}
	}
}

// The instance profile is asked for anew each time.
func TestInstanceMetadataFollowsTheInstanceProfile(t *testing.T) {
	service := &instanceService{body: map[string]string{}}
	server := httptest.NewServer(service)
	defer server.Close()
	m := &chain.InstanceMetadata{Endpoint: server.URL, Env: func(string) string { return "" }, Timeout: time.Minute}
	for _, role := range []string{"one", "a two"} {
		service.body[rolesPath] = role
		service.body[rolesPath+role] = strings.Replace(temporary, "AKIDTEMP", "AKID"+strings.ReplaceAll(role, " ", ""), 1)
		if cred, err := m.Fetch(t.Context()); err != nil || cred.AccessKeyID != "AKID"+strings.ReplaceAll(role, " ", "") {
			t.Errorf("got %v, %v, want the credentials of role %s", cred, err, role)
		}
	}
}

func TestInstanceMetadataThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close() // nobody listens there now
	m := &chain.InstanceMetadata{Endpoint: server.URL, Env: func(string) string { return "" }}
	_, err := m.Fetch(t.Context())
	if want := "EC2 instance metadata (is not reached, so this is no EC2 instance, or one whose metadata service is off: "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestInstanceMetadataThatDoesNotAnswer(t *testing.T) {
	slow := roundTripper(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	gone := roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodGet {
			return nil, errors.New("gone")
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("token"))}, nil
	})
	for want, base := range map[string]http.RoundTripper{
		"is not reached, so this is no EC2 instance, or one whose metadata service is off: no connection in time": slow,
		"did not say which role the instance has: gone":                                                           gone,
	} {
		m := &chain.InstanceMetadata{Base: base, Env: func(string) string { return "" }, Timeout: 10 * time.Millisecond}
		if _, err := m.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "EC2 instance metadata ("+want+")") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Its time is that of one request.
func TestInstanceMetadataHasItsTime(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		with time.Duration
		want time.Duration
	}{
		{nil, 0, time.Second},
		{map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "5"}, 0, 5 * time.Second},
		{map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "5"}, time.Minute, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			m := &chain.InstanceMetadata{Env: func(name string) string { return test.env[name] }, Timeout: test.with, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
				<-req.Context().Done()
				return nil, req.Context().Err()
			})}
			if _, err := m.Fetch(t.Context()); err == nil || time.Since(start) != test.want {
				t.Errorf("got %v after %v, want an error after %v", err, time.Since(start), test.want)
			}
		})
	}
}

func TestInstanceMetadataEndpoint(t *testing.T) {
	for _, test := range []struct {
		name string
		setup
		want string // host
		err  error
	}{
		{"IPv4", setup{}, "169.254.169.254", nil},
		{"IPv6", setup{env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}}, "[fd00:ec2::254]", nil},
		{"IPv6 of the profile", setup{config: "[default]\nec2_metadata_service_endpoint_mode = ipv6\n"}, "[fd00:ec2::254]", nil},
		{"the environment before the profile", setup{env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"}, config: "[default]\nec2_metadata_service_endpoint_mode = ipv6\n"}, "169.254.169.254", nil},
		{"a URL", setup{env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://metadata:99", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}}, "metadata:99", nil},
		{"a URL of the profile", setup{config: "[default]\nec2_metadata_service_endpoint = http://metadata/\n"}, "metadata", nil},
		{"another mode", setup{env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "SECRETIVE"}}, "", chain.ErrMalformed},
		{"a URL that is none", setup{env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "SECRETIVE"}}, "", chain.ErrMalformed},
		{"a URL with a password", setup{config: "[default]\nec2_metadata_service_endpoint = http://me:SECRETIVE@metadata/\n"}, "", chain.ErrMalformed},
		{"a time that is none", setup{env: map[string]string{"AWS_METADATA_SERVICE_TIMEOUT": "SECRETIVE"}}, "", chain.ErrMalformed},
		{"too many attempts", setup{env: map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1001"}}, "", chain.ErrMalformed},
		{"a time of the profile that is none", setup{config: "[default]\nmetadata_service_timeout = 0\n"}, "", chain.ErrMalformed},
		{"no attempts", setup{config: "[default]\nmetadata_service_num_attempts = 0\n"}, "", chain.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.env == nil {
				test.env = map[string]string{}
			}
			test.env["AWS_EC2_METADATA_DISABLED"] = "false"
			c, _ := test.chain(t)
			var asked []string
			c.Metadata = roundTripper(func(req *http.Request) (*http.Response, error) {
				asked = append(asked, req.URL.Host)
				return nil, errors.New("no answer")
			})
			_, err := c.Credentials(t.Context())
			if test.err == nil {
				test.err = chain.ErrNoCredentials
			}
			if !errors.Is(err, test.err) || strings.Join(asked, " ") != test.want {
				t.Errorf("asked %q, %v, want %q, %v", asked, err, test.want, test.err)
			}
			noSecret(t, err)
		})
	}
}

func TestChainEndsWithTheInstance(t *testing.T) {
	service := &instanceService{}
	c, _ := setup{env: map[string]string{"AWS_EC2_METADATA_DISABLED": "no", "AWS_METADATA_SERVICE_TIMEOUT": "60"}, metadata: service}.chain(t)
	if cred, err := c.Credentials(t.Context()); err != nil || cred.AccessKeyID != "AKIDTEMP" {
		t.Errorf("got %v, %v, want AKIDTEMP", cred, err)
	}
	if !slices.Contains(service.seen, onePath) {
		t.Errorf("the service was asked %q", service.seen)
	}
}

func TestInstanceMetadataIsGivenUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("never mind")
	m := &chain.InstanceMetadata{Env: func(string) string { return "" }, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
		cancel(reason)
		return nil, req.Context().Err()
	})}
	if _, err := m.Fetch(ctx); !errors.Is(err, reason) || errors.Is(err, chain.ErrNoCredentials) {
		t.Errorf("got %v, want %v", err, reason)
	}
}
