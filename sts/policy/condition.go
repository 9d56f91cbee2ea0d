package policy

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
)

// How a set operator treats a key with several values.
//
// IAM User Guide, "Set operators for multivalued context keys".
const (
	anyValue     = "ForAnyValue:"
	allValues    = "ForAllValues:"
	ifExists     = "IfExists"
	nullOperator = "Null"
)

// operator is a condition operator taken apart: [set:]base[IfExists].
type operator struct {
	set      string // "", anyValue, allValues
	base     comparison
	ifExists bool
}

// comparison compares one value of a request with one of a policy. The negated
// operators share the comparison of what they negate.
//
// IAM User Guide, "IAM JSON policy elements: Condition operators".
type comparison struct {
	negated   bool
	variables bool              // policy variables are replaced: String and Arn operators only
	wild      bool              // * and ? are wildcards
	valid     func(string) bool // of a value of the policy
	expected  string            // what valid wants
	readable  func(string) bool // of a value of the request; nil: each is
	equal     func(request string, policy pattern) bool
}

func comparisonOf(name string) (c comparison, ok bool) {
	base := name
	switch name {
	case "StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals", "DateNotEquals", "ArnNotEquals", "ArnNotLike":
		base = strings.Replace(name, "Not", "", 1)
	case "NotIpAddress":
		base = "IpAddress"
	}
	text := comparison{negated: base != name, variables: true, valid: func(string) bool { return true }}
	typed := func(expected string, valid, readable func(string) bool, equal func(request, policy string) bool) (comparison, bool) {
		return comparison{
			negated: base != name, valid: valid, expected: expected, readable: readable,
			equal: func(request string, policy pattern) bool {
				return valid(string(policy)) && equal(request, string(policy))
			},
		}, true
	}
	order := map[string]func(int) bool{
		"Equals": func(c int) bool { return c == 0 }, "LessThan": func(c int) bool { return c < 0 }, "LessThanEquals": func(c int) bool { return c <= 0 },
		"GreaterThan": func(c int) bool { return c > 0 }, "GreaterThanEquals": func(c int) bool { return c >= 0 },
	}
	switch base {
	case "StringEquals":
		text.equal = func(request string, policy pattern) bool { return slices.Equal(literal(request), policy) }
		return text, true
	case "StringEqualsIgnoreCase":
		text.equal = func(request string, policy pattern) bool {
			return slices.EqualFunc(literal(request), policy, equalFold)
		}
		return text, true
	case "StringLike":
		text.wild = true
		text.equal = func(request string, policy pattern) bool { return policy.matches(request) }
		return text, true
	case "ArnEquals", "ArnLike": // the two behave alike
		text.wild = true
		text.valid, text.expected = isARNPattern, "an ARN such as arn:aws:iam::123456789012:role/name, with wildcards within its parts"
		text.equal = matchesARN
		return text, true
	case "Bool":
		return typed("true or false", isBool, isBool, strings.EqualFold)
	case "BinaryEquals":
		return typed("Base64", isBase64, isBase64, equalBase64)
	case "IpAddress":
		return typed("an IP address or a range such as 203.0.113.0/24", isRange, isAddress, inRange)
	}
	if after, ok := strings.CutPrefix(base, "Numeric"); ok && order[after] != nil {
		return typed("a number such as 100 or 2.5", isNumber, isNumber, func(request, policy string) bool {
			return order[after](compareNumbers(request, policy))
		})
	}
	if after, ok := strings.CutPrefix(base, "Date"); ok && order[after] != nil {
		return typed("a time such as 2026-01-31T15:04:05Z, or the seconds since 1970", isDate, isDate, func(request, policy string) bool {
			return order[after](compareDates(request, policy))
		})
	}
	return comparison{}, false
}

// equalFold compares runes as [strings.EqualFold] does, which takes bytes that are
// no UTF-8 to be all the same.
func equalFold(a, b rune) bool {
	if a == b || a > unicode.MaxRune || b > unicode.MaxRune {
		return a == b
	}
	return strings.EqualFold(string(a), string(b))
}

// parseOperator takes an operator apart. Null stands alone: it has no IfExists, and
// sets are nothing to it.
func parseOperator(name string) (op operator, ok bool) {
	for _, set := range []string{anyValue, allValues} {
		if rest, found := strings.CutPrefix(name, set); found {
			op.set, name = set, rest
			break
		}
	}
	if name == nullOperator {
		return operator{base: comparison{valid: isBool, expected: "true or false"}}, op.set == ""
	}
	name, op.ifExists = strings.CutSuffix(name, ifExists)
	op.base, ok = comparisonOf(name)
	return op, ok
}

// holds evaluates the condition of a statement: all its operators and all their
// keys must hold.
//
// What cannot be evaluated never allows: an operator that AWS does not have, which
// [Parse] does not let through, or a value in the request that is not of the
// operator's type. It denies instead, where the statement denies.
//
// IAM User Guide, "Conditions with multiple context keys or values".
func (c context) holds(conditions Conditions, effect Effect) bool {
	for name, keys := range conditions {
		op, ok := parseOperator(name)
		if !ok {
			if effect == Allow {
				return false
			}
			continue
		}
		for key, wanted := range keys {
			if name == nullOperator && !c.null(key, wanted) || name != nullOperator && !c.compare(op, c.values(key), wanted, effect) {
				return false
			}
		}
	}
	return true
}

