package sts

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Session tags (IAM User Guide, "Pass session tags in AWS STS"; AWS Security
// Token Service API Reference, "Tag").

const maxTags = 50

// Tag is a session tag. Policies see it as aws:PrincipalTag/KEY.
type Tag struct {
	Key   string // 1 to 128 letters, digits, blanks and _.:/=+-@
	Value string // 0 to 256 of them
}

func checkTags(tags []Tag, transitive []string) error {
	var errs []error
	bad := func(field, problem string) {
		errs = append(errs, &InputError{Field: field, Problem: problem})
	}
	if len(tags) > maxTags {
		bad("Tags", fmt.Sprintf("are %d: expecting %d at most", len(tags), maxTags))
	}
	// Keys are not case sensitive ("AssumeRole", Tags).
	seen := map[string]bool{}
	for i, tag := range tags {
		key := strings.ToLower(tag.Key)
		if problem := tagProblem(tag.Key, key, 1, 128); problem != "" {
			bad(member("Tags", i, "Key"), problem)
		}
		if problem := tagProblem(tag.Value, tag.Value, 0, 256); problem != "" {
			bad(member("Tags", i, "Value"), problem)
		}
		if seen[key] {
			bad(member("Tags", i, "Key"), fmt.Sprintf("%q is there twice: expecting each key once, in upper or lower case", tag.Key))
		}
		seen[key] = true
	}
	if len(transitive) > maxTags {
		bad("TransitiveTagKeys", fmt.Sprintf("are %d: expecting %d at most", len(transitive), maxTags))
	}
	// They are keys of this session's tags; those of the caller's session that
	// are transitive stay so ("Pass session tags in AWS STS", Chaining roles with
	// session tags).
	for i, key := range transitive {
		if !seen[strings.ToLower(key)] {
			bad(member("TransitiveTagKeys", i, ""), fmt.Sprintf("%q is no key of Tags", key))
		}
	}
	return errors.Join(errs...)
}

// tagProblem checks [\p{L}\p{Z}\p{N}_.:/=+\-@]{min,max}. The prefix is AWS's own
// ("Tags for IAM resources", Rules for tagging in IAM and AWS STS), and is looked
// for in what the text is compared as.
func tagProblem(text, compared string, min, max int) string {
	switch n := utf8.RuneCountInString(text); {
	case n < min || n > max:
		return fmt.Sprintf("has a length of %d: expecting %d to %d", n, min, max)
	case strings.ContainsFunc(text, notOfTags):
		return fmt.Sprintf("%q has a character that is none of letters, digits, blanks and _.:/=+-@", text)
	case strings.HasPrefix(compared, "aws:"):
		return fmt.Sprintf("%q begins with aws:, which is reserved", text)
	}
	return ""
}

// notOfTags matches [^\p{L}\p{Z}\p{N}_.:/=+\-@].
func notOfTags(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}

func setTags(params url.Values, tags []Tag, transitive []string) {
	for i, tag := range tags {
		params.Set(member("Tags", i, "Key"), tag.Key)
		params.Set(member("Tags", i, "Value"), tag.Value) // "" too: both are required
	}
	for i, key := range transitive {
		params.Set(member("TransitiveTagKeys", i, ""), key)
	}
}
