package policy

import (
	"slices"
	"strings"
	"testing"
)

// TestConditionOperators has for each operator the values of a request for which
// it holds where a statement allows, and those for which it does not. Where the
// statement denies it is the same, but for the values in other.
func TestConditionOperators(t *testing.T) {
	const key = "aws:key"
	for _, test := range []struct {
		operator string
		wanted   string   // values, separated by |
		holds    []string // values, separated by |; "-" is an absent key
		not      []string
		other    []string
	}{
		{"StringEquals", "a|b", []string{"a", "b", "a|b"}, []string{"A", "c", "", "-", "ab", "c|a"}, []string{"c|a"}},
		{"StringEquals", "a*", []string{"a*"}, []string{"ab"}, nil},
		{"StringEquals", "", []string{""}, []string{"-", "a"}, nil},
		{"StringEquals", "é", []string{"é"}, []string{"e\u0301", "É"}, nil}, // one character, and two that look the same
		{"StringNotEquals", "a|b", []string{"c", "A", "-"}, []string{"a", "b", "c|a"}, []string{"c|a"}},
		{"StringEqualsIgnoreCase", "aBÉ", []string{"abé", "ABÉ"}, []string{"ab", "-"}, nil},
		{"StringEqualsIgnoreCase", "\ufffd", []string{"\ufffd"}, []string{"\xff"}, nil},
		{"StringEqualsIgnoreCase", "\xff", []string{"\xff"}, []string{"\xfe", "\ufffd"}, nil},
		{"StringEqualsIgnoreCase", "a*", []string{"A*"}, []string{"ab"}, nil},
		{"StringNotEqualsIgnoreCase", "aB", []string{"a", "-"}, []string{"ab", "AB"}, nil},
		{"StringLike", "a*|?b", []string{"a", "axy", "xb", "éb"}, []string{"b", "A", "-"}, nil},
		{"StringNotLike", "a*|?b", []string{"b", "A", "-"}, []string{"a", "axy", "xb"}, nil},
		{"StringEquals", "${aws:PrincipalAccount}", []string{"123456789012"}, []string{"${aws:PrincipalAccount}"}, nil},
		{"StringEqualsIgnoreCase", "${aws:username}", []string{"ANN"}, []string{"bob"}, nil},
		{"StringEqualsIfExists", "a", []string{"a", "-"}, []string{"b", ""}, nil},
		{"StringNotEqualsIfExists", "a", []string{"b", "-"}, []string{"a"}, nil},

		// Where a variable has no value, nothing matches, but an allowance never asks
		// in vain for what does not match.
		{"StringEquals", "${aws:nothing}", nil, []string{"", "${aws:nothing}", "-"}, nil},
		{"StringNotEquals", "${aws:nothing}", []string{"-"}, []string{"", "a"}, []string{"", "a"}},
		{"StringNotLike", "b|${aws:nothing}*", nil, []string{"a", "b"}, []string{"a"}},
		{"ArnNotLike", "${aws:nothing}", nil, []string{"arn:aws:iam::123456789012:role/a"}, []string{"arn:aws:iam::123456789012:role/a"}},
		{"StringNotEquals", "${aws:nothing, 'a'}", []string{"b"}, []string{"a"}, nil},

		{"ForAnyValue:StringEquals", "a|b", []string{"a", "x|b"}, []string{"x|y", "-"}, nil},
		{"ForAnyValue:StringEquals", "", []string{"|"}, []string{"", "-"}, nil}, // an empty string is an empty set
		{"ForAnyValue:StringNotEquals", "a|b", []string{"x", "a|x"}, []string{"a|b", "a", "-", ""}, nil},
		{"ForAnyValue:StringEqualsIfExists", "a", []string{"a"}, []string{"-"}, nil},
		{"ForAnyValue:StringLike", "a*", []string{"b|ab"}, []string{"b", "-"}, nil},
		{"ForAllValues:StringEquals", "a|b", []string{"a", "a|b|a", "-", ""}, []string{"a|x", "x", "a|"}, nil},
		{"ForAllValues:StringNotEquals", "a|b", []string{"x|y", "-"}, []string{"a|x", "a"}, nil},
		{"ForAllValues:StringLike", "a*", []string{"a|ab", "-"}, []string{"a|b"}, nil},
		{"ForAllValues:StringEqualsIfExists", "a", []string{"a|a", "-"}, []string{"a|b"}, nil},
		{"ForAllValues:NumericLessThan", "10", []string{"1|9", "-"}, []string{"1|10", "1|x"}, []string{"1|x"}},

		// What is not of the operator's type never allows, and denies.
		{"NumericEquals", "10", []string{"10", "10.0", "+10", "010"}, []string{"9", "-", "ten", "", "1e1", "0x0a", " 10", "١٠", "NaN"}, []string{"ten", "", "1e1", "0x0a", " 10", "١٠", "NaN"}},
		{"NumericNotEquals", "10", []string{"9", "-"}, []string{"10", "10.0", "ten", ""}, []string{"ten", ""}},
		{"NumericLessThan", "10", []string{"9.99", "-1"}, []string{"10", "11", "-", "-Inf"}, []string{"-Inf"}},
		{"NumericLessThanEquals", "10", []string{"10", "9"}, []string{"10.000000000000000001"}, nil},
		{"NumericGreaterThan", "9007199254740993", []string{"9007199254740994"}, []string{"9007199254740993", "9007199254740992", "1" + strings.Repeat("0", 40)}, []string{"1" + strings.Repeat("0", 40)}},
		{"NumericGreaterThanEquals", "10", []string{"10"}, []string{"9", "-"}, nil},
		{"NumericGreaterThanEqualsIfExists", "10", []string{"10", "-"}, []string{"9"}, nil},
		{"NumericLessThan", "${aws:PrincipalAccount}", nil, []string{"1"}, nil},
		{"DateEquals", "2026-01-31T12:00:00Z", []string{"2026-01-31T13:00:00+01:00", "1769860800", "2026-01-31T12:00Z"}, []string{"2026-01-31", "-", "soon", "2026-02-30"}, []string{"soon", "2026-02-30"}},
		{"DateNotEquals", "2026-01-31", []string{"2026-02-01", "-"}, []string{"2026-01-31T00:00:00Z", "soon"}, []string{"soon"}},
		{"DateLessThan", "2026-01-31", []string{"2026-01-30T23:59:59.9Z", "2026", "2026-01"}, []string{"2026-01-31", "2027", "-"}, nil},
		{"DateLessThanEquals", "2026-01-31", []string{"2026-01-31"}, []string{"2026-02-01"}, nil},
		{"DateGreaterThan", "2026-01-31", []string{"2026-02-01"}, []string{"2026-01-31"}, nil},
		{"DateGreaterThanEquals", "2026-01-31", []string{"2026-01-31"}, []string{"2026-01-30"}, nil},
		{"Bool", "true", []string{"true", "True"}, []string{"false", "-", "", "1", "yes"}, []string{"", "1", "yes"}},
		{"Bool", "true|false", []string{"true", "false"}, []string{"-"}, nil},
		{"BoolIfExists", "false", []string{"false", "-"}, []string{"true"}, nil},
		{"BinaryEquals", "QUJD", []string{"QUJD"}, []string{"qujd", "-", "ABC"}, []string{"ABC"}},
		{"BinaryEquals", "QUI=", []string{"QUI=", "QUJ="}, []string{"QUE="}, nil}, // the last bits are no part of the bytes
		{"IpAddress", "203.0.113.0/24|2001:db8::/32", []string{"203.0.113.7", "2001:DB8::1", "::ffff:203.0.113.7"}, []string{"203.0.114.1", "2001:db9::1", "-", "x", "203.0.113.0/24"}, []string{"x", "203.0.113.0/24"}},
		{"IpAddress", "203.0.113.9/24", []string{"203.0.113.7"}, []string{"203.0.112.9"}, nil},
		{"IpAddress", "203.0.113.7", []string{"203.0.113.7"}, []string{"203.0.113.8"}, nil},
		{"IpAddress", "::ffff:203.0.113.0/120|::ffff:198.51.100.1", []string{"203.0.113.7", "::ffff:203.0.113.7", "198.51.100.1"}, []string{"203.0.114.7", "198.51.100.2"}, nil},
		{"IpAddress", "fe80::/10", []string{"fe80::1", "fe80::1%eth0"}, []string{"2001:db8::1"}, nil},
		{"IpAddress", "0.0.0.0/0", []string{"203.0.113.7"}, []string{"2001:db8::1"}, nil},
		{"NotIpAddress", "203.0.113.0/24", []string{"198.51.100.1", "-"}, []string{"203.0.113.7", "203.0.113.7:80"}, []string{"203.0.113.7:80"}},
		{"ArnLike", "arn:aws:iam::123456789012:role/a*", []string{"arn:aws:iam::123456789012:role/ab", "arn:aws:iam::123456789012:role/a/b:c"}, []string{"arn:aws:iam::123456789012:role/b", "arn:aws:iam::123456789012:Role/ab", "x", "-"}, nil},
		{"ArnEquals", "arn:aws:iam::*:role/a", []string{"arn:aws:iam::123456789012:role/a"}, []string{"arn:aws:iam::1:2:role/a", "arn:aws:iam::1"}, nil},
		// The example of "Condition operators", Amazon Resource Name (ARN) condition operators.
		{"StringLike", "arn:aws:someservice:*:111122223333:finance/*", []string{"arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"}, nil, nil},
		{"ArnLike", "arn:aws:someservice:*:111122223333:finance/*", []string{"arn:aws:someservice:us-east-2:111122223333:finance/document.txt"}, []string{"arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"}, nil},
		{"ArnLike", "arn:*:role/a", nil, []string{"arn:aws:iam::123456789012:role/a"}, nil},
		{"ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:role/a", []string{"arn:aws:iam::123456789012:role/a"}, []string{"arn:aws:iam::1:role/a"}, nil},
		{"ArnLikeIfExists", "arn:aws:iam::123456789012:role/a", []string{"-", "arn:aws:iam::123456789012:role/a"}, []string{"arn:aws:iam::123456789012:role/b"}, nil},
		{"ArnNotLike", "arn:aws:iam::123456789012:role/a*", []string{"arn:aws:iam::123456789012:role/b", "-"}, []string{"arn:aws:iam::123456789012:role/ab"}, nil},
		{"ArnNotEquals", "arn:aws:iam::123456789012:role/a", []string{"-"}, []string{"arn:aws:iam::123456789012:role/a"}, nil},
		{"Null", "true", []string{"-", ""}, []string{"a", "|"}, nil},
		{"Null", "false", []string{"a", "|"}, []string{"-", ""}, nil},
		{"Null", "FALSE", []string{"a"}, []string{"-"}, nil},
		{"Null", "true|false", []string{"a", "-"}, nil, nil},
		{"Null", "perhaps", nil, []string{"a", "-"}, nil},
	} {
		for _, want := range []bool{true, false} {
			values := test.holds
			if !want {
				values = test.not
			}
			for _, value := range values {
				r := Request{Principal: "arn:aws:iam::123456789012:user/ann", Context: map[string][]string{}}
				if value != "-" {
					r.Context["AWS:Key"] = strings.Split(value, "|")
				}
				c := Conditions{test.operator: {key: strings.Split(test.wanted, "|")}}
				if got := newContext(r, true).holds(c, Allow); got != want {
					t.Errorf("%s %q of %q = %v, want %v", test.operator, test.wanted, value, got, want)
				}
				if got := newContext(r, true).holds(c, Deny); got == want == slices.Contains(test.other, value) {
					t.Errorf("%s %q of %q = %v where the statement denies", test.operator, test.wanted, value, got)
				}
			}
		}
	}
}

