package sigv4

import (
	"context"
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
	SignedHeaders string    // host;x-amz-date
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

// claim is what a request says of its signature, and what is found for it.
type claim struct {
	algorithm, credential, timestamp, life, regions, token, signed, signature string

	query       bool
	accessKeyID string
	signedAt    time.Time
	expires     time.Duration // query form
	payload     PayloadHash
	cred        Credentials
	bad         *VerifyError // the first check that failed
}

// is reports whether a claim is good so far.
func (c *claim) is(bad *VerifyError) bool { c.bad = bad; return bad == nil }

// Verify checks the signature of a request as net/http's server gives it, in the
// header form or the query form, at the time now. Payload is the hash of the
// body where the service signs it so (STS and most others); left zero, it is
// taken from X-Amz-Content-Sha256 or, in the query form, is [Signer.PresignPayload].
// If [Verified.Payload] is a digest that came from the request, the caller must
// still hold the body against it. The error is a [*VerifyError].
func (s *Signer) Verify(req *http.Request, lookup Lookup, payload PayloadHash, now time.Time) (Verified, error) {
	if req == nil || req.URL == nil {
		return Verified{}, deny("InvalidRequest", http.StatusBadRequest, "there is no request, or it has no URL")
	}
	w, c := s.pool.Get().(*work), &claim{payload: payload}
	defer w.free()
	w.req = req
	if !(c.is(w.readClaim(c)) && c.is(w.checkClaim(c, now)) && c.is(w.checkPayload(c)) && c.is(w.lookUp(c, lookup)) && c.is(w.compare(c, now))) {
		return Verified{}, c.bad
	}
	v := Verified{AccessKeyID: c.accessKeyID, SignedHeaders: c.signed, SignedAt: c.signedAt,
		Payload: c.payload, Signature: c.signature, Query: c.query}
	if c.query {
		v.ExpiresAt = c.signedAt.Add(c.expires)
	}
	return v, nil
}

// readClaim finds the one form that the request is signed in and reads it.
func (w *work) readClaim(c *claim) *VerifyError {
	authorization, once := w.req.Header[headerAuthorization], true
	w.collectQuery(func(name []byte, raw string) bool {
		field := c.field(string(name))
		if field != nil {
			value, err := w.decoded(raw)
			once = once && err == nil && value != "" && *field == ""
			*field = value
		}
		unsigned := field == &c.signature || field == &c.token && !w.s.signToken
		c.query = c.query || unsigned || field == &c.algorithm
		return unsigned
	})
	switch {
	case !c.query && len(authorization) == 0:
		return deny("AccessDenied", http.StatusForbidden, "Access Denied: the request is not signed")
	case len(authorization) > 1:
		return c.malformed("there is more than one Authorization header")
	case !c.query:
		return w.readAuthorization(c, authorization[0])
	case !once:
		return c.malformed("an authentication parameter is malformed, empty or given twice")
	case len(authorization) > 0:
		return deny("InvalidArgument", http.StatusBadRequest, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case c.algorithm != w.s.name:
		return c.malformed("X-Amz-Algorithm only supports \"" + w.s.name + "\"")
	case c.credential == "" || c.timestamp == "" || c.life == "" || c.signed == "" || c.signature == "":
		return c.malformed("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	}
	seconds, err := strconv.ParseUint(c.life, 10, 32)
	c.expires = time.Duration(seconds) * time.Second
	if err != nil || c.life != strconv.FormatUint(seconds, 10) || c.expires < time.Second || c.expires > MaxExpires {
		return c.malformed("X-Amz-Expires must be a number of seconds from 1 to 604800, which is a week")
	}
	return nil
}

// decoded decodes a parameter's value. One that was encoded for a key in the cache
// takes no second decoding, and no second encoding. How long it takes to find that
// is no secret: a session token is worth nothing without its secret access key.
func (w *work) decoded(raw string) (string, error) {
	if !strings.Contains(raw, "%") {
		return raw, nil
	}
	for i := range w.s.keys {
		if k := w.s.keys[i].Load(); k != nil && raw == k.credentialInQuery {
			w.clean = raw
			return k.credential, nil
		} else if k != nil && raw == k.tokenInQuery {
			w.clean = raw
			return k.sessionToken, nil
		}
	}
	return url.QueryUnescape(raw)
}

// readAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…,
// Signature=…", the three in any order, each once, with or without blanks.
func (w *work) readAuthorization(c *claim, authorization string) *VerifyError {
	*c = claim{payload: c.payload}
	name, rest, found := strings.Cut(authorization, " ")
	parts := 1 + strings.Count(rest, ",")
	for range min(parts, 3) {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(strings.Trim(part, " "), "=")
		switch name {
		case "Credential":
			c.credential = value
		case "SignedHeaders":
			c.signed = value
		case "Signature":
			c.signature = value
		}
	}
	dates, tokens, regions := w.req.Header[headerDate], w.req.Header[headerToken], []string(nil)
	if w.s.algorithm != nil {
		regions = w.req.Header[headerRegionSet]
	}
	switch {
	case !found || name != w.s.name:
		return deny("InvalidRequest", http.StatusBadRequest, "The authorization mechanism you have provided is not supported. Please use "+w.s.name+".")
	case parts != 3 || c.credential == "" || c.signed == "" || c.signature == "":
		return c.malformed("Credential, SignedHeaders and Signature are expected, each once")
	case len(dates) != 1 || len(tokens) > 1 || len(regions) > 1:
		return deny("AccessDenied", http.StatusForbidden, "AWS authentication requires one valid x-amz-date header, and at most one x-amz-security-token")
	default:
		c.timestamp, c.token, c.regions = dates[0], strings.Join(tokens, ""), strings.Join(regions, "")
	}
	return nil
}

// malformed is S3's error for a claim that it cannot read.
func (c *claim) malformed(problem string) *VerifyError {
	if c.query {
		return deny("AuthorizationQueryParametersError", http.StatusBadRequest, problem)
	}
	return deny("AuthorizationHeaderMalformed", http.StatusBadRequest, "The authorization header is malformed; "+problem)
}

// field finds the place of an authentication parameter.
func (c *claim) field(name string) *string {
	names := [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
		"X-Amz-Region-Set", "X-Amz-Security-Token", "X-Amz-SignedHeaders", "X-Amz-Signature"}
	fields := [len(names)]*string{&c.algorithm, &c.credential, &c.timestamp, &c.life, &c.regions, &c.token, &c.signed, &c.signature}
	if i := slices.Index(names[:], name); i >= 0 {
		return fields[i]
	}
	return nil
}

// checkClaim checks the time, the scope, and the signed headers, which must be as a
// signer writes them: lower case, sorted, each once, host among them.
func (w *work) checkClaim(c *claim, now time.Time) (bad *VerifyError) {
	var err error
	if c.signedAt = time.Unix(w.second, 0).UTC(); c.timestamp == "" || c.timestamp != w.timestamp {
		if c.signedAt, err = parseTime(c.timestamp); err != nil {
			return deny("AccessDenied", http.StatusForbidden, "AWS authentication requires a valid X-Amz-Date: YYYYMMDDTHHMMSSZ")
		}
		w.timestamp, w.second = strings.Clone(c.timestamp), c.signedAt.Unix()
	}
	id, scope, _ := strings.Cut(c.credential, "/")
	if c.accessKeyID = id; id == "" || !strings.HasPrefix(scope, c.timestamp[:dateLen]) || scope[dateLen:] != w.s.scope {
		return w.badScope(c, strings.Split(c.credential, "/"))
	}
	sorted, last := true, ""
	w.names = w.names[:0]
	for name := range strings.SplitSeq(c.signed, ";") {
		sorted = sorted && name > last
		w.names, last = append(w.names, name), name
	}
	age := now.Sub(c.signedAt)
	switch {
	case w.s.algorithm != nil && !w.s.algorithm.Covers(c.regions, w.s.region):
		return w.badRegion(c, c.regions)
	case !sorted || !slices.Contains(w.names, "host"):
		return c.malformed(badList)
	case c.query && age < -MaxSkew:
		return deny("AccessDenied", http.StatusForbidden, "Request is not valid yet")
	case c.query && age > c.expires:
		return deny("AccessDenied", http.StatusForbidden, "Request has expired")
	case !c.query && age.Abs() > MaxSkew:
		return deny("RequestTimeTooSkewed", http.StatusForbidden, "The difference between the request time and the current time is too large.")
	}
	return nil
}

// badScope says what is wrong with the parts of a credential.
func (w *work) badScope(c *claim, parts []string) *VerifyError {
	if w.s.algorithm != nil { // SigV4a's scope has no region
		parts = slices.Insert(parts, min(2, len(parts)), w.s.region)
	}
	switch {
	case len(parts) != 5 || slices.Contains(parts, "") || parts[4] != terminator:
		return c.malformed("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
	case parts[3] != w.s.service:
		return c.malformed("incorrect service " + strconv.Quote(parts[3]) + "; expecting " + strconv.Quote(w.s.service) + ".")
	case parts[2] != w.s.region:
		return w.badRegion(c, parts[2])
	}
	return c.malformed("the date in the credential scope is not that of X-Amz-Date")
}

func (w *work) badRegion(c *claim, region string) *VerifyError {
	bad := c.malformed("the region " + strconv.Quote(region) + " is wrong; expecting " + strconv.Quote(w.s.region))
	bad.Region = w.s.region
	return bad
}

// checkPayload settles the last line of the canonical request.
func (w *work) checkPayload(c *claim) *VerifyError {
	values := w.req.Header[headerContentSHA256]
	said, err := ParsePayloadHash(strings.Join(values, ","))
	switch {
	case len(values) == 0 && c.payload.s == "" && !c.query:
		return deny("InvalidRequest", http.StatusBadRequest, "Missing required header for this request: x-amz-content-sha256")
	case len(values) == 0 && c.payload.s == "":
		said = w.s.PresignPayload()
	case len(values) == 0:
		said = c.payload
	case err != nil:
		return deny("InvalidArgument", http.StatusBadRequest, "x-amz-content-sha256 must come once, and be UNSIGNED-PAYLOAD, a STREAMING-… word, or a valid sha256 value.")
	case c.payload.s != "" && said != c.payload:
		return deny("XAmzContentSHA256Mismatch", http.StatusBadRequest, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	c.payload = said
	return nil
}

// lookUp asks for the credentials that a claim names, and gets their key.
func (w *work) lookUp(c *claim, lookup Lookup) *VerifyError {
	var err error
	if c.cred, err = lookup(w.req.Context(), c.accessKeyID, c.token); err != nil {
		if bad := (*VerifyError)(nil); errors.As(err, &bad) && bad != nil {
			return bad
		}
		return &VerifyError{Code: "InvalidAccessKeyId", Status: http.StatusForbidden, AccessKeyID: c.accessKeyID,
			Message: "The AWS Access Key Id you provided does not exist in our records."}
	}
	if len(c.token) != len(c.cred.SessionToken()) {
		return badToken()
	}
	if w.key, err = w.s.key(c.cred, w.timestamp[:dateLen]); err != nil {
		return deny("InternalError", http.StatusInternalServerError, "the look-up gave "+err.Error())
	}
	return nil
}

const badList = "SignedHeaders must be lower case, sorted, each once, and have host"

func badToken() *VerifyError {
	return deny("InvalidToken", http.StatusBadRequest, "The provided token is malformed or otherwise invalid.")
}

// compare recomputes the signature and holds it against the one that came.
func (w *work) compare(c *claim, now time.Time) *VerifyError {
	w.exact, w.token, w.hash = w.names, w.key.sessionToken, c.payload.s
	unsigned := w.collectHeaders([]string{headerAuthorization})
	if unsigned != "" { // it may have been smuggled in
		return deny("AccessDenied", http.StatusForbidden, "There were headers present in the request which were not signed: "+unsigned)
	}
	w.finishHeaders([2]string{"host", w.req.Host})
	if string(w.signed) != c.signed && (strings.ToLower(c.signed) != c.signed || strings.Contains(c.signed, " ")) {
		return c.malformed(badList)
	}
	if w.canonicalize(c.payload); w.err != nil {
		return deny("InvalidRequest", http.StatusBadRequest, w.err.Error())
	}
	if w.appendStringToSign(); !w.key.Matches(w.toSign, c.signature) {
		return &VerifyError{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden, AccessKeyID: c.accessKeyID,
			Message:           "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			SignatureProvided: c.signature, StringToSign: string(w.toSign), CanonicalRequest: string(w.canonical)}
	}
	if c.token != w.token { // which only who knows the secret comes to learn
		return badToken()
	}
	if !c.cred.Expires.IsZero() && now.After(c.cred.Expires) {
		return deny("ExpiredToken", http.StatusBadRequest, "The provided token has expired.")
	}
	return nil
}
