package sts

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// readError reads the error that an answer holds. What was sent in confidence is
// taken out: it is not STS that gives it back, but a proxy's page may. It is taken
// out of the body, for the end of what is quoted of a page may be in the midst of
// it, and out of the message, for a document may have it in entities.
func readError(resp *http.Response, sent url.Values) *sigv4http.APIError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxResponse)) // what came is what there is to say
	resp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(redact(body, sent)), resp.Body}
	e := sigv4http.ReadError(resp)
	e.Message = string(redact([]byte(e.Message), sent))
	return e
}

// redact takes the secrets of a form out of a text, as they are and as the form
// has them. An external ID of fewer than six characters stays: it keeps no secret,
// and any text is likely to have it.
func redact(text []byte, sent url.Values) []byte {
	redacted := []byte("[redacted]")
	for name := range sent {
		value := sent.Get(name)
		switch {
		case name == "TokenCode": // as a word, for six digits are in every account's ID
			text = replaceWord(text, value, redacted)
		case name == "WebIdentityToken", name == "ExternalId" && len(value) >= 6, strings.HasSuffix(name, ".ContextAssertion"):
			text = bytes.ReplaceAll(text, []byte(value), redacted)
			text = bytes.ReplaceAll(text, []byte(url.QueryEscape(value)), redacted)
		}
	}
	return text
}

// replaceWord replaces a word where neither a letter, a digit nor _ stands beside it.
func replaceWord(text []byte, old string, new []byte) []byte {
	var out []byte
	for len(text) > 0 {
		run := text[:len(text)-len(bytes.TrimLeft(text, word))]
		switch {
		case len(run) == 0:
			run = text[:1]
			out = append(out, run...)
		case string(run) == old:
			out = append(out, new...)
		default:
			out = append(out, run...)
		}
		text = text[len(run):]
	}
	return out
}
