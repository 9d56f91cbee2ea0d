package policy

import (
	"strings"
	"testing"
)

func TestConditionOperators(t *testing.T) {
	const key = "aws:key"
	for _, test := range []struct {
		operator string
		wanted   string   // values, separated by |
		holds    []string // values, separated by |; "-" is an absent key
		not      []string
	}{
		{"StringEquals", "a|b", []string{"a", "b", "c|a"}, []string{"A", "c", "", "-", "ab"}},
		{"StringEquals", "a*", []string{"a*"}, []string{"ab"}},
		{"StringNotEquals", "a|b", []string{"c", "A", "-"}, []string{"a", "b", "c|a"}},
		{"StringEqualsIgnoreCase", "aB", []string{"ab", "AB"}, []string{"a", "-"}},
		{"StringNotEqualsIgnoreCase", "aB", []string{"a", "-"}, []string{"ab", "AB"}},
		{"StringLike", "a*|?b", []string{"a", "axy", "xb"}, []string{"b", "A", "-"}},
		{"StringNotLike", "a*|?b", []string{"b", "A", "-"}, []string{"a", "axy", "xb"}},
		{"StringEquals", "${aws:PrincipalAccount}", []string{"123456789012"}, []string{"${aws:PrincipalAccount}"}},
		{"StringEquals", "${aws:nothing}", nil, []string{"", "${aws:nothing}", "-"}},
		{"StringEqualsIfExists", "a", []string{"a", "-"}, []string{"b"}},
		{"StringNotEqualsIfExists", "a", []string{"b", "-"}, []string{"a"}},
		{"ForAnyValue:StringEquals", "a|b", []string{"a", "x|b"}, []string{"x|y", "-"}},
		{"ForAnyValue:StringNotEquals", "a|b", []string{"x", "a|x"}, []string{"a|b", "a", "-"}},
		{"ForAnyValue:StringEqualsIfExists", "a", []string{"a"}, []string{"-"}},
		{"ForAllValues:StringEquals", "a|b", []string{"a", "a|b|a", "-"}, []string{"a|x", "x"}},
		{"ForAllValues:StringNotEquals", "a|b", []string{"x|y", "-"}, []string{"a|x", "a"}},
		{"ForAllValues:StringLike", "a*", []string{"a|ab", "-"}, []string{"a|b"}},
		{"NumericEquals", "10", []string{"10", "10.0"}, []string{"9", "ten", "", "-"}},
		{"NumericNotEquals", "10", []string{"9", "ten", "-"}, []string{"10"}},
		{"NumericLessThan", "10", []string{"9.99", "-1"}, []string{"10", "11", "-"}},
		{"NumericLessThanEquals", "10", []string{"10", "9"}, []string{"10.000000000000000001"}},
		{"NumericGreaterThan", "9007199254740993", []string{"9007199254740994"}, []string{"9007199254740993", "9007199254740992"}},
		{"NumericGreaterThanEquals", "10", []string{"10"}, []string{"9", "-"}},
		{"NumericLessThan", "${aws:PrincipalAccount}", nil, []string{"1"}},
		{"DateEquals", "2026-01-31T12:00:00Z", []string{"2026-01-31T13:00:00+01:00", "1769860800", "2026-01-31T12:00Z"}, []string{"2026-01-31", "soon", "-"}},
		{"DateNotEquals", "2026-01-31", []string{"2026-02-01", "-"}, []string{"2026-01-31T00:00:00Z"}},
		{"DateLessThan", "2026-01-31", []string{"2026-01-30T23:59:59.9Z", "2026", "2026-01"}, []string{"2026-01-31", "2027", "-"}},
		{"DateLessThanEquals", "2026-01-31", []string{"2026-01-31"}, []string{"2026-02-01"}},
		{"DateGreaterThan", "2026-01-31", []string{"2026-02-01"}, []string{"2026-01-31"}},
		{"DateGreaterThanEquals", "2026-01-31", []string{"2026-01-31"}, []string{"2026-01-30"}},
		{"Bool", "true", []string{"true", "True"}, []string{"false", "", "-"}},
		{"BoolIfExists", "false", []string{"false", "-"}, []string{"true"}},
		{"BinaryEquals", "QUJD", []string{"QUJD"}, []string{"qujd", "ABC", "-"}},
		{"IpAddress", "203.0.113.0/24|2001:db8::/32", []string{"203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"}, []string{"203.0.114.1", "2001:db9::1", "x", "-"}},
		{"IpAddress", "203.0.113.7", []string{"203.0.113.7"}, []string{"203.0.113.8"}},
		{"NotIpAddress", "203.0.113.0/24", []string{"198.51.100.1", "-"}, []string{"203.0.113.7"}},
		{"ArnLike", "arn:aws:iam::123456789012:role/a*", []string{"arn:aws:iam::123456789012:role/ab", "arn:aws:iam::123456789012:role/a/b:c"}, []string{"arn:aws:iam::123456789012:role/b", "x", "-"}},
		{"ArnEquals", "arn:aws:iam::*:role/a", []string{"arn:aws:iam::123456789012:role/a"}, []string{"arn:aws:iam::1:2:role/a", "arn:aws:iam::1"}},
		{"ArnLike", "arn:*:role/a", nil, []string{"arn:aws:iam::123456789012:role/a"}},
		{"ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:role/a", []string{"arn:aws:iam::123456789012:role/a"}, []string{"arn:aws:iam::1:role/a"}},
		{"ArnNotLike", "arn:aws:iam::123456789012:role/a*", []string{"arn:aws:iam::123456789012:role/b", "-"}, []string{"arn:aws:iam::123456789012:role/ab"}},
		{"ArnNotEquals", "arn:aws:iam::123456789012:role/a", []string{"-"}, []string{"arn:aws:iam::123456789012:role/a"}},
		{"Null", "true", []string{"-"}, []string{"a", ""}},
		{"Null", "false", []string{"a", ""}, []string{"-"}},
		{"Null", "perhaps", nil, []string{"a", "-"}},
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
				if got := newContext(r, true).holds(c, false); got != want {
					t.Errorf("%s %q of %q = %v, want %v", test.operator, test.wanted, value, got, want)
				}
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
		if got := c.holds(test.conditions, false); got != test.want {
			t.Errorf("%v holds: %v, want %v", test.conditions, got, test.want)
		}
	}
	misspelt := Conditions{"StringEqual": {"a:x": {"1"}}}
	if c.holds(misspelt, false) || !c.holds(misspelt, true) {
		t.Error("an unknown operator allows, or does not deny")
	}
}