// Keys are the same in either case. A request that has one twice gets no more for
// it.
func TestKeysInAnyCase(t *testing.T) {
	for _, test := range []struct {
		context    map[string][]string
		conditions Conditions
		allow      bool
		deny       bool
	}{
		{map[string][]string{"aws:PrincipalTag/Team": {"a"}}, Conditions{"StringEquals": {"AWS:principaltag/TEAM": {"a"}}}, true, true},
		{map[string][]string{"s3:ExistingObjectTag/class": {"secret"}, "s3:ExistingObjectTag/Class": {"public"}}, Conditions{"StringEquals": {"s3:ExistingObjectTag/class": {"public"}}}, false, true},
		{map[string][]string{"s3:ExistingObjectTag/class": {"public"}, "s3:ExistingObjectTag/Class": {"secret"}}, Conditions{"StringNotEquals": {"s3:ExistingObjectTag/class": {"secret"}}}, false, true},
		{map[string][]string{"aws:x": {}}, Conditions{"Null": {"aws:x": {"true"}}}, true, true},
		{map[string][]string{"aws:username": {}}, Conditions{"Null": {"aws:username": {"true"}}}, true, true}, // given, though empty, in place of what follows from the principal
	} {
		for range 20 { // maps come in any order
			c := newContext(Request{Principal: "arn:aws:iam::123456789012:user/ann", Context: test.context}, true)
			if allow, deny := c.holds(test.conditions, Allow), c.holds(test.conditions, Deny); allow != test.allow || deny != test.deny {
				t.Fatalf("%v in %v: %v to allow, %v to deny; want %v, %v", test.conditions, test.context, allow, deny, test.allow, test.deny)
			}
		}
	}
}

