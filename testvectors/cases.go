package testvectors

import "strings"

// suite is one set of cases with the numbers it must have.
type suite struct {
	family, file         string
	cases, header, query int
}

func (s suite) parse(text string) ([]Case, error) {
	kinds := []string{"case"}
	if s.family == "documents" {
		kinds = append(kinds, "policy")
	}
	records, err := parse(s.file, text, kinds...)
	if err != nil {
		return nil, err
	}
	var cases, withHeader, withQuery []Case
	for _, rec := range records {
		if rec.kind != "case" {
			continue
		}
		r := &reader{record: rec}
		c := newCase(s.family, r, (*reader).digest)
		if r.err != nil {
			return nil, r.err
		}
		cases = append(cases, c)
		if c.Header != nil {
			withHeader = append(withHeader, c)
		}
		if c.Query != nil {
			withQuery = append(withQuery, c)
		}
	}
	if _, err := exactly(s.file, "header forms", withHeader, s.header); err != nil {
		return nil, err
	}
	if _, err := exactly(s.file, "query forms", withQuery, s.query); err != nil {
		return nil, err
	}
	return exactly(s.file, "cases", cases, s.cases)
}

// newCase takes a case whose signatures are read by the given method.
func newCase(family string, r *reader, signature func(r *reader, key string) string) Case {
	c := Case{
		Family:          family,
		Name:            r.name,
		Source:          r.required("source"),
		AccessKeyID:     r.required("access-key"),
		SecretAccessKey: r.required("secret-key"),
		SessionToken:    r.optional("session-token"),
		Region:          r.required("region"),
		Service:         r.required("service"),
		Time:            r.moment("time", "20060102T150405Z"),
		Method:          r.required("method"),
		Target:          r.required("target"),
		Headers:         headers(r),
		ContentSHA256:   r.flagOr("content-sha256", false),
		NormalizePath:   r.flag("normalize-path"),
		DoubleEncode:    r.flag("double-encode"),
		SignToken:       r.flagOr("sign-token", true),
		Header:          expected(r, "header", signature),
		Query:           expected(r, "query", signature),
	}
	if body := r.optional("body"); body != "" {
		c.Body = []byte(body)
	}
	if !c.SignToken && c.SessionToken == "" {
		r.fail(r.lineOf("sign-token"), "sign-token without session-token")
	}
	if c.Query != nil {
		c.Expires = r.positive("expires")
	} else if r.has("expires") {
		r.fail(r.lineOf("expires"), "expires without a query form")
	}
	c.PayloadHash = payloadHash(r, c.Header, c.Query)
	return c
}

// headers takes the headers and holds them to what Case promises.
func headers(r *reader) [][2]string {
	all := r.named("header", ":")
	hosts := 0
	for _, h := range all {
		switch strings.ToLower(h[0]) {
		case "host":
			hosts++
		case "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-region-set", "authorization":
			r.fail(r.lineOf("header"), "header %s is the signer's to add", h[0])
		}
	}
	if hosts != 1 {
		r.fail(r.lineOf("header"), "%d Host headers, not 1", hosts)
	}
	return all
}

// expected takes the stages of a form: all three, or nil when there is none.
func expected(r *reader, form string, signature func(r *reader, key string) string) *Expected {
	canonical, toSign, signed := form+"-canonical-request", form+"-string-to-sign", form+"-signature"
	if !r.has(canonical) && !r.has(toSign) && !r.has(signed) {
		return nil
	}
	e := &Expected{
		CanonicalRequest: r.required(canonical),
		StringToSign:     r.required(toSign),
		Signature:        signature(r, signed),
	}
	// Method, path, query, a header, the empty line, the names, the payload.
	lines := strings.Split(e.CanonicalRequest, "\n")
	if len(lines) < 7 || lines[len(lines)-3] != "" || lines[len(lines)-2] == "" || lines[len(lines)-1] == "" {
		r.fail(r.lineOf(canonical), "%s is not a whole canonical request", canonical)
		return e
	}
	e.SignedHeaders = lines[len(lines)-2]
	if strings.Count(e.StringToSign, "\n") != 3 {
		r.fail(r.lineOf(toSign), "%s has not four lines", toSign)
	}
	return e
}

// payloadHash is the last line of the canonical request, on which the forms of
// a case must agree.
func payloadHash(r *reader, forms ...*Expected) string {
	hash := ""
	for _, e := range forms {
		if e == nil {
			continue
		}
		last := e.CanonicalRequest[strings.LastIndexByte(e.CanonicalRequest, '\n')+1:]
		if hash != "" && hash != last {
			r.fail(r.line, "the forms sign different payloads")
		}
		hash = last
	}
	if hash == "" {
		r.fail(r.line, "neither header form nor query form")
	}
	return hash
}
