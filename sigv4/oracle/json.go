package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// signRequest is a Request as JSON, the form that "sigvier sign" reads.
type signRequest struct {
	Name      string     `json:"name"`
	Service   string     `json:"service"`
	Region    string     `json:"region"`
	AccessKey string     `json:"access_key"`
	Secret    string     `json:"secret,omitempty"`
	Token     string     `json:"token,omitempty"`
	Time      string     `json:"time"`
	Method    string     `json:"method"`
	URL       string     `json:"url"`
	Headers   [][]string `json:"headers"`
	Body      []byte     `json:"body_base64"`
	Mode      string     `json:"mode"`
	Expires   int64      `json:"expires,omitempty"`
	Policy    string     `json:"policy_base64,omitempty"`

	PayloadHash   string   `json:"payload_hash,omitempty"`
	DoubleEncode  *bool    `json:"double_encode,omitempty"`
	NormalizePath *bool    `json:"normalize_path,omitempty"`
	SignToken     *bool    `json:"sign_token,omitempty"`
	SignedHeaders []string `json:"signed_headers,omitempty"`
}

// UnmarshalJSON reads the JSON of "sigvier sign". It takes no claim from it, which
// [Parse] does.
func (r *Request) UnmarshalJSON(data []byte) error {
	var in signRequest
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // a misspelt option must not sign something else
	if err := d.Decode(&in); err != nil {
		return err
	}
	*r = Request{
		Name: in.Name, Service: in.Service, Region: in.Region,
		Credentials: sigv4.NewCredentials(in.AccessKey, in.Secret, in.Token),
		Time:        in.Time, Method: in.Method, URL: in.URL, Body: in.Body,
		Mode: in.Mode, Expires: in.Expires, Policy: in.Policy,
		PayloadHash: in.PayloadHash, DoubleEncode: in.DoubleEncode, NormalizePath: in.NormalizePath,
		SignToken: in.SignToken, SignedHeaders: in.SignedHeaders,
	}
	for _, h := range in.Headers {
		if len(h) != 2 {
			r.malformed = fmt.Errorf("headers: a pair [name, value] is expected, and one has %d parts", len(h))
			break
		}
		r.Headers = append(r.Headers, [2]string(h))
	}
	return nil
}

// MarshalJSON writes the same form without the secret access key, and with its
// length and a short hash for the session token and other secrets, wherever they
// stand.
func (r Request) MarshalJSON() ([]byte, error) {
	out := signRequest{
		Name: r.Name, Service: r.Service, Region: r.Region, AccessKey: r.Credentials.AccessKeyID,
		Time: r.Time, Method: r.Method, URL: redactURL(r.URL), Headers: [][]string{}, Body: r.Body,
		Mode: r.Mode, Expires: r.Expires, Policy: r.Policy,
		PayloadHash: r.PayloadHash, DoubleEncode: r.DoubleEncode, NormalizePath: r.NormalizePath,
		SignToken: r.SignToken, SignedHeaders: r.SignedHeaders,
	}
	if token := r.Credentials.SessionToken(); token != "" {
		out.Token = hidden(token)
	}
	for _, h := range r.Headers {
		if isHidden(h[0]) {
			h[1] = hidden(h[1])
		}
		out.Headers = append(out.Headers, h[:])
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a URL's & stays one, unless the caller's encoder wants it otherwise
	err := e.Encode(out)
	return bytes.TrimSpace(b.Bytes()), err
}

// redactURL hides what of a URL's query is secret: the token and the signature.
func redactURL(raw string) string {
	before, query, found := strings.Cut(raw, "?")
	if !found {
		return raw
	}
	return before + "?" + hideInQuery(query)
}

// String names method, URL and access key ID.
func (r Request) String() string {
	return "oracle.Request(" + r.Method + " " + redactURL(r.URL) + ", " + r.Credentials.String() + ")"
}

// Format implements [fmt.Formatter] for every verb.
func (r Request) Format(f fmt.State, _ rune) { io.WriteString(f, r.String()) }

// LogValue implements [slog.LogValuer].
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }
