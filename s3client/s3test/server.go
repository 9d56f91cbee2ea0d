// Package s3test is an S3 and STS server inside the process, as
// [net/http/httptest] is an HTTP server: for tests, demonstrations and trials.
// It verifies every signature with package sigv4, checks every digest and
// checksum, answers with S3's and STS's own status codes, headers and XML, and
// can be told to misbehave as networks, proxies and S3 itself do, by chance, too, and
// again in the same way; see [Fault] and [ParseFault]. With [Config.TLS] it is reached
// over TLS, and [Server.CertPool] has what its clients are to trust.
//
// # S3
//
// [Operations] are its operations. Buckets keep versions, tags, Object Lock, documents
// of lifecycle and CORS rules, and are in regions; objects are stored at once, in
// parts, or by a browser's form, with conditions, all five checksums and, as far as a
// client can tell, encryption. Answers follow the Amazon S3 API Reference, where that
// and other servers disagree, too. What changes with time does not by itself: rules are
// kept, not carried out, and a restore is done at once. What is not here is answered
// with NotImplemented: bucket policies, grants other than canned ACLs, replication,
// notifications, logging, websites, anonymous requests, SelectObjectContent.
//
// The server is the endpoint of all regions. A request that is signed for another one
// than its bucket's gets what S3 sends: 301 PermanentRedirect if the bucket is named in
// the path, 400 AuthorizationHeaderMalformed if it is in the host's name.
//
// # Permissions
//
// Without policies, every [User] and [Role] may do everything to every bucket.
// Policies of users, roles and sessions, and trust policies of roles, are
// evaluated for each request, by package policy, and what they do not allow is
// answered with AccessDenied. There are no bucket policies: for a caller of
// another account than the bucket's owner, its own policies are enough.
//
// # STS
//
// Its operations are AssumeRole, AssumeRoleWithWebIdentity, GetSessionToken,
// GetCallerIdentity, GetAccessKeyInfo and DecodeAuthorizationMessage. Sessions end
// by [Config.Now].
package s3test

import (
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts/policy"
)

// Config says what a [Server] holds and how it behaves. Only Users is required.
type Config struct {
	Region  string   // "" is us-east-1
	Users   []User   // who may sign requests
	Roles   []Role   // what AssumeRole may be asked for
	Buckets []string // made at the start, unless they are there
	Dir     string   // where objects are kept and found again; "" is memory

	// Owners are the accounts that own buckets, by the bucket's name. All others
	// belong to account 123456789012. It matters to x-amz-expected-bucket-owner and
	// to conditions.
	Owners map[string]string

	IdentityProviders []IdentityProvider         // whose tokens AssumeRoleWithWebIdentity takes
	ManagedPolicies   map[string]policy.Document // by ARN: what the parameter PolicyArns may name
	EncodeDenials     bool                       // AccessDenied of a policy ends with what DecodeAuthorizationMessage decodes, as with EC2

	// Regions are those of Buckets that are not in Region, by the bucket's name. A
	// request that is signed for another region than its bucket's is answered as S3
	// does: with 301 in path style, with 400 in virtual-host style.
	Regions map[string]string

	// Domains are the hosts below which a bucket's name may stand
	// (BUCKET.DOMAIN). Nil is localhost, and S3's own hosts in all regions. Every
	// other host, and every IP address, is path style.
	Domains []string

	MinPartSize int64 // of a multipart upload's parts but the last; 0 is S3's 5 MiB
	MaxPutSize  int64 // of an object or part that comes with one request, or is copied with one; 0 is S3's 5 GiB

	Faults    []Fault
	Seed      uint64        // of what the faults draw by chance; 0 is a random one, which Server.Seed tells
	Latency   time.Duration // waits before each answer
	Bandwidth int64         // bytes a second and direction of each connection that Start accepts; 0 is unlimited

	Addr string           // where Start listens; "" is 127.0.0.1:0, a free port
	TLS  bool             // Start listens for HTTP/1.1 and HTTP/2 over TLS, with a certificate made for it; see Server.CertPool
	Now  func() time.Time // nil is time.Now
	Log  *slog.Logger     // one line per request, without query and secrets; nil is silence
}

// Server is the server. It is an [http.Handler], so it can also stand behind
// other listeners than Start's. It is safe for concurrent use.
type Server struct {
	URL string // http://HOST:PORT, or https://, when made by Start, else ""

	cfg       Config
	s3        *sigv4.Signer
	sts       *sigv4.Signer
	users     map[string]*User
	roles     map[string]*Role
	providers map[string]*IdentityProvider
	tokenKey  *ecdsa.PrivateKey // of WebIdentityToken
	denials   cipher.AEAD
	store     *store
	faults    []*faultState

	sessions sessions

	connections atomic.Int64
	certificate *x509.Certificate // nil: no TLS

	http    *http.Server
	stop    context.CancelFunc
	serving chan struct{} // closed when http.Server.Serve has returned

	mu        sync.Mutex
	closed    bool
	inflight  sync.WaitGroup
	counts    map[string]int
	verifiers map[scope]*sigv4http.Verifier // of requests to S3
}

