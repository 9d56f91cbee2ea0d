package http1

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// ErrRequest is the error for a request that is not sent: one with a body, unless by a
// [Transport]; one whose URL, method or header has a byte that may not be
// there, such as a line break; a host that is not ASCII; a header that is about the
// connection; a proxy that is none of HTTP.
var ErrRequest = errors.New("the request cannot be sent")

func unfit(format string, args ...any) error {
	return fmt.Errorf("http1: %w: "+format, append([]any{ErrRequest}, args...)...)
}

// routeOf finds where a request goes, and through which proxy, if any.
func (t *Bodiless) routeOf(req *http.Request) (to route, proxy *url.URL, err error) {
	if hasBody(req) {
		req.Body.Close() // the contract of RoundTripper
		return to, nil, unfit("it has a body: use http1.Transport")
	}
	if req.URL == nil || req.URL.Host == "" || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return to, nil, unfit("its URL has no host, or another scheme than http and https")
	}
	if proxy, err = t.Proxy(req); err != nil {
		return to, nil, fmt.Errorf("http1: finding the proxy: %w", err)
	}
	to = route{tls: req.URL.Scheme == "https", host: req.URL.Host}
	if proxy != nil {
		if proxy.Scheme != "http" && proxy.Scheme != "https" {
			return to, nil, unfit("its proxy is of scheme %q, and http or https is expected", proxy.Scheme)
		}
		to.proxy = proxy.String()
	}
	return to, proxy, nil
}

// appendHead appends the head of a request:
//
//	METHOD SP target SP HTTP/1.1 CRLF
//	Host: host CRLF
//	Name: value CRLF
//	…
//	CRLF
//
// (RFC 9112, sections 3 and 5; Host comes first, RFC 9110, section 7.2). The target is
// absolute where a proxy is to understand it (RFC 9112, section 3.2.2). There is no byte
// in it that would end a line, or a part of one, early.
func appendHead(b []byte, req *http.Request, proxy *url.URL) ([]byte, error) {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	begin := len(b)
	b = append(b, cmp.Or(req.Method, http.MethodGet)...)
	if !areAll(b[begin:], inToken) || req.Method == http.MethodConnect {
		return b, unfit("the method %q", req.Method)
	}
	b = append(b, ' ')
	begin = len(b)
	viaProxy := proxy != nil && req.URL.Scheme == "http" && req.URL.Opaque == ""
	if viaProxy {
		b = append(append(b, "http://"...), host...)
	}
	b = append(b, req.URL.RequestURI()...)
	if !areAll(b[begin:], visible) {
		return b, unfit("its path or query has a blank or a byte that is to be encoded")
	}
	b = append(b, " HTTP/1.1\r\nHost: "...)
	begin = len(b)
	b = append(append(b, host...), "\r\n"...)
	if !areAll(b[begin:len(b)-2], inHost) || !areAll([]byte(req.URL.Host), inHost) {
		return b, unfit("its host %q, or %q, is not in ASCII: write it in punycode", req.URL.Host, host)
	}
	for name, values := range req.Header {
		for _, value := range values {
			begin = len(b)
			b = append(b, name...)
			if !canonicalise(b[begin:]) {
				return b, unfit("%q is no header's name", name)
			}
			switch string(b[begin:]) {
			case "Host", "Content-Length", "Transfer-Encoding", "Trailer": // which net/http leaves out, too
				b = b[:begin]
				continue
			case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Upgrade", "Expect":
				return b, unfit("the header %s is the connection's", name)
			}
			b = append(b, ": "...)
			begin = len(b)
			b = append(b, value...)
			if !areAll(b[begin:], inValue) {
				return b, unfit("the value of the header %s has a control byte", name)
			}
			b = append(b, "\r\n"...)
		}
	}
	switch req.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		b = append(b, "Content-Length: 0\r\n"...) // RFC 9110, section 8.6
	}
	if req.Close {
		b = append(b, "Connection: close\r\n"...)
	}
	if viaProxy {
		b = appendProxyAuthorization(b, proxy.User)
	}
	return append(b, "\r\n"...), nil
}

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

// isSafe tells the methods that may be sent once more (RFC 9110, section 9.2.1).
func isSafe(method string) bool {
	return method == "" || method == http.MethodGet || method == http.MethodHead
}

// appendProxyAuthorization appends what a proxy's URL says of its user (RFC 7617).
func appendProxyAuthorization(b []byte, user *url.Userinfo) []byte {
	if user == nil {
		return b
	}
	password, _ := user.Password()
	b = append(b, "Proxy-Authorization: Basic "...)
	b = base64.StdEncoding.AppendEncode(b, []byte(user.Username()+":"+password))
	return append(b, "\r\n"...)
}
