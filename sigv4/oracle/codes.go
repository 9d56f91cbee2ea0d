package oracle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// look finds what the request shows by itself, whatever the server says.
func (e *explainer) look() {
	r := e.req
	_, query := r.wire()
	id, token := r.Credentials.AccessKeyID, r.withToken().Credentials.SessionToken()
	if html := strings.ReplaceAll("&"+query, "&amp%3B", "&amp;"); strings.Contains(html, "&amp;") {
		sure := Likely
		if strings.Contains(html, "&amp;X-Amz-") {
			sure = Certain
		}
		e.add("url-html-escaped", sure, "The URL has &amp; where it should have &.")
	}
	if strings.Contains(query, "X-Amz-Signature%3D") || strings.Contains(query, "X-Amz-Credential") && strings.Contains(query, "%252F") && strings.Contains(query, "%252Faws4_request") {
		e.add("url-encoded-again", Certain, "The URL's X-Amz-Credential has %252F where %2F belongs: it was encoded once more.")
	}
	if strings.HasPrefix(id, "ASIA") && token == "" {
		e.add("token-missing", Certain, "The access key ID "+e.redact.keyID(id)+" is a temporary one, and the request has no session token.")
	}
	if keyShape.MatchString(id) && accessKeyShape.MatchString(e.secret) {
		e.add("secret-swapped", Certain, "What stands as the access key ID looks like a secret access key, and the other way round.")
	}
	c := r.Claim
	if c == nil {
		return
	}
	if c.Query && strings.HasPrefix(r.header("Authorization"), "AWS") {
		e.add("authorization-twice", Certain, "The request has X-Amz-Signature in its query and an Authorization header.")
	}
	if len(c.Time) >= 8 && c.Date != "" && c.Time[:8] != c.Date {
		e.add("scope-date", Certain, fmt.Sprintf("The credential scope's date is %s, the request's time %s.", quoted(c.Date), quoted(c.Time)))
	}
	said := r.header("X-Amz-Content-Sha256")
	if sum := sha256.Sum256(r.Body); !r.BodyUnknown && len(r.Body) > 0 && len(said) == 64 && !strings.EqualFold(said, hex.EncodeToString(sum[:])) {
		id, what := e.payloadCause(said, hex.EncodeToString(sum[:]))
		e.add(id, Certain, cmp.Or(what, "The header x-amz-content-sha256 is not the hash of the request's body, which is "+hex.EncodeToString(sum[:8])+"…."))
	}
	for _, name := range e.missing() {
		e.add("header-dropped", Likely, fmt.Sprintf("The header %s is in the list of signed headers, but not in the request as it is given.", quoted(name)))
	}
}

// missing names the headers that are signed, but not in the request.
func (e *explainer) missing() (names []string) {
	if e.req.Claim == nil {
		return nil
	}
	for _, name := range e.req.Claim.SignedHeaders[:min(len(e.req.Claim.SignedHeaders), most)] {
		if name != "host" && name != "content-length" && !slices.ContainsFunc(e.req.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) }) {
			names = append(names, name)
		}
	}
	return names
}

var accessKeyShape = regexp.MustCompile(`^A[A-Z]IA[A-Z0-9]{16}$`)