// null holds if "true" is wanted and the key is absent, or "false" and it is there
// and not empty.
//
// IAM User Guide, "IAM JSON policy elements: Condition operators", Condition
// operator to check existence of condition keys.
func (c context) null(key string, wanted []string) bool {
	absent := isEmptySet(c.values(key))
	return slices.ContainsFunc(wanted, func(s string) bool { return strings.EqualFold(s, "true") == absent && isBool(s) })
}

// isEmptySet reports whether a key has no values, for which one empty string
// counts where sets are compared.
//
// IAM User Guide, "Creating a condition with multiple keys or values": if the key
// values in the request resolve to an empty data set (for example, an empty
// string).
func isEmptySet(values []string) bool {
	return len(values) == 0 || len(values) == 1 && values[0] == ""
}

// compare holds one key's values in the request against those that are wanted.
// One of the wanted values is enough, or with a negated operator none may match.
// An absent key holds for a negated operator, for ...IfExists, and for
// ForAllValues, whose trap that is; never for ForAnyValue.
//
// AWS wants a set operator for keys with several values. Without one, all of them
// must do what is asked before anything is allowed, and one is enough to deny.
//
// IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set
// operators for multivalued context keys", which leave open what IfExists adds to
// ForAnyValue: nothing, as AWS behaves.
func (c context) compare(op operator, values, wanted []string, effect Effect) bool {
	one := func(value string) bool { return c.compareOne(op.base, value, wanted, effect) }
	switch {
	case op.set == anyValue:
		return !isEmptySet(values) && slices.ContainsFunc(values, one)
	case op.set == allValues && isEmptySet(values):
		return true
	case len(values) == 0:
		return op.ifExists || op.base.negated
	case op.set == allValues || effect == Allow:
		return !slices.ContainsFunc(values, func(value string) bool { return !one(value) })
	}
	return slices.ContainsFunc(values, one)
}

// compareOne holds one value of the request against those that are wanted.
//
// A policy variable without a value may void the statement (IAM User Guide, "IAM
// policy elements: Variables and tags"). Here it matches nothing, except where to
// match takes something away from an allowance.
func (c context) compareOne(base comparison, value string, wanted []string, effect Effect) bool {
	if base.readable != nil && !base.readable(value) {
		return effect != Allow
	}
	matches := slices.ContainsFunc(wanted, func(s string) bool {
		if !base.variables {
			return base.equal(value, literal(s))
		}
		p, ok := c.expand(s, base.wild)
		if !ok {
			return base.negated && effect == Allow
		}
		return base.equal(value, p)
	})
	return matches != base.negated
}

// matchesARN compares ARNs part by part, so that a * does not reach over a colon,
// except in the resource, which is all that is left.
//
// IAM User Guide, "IAM JSON policy elements: Condition operators", Amazon Resource
// Name (ARN) condition operators: each of the six parts is checked separately.
func matchesARN(request string, policy pattern) bool {
	parts := strings.SplitN(request, ":", 6)
	for i, part := range parts {
		end := slices.Index(policy, ':')
		if last := i == 5; last || end < 0 {
			return last && len(parts) == 6 && policy.matches(part)
		}
		if !policy[:end].matches(part) {
			return false
		}
		policy = policy[end+1:]
	}
	return false
}

// A policy variable may stand for one or several parts of an ARN.
func isARNPattern(s string) bool {
	return strings.Contains(s, "${") || strings.HasPrefix(s, "arn:") && strings.Count(s, ":") >= 5
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func isBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

// equalBase64 compares the bytes that two texts encode.
func equalBase64(a, b string) bool {
	x, _ := base64.StdEncoding.DecodeString(a)
	y, _ := base64.StdEncoding.DecodeString(b)
	return bytes.Equal(x, y)
}

// isNumber matches [+-]?[0-9]{1,40}(\.[0-9]{1,40})?. The number of digits is
// bounded for the sake of the machine.
func isNumber(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	return isDigits(whole, 1, 40) && (!point || isDigits(fraction, 1, 40))
}

func compareNumbers(a, b string) int {
	x, _ := new(big.Rat).SetString(a)
	y, _ := new(big.Rat).SetString(b)
	return x.Cmp(y)
}

// The forms of ISO 8601 that the W3C's note "Date and Time Formats" has, to which
// AWS refers.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"}

func isDate(s string) bool {
	_, ok := parseDate(s)
	return ok
}

func compareDates(a, b string) int {
	x, _ := parseDate(a)
	y, _ := parseDate(b)
	return x.Compare(y)
}

// parseDate reads a date, or the seconds since 1970. Four digits are a year.
func parseDate(s string) (time.Time, bool) {
	if isDigits(s, 5, 12) {
		n, _ := new(big.Int).SetString(s, 10)
		return time.Unix(n.Int64(), 0), true
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func isRange(s string) bool { return parseRange(s).IsValid() }

// parseRange reads a range of addresses; one address is a range of one. IPv4 in
// IPv6's clothes is IPv4.
func parseRange(s string) netip.Prefix {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func inRange(address, policy string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && parseRange(policy).Contains(a.Unmap().WithZone(""))
}
