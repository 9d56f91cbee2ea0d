package testvectors

import (
	"embed"
	"fmt"
)

//go:embed v4.txt legacy2015.txt documents.txt keys.txt spaces.txt
//go:embed v4a.txt v4astrings.txt v4akeys.txt chains.txt flaws.txt
var texts embed.FS

// The numbers of what was published. They stand apart from the texts so that a
// text which lost an entry cannot also lower the count it is held to.
const (
	v4Cases     = 38
	legacyCases = 34

	documentHeaderCases = 8
	documentQueryCases  = 2
	documentCases       = documentHeaderCases + documentQueryCases

	policyCount      = 2
	signingKeyCount  = 3
	spaceCollapsings = 14

	v4aCases   = 38
	v4aStrings = 6
	v4aKeys    = 3

	chainCount   = 12
	chainPieces  = 43
	framingCount = 6

	flagCount     = 19
	scenarioCount = 497
	refusalCount  = 330
)

func v4Suite() suite {
	return suite{family: "v4", file: "v4.txt", cases: v4Cases, header: v4Cases, query: v4Cases}
}

func legacySuite() suite {
	return suite{family: "legacy-2015", file: "legacy2015.txt", cases: legacyCases, header: legacyCases}
}

func documentSuite() suite {
	return suite{
		family: "documents", file: "documents.txt",
		cases: documentCases, header: documentHeaderCases, query: documentQueryCases,
	}
}

// V4 returns the 38 cases of AWS's present test suite, each with both forms.
func V4() ([]Case, error) { return load("v4.txt", v4Suite().parse) }

// Legacy2015 returns the 34 cases of the suite of 2015, header form only.
func Legacy2015() ([]Case, error) { return load("legacy2015.txt", legacySuite().parse) }

// Documents returns the 10 worked examples of AWS's documents, each in one
// form: S3 (4 header, 1 query), IAM (2 header, 1 query) and Glacier (2 header).
func Documents() ([]Case, error) { return load("documents.txt", documentSuite().parse) }

// Policies returns the 2 published S3 browser upload policies.
func Policies() ([]Policy, error) { return load("documents.txt", parsePolicies) }

// SigningKeys returns the 3 published key derivations.
func SigningKeys() ([]SigningKey, error) { return load("keys.txt", parseSigningKeys) }

// SpaceCollapse returns 14 header values, each as given and as signed: without
// blanks at its ends, and with one blank for each run of them.
func SpaceCollapse() ([][2]string, error) { return load("spaces.txt", parseSpaces) }

// V4a returns the 38 complete cases of AWS's test suite for SigV4a, each with
// both forms.
func V4a() ([]V4aCase, error) { return load("v4a.txt", parseV4a) }

// V4aStrings returns 6 cases of SigV4a in header form that have no signature.
func V4aStrings() ([]Case, error) { return load("v4astrings.txt", parseV4aStrings) }

// V4aKeys returns the 3 published key pairs of SigV4a.
func V4aKeys() ([]V4aKey, error) { return load("v4akeys.txt", parseV4aKeys) }

// Chains returns the 12 published chains of signatures with 43 pieces: 8 of
// chunks and 2 of events with HMAC, and 2 of chunks with SigV4a.
func Chains() ([]Chain, error) { return load(chainsFile, parseChains) }

// Framings returns the 6 published bodies that are framed without signatures.
func Framings() ([]Framing, error) { return load(chainsFile, parseFramings) }

// Flaws returns 497 scenarios of known flaws, of which 330 are to be refused.
func Flaws() ([]Scenario, error) {
	return load(flawsFile, func(text string) ([]Scenario, error) {
		_, scenarios, err := parseFlaws(text)
		return scenarios, err
	})
}

// Flags returns the 19 flags that the scenarios of [Flaws] have.
func Flags() ([]Flag, error) {
	return load(flawsFile, func(text string) ([]Flag, error) {
		flags, _, err := parseFlaws(text)
		return flags, err
	})
}

func load[T any](file string, parse func(text string) ([]T, error)) ([]T, error) {
	text, err := texts.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("testvectors: %w", err)
	}
	entries, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("testvectors: %w", err)
	}
	return entries, nil
}

// exactly passes entries on if there are as many as were published.
func exactly[T any](file, what string, entries []T, want int) ([]T, error) {
	if len(entries) != want {
		return nil, fmt.Errorf("%s: %d %s, not %d", file, len(entries), what, want)
	}
	return entries, nil
}