// byCode explains a refusal that is not about the signature's value.
func (e *explainer) byCode() {
	say := func(id string, sure Certainty, more string) {
		e.add(id, sure, strings.TrimSpace(more+" The server says "+e.refusalText()+"."))
	}
	code, message := e.refusal.Code, e.refusal.Message
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(message, part) })
	}
	if what := e.skewInMessage(); what != "" {
		e.add("clock-skew", Certain, what)
		return
	}
	if id := e.scopeInMessage(); id != "" {
		say(id, Certain, e.scopeText(id))
		return
	}
	switch code {
	case "InvalidAccessKeyId", "InvalidAccessKeyID", "InvalidClientTokenId", "UnrecognizedClientException", "XAdminUserNotFound":
		sure := Certain
		if len(e.result.Causes) > 0 { // the token that is missing explains it better
			sure = Possible
		}
		if has("security token") && e.req.withToken().Credentials.SessionToken() != "" {
			say("token-invalid", Likely, "The request has a session token that does not go with "+e.keyID()+".")
			sure = Possible
		}
		if e.refusal.AccessKeyID != "" && e.req.Credentials.AccessKeyID != "" && e.refusal.AccessKeyID != e.req.Credentials.AccessKeyID {
			e.add("access-key-differs", Certain, "The server was given "+e.redact.keyID(e.refusal.AccessKeyID)+", the request given here has "+e.redact.keyID(e.req.Credentials.AccessKeyID)+".")
		}
		say("access-key-unknown", sure, "The server does not know "+e.keyID()+".")
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		say("token-expired", Certain, "")
	case "InvalidToken", "InvalidTokenId", "InvalidTokenException":
		say("token-invalid", Certain, "")
	case "MissingAuthenticationToken", "MissingAuthenticationTokenException":
		say("authorization-missing", Certain, "")
	case "MissingSecurityHeader", "MissingDateHeader":
		say("header-missing", Certain, "")
	case "XAmzContentSHA256Mismatch":
		e.bodyMismatch()
	case "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException", "IncorrectEndpoint":
		where := ""
		if e.refusal.Endpoint != "" {
			where = "The bucket wants the endpoint " + e.refusal.Endpoint + "."
		} else if e.refusal.Region != "" {
			where = "The bucket is in the region " + e.refusal.Region + "."
		}
		say("endpoint-wrong", Certain, where)
	case "AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException", "AuthorizationQueryParametersError",
		"AuthorizationParametersError", "AccessDenied", "InvalidRequest", "InvalidArgument", "InvalidHeader", "AccessDeniedException", "MissingFields":
		e.byMessage(say, has)
	case "":
		e.byForm(say)
	default:
		say("not-the-signature", Likely, "")
	}
}

// byMessage tells apart what servers put under one code.
func (e *explainer) byMessage(say func(id string, sure Certainty, more string), has func(...string) bool) {
	switch {
	case has("Request has expired"):
		say("presign-expired", Certain, e.expiry())
	case has("not valid yet"):
		say("presign-not-yet", Certain, e.expiry())
	case has("headers present in the request which were not signed", "were not signed"):
		names := e.refusal.HeadersNotSigned
		if names == "" && e.req.Claim != nil {
			names = strings.Join(e.unsigned(), ", ")
		}
		switch { // MinIO says the same of a signed header that did not come
		case names != "":
			say("header-unsigned", Certain, "Not signed: "+names+".")
		case len(e.missing()) > 0:
			e.add("header-dropped", Certain, "")
		default:
			say("header-dropped", Likely, "All x-amz- headers of the request given are signed, so one was added on the way, or a signed one did not arrive, of which MinIO says the same.")
			e.add("header-unsigned", Likely, "All x-amz- headers of the request given are signed.")
		}
	case has("name a header that the request does not have"): // package sigv4 as a server
		say("header-dropped", Certain, "")
	case has("Only one auth mechanism allowed"):
		say("authorization-twice", Certain, "")
	case has("mechanism you have provided is not supported", "Unsupported Authorization Type", "Signature Version 4", "AWS4-HMAC-SHA256."):
		say("signature-version", Certain, "")
	case has("header for this request: x-amz-content-sha256", "Missing required header for this request"):
		say("content-sha256-missing", Certain, "")
	case has("valid Date or x-amz-date", "'X-Amz-Date' or a 'Date'"):
		say("header-missing", Certain, "")
	case has("x-amz-content-sha256 must be"):
		say("payload-form", Certain, "")
	case has("must be a 'SignedHeader'"):
		say("signed-headers-list", Certain, "")
	case has("No AWSAccessKey was presented"):
		say("authorization-missing", Certain, "")
	case e.refusal.Code == "AuthorizationQueryParametersError":
		say("presign-parameters", Certain, "")
	case strings.HasPrefix(e.refusal.Code, "Authorization") || strings.HasPrefix(e.refusal.Code, "Incomplete") || e.refusal.Code == "MissingFields",
		has("Authorization header", "Signature header", "Credential field"):
		say("authorization-malformed", Certain, "")
	default:
		say("not-the-signature", Likely, "")
	}
}

