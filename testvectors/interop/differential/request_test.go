package differential

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	accessKeyID = "AKIAIOSFODNN7EXAMPLE"
	goodSecret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	goodToken   = "IQoJb3JpZ2luX2VjEXAMPLE//token+with/reserved=="
	unsigned    = "UNSIGNED-PAYLOAD"
)

var signingTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// request is what is to be signed, in a form that Python can read, too.
type request struct {
	Service string      `json:"service"`
	Region  string      `json:"region"`
	Method  string      `json:"method"`
	Scheme  string      `json:"scheme"`
	Host    string      `json:"host"`             // of the URL
	Virtual string      `json:"virtual"`          // the Host header, where it is not the URL's host
	Path    string      `json:"path"`             // on the wire
	Query   string      `json:"query"`            // on the wire
	Opaque  bool        `json:"opaque,omitempty"` // the path stands in URL.Opaque
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body"`
	Payload string      `json:"payload"` // the payload hash, a digest or a word
	Token   string      `json:"token"`
	Secret  string      `json:"secret"`
	Earlier string      `json:"-"`       // a secret under the same ID that signs first
	Expires int         `json:"expires"` // seconds; 0: the header form
}

// plain is the request from which the rows make theirs.
func plain(changes ...func(r *request)) request {
	r := request{Service: "execute-api", Region: "us-east-1", Method: "GET", Scheme: "https",
		Host: "example.amazonaws.com", Path: "/", Secret: goodSecret, Payload: digestOf("")}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func presigned(r *request) { r.Expires = 300 }

func inS3(r *request) {
	r.Service = "s3"
	if r.Expires != 0 {
		r.Payload = unsigned
	}
}

func path(s string) func(*request)  { return func(r *request) { r.Path = s } }
func query(s string) func(*request) { return func(r *request) { r.Query = s } }
func host(s string) func(*request)  { return func(r *request) { r.Host = s } }
func header(name, value string) func(*request) {
	return func(r *request) { r.Headers = append(r.Headers, [2]string{name, value}) }
}

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// s3 says whether the service has S3's rules.
func (r *request) s3() bool { return strings.HasPrefix(r.Service, "s3") }

// digest says whether the payload hash is a digest, rather than a word.
func (r *request) digest() bool { return len(r.Payload) == sha256.Size*2 }

// sendsPayloadHash says whether the header form has X-Amz-Content-Sha256.
func (r *request) sendsPayloadHash() bool {
	return r.Expires == 0 && (r.s3() || !r.digest())
}

// id names the request in a recording.
func (r *request) id() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of strings
	}
	return digestOf(string(text))[:16]
}

// http makes the request that the Go signers get. It has the wire path that is
// asked for as far as Go can send it.
func (r *request) http() (*http.Request, error) {
	target := r.Scheme + "://" + r.Host + r.Path
	if r.Opaque {
		target = r.Scheme + "://" + r.Host
	}
	req, err := http.NewRequest(r.Method, target, nil)
	if err != nil {
		return nil, err
	}
	if r.Opaque {
		req.URL.Opaque = "//" + req.URL.Host + r.Path
	}
	req.URL.RawQuery = r.Query
	if r.Body != "" {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(r.Body)), int64(len(r.Body))
	}
	for _, h := range r.Headers {
		req.Header.Add(h[0], h[1])
	}
	if r.Virtual != "" {
		req.Host = r.Virtual
	}
	return req, nil
}

// wirePath is the path that net/http sends.
func (r *request) wirePath() string {
	if r.Opaque {
		return r.Path
	}
	u, err := url.Parse(r.Scheme + "://" + r.Host + r.Path)
	if err != nil {
		panic(err) // http gave the error already
	}
	return u.EscapedPath()
}

// contentLength is the value of the header that net/http sends, "" if none.
func (r *request) contentLength() string {
	if r.Body == "" {
		return ""
	}
	return strconv.Itoa(len(r.Body))
}