func TestEveryOperatorIsOne(t *testing.T) {
	for _, name := range operators {
		for _, set := range []string{"", anyValue, allValues} {
			for _, suffix := range []string{"", ifExists} {
				want := name != nullOperator || set+suffix == ""
				if _, ok := parseOperator(set + name + suffix); ok != want {
					t.Errorf("%s is an operator: %v, want %v", set+name+suffix, ok, want)
				}
			}
		}
	}
	for _, name := range []string{"", "stringequals", "StringEqual", "NotStringEquals", "NumericLike", "NumericNotLessThan", "DateNotLessThan",
		"Numeric", "IfExists", "ForAllValues:", "ForAnyValue:ForAllValues:Bool", "ForAllValues:ForAnyValue:Bool", "NotBool", "IpNotAddress", "StringEqualsIfExistsIfExists", "ForallValues:StringEquals"} {
		if _, ok := parseOperator(name); ok {
			t.Errorf("%q is an operator", name)
		}
	}
}

// Conditions are a conjunction; what is no operator fails closed.
func TestAllConditionsMustHold(t *testing.T) {
	c := newContext(Request{Context: map[string][]string{"a:x": {"1"}, "a:y": {"2"}}}, true)
	for _, test := range []struct {
		conditions Conditions
		want       bool
	}{
		{nil, true},
		{Conditions{"StringEquals": {"a:x": {"1"}, "a:y": {"2"}}}, true},
		{Conditions{"StringEquals": {"a:x": {"1"}, "a:y": {"3"}}}, false},
		{Conditions{"StringEquals": {"a:x": {"1"}}, "StringLike": {"a:y": {"3*"}}}, false},
		{Conditions{"StringEquals": {"a:x": {}}}, false},
	} {
		if got := c.holds(test.conditions, Allow); got != test.want {
			t.Errorf("%v holds: %v, want %v", test.conditions, got, test.want)
		}
	}
	misspelt := Conditions{"StringEqual": {"a:x": {"1"}}}
	if c.holds(misspelt, Allow) || !c.holds(misspelt, Deny) {
		t.Error("an unknown operator allows, or does not deny")
	}
}
