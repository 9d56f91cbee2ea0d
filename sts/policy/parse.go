package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// AWS's own bounds are below this: 20 KB is the largest, of a bucket policy (IAM
// User Guide, "IAM and AWS STS quotas"; S3 User Guide, "Bucket policies").
const maxSize = 64 << 10

// No element of a policy is nested deeper: policy, statements, statement,
// condition, operator, values.
const maxDepth = 6

// Parse reads a policy. It is strict: what AWS would refuse, such as an unknown
// element, a key that stands twice, or a value of the wrong type, is an [*Error].
//
// IAM User Guide, "Grammar of the IAM JSON policy language".
func Parse(text []byte) (Document, error) {
	d, err := parse(text)
	if err != nil {
		return Document{}, err
	}
	if err := d.Validate(); err != nil {
		return Document{}, err
	}
	return d, nil
}

func parse(text []byte) (Document, error) {
	switch {
	case len(text) > maxSize:
		return Document{}, bad("", "at most 20480, which is AWS's bound", "the policy has %d bytes", len(text))
	case !utf8.Valid(text):
		return Document{}, bad("", "", "the policy is not UTF-8")
	case len(bytes.TrimSpace(text)) == 0:
		return Document{}, bad("", "one JSON object", "is empty")
	}
	if at := halfCharacter(text); at >= 0 {
		return Document{}, bad("", `both halves, such as "\ud83d\ude00", or neither`, "there is half a character at byte %d: %s", at, text[at:at+6])
	}
	r := reader{json.NewDecoder(bytes.NewReader(text))}
	r.tokens.UseNumber() // a number keeps its digits
	root, err := r.value("", 0)
	if err != nil {
		return Document{}, err
	}
	if _, err := r.tokens.Token(); err != io.EOF {
		return Document{}, bad("", "one JSON object", "something follows the policy")
	}
	return root.document()
}

// halfCharacter finds an escape that is half a surrogate pair, in whose place
// encoding/json would put U+FFFD: a resource of another name.
func halfCharacter(text []byte) int {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		switch r := escaped(text[i:]); {
		case !utf16.IsSurrogate(r):
			i++ // what is escaped, which may be a backslash
		case utf16.DecodeRune(r, escaped(text[i+6:])) == unicode.ReplacementChar:
			return i
		default:
			i += 11
		}
	}
	return -1
}

// escaped gives the UTF-16 that a text begins with, as \u and four digits, else -1.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// node is a JSON value and where it stands. encoding/json would read the last of
// two equal keys, and take "effect" for "Effect", which AWS does not.
type node struct {
	path    string
	scalar  any // string, json.Number, bool; nil for null and what follows
	array   []node
	object  []member
	isArray bool
	isMap   bool
}

type member struct {
	key   string
	value node
}

type reader struct{ tokens *json.Decoder }

func (r reader) value(path string, depth int) (node, error) {
	token, err := r.tokens.Token()
	if err != nil {
		return node{}, r.syntax(path, err)
	}
	n := node{path: path}
	if depth >= maxDepth && (token == json.Delim('{') || token == json.Delim('[')) {
		return node{}, bad(path, "", "is nested deeper than anything in a policy")
	}
	switch token {
	case json.Delim('['):
		n.isArray = true
		for r.tokens.More() {
			element, err := r.value(path+"["+strconv.Itoa(len(n.array))+"]", depth+1)
			if err != nil {
				return node{}, err
			}
			n.array = append(n.array, element)
		}
	case json.Delim('{'):
		n.isMap = true
		seen := map[string]bool{}
		for r.tokens.More() {
			m, err := r.member(path, depth)
			if err != nil {
				return node{}, err
			}
			if seen[m.key] {
				// "Grammar of the IAM JSON policy language", Policy grammar notes: no
				// element may contain multiple instances of the same key.
				return node{}, bad(m.value.path, "each key once", "stands twice")
			}
			seen[m.key] = true
			n.object = append(n.object, m)
		}
	default:
		n.scalar = token
		return n, nil
	}
	if _, err := r.tokens.Token(); err != nil { // the closing bracket
		return node{}, r.syntax(path, err)
	}
	return n, nil
}

func (r reader) member(of string, depth int) (member, error) {
	token, err := r.tokens.Token()
	if err != nil {
		return member{}, r.syntax(of, err)
	}
	key, ok := token.(string)
	if !ok {
		return member{}, bad(of, "a key", "%v is no key", token)
	}
	value, err := r.value(join(of, key), depth+1)
	return member{key, value}, err
}

func (r reader) syntax(path string, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return bad(path, "", "is no JSON at byte %d: %v", syntax.Offset, err)
	}
	return bad(path, "", "is no JSON: it ends at byte %d, in its middle", r.tokens.InputOffset())
}

