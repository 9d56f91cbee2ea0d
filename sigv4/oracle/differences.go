package oracle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/sigvier/sigvier/sigv4"
)

// classifyAll names the cause of every difference between what the client signed
// and what the server saw. What follows from another is left out.
func (e *explainer) classifyAll(differences []Difference, sure Certainty) {
	differences = pairParameters(differences[:min(len(differences), maxShown)])
	var changed []string
	for _, d := range differences {
		if d.Part == "header" {
			changed = append(changed, d.Name)
		}
	}
	for _, d := range differences {
		switch {
		case d.Client == "" && d.Server == "":
			continue
		case d.Part == "canonical request hash" && len(differences) > 1,
			d.Part == "signed headers" && len(changed) > 0 && namesDiffer(d, changed),
			d.Part == "payload hash" && slices.Contains(changed, "x-amz-content-sha256"),
			d.Part == "time" && slices.Contains(changed, "x-amz-date"):
			continue
		}
		e.classify(d, sure)
	}
}

// namesDiffer reports whether two lists of signed headers differ by no other
// names than those.
func namesDiffer(d Difference, names []string) bool {
	client, server := strings.Split(d.Client, ";"), strings.Split(d.Server, ";")
	for _, name := range slices.Concat(client, server) {
		if slices.Contains(client, name) != slices.Contains(server, name) && !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// pairParameters brings together parameters whose names differ only in encoding.
func pairParameters(differences []Difference) []Difference {
	plain := func(name string) string { return strings.TrimPrefix(decoded(decoded(name)), "amp;") }
	var out []Difference
	for _, d := range differences {
		at := -1
		if d.Part == "query parameter" && d.Client == "" {
			at = slices.IndexFunc(out, func(o Difference) bool {
				return o.Part == d.Part && o.Server == "" && plain(o.Name) == plain(d.Name)
			})
		}
		if at >= 0 {
			out[at].Server = d.Server
		} else {
			out = append(out, d)
		}
	}
	return out
}

// classify names the cause of one difference.
func (e *explainer) classify(d Difference, sure Certainty) {
	add := func(id, what string) { e.add(id, sure, what) }
	both := func(what string) string {
		return fmt.Sprintf("%s: the client signed %s, the server saw %s.", what, quoted(d.Client), quoted(d.Server))
	}
	switch d.Part {
	case "method":
		add("method-differs", both("The method differs"))
	case "canonical URI":
		add(e.pathCause(d.Client, d.Server), both("The path differs"))
	case "query parameter":
		id, what := parameterCause(d)
		add(id, cmp.Or(what, both("The query parameter "+d.Name+" differs")))
	case "header":
		id, what := e.headerCause(d)
		add(id, cmp.Or(what, both("The header "+d.Name+" differs")))
	case "signed headers":
		add("signed-headers-list", both("The list of signed headers differs"))
	case "payload hash":
		id, what := e.payloadCause(d.Client, d.Server)
		add(id, cmp.Or(what, both("The payload hash differs")))
	case "algorithm":
		add("algorithm-differs", both("The algorithm differs"))
	case "time":
		add("time-differs", both("The time in the string to sign differs"))
	case "credential scope":
		for _, id := range scopeCauses(d.Client, d.Server) {
			add(id, both("The credential scope differs"))
		}
	case "canonical request hash":
		switch {
		case e.refusal.hash == "":
			add("unexplained", "The server's canonical request has another hash than the client's, but the answer does not show it.")
		case e.refusal.StringToSign != "" && !strings.HasSuffix(e.refusal.StringToSign, e.refusal.hash):
			add("canonical-form", "The canonical requests agree as text, but the server's has not the hash that it signed: the text was changed when it was copied, or has bytes that do not show.")
		default:
			add("canonical-form", both("The canonical requests agree line by line, but their hashes do not"))
		}
	}
}

// quoted is a line for a sentence.
func quoted(s string) string {
	switch {
	case s == "":
		return "nothing"
	case len(s) > 160:
		return fmt.Sprintf("%q…", s[:160])
	}
	return fmt.Sprintf("%q", s)
}

// pathCause names what makes of the client's path the server's.
func (e *explainer) pathCause(client, server string) string {
	plus := strings.NewReplacer("%2520", "+", "%252B", "+", "%20", "+", "%2B", "+")
	slash := strings.NewReplacer("%252F", "/", "%252f", "/", "%2F", "/", "%2f", "/")
	c, s := decoded(client), decoded(server)
	double := e.req.DoubleEncode
	clientHost := e.client.header("host")
	label, _, _ := strings.Cut(clientHost, ".")
	first, rest, _ := strings.Cut(strings.TrimPrefix(client, "/"), "/")
	switch {
	case client == server+"/" || server == client+"/":
		return "path-trailing-slash"
	case strings.Contains(server, "?") || strings.Contains(client, "?") || strings.Contains(client, "://"):
		return "path-query-in-path"
	case client != server && lowerPercent(client) == lowerPercent(server):
		return "path-percent-case"
	case slash.Replace(client) == slash.Replace(server):
		return "path-slash-encoded"
	case plus.Replace(client) == plus.Replace(server) && (strings.ContainsRune(client+server, '+') || !strings.Contains(client+server, "%25")):
		return "path-plus"
	case c == s:
		return "path-characters"
	case server == encoded(client, "/"):
		if !e.req.isS3() && double != nil && !*double {
			return "path-encoded-once"
		}
		return "path-encoded-again"
	case client == encoded(server, "/"):
		if e.req.isS3() && double != nil && *double {
			return "path-encoded-twice"
		}
		return "path-decoded"
	case mergeSlashes(client) == mergeSlashes(server):
		return "path-slashes-merged"
	case cleanPath(c) == cleanPath(s):
		return "path-dot-segments"
	case server == "/"+label+client || client == "/"+label+server,
		server == "/"+rest && strings.HasPrefix(e.serverHost(), first+"."):
		return "path-bucket"
	case strings.HasSuffix(server, client) || strings.HasSuffix(client, server):
		return "path-prefix"
	case decoded(c) == decoded(s):
		return "path-encoded-again"
	case sameLetters(decoded(c), decoded(s)):
		return "path-unicode"
	}
	return "path-rewritten"
}

// serverHost is the host that the server saw.
func (e *explainer) serverHost() string {
	_, rest, _ := strings.Cut(e.refusal.CanonicalRequest, "\nhost:")
	host, _, _ := strings.Cut(rest, "\n")
	return host
}

// sameLetters reports whether two texts differ only in how letters with accents
// are written: as one code point, or as a letter and combining marks.
func sameLetters(a, b string) bool {
	bare := func(s string) (letters []rune, marks int) {
		for _, c := range s {
			if unicode.Is(unicode.Mn, c) {
				marks++
			} else {
				letters = append(letters, c)
			}
		}
		return letters, marks
	}
	x, marksA := bare(a)
	y, marksB := bare(b)
	if len(x) != len(y) || marksA == marksB {
		return false
	}
	for i := range x {
		if x[i] != y[i] && (x[i] < 0x80) == (y[i] < 0x80) && x[i] < 0x250 && y[i] < 0x250 {
			return false
		}
	}
	return true
}

// parameterCause names what became of a query parameter.
func parameterCause(d Difference) (id, what string) {
	_, client, _ := strings.Cut(d.Client, "=")
	_, server, _ := strings.Cut(d.Server, "=")
	plus := strings.NewReplacer("%20", "+", "%2B", "+")
	switch {
	case d.Name == "" && strings.Contains(d.Client, "\n"):
		return "query-order", "The query parameters are the same in another order."
	case strings.HasPrefix(decoded(d.Server), "amp;"):
		return "url-html-escaped", fmt.Sprintf("The server saw the parameter %s: an & came as &amp;.", quoted(d.Server))
	case d.Name == "X-Amz-Security-Token" && (d.Client == "" || d.Server == ""):
		return "token-unsigned", "The session token is in one canonical query only."
	case d.Name == "X-Amz-Security-Token":
		return "token-rewritten", fmt.Sprintf("The session token differs: the client signed one of %s, the server saw one of %s.", client, server)
	case d.Client == "":
		return "query-parameter-added", fmt.Sprintf("The server saw the query parameter %s, which the client did not sign.", quoted(d.Server))
	case d.Server == "":
		return "query-parameter-dropped", fmt.Sprintf("The client signed the query parameter %s, which the server did not see.", quoted(d.Client))
	case d.Name == "X-Amz-Date":
		return "time-differs", ""
	case d.Name == "X-Amz-SignedHeaders":
		return "signed-headers-list", ""
	case client == "" && server == "":
		return "query-equals-sign", ""
	case plus.Replace(d.Client) == plus.Replace(d.Server):
		return "query-plus", ""
	case decoded(d.Client) == decoded(d.Server):
		return "query-characters", ""
	case decoded(decoded(d.Client)) == decoded(decoded(d.Server)):
		return "query-encoded-twice", ""
	}
	return "query-parameter-rewritten", ""
}

// namedHeaderCause names the cause where the header alone says it.
func namedHeaderCause(name, otherwise string) string {
	switch name {
	case "accept-encoding":
		return "accept-encoding-rewritten"
	case "user-agent":
		return "user-agent-rewritten"
	case "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect",
		"proxy-connection", "proxy-authorization", "proxy-authenticate":
		return "hop-by-hop-signed"
	case "via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-amzn-trace-id":
		return "proxy-header-signed"
	}
	return otherwise
}

// headerCause names what became of a header.
func (e *explainer) headerCause(d Difference) (id, what string) {
	_, client, _ := strings.Cut(d.Client, ":")
	_, server, _ := strings.Cut(d.Server, ":")
	bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
	kind := func(s string) string { s, _, _ = strings.Cut(s, ";"); return strings.TrimSpace(s) }
	name := d.Name
	switch {
	case name == "" && strings.Contains(d.Client, "\n"):
		return "header-order", "The headers are the same in another order."
	case name == "host":
		a, _, _ := strings.Cut(client, ":")
		b, _, _ := strings.Cut(server, ":")
		if a == b && (a == client || b == server) {
			return "host-port", ""
		}
		return "host-rewritten", ""
	case name == "x-amz-security-token" && client != "" && server != "":
		return "token-rewritten", fmt.Sprintf("The session token differs: the client signed one of %s, the server saw one of %s.", client, server)
	case name == "x-amz-security-token":
		return "token-unsigned", "The session token is in one canonical request only."
	case name == "x-amz-date" && client != "" && server != "":
		return "time-differs", ""
	case name == "x-amz-content-sha256" && client != "" && server != "":
		return e.payloadCause(client, server)
	case d.Client == "":
		return namedHeaderCause(name, "header-added"), fmt.Sprintf("The signed header %s is in the server's canonical request, but not in the request given.", quoted(d.Server))
	case server == "":
		return namedHeaderCause(name, "header-dropped"), fmt.Sprintf("The client signed the header %s, which did not arrive.", quoted(d.Client))
	case strings.ContainsAny(client, ",;") && bare(client) == bare(server), strings.Contains(client, ",") && strings.Contains(","+bare(client)+",", ","+bare(server)+","):
		return "header-joined", ""
	case bare(client) == bare(server):
		return namedHeaderCause(name, "header-whitespace"), ""
	case name == "content-type" && kind(client) == kind(server):
		return "content-type-charset", ""
	case fromLatin1(client) == server || fromLatin1(server) == client:
		return "header-encoding", ""
	}
	return namedHeaderCause(name, "header-rewritten"), ""
}

// payloadCause names what became of the payload hash.
func (e *explainer) payloadCause(client, server string) (id, what string) {
	const unsigned = "UNSIGNED-PAYLOAD"
	empty := sigv4.EmptyPayload().String()
	switch {
	case strings.HasPrefix(client, "STREAMING-") || strings.HasPrefix(server, "STREAMING-"):
		return "payload-streaming", ""
	case client == unsigned || server == unsigned:
		return "payload-unsigned", ""
	case strings.EqualFold(client, server) || client == "" || server == "":
		return "payload-form", ""
	case server == empty:
		return "body-dropped", "The client signed the hash of a body, the server that of an empty one: the body did not arrive."
	case client == empty:
		return "payload-empty", "The client signed the hash of an empty body, the server that of the one that arrived."
	}
	if !e.req.BodyUnknown {
		for _, edit := range bodyEdits(string(e.req.Body)) {
			switch sigv4.PayloadOf([]byte(edit.body)).String() {
			case server:
				return edit.cause, "The payload hash differs: the server's is " + edit.what + " as it is given."
			case client:
				return edit.cause, "The payload hash differs: the client's is " + edit.what + " as it is given."
			}
		}
	}
	return "body-changed", ""
}

// scopeCauses names what differs in a credential scope.
func scopeCauses(client, server string) (ids []string) {
	a, b := strings.Split(client, "/"), strings.Split(server, "/")
	if len(a) != 4 || len(b) != 4 || a[3] != b[3] {
		return []string{"scope-form"}
	}
	for i, id := range [...]string{"scope-date", "scope-region", "scope-service"} {
		if a[i] != b[i] {
			ids = append(ids, id)
		}
	}
	return ids
}
