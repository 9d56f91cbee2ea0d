package oracle

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// Explanation says why a server refused a request. It holds no secret and no
// session token.
type Explanation struct {
	Code    string `json:"code,omitempty"` // the server's
	Summary string `json:"summary"`        // in one sentence
	// Causes has the likeliest first, and at least one.
	Causes []Cause `json:"causes"`
	// Differences are the lines that client and server do not have alike, where the
	// server says what it computed, or a trial shows what the client did.
	Differences []Difference `json:"differences,omitempty"`
	// More counts the differences beyond the first 40, which are left out.
	More int `json:"more_differences,omitempty"`
	// Trials counts the ways of signing that were tried to find the client's.
	Trials int `json:"trials,omitempty"`
}

// Cause is one thing that is wrong.
type Cause struct {
	ID   string    `json:"id"`   // stable, such as host-rewritten; [Causes] lists them
	Sure Certainty `json:"sure"` // how far the evidence goes
	What string    `json:"what"` // which line differs, and how
	Why  string    `json:"why"`  // how that comes about in practice
	Fix  string    `json:"fix"`
}

// Certainty says how far the evidence goes.
type Certainty string

// The certainties.
const (
	Certain  Certainty = "certain"  // proved by a signature, or said by the server
	Likely   Certainty = "likely"   // what the texts say, without a signature to prove it
	Possible Certainty = "possible" // to be looked at
)

// Difference is a line that client and server do not have alike, with secrets
// hidden; "" on a side that does not have it. Part is method, canonical URI, query
// parameter, header, signed headers, payload hash, algorithm, time, credential
// scope or canonical request hash; Name is that of the parameter or header. Where
// these are the same in another order, Name is "" and each side all of them, line
// by line.
type Difference struct {
	Part   string `json:"part"`
	Name   string `json:"name,omitempty"`
	Client string `json:"client"`
	Server string `json:"server"`
}

// Explain says why a server refused a request, given the request as the client
// meant to send it or as it was captured, and what the server answered.
//
// Where the server says what it computed, as AWS does, its canonical request and
// string to sign are compared with the request's line by line. Where the client's
// signature and its secret are known too, the signature is the proof: it tells
// which side departed from the request, and several hundred ways to sign wrongly
// are tried until one gives just this signature, also where the server says
// nothing. A refusal that is no SignatureDoesNotMatch is explained by its code and
// its fields.
//
// Without a secret in the request there is no proof, and Explain says likely. What
// the request leaves open is [Request.FilledFrom] the refusal.
func Explain(req Request, refusal Refusal) (Explanation, error) {
	return explain(req.FilledFrom(refusal), refusal, maxHashed)
}

func explain(req Request, refusal Refusal, budget int) (Explanation, error) {
	if refusal.Code == "" && refusal.Form == "" && refusal.Status == 0 {
		return Explanation{}, errors.New("there is no refusal to explain: give the server's answer")
	}
	if req.Mode == "post" {
		return Explanation{}, errors.New("mode is post: only requests that are signed in their headers or their query can be explained, a form's signature is that of its policy alone")
	}
	e := &explainer{req: req, refusal: refusal, secret: req.Credentials.SecretAccessKey(), budget: budget, result: Explanation{Code: refusal.Code}}
	e.redact = newRedactor(e.secret, req.withToken().Credentials.SessionToken())
	if id := req.Credentials.AccessKeyID; keyShape.MatchString(id) { // the secret in the wrong place
		e.redact = newRedactor(e.secret, req.withToken().Credentials.SessionToken(), id)
	}
	e.provided = refusal.SignatureProvided
	if req.Claim != nil {
		e.provided = cmp.Or(e.provided, req.Claim.Signature)
	}
	var err error
	e.client, err = req.stages()
	e.look()
	switch {
	case !e.isMismatch():
		e.byCode()
	case err != nil:
		e.add("request-malformed", Certain, err.Error()+".")
	default:
		e.judge()
	}
	return e.finish(), nil
}

