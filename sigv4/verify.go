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
	accessKeyID, date, region, service string
	signedHeaders                      []string
	signature, timestamp, token        string
	expires                            time.Duration
	query                              bool
}

// Verify checks the signature of a request as net/http's server gives it, in the
// header form or the query form, at the time now. Payload is the hash of the
// body where the service signs it so (STS and most others); left zero, it is
// taken from X-Amz-Content-Sha256 or, in the query form, is [Signer.PresignPayload].
// If [Verified.Payload] is a digest that came from the request, the caller must
// still hold the body against it. The error is a [*VerifyError].
func (s *Signer) Verify(req *http.Request, lookup Lookup, payload PayloadHash, now time.Time) (Verified, error) {
	c, err := parseClaim(req)
	if err != nil {
		return Verified{}, err
	}
	signedAt, err := s.checkClaim(c, now)
	if err != nil {
		return Verified{}, err
	}
	if err := s.checkSigned(c, req.Header); err != nil {
		return Verified{}, err
	}
	if payload, err = s.claimedPayload(c, req.Header, payload); err != nil {
		return Verified{}, err
	}
	cred, err := lookup(req.Context(), c.accessKeyID, c.token)
	if err != nil {
		if v := (*VerifyError)(nil); errors.As(err, &v) {
			return Verified{}, v
		}
		return Verified{}, &VerifyError{Code: "InvalidAccessKeyId", Status: http.StatusForbidden, AccessKeyID: c.accessKeyID,
			Message: "The AWS Access Key Id you provided does not exist in our records."}
	}
	if !hmac.Equal([]byte(cred.SessionToken()), []byte(c.token)) {
		return Verified{}, deny("InvalidToken", http.StatusBadRequest, "The provided token is malformed or otherwise invalid.")
	}
	if err := s.compare(req, c, cred, payload); err != nil {
		return Verified{}, err
	}
	if !cred.Expires.IsZero() && now.After(cred.Expires) {
		return Verified{}, deny("ExpiredToken", http.StatusBadRequest, "The provided token has expired.")
	}
	v := Verified{AccessKeyID: c.accessKeyID, SignedHeaders: c.signedHeaders, SignedAt: signedAt,
		Payload: payload, Signature: c.signature, Query: c.query}
	if c.query {
		v.ExpiresAt = signedAt.Add(c.expires)
	}
	return v, nil
}

