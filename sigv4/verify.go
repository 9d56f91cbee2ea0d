package sigv4

import (
	"cmp"
	"context"
	"crypto/hmac"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The server's side: the same road backwards, from the same canonicaliser. Parse
// strictly, recompute, compare in constant time.

// MaxSkew is how far a request's time may be from the server's, both ways
// (Amazon S3 API Reference, "Authenticating Requests": 15 minutes).
const MaxSkew = 15 * time.Minute

// Lookup gives the credentials that belong to an access key ID; for temporary
// ones it may need the session token. An error that is a [*VerifyError] is given
// to the caller as it is, any other becomes InvalidAccessKeyId.
type Lookup func(ctx context.Context, accessKeyID, sessionToken string) (Credentials, error)

// Verified is what a good signature says.
type Verified struct {
	AccessKeyID   string
	SignedHeaders []string  // lower case, sorted
	SignedAt      time.Time // X-Amz-Date
	ExpiresAt     time.Time // query form only
	Payload       PayloadHash
	Signature     string
	Query         bool // the query form
}

// VerifyError says which check failed, as S3 does.
type VerifyError struct {
	Code    string // S3's error code: SignatureDoesNotMatch, RequestTimeTooSkewed, …
	Status  int    // HTTP status
	Message string

	AccessKeyID string
	// For SignatureDoesNotMatch: what came, and what was computed.
	SignatureProvided, StringToSign, CanonicalRequest string
	Region                                            string // the one expected, where the scope names another
}

func (e *VerifyError) Error() string { return "sigv4: " + e.Code + ": " + e.Message }

func deny(code string, status int, message string) *VerifyError {
	return &VerifyError{Code: code, Status: status, Message: message}
}

// claim is what a request says of its signature, parsed.
type claim struct {
	query                              bool
	fields                             map[string]string // by their names in the query form
	accessKeyID, date, region, service string
	signedHeaders                      []string
	signedAt                           time.Time
	expires                            time.Duration // query form
}

// Verify checks the signature of a request as net/http's server gives it, in the
// header form or the query form, at the time now. Payload is the hash of the
// body where the service signs it so (STS and most others); left zero, it is
// taken from X-Amz-Content-Sha256 or, in the query form, is [Signer.PresignPayload].
// If [Verified.Payload] is a digest that came from the request, the caller must
// still hold the body against it. The error is a [*VerifyError].
func (s *Signer) Verify(req *http.Request, lookup Lookup, payload PayloadHash, now time.Time) (Verified, error) {
	c, err := parseClaim(req)
	if err == nil {
		err = s.checkClaim(c, now)
	}
	if err == nil {
		err = s.checkSigned(c, req.Header)
	}
	if err == nil {
		payload, err = s.claimedPayload(c, req.Header, payload)
	}
	if err != nil {
		return Verified{}, err
	}
	cred, err := lookup(req.Context(), c.accessKeyID, c.fields["X-Amz-Security-Token"])
	if v := (*VerifyError)(nil); errors.As(err, &v) {
		return Verified{}, v
	} else if err != nil {
		return Verified{}, &VerifyError{Code: "InvalidAccessKeyId", Status: http.StatusForbidden, AccessKeyID: c.accessKeyID,
			Message: "The AWS Access Key Id you provided does not exist in our records."}
	}
	if !hmac.Equal([]byte(cred.SessionToken()), []byte(c.fields["X-Amz-Security-Token"])) {
		return Verified{}, deny("InvalidToken", http.StatusBadRequest, "The provided token is malformed or otherwise invalid.")
	}
	if err := s.compare(req, c, cred, payload); err != nil {
		return Verified{}, err
	}
	if !cred.Expires.IsZero() && now.After(cred.Expires) {
		return Verified{}, deny("ExpiredToken", http.StatusBadRequest, "The provided token has expired.")
	}
	v := Verified{AccessKeyID: c.accessKeyID, SignedHeaders: c.signedHeaders, SignedAt: c.signedAt,
		Payload: payload, Signature: c.fields["X-Amz-Signature"], Query: c.query}
	if c.query {
		v.ExpiresAt = c.signedAt.Add(c.expires)
	}
	return v, nil
}

// compare recomputes the signature and holds it against the one that came.
func (s *Signer) compare(req *http.Request, c *claim, cred Credentials, payload PayloadHash) error {
	if err := cred.Validate(); err != nil {
		return deny("InternalError", http.StatusInternalServerError, "the look-up gave "+err.Error())
	}
	w := s.pool.Get().(*work)
	defer s.release(w)
	w.req, w.exact = req, map[string]bool{}
	for _, name := range c.signedHeaders {
		w.exact[name] = true
	}
	w.timestamp = append(w.timestamp, c.fields["X-Amz-Date"]...)
	w.scope = appendScope(w.scope, w.timestamp[:dateLen], s.region, s.service)
	w.collectHeaders(func([]byte) bool { return false })
	w.addHeader("host", req.Host)
	w.finishHeaders()
	w.collectQuery(func(name []byte) bool {
		return c.query && (string(name) == "X-Amz-Signature" || string(name) == "X-Amz-Security-Token" && !s.signToken)
	})
	if s.finish(w, cred, payload); w.err != nil {
		return deny("InvalidRequest", http.StatusBadRequest, w.err.Error())
	}
	if !hmac.Equal(w.signature, []byte(c.fields["X-Amz-Signature"])) {
		return &VerifyError{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden, AccessKeyID: c.accessKeyID,
			Message:           "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			SignatureProvided: c.fields["X-Amz-Signature"], StringToSign: string(w.toSign), CanonicalRequest: string(w.canonical)}
	}
	return nil
}

// parseClaim finds the one form that the request is signed in and parses it.
func parseClaim(req *http.Request) (*claim, error) {
	authorization := req.Header[headerAuthorization]
	fields, once := authParams(req.URL.RawQuery)
	c := &claim{query: fields["X-Amz-Algorithm"] != "" || fields["X-Amz-Signature"] != "", fields: fields}
	switch {
	case c.query && !once:
		return nil, c.malformed("an authentication parameter is malformed or given twice")
	case c.query && len(authorization) > 0:
		return nil, deny("InvalidArgument", http.StatusBadRequest, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case c.query:
		return c, c.parseQuery()
	case len(authorization) == 1:
		return c, c.parseHeader(authorization[0], req.Header)
	case len(authorization) > 1:
		return nil, c.malformed("there is more than one Authorization header")
	}
	return nil, deny("AccessDenied", http.StatusForbidden, "Access Denied: the request is not signed")
}

// malformed is S3's error for a claim that it cannot read.
func (c *claim) malformed(problem string) *VerifyError {
	if c.query {
		return deny("AuthorizationQueryParametersError", http.StatusBadRequest, problem)
	}
	return deny("AuthorizationHeaderMalformed", http.StatusBadRequest, "The authorization header is malformed; "+problem)
}

// authParams takes the authentication parameters out of a raw query, and reports
// whether each is well-formed and comes once.
func authParams(raw string) (params map[string]string, once bool) {
	params, once = map[string]string{}, true
	for p := range strings.SplitSeq(raw, "&") {
		rawName, rawValue, _ := strings.Cut(p, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || !isAuthParam([]byte(name)) {
			continue
		}
		value, err := url.QueryUnescape(rawValue)
		_, twice := params[name]
		once = once && err == nil && !twice
		params[name] = value
	}
	return params, once
}

// parseHeader parses "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…,
// Signature=…", the three in any order, each once, with or without blanks.
func (c *claim) parseHeader(authorization string, h http.Header) error {
	rest, ok := strings.CutPrefix(authorization, algorithm+" ")
	if !ok {
		return deny("InvalidRequest", http.StatusBadRequest, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	}
	c.fields = map[string]string{}
	parts := strings.Split(rest, ",")
	for _, part := range parts {
		name, value, _ := strings.Cut(strings.Trim(part, " "), "=")
		c.fields["X-Amz-"+name] = value
	}
	if len(parts) != 3 || c.fields["X-Amz-Credential"] == "" || c.fields["X-Amz-SignedHeaders"] == "" || c.fields["X-Amz-Signature"] == "" {
		return c.malformed("Credential, SignedHeaders and Signature are expected, each once")
	}
	if len(h[headerDate]) != 1 || len(h[headerToken]) > 1 {
		return deny("AccessDenied", http.StatusForbidden, "AWS authentication requires one valid x-amz-date header, and at most one x-amz-security-token")
	}
	c.fields["X-Amz-Date"], c.fields["X-Amz-Security-Token"] = h.Get(headerDate), h.Get(headerToken)
	return c.parse()
}

func (c *claim) parseQuery() error {
	if c.fields["X-Amz-Algorithm"] != algorithm {
		return c.malformed("X-Amz-Algorithm only supports \"" + algorithm + "\"")
	}
	for _, name := range [...]string{"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if c.fields[name] == "" {
			return c.malformed("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
		}
	}
	seconds, err := strconv.ParseUint(c.fields["X-Amz-Expires"], 10, 32)
	c.expires = time.Duration(seconds) * time.Second
	if err != nil || c.fields["X-Amz-Expires"] != strconv.FormatUint(seconds, 10) || c.expires < time.Second || c.expires > MaxExpires {
		return c.malformed("X-Amz-Expires must be a number of seconds from 1 to 604800, which is a week")
	}
	return c.parse()
}

// parse splits the credential and the signed headers, which must be as a signer
// writes them: lower case, sorted, each once, host among them.
func (c *claim) parse() error {
	p := strings.Split(c.fields["X-Amz-Credential"], "/")
	if len(p) != 5 || p[4] != terminator || slices.Contains(p, "") {
		return c.malformed("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
	}
	c.accessKeyID, c.date, c.region, c.service = p[0], p[1], p[2], p[3]
	c.signedHeaders = strings.Split(c.fields["X-Amz-SignedHeaders"], ";")
	for i, name := range c.signedHeaders {
		if !only(name, isTokenByte) || name != strings.ToLower(name) || i > 0 && name <= c.signedHeaders[i-1] {
			return c.malformed("SignedHeaders must be lower case, sorted, each once")
		}
	}
	if !slices.Contains(c.signedHeaders, "host") {
		return c.malformed("SignedHeaders must have host")
	}
	return nil
}

// checkClaim checks scope and time.
func (s *Signer) checkClaim(c *claim, now time.Time) (err error) {
	timestamp := c.fields["X-Amz-Date"]
	c.signedAt, err = time.Parse(timeFormat, timestamp)
	if err != nil || c.signedAt.Format(timeFormat) != timestamp {
		return deny("AccessDenied", http.StatusForbidden, "AWS authentication requires a valid X-Amz-Date: YYYYMMDDTHHMMSSZ")
	}
	switch age := now.Sub(c.signedAt); {
	case c.service != s.service:
		return c.malformed("incorrect service " + strconv.Quote(c.service) + "; expecting " + strconv.Quote(s.service) + ".")
	case c.region != s.region:
		e := c.malformed("the region " + strconv.Quote(c.region) + " is wrong; expecting " + strconv.Quote(s.region))
		e.Region = s.region
		return e
	case c.date != timestamp[:dateLen]:
		return c.malformed("the date in the credential scope is not that of X-Amz-Date")
	case c.query && age < -MaxSkew:
		return deny("AccessDenied", http.StatusForbidden, "Request is not valid yet")
	case c.query && age > c.expires:
		return deny("AccessDenied", http.StatusForbidden, "Request has expired")
	case !c.query && age.Abs() > MaxSkew:
		return deny("RequestTimeTooSkewed", http.StatusForbidden, "The difference between the request time and the current time is too large.")
	}
	return nil
}

// checkSigned refuses a request that carries an x-amz- header outside its
// signature: it may have been smuggled in.
func (s *Signer) checkSigned(c *claim, h http.Header) error {
	for key := range h {
		name := strings.ToLower(key)
		if !strings.HasPrefix(name, "x-amz-") || name == "x-amz-security-token" && !s.signToken {
			continue
		}
		if _, signed := slices.BinarySearch(c.signedHeaders, name); !signed {
			return deny("AccessDenied", http.StatusForbidden, "There were headers present in the request which were not signed: "+name)
		}
	}
	return nil
}

// claimedPayload settles the last line of the canonical request.
func (s *Signer) claimedPayload(c *claim, h http.Header, given PayloadHash) (PayloadHash, error) {
	values := h[headerContentSHA256]
	switch {
	case len(values) > 1:
		return PayloadHash{}, deny("InvalidArgument", http.StatusBadRequest, "x-amz-content-sha256 must come once")
	case len(values) == 0 && given.s != "":
		return given, nil
	case len(values) == 0 && c.query:
		return s.PresignPayload(), nil
	case len(values) == 0:
		return PayloadHash{}, deny("InvalidRequest", http.StatusBadRequest, "Missing required header for this request: x-amz-content-sha256")
	}
	said, err := ParsePayloadHash(values[0])
	if err != nil {
		return PayloadHash{}, deny("InvalidArgument", http.StatusBadRequest, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING-… word, or a valid sha256 value.")
	}
	if given.s != "" && said != given {
		return PayloadHash{}, deny("XAmzContentSHA256Mismatch", http.StatusBadRequest, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return cmp.Or(given, said), nil
}
