package oracle

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Refusal is what a server said when it refused a request. Session tokens and
// other secrets that the server repeats are replaced by their length and a short
// hash at once, so that a Refusal can be logged.
type Refusal struct {
	Form    string    // of the document: xml, json, html, text, or empty
	Status  int       // HTTP status, 0 if it is not known
	Date    time.Time // the answer's Date header
	Code    string    // SignatureDoesNotMatch, RequestTimeTooSkewed, …
	Message string    // without the texts that have a field of their own

	AccessKeyID       string
	SignatureProvided string // the client's signature as it arrived
	CanonicalRequest  string // what the server computed
	StringToSign      string

	RequestTime string        // as the server read it
	ServerTime  string        // the server's clock
	MaxSkew     time.Duration // how far apart the two may be
	Expires     string        // when a presigned URL ended

	Region           string // the one that the server expects, or that the bucket is in
	Endpoint         string // the host that the bucket wants
	HeadersNotSigned string
	ClientSHA256     string // of the body: as the client said it
	ServerSHA256     string // and as the server computed it
	RequestID        string
	HostID           string

	hash string // SHA-256 of the canonical request before secrets were replaced
}

// maxRefusal bounds a server's answer. The longest canonical request that S3
// takes is a few tens of KiB, and comes once as text and once as hex bytes.
const maxRefusal = 1 << 20

// ParseRefusal reads a server's answer: S3's error document, the one of STS and
// the other query services, the JSON of others, a proxy's page; or all of the HTTP
// answer, with its status line, as "curl -i" and "curl -v" print it; or the
// message that an SDK makes of it. What stands before the document is passed over.
func ParseRefusal(data []byte) (Refusal, error) {
	if len(data) > maxRefusal {
		return Refusal{}, errors.New("the server's answer is longer than 1 MiB: only the error document is needed")
	}
	var r Refusal
	body := bytes.TrimSpace(r.takeHead(data))
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return Refusal{}, errors.New("the server's answer is compressed: ask for it without Accept-Encoding, or unpack it")
	}
	fields := map[string]string{}
	switch lower := strings.ToLower(string(body[:min(len(body), 4096)])); {
	case len(body) == 0:
		r.Form = "empty"
	case strings.Contains(lower, "<error") || strings.HasPrefix(lower, "<?xml") && !strings.Contains(lower, "<html"):
		r.Form = "xml"
		xmlFields(body[max(0, bytes.IndexByte(body, '<')):], fields)
	case strings.Contains(lower, "<html") || strings.HasPrefix(lower, "<!doctype"):
		r.Form = "html"
		htmlFields(string(body), fields)
	case json.Valid(body):
		r.Form = "json"
		jsonFields(body, fields)
	default:
		r.Form = "text"
		textFields(string(body), fields)
	}
	r.take(fields)
	switch {
	case r.Form == "empty" && r.Status == 0:
		return Refusal{}, errors.New("the server's answer is empty: give the error document, or the whole HTTP answer")
	case (r.Form == "text" || r.Form == "json") && r.Code == "" && r.Status == 0:
		return Refusal{}, errors.New("the server's answer is neither an error document (XML or JSON) nor an HTTP answer with a status line")
	}
	return r, nil
}

