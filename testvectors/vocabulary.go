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
	case "v4a-key":
		return v4aKeyRule(key)
	case "chain":
		return chainRule(key)
	case "chunk", "trailer", "event":
		return pieceRule(kind, key)
	case "framing":
		return framingRule(key)
	case "flag":
		return flagRule(key)
	case "scenario":
		return scenarioRule(key)
	}
	return unknown
}

func caseRule(key string) rule {
	switch key {
	case "source", "access-key", "secret-key", "session-token", "region", "service", "time",
		"method", "target", "body",
		"content-sha256", "normalize-path", "double-encode", "sign-token", "expires",
		"header-signature", "query-signature",
		"public-key-x", "public-key-y":
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

func v4aKeyRule(key string) rule {
	switch key {
	case "source", "access-key", "secret-key", "counter",
		"private-key", "public-key-x", "public-key-y":
		return once
	}
	return unknown
}

// chainRule lets a chain have what a case in header form has.
func chainRule(key string) rule {
	switch key {
	case "algorithm", "signing-key", "seed":
		return once
	case "body", "expires", "query-signature", "query-canonical-request", "query-string-to-sign":
		return unknown
	}
	return caseRule(key)
}

func pieceRule(kind, key string) rule {
	switch key {
	case "signature":
		return once
	case "string-to-sign":
		return block
	case "data", "repeat":
		if kind != "trailer" {
			return once
		}
	case "field":
		if kind == "trailer" {
			return repeated
		}
	case "time", "headers-hex":
		if kind == "event" {
			return once
		}
	}
	return unknown
}

func framingRule(key string) rule {
	switch key {
	case "source", "payload", "chunk-size", "encoded":
		return once
	case "field":
		return repeated
	}
	return unknown
}

func flagRule(key string) rule {
	switch key {
	case "what", "why", "seen", "issue":
		return once
	}
	return unknown
}

func scenarioRule(key string) rule {
	switch key {
	case "flags", "mode", "sequence",
		"service", "region", "access-key", "secret-key", "session-token", "credentials-end",
		"time", "now", "expires", "format",
		"method", "url", "host", "signed-headers", "payload",
		"signature", "refused":
		return once
	case "header":
		return repeated
	case "canonical-request":
		return block
	}
	return unknown
}
