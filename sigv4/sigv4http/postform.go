package sigv4http

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// A form that a browser posts (Amazon S3 API Reference, "POST Object", "Creating
// an HTML Form" and "POST Policy"): its fields, its file, and the policy that the
// fields and the file must follow.

// maxFields bounds what comes before the file ("Creating an HTML Form": the form
// data and boundaries, excluding the file, cannot exceed 20 KB).
const maxFields = 20 << 10

// PostedForm is a browser's upload, whose file is read as it comes.
type PostedForm struct {
	// Fields are those before the file, as they were sent, with ${filename} filled
	// in. One named bucket is not held against the bucket that the form is posted to.
	Fields   [][2]string
	FileName string // without a path; "" if the browser gives none
	// File is the file. After Verify, reading it fails where the file is shorter or
	// longer than the policy allows: believe nothing of it before io.EOF.
	File io.Reader
}

// Get gives a field's value, "" if it is not there. The case of its name does not
// matter.
func (f *PostedForm) Get(name string) string {
	value, _ := f.lookup(name)
	return value
}

func (f *PostedForm) lookup(name string) (value string, found bool) {
	name = strings.ToLower(name) // rather than EqualFold, which knows other letters still
	for _, field := range f.Fields {
		if strings.ToLower(field[0]) == name {
			return field[1], true
		}
	}
	return "", false
}

