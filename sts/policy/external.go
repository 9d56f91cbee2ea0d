package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A stranger's external ID, for trying whether conditions let it in.
const strangersID = "b0b5e1a5c0ffee0123456789abcdef00"

// externalID judges whether a statement demands an external ID of the accounts
// that it trusts, and which.
func (c *checker) externalID(s Statement, path string) {
	strangers := c.strangers(s)
	if len(strangers) == 0 {
		return
	}
	at := path + ".Condition"
	severity := Danger
	if s.ofOrganization() {
		severity = Warning
	}
	const advice = `Demand one with {"StringEquals": {"sts:ExternalId": "…"}}, and let the other side send it.`
	asked, trap := s.externalIDTrap()
	switch {
	case !s.open(externalID, strangersID):
	case slices.ContainsFunc(strangers, func(who string) bool { return !c.deniedWithout(who) }):
		switch {
		case !asked:
			c.add(severity, "no-external-id", path, fmt.Sprintf("no external ID is demanded of %s, so that whoever uses the same service can have it assume this role", s.whom()), advice)
		default:
			c.add(severity, "external-id-optional", at, "a condition names the external ID and lets requests with another one, or without one, in"+trap, advice)
		}
		return
	}
	c.externalIDs(s, path)
}

// strangers are callers, one for each principal of another owner's account.
func (c *checker) strangers(s Statement) []string {
	if !s.NotPrincipal.isZero() || s.Principal.anyone() {
		return []string{"arn:aws:iam::000000000000:user/probe"}
	}
	var all []string
	for _, p := range s.Principal.AWS {
		if id, partition, ok := accountOf(p); ok {
			p = "arn:" + cmp.Or(partition, "aws") + ":iam::" + id + ":user/probe"
		}
		if a, ok := parseARN(p); !ok || !slices.Contains(c.own, a.account) {
			all = append(all, p)
		}
	}
	return all
}

func (s Statement) whom() string {
	if len(s.Principal.AWS) == 1 && !s.Principal.anyone() {
		return s.Principal.AWS[0]
	}
	return "the principals"
}

// deniedWithout reports whether statements that deny keep a caller out who sends
// no external ID, or a stranger's. Only what looks at nothing but the external ID
// is sure to deny.
func (c *checker) deniedWithout(who string) bool {
	denies := func(context map[string][]string) bool {
		return slices.ContainsFunc(c.d.Statements, func(s Statement) bool {
			if s.Effect != Deny {
				return false
			}
			for _, keys := range s.Condition {
				for key := range keys {
					if !strings.EqualFold(key, externalID) {
						return false
					}
				}
			}
			return s.applies(newContext(Request{Principal: who, Action: "sts:AssumeRole", Context: context}, true))
		})
	}
	return denies(nil) && denies(map[string][]string{externalID: {strangersID}})
}

// externalIDTrap reports whether the conditions have the key at all, and why they
// hold all the same.
func (s Statement) externalIDTrap() (asked bool, trap string) {
	for _, name := range sortedKeys(s.Condition) {
		if len(s.externalIDsOf(name)) == 0 {
			continue
		}
		asked = true
		switch op, _ := parseOperator(name); {
		case op.set == allValues:
			trap = ": ForAllValues holds where the key is absent"
		case op.ifExists:
			trap = ": ...IfExists holds where the key is absent"
		case op.base.negated:
			trap = ": " + name + " holds where the key is absent"
		case name == nullOperator:
			trap = cmp.Or(trap, ": Null asks only whether there is one, not which")
		case op.base.wild:
			trap = cmp.Or(trap, ": the pattern fits any")
		}
	}
	return asked, trap
}

func (s Statement) externalIDsOf(operator string) []string { return s.valuesOf(operator, externalID) }

// externalIDs judges the external IDs that are demanded.
func (c *checker) externalIDs(s Statement, path string) {
	for _, name := range sortedKeys(s.Condition) {
		op, _ := parseOperator(name)
		values := s.externalIDsOf(name)
		if len(values) == 0 || op.base.negated || name == nullOperator {
			continue
		}
		at := path + ".Condition." + name
		if strings.Contains(name, "IgnoreCase") {
			c.add(Warning, "external-id-case", at, "the external ID is compared without case, so that several fit", "Compare with StringEquals.")
		}
		if len(values) > 1 {
			c.add(Info, "external-id-several", at, fmt.Sprintf("each of %d external IDs opens the role", len(values)), "Keep those that are in use.")
		}
		for _, id := range values {
			c.externalIDValue(s, op, id, at)
		}
	}
}

// STS API Reference, "AssumeRole", ExternalId: 2 to 1224 of these characters.
func canBeSent(id string) bool {
	return len(id) >= 2 && len(id) <= 1224 && only(id, word+"+=,.@:/-")
}

// The external ID is not repeated in a finding: it is no secret to AWS, but many
// treat it as one.
func (c *checker) externalIDValue(s Statement, op operator, id, at string) {
	const fresh = `Use a fresh one of 128 random bits, as "sigvier role" and NewExternalID make them.`
	switch {
	case op.base.variables && c.d.Version == Version && strings.Contains(id, "${"):
		c.add(Warning, "external-id-variable", at, "the external ID is a policy variable: whoever knows the request knows it", fresh)
	case op.base.wild && isOpen(id):
		c.add(Danger, "external-id-pattern", at, "the external ID is a pattern that many fit, also those of the same service's other customers", "Demand the one external ID with StringEquals.")
	case !canBeSent(id):
		c.add(Warning, "external-id-invalid", at, "nobody can send this external ID: STS takes 2 to 1224 letters, digits and _+=,.@:/-", fresh)
	case slices.ContainsFunc(s.Principal.AWS, func(p string) bool { return strings.Contains(p, id) }):
		c.add(Warning, "external-id-weak", at, "the external ID stands in the principal's own ARN: anybody knows it", fresh)
	case isWeak(id):
		c.add(Warning, "external-id-weak", at, "the external ID can be guessed", fresh)
	}
}

var guessable = [...]string{"example", "sample", "test", "demo", "changeme", "password", "secret", "external", "1234", "abcd"}

// isWeak reports whether an external ID looks as if one could guess it: too few
// bits for its characters, a word in it, or no digit at all, as in a name.
func isWeak(id string) bool {
	const enough = 64 // bits
	counts := map[rune]int{}
	for _, r := range id {
		counts[r]++
	}
	bits := 0.0
	for _, n := range counts {
		bits -= float64(n) * math.Log2(float64(n)/float64(len(id)))
	}
	return bits < enough || !strings.ContainsAny(id, digits) || len(id) < 32 && hasGuessable(id)
}

func hasGuessable(id string) bool {
	id = strings.ToLower(id)
	return slices.ContainsFunc(guessable[:], func(w string) bool { return strings.Contains(id, w) })
}
