package oracle

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Where a server does not say what it computed, or the request given is not quite
// what the client signed, the cause is found by trial: which fault, made on
// purpose, gives just the signature that the client sent? One that does is proof,
// for no other text and key has that signature.

// variation is one fault.
type variation struct {
	group string // two faults of one group are not tried together
	cause string
	what  string // behind "the client's signature is the one that comes out when"
	do    func(s *stages)
}

// variator collects the faults that a request allows.
type variator struct {
	r    Request
	base stages
	list []variation
}

func (v *variator) add(group, cause, what string, do func(s *stages)) {
	v.list = append(v.list, variation{group, cause, what, do})
}

// variations are all faults that are known for a request, from those stages.
func (r Request) variations(base stages) []variation {
	v := &variator{r: r, base: base}
	v.method()
	v.path()
	v.query()
	v.headers()
	v.host()
	v.payload()
	v.scope()
	v.forms()
	v.keys()
	return v.list
}

func (v *variator) method() {
	for _, m := range [...]string{"GET", "PUT", "HEAD", "POST", "DELETE", "PATCH", "OPTIONS", strings.ToLower(v.base.method)} {
		v.add("method", "method-differs", "the method is "+m+", where the request has "+v.base.method, func(s *stages) { s.method = m })
	}
}

func (v *variator) path() {
	wirePath, wireQuery := v.r.wire()
	key := decoded(wirePath)
	set := func(cause, what, uri string) {
		v.add("path", cause, "the path is "+what+", "+uri, func(s *stages) { s.uri = uri })
	}
	once := encoded(key, "/")
	switch {
	case v.r.isS3():
		set("path-encoded-twice", "encoded twice", encoded(v.base.uri, "/"))
		set("path-encoded-twice", "encoded twice as it is sent", encoded(wirePath, "/"))
		set("path-dot-segments", "normalised", cleanPath(v.base.uri))
		set("path-dot-segments", "normalised and encoded twice", encoded(cleanPath(v.base.uri), "/"))
	default:
		set("path-encoded-once", "encoded only once", once)
		set("path-encoded-once", "encoded only once, as it is sent", wirePath)
		set("path-dot-segments", "not normalised", encoded(wirePath, "/"))
		set("path-encoded-again", "encoded three times", encoded(encoded(wirePath, "/"), "/"))
	}
	set("path-encoded-again", "decoded once more than it is sent", encoded(decoded(key), "/"))
	set("path-percent-case", "encoded with lower-case hex digits", lowerPercent(v.base.uri))
	set("path-slash-encoded", "encoded together with its slashes", encoded(key, ""))
	set("path-slash-encoded", "encoded together with its slashes but the first", "/"+encoded(strings.TrimPrefix(key, "/"), ""))
	if strings.Contains(strings.ToUpper(wirePath), "%2F") { // S3's canonical path has a slash there
		var segments []string
		for segment := range strings.SplitSeq(wirePath, "/") {
			segments = append(segments, encoded(decoded(segment), ""))
		}
		set("path-slash-encoded", "encoded with %2F where that is sent", strings.Join(segments, "/"))
	}
	set("path-plus", "encoded with + for a blank", strings.ReplaceAll(v.base.uri, "%20", "+"))
	set("path-plus", "encoded but for its plus signs", strings.ReplaceAll(v.base.uri, "%2B", "+"))
	set("path-plus", "read with + for a blank", encoded(strings.ReplaceAll(key, "+", " "), "/"))
	set("path-plus", "read with + for a blank that is sent as %20", strings.ReplaceAll(v.base.uri, "%20", "%2B"))
	for _, style := range encodingStyles {
		set("path-characters", "encoded as "+style.name+" does it", style.encode(key, "/"))
	}
	set("path-not-encoded", "not encoded", key)
	set("path-slashes-merged", "left with single slashes", mergeSlashes(v.base.uri))
	set("path-trailing-slash", "given a slash at its end", v.base.uri+"/")
	set("path-trailing-slash", "left without the slash at its end", strings.TrimSuffix(v.base.uri, "/"))
	first, rest, _ := strings.Cut(strings.TrimPrefix(v.base.uri, "/"), "/")
	set("path-bucket", "left without its first segment", "/"+rest)
	if label, _, ok := strings.Cut(v.r.hostSent(), "."); ok && label != first {
		set("path-bucket", "given the host's first label before it", "/"+label+v.base.uri)
		set("path-bucket", "given the host's first label before it", "/"+label)
	}
	for _, name := range [...]string{"X-Original-URI", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri"} {
		if original := v.r.header(name); strings.HasPrefix(original, "/") {
			original, _, _ = strings.Cut(original, "?")
			set("path-rewritten", "the one of the header "+name, v.r.canonicalURI(original))
		}
	}
	if prefix := v.r.header("X-Forwarded-Prefix"); strings.HasPrefix(prefix, "/") {
		set("path-prefix", "given the prefix of the header X-Forwarded-Prefix", v.r.canonicalURI(strings.TrimSuffix(prefix, "/")+wirePath))
	}
	v.add("path", "path-query-in-path", "the query stands behind the path, in its line", func(s *stages) {
		s.uri, s.query = wirePath+"?"+wireQuery, nil
	})
	v.add("path", "path-query-in-path", "the query stands behind the path as well", func(s *stages) { s.uri = wirePath + "?" + wireQuery })
	target, _, _ := strings.Cut(v.r.URL, "#")
	v.add("path", "path-query-in-path", "the whole URL stands for the path", func(s *stages) { s.uri = target })
	bare, _, _ := strings.Cut(target, "?")
	v.add("path", "path-query-in-path", "the whole URL stands for the path", func(s *stages) { s.uri = bare })
	v.add("path", "path-query-in-path", "the line of the path is empty", func(s *stages) { s.uri = "" })
}