// compare recomputes the signature and holds it against the one that came.
func (s *Signer) compare(req *http.Request, c *claim, cred Credentials, payload PayloadHash) error {
	w := s.pool.Get().(*work)
	defer s.release(w)
	w.exact = c.signedHeaders
	w.timestamp = append(w.timestamp[:0], c.timestamp...)
	w.scope = appendScope(w.scope[:0], w.timestamp[:dateLen], c.region, c.service)
	if err := cred.check(); err != nil {
		return deny("InternalError", http.StatusInternalServerError, "the look-up gave "+err.Error())
	}
	err := w.collectHeaders(req, func(name []byte) bool { return string(name) == "host" })
	if err == nil {
		w.addHeader("Host", req.Host)
		err = w.finishHeaders()
	}
	if err == nil {
		err = w.collectQuery(req.URL.RawQuery, func(name []byte) bool {
			return c.query && (string(name) == "X-Amz-Signature" || string(name) == "X-Amz-Security-Token" && !s.signToken)
		})
	}
	if err == nil {
		w.sortParams()
		err = s.canonicalize(w, req.Method, req.URL, payload)
	}
	if err != nil {
		return deny("InvalidRequest", http.StatusBadRequest, err.Error())
	}
	w.toSign = appendStringToSign(w.toSign, w.timestamp, w.scope, w.canonical)
	key := s.keys.get(cred.SecretAccessKey(), w.timestamp[:dateLen], c.region, c.service)
	w.signature = key.appendSignature(w.signature, w.toSign)
	if !hmac.Equal(w.signature, []byte(c.signature)) {
		return &VerifyError{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden, AccessKeyID: c.accessKeyID,
			Message:           "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			SignatureProvided: c.signature, StringToSign: string(w.toSign), CanonicalRequest: string(w.canonical)}
	}
	return nil
}

// parseClaim finds the one form that the request is signed in.
func parseClaim(req *http.Request) (*claim, error) {
	authorization := req.Header[headerAuthorization]
	query, err := authParams(req.URL.RawQuery)
	switch {
	case err != nil:
		return nil, err
	case len(authorization) > 0 && len(query) > 0:
		return nil, deny("InvalidArgument", http.StatusBadRequest, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case len(query) > 0:
		return parseQueryClaim(query)
	case len(authorization) == 1:
		return parseHeaderClaim(authorization[0], req.Header)
	case len(authorization) > 1:
		return nil, malformedHeader("there is more than one Authorization header")
	}
	return nil, deny("AccessDenied", http.StatusForbidden, "Access Denied: the request is not signed")
}

func malformedHeader(problem string) *VerifyError {
	return deny("AuthorizationHeaderMalformed", http.StatusBadRequest, "The authorization header is malformed; "+problem)
}

func malformedQuery(problem string) *VerifyError {
	return deny("AuthorizationQueryParametersError", http.StatusBadRequest, problem)
}

// parseHeaderClaim parses "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…,
// Signature=…", the three in any order, each once, with or without blanks.
func parseHeaderClaim(authorization string, h http.Header) (*claim, error) {
	rest, ok := strings.CutPrefix(authorization, algorithm+" ")
	if !ok {
		return nil, deny("InvalidRequest", http.StatusBadRequest, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		if _, twice := parts[name]; !ok || twice {
			return nil, malformedHeader("Credential, SignedHeaders and Signature are expected, each once")
		}
		parts[name] = value
	}
	if len(parts) != 3 || parts["Credential"] == "" || parts["SignedHeaders"] == "" || parts["Signature"] == "" {
		return nil, malformedHeader("Credential, SignedHeaders and Signature are expected, each once")
	}
	dates, tokens := h[headerDate], h[headerToken]
	if len(dates) != 1 || len(tokens) > 1 {
		return nil, deny("AccessDenied", http.StatusForbidden, "AWS authentication requires one valid x-amz-date header, and at most one x-amz-security-token")
	}
	c := &claim{signature: parts["Signature"], timestamp: dates[0]}
	if len(tokens) == 1 {
		c.token = tokens[0]
	}
	if problem := c.parse(parts["Credential"], parts["SignedHeaders"]); problem != "" {
		return nil, malformedHeader(problem)
	}
	return c, nil
}

// authParams takes the authentication parameters out of a raw query; each may
// come once. Nil means that there are none.
func authParams(raw string) (map[string]string, error) {
	if !strings.Contains(raw, "X-Amz-") && !strings.Contains(raw, "%") {
		return nil, nil
	}
	params := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || !isAuthParam([]byte(name)) {
			continue
		}
		value, err := url.QueryUnescape(rawValue)
		if _, twice := params[name]; err != nil || twice {
			return nil, malformedQuery(name + " is malformed or given twice")
		}
		params[name] = value
	}
	if _, ok := params["X-Amz-Algorithm"]; ok {
		return params, nil
	}
	if _, ok := params["X-Amz-Signature"]; ok {
		return params, nil
	}
	return nil, nil
}

func parseQueryClaim(params map[string]string) (*claim, error) {
	if params["X-Amz-Algorithm"] != algorithm {
		return nil, malformedQuery("X-Amz-Algorithm only supports \"" + algorithm + "\"")
	}
	for _, name := range [...]string{"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if params[name] == "" {
			return nil, malformedQuery("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
		}
	}
	seconds, err := strconv.ParseUint(params["X-Amz-Expires"], 10, 32)
	expires := time.Duration(seconds) * time.Second
	switch {
	case err != nil || params["X-Amz-Expires"] != strconv.FormatUint(seconds, 10):
		return nil, malformedQuery("X-Amz-Expires should be a number")
	case expires > MaxExpires:
		return nil, malformedQuery("X-Amz-Expires must be less than a week (in seconds) that is 604800")
	}
	c := &claim{signature: params["X-Amz-Signature"], timestamp: params["X-Amz-Date"],
		token: params["X-Amz-Security-Token"], expires: expires, query: true}
	if problem := c.parse(params["X-Amz-Credential"], params["X-Amz-SignedHeaders"]); problem != "" {
		return nil, malformedQuery(problem)
	}
	return c, nil
}

// parse splits the credential and the signed headers, which must be as a signer
// writes them: lower case, sorted, each once, host among them.
func (c *claim) parse(credential, signedHeaders string) (problem string) {
	p := strings.Split(credential, "/")
	if len(p) != 5 || p[4] != terminator || slices.Contains(p, "") {
		return "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
	}
	c.accessKeyID, c.date, c.region, c.service = p[0], p[1], p[2], p[3]
	c.signedHeaders = strings.Split(signedHeaders, ";")
	for i, name := range c.signedHeaders {
		if !isToken(name) || name != strings.ToLower(name) || i > 0 && name <= c.signedHeaders[i-1] {
			return "SignedHeaders must be lower case, sorted, each once"
		}
	}
	if !slices.Contains(c.signedHeaders, "host") {
		return "SignedHeaders must have host"
	}
	return ""
}

// checkClaim checks scope and time.
func (s *Signer) checkClaim(c *claim, now time.Time) (signedAt time.Time, err error) {
	malformed := malformedHeader
	if c.query {
		malformed = malformedQuery
	}
	signedAt, err = time.Parse(timeFormat, c.timestamp)
	if err != nil || signedAt.Format(timeFormat) != c.timestamp {
		return signedAt, deny("AccessDenied", http.StatusForbidden, "AWS authentication requires a valid X-Amz-Date: YYYYMMDDTHHMMSSZ")
	}
	switch {
	case c.service != s.service:
		return signedAt, malformed("incorrect service " + strconv.Quote(c.service) + "; expecting " + strconv.Quote(s.service) + ".")
	case c.region != s.region:
		e := malformed("the region " + strconv.Quote(c.region) + " is wrong; expecting " + strconv.Quote(s.region))
		e.Region = s.region
		return signedAt, e
	case c.date != c.timestamp[:dateLen]:
		return signedAt, malformed("the date in the credential scope is not that of X-Amz-Date")
	}
	switch age := now.Sub(signedAt); {
	case c.query && age < -MaxSkew:
		return signedAt, deny("AccessDenied", http.StatusForbidden, "Request is not valid yet")
	case c.query && age > c.expires:
		return signedAt, deny("AccessDenied", http.StatusForbidden, "Request has expired")
	case !c.query && (age < -MaxSkew || age > MaxSkew):
		return signedAt, deny("RequestTimeTooSkewed", http.StatusForbidden, "The difference between the request time and the current time is too large.")
	}
	return signedAt, nil
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
