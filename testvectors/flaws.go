package testvectors

import (
	"slices"
	"strings"
)

// Flag names a known way to get Signature Version 4 wrong: what goes wrong, why
// it matters, where it was seen, and its issues where there are any (owner/name
// and number).
type Flag struct {
	Name, What, Why, Seen, Issue string
}

// Scenario is one call, in which the flaws of its Flags would show. Either
// CanonicalRequest and Signature are expected, or Refusal; of a printed
// credential, only that its secrets are not in it.
type Scenario struct {
	Name  string
	Flags []string
	// Sequence is the same for neighbours that are called in their order with
	// whatever is kept between calls; it is empty for a call that stands alone.
	Sequence string
	// Mode is "sign" (the Authorization header), "presign" (the query string),
	// "verify" (the server's side) or "print" (of the credentials).
	Mode string

	// For verify, service, region and credentials are those that the server
	// knows. Any of them may be empty or malformed.
	Service, Region                            string
	AccessKeyID, SecretAccessKey, SessionToken string
	// CredentialsEnd is when temporary credentials end, "" if they do not.
	CredentialsEnd string
	// Time is that of signing, Now that of the server: 20150830T123600Z.
	Time, Now string
	// Expires is X-Amz-Expires to ask for, in seconds.
	Expires int
	// Format is how to print: a verb of package fmt, json, text (of
	// encoding.TextMarshaler) or log (of log/slog); after "field ", the
	// credentials are in an unexported field.
	Format string

	Method, URL string
	// Host is what is sent instead of the URL's, if it is not empty.
	Host string
	// Headers are the header map, in order, repeats kept; Host belongs not there.
	Headers [][2]string
	// SignedHeaders is the exact list to sign; nil leaves it to the signer.
	SignedHeaders []string
	// Payload is the hash of the body or a word for it; "" is none. For verify
	// it is what the server knows, and "" means what the request says.
	Payload string

	CanonicalRequest, Signature string
	// Refusal is credentials, scope, request, payload-hash, time or expires for
	// sign and presign, and S3's error code for verify.
	Refusal string
}

const flawsFile = "flaws.txt"

// emptyDigest is the hash of the empty body, which is signed where a scenario has
// no payload.
const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// The refusals of a signer and of a server.
var (
	signRefusals   = []string{"credentials", "scope", "request", "payload-hash", "time", "expires"}
	verifyRefusals = []string{
		"AccessDenied", "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "InternalError",
		"InvalidArgument", "InvalidRequest", "InvalidToken", "RequestTimeTooSkewed", "SignatureDoesNotMatch",
		"XAmzContentSHA256Mismatch",
	}
)

// misplaced are the keys that say nothing in a mode. Those with a default may
// stand everywhere.
var misplaced = map[string][]string{
	"sign":    {"now", "expires", "credentials-end", "format"},
	"presign": {"now", "format"},
	"verify":  {"expires", "credentials-end", "format", "signed-headers"},
	"print": {
		"now", "expires", "credentials-end", "host", "header", "signed-headers", "payload", "sequence",
		"canonical-request", "signature", "refused",
	},
}

// parseFlaws reads flags and scenarios, which belong together: no flag without a
// scenario, no scenario without its flags.
func parseFlaws(text string) ([]Flag, []Scenario, error) {
	records, err := parse(flawsFile, text, "scenario", "flag")
	if err != nil {
		return nil, nil, err
	}
	var flags []Flag
	var scenarios, refused []Scenario
	shown := map[string]int{}
	sequences := map[string]bool{}
	for _, rec := range records {
		r := &reader{record: rec}
		if rec.kind == "flag" {
			flags = append(flags, newFlag(r))
			shown[r.name] = 0
		} else {
			s := newScenario(r)
			for _, name := range s.Flags {
				if _, ok := shown[name]; !ok {
					r.fail(r.lineOf("flags"), "no flag %q above", name)
				}
				shown[name]++
			}
			if s.Sequence != "" && (len(scenarios) == 0 || scenarios[len(scenarios)-1].Sequence != s.Sequence) {
				if sequences[s.Sequence] {
					r.fail(r.lineOf("sequence"), "sequence %q is not in one piece", s.Sequence)
				}
				sequences[s.Sequence] = true
			}
			if s.Refusal != "" {
				refused = append(refused, s)
			}
			scenarios = append(scenarios, s)
		}
		if r.err != nil {
			return nil, nil, r.err
		}
	}
	for i, rec := range records {
		if rec.kind == "flag" && shown[rec.name] == 0 {
			r := &reader{record: records[i]}
			r.fail(r.line, "no scenario shows it")
			return nil, nil, r.err
		}
	}
	if flags, err = exactly(flawsFile, "flags", flags, flagCount); err != nil {
		return nil, nil, err
	}
	if _, err := exactly(flawsFile, "refusals", refused, refusalCount); err != nil {
		return nil, nil, err
	}
	if scenarios, err = exactly(flawsFile, "scenarios", scenarios, scenarioCount); err != nil {
		return nil, nil, err
	}
	return flags, scenarios, nil
}

func newFlag(r *reader) Flag {
	return Flag{
		Name:  r.name,
		What:  r.required("what"),
		Why:   r.required("why"),
		Seen:  r.required("seen"),
		Issue: r.optional("issue"),
	}
}

func newScenario(r *reader) Scenario {
	s := Scenario{
		Name:            r.name,
		Flags:           strings.Fields(r.required("flags")),
		Sequence:        r.optional("sequence"),
		Mode:            r.required("mode"),
		Service:         r.optional("service"),
		Region:          r.optional("region"),
		AccessKeyID:     r.optional("access-key"),
		SecretAccessKey: r.optional("secret-key"),
		SessionToken:    r.optional("session-token"),
		Refusal:         r.optional("refused"),
	}
	for _, key := range misplaced[s.Mode] {
		if r.has(key) {
			r.fail(r.lineOf(key), "%s has no place in mode %s", key, s.Mode)
		}
	}
	switch s.Mode {
	case "print":
		s.Format = r.required("format")
		return s
	case "sign", "presign":
		s.Time = r.moment("time", "20060102T150405Z")
		s.Payload = emptyDigest
		if s.Mode == "presign" {
			s.Expires = r.integer("expires")
		}
		if r.has("credentials-end") {
			s.CredentialsEnd = r.moment("credentials-end", "20060102T150405Z")
		}
	case "verify":
		s.Now = r.moment("now", "20060102T150405Z")
	default:
		r.fail(r.lineOf("mode"), "mode %q is none of sign, presign, verify and print", s.Mode)
	}
	s.Method, s.URL, s.Host = r.required("method"), r.required("url"), r.optional("host")
	s.Headers = r.named("header", ":")
	if r.has("signed-headers") {
		s.SignedHeaders = strings.FieldsFunc(r.optional("signed-headers"), func(c rune) bool { return c == ';' })
	}
	if r.has("payload") {
		s.Payload = r.optional("payload")
	}
	expectation(r, &s)
	return s
}

// expectation takes the refusal, or the canonical request and the signature.
func expectation(r *reader, s *Scenario) {
	known := signRefusals
	if s.Mode == "verify" {
		known = verifyRefusals
	}
	if !r.has("refused") {
		s.CanonicalRequest, s.Signature = r.required("canonical-request"), r.digest("signature")
		return
	}
	if !slices.Contains(known, s.Refusal) {
		r.fail(r.lineOf("refused"), "refused with %q, expected one of %s", s.Refusal, strings.Join(known, ", "))
	}
	if r.has("canonical-request") || r.has("signature") {
		r.fail(r.line, "both refused and signed")
	}
}
