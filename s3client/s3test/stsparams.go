package s3test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sts/policy"
)

// The parameters of STS's operations. Patterns and lengths are those of the AWS
// Security Token Service API Reference.

// form is what a text must be.
type form struct {
	least, most int
	pattern     string // as AWS writes it; "" is any
	re          *regexp.Regexp
}

func newForm(least, most int, pattern string) form {
	return form{least, most, pattern, regexp.MustCompile("^(?:" + pattern + ")$")}
}

func (f form) fits(s string) bool { return f.problem(s) == "" }

func (f form) problem(s string) string {
	switch n := utf8.RuneCountInString(s); {
	case n < f.least:
		return fmt.Sprintf("have length greater than or equal to %d", f.least)
	case n > f.most:
		return fmt.Sprintf("have length less than or equal to %d", f.most)
	case f.re != nil && !f.re.MatchString(s):
		return "satisfy regular expression pattern: " + f.pattern
	}
	return ""
}

var (
	arn            = form{least: 20, most: 2048}
	sessionName    = newForm(2, 64, `[\w+=,.@-]*`)
	externalID     = newForm(2, 1224, `[\w+=,.@:\/-]*`)
	sourceIdentity = newForm(2, 64, `[\w+=,.@-]*`)
	mfaSerial      = newForm(9, 256, `[\w+=/:,.@-]*`)
	mfaCode        = newForm(6, 6, `[\d]*`)
	sessionPolicy  = newForm(1, 2048, `[\x{9}\x{A}\x{D}\x{20}-\x{FF}]+`)
	tagKey         = newForm(1, 128, `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	tagValue       = newForm(0, 256, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	webToken       = form{least: 4, most: 20000}
	accessKey      = newForm(16, 128, `[\w]*`)
	encodedMessage = form{least: 1, most: maxEncoded}
)

// params are the parameters of one request. All that is wrong with them is
// gathered, and said at once.
type params struct {
	url.Values
	wrong []string
}

func (p *params) must(value, member, problem string) {
	if problem != "" {
		p.wrong = append(p.wrong, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: Member must %s", value, member, problem))
	}
}

// member is how AWS's messages spell a parameter.
func member(name string) string { return strings.ToLower(name[:1]) + name[1:] }

func (p *params) required(name string, f form) string {
	if !p.Has(name) {
		p.must("null", member(name), "not be null")
		return ""
	}
	return p.optional(name, f)
}

func (p *params) optional(name string, f form) string {
	v := p.Get(name)
	if p.Has(name) {
		p.must("'"+v+"'", member(name), f.problem(v))
	}
	return v
}

// duration reads DurationSeconds: at least 15 minutes.
func (p *params) duration(usual, longest time.Duration) (time.Duration, error) {
	v := p.Get("DurationSeconds")
	if v == "" {
		return usual, nil
	}
	seconds, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		return 0, errorf("MalformedInput", "DurationSeconds is not a number")
	}
	d := time.Duration(seconds) * time.Second
	if d < 15*time.Minute {
		p.must(v, "durationSeconds", "have value greater than or equal to 900")
	}
	if d > longest {
		p.must(v, "durationSeconds", fmt.Sprintf("have value less than or equal to %d", longest/time.Second))
	}
	return d, nil
}

// list reads NAME.member.1SUFFIX, NAME.member.2SUFFIX, …
func (p *params) list(name, suffix string, most int, f form) []string {
	var all []string
	for i := 1; p.Has(fmt.Sprintf("%s.member.%d%s", name, i, suffix)); i++ {
		v := p.Get(fmt.Sprintf("%s.member.%d%s", name, i, suffix))
		p.must("'"+v+"'", fmt.Sprintf("%s.%d.member%s", member(name), i, strings.ToLower(suffix)), f.problem(v))
		all = append(all, v)
	}
	if len(all) > most {
		p.must(fmt.Sprintf("'%d members'", len(all)), member(name), fmt.Sprintf("have length less than or equal to %d", most))
	}
	return all
}

// err is nil when nothing was wrong.
func (p *params) err() error {
	switch len(p.wrong) {
	case 0:
		return nil
	case 1:
		return errorf("ValidationError", "1 validation error detected: "+p.wrong[0])
	}
	return errorf("ValidationError", fmt.Sprintf("%d validation errors detected: %s", len(p.wrong), strings.Join(p.wrong, "; ")))
}

// limits are what AssumeRole and AssumeRoleWithWebIdentity may take away from a
// role's permissions.
type limits struct {
	text string // of the inline policy
	arns []string
}

func (p *params) limits() limits {
	return limits{p.optional("Policy", sessionPolicy), p.list("PolicyArns", ".arn", 10, arn)}
}

// sessionPolicies are the inline policy and those that the ARNs name; nil is none.
func (s *Server) sessionPolicies(l limits) ([]policy.Document, error) {
	var docs []policy.Document
	if l.text != "" {
		doc, err := policy.Parse([]byte(l.text))
		if err != nil {
			return nil, malformedPolicy(err.Error())
		}
		if err := doc.ValidateFor(policy.OfIdentity); err != nil {
			return nil, malformedPolicy(err.Error())
		}
		docs = append(docs, doc)
	}
	for _, arn := range l.arns {
		doc, ok := s.cfg.ManagedPolicies[arn]
		if !ok {
			// Of the errors that "AssumeRole" names, it can only be this one.
			return nil, malformedPolicy("the policy " + arn + " is not known")
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

func malformedPolicy(problem string) error { return errorf("MalformedPolicyDocument", problem) }

// maxPacked bounds the packed policies and tags. AWS has such a bound, and says
// neither how it packs nor how much may come of it ("IAM and AWS STS quotas").
const maxPacked = 2048

// packedSize is the percentage of maxPacked that session policies and tags take.
func packedSize(l limits, tags []tag) (int, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return 0, err
	}
	io.WriteString(w, l.text) // a Buffer's Write never fails
	for _, arn := range l.arns {
		io.WriteString(w, arn+"\x00")
	}
	for _, t := range tags {
		io.WriteString(w, t.key+"\x00"+t.value+"\x00")
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	percent := (packed.Len()*100 + maxPacked - 1) / maxPacked
	if percent > 100 {
		return 0, errorf("PackedPolicyTooLarge", fmt.Sprintf("Packed policy consumes %d%% of allotted space, please use smaller policy.", percent))
	}
	return percent, nil
}