// takeHead reads the status line and the headers, if there are any, and returns
// the body. Of curl's verbose output it takes the lines of the answer.
func (r *Refusal) takeHead(data []byte) (body []byte) {
	unix := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }
	if data = bytes.TrimPrefix(data, []byte("\ufeff")); bytes.Contains(data, []byte("\n< HTTP/")) || bytes.HasPrefix(data, []byte("< HTTP/")) {
		var answer [][]byte
		for line := range bytes.SplitSeq(unix(data), []byte("\n")) {
			switch {
			case bytes.HasPrefix(line, []byte("< HTTP/")):
				answer = [][]byte{line[2:]} // of several answers the last
			case bytes.Equal(line, []byte("<")), bytes.Equal(line, []byte("< ")):
				answer = append(answer, nil)
			case bytes.HasPrefix(line, []byte("< ")):
				answer = append(answer, line[2:])
			case !bytes.HasPrefix(line, []byte("* ")) && !bytes.HasPrefix(line, []byte("> ")) && !bytes.HasPrefix(line, []byte("{ [")) && !bytes.HasPrefix(line, []byte("} [")):
				answer = append(answer, line)
			}
		}
		data = bytes.Join(answer, []byte("\n"))
	}
	for bytes.HasPrefix(bytes.TrimSpace(data), []byte("HTTP/")) { // again after a "100 Continue"
		head, rest := cutHead(bytes.TrimLeft(data, " \t\r\n"))
		lines := strings.Split(string(unix(head)), "\n")
		if words := strings.Fields(lines[0]); len(words) > 1 {
			r.Status, _ = strconv.Atoi(words[1]) // 0 if it is none
		}
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch strings.ToLower(name) {
			case "date":
				r.Date, _ = http.ParseTime(value) // zero if it is none
			case "transfer-encoding":
				rest = dechunked(rest)
			case "x-amz-bucket-region":
				r.Region = value
			case "x-amzn-errortype":
				r.Code, _, _ = strings.Cut(value, ":")
			case "x-amz-request-id", "x-amzn-requestid":
				r.RequestID = value
			case "x-amz-id-2":
				r.HostID = value
			case "x-minio-error-code": // of an answer to HEAD, which has no document
				r.Code = strings.Trim(value, `"`)
			case "x-minio-error-desc":
				r.Message = strings.Trim(value, `"`)
			}
		}
		data = rest
	}
	return data
}

// cutHead splits at the first empty line.
func cutHead(data []byte) (head, rest []byte) {
	for i := 0; i < len(data); i++ {
		if data[i] == '\n' && bytes.HasPrefix(data[i+1:], []byte("\r\n")) || bytes.HasPrefix(data[i:], []byte("\n\n")) {
			return data[:i], bytes.TrimPrefix(bytes.TrimPrefix(data[i+1:], []byte("\r")), []byte("\n"))
		}
	}
	return data, nil
}

// dechunked undoes the chunks of a body as it is on the wire. Most tools that
// print an answer have done so already.
func dechunked(body []byte) []byte {
	if plain, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body))); err == nil {
		return plain
	}
	return body
}

// take moves the fields of a document to where they belong.
func (r *Refusal) take(fields map[string]string) {
	set := func(field *string, names ...string) {
		for _, name := range names {
			if fields[name] != "" {
				*field = strings.TrimSpace(fields[name])
				return
			}
		}
	}
	set(&r.Code, "Code", "code", "__type", "Type")
	if i := strings.LastIndexByte(r.Code, '#'); i >= 0 { // com.amazon.coral.service#InvalidSignatureException
		r.Code = r.Code[i+1:]
	}
	set(&r.Message, "Message", "message")
	set(&r.AccessKeyID, "AWSAccessKeyId")
	set(&r.SignatureProvided, "SignatureProvided")
	set(&r.RequestTime, "RequestTime")
	set(&r.ServerTime, "ServerTime")
	set(&r.Expires, "Expires")
	set(&r.Region, "Region", "ExpectedRegion")
	set(&r.Endpoint, "Endpoint")
	set(&r.ClientSHA256, "ClientComputedContentSHA256")
	set(&r.ServerSHA256, "S3ComputedContentSHA256")
	set(&r.HeadersNotSigned, "HeadersNotSigned")
	set(&r.RequestID, "RequestId", "RequestID")
	set(&r.HostID, "HostId")
	if ms, err := strconv.ParseInt(fields["MaxAllowedSkewMilliseconds"], 10, 32); err == nil {
		r.MaxSkew = time.Duration(ms) * time.Millisecond
	}
	canonical, toSign := "", ""
	r.Message, canonical, toSign = takeProse(r.Message)
	// The texts as bytes are the truth: XML has no control bytes, and its line ends
	// are normalised.
	canonical = cmp.Or(fromHexBytes(fields["CanonicalRequestBytes"]), fields["CanonicalRequest"], canonical)
	r.StringToSign = cmp.Or(fromHexBytes(fields["StringToSignBytes"]), fields["StringToSign"], toSign)
	if canonical != "" {
		sum := sha256.Sum256([]byte(canonical))
		r.hash = hex.EncodeToString(sum[:])
		r.CanonicalRequest = hideInCanonical(canonical)
	}
}