// explainer is one explanation under way.
type explainer struct {
	req      Request
	refusal  Refusal
	secret   string
	provided string // the client's signature, "" if it is not known
	client   stages // what the server should come to
	budget   int    // bytes that the trials may hash
	redact   redactor
	result   Explanation
}

// isMismatch reports whether the refusal is about the signature's value.
func (e *explainer) isMismatch() bool {
	switch e.refusal.Code {
	case "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature":
		return e.skewInMessage() == "" && e.scopeInMessage() == ""
	}
	return strings.Contains(e.refusal.Message, "signature we calculated does not match")
}

func (e *explainer) add(id string, sure Certainty, what string) {
	c := causeOf(id)
	for i := range e.result.Causes {
		if old := &e.result.Causes[i]; old.ID == id {
			if !strings.Contains(old.What, what) {
				old.What += " " + what
			}
			if sure == Certain {
				old.Sure = Certain
			}
			return
		}
	}
	e.result.Causes = append(e.result.Causes, Cause{ID: id, Sure: sure, What: what, Why: c.why, Fix: c.fix})
}

// finish sorts and cleans what was found, and puts it into one sentence.
func (e *explainer) finish() Explanation {
	x := e.result
	if len(x.Causes) == 0 {
		e.add("not-the-signature", Likely, "The server says "+e.refusalText()+".")
		x = e.result
	}
	order := map[Certainty]int{Certain: 0, Likely: 1, Possible: 2}
	slices.SortStableFunc(x.Causes, func(a, b Cause) int { return order[a.Sure] - order[b.Sure] })
	for i := range x.Causes {
		x.Causes[i].What = e.redact.clean(x.Causes[i].What)
	}
	x.Code = e.redact.clean(x.Code)
	x.Summary = x.Causes[0].What
	for i, d := range x.Differences {
		x.Differences[i] = Difference{d.Part, e.redact.clean(d.Name), e.redact.clean(d.Client), e.redact.clean(d.Server)}
	}
	return x
}

// refusalText is the server's code and message.
func (e *explainer) refusalText() string {
	text := strings.TrimRight(e.refusal.Message, ". \n")
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	switch {
	case e.refusal.Code == "" && text == "":
		return fmt.Sprintf("HTTP %d and nothing else", e.refusal.Status)
	case e.refusal.Code == "":
		return fmt.Sprintf("%q", text)
	case text == "":
		return e.refusal.Code
	}
	return e.refusal.Code + ": " + text
}

// judge explains a signature that does not match.
func (e *explainer) judge() {
	if e.signatureCame() {
		return
	}
	if e.chunk() {
		return
	}
	server, serverKnown := e.server()
	if e.client.payload == "" { // the body is not known: the server's hash must do
		e.client.payload = server.payload
	}
	differences := diff(e.client.trace(), e.refusal.CanonicalRequest, e.refusal.StringToSign)
	agree := e.refusal.StringToSign != "" && e.client.toSign() == e.refusal.StringToSign
	e.show(differences)

	target, isHex := readSignature(e.provided)
	if strings.HasPrefix(e.client.algorithm, "AWS4-ECDSA") {
		target = nil // nobody but the holder of the key can make that signature again
	}
	if len(target) > 0 && e.secret != "" {
		if !isHex {
			e.tryForms(target)
		}
		if e.prove(target, server, serverKnown) {
			return
		}
	}
	switch {
	case agree && len(e.missing()) > 0: // captured behind what dropped the header
		for _, name := range e.missing() {
			e.add("header-dropped", Certain, fmt.Sprintf("The server did not see it either, so the client signed a value of %s that did not arrive.", quoted(name)))
		}
	case agree:
		e.add("secret-wrong", Likely, "The canonical requests and the strings to sign agree, so the secret is wrong, or not the one of "+e.keyID()+".")
		if e.secret != "" && len(target) > 0 {
			e.add("secret-wrong", Likely, "The secret given is not the one that the client signed with, if it signed the request as it is given.")
		}
	case len(differences) > 0:
		e.classifyAll(differences, Likely)
	case len(target) > 0 && e.secret != "":
		e.add("unexplained", Likely, fmt.Sprintf("The signature is not the one of this request and this secret, nor that of any of %d other ways to sign it.", e.result.Trials))
	case e.secret == "":
		e.add("unexplained", Possible, "The server does not say what it computed, and without the secret the signature cannot be checked: give the secret too.")
	default:
		e.add("unexplained", Possible, "The server does not say what it computed, and the request given carries no signature: give the request as it was sent, with its signature.")
	}
	if len(e.result.Causes) == 0 {
		e.add("unexplained", Possible, "The texts differ only where they hide each other's secrets.")
	}
}