func (v *variator) query() {
	_, wireQuery := v.r.wire()
	set := func(cause, what string, query []string) {
		v.add("query", cause, "the query is "+what, func(s *stages) { s.query = query })
	}
	each := func(change func(string) string) []string {
		params := make([]string, len(v.base.query))
		for i, p := range v.base.query {
			name, value, _ := strings.Cut(p, "=")
			params[i] = change(name) + "=" + change(value)
		}
		return params
	}
	sorted := func(params []string) []string { sortParams(params); return params }
	var sent []string // in the order of the URL
	for p := range strings.SplitSeq(wireQuery, "&") {
		if name, value, _ := strings.Cut(p, "="); p != "" {
			if p = recoded(name) + "=" + recoded(value); slices.Contains(v.base.query, p) {
				sent = append(sent, p)
			}
		}
	}
	set("query-order", "in the order of the URL", sent)
	byName := slices.Clone(sent)
	slices.SortStableFunc(byName, func(a, b string) int {
		a, _, _ = strings.Cut(a, "=")
		b, _, _ = strings.Cut(b, "=")
		return strings.Compare(a, b)
	})
	set("query-order", "sorted by name only", byName)
	plain := slices.Clone(v.base.query)
	slices.SortStableFunc(plain, func(a, b string) int { return strings.Compare(decoded(a), decoded(b)) })
	set("query-order", "sorted before it is encoded", plain)
	lines := slices.Clone(v.base.query)
	slices.Sort(lines)
	set("query-order", "sorted as name=value, the equals sign among the bytes", lines)
	fold := slices.Clone(v.base.query)
	slices.SortStableFunc(fold, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	set("query-order", "sorted without regard to case", fold)
	set("query-plus", "encoded with + for a blank", each(func(p string) string { return strings.ReplaceAll(p, "%20", "+") }))
	set("query-plus", "encoded with %2B for a blank", each(func(p string) string { return strings.ReplaceAll(p, "%20", "%2B") }))
	set("query-plus", "encoded with a blank for a plus", sorted(each(func(p string) string { return strings.ReplaceAll(p, "%2B", "%20") })))
	set("query-encoded-twice", "encoded twice", each(func(p string) string { return encoded(p, "") }))
	set("query-encoded-twice", "decoded once more than it is sent", sorted(each(func(p string) string { return encoded(decoded(decoded(p)), "") })))
	bare := slices.Clone(v.base.query)
	for i, p := range bare {
		bare[i] = strings.TrimSuffix(p, "=")
	}
	set("query-equals-sign", "written without the equals sign of a parameter that has no value", bare)
	set("query-characters", "not encoded", each(decoded))
	set("query-characters", "taken as it stands in the URL", []string{wireQuery})
	set("query-characters", "encoded with lower-case hex digits", each(lowerPercent))
	for _, style := range encodingStyles {
		set("query-characters", "encoded as "+style.name+" does it", each(func(p string) string { return style.encode(decoded(p), "") }))
	}
	set("query-left-out", "left out", nil)
	html := slices.Clone(v.base.query)
	for i, p := range html {
		html[i] = strings.TrimPrefix(strings.TrimPrefix(p, "amp%3B"), "amp;")
	}
	set("url-html-escaped", "read with & for &amp;", sorted(html))
	for i, p := range v.base.query[:min(len(v.base.query), most)] {
		name, _, _ := strings.Cut(p, "=")
		cause := "query-parameter-added"
		if name == "X-Amz-Security-Token" {
			cause = "token-unsigned"
		}
		set(cause, "signed without "+name, slices.Delete(slices.Clone(v.base.query), i, i+1))
	}
	if token := v.r.withToken().Credentials.SessionToken(); token != "" {
		set("token-unsigned", "signed with the session token", sorted(append(slices.Clone(v.base.query), "X-Amz-Security-Token="+encoded(token, ""))))
	}
}

func (v *variator) headers() {
	set := func(cause, what string, change func(s *stages)) { v.add("headers", cause, what, change) }
	value := func(name, to string) func(s *stages) {
		return func(s *stages) {
			for i := range s.headers {
				if s.headers[i][0] == name {
					s.headers[i][1] = to
				}
			}
		}
	}
	all := func(join string, how func(string) string) func(s *stages) {
		return func(s *stages) {
			for i, h := range s.headers {
				if sent := v.r.canonicalHeader(h[0], join, how); sent != "" {
					s.headers[i][1] = sent
				}
			}
		}
	}
	set("header-whitespace", "the headers' values keep all their blanks", all(",", func(s string) string { return s }))
	set("header-whitespace", "the headers' values keep several blanks in a row", all(",", strings.TrimSpace))
	set("header-whitespace", "a blank follows the colon of each header", func(s *stages) {
		for i := range s.headers {
			s.headers[i][1] = " " + s.headers[i][1]
		}
	})
	set("header-joined", "the values of a header that comes several times are joined with comma and blank", all(", ", canonicalValue))
	set("header-joined", "the values of a header that comes several times are joined with a semicolon", all(";", canonicalValue))
	set("header-order", "the headers are in the order in which they are sent", func(s *stages) {
		at := func(h [2]string) int {
			return slices.IndexFunc(v.r.Headers, func(sent [2]string) bool { return strings.EqualFold(sent[0], h[0]) })
		}
		slices.SortStableFunc(s.headers, func(a, b [2]string) int { return at(a) - at(b) })
	})
	set("header-order", "the headers' names are spelled as they are sent", func(s *stages) {
		for i, h := range s.headers {
			s.headers[i][0] = http.CanonicalHeaderKey(h[0])
		}
	})
	set("header-encoding", "the headers' values are in Latin-1", func(s *stages) {
		for i := range s.headers {
			s.headers[i][1] = toLatin1(s.headers[i][1])
		}
	})
	set("header-encoding", "the headers' values are in UTF-8", func(s *stages) {
		for i := range s.headers {
			s.headers[i][1] = fromLatin1(s.headers[i][1])
		}
	})
	for _, h := range v.base.headers[:min(len(v.base.headers), most)] {
		name := h[0]
		leave := func(s *stages) {
			s.headers = slices.DeleteFunc(s.headers, func(h [2]string) bool { return h[0] == name })
		}
		cause, without := namedHeaderCause(name, "header-rewritten"), "signed-headers-list"
		if name == "x-amz-security-token" {
			cause, without = "token-unsigned", "token-unsigned"
		}
		set(without, name+" is left out, and not in the list of signed headers", func(s *stages) { leave(s); s.signed = namesOf(s.headers) })
		set(without, name+" is left out, though the list of signed headers has it", leave)
		set(cause, name+" has no value", value(name, ""))
		if parts := strings.Split(h[1], ","); len(parts) > 1 {
			set("header-joined", "of "+name+" the first value is signed only", value(name, strings.TrimSpace(parts[0])))
			set("header-joined", "of "+name+" the last value is signed only", value(name, strings.TrimSpace(parts[len(parts)-1])))
		}
	}
	for _, h := range v.r.Headers[:min(len(v.r.Headers), most)] {
		name := strings.ToLower(h[0])
		if v.base.header(name) == "" && !strings.EqualFold(name, "authorization") {
			set("signed-headers-list", name+" is signed, though the list of signed headers does not have it", func(s *stages) {
				s.insert(name, v.r.canonicalHeader(name, ",", canonicalValue))
				s.signed = namesOf(s.headers)
			})
		}
	}
	kind, _, _ := strings.Cut(v.base.header("content-type"), ";")
	for _, to := range [...]string{kind, kind + "; charset=utf-8", kind + "; charset=UTF-8", kind + ";charset=utf-8", kind + ";charset=UTF-8"} {
		set("content-type-charset", "content-type is "+to, value("content-type", to))
	}
	for _, to := range [...]string{"application/octet-stream", "application/x-www-form-urlencoded", "application/json", "binary/octet-stream", "text/plain"} {
		set("header-rewritten", "content-type is "+to, value("content-type", to))
	}
	for _, to := range [...]string{"identity", "gzip", "gzip, deflate", "gzip, deflate, br", "gzip,deflate", "gzip, br", "deflate, gzip", "*", "identity;q=1, *;q=0"} {
		set("accept-encoding-rewritten", "accept-encoding is "+to, value("accept-encoding", to))
	}
	for _, to := range [...]string{"0", "-1"} {
		set("header-rewritten", "content-length is "+to, value("content-length", to))
	}
	set("signed-headers-list", "the signed headers are listed in the order in which they are sent", func(s *stages) {
		var names []string
		for _, h := range v.r.Headers {
			if name := strings.ToLower(h[0]); slices.Contains(strings.Split(s.signed, ";"), name) {
				names = append(names, name)
			}
		}
		s.signed = strings.Join(names, ";")
	})
	set("signed-headers-list", "the signed headers are joined by commas", func(s *stages) { s.signed = strings.ReplaceAll(s.signed, ";", ",") })
	set("signed-headers-list", "a semicolon follows the list of signed headers", func(s *stages) { s.signed += ";" })
	set("signed-headers-list", "the list of signed headers has the spelling that is sent", func(s *stages) {
		names := strings.Split(s.signed, ";")
		for i := range names {
			names[i] = http.CanonicalHeaderKey(names[i])
		}
		s.signed = strings.Join(names, ";")
	})
}

func (v *variator) host() {
	host := v.base.header("host")
	name, _, _ := strings.Cut(host, ":")
	set := func(cause, to string) {
		v.add("host", cause, "host is "+to+", where the request has "+host, func(s *stages) {
			for i := range s.headers {
				if s.headers[i][0] == "host" {
					s.headers[i][1] = to
				}
			}
		})
	}
	for _, port := range [...]string{"", ":80", ":443", ":9000", ":8080", ":7070", ":4566"} {
		set("host-port", name+port)
	}
	set("host-rewritten", strings.ToLower(host))
	set("host-rewritten", host+".")
	set("host-rewritten", "localhost")
	for _, header := range [...]string{"X-Forwarded-Host", "X-Original-Host", "X-Host", "X-Forwarded-Server"} {
		for to := range strings.SplitSeq(v.r.header(header), ",") {
			set("host-rewritten", strings.TrimSpace(to))
		}
	}
	for part := range strings.FieldsFuncSeq(v.r.header("Forwarded"), func(c rune) bool { return c == ';' || c == ',' }) {
		if key, to, _ := strings.Cut(strings.TrimSpace(part), "="); strings.EqualFold(key, "host") {
			set("host-rewritten", strings.Trim(to, `"`))
		}
	}
	if r, err := url.Parse(v.r.URL); err == nil {
		set("host-rewritten", r.Host)
		set("host-port", r.Hostname())
	}
	if _, rest, ok := strings.Cut(host, "."); ok {
		set("path-bucket", rest)
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(v.base.uri, "/"), "/")
	set("path-bucket", bucket+"."+host)
	if region := v.r.Region; v.r.isS3() {
		for _, endpoint := range [...]string{"s3.amazonaws.com", "s3." + region + ".amazonaws.com", "s3-" + region + ".amazonaws.com", "s3.dualstack." + region + ".amazonaws.com"} {
			set("host-rewritten", endpoint)
			set("host-rewritten", bucket+"."+endpoint)
			if label, _, ok := strings.Cut(host, "."); ok {
				set("host-rewritten", label+"."+endpoint)
			}
		}
	} else {
		set("host-rewritten", v.r.Service+"."+region+".amazonaws.com")
		set("host-rewritten", v.r.Service+".amazonaws.com")
	}
}

func (v *variator) payload() {
	set := func(cause, what, hash string) {
		v.add("payload", cause, "the payload hash is "+what, func(s *stages) {
			s.payload = hash
		})
		v.add("payload", cause, "the payload hash is "+what+", also in x-amz-content-sha256", func(s *stages) {
			s.payload = hash
			for i := range s.headers {
				if s.headers[i][0] == "x-amz-content-sha256" {
					s.headers[i][1] = hash
				}
			}
		})
	}
	of := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return hex.EncodeToString(sum[:])
	}
	set("payload-unsigned", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD")
	set("payload-empty", "that of an empty body", of(""))
	set("payload-form", "an empty line", "")
	set("payload-form", "in upper case", strings.ToUpper(v.base.payload))
	set("payload-form", "hashed again", of(v.base.payload))
	if raw, err := hex.DecodeString(v.base.payload); err == nil {
		set("payload-form", "in base64", base64.StdEncoding.EncodeToString(raw))
		set("payload-form", "the hash of the hash's bytes", of(string(raw)))
	}
	for _, word := range [...]string{"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"} {
		set("payload-streaming", word, word)
	}
	if v.r.BodyUnknown {
		return
	}
	body := string(v.r.Body)
	set("payload-unsigned", "that of the body, not a word", of(body))
	for _, edit := range bodyEdits(body) {
		set(edit.cause, edit.what, of(edit.body))
	}
	set("payload-form", "the body itself", body)
	set("payload-empty", `that of "{}"`, of("{}"))
	set("payload-empty", `that of "null"`, of("null"))
}

// bodyEdit is a body as it may have been before or after.
type bodyEdit struct{ cause, what, body string }

func bodyEdits(body string) []bodyEdit {
	unix := strings.ReplaceAll(body, "\r\n", "\n")
	edits := []bodyEdit{
		{"body-line-ends", "that of the body and a line end", body + "\n"},
		{"body-line-ends", "that of the body and CR LF", body + "\r\n"},
		{"body-line-ends", "that of the body without its last line end", strings.TrimRight(body, "\r\n")},
		{"body-line-ends", "that of the body with LF line ends", unix},
		{"body-line-ends", "that of the body with CR LF line ends", strings.ReplaceAll(unix, "\n", "\r\n")},
		{"body-line-ends", "that of the body without line ends", strings.NewReplacer("\r", "", "\n", "").Replace(body)},
		{"body-changed", "that of the body without blanks at its ends", strings.TrimSpace(body)},
		{"body-changed", "that of the body in Latin-1", toLatin1(body)},
		{"body-changed", "that of the body with its Latin-1 taken to UTF-8", fromLatin1(body)},
		{"body-changed", "that of the body without its byte order mark", strings.TrimPrefix(body, "\ufeff")},
		{"body-changed", "that of the body in base64", base64.StdEncoding.EncodeToString([]byte(body))},
		{"body-changed", "that of the body in quotes", `"` + body + `"`},
		{"body-changed", "that of the body with %20 for +", strings.ReplaceAll(body, "+", "%20")},
		{"body-changed", "that of the body with + for %20", strings.ReplaceAll(body, "%20", "+")},
	}
	return slices.DeleteFunc(edits, func(e bodyEdit) bool { return e.body == body })
}

func (v *variator) scope() {
	if len(v.base.scope) != 4 {
		return
	}
	set := func(cause, what string, at int, to string) {
		if to == v.base.scope[at] {
			return
		}
		v.add("scope", cause, what+", where the scope has "+v.base.scope[at], func(s *stages) { s.scope[at] = to })
		key := slices.Clone(v.base.scope)
		key[at] = to
		v.add("scope", "key-scope", "the key is derived as if "+what+", where the scope has "+v.base.scope[at], func(s *stages) { s.keyScope = key })
	}
	for _, region := range append(strings.Fields(regions), "") {
		set("scope-region", "the region is "+region, 2-1, region)
	}
	for label := range strings.SplitSeq(v.r.hostSent(), ".") {
		set("scope-region", "the region is "+label, 1, label)
		set("scope-service", "the service is "+label, 2, label)
	}
	for _, service := range append(strings.Fields(services), "") {
		set("scope-service", "the service is "+service, 2, service)
	}
	stamp := func(cause, what, to string) {
		v.add("time", cause, what, func(s *stages) { s.time = to })
		v.add("time", cause, what+", and the scope's date is its", func(s *stages) { s.time, s.scope[0] = to, to[:min(8, len(to))] })
	}
	if t, err := time.Parse(timeFormat, v.base.time); err == nil {
		for days := -7; days <= 7; days++ {
			date := t.AddDate(0, 0, days).Format("20060102")
			set("scope-date", "the scope's date is "+date, 0, date)
		}
		set("scope-date", "the scope's date is "+t.Format("2006-01-02"), 0, t.Format("2006-01-02"))
		set("scope-date", "the scope's date is the whole time", 0, v.base.time)
		for quarter := -14 * 4; quarter <= 14*4; quarter++ {
			if quarter != 0 && quarter%2 == 0 || quarter == 23 || quarter == 51 { // the zones that there are, Nepal and Chatham among them
				local := t.Add(time.Duration(quarter) * 15 * time.Minute).Format(timeFormat)
				stamp("time-differs", "the time is "+local+", local time written as UTC", local)
			}
		}
		for seconds := -5; seconds <= 5; seconds++ {
			near := t.Add(time.Duration(seconds) * time.Second).Format(timeFormat)
			stamp("time-differs", "the time is "+near+", of another reading of the clock", near)
		}
		for _, layout := range [...]string{time.RFC3339, "20060102T150405", "20060102", http.TimeFormat, "2006-01-02T15:04:05.000Z", "20060102T150405.000Z"} {
			stamp("time-differs", "the time is written "+t.Format(layout), t.Format(layout))
		}
	}
	if t, err := http.ParseTime(v.r.header("Date")); err == nil {
		stamp("time-differs", "the time is that of the header Date", t.UTC().Format(timeFormat))
	}
	scope := v.base.scope
	v.add("scope", "scope-form", "the scope lacks aws4_request", func(s *stages) { s.scope = scope[:3] })
	v.add("scope", "scope-form", "the scope in the string to sign lacks aws4_request", func(s *stages) { s.scope, s.keyScope = scope[:3], scope })
	v.add("scope", "scope-form", "the scope has service and region in each other's place", func(s *stages) {
		s.scope = []string{scope[0], scope[2], scope[1], scope[3]}
	})
	v.add("scope", "scope-form", "the scope begins with the access key ID", func(s *stages) {
		s.scope, s.keyScope = append([]string{v.r.Credentials.AccessKeyID}, scope...), scope
	})
	v.add("scope", "scope-form", "the scope begins with a slash", func(s *stages) { s.scope, s.keyScope = append([]string{""}, scope...), scope })
	for _, name := range [...]string{"AWS4-HMAC-SHA1", "AWS4-ECDSA-P256-SHA256", "HMAC-SHA256", "aws4-hmac-sha256", "AWS4-HMAC-SHA256-PAYLOAD"} {
		v.add("algorithm", "algorithm-differs", "the algorithm is "+name, func(s *stages) { s.algorithm = name })
	}
}

func (v *variator) forms() {
	canonical := func(what string, touch func(string) string) {
		v.add("form", "canonical-form", "the canonical request "+what, func(s *stages) { s.touchCanonical = touch })
	}
	toSign := func(what string, touch func(text, canonical string) string) {
		v.add("form", "string-to-sign-form", "the string to sign "+what, func(s *stages) { s.touchToSign = touch })
	}
	canonical("ends with a line end", func(c string) string { return c + "\n" })
	canonical("has CR LF line ends", func(c string) string { return strings.ReplaceAll(c, "\n", "\r\n") })
	canonical("has no blank line behind its headers", func(c string) string {
		if i := strings.LastIndex(c, "\n\n"); i >= 0 {
			return c[:i] + c[i+1:]
		}
		return c
	})
	canonical("has a line end too many behind its headers", func(c string) string {
		if i := strings.LastIndex(c, "\n\n"); i >= 0 {
			return c[:i] + "\n" + c[i:]
		}
		return c
	})
	canonical("has \\n written as two characters", func(c string) string { return strings.ReplaceAll(c, "\n", `\n`) })
	canonical("has no line for the empty query", func(c string) string { return strings.Replace(c, "\n\n", "\n", 1) })
	canonical("lacks its last line", func(c string) string { return c[:max(0, strings.LastIndexByte(c, '\n'))] })
	toSign("ends with a line end", func(t, _ string) string { return t + "\n" })
	toSign("has CR LF line ends", func(t, _ string) string { return strings.ReplaceAll(t, "\n", "\r\n") })
	toSign("has \\n written as two characters", func(t, _ string) string { return strings.ReplaceAll(t, "\n", `\n`) })
	head := func(t string) string { return t[:strings.LastIndexByte(t, '\n')+1] }
	toSign("has the canonical request itself, not its hash", func(t, c string) string { return head(t) + c })
	toSign("has the hash in upper case", func(t, _ string) string { return head(t) + strings.ToUpper(t[len(head(t)):]) })
	toSign("has the hash in base64", func(t, c string) string {
		sum := sha256.Sum256([]byte(c))
		return head(t) + base64.StdEncoding.EncodeToString(sum[:])
	})
	toSign("has the hash of the hash", func(t, _ string) string {
		sum := sha256.Sum256([]byte(t[len(head(t)):]))
		return head(t) + hex.EncodeToString(sum[:])
	})
	toSign("is the canonical request", func(_, c string) string { return c })
	toSign("is the canonical request's hash", func(t, _ string) string { return t[len(head(t)):] })
	toSign("is hashed before it is signed", func(t, _ string) string {
		sum := sha256.Sum256([]byte(t))
		return hex.EncodeToString(sum[:])
	})
}

func (v *variator) keys() {
	secret := func(cause, what string, touch func(string) string) {
		v.add("key", cause, "the secret "+what, func(s *stages) { s.touchSecret = touch })
	}
	for _, end := range [...]struct{ what, text string }{{"a line end", "\n"}, {"CR LF", "\r\n"}, {"a blank", " "}, {"CR", "\r"}, {"a tab", "\t"}, {"a zero byte", "\x00"}, {"a non-breaking space", "\u00a0"}} {
		secret("secret-blanks", "is followed by "+end.what, func(s string) string { return s + end.text })
		secret("secret-blanks", "follows "+end.what, func(s string) string { return end.text + s })
	}
	secret("secret-blanks", "is without the blanks and line ends around it", strings.TrimSpace)
	secret("secret-blanks", "follows a byte order mark", func(s string) string { return "\ufeff" + s })
	for _, quote := range [...]string{`"`, "'", "`"} {
		secret("secret-quoted", "is in quotes "+quote, func(s string) string { return quote + s + quote })
	}
	secret("secret-quoted", "is without its quotes", func(s string) string { return strings.Trim(s, "\"'`") })
	secret("secret-quoted", "has backslashes before its slashes", func(s string) string { return strings.ReplaceAll(s, "/", `\/`) })
	secret("secret-quoted", "is without its backslashes", func(s string) string { return strings.ReplaceAll(s, `\`, "") })
	secret("secret-url-encoded", "is percent-encoded", func(s string) string { return encoded(s, "") })
	secret("secret-url-encoded", "is percent-encoded but for its slashes", func(s string) string { return encoded(s, "/") })
	secret("secret-url-encoded", "is percent-encoded with lower-case digits", func(s string) string { return lowerPercent(encoded(s, "")) })
	secret("secret-url-encoded", "is percent-decoded", decoded)
	secret("secret-url-encoded", "has blanks for its plus signs", func(s string) string { return strings.ReplaceAll(s, "+", " ") })
	secret("secret-url-encoded", "has plus signs for its blanks", func(s string) string { return strings.ReplaceAll(s, " ", "+") })
	secret("secret-url-encoded", "is without its plus signs", func(s string) string { return strings.ReplaceAll(s, "+", "") })
	secret("secret-url-encoded", "ends at its first slash", func(s string) string { s, _, _ = strings.Cut(s, "/"); return s })
	secret("secret-url-encoded", "is in base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })
	secret("secret-url-encoded", "in base64 is followed by a line end", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s + "\n")) })
	secret("secret-url-encoded", "is decoded from base64", func(s string) string {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return s
		}
		return string(b)
	})
	secret("secret-cut", "lacks its first character", func(s string) string { return s[min(1, len(s)):] })
	secret("secret-cut", "lacks its last character", func(s string) string { return s[:max(0, len(s)-1)] })
	secret("secret-cut", "is cut to 40 characters", func(s string) string { return s[:min(len(s), 40)] })
	secret("secret-cut", "is there twice", func(s string) string { return s + s })
	secret("secret-case", "is in lower case", strings.ToLower)
	secret("secret-case", "is in upper case", strings.ToUpper)
	id := v.r.Credentials.AccessKeyID
	secret("secret-swapped", "is the access key ID", func(string) string { return id })
	if v.r.Claim != nil {
		secret("secret-swapped", "is the access key ID", func(string) string { return v.r.Claim.AccessKeyID })
	}
	secret("secret-swapped", "is the access key ID and a colon before the secret", func(s string) string { return id + ":" + s })

	key := func(what string, make func(secret string) []byte) {
		v.add("key", "key-derivation", "the key "+what, func(s *stages) { s.key = make })
	}
	scope := v.base.scope
	if len(scope) != 4 {
		return
	}
	key("is derived without AWS4 before the secret", func(s string) []byte { return deriveKey(s, scope) })
	key("is derived with AWS4 twice before the secret", func(s string) []byte { return deriveKey("AWS4AWS4"+s, scope) })
	key("is derived with aws4 before the secret", func(s string) []byte { return deriveKey("aws4"+s, scope) })
	key("is the secret itself", func(s string) []byte { return []byte(s) })
	key("is AWS4 and the secret, without derivation", func(s string) []byte { return []byte("AWS4" + s) })
	key("is derived without aws4_request", func(s string) []byte { return deriveKey("AWS4"+s, scope[:3]) })
	key("is derived from the secret and the whole scope in one step", func(s string) []byte { return deriveKey("AWS4"+s, []string{strings.Join(scope, "/")}) })
	key("is derived with service before region", func(s string) []byte {
		return deriveKey("AWS4"+s, []string{scope[0], scope[2], scope[1], scope[3]})
	})
	key("is derived with region before date", func(s string) []byte {
		return deriveKey("AWS4"+s, []string{scope[1], scope[0], scope[2], scope[3]})
	})
	key("is derived with the whole time in place of the date", func(s string) []byte {
		return deriveKey("AWS4"+s, []string{v.base.time, scope[1], scope[2], scope[3]})
	})
	key("is derived from each step's hex digits, not its bytes", func(s string) []byte {
		k := []byte("AWS4" + s)
		for _, part := range scope {
			next, ok := sum(k, part)
			if !ok {
				return nil
			}
			k = []byte(hex.EncodeToString(next))
		}
		return k
	})
	key("is used as its hex digits", func(s string) []byte { return []byte(hex.EncodeToString(deriveKey("AWS4"+s, scope))) })
	key("is used in base64", func(s string) []byte { return []byte(base64.StdEncoding.EncodeToString(deriveKey("AWS4"+s, scope))) })
}

// regions and services are those that are often in place of others.
const (
	regions = "us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-south-1 ap-south-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 " +
		"ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 " +
		"eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 " +
		"cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 aws-global global auto default us eu EU US garage minio local"
	services = "s3 s3express s3-outposts s3-object-lambda sts iam es aoss execute-api lambda sqs sns ses email dynamodb kinesis kms secretsmanager ssm " +
		"logs monitoring events states ec2 ecr rds rds-db elasticache bedrock bedrock-runtime sagemaker aps appsync cognito-idp cognito-identity iotdata iotdevicegateway " +
		"cloudfront route53 glacier vpc-lattice-svcs transcribe polly geo host"
)

// encodingStyles are libraries' ways to percent-encode. keep is what is kept in
// any case, the slashes of a path.
var encodingStyles = [...]struct {
	name   string
	encode func(s, keep string) string
}{
	{"encodeURIComponent", func(s, keep string) string { return encoded(s, keep+"!'()*") }},
	{"encodeURI", func(s, keep string) string { return encoded(s, keep+"!'()*;,?:@&=+$#/") }},
	{"Go's net/url", func(s, keep string) string { return encoded(s, keep+"$&+,:;=@") }},
	{"RFC 3986 in a path", func(s, keep string) string { return encoded(s, keep+"!$&'()*+,;=:@") }},
	{"Java's URLEncoder", func(s, keep string) string {
		return strings.NewReplacer("%20", "+", "~", "%7E").Replace(encoded(s, keep+"*"))
	}},
	{"Java's URLEncoder, with %20 for +,", func(s, keep string) string { return strings.ReplaceAll(encoded(s, keep+"*"), "~", "%7E") }},
	{"RFC 2396, which encodes ~,", func(s, keep string) string { return strings.ReplaceAll(encoded(s, keep), "~", "%7E") }},
}

// lowerPercent writes the digits behind each % in lower case.
func lowerPercent(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:i+3], strings.ToLower(s[i:i+3]))
		}
	}
	return string(b)
}

func mergeSlashes(s string) string {
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}

// toLatin1 writes the letters up to U+00FF as one byte each.
func toLatin1(s string) string {
	var b []byte
	for _, c := range s {
		if c > 0xff {
			return s
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// fromLatin1 is the way back.
func fromLatin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func namesOf(headers [][2]string) string {
	names := make([]string, len(headers))
	for i, h := range headers {
		names[i] = h[0]
	}
	return strings.Join(names, ";")
}

// insert adds a header in its place.
func (s *stages) insert(name, value string) {
	at := slices.IndexFunc(s.headers, func(h [2]string) bool { return h[0] >= name })
	if at < 0 {
		at = len(s.headers)
	}
	s.headers = slices.Insert(s.headers, at, [2]string{name, value})
}