// join appends a key to a path, quoted where it could be taken for something else.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\"") || strings.ContainsFunc(key, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func (n node) what() string {
	switch s := n.scalar.(type) {
	case string:
		return strconv.Quote(s)
	case json.Number, bool:
		return fmt.Sprint(s)
	}
	switch {
	case n.isArray:
		return "an array"
	case n.isMap:
		return "an object"
	}
	return "null"
}

func (n node) text() (string, error) {
	s, ok := n.scalar.(string)
	if !ok {
		return "", bad(n.path, "a string", "is %s", n.what())
	}
	return s, nil
}

// list reads an array, or one value that stands for an array of one.
func (n node) list(read func(node) (string, error)) ([]string, error) {
	elements := n.array
	if !n.isArray {
		elements = []node{n}
	}
	if len(elements) == 0 {
		return nil, bad(n.path, "a value, or an array of at least one", "is an empty array")
	}
	var all []string
	for _, e := range elements {
		s, err := read(e)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (n node) texts() ([]string, error) { return n.list(node.text) }

// members hands each member of an object to its reader.
func (n node) members(readers map[string]func(node) error) error {
	if !n.isMap {
		return bad(n.path, "an object", "is %s", n.what())
	}
	for _, m := range n.object {
		read, ok := readers[m.key]
		if !ok {
			return bad(n.path, oneOf(m.key, sortedKeys(readers)), "has no element %q", m.key)
		}
		if err := read(m.value); err != nil {
			return err
		}
	}
	return nil
}

// oneOf names what is meant, if only the case is wrong, or all that there is.
func oneOf(word string, words []string) string {
	if i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, word) }); i >= 0 {
		return words[i]
	}
	return strings.Join(words, ", ")
}

// into reads into a variable.
func into[T any](target *T, read func(node) (T, error)) func(node) error {
	return func(n node) (err error) {
		*target, err = read(n)
		return err
	}
}

func (n node) document() (d Document, err error) {
	err = n.members(map[string]func(node) error{
		"Version":   into(&d.Version, node.text),
		"Id":        into(&d.ID, node.text),
		"Statement": into(&d.Statements, node.statements),
	})
	return d, err
}

func (n node) statements() (all []Statement, err error) {
	elements := n.array
	if n.isMap { // one statement may stand without its array
		elements = []node{n}
	} else if !n.isArray {
		return nil, bad(n.path, "a statement, or an array of statements", "is %s", n.what())
	}
	for _, e := range elements {
		s, err := e.statement()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (n node) statement() (s Statement, err error) {
	err = n.members(map[string]func(node) error{
		"Sid":          into(&s.Sid, node.text),
		"Effect":       into(&s.Effect, node.effect),
		"Principal":    into(&s.Principal, node.principal),
		"NotPrincipal": into(&s.NotPrincipal, node.principal),
		"Action":       into(&s.Action, node.texts),
		"NotAction":    into(&s.NotAction, node.texts),
		"Resource":     into(&s.Resource, node.texts),
		"NotResource":  into(&s.NotResource, node.texts),
		"Condition":    into(&s.Condition, node.conditions),
	})
	return s, err
}

func (n node) effect() (Effect, error) {
	s, err := n.text()
	return Effect(s), err
}

func (n node) principal() (p Principal, err error) {
	if s, ok := n.scalar.(string); ok {
		if s != "*" {
			return p, bad(n.path, `"*" or an object such as {"AWS": "arn:aws:iam::123456789012:role/name"}`, "is %q", s)
		}
		return Principal{Any: true}, nil
	}
	err = n.members(map[string]func(node) error{
		"AWS":           into(&p.AWS, node.texts),
		"Service":       into(&p.Service, node.texts),
		"Federated":     into(&p.Federated, node.texts),
		"CanonicalUser": into(&p.CanonicalUser, node.texts),
	})
	if err == nil && p.isZero() {
		err = bad(n.path, "AWS, Service, Federated or CanonicalUser in it", "is empty")
	}
	return p, err
}

func (n node) conditions() (Conditions, error) {
	if !n.isMap {
		return nil, bad(n.path, `an object such as {"StringEquals": {"sts:ExternalId": "…"}}`, "is %s", n.what())
	}
	if len(n.object) == 0 { // as good as none
		return nil, nil
	}
	c := Conditions{}
	for _, operator := range n.object {
		if !operator.value.isMap {
			return nil, bad(operator.value.path, `an object such as {"sts:ExternalId": "…"}`, "is %s", operator.value.what())
		}
		keys := map[string][]string{}
		for _, key := range operator.value.object {
			values, err := key.value.list(node.conditionValue)
			if err != nil {
				return nil, err
			}
			keys[key.key] = values
		}
		c[operator.key] = keys
	}
	return c, nil
}

// conditionValue reads a string, a number or a boolean, which AWS keeps as strings.
func (n node) conditionValue() (string, error) {
	switch s := n.scalar.(type) {
	case string:
		return s, nil
	case json.Number:
		return s.String(), nil
	case bool:
		return strconv.FormatBool(s), nil
	}
	return "", bad(n.path, "a string, a number or a boolean", "is %s", n.what())
}