// New makes a server that listens nowhere yet: use it as a handler.
func New(cfg Config) (*Server, error) {
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	for cfg.Seed == 0 {
		cfg.Seed = rand.Uint64()
	}
	cfg.MinPartSize = cmp.Or(cfg.MinPartSize, minPart)
	cfg.MaxPutSize = cmp.Or(cfg.MaxPutSize, maxPut)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}

	s := &Server{
		cfg:       cfg,
		users:     make(map[string]*User),
		roles:     make(map[string]*Role),
		providers: make(map[string]*IdentityProvider),
		denials:   newDenialKey(),
		counts:    make(map[string]int),
		verifiers: make(map[scope]*sigv4http.Verifier),
	}
	var err error
	if s.s3, err = sigv4.NewSigner("s3", cfg.Region, nil); err != nil {
		return nil, fmt.Errorf("s3test: Region: %w", err)
	}
	if s.sts, err = sigv4.NewSigner("sts", cfg.Region, nil); err != nil {
		return nil, fmt.Errorf("s3test: Region: %w", err)
	}
	if err := s.configure(); err != nil {
		return nil, err
	}
	if s.tokenKey, err = newTokenKey(); err != nil {
		return nil, fmt.Errorf("s3test: %w", err)
	}
	if s.store, err = openStore(cfg.Dir); err != nil {
		return nil, fmt.Errorf("s3test: %w", err)
	}
	for _, name := range cfg.Buckets {
		if err := s.store.createBucket(name, &settings{Created: s.now(), Region: cmp.Or(cfg.Regions[name], cfg.Region)}); err != nil && !errors.Is(err, errBucketExists) {
			return nil, fmt.Errorf("s3test: Buckets: %w", err)
		}
	}
	return s, nil
}

func (s *Server) configure() error {
	if len(s.cfg.Users) == 0 {
		return errors.New("s3test: Users: there is none, so no request could be signed")
	}
	for _, u := range s.cfg.Users {
		if err := s.addUser(u); err != nil {
			return err
		}
	}
	for _, r := range s.cfg.Roles {
		if err := s.addRole(r); err != nil {
			return err
		}
	}
	for _, p := range s.cfg.IdentityProviders {
		if err := s.addProvider(p); err != nil {
			return err
		}
	}
	for arn, doc := range s.cfg.ManagedPolicies {
		if !policyARN.MatchString(arn) {
			return fmt.Errorf("s3test: ManagedPolicies: %q is no policy's ARN, as arn:aws:iam::123456789012:policy/NAME is", arn)
		}
		if err := checkPolicies(policy.OfIdentity, doc); err != nil {
			return fmt.Errorf("s3test: ManagedPolicies: %s: %w", arn, err)
		}
	}
	for bucket, id := range s.cfg.Owners {
		if !accountID.MatchString(id) {
			return fmt.Errorf("s3test: Owners: %q, of bucket %s, is no account ID: expecting twelve digits", id, bucket)
		}
	}
	for name, region := range s.cfg.Regions {
		if !slices.Contains(s.cfg.Buckets, name) {
			return fmt.Errorf("s3test: Regions: %q is none of Buckets", name)
		}
		if _, err := sigv4.NewSigner("s3", region, nil); err != nil {
			return fmt.Errorf("s3test: Regions: %s: %w", name, err)
		}
	}
	for _, name := range s.cfg.Buckets {
		if !validBucketName(name) {
			return fmt.Errorf("s3test: Buckets: %q is against S3's naming rules", name)
		}
	}
	for _, f := range s.cfg.Faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("s3test: Faults: %w", err)
		}
		s.faults = append(s.faults, newFaultState(f, s.cfg.Seed, len(s.faults)))
	}
	if s.cfg.MinPartSize < 0 || s.cfg.MaxPutSize < 0 {
		return errors.New("s3test: MinPartSize and MaxPutSize must not be negative")
	}
	if s.cfg.Bandwidth < 0 || s.cfg.Latency < 0 {
		return errors.New("s3test: Bandwidth and Latency must not be negative")
	}
	return nil
}

// Start makes a server and has it listen. Close it after use.
func Start(cfg Config) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("s3test: %w", err)
	}
	scheme := "http"
	serve := func() error { return s.http.Serve(l) }
	var security *tls.Config
	if s.cfg.TLS {
		certificate, err := s.makeCertificate(l.Addr())
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("s3test: TLS: %w", err)
		}
		s.certificate = certificate.Leaf
		scheme = "https"
		// Records of full size from the first: the server is there to be fast.
		security = &tls.Config{Certificates: []tls.Certificate{certificate}, DynamicRecordSizingDisabled: true}
		serve = func() error { return s.http.ServeTLS(l, "", "") }
	}
	s.URL = scheme + "://" + reachable(l.Addr())
	if s.cfg.Bandwidth > 0 {
		l = &pacedListener{Listener: l, rate: s.cfg.Bandwidth}
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.serving = make(chan struct{})
	s.http = &http.Server{
		Handler:           s,
		TLSConfig:         security,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       s.accepted,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(s.serving)
		serve() // always an error: http.ErrServerClosed after Close
	}()
	return s, nil
}

