package oracle

import (
	"net/url"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// A curl command line, by curl's manual page. What it says is read as curl would
// send it; nothing is read from files.

// curl is a command line under way.
type curl struct {
	request   Request
	method    string // -X
	url       string
	data      []string
	hasData   bool
	get, head bool
	asIs      bool // --path-as-is
	json      bool
	sigv4     string
	hasSigv4  bool
	user      string
	hasUser   bool
	unsigned  [][2]string // headers of options, which --aws-sigv4 does not sign
}

// curlOptions are the options with an argument that say something of the request.
var curlOptions = map[string]func(c *curl, value string) error{
	"request":        func(c *curl, v string) error { c.method = v; return nil },
	"header":         (*curl).header,
	"data":           (*curl).dataOption,
	"data-ascii":     (*curl).dataOption,
	"data-binary":    (*curl).dataOption,
	"data-raw":       func(c *curl, v string) error { c.add(v); return nil },
	"data-urlencode": (*curl).dataEncoded,
	"json":           func(c *curl, v string) error { c.json = true; return c.dataJSON(v) },
	"url":            (*curl).setURL,
	"user":           func(c *curl, v string) error { c.user, c.hasUser = v, true; return nil },
	"aws-sigv4":      func(c *curl, v string) error { c.sigv4, c.hasSigv4 = v, true; return nil },
	"user-agent":     func(c *curl, v string) error { return c.unsignedHeader("User-Agent", v) },
	"referer":        func(c *curl, v string) error { return c.unsignedHeader("Referer", v) },
	"range":          func(c *curl, v string) error { return c.unsignedHeader("Range", "bytes="+v) },
	"cookie":         (*curl).cookie,
}

// curlFlags are those without one.
var curlFlags = map[string]func(c *curl){
	"get":        func(c *curl) { c.get = true },
	"head":       func(c *curl) { c.head = true },
	"path-as-is": func(c *curl) { c.asIs = true },
}

// curlIgnored change nothing that is signed: how curl connects, what it prints.
// Those with an argument have a true.
var curlIgnored = map[string]bool{
	"anyauth": false, "compressed": false, "disable": false, "fail": false, "fail-early": false, "fail-with-body": false,
	"globoff": false, "http1.0": false, "http1.1": false, "http2": false, "http2-prior-knowledge": false, "http3": false,
	"http3-only": false, "include": false, "show-headers": false, "insecure": false, "ipv4": false, "ipv6": false,
	"location": false, "no-buffer": false, "no-keepalive": false, "no-progress-meter": false, "no-sessionid": false,
	"parallel": false, "progress-bar": false, "remote-header-name": false, "remote-name": false, "remote-time": false,
	"show-error": false, "silent": false, "ssl-reqd": false, "styled-output": false, "no-styled-output": false,
	"tcp-fastopen": false, "tcp-nodelay": false, "tlsv1": false, "tlsv1.0": false, "tlsv1.1": false, "tlsv1.2": false,
	"tlsv1.3": false, "tr-encoding": false, "trace-time": false, "verbose": false,
	"cacert": true, "capath": true, "cert": true, "ciphers": true, "connect-timeout": true, "connect-to": true,
	"cookie-jar": true, "dump-header": true, "interface": true, "keepalive-time": true, "key": true, "limit-rate": true,
	"max-filesize": true, "max-redirs": true, "max-time": true, "noproxy": true, "output": true, "output-dir": true,
	"proxy": true, "resolve": true, "retry": true, "retry-delay": true, "retry-max-time": true, "speed-limit": true,
	"speed-time": true, "stderr": true, "tls-max": true, "trace": true, "trace-ascii": true, "unix-socket": true,
	"write-out": true,
}

// curlRefused are options that cannot be followed, and why.
var curlRefused = map[string]string{
	"config":        "reads a file of options, and no file is read here: write the options out",
	"form":          "makes a body with a boundary that curl draws at random: capture the request as it is sent instead",
	"form-string":   "makes a body with a boundary that curl draws at random: capture the request as it is sent instead",
	"next":          "begins another request: give one at a time",
	"netrc":         "takes credentials from a file, and no file is read here",
	"oauth2-bearer": "sends another kind of authorization than AWS's signature",
	"upload-file":   "reads a file, and no file is read here: write -X PUT, and the body with --data-binary or its SHA-256 in a header x-amz-content-sha256",
}

// curlShort are the options of one letter.
var curlShort = map[byte]string{
	'X': "request", 'H': "header", 'd': "data", 'u': "user", 'A': "user-agent", 'e': "referer", 'r': "range", 'b': "cookie",
	'G': "get", 'I': "head", 'K': "config", 'F': "form", ':': "next", 'n': "netrc", 'T': "upload-file",
	'f': "fail", 'g': "globoff", '0': "http1.0", 'i': "include", 'k': "insecure", '4': "ipv4", '6': "ipv6", 'L': "location",
	'N': "no-buffer", 'Z': "parallel", '#': "progress-bar", 'J': "remote-header-name", 'O': "remote-name", 'R': "remote-time",
	'S': "show-error", 's': "silent", 'v': "verbose", '1': "tlsv1", 'q': "disable",
	'E': "cert", 'c': "cookie-jar", 'D': "dump-header", 'm': "max-time", 'o': "output", 'x': "proxy", 'w': "write-out",
	'Y': "speed-limit", 'y': "speed-time",
}

func curlError(problem string) error {
	return &ParseError{Form: "curl command line", Problem: problem}
}

// parseCurl reads a curl command line.
func parseCurl(text string) (Request, error) {
	words, err := splitShell(strings.TrimPrefix(strings.TrimPrefix(text, "$ "), "% "))
	if err != nil {
		return Request{}, err
	}
	if len(words) == 0 {
		return Request{}, curlError("it is empty")
	}
	c := &curl{}
	if err := c.read(words[1:]); err != nil {
		return Request{}, err
	}
	return c.finish()
}

// read reads the options, which may stand before and behind the URL.
func (c *curl) read(words []string) error {
	options := true
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		var err error
		switch {
		case options && word == "--":
			options = false
		case options && strings.HasPrefix(word, "--"):
			words, err = c.option("--"+optionName(word), word[2:], words)
		case options && len(word) > 1 && word[0] == '-':
			words, err = c.letters(word[1:], words)
		default:
			err = c.setURL(word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// optionName is what of a word may be shown: no value that was glued to it.
func optionName(word string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return "…"
	}
	return name
}

// letters reads options of one letter, which may stand together, and the last
// with its argument.
func (c *curl) letters(letters string, words []string) (rest []string, err error) {
	for i := 0; i < len(letters); i++ {
		shown := "-" + letters[i:i+1]
		name, ok := curlShort[letters[i]]
		if !ok {
			if letters[i] <= ' ' || letters[i] >= 0x7f {
				shown = "-…"
			}
			return nil, curlError("the option " + shown + " is not known here")
		}
		if !takesArgument(name) {
			if words, err = c.option(shown, name, words); err != nil {
				return nil, err
			}
			continue
		}
		if glued := letters[i+1:]; glued != "" {
			words = append([]string{glued}, words...)
		}
		return c.option(shown, name, words)
	}
	return words, nil
}

func takesArgument(name string) bool { return curlOptions[name] != nil || curlIgnored[name] }

// option follows one option; shown is how it was written.
func (c *curl) option(shown, name string, words []string) (rest []string, err error) {
	_, ignored := curlIgnored[name]
	switch why, refused := curlRefused[name]; {
	case refused:
		return nil, curlError("the option " + shown + " " + why)
	case curlFlags[name] != nil:
		curlFlags[name](c)
		return words, nil
	case !ignored && curlOptions[name] == nil:
		return nil, curlError("the option " + shown + " is not known here")
	case !takesArgument(name):
		return words, nil
	case len(words) == 0:
		return nil, curlError("the option " + shown + " lacks its argument")
	case ignored:
		return words[1:], nil
	}
	return words[1:], curlOptions[name](c, words[0])
}

// noMark refuses a variable where its value would be needed.
func noMark(s string) error {
	if strings.ContainsRune(s, 0) {
		return curlError("a variable stands where its value is needed: write it out (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY may stay in --user, AWS_SESSION_TOKEN in the header x-amz-security-token)")
	}
	return nil
}

// header reads -H: "Name: value", "Name;" for an empty one, "Name:" to leave one
// out that curl would send.
func (c *curl) header(v string) error {
	if strings.HasPrefix(v, "@") {
		return curlError("the option --header with @FILE reads a file, and no file is read here: write the headers out")
	}
	name, value, ok := strings.Cut(v, ":")
	value = strings.Trim(value, " \t")
	switch {
	case ok && value == "":
		return nil
	case !ok && strings.HasSuffix(v, ";"):
		name = strings.TrimSuffix(v, ";")
	case !ok: // curl leaves it out, too
		return nil
	case strings.EqualFold(name, "X-Amz-Security-Token") && value == mark("AWS_SESSION_TOKEN"):
		return nil // it comes with the credentials
	}
	if strings.ContainsAny(v, "\r\n") || !isToken(name) {
		return curlError("a header is no NAME: VALUE in one line")
	}
	if strings.EqualFold(name, "Host") {
		c.request.Host = value
	} else {
		c.request.Headers = append(c.request.Headers, [2]string{name, value})
	}
	return noMark(v)
}

func (c *curl) unsignedHeader(name, value string) error {
	c.unsigned = append(c.unsigned, [2]string{name, value})
	return noMark(value)
}

// cookie reads -b, which names a file unless it has an equals sign.
func (c *curl) cookie(v string) error {
	if !strings.Contains(v, "=") {
		return nil // whose cookies no signature is about
	}
	return c.unsignedHeader("Cookie", v)
}

// add adds a piece of the body; curl puts an & between them.
func (c *curl) add(v string) { c.data, c.hasData = append(c.data, v), true }

func (c *curl) dataOption(v string) error {
	if strings.HasPrefix(v, "@") {
		return curlError("the option --data with @FILE reads a file, and no file is read here: write its content in its place, or its SHA-256 in a header x-amz-content-sha256")
	}
	c.add(v)
	return nil
}

// dataJSON adds a piece of --json, between which nothing is put.
func (c *curl) dataJSON(v string) error {
	if strings.HasPrefix(v, "@") {
		return c.dataOption(v)
	}
	if c.hasData {
		c.data[len(c.data)-1] += v
		return nil
	}
	c.add(v)
	return nil
}

// dataEncoded adds a piece of --data-urlencode: content, =content or
// name=content, the content encoded and a blank as a plus.
func (c *curl) dataEncoded(v string) error {
	name, content, ok := strings.Cut(v, "=")
	if !ok {
		if strings.Contains(v, "@") {
			return curlError("the option --data-urlencode with @FILE reads a file, and no file is read here: write its content in its place")
		}
		name, content = "", v
	}
	if name != "" {
		name += "="
	}
	c.add(name + url.QueryEscape(content))
	return nil
}

func (c *curl) setURL(v string) error {
	if c.url != "" {
		return curlError("there is more than one URL: give one at a time")
	}
	if v == "" {
		return curlError("the URL is empty")
	}
	c.url = v
	return noMark(v)
}

// finish makes the request that curl would send.
func (c *curl) finish() (Request, error) {
	r := &c.request
	body := strings.Join(c.data, "&")
	if err := noMark(body); err != nil {
		return Request{}, err
	}
	if err := c.target(body); err != nil {
		return Request{}, err
	}
	if c.hasData && !c.get {
		r.Body = []byte(body)
	}
	r.Method = c.method
	switch {
	case r.Method != "" && !isToken(r.Method):
		return Request{}, curlError("the method is no word")
	case r.Method != "":
	case c.head:
		r.Method = "HEAD"
	case c.hasData && !c.get:
		r.Method = "POST"
	default:
		r.Method = "GET"
	}
	if c.json {
		c.orElse("Content-Type", "application/json")
		c.orElse("Accept", "application/json")
	}
	if err := c.authorization(); err != nil {
		return Request{}, err
	}
	if r.header("Authorization") != "" { // its list says which of these are signed
		for _, h := range c.unsigned {
			c.orElse(h[0], h[1])
		}
		if r.Body != nil {
			c.orElse("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if len(r.Body) == 0 {
		r.Body = nil
	}
	if _, err := r.HTTP(); err != nil {
		return Request{}, curlError(err.Error())
	}
	return *r, nil
}

// orElse sets a header that is not there.
func (c *curl) orElse(name, value string) {
	for _, h := range c.request.Headers {
		if strings.EqualFold(h[0], name) {
			return
		}
	}
	c.request.Headers = append(c.request.Headers, [2]string{name, value})
}

// target makes the URL that curl asks for: http:// where no scheme is written,
// the query with the data of -G, dot segments removed unless --path-as-is.
func (c *curl) target(body string) error {
	if c.url == "" {
		return curlError("there is no URL")
	}
	u, _, _ := strings.Cut(c.url, "#")
	if !strings.Contains(u, "://") {
		u = "http://" + u
	}
	if !isURL(u) {
		return curlError("the URL's scheme is neither http nor https")
	}
	scheme, rest, _ := strings.Cut(u, "://")
	rest, query, hasQuery := strings.Cut(rest, "?")
	host, p := rest, "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, p = rest[:i], rest[i:]
	}
	if strings.Contains(host, "@") {
		return curlError("the URL has a user: credentials belong in --user, beside --aws-sigv4")
	}
	if !c.asIs {
		p = removeDots(p)
	}
	if c.get && c.hasData {
		if query != "" {
			query += "&"
		}
		query, hasQuery = query+body, true
	}
	c.request.URL = strings.ToLower(scheme) + "://" + host + p
	if hasQuery {
		c.request.URL += "?" + query
	}
	return nil
}

// removeDots removes dot segments (RFC 3986 section 5.2.4) and leaves empty ones.
func removeDots(p string) string {
	var kept []string
	segments := strings.Split(p[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case s == "." || s == "..":
			if s == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// authorization reads --aws-sigv4 "aws:amz[:REGION[:SERVICE]]" and --user.
func (c *curl) authorization() error {
	r := &c.request
	if !c.hasSigv4 {
		if c.hasUser {
			return curlError("the option --user without --aws-sigv4 asks for another kind of authorization than AWS's signature: add --aws-sigv4 \"aws:amz:REGION:SERVICE\"")
		}
		return nil
	}
	parts := strings.SplitN(c.sigv4, ":", 4)
	if len(parts) < 2 || parts[0] != "aws" || parts[1] != "amz" {
		return curlError("the option --aws-sigv4 is not \"aws:amz:REGION:SERVICE\"")
	}
	parts = append(parts, "", "")
	r.Region, r.Service = parts[2], parts[3]
	// What is missing is read from the host: SERVICE.REGION.amazonaws.com.
	u, err := url.Parse(r.URL)
	if err != nil {
		return curlError("the URL is malformed")
	}
	labels := append(strings.Split(u.Hostname(), "."), "", "")
	if r.Service == "" {
		r.Service = labels[0]
	}
	if r.Region == "" {
		r.Region = labels[1]
	}
	r.Time = r.header("X-Amz-Date")
	id, secret, _ := strings.Cut(c.user, ":")
	if id == mark("AWS_ACCESS_KEY_ID") {
		id = ""
	}
	if secret == mark("AWS_SECRET_ACCESS_KEY") {
		secret = ""
	}
	r.Credentials = sigv4.NewCredentials(id, secret, r.header("X-Amz-Security-Token"))
	return noMark(id + secret)
}