// takeProse takes the two texts out of the message of STS and of the services
// whose errors are JSON.
func takeProse(message string) (rest, canonical, toSign string) {
	const canonicalIs, toSignIs = "The Canonical String for this request should have been", "The String-to-Sign should have been"
	rest, tail, ok := strings.Cut(message, canonicalIs)
	if !ok {
		return message, "", ""
	}
	canonical, toSign, _ = strings.Cut(tail, toSignIs)
	unquote := func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "'"), "'") }
	return strings.TrimSpace(rest), unquote(canonical), unquote(toSign)
}

// fromHexBytes reads "47 45 54 0a"; what is no such text is "".
func fromHexBytes(s string) string {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return ""
	}
	return string(b)
}

// xmlFields gives the text of each innermost element by its name, the first of a
// name. A document that breaks off is read as far as it goes.
func xmlFields(body []byte, fields map[string]string) {
	d := xml.NewDecoder(strings.NewReader(xmlText(body)))
	d.Strict = false
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			text.Reset()
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			if _, ok := fields[token.Name.Local]; !ok && text.Len() > 0 {
				fields[token.Name.Local] = text.String()
			}
			text.Reset()
		}
	}
}

// xmlText replaces what no XML may have, and takes out the declaration, whose
// encoding would be believed.
func xmlText(body []byte) string {
	s := strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return utf8.RuneError
		}
		return c
	}, string(body))
	if strings.HasPrefix(s, "<?xml") {
		_, s, _ = strings.Cut(s, "?>")
	}
	return s
}

// htmlFields takes code and message from the page of an S3 website, and of any
// other page its title.
func htmlFields(body string, fields map[string]string) {
	for _, name := range [...]string{"Code", "Message", "AWSAccessKeyId", "StringToSignBytes", "CanonicalRequestBytes", "SignatureProvided", "Region"} {
		if _, rest, ok := strings.Cut(body, "<li>"+name+": "); ok {
			fields[name], _, _ = strings.Cut(rest, "</li>")
		}
	}
	if fields["Message"] == "" {
		lower := strings.ToLower(body)
		if start, end := strings.Index(lower, "<title>"), strings.Index(lower, "</title>"); start >= 0 && end > start+7 && len(lower) == len(body) {
			fields["Message"] = strings.Join(strings.Fields(body[start+7:min(end, start+207)]), " ")
		}
	}
}

// jsonFields takes the strings of a JSON object, the outermost of a name.
func jsonFields(body []byte, fields map[string]string) {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return
	}
	level := []any{value}
	for depth := 0; depth < 8 && len(level) > 0; depth++ {
		var next []any
		for _, v := range level {
			switch v := v.(type) {
			case []any:
				next = append(next, v...)
			case map[string]any:
				for name, v := range v {
					if s, ok := v.(string); ok && fields[name] == "" {
						fields[name] = s
					} else {
						next = append(next, v)
					}
				}
			}
		}
		level = next
	}
}

// textFields knows the messages that SDKs make of a refusal:
//
//	An error occurred (SignatureDoesNotMatch) when calling the GetObject operation: …
//	api error SignatureDoesNotMatch: …
func textFields(body string, fields map[string]string) {
	if _, rest, ok := strings.Cut(body, "An error occurred ("); ok {
		code, message, _ := strings.Cut(rest, ")")
		_, message, _ = strings.Cut(message, ": ")
		fields["Code"], fields["Message"] = code, message
	} else if _, rest, ok := strings.Cut(body, "api error "); ok {
		fields["Code"], fields["Message"], _ = strings.Cut(rest, ": ")
	} else {
		line, _, _ := strings.Cut(body, "\n")
		fields["Message"] = strings.ToValidUTF8(line[:min(len(line), 200)], "")
	}
	if strings.ContainsAny(fields["Code"], " \t\n") {
		delete(fields, "Code")
	}
}