// byForm explains an answer without a code.
func (e *explainer) byForm(say func(id string, sure Certainty, more string)) {
	switch status := e.refusal.Status; {
	case status >= 300 && status < 400:
		where := ""
		if e.refusal.Region != "" {
			where = "The bucket is in the region " + e.refusal.Region + "."
		}
		say("endpoint-wrong", Likely, where)
	case e.refusal.Form == "empty":
		e.add("answer-without-document", Certain, fmt.Sprintf("The answer is HTTP %d without a document.", status))
	case status >= 200 && status < 300:
		e.add("not-the-signature", Certain, fmt.Sprintf("The answer is HTTP %d, which is no refusal.", status))
	default:
		e.add("not-the-service", Likely, fmt.Sprintf("The answer is no error document of the service but %s, which says %s.",
			map[string]string{"html": "an HTML page", "xml": "another XML document", "json": "another JSON document", "text": "a text"}[e.refusal.Form], quoted(e.refusal.Message)))
	}
}

// unsigned names the x-amz- headers that the signature does not cover.
func (e *explainer) unsigned() (names []string) {
	for _, h := range e.req.Headers {
		if name := strings.ToLower(h[0]); strings.HasPrefix(name, "x-amz-") && !slices.Contains(e.req.Claim.SignedHeaders, name) {
			names = append(names, name)
		}
	}
	return names
}

// bodyMismatch explains a body that has not the hash that was signed.
func (e *explainer) bodyMismatch() {
	client, server := e.refusal.ClientSHA256, e.refusal.ServerSHA256
	if client == "" {
		client = strings.ToLower(e.req.header("X-Amz-Content-Sha256"))
	}
	if server == "" && !e.req.BodyUnknown {
		server = sigv4.PayloadOf(e.req.Body).String()
	}
	id, what := "body-changed", ""
	if client != "" && server != "" && client != server {
		id, what = e.payloadCause(client, server)
	}
	if what == "" {
		what = fmt.Sprintf("The body that arrived has not the hash that x-amz-content-sha256 says: %s against %s.", quoted(client), quoted(server))
	}
	e.add(id, Certain, what)
}

// scopeInMessage names the part of the credential scope that the server objects to.
func (e *explainer) scopeInMessage() string {
	m := e.refusal.Message
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(m, part) })
	}
	switch {
	case e.refusal.Code == "InvalidRegion", has("region is wrong", "scoped to a valid region", "scoped to a valid Region"), has("the region ") && has(" is wrong"):
		return "scope-region"
	case has("incorrect service", "scoped to correct service"):
		return "scope-service"
	case has("Date in Credential scope", "Invalid credential date", "incorrect date format", "date in the credential"):
		return "scope-date"
	case has("valid terminator", "incorrect terminal"):
		return "scope-form"
	}
	return ""
}

var expecting = regexp.MustCompile(`(?:expecting|belongs to|correct service:) ?["']([A-Za-z0-9-]{1,40})["']`)

// scopeText says what is expected in place of what.
func (e *explainer) scopeText(id string) string {
	want := ""
	if m := expecting.FindStringSubmatch(e.refusal.Message); m != nil {
		want = m[1]
	}
	switch id {
	case "scope-region":
		if want = cmp.Or(e.refusal.Region, want); want == "" {
			return fmt.Sprintf("The request is signed for the region %s.", quoted(e.req.Region))
		}
		return fmt.Sprintf("The request is signed for the region %s, the server expects %s.", quoted(e.req.Region), quoted(want))
	case "scope-service":
		if want == "" {
			return fmt.Sprintf("The request is signed for the service %s.", quoted(e.req.Service))
		}
		return fmt.Sprintf("The request is signed for the service %s, the server expects %s.", quoted(e.req.Service), quoted(want))
	}
	return ""
}

var skewed = regexp.MustCompile(`Signature (?:expired|not yet current): (\d{8}T\d{6}Z) is (?:now earlier|still later) than (\d{8}T\d{6}Z)(?: \((\d{8}T\d{6}Z))?`)

