package testvectors

// V4aCase is one published case of SigV4a (AWS4-ECDSA-P256-SHA256), with the
// public key of its credentials, X and Y in hex. Its signatures, DER in hex, are
// each one of many: a signer that signs alike gives others, and all are verified.
type V4aCase struct {
	Case
	PublicKeyX, PublicKeyY string
}

// V4aKey is the key pair that belongs to an access key. Counter is the one of
// the derivation that led to it. The keys are lowercase hex of 32 bytes.
type V4aKey struct {
	Name, Source                 string
	AccessKeyID, SecretAccessKey string
	Counter                      int
	PrivateKey                   string
	PublicKeyX, PublicKeyY       string
}

func parseV4a(text string) ([]V4aCase, error) {
	const file = "v4a.txt"
	return readAll(file, text, "cases", v4aCases, "case", func(r *reader) V4aCase {
		c := V4aCase{
			Case:       newCase("v4a", r, (*reader).der),
			PublicKeyX: r.digest("public-key-x"),
			PublicKeyY: r.digest("public-key-y"),
		}
		if c.Header == nil || c.Query == nil {
			r.fail(r.line, "one form only")
		}
		return c
	})
}

func parseV4aStrings(text string) ([]Case, error) {
	const file = "v4astrings.txt"
	return readAll(file, text, "cases", v4aStrings, "case", func(r *reader) Case {
		c := newCase("v4a-strings", r, (*reader).none)
		if c.Query != nil {
			r.fail(r.line, "a query form, though none was published")
		}
		return c
	})
}

func parseV4aKeys(text string) ([]V4aKey, error) {
	const file = "v4akeys.txt"
	return readAll(file, text, "keys", v4aKeys, "v4a-key", func(r *reader) V4aKey {
		return V4aKey{
			Name:            r.name,
			Source:          r.required("source"),
			AccessKeyID:     r.required("access-key"),
			SecretAccessKey: r.required("secret-key"),
			Counter:         r.positive("counter"),
			PrivateKey:      r.digest("private-key"),
			PublicKeyX:      r.digest("public-key-x"),
			PublicKeyY:      r.digest("public-key-y"),
		}
	})
}

// readAll reads a text whose records are all of one kind.
func readAll[T any](file, text, what string, want int, kind string, read func(r *reader) T) ([]T, error) {
	records, err := parse(file, text, kind)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, rec := range records {
		r := &reader{record: rec}
		entry := read(r)
		if r.err != nil {
			return nil, r.err
		}
		all = append(all, entry)
	}
	return exactly(file, what, all, want)
}
