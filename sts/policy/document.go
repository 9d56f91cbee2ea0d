package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Version is the current version of the policy language. Without it, a policy is
// of 2008-10-17, which has no policy variables.
//
// IAM User Guide, "IAM JSON policy elements: Version".
const Version = "2012-10-17"

const oldVersion = "2008-10-17"

// Document is a policy.
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a policy. Of Action and NotAction it has one, of
// Resource and NotResource at most one, and of Principal and NotPrincipal too.
type Statement struct {
	Sid                   string
	Effect                Effect
	Principal             Principal
	NotPrincipal          Principal
	Action, NotAction     []string
	Resource, NotResource []string
	Condition             Conditions
}

// Effect is what a statement does to the requests that it matches.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Principal is whom a statement is about. The zero value is an absent element.
type Principal struct {
	Any                                    bool // "*"
	AWS, Service, Federated, CanonicalUser []string
}

// Conditions are operators, the keys under each, and the values wanted of each.
type Conditions map[string]map[string][]string

// JSON writes the policy in one line, which is how a session policy is shortest.
// A single value stands without its array, as AWS writes it.
func (d Document) JSON() []byte {
	var b bytes.Buffer
	// Resources may have <, > and &, which are to be read by people.
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d.ordered()); err != nil {
		panic("policy: internal error: " + err.Error()) // strings, slices and maps of them always encode
	}
	return escapeWide(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// escapeWide writes the characters that IAM and STS do not take in a policy, those
// beyond Latin-1, as JSON's escapes.
//
// STS API Reference, "AssumeRole", Policy; IAM API Reference, "PutRolePolicy",
// PolicyDocument: tab, line feed, carriage return, and U+0020 to U+00FF.
func escapeWide(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r <= 0xFF:
			out = utf8.AppendRune(out, r)
		case r <= 0xFFFF:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
	}
	return out
}

// MarshalJSON implements [json.Marshaler].
func (d Document) MarshalJSON() ([]byte, error) { return d.JSON(), nil }

// UnmarshalJSON implements [json.Unmarshaler] as [Parse] does.
func (d *Document) UnmarshalJSON(text []byte) (err error) {
	*d, err = Parse(text)
	return err
}

// String writes the policy in lines, indented as the console does.
func (d Document) String() string { return indent(d.JSON()) }

// String writes the statement in lines.
func (s Statement) String() string {
	text := Document{Statements: []Statement{s}}.JSON()
	text = bytes.TrimPrefix(text, []byte(`{"Statement":[`))
	return indent(bytes.TrimSuffix(text, []byte(`]}`)))
}

func indent(text []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "    "); err != nil {
		panic("policy: internal error: " + err.Error())
	}
	return b.String()
}

// The elements in the order in which AWS's documents have them.
type (
	orderedDocument struct {
		Version   string             `json:",omitempty"`
		ID        string             `json:"Id,omitempty"`
		Statement []orderedStatement `json:",omitempty"`
	}
	orderedStatement struct {
		Sid          string `json:",omitempty"`
		Effect       Effect
		Principal    any                       `json:",omitempty"`
		NotPrincipal any                       `json:",omitempty"`
		Action       any                       `json:",omitempty"`
		NotAction    any                       `json:",omitempty"`
		Resource     any                       `json:",omitempty"`
		NotResource  any                       `json:",omitempty"`
		Condition    map[string]map[string]any `json:",omitempty"`
	}
	orderedPrincipal struct {
		AWS           any `json:",omitempty"`
		Federated     any `json:",omitempty"`
		Service       any `json:",omitempty"`
		CanonicalUser any `json:",omitempty"`
	}
)

func (d Document) ordered() orderedDocument {
	o := orderedDocument{Version: d.Version, ID: d.ID}
	for _, s := range d.Statements {
		o.Statement = append(o.Statement, orderedStatement{
			s.Sid, s.Effect, s.Principal.ordered(), s.NotPrincipal.ordered(),
			short(s.Action), short(s.NotAction), short(s.Resource), short(s.NotResource), s.Condition.ordered(),
		})
	}
	return o
}

func (p Principal) ordered() any {
	switch {
	case p.Any:
		return "*"
	case p.isZero():
		return nil
	}
	return orderedPrincipal{short(p.AWS), short(p.Federated), short(p.Service), short(p.CanonicalUser)}
}

func (c Conditions) ordered() map[string]map[string]any {
	o := map[string]map[string]any{}
	for operator, keys := range c {
		o[operator] = map[string]any{}
		for key, values := range keys {
			o[operator][key] = short(values)
			if len(values) == 0 {
				o[operator][key] = []string{}
			}
		}
	}
	return o
}

// short is one string, or several in an array, or nothing.
func short(values []string) any {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	return values
}

// sortedKeys makes errors and findings come in the same order each time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
