package sts_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts"
)

// The two look-ups: one text in, one text out.
func TestLookups(t *testing.T) {
	type call func(*sts.Client, string) (string, error)
	keyInfo := func(c *sts.Client, id string) (string, error) { return c.GetAccessKeyInfo(t.Context(), id) }
	decode := func(c *sts.Client, message string) (string, error) {
		return c.DecodeAuthorizationMessage(t.Context(), message)
	}
	const decoded = `{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]}}`
	keyAnswer := "<GetAccessKeyInfoResponse><GetAccessKeyInfoResult>\n<Account> 123456789012 </Account></GetAccessKeyInfoResult></GetAccessKeyInfoResponse>"
	decodeAnswer := "<DecodeAuthorizationMessageResponse><RequestId>6624a9ca-cd25-4f50-b2a5-7ba65bf07453</RequestId><DecodeAuthorizationMessageResult><DecodedMessage>" +
		strings.ReplaceAll(decoded, `"`, "&quot;") + "</DecodedMessage></DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>"

	for _, test := range []struct {
		name, in string
		call     call
		answer   answer
		form     url.Values // nil: nothing is sent
		want     string
		err      error
		text     string
	}{
		{"key", "AKIAIOSFODNN7EXAMPLE", keyInfo, answer{200, keyAnswer}, url.Values{"Action": {"GetAccessKeyInfo"}, "AccessKeyId": {"AKIAIOSFODNN7EXAMPLE"}}, "123456789012", nil, ""},
		{"longest key", strings.Repeat("A", 128), keyInfo, answer{200, keyAnswer}, url.Values{"Action": {"GetAccessKeyInfo"}, "AccessKeyId": {strings.Repeat("A", 128)}}, "123456789012", nil, ""},
		{"no key", "", keyInfo, answer{}, nil, "", sts.ErrInput, "sts: AccessKeyId has a length of 0: expecting 16 to 128"},
		{"short key", strings.Repeat("A", 15), keyInfo, answer{}, nil, "", sts.ErrInput, "sts: AccessKeyId has a length of 15: expecting 16 to 128"},
		{"long key", strings.Repeat("A", 129), keyInfo, answer{}, nil, "", sts.ErrInput, "sts: AccessKeyId has a length of 129: expecting 16 to 128"},
		{"key with a line end", "AKIAIOSFODNN7EXAMPLE\n", keyInfo, answer{}, nil, "", sts.ErrInput, `sts: AccessKeyId has '\n' at position 21: expecting letters, digits and _`},
		{"foreign key", "AKIAIOSFODNN7EXAMPLE", keyInfo, refusal(403, "AccessDenied"), url.Values{"Action": {"GetAccessKeyInfo"}, "AccessKeyId": {"AKIAIOSFODNN7EXAMPLE"}}, "", sts.ErrAccessDenied,
			"sts: GetAccessKeyInfo: access denied: AccessDenied: because (HTTP 403, request ID request-2)"},
		{"key without an account", "AKIAIOSFODNN7EXAMPLE", keyInfo, answer{200, "<GetAccessKeyInfoResponse/>"}, url.Values{"Action": {"GetAccessKeyInfo"}, "AccessKeyId": {"AKIAIOSFODNN7EXAMPLE"}}, "", sts.ErrResponse,
			"sts: GetAccessKeyInfo: the answer is none of STS's: it lacks Account (request ID request-1)"},

		{"message", "Kv1+/=", decode, answer{200, decodeAnswer}, url.Values{"Action": {"DecodeAuthorizationMessage"}, "EncodedMessage": {"Kv1+/="}}, decoded, nil, ""},
		{"no message", "", decode, answer{}, nil, "", sts.ErrInput, "sts: EncodedMessage has a length of 0: expecting 1 to 10240"},
		{"long message", strings.Repeat("A", 10241), decode, answer{}, nil, "", sts.ErrInput, "sts: EncodedMessage has a length of 10241: expecting 1 to 10240"},
		{"broken message", "Kv1\nabc", decode, answer{}, nil, "", sts.ErrInput, "sts: EncodedMessage has a blank or line break: expecting the message in one piece"},
		{"expired message", "Kv1", decode, refusal(400, "InvalidAuthorizationMessageException"), url.Values{"Action": {"DecodeAuthorizationMessage"}, "EncodedMessage": {"Kv1"}}, "", sts.ErrAuthorizationMessage,
			"sts: DecodeAuthorizationMessage: the authorization message was not valid: InvalidAuthorizationMessageException: because (HTTP 400, request ID request-2)"},
		{"message of nothing", "Kv1", decode, answer{200, "<DecodeAuthorizationMessageResponse/>"}, url.Values{"Action": {"DecodeAuthorizationMessage"}, "EncodedMessage": {"Kv1"}}, "", sts.ErrResponse,
			"sts: DecodeAuthorizationMessage: the answer is none of STS's: it lacks DecodedMessage (request ID request-1)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, test.answer)
			got, err := test.call(s.client(), test.in)
			if got != test.want || !errors.Is(err, test.err) || err != nil && err.Error() != test.text {
				t.Errorf("got  %q, %v\nwant %q, %s", got, err, test.want, test.text)
			}
			var want []url.Values
			if test.form != nil {
				test.form.Set("Version", "2011-06-15")
				want = []url.Values{test.form}
			}
			if diff := cmp.Diff(want, s.forms); diff != "" {
				t.Errorf("forms sent (-want +got):\n%s", diff)
			}
		})
	}
}
