package sigv4http

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/sigvier/sigvier/sigv4"
)

// The policy of a browser's POST form (Amazon S3 API Reference, "Browser-Based
// Uploads Using POST" and "POST Policy"), from its conditions to the form's fields.

// PostPolicy says what a browser's form may upload, and until when.
type PostPolicy struct {
	Expires    time.Time   // within [sigv4.MaxExpires] of the signing, in whole seconds
	Conditions []Condition // on the bucket, the key and each further field of the form
	// ShortenExpires has a form end with the credentials where it was to live
	// longer, which is otherwise an error.
	ShortenExpires bool
}

// Condition is what a policy demands of a form; the zero value is invalid. The
// case of a field's name does not matter, that of its value does.
type Condition struct {
	operator, field, value string
	min, max               int64
}

// Exact demands that a field has this value. The field bucket stands for the
// bucket that the form is posted to.
func Exact(field, value string) Condition { return Condition{exact, field, value, 0, 0} }

// StartsWith demands that a field is there and begins so; all values begin with
// "". Of a Content-Type with commas each part must begin so.
func StartsWith(field, prefix string) Condition { return Condition{startsWith, field, prefix, 0, 0} }

// LengthRange demands that the file has min to max bytes.
func LengthRange(min, max int64) Condition { return Condition{lengthRange, "", "", min, max} }

// The operators of a policy's conditions.
const (
	exact       = "eq"
	startsWith  = "starts-with"
	lengthRange = "content-length-range"
)

// fieldBytes are those of a header's name (RFC 9110 section 5.6.2), for S3 gives
// x-amz-meta-… back in headers; but not the dollar sign, which begins a variable.
const fieldBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#%&'*+-.^_`|~"

// PostForm is a signed policy in its form. It is a secret while it lives: whoever
// has it may upload.
type PostForm struct {
	Fields  [][2]string // those of the browser's choice, and as the last one file, are still to be added
	Expires time.Time   // when it ends
}

// Sign writes the policy, signs it at time t and gives the fields of its form:
// those of the [Exact] conditions, then those of [sigv4.Signer.SignPolicy]. The
// error is a [*sigv4.InputError].
//
// A form ends with the credentials that signed it. One that is to live longer
// than they do is refused, or shortened with ShortenExpires; [PostForm.Expires]
// is when it really ends.
func (p PostPolicy) Sign(signer *sigv4.Signer, cred sigv4.Credentials, t time.Time) (PostForm, error) {
	// An empty policy tells the fields that each of this signer's forms has.
	own, err := signer.SignPolicy(base64.StdEncoding.EncodeToString([]byte("{}")), cred, t)
	if err != nil {
		return PostForm{}, err
	}
	form, limit := PostForm{Expires: p.Expires.UTC().Truncate(time.Second)}, cred.Expires.UTC().Truncate(time.Second)
	if late := !cred.Expires.IsZero() && form.Expires.After(limit); late && !p.ShortenExpires {
		return PostForm{}, refused(sigv4.ErrExpires, "expiry", "is later than that of the credentials, "+limit.Format(time.RFC3339)+", with which the form ends: ask for less, or set ShortenExpires")
	} else if late {
		form.Expires = limit
	}
	// "Amazon S3 Signature Version 4 Authentication Specific Policy Keys",
	// s3:signatureAge: a signature is valid for up to seven days.
	if life := form.Expires.Sub(t.Truncate(time.Second)); life <= 0 || life > sigv4.MaxExpires {
		return PostForm{}, refused(sigv4.ErrExpires, "expiry", "is not within the seven days after the time of signing")
	}
	policyJSON := fmt.Appendf(nil, `{"expiration":%q,"conditions":[`, form.Expires.Format("2006-01-02T15:04:05.000Z"))
	operators := map[string]string{} // of each field
	for _, c := range p.Conditions {
		name := strings.ToLower(c.field)
		if problem := c.flaw(name, operators[name]); problem != "" {
			return PostForm{}, refused(sigv4.ErrRequest, fmt.Sprintf("condition %s %q", c.operator, c.field), problem)
		}
		if c.operator == exact && name != "bucket" {
			form.Fields = append(form.Fields, [2]string{c.field, c.value})
		}
		operators[name] += c.operator
		policyJSON = c.appendJSON(policyJSON)
	}
	if operators["bucket"] == "" || operators["key"] == "" {
		return PostForm{}, refused(sigv4.ErrRequest, "policy", "has no condition for bucket or none for key: both are needed")
	}
	for _, field := range own[1 : len(own)-1] {
		policyJSON = Exact(strings.ToLower(field[0]), field[1]).appendJSON(policyJSON)
	}
	policyJSON[len(policyJSON)-1] = ']'
	fields, err := signer.SignPolicy(base64.StdEncoding.EncodeToString(append(policyJSON, '}')), cred, t)
	if err != nil {
		return PostForm{}, err
	}
	form.Fields = append(form.Fields, fields...)
	return form, nil
}

// flaw says why no form could fulfil the condition, knowing the operators of
// the field's other conditions.
func (c Condition) flaw(name, others string) string {
	switch {
	case c.operator == lengthRange && (c.min < 0 || c.min > c.max):
		return "is no range: it begins at 0 or later, and does not end before"
	case c.operator != lengthRange && name == "" || strings.Trim(c.field, fieldBytes) != "":
		return "has no field, or a malformed one"
	case strings.Contains(" policy file x-amz-algorithm x-amz-credential x-amz-date x-amz-security-token x-amz-signature ", " "+name+" "):
		return "is on a field that the signer adds, or that has no condition"
	case c.operator == exact && strings.Contains(others, exact):
		return "is on a field that has an exact value already"
	case strings.Contains(c.value, "${filename}"):
		return "has ${filename}, which the file's name has replaced when conditions are checked: let the value start with what stands before it"
	case strings.ToValidUTF8(c.value, "") != c.value:
		return "has a value that is not UTF-8"
	}
	return ""
}

// appendJSON appends the condition and a comma. The characters that "POST Policy"
// lists under "Character Escaping", the dollar sign among them, are written \uxxxx,
// which is an escape of that list as well as of JSON.
func (c Condition) appendJSON(dst []byte) []byte {
	if c.operator == lengthRange {
		return fmt.Appendf(dst, "[%q,%d,%d],", c.operator, c.min, c.max)
	}
	dst = fmt.Appendf(dst, `[%q,"$%s","`, c.operator, c.field)
	for _, unit := range utf16.Encode([]rune(c.value)) {
		if unit < ' ' || unit > '~' || strings.ContainsRune(`"\$`, rune(unit)) {
			dst = fmt.Appendf(dst, `\u%04x`, unit)
		} else {
			dst = append(dst, byte(unit))
		}
	}
	return append(dst, `"],`...)
}

func refused(kind error, field, problem string) error {
	return &sigv4.InputError{Kind: kind, Field: field, Problem: problem}
}
