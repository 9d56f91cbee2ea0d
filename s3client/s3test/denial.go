package s3test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sts/policy"
)

// Why access was denied: in the message of the error, and encoded for those who
// may know more.

// denial is a request that a policy stood against.
type denial struct {
	caller  caller
	request policy.Request
	kind    policyKind
	by      *policy.Statement // that denies; nil: no policy of the kind allows
}

// message is as AWS's (IAM User Guide, "Troubleshoot access denied error
// messages").
func (d *denial) message() string {
	text := "User: " + d.request.Principal + " is not authorized to perform: " + d.request.Action
	switch {
	case d.request.Resource == "*", d.request.Action == "s3:ListAllMyBuckets":
	case strings.HasPrefix(d.request.Action, "s3:"):
		text += ` on resource: "` + d.request.Resource + `"` // S3 alone quotes it
	default:
		text += " on resource: " + d.request.Resource
	}
	switch {
	case d.kind == "":
	case d.by == nil:
		text += " because no " + string(d.kind) + " policy allows the " + d.request.Action + " action"
	case d.kind == ofTrust:
		text += " with an explicit deny in the role trust policy"
	case d.kind == ofIdentity:
		text += " with an explicit deny in an identity-based policy"
	default:
		text += " with an explicit deny in a session policy"
	}
	return text
}

// policyKind is the kind of a policy, as the messages name it; "" is not told.
type policyKind string

const (
	ofIdentity policyKind = "identity-based"
	ofSession  policyKind = "session"
	ofTrust    policyKind = "role trust"
)

// deny makes a denial an error as this server writes them.
func (s *Server) deny(d *denial) *apiError {
	text := d.message()
	if s.cfg.EncodeDenials {
		if encoded := s.encodeDenial(d); len(encoded) <= maxEncoded {
			text += ". Encoded authorization failure message: " + encoded
		}
	}
	return errorf("AccessDenied", text)
}

// maxEncoded is the longest message that may be decoded (AWS Security Token
// Service API Reference, "DecodeAuthorizationMessage").
const maxEncoded = 10240

// newDenialKey makes the key of the encoded messages. They tell of policies and
// conditions what a caller may not know.
func newDenialKey() cipher.AEAD {
	var key [32]byte
	rand.Read(key[:])
	block, err := aes.NewCipher(key[:])
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return aead
		}
	}
	panic("s3test: internal error: " + err.Error())
}

func (s *Server) encodeDenial(d *denial) string {
	return base64.RawURLEncoding.EncodeToString(s.denials.Seal(nil, nil, d.details(), nil))
}

func (s *Server) decodeDenial(encoded string) (string, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") { // which package base64 skips
		return "", false
	}
	details, err := s.denials.Open(nil, nil, sealed, nil)
	return string(details), err == nil
}

// list is how the decoded messages write arrays.
type list[T any] struct {
	Items []T `json:"items"`
}

type value struct {
	Value string `json:"value"`
}

func values(all []string) list[value] {
	l := list[value]{Items: []value{}}
	for _, v := range all {
		l.Items = append(l.Items, value{v})
	}
	return l
}

type condition struct {
	Key    string      `json:"key"`
	Values list[value] `json:"values"`
}

type matchedStatement struct {
	StatementID string          `json:"statementId"`
	Effect      string          `json:"effect"`
	Actions     list[value]     `json:"actions"`
	Resources   list[value]     `json:"resources"`
	Conditions  list[condition] `json:"conditions"`
}

// details are what the encoded message holds, in the form of AWS's.
func (d *denial) details() []byte {
	type principal struct {
		ID  string `json:"id"`
		ARN string `json:"arn"`
	}
	type context struct {
		Principal  principal       `json:"principal"`
		Action     string          `json:"action"`
		Resource   string          `json:"resource"`
		Conditions list[condition] `json:"conditions"`
	}
	doc := struct {
		Allowed           bool                   `json:"allowed"`
		ExplicitDeny      bool                   `json:"explicitDeny"`
		MatchedStatements list[matchedStatement] `json:"matchedStatements"`
		Failures          list[value]            `json:"failures"`
		Context           context                `json:"context"`
	}{
		ExplicitDeny:      d.by != nil,
		MatchedStatements: list[matchedStatement]{Items: []matchedStatement{}},
		Failures:          values(nil),
		Context: context{
			Principal:  principal{d.caller.userID(), d.request.Principal},
			Action:     d.request.Action,
			Resource:   d.request.Resource,
			Conditions: list[condition]{Items: []condition{}},
		},
	}
	for _, key := range slices.Sorted(maps.Keys(d.request.Context)) {
		doc.Context.Conditions.Items = append(doc.Context.Conditions.Items, condition{key, values(d.request.Context[key])})
	}
	if d.by != nil {
		m := matchedStatement{
			StatementID: d.by.Sid, Effect: "DENY", Actions: values(d.by.Action), Resources: values(d.by.Resource),
			Conditions: list[condition]{Items: []condition{}},
		}
		for _, operator := range slices.Sorted(maps.Keys(d.by.Condition)) {
			for _, key := range slices.Sorted(maps.Keys(d.by.Condition[operator])) {
				m.Conditions.Items = append(m.Conditions.Items, condition{key, values(d.by.Condition[operator][key])})
			}
		}
		doc.MatchedStatements.Items = append(doc.MatchedStatements.Items, m)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic("s3test: internal error: " + err.Error()) // of strings and booleans
	}
	return text
}