// chunk explains the signature of a piece of the body. Its string to sign has the
// signature before it in the fourth line (Amazon S3 API Reference, "Signature
// Calculations for the Authorization Header: Transferring Payload in Multiple
// Chunks").
func (e *explainer) chunk() bool {
	lines := strings.Split(e.refusal.StringToSign, "\n")
	if len(lines) < 5 || !strings.HasPrefix(lines[0], "AWS4-HMAC-SHA256-") {
		return false
	}
	which := "a chunk of the body"
	switch {
	case strings.HasSuffix(lines[0], "-TRAILER"):
		which = "the trailers"
	case e.req.Claim != nil && lines[3] == e.req.Claim.Signature:
		which = "the first chunk of the body"
	}
	e.add("chunk-signature", Certain, "The request itself is signed rightly; the signature that does not match is that of "+which+".")
	return true
}

func (e *explainer) keyID() string {
	id := cmp.Or(e.refusal.AccessKeyID, e.req.Credentials.AccessKeyID)
	if id == "" {
		return "this access key ID"
	}
	return e.redact.keyID(id)
}

// signatureCame compares the signature that the server got with the one in the
// request.
func (e *explainer) signatureCame() bool {
	if e.req.Claim == nil || e.refusal.SignatureProvided == "" || e.req.Claim.Signature == "" || e.refusal.SignatureProvided == e.req.Claim.Signature {
		return false
	}
	sent, came := e.req.Claim.Signature, e.refusal.SignatureProvided
	id := "signature-changed"
	if strings.HasPrefix(sent, came) {
		id = "signature-cut"
	}
	e.add(id, Certain, fmt.Sprintf("The request has a signature of %d characters, %s…, the server got %d, %s….", len(sent), head(sent), len(came), head(came)))
	return true
}

func head(s string) string { return s[:min(len(s), 8)] }

// server gives the server's stages, with the secrets that the request has put back
// into their places; ok says that they give just the hash that the server signed.
func (e *explainer) server() (s stages, ok bool) {
	canonical := e.refusal.CanonicalRequest
	for _, h := range e.client.headers[:min(len(e.client.headers), most)] {
		if isHidden(h[0]) {
			canonical = strings.ReplaceAll(canonical, "\n"+h[0]+":"+hidden(h[1])+"\n", "\n"+h[0]+":"+h[1]+"\n")
		}
	}
	for _, p := range e.client.query[:min(len(e.client.query), most)] {
		if hiding := hideInQuery(p); hiding != p {
			canonical = strings.Replace(canonical, hiding, p, 1)
		}
	}
	s, ok = parseStages(canonical, e.refusal.StringToSign)
	return s, ok && s.toSign() == e.refusal.StringToSign
}

// most bounds what is looked at one by one: more headers or parameters than these
// have no request that people sign.
const most = 64

// maxShown bounds the differences that are told; the first few say it all.
const maxShown = 40

// show keeps differences for the reader.
func (e *explainer) show(differences []Difference) {
	e.result.Differences, e.result.More = nil, max(0, len(differences)-maxShown)
	for _, d := range differences[:min(len(differences), maxShown)] {
		if d.Part == "canonical request hash" && len(differences) > 1 || d.Client == "" && d.Server == "" {
			continue // it follows from the others
		}
		e.result.Differences = append(e.result.Differences, Difference{d.Part, d.Name, strings.TrimRight(d.Client, "\n"), strings.TrimRight(d.Server, "\n")})
	}
}