// reachable is the address to dial for a listener's own: loopback when it
// listens everywhere, which for [::] includes IPv4.
func reachable(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil || !ap.Addr().IsUnspecified() {
		return a.String()
	}
	return fmt.Sprintf("127.0.0.1:%d", ap.Port())
}

// Close stops listening, breaks all connections off and waits until the last
// request has ended. Objects in [Config.Dir] stay.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()

	var err error
	if s.http != nil {
		s.stop()
		err = s.http.Close()
		<-s.serving
	}
	s.inflight.Wait()
	return err
}

// Seed is what the faults' draws began with: [Config.Seed], or what was made up in its
// place. With it, the same requests in the same order meet the same faults again.
func (s *Server) Seed() uint64 { return s.cfg.Seed }

// Requests counts the requests so far by operation: "GetObject", "AssumeRole",
// …, and "Unknown" for those that this server does not know. A request counts
// when its header has arrived (for STS its form), whatever becomes of it.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// arrived counts a request and lets it wait.
func (s *Server) arrived(r *http.Request, q *request) {
	s.mu.Lock()
	s.counts[q.op]++
	s.mu.Unlock()
	if !sleep(r.Context(), s.cfg.Latency) {
		panic(http.ErrAbortHandler)
	}
}

// begin lets a request in, unless the server is closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.inflight.Add(1)
	}
	return !s.closed
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.inflight.Done()

	q := s.route(r)
	w := &answer{ResponseWriter: rw, id: newRequestID(q.face)}
	defer func() {
		// Bucket and key only: a presigned query is as good as a password.
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("operation", q.op), slog.String("bucket", q.bucket), slog.String("key", q.key),
			slog.Int("status", w.status), slog.Int64("bytes", w.n),
			slog.Duration("took", time.Since(start)), slog.Int("connection", connectionNumber(r)), slog.String("id", w.id))
	}()

	// Clients correct their clocks by this header, so it must tell the server's time.
	w.Header().Set("Date", s.now().Format(http.TimeFormat))
	if q.face == faceSTS {
		s.serveSTS(w, r, q)
	} else {
		s.serveS3(w, r, q)
	}
}

func (s *Server) serveS3(w *answer, r *http.Request, q *request) {
	h := w.Header()
	h.Set("X-Amz-Request-Id", w.id)
	h.Set("X-Amz-Id-2", newHostID())
	h.Set("Server", "sigvier-s3test")
	s.arrived(r, q)
	if err := s.tryS3(w, r, q); err != nil {
		s.writeS3Error(w, r, q, err)
	}
}

func (s *Server) tryS3(w *answer, r *http.Request, q *request) error {
	s.tap(w, r)
	r, err := s.authenticateS3(r, q)
	if err != nil {
		return err
	}
	if q.err != nil {
		return q.err
	}
	if err := s.disturb(w, r, q); err != nil {
		return err
	}
	if q.operation == nil {
		return notImplemented("A query parameter or method you provided implies functionality that is not implemented")
	}
	if q.op == "PostObject" { // its form says more
		return q.operation.handle(s, w, r, q)
	}
	if err := s.authorize(r, q, r.Header); err != nil {
		return err
	}
	if err := s.charge(w, q, r.Header); err != nil {
		return err
	}
	if !q.operation.is(streams) {
		if q.body, err = readSummed(r, q); err != nil {
			return err
		}
	}
	return q.operation.handle(s, w, r, q)
}

func (s *Server) now() time.Time { return s.cfg.Now().UTC() }

// sleep waits, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer is the response: it remembers what the log and the errors need, and
// carries out what faults ask for.
type answer struct {
	http.ResponseWriter
	id          string
	status      int
	n           int64
	damage      *damage      // nil: none
	requestBody *requestBody // nil: none that faults could strike
}

// Unwrap is for [http.ResponseController].
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *answer) WriteHeader(status int) {
	w.status = status
	if w.damage != nil {
		w.damage.header(w.Header(), status)
	}
	w.ResponseWriter.WriteHeader(status)
	if w.damage != nil && w.damage.chunked {
		w.flush()
	}
}

func (w *answer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.damage != nil {
		return w.damage.write(w, p)
	}
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// ReadFrom lets a file go from disk to socket within the kernel.
func (w *answer) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.damage != nil {
		return io.Copy(writerOnly{w}, r)
	}
	n, err := io.Copy(w.ResponseWriter, r)
	w.n += n
	return n, err
}

type writerOnly struct{ io.Writer }
