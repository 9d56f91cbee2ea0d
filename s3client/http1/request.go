package http1

import "net/http"

// isPlain tells the requests that are sent here, by what they are for.
func isPlain(req *http.Request) bool {
	return req.URL != nil && (req.URL.Scheme == "http" || req.URL.Scheme == "https") &&
		(req.Method == http.MethodGet || req.Method == http.MethodHead) && (req.Body == nil || req.Body == http.NoBody) &&
		req.ContentLength == 0 && len(req.TransferEncoding) == 0 && len(req.Trailer) == 0 && !req.Close
}

// appendHead appends the head of a request:
//
//	GET SP target SP HTTP/1.1 CRLF
//	Host: host CRLF
//	Name: value CRLF
//	…
//	CRLF
//
// (RFC 9112, sections 3 and 5; Host comes first, RFC 9110, section 7.2). It reports
// whether there is nothing in it that net/http is to encode, to act on, or to refuse: no
// byte that would end a line or a part of it early can get here into what is written.
func appendHead(b []byte, req *http.Request) (head []byte, ok bool) {
	b = append(append(b, req.Method...), ' ')
	begin := len(b)
	b = append(b, req.URL.RequestURI()...)
	ok = areAll(b[begin:], visible)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	begin = len(b)
	if req.Host != "" {
		b = append(b, req.Host...)
	} else {
		b = append(b, req.URL.Host...)
	}
	ok = ok && len(b) > begin && areAll(b[begin:], inHost) && areAll([]byte(req.URL.Host), inHost) && req.URL.Host != ""
	b = append(b, "\r\n"...)
	for name, values := range req.Header {
		for _, value := range values {
			begin = len(b)
			b = append(b, name...)
			ok = ok && canonicalise(b[begin:])
			switch string(b[begin:]) {
			case "Host", "Content-Length", "Transfer-Encoding", "Trailer": // which net/http leaves out, too
				b = b[:begin]
				continue
			case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Upgrade", "Expect":
				ok = false
			}
			b = append(b, ": "...)
			begin = len(b)
			b = append(b, value...)
			ok = ok && areAll(b[begin:], inValue)
			b = append(b, "\r\n"...)
		}
	}
	return append(b, "\r\n"...), ok
}