// ReadPostedForm reads a form up to its file. What stands behind the file is
// ignored, as S3 does. The error is a [*Refusal].
func ReadPostedForm(r *http.Request) (*PostedForm, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case mediaType != "multipart/form-data":
		return nil, refuse("PreconditionFailed", http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold",
			[2]string{"Condition", "Bucket POST must be of the enclosure-type multipart/form-data"})
	case err != nil || params["boundary"] == "":
		return nil, malformedPost(err)
	}
	body := &fieldsReader{body: r.Body, left: maxFields + lookahead}
	parts := multipart.NewReader(body, params["boundary"])
	form, length := &PostedForm{}, 0
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil, badField("POST requires exactly one file upload per request.", "file", "0")
		} else if err != nil {
			return nil, malformedPost(err)
		}
		disposition, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		name := params["name"]
		if err != nil || disposition != "form-data" || name == "" {
			return nil, malformedPost(err)
		}
		if strings.ToLower(name) == "file" {
			body.left = -1
			form.FileName = params["filename"][strings.LastIndexAny(params["filename"], `/\`)+1:]
			for i, field := range form.Fields {
				// A long name in many places would be far more than what was sent.
				if length += strings.Count(field[1], fileName) * len(form.FileName); length > maxFields {
					return nil, malformedPost(errFields)
				}
				form.Fields[i][1] = strings.ReplaceAll(field[1], fileName, form.FileName)
			}
			form.File = part
			return form, nil
		}
		value, err := io.ReadAll(part)
		if length += len(name) + len(value); err == nil && length > maxFields {
			err = errFields
		}
		if err != nil {
			return nil, malformedPost(err)
		}
		form.Fields = append(form.Fields, [2]string{name, string(value)})
	}
}

// fileName stands in a field's value for the name of the file.
const fileName = "${filename}"

// lookahead is how far a multipart.Reader may have read into the file.
const lookahead = 4 << 10

var errFields = errors.New("the fields before the file are too long")

// fieldsReader ends with an error where the fields take more than their bound.
type fieldsReader struct {
	body io.Reader
	left int // negative: the file has begun
}

func (r *fieldsReader) Read(p []byte) (int, error) {
	switch {
	case r.left < 0:
		return r.body.Read(p)
	case r.left == 0:
		return 0, errFields
	}
	n, err := r.body.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

func malformedPost(cause error) *Refusal {
	if errors.Is(cause, errFields) {
		return refuse("MaxPostPreDataLengthExceededError", http.StatusBadRequest, "Your POST request fields preceding the upload file were too large.",
			[2]string{"MaxPostPreDataLengthBytes", strconv.Itoa(maxFields)})
	}
	return because(cause, "MalformedPOSTRequest", http.StatusBadRequest, "The body of your POST request is not well-formed multipart/form-data.")
}

func badField(message, name, value string) *Refusal {
	return refuse("InvalidArgument", http.StatusBadRequest, message, [2]string{"ArgumentName", name}, [2]string{"ArgumentValue", value})
}

// authFields are the fields of every signed form; the key is the object's name.
var authFields = []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy", "key"}

// Verify checks the form at the time now: that its policy is signed and in force,
// and that its fields, and the bucket that it is posted to, are as the policy
// demands. The file's length is checked while it is read. The error is or wraps a
// [*sigv4.VerifyError].
func (f *PostedForm) Verify(ctx context.Context, signer *sigv4.Signer, bucket string, lookup sigv4.Lookup, now time.Time) (sigv4.Verified, error) {
	caller, err := f.verifySignature(ctx, signer, lookup, now)
	if err != nil {
		return sigv4.Verified{}, err
	}
	policy, err := parsePolicy(f.Get("policy"))
	if err != nil {
		return sigv4.Verified{}, err
	}
	// "Amazon S3 Signature Version 4 Authentication Specific Policy Keys",
	// s3:signatureAge: a signature is valid for up to seven days.
	caller.ExpiresAt = policy.end
	if limit := caller.SignedAt.Add(sigv4.MaxExpires); limit.Before(policy.end) {
		caller.ExpiresAt = limit
	}
	if now.After(caller.ExpiresAt) {
		return sigv4.Verified{}, against("Policy expired.")
	}
	lengths, err := policy.check(f, bucket)
	if err != nil {
		return sigv4.Verified{}, err
	}
	lengths.file, f.File = f.File, lengths
	return caller, nil
}

// verifySignature signs the policy again, with the credentials of whom the form
// names and for the time that it says, and compares what comes out.
func (f *PostedForm) verifySignature(ctx context.Context, signer *sigv4.Signer, lookup sigv4.Lookup, now time.Time) (sigv4.Verified, error) {
	if err := f.complete(); err != nil {
		return sigv4.Verified{}, err
	}
	date, credential, token := f.Get("X-Amz-Date"), f.Get("X-Amz-Credential"), f.Get("X-Amz-Security-Token")
	signedAt, err := time.Parse("20060102T150405Z", date)
	if err != nil || signedAt.Format("20060102T150405Z") != date {
		return sigv4.Verified{}, badField("X-Amz-Date must be formated via ISO8601 Long format", "X-Amz-Date", date)
	}
	accessKeyID, _, _ := strings.Cut(credential, "/")
	if accessKeyID == "" {
		return sigv4.Verified{}, badField("a non-empty Access Key (AKID) must be provided in the credential.", "X-Amz-Credential", credential)
	}
	cred, err := lookup(ctx, accessKeyID, token)
	if v := (*sigv4.VerifyError)(nil); err != nil && (!errors.As(err, &v) || v == nil) {
		e := refuse("InvalidAccessKeyId", http.StatusForbidden, "The AWS Access Key Id you provided does not exist in our records.", [2]string{"AWSAccessKeyId", accessKeyID})
		e.AccessKeyID = accessKeyID
		return sigv4.Verified{}, e
	} else if err != nil {
		return sigv4.Verified{}, err
	}
	if err := cred.Validate(); err != nil {
		return sigv4.Verified{}, internal(fmt.Errorf("the look-up gave %w", err))
	}
	want, err := signer.SignPolicy(f.Get("Policy"), cred, signedAt)
	if err != nil { // the policy is no base64, which nobody has signed
		return sigv4.Verified{}, f.mismatch(accessKeyID)
	}
	algorithm, wantCredential, signature := want[1][1], want[2][1], want[len(want)-1][1]
	switch {
	case f.Get("X-Amz-Algorithm") != algorithm:
		return sigv4.Verified{}, badField("X-Amz-Algorithm only supports "+strconv.Quote(algorithm), "X-Amz-Algorithm", f.Get("X-Amz-Algorithm"))
	case credential != wantCredential:
		return sigv4.Verified{}, badCredential(credential, wantCredential)
	case !hmac.Equal([]byte(token), []byte(cred.SessionToken())):
		return sigv4.Verified{}, refuse("InvalidToken", http.StatusBadRequest, "The provided token is malformed or otherwise invalid.")
	case !hmac.Equal([]byte(f.Get("X-Amz-Signature")), []byte(signature)):
		return sigv4.Verified{}, f.mismatch(accessKeyID)
	case !cred.Expires.IsZero() && now.After(cred.Expires):
		return sigv4.Verified{}, refuse("ExpiredToken", http.StatusBadRequest, "The provided token has expired.")
	case signedAt.Sub(now) > sigv4.MaxSkew:
		return sigv4.Verified{}, refuse("AccessDenied", http.StatusForbidden, "Request is not valid yet")
	}
	return sigv4.Verified{AccessKeyID: accessKeyID, SignedAt: signedAt, Payload: sigv4.UnsignedPayload(), Signature: signature}, nil
}

// complete refuses a form without the fields that it needs, or with one twice.
func (f *PostedForm) complete() error {
	seen := map[string]bool{}
	for _, field := range f.Fields {
		name := strings.ToLower(field[0])
		if seen[name] {
			return badField("Bucket POST must contain each field only once.", field[0], field[1])
		}
		seen[name] = true
	}
	if !slices.ContainsFunc(authFields[:5], func(name string) bool { return seen[strings.ToLower(name)] }) {
		return refuse("AccessDenied", http.StatusForbidden, "Access Denied")
	}
	for _, name := range authFields {
		if f.Get(name) == "" {
			return badField("Bucket POST must contain a field named '"+name+"'.  If it is specified, please check the order of the fields.", name, "")
		}
	}
	return nil
}

func badCredential(got, want string) error {
	has, wants := strings.Split(got, "/"), strings.Split(want, "/")
	if len(has) == 5 && len(wants) == 5 && has[2] != wants[2] {
		e := badField("the region '"+has[2]+"' is wrong; expecting '"+wants[2]+"'", "X-Amz-Credential", got)
		e.Region, e.Elements = wants[2], append(e.Elements, [2]string{"Region", wants[2]})
		return e
	}
	_, scope, _ := strings.Cut(want, "/")
	return badField("the Credential is mal-formed; expecting \"<YOUR-AKID>/"+scope+"\".", "X-Amz-Credential", got)
}

// mismatch shows, as S3 does, that the string to sign was the policy as it came.
func (f *PostedForm) mismatch(accessKeyID string) error {
	return &sigv4.VerifyError{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden, AccessKeyID: accessKeyID,
		Message:           "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		SignatureProvided: f.Get("X-Amz-Signature"), StringToSign: f.Get("Policy")}
}

// postPolicy is a policy as a form brings it.
type postPolicy struct {
	end        time.Time
	conditions []postCondition
}

type postCondition struct {
	operator, field, value string // the field as the policy spells it, with its dollar sign
	min, max               int64
}

// parsePolicy reads a policy strictly: what it does not understand, it refuses.
func parsePolicy(policyBase64 string) (postPolicy, error) {
	var doc map[string]json.RawMessage
	raw, err := base64.StdEncoding.DecodeString(policyBase64)
	if err != nil || json.Unmarshal(raw, &doc) != nil {
		return postPolicy{}, badPolicy("Invalid JSON.")
	}
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if name != "expiration" && name != "conditions" {
			return postPolicy{}, badPolicy("Unexpected: '" + name + "'")
		}
	}
	var p postPolicy
	var expiration string
	var conditions []json.RawMessage
	switch {
	case doc["expiration"] == nil:
		return p, badPolicy("Policy missing expiration.")
	case doc["conditions"] == nil:
		return p, badPolicy("Policy missing conditions.")
	case !isText(doc["expiration"], &expiration):
		return p, badPolicy("Invalid JSON.")
	case json.Unmarshal(doc["conditions"], &conditions) != nil || conditions == nil:
		return p, badPolicy("Invalid 'conditions' value: must be a List.")
	}
	// In GMT, with or without a fraction of a second.
	if p.end, err = time.Parse("2006-01-02T15:04:05Z", expiration); err != nil {
		return p, badPolicy("Invalid 'expiration' value: '" + expiration + "'")
	}
	for _, raw := range conditions {
		c, err := parseCondition(raw)
		if err != nil {
			return p, err
		}
		p.conditions = append(p.conditions, c)
	}
	return p, nil
}

// parseCondition reads {"FIELD": "VALUE"} or a list that begins with an operator.
func parseCondition(raw json.RawMessage) (postCondition, error) {
	var simple map[string]json.RawMessage
	var list []json.RawMessage
	var c postCondition
	if json.Unmarshal(raw, &simple) == nil && simple != nil {
		if len(simple) != 1 {
			return c, badPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		}
		for field, value := range simple {
			c.operator, c.field = exact, "$"+field
			if !isText(value, &c.value) {
				return c, badPolicy("Invalid Simple-Condition: value must be a string.")
			}
		}
		return c, nil
	}
	switch {
	case json.Unmarshal(raw, &list) != nil || list == nil:
		return c, badPolicy("Invalid condition test: must be a List or Object.")
	case len(list) == 0:
		return c, badPolicy("Invalid Condition: missing operation identifier.")
	case !isText(list[0], &c.operator):
		return c, badPolicy("Invalid JSON.")
	}
	c.operator = strings.ToLower(c.operator)
	switch known := c.operator == exact || c.operator == startsWith || c.operator == lengthRange; {
	case !known:
		return c, badPolicy("Invalid Condition: unknown operation '" + c.operator + "'.")
	case len(list) != 3:
		return c, badPolicy("Invalid " + c.operator + ": wrong number of arguments.")
	case c.operator != lengthRange:
		if !isText(list[1], &c.field) || !isText(list[2], &c.value) {
			return c, badPolicy("Invalid JSON.")
		}
		return c, nil
	}
	var ok [2]bool
	c.min, ok[0] = size(list[1])
	c.max, ok[1] = size(list[2])
	if !ok[0] || !ok[1] {
		return c, badPolicy("Invalid " + lengthRange + ": two lengths are expected.")
	}
	return c, nil
}

// isText reads a string, and nothing else: encoding/json alone takes null for one.
func isText(raw json.RawMessage, text *string) bool {
	return raw[0] == '"' && json.Unmarshal(raw, text) == nil
}

// size reads a length, which S3 takes as a number and as a string.
func size(raw json.RawMessage) (int64, bool) {
	n, err := strconv.ParseUint(strings.Trim(string(raw), `"`), 10, 63)
	return int64(n), err == nil
}

// check holds the conditions against the form, and gives the bounds of its file.
func (p postPolicy) check(f *PostedForm, bucket string) (*boundedFile, error) {
	lengths := &boundedFile{max: math.MaxInt64}
	named := map[string]bool{"policy": true, "x-amz-signature": true}
	for _, c := range p.conditions {
		if c.operator == lengthRange {
			lengths.min, lengths.max = max(lengths.min, c.min), min(lengths.max, c.max)
			continue
		}
		name, variable := strings.CutPrefix(strings.ToLower(c.field), "$")
		if !variable || !c.holds(f, name, bucket) {
			return nil, against("Policy Condition failed: " + c.String())
		}
		named[name] = true
	}
	if !named["bucket"] {
		return nil, against("Extra input fields: bucket")
	}
	for _, field := range f.Fields {
		if name := strings.ToLower(field[0]); !named[name] && !strings.HasPrefix(name, "x-ignore-") {
			return nil, against("Extra input fields: " + field[0])
		}
	}
	return lengths, nil
}

// holds checks the condition on a field that must be there. The bucket is the one
// that the form is posted to, whatever a field says.
func (c postCondition) holds(f *PostedForm, name, bucket string) bool {
	value, found := bucket, true
	if name != "bucket" {
		value, found = f.lookup(name)
	}
	switch {
	case !found || c.operator == exact:
		return found && value == c.value
	case name != "content-type":
		return strings.HasPrefix(value, c.value)
	}
	for part := range strings.SplitSeq(value, ",") { // "Matching Content-Types in a Comma-Separated List"
		if !strings.HasPrefix(strings.TrimSpace(part), c.value) {
			return false
		}
	}
	return true
}

// String writes the condition as S3 does, but for a session token.
func (c postCondition) String() string {
	if strings.ToLower(c.field) == "$x-amz-security-token" {
		c.value = "[redacted]"
	}
	return fmt.Sprintf("[%q, %q, %q]", c.operator, c.field, c.value)
}

func badPolicy(problem string) error {
	return refuse("InvalidPolicyDocument", http.StatusBadRequest, "Invalid Policy: "+problem)
}

func against(problem string) error {
	return refuse("AccessDenied", http.StatusForbidden, "Invalid according to Policy: "+problem)
}

// boundedFile is a file that must have min to max bytes.
type boundedFile struct {
	file        io.Reader
	n, min, max int64
	err         error
}

func (b *boundedFile) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.file.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.max:
		b.err = refuse("EntityTooLarge", http.StatusBadRequest, "Your proposed upload exceeds the maximum allowed size",
			[2]string{"MaxSizeAllowed", strconv.FormatInt(b.max, 10)})
	case err == io.EOF && b.n < b.min:
		b.err = refuse("EntityTooSmall", http.StatusBadRequest, "Your proposed upload is smaller than the minimum allowed size",
			[2]string{"ProposedSize", strconv.FormatInt(b.n, 10)}, [2]string{"MinSizeAllowed", strconv.FormatInt(b.min, 10)})
	case err != nil && err != io.EOF:
		b.err = malformedPost(err)
	}
	if b.err != nil {
		return 0, b.err
	}
	return n, err
}
