package testvectors

// rule tells how a key may stand in a record.
type rule int

const (
	unknown  rule = iota
	once          // one line, at most once
	repeated      // one line, any number of times
	block         // | lines, at most once
)

// ruleOf is the vocabulary of the texts: which keys a record of a kind knows.
func ruleOf(kind, key string) rule {
	switch kind {
	case "case":
		return caseRule(key)
	case "policy":
		return policyRule(key)
	case "signing-key":
		return signingKeyRule(key)
	}
	return unknown
}

func caseRule(key string) rule {
	switch key {
	case "source", "access-key", "secret-key", "session-token", "region", "service", "time",
		"method", "target", "body",
		"content-sha256", "normalize-path", "double-encode", "sign-token", "expires",
		"header-signature", "query-signature":
		return once
	case "header":
		return repeated
	case "header-canonical-request", "header-string-to-sign",
		"query-canonical-request", "query-string-to-sign":
		return block
	}
	return unknown
}

func policyRule(key string) rule {
	switch key {
	case "source", "access-key", "secret-key", "region", "service", "time",
		"policy-base64", "signature":
		return once
	case "field":
		return repeated
	}
	return unknown
}

func signingKeyRule(key string) rule {
	switch key {
	case "source", "secret-key", "date", "region", "service",
		"kdate", "kregion", "kservice", "ksigning":
		return once
	}
	return unknown
}