// readSignature reads a signature in any of the forms in which it is sent: hex, in
// part or whole, which is right, or base64, which is not.
func readSignature(s string) (target []byte, isHex bool) {
	s = strings.TrimSpace(s)
	if b, err := hex.DecodeString(s[:min(len(s), 64)&^1]); err == nil && len(b) >= 8 {
		return b, len(s) == 64 && s == strings.ToLower(s)
	}
	for _, encoding := range [...]*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := encoding.DecodeString(s); err == nil && len(b) == 32 {
			return b, false
		}
	}
	return nil, false
}

// fits reports whether the stages give the client's signature.
func (e *explainer) fits(s stages, target []byte) bool {
	e.result.Trials++
	mac, ok := s.mac(e.secret)
	return ok && bytes.HasPrefix(mac, target)
}

// tryForms says what is wrong with the form of a signature whose value is right.
func (e *explainer) tryForms(target []byte) {
	if !e.fits(e.client, target) {
		return
	}
	switch {
	case len(e.provided) > 64:
		e.add("url-trailing", Certain, fmt.Sprintf("The signature is right, and %d characters follow its 64 hex digits: %q.", len(e.provided)-64, e.provided[64:min(len(e.provided), 84)]))
	case len(target) < 32:
		e.add("signature-cut", Certain, fmt.Sprintf("The signature is right as far as it goes, but has %d characters and not 64.", len(e.provided)))
	default:
		e.add("signature-form", Certain, "The signature is right, but not written as 64 lower-case hex digits.")
	}
}

// prove looks for what gives the client's signature. It is sure of what it finds.
func (e *explainer) prove(target []byte, server stages, serverKnown bool) bool {
	if len(e.result.Causes) > 0 && e.result.Causes[0].Sure == Certain && len(target) > 0 && e.fits(e.client, target) {
		return true // the form of the signature, or what the request shows by itself
	}
	told := e.refusal.StringToSign != ""
	if told && e.fits(e.asTold(), target) {
		e.add("secret-wrong", Certain, "The canonical requests agree, so the secret is wrong: the client signed just what the server saw, with the secret given, so that the server's secret for "+e.keyID()+" is another one.")
		e.show(nil)
		return true
	}
	if !told && e.fits(e.client, target) {
		e.add("signature-right", Certain, "The signature is the right one for this request and the secret given.")
		e.hint()
		return true
	}
	if told && !serverKnown && e.fits(e.client, target) {
		e.classifyAll(diff(e.client.trace(), e.refusal.CanonicalRequest, e.refusal.StringToSign), Certain)
		return len(e.result.Causes) > 0
	}
	if serverKnown && e.mix(target, server) {
		return true
	}
	bases := []stages{e.client}
	if serverKnown && server.toSign() != e.client.toSign() {
		bases = append(bases, server)
	}
	for _, base := range bases {
		if e.try(base, target) {
			return true
		}
	}
	return false
}

// asTold are stages whose string to sign is the server's.
func (e *explainer) asTold() stages {
	s := e.client
	s.touchToSign = func(string, string) string { return e.refusal.StringToSign }
	if lines := strings.Split(e.refusal.StringToSign, "\n"); len(lines) > 2 {
		s.keyScope = strings.Split(lines[2], "/")
	}
	return s
}

