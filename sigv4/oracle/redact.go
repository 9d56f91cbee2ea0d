package oracle

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// What must not be shown is replaced by its length and a short hash, by which two
// of them can still be told apart.
func hidden(value string) string {
	sum := sha256.Sum256([]byte(value))
	return fmt.Sprintf("[%d characters, SHA-256 %x…]", len(value), sum[:4])
}

// isHidden says which headers and parameters carry a secret: session tokens,
// customers' encryption keys, cookies, whatever calls itself a token or a key.
func isHidden(name string) bool {
	switch name = strings.ToLower(name); name {
	case "authorization", "proxy-authorization", "cookie", "x-api-key":
		return true
	case "continuation-token", "next-token", "nexttoken": // of a listing, no secret
		return false
	}
	return strings.Contains(name, "token") || strings.Contains(name, "secret") || strings.Contains(name, "password") ||
		strings.HasSuffix(name, "customer-key") || strings.HasSuffix(name, "signature")
}

// hideInCanonical hides the values of a canonical request that are secret. What it
// has hidden already stays.
func hideInCanonical(canonical string) string {
	lines := strings.Split(canonical, "\n")
	for i, line := range lines {
		switch name, value, ok := strings.Cut(line, ":"); {
		case i == 1: // a signer may have put the query behind the path
			if path, query, ok := strings.Cut(line, "?"); ok {
				lines[i] = path + "?" + hideInQuery(query)
			}
		case i == 2:
			lines[i] = hideInQuery(line)
		case i > 2 && ok && isHidden(name) && value != "" && value[0] != '[':
			lines[i] = name + ":" + hidden(value)
		}
	}
	return strings.Join(lines, "\n")
}

func hideInQuery(query string) string {
	params := strings.Split(query, "&")
	for i, p := range params {
		name, value, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); value != "" && value[0] != '[' && (isHidden(name) || err == nil && isHidden(plain)) {
			if plain, err := url.QueryUnescape(value); err == nil {
				value = plain
			}
			params[i] = name + "=" + hidden(value)
		}
	}
	return strings.Join(params, "&")
}

// redactor takes the secrets of one request out of a text, in whatever encoding
// they stand there.
type redactor struct {
	secrets []string
}

func newRedactor(secrets ...string) redactor {
	var r redactor
	for _, s := range secrets {
		if s = strings.TrimSpace(s); len(s) < 4 { // would be found everywhere
			continue
		}
		once := encoded(s, "")
		r.secrets = append(r.secrets, s, once, encoded(once, ""), url.QueryEscape(s), url.PathEscape(s))
	}
	return r
}

// keyShape is what AWS's secret access keys look like. One that stands where an
// access key ID belongs must not be shown either.
var keyShape = regexp.MustCompile(`^[A-Za-z0-9/+=]{40}$`)

func (r redactor) clean(s string) string {
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, "[secret]")
	}
	return s
}

// keyID gives an access key ID to show.
func (r redactor) keyID(id string) string {
	if keyShape.MatchString(id) {
		return "[40 characters, which look like a secret access key]"
	}
	return r.clean(id)
}
