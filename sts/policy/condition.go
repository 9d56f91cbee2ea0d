package policy

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
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
	typed := func(expected string, valid func(string) bool, equal func(request, policy string) bool) (comparison, bool) {
		return comparison{
			negated: base != name, valid: valid, expected: expected,
			equal: func(request string, policy pattern) bool { return equal(request, string(policy)) },
		}, true
	}
	number := func(holds func(int) bool) (comparison, bool) {
		return typed("a number such as 100 or 2.5", isNumber, func(request, policy string) bool {
			return isNumber(request) && isNumber(policy) && holds(compareNumbers(request, policy))
		})
	}
	date := func(holds func(int) bool) (comparison, bool) {
		return typed("a time such as 2026-01-31T15:04:05Z, or the seconds since 1970", isDate, func(request, policy string) bool {
			r, ok1 := parseDate(request)
			p, ok2 := parseDate(policy)
			return ok1 && ok2 && holds(r.Compare(p))
		})
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
		text.equal = func(request string, policy pattern) bool { return strings.EqualFold(request, string(policy)) }
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
		return typed("true or false", isBool, strings.EqualFold)
	case "BinaryEquals":
		return typed("Base64", isBase64, func(request, policy string) bool { return request == policy })
	case "IpAddress":
		return typed("an IP address or a range such as 203.0.113.0/24", isRange, func(request, policy string) bool {
			address, err := netip.ParseAddr(request)
			return err == nil && isRange(policy) && parseRange(policy).Contains(address.Unmap())
		})
	}
	if after, ok := strings.CutPrefix(base, "Numeric"); ok && order[after] != nil {
		return number(order[after])
	}
	if after, ok := strings.CutPrefix(base, "Date"); ok && order[after] != nil {
		return date(order[after])
	}
	return comparison{}, false
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

// holds evaluates a condition: all its operators and all their keys must hold.
// An operator that AWS does not have never holds for an allowance and always for
// a denial; [Parse] lets none through.
//
// IAM User Guide, "Conditions with multiple context keys or values".
func (c context) holds(conditions Conditions, unknown bool) bool {
	for name, keys := range conditions {
		op, ok := parseOperator(name)
		if !ok {
			if !unknown {
				return false
			}
			continue
		}
		for key, wanted := range keys {
			if name == nullOperator && !c.null(key, wanted) || name != nullOperator && !c.compare(op, c.values(key), wanted) {
				return false
			}
		}
	}
	return true
}

// null holds if "true" is wanted and the key is absent, or "false" and it is there.
//
// IAM User Guide, "IAM JSON policy elements: Condition operators", Condition
// operator to check existence of condition keys.
func (c context) null(key string, wanted []string) bool {
	absent := len(c.values(key)) == 0
	return slices.ContainsFunc(wanted, func(s string) bool { return strings.EqualFold(s, "true") == absent && isBool(s) })
}

// compare holds one key's values in the request against those that are wanted.
// One of the wanted values is enough, or with a negated operator none may match.
// An absent key holds for a negated operator, for ...IfExists, and for
// ForAllValues, whose trap that is; never for ForAnyValue.
//
// IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set
// operators for multivalued context keys", which leave open what IfExists adds to
// ForAnyValue: nothing, as AWS behaves.
func (c context) compare(op operator, values, wanted []string) bool {
	one := func(value string) bool { return c.matchesOne(op.base, value, wanted) != op.base.negated }
	switch {
	case op.set == anyValue:
		return slices.ContainsFunc(values, one)
	case len(values) == 0:
		return op.set == allValues || op.ifExists || op.base.negated
	case op.set == allValues || op.base.negated:
		return !slices.ContainsFunc(values, func(value string) bool { return !one(value) })
	}
	// Several values without a set operator, which AWS warns of.
	return slices.ContainsFunc(values, one)
}

func (c context) matchesOne(base comparison, value string, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(s string) bool {
		p, ok := literal(s), true
		if base.variables {
			p, ok = c.expand(s, base.wild)
		}
		return ok && base.equal(value, p)
	})
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

// The number of digits is bounded for the sake of the machine.
var number = regexp.MustCompile(`^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$`)

func isNumber(s string) bool { return number.MatchString(s) }

func compareNumbers(a, b string) int {
	x, _ := new(big.Rat).SetString(a)
	y, _ := new(big.Rat).SetString(b)
	return x.Cmp(y)
}

// The forms of ISO 8601 that the W3C's note "Date and Time Formats" has, to which
// AWS refers.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"}

var seconds = regexp.MustCompile(`^[0-9]{5,12}$`)

func isDate(s string) bool {
	_, ok := parseDate(s)
	return ok
}

// parseDate reads a date, or the seconds since 1970. Four digits are a year.
func parseDate(s string) (time.Time, bool) {
	if seconds.MatchString(s) {
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

// parseRange reads a range of addresses; one address is a range of one.
func parseRange(s string) netip.Prefix {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked()
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen())
}