// skewInMessage says how far the clocks are apart, if that is what is wrong.
func (e *explainer) skewInMessage() string {
	request, server := e.refusal.RequestTime, e.refusal.ServerTime
	if m := skewed.FindStringSubmatch(e.refusal.Message); m != nil {
		request, server = m[1], cmp.Or(m[3], m[2])
	} else if e.refusal.Code != "RequestTimeTooSkewed" && e.refusal.Code != "RequestExpired" {
		return ""
	}
	from, okFrom := readTime(cmp.Or(request, e.req.Time))
	to, okTo := readTime(server)
	if !okTo {
		to, okTo = e.refusal.Date, !e.refusal.Date.IsZero()
	}
	switch {
	case !okFrom && !okTo:
		return "The request's time is too far from the server's."
	case !okTo:
		return "The request's time, " + from.Format(timeFormat) + ", is too far from the server's, which does not tell its own."
	case !okFrom:
		return "The request has no time that can be read; the server's is " + to.Format(timeFormat) + "."
	}
	allowed := "15m"
	if e.refusal.MaxSkew > 0 {
		allowed = brief(e.refusal.MaxSkew)
	} else if m := regexp.MustCompile(`[-+] (\d+) min`).FindStringSubmatch(e.refusal.Message); m != nil {
		allowed = m[1] + "m"
	}
	apart, word := to.Sub(from), "behind"
	if apart < 0 {
		apart, word = -apart, "ahead of"
	}
	what := fmt.Sprintf("The request's time is %s, the server's %s: the client's clock is %s %s the server's, %s are allowed.",
		from.Format(timeFormat), to.Format(timeFormat), brief(apart), word, allowed)
	const zone = 30 * time.Minute
	if off := apart.Round(zone) - apart; apart >= 2*zone-time.Minute && apart < 14*time.Hour+time.Minute && off.Abs() < time.Minute {
		what += " These are whole or half hours: local time was probably written as UTC."
	}
	return what
}

// brief is a duration without the zeros at its end.
func brief(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func readTime(s string) (time.Time, bool) {
	for _, layout := range [...]string{timeFormat, time.RFC3339, http.TimeFormat, time.RFC1123Z, "2006-01-02T15:04:05.000Z"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// expiry says from when to when a presigned URL is good.
func (e *explainer) expiry() string {
	t, err := e.req.signedAt()
	if err != nil || e.req.Expires < 1 || e.req.Expires > int64(sigv4.MaxExpires/time.Second) {
		return ""
	}
	life := time.Duration(e.req.Expires) * time.Second
	what := fmt.Sprintf("The URL was signed at %s for %s, so it ended at %s", t.Format(timeFormat), brief(life), t.Add(life).Format(timeFormat))
	now, ok := readTime(e.refusal.ServerTime)
	if !ok {
		now, ok = e.refusal.Date, !e.refusal.Date.IsZero()
	}
	if ok {
		what += "; the server's clock says " + now.Format(timeFormat)
	}
	return what + "."
}

// hint lists what to look at where the signature is right and the server does not
// say what it saw.
func (e *explainer) hint() {
	e.add("secret-wrong", Likely, "The server may have another secret for "+e.keyID()+".")
	for _, h := range e.client.headers {
		if id := namedHeaderCause(h[0], ""); id != "" {
			e.add(id, Likely, "The header "+h[0]+" is signed.")
		}
	}
	path, _ := e.req.wire()
	upper := strings.ToUpper(path)
	for _, risk := range [...]struct {
		id    string
		there bool
	}{
		{"path-slashes-merged", strings.Contains(path, "//")},
		{"path-slash-encoded", strings.Contains(upper, "%2F")},
		{"path-dot-segments", strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../")},
		{"path-plus", strings.ContainsRune(path, '+')},
		{"path-encoded-again", strings.Contains(upper, "%25")},
	} {
		if risk.there {
			e.add(risk.id, Possible, "The path is one that proxies like to change: "+quoted(path)+".")
		}
	}
	if !strings.HasSuffix(e.req.hostSent(), ".amazonaws.com") {
		e.add("host-rewritten", Possible, "The request was signed for the host "+quoted(e.req.hostSent())+"; a proxy in between may send another one on.")
	}
}