// mix finds out of two differing texts what the client signed: its own lines, or
// some of them with others as the server has them, where the request given is not
// quite what was sent. What then differs from the server's is the cause.
func (e *explainer) mix(target []byte, server stages) bool {
	own := sigv4.Trace{CanonicalRequest: e.client.canonical(), StringToSign: e.client.toSign()}
	var differences []Difference
	for _, d := range diff(own, server.canonical(), server.toSign()) {
		if d.Part != "canonical request hash" {
			differences = append(differences, d)
		}
	}
	const mixtures = 1024
	if len(differences) == 0 || 1<<min(len(differences), 30) > mixtures {
		return false
	}
	masks := make([]int, 1<<len(differences))
	for i := range masks {
		masks[i] = i
	}
	slices.SortStableFunc(masks, func(a, b int) int { return ones(a) - ones(b) })
	for _, mask := range masks {
		mixed := e.client.with()
		for i, d := range differences {
			if mask>>i&1 == 1 {
				mixed.takeServers(d)
			}
		}
		if !e.fits(*mixed, target) {
			continue
		}
		left := diff(mixed.trace(), hideInCanonical(server.canonical()), server.toSign())
		e.show(left)
		e.classifyAll(left, Certain)
		return len(e.result.Causes) > 0
	}
	return false
}

func ones(n int) (count int) {
	for ; n > 0; n &= n - 1 {
		count++
	}
	return count
}

// takeServers puts the server's line in the place of the client's.
func (s *stages) takeServers(d Difference) {
	switch d.Part {
	case "method":
		s.method = d.Server
	case "canonical URI":
		s.uri = d.Server
	case "signed headers":
		s.signed = d.Server
	case "payload hash":
		s.payload = d.Server
	case "algorithm":
		s.algorithm = d.Server
	case "time":
		s.time = d.Server
	case "credential scope":
		s.scope = strings.Split(d.Server, "/")
	case "query parameter":
		if d.Name == "" && strings.Contains(d.Server, "\n") {
			s.query = strings.Split(d.Server, "\n")
			return
		}
		s.query = slices.DeleteFunc(s.query, func(p string) bool { return p == d.Client })
		if d.Server != "" {
			s.query = append(s.query, d.Server)
		}
		sortParams(s.query)
	case "header":
		s.headers = slices.DeleteFunc(s.headers, func(h [2]string) bool { return h[0]+":"+h[1] == d.Client })
		if name, value, ok := strings.Cut(d.Server, ":"); ok && d.Name != "" {
			s.insert(name, value)
		}
	}
}

// maxHashed bounds the bytes that the trials hash.
const maxHashed = 48 << 20

// try makes the faults on purpose, one by one and then in pairs.
func (e *explainer) try(base stages, target []byte) bool {
	budget := e.budget / (len(base.canonical()) + 512)
	seen := map[string]bool{}
	trial := func(faults ...variation) (found, fresh bool) {
		s := base.with()
		for _, v := range faults {
			v.do(s)
		}
		budget--
		e.result.Trials++
		mac, ok := s.mac(e.secret)
		if ok && bytes.HasPrefix(mac, target) {
			e.caught(base, *s, faults...)
			return true, false
		}
		fresh = ok && !seen[string(mac)]
		seen[string(mac)] = true
		return false, fresh
	}
	trial() // what gives the same as no fault at all is none here
	var useful []variation
	for _, v := range e.req.variations(base) {
		found, fresh := trial(v)
		switch {
		case found:
			return true
		case budget < 0:
			return false
		case fresh:
			useful = append(useful, v)
		}
	}
	for i, v := range useful {
		for _, w := range useful[i+1:] {
			if v.group == w.group || seldom(v) || seldom(w) {
				continue
			}
			if found, _ := trial(v, w); found || budget < 0 {
				return found
			}
		}
	}
	return false
}

// seldom are the faults of which there are many and that do not come in pairs.
func seldom(v variation) bool { return v.group == "time" || v.cause == "key-scope" }

// caught says which faults give the signature.
func (e *explainer) caught(base, found stages, faults ...variation) {
	for _, v := range faults {
		e.add(v.cause, Certain, "The client's signature is the one that comes out when "+v.what+".")
	}
	e.show(nil)
	if found.touchCanonical != nil || found.touchToSign != nil {
		return // the lines are the same, put together otherwise
	}
	e.show(diff(found.trace(), hideInCanonical(base.canonical()), base.toSign()))
}
