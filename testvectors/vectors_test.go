package testvectors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// mac fills up short keys with zeros, as HMAC itself does, for published keys
// that FIPS 140 would find too short.
func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, append(slices.Clone(key), make([]byte, max(0, sha256.Size-len(key)))...))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// chain derives the four keys from a secret and the parts of a scope.
func chain(secret, date, region, service string) [4][]byte {
	kDate := mac([]byte("AWS4"+secret), date)
	kRegion := mac(kDate, region)
	kService := mac(kRegion, service)
	return [4][]byte{kDate, kRegion, kService, mac(kService, "aws4_request")}
}

func families(t *testing.T) map[string][]Case {
	t.Helper()
	all := map[string][]Case{}
	for family, load := range map[string]func() ([]Case, error){
		"v4": V4, "legacy-2015": Legacy2015, "documents": Documents,
	} {
		cases, err := load()
		if err != nil {
			t.Fatal(err)
		}
		all[family] = cases
	}
	return all
}

func TestCounts(t *testing.T) {
	all := families(t)
	// Written out again here: the loader's constants are what is under test.
	for family, want := range map[string]struct{ cases, header, query int }{
		"v4": {38, 38, 38}, "legacy-2015": {34, 34, 0}, "documents": {10, 8, 2},
	} {
		header, query := 0, 0
		for _, c := range all[family] {
			if c.Header != nil {
				header++
			}
			if c.Query != nil {
				query++
			}
			if c.Family != family {
				t.Errorf("%s: family %q, not %q", c.Name, c.Family, family)
			}
		}
		if n := len(all[family]); n != want.cases || header != want.header || query != want.query {
			t.Errorf("%s: %d cases, %d header forms, %d query forms, want %v", family, n, header, query, want)
		}
	}
	services := map[string]int{}
	for _, c := range all["documents"] {
		form := " header"
		if c.Query != nil {
			form = " query"
		}
		services[c.Service+form]++
	}
	if got, want := fmt.Sprint(services), "map[glacier header:2 iam header:2 iam query:1 s3 header:4 s3 query:1]"; got != want {
		t.Errorf("documents: %s, want %s", got, want)
	}
	policies, err := Policies()
	if err != nil || len(policies) != 2 {
		t.Errorf("%d policies, error %v", len(policies), err)
	}
	keys, err := SigningKeys()
	if err != nil || len(keys) != 3 {
		t.Errorf("%d signing keys, error %v", len(keys), err)
	}
	pairs, err := SpaceCollapse()
	if err != nil || len(pairs) != 14 {
		t.Errorf("%d pairs, error %v", len(pairs), err)
	}
	v4a, err := V4a()
	if err != nil || len(v4a) != 38 {
		t.Errorf("%d cases of SigV4a, error %v", len(v4a), err)
	}
	v4aStrings, err := V4aStrings()
	if err != nil || len(v4aStrings) != 6 {
		t.Errorf("%d cases of SigV4a without a signature, error %v", len(v4aStrings), err)
	}
	v4aKeys, err := V4aKeys()
	if err != nil || len(v4aKeys) != 3 {
		t.Errorf("%d keys of SigV4a, error %v", len(v4aKeys), err)
	}
	chains, err := Chains()
	if err != nil || len(chains) != 12 {
		t.Errorf("%d chains, error %v", len(chains), err)
	}
	framings, err := Framings()
	if err != nil || len(framings) != 6 {
		t.Errorf("%d framings, error %v", len(framings), err)
	}
}

// TestCasesAgreeWithThemselves needs no signer: each stage follows from the one
// before it by a hash.
func TestCasesAgreeWithThemselves(t *testing.T) {
	for family, cases := range families(t) {
		for _, c := range cases {
			t.Run(family+"/"+c.Name, func(t *testing.T) {
				checkInputs(t, c)
				if c.Header != nil {
					checkForm(t, c, *c.Header)
					checkHeaderForm(t, c)
				}
				if c.Query != nil {
					checkForm(t, c, *c.Query)
					checkQueryForm(t, c)
				}
			})
		}
	}
}

func checkInputs(t *testing.T, c Case) {
	t.Helper()
	if c.PayloadHash == "UNSIGNED-PAYLOAD" {
		return
	}
	if want := hexSum(c.Body); c.PayloadHash != want {
		t.Errorf("payload hash %s, but the body has %s", c.PayloadHash, want)
	}
}

func checkForm(t *testing.T, c Case, e Expected) {
	t.Helper()
	if !strings.HasPrefix(e.CanonicalRequest, c.Method+"\n/") {
		t.Errorf("canonical request does not begin with %s and a path", c.Method)
	}
	if !strings.HasSuffix(e.CanonicalRequest, "\n\n"+e.SignedHeaders+"\n"+c.PayloadHash) {
		t.Errorf("canonical request does not end in %s and %s", e.SignedHeaders, c.PayloadHash)
	}
	lines := strings.Split(e.CanonicalRequest, "\n")
	var names []string
	for _, line := range lines[3 : len(lines)-3] {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, name)
	}
	if got := strings.Join(names, ";"); got != e.SignedHeaders || !slices.IsSorted(names) {
		t.Errorf("signed headers %s, but header lines %s", e.SignedHeaders, got)
	}
	date := c.Time[:8]
	scope := strings.Join([]string{date, c.Region, c.Service, "aws4_request"}, "/")
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", c.Time, scope, hexSum([]byte(e.CanonicalRequest))}, "\n")
	if e.StringToSign != toSign {
		t.Errorf("string to sign %q, want %q", e.StringToSign, toSign)
	}
	key := chain(c.SecretAccessKey, date, c.Region, c.Service)[3]
	if got := hex.EncodeToString(mac(key, e.StringToSign)); got != e.Signature {
		t.Errorf("signature %s, but the string to sign gives %s", e.Signature, got)
	}
}

func hasLine(text, line string) bool {
	return slices.Contains(strings.Split(text, "\n"), line)
}

func checkHeaderForm(t *testing.T, c Case) {
	t.Helper()
	canonical := c.Header.CanonicalRequest
	if !hasLine(canonical, "x-amz-date:"+c.Time) {
		t.Errorf("x-amz-date is not signed")
	}
	signed := c.SessionToken != "" && c.SignToken
	if hasLine(canonical, "x-amz-security-token:"+c.SessionToken) != signed || strings.Contains(canonical, "token") != signed {
		t.Errorf("session token %q, to be signed: %t", c.SessionToken, signed)
	}
	if hasLine(canonical, "x-amz-content-sha256:"+c.PayloadHash) != c.ContentSHA256 {
		t.Errorf("x-amz-content-sha256 signed: %t", !c.ContentSHA256)
	}
	checkHeaderNames(t, c, c.Header.SignedHeaders)
}

func checkQueryForm(t *testing.T, c Case) {
	t.Helper()
	query := "&" + strings.Split(c.Query.CanonicalRequest, "\n")[2] + "&"
	signed := c.SessionToken != "" && c.SignToken
	if strings.Contains(query, "&X-Amz-Security-Token=") != signed {
		t.Errorf("session token in the query: %t", !signed)
	}
	for _, part := range []string{
		"X-Amz-Date=" + c.Time,
		fmt.Sprintf("X-Amz-Expires=%d", c.Expires),
		"X-Amz-SignedHeaders=" + strings.ReplaceAll(c.Query.SignedHeaders, ";", "%3B"),
		"X-Amz-Credential=" + c.AccessKeyID + "%2F" + c.Time[:8] + "%2F" + c.Region + "%2F" + c.Service + "%2Faws4_request",
	} {
		if !strings.Contains(query, "&"+part+"&") {
			t.Errorf("no %s in the query", part)
		}
	}
	checkHeaderNames(t, c, c.Query.SignedHeaders)
}

// checkHeaderNames checks that what is signed are the headers of the case and
// those that the signer adds, no others and none left out.
func checkHeaderNames(t *testing.T, c Case, signed string) {
	t.Helper()
	var want []string
	for _, h := range c.Headers {
		want = append(want, strings.ToLower(h[0]))
	}
	var got []string
	for name := range strings.SplitSeq(signed, ";") {
		switch name {
		case "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-region-set":
		default:
			got = append(got, name)
		}
	}
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("signed headers %v of a case with %v", got, want)
	}
}

// TestNormalizePath checks the flag by the one thing it can change: whether the
// canonical path is still that of the target.
func TestNormalizePath(t *testing.T) {
	for family, cases := range families(t) {
		for _, c := range cases {
			if c.Header == nil {
				continue
			}
			path, _, _ := strings.Cut(c.Target, "?")
			canonical := strings.Split(c.Header.CanonicalRequest, "\n")[1]
			dotted := strings.Contains(path, "/.") || strings.Contains(path, "//")
			if kept := strings.Contains(canonical, "/.") || strings.Contains(canonical, "//"); dotted && kept == c.NormalizePath {
				t.Errorf("%s/%s: path %s became %s, NormalizePath %t", family, c.Name, path, canonical, c.NormalizePath)
			}
		}
	}
}

func TestPoliciesAgreeWithThemselves(t *testing.T) {
	policies, err := Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		key := chain(p.SecretAccessKey, p.Time[:8], p.Region, p.Service)[3]
		if got := hex.EncodeToString(mac(key, p.PolicyBase64)); got != p.Signature {
			t.Errorf("%s: signature %s, but the policy gives %s", p.Name, p.Signature, got)
		}
		text, err := base64.StdEncoding.DecodeString(p.PolicyBase64)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		credential := fmt.Sprintf("%s/%s/%s/%s/aws4_request", p.AccessKeyID, p.Time[:8], p.Region, p.Service)
		for _, part := range []string{credential, p.Time, "\r\n"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s: no %q in the policy", p.Name, part)
			}
		}
	}
}

func TestSigningKeysAgreeWithThemselves(t *testing.T) {
	keys, err := SigningKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		got := chain(k.SecretAccessKey, k.Date, k.Region, k.Service)
		for i, want := range []string{k.KDate, k.KRegion, k.KService, k.KSigning} {
			if hex.EncodeToString(got[i]) != want {
				t.Errorf("%s/%s: key %d is %s, but derives to %x", k.Date, k.Service, i+1, want, got[i])
			}
		}
	}
}

func TestSpaceCollapseAgreesWithItself(t *testing.T) {
	pairs, err := SpaceCollapse()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pairs {
		if got := strings.Join(strings.Fields(p[0]), " "); got != p[1] {
			t.Errorf("%q: wanted %q, but its words make %q", p[0], p[1], got)
		}
	}
}

// TestRawBytes guards the figures that a careless editor would change.
func TestRawBytes(t *testing.T) {
	find := func(cases []Case, name string) Case {
		i := slices.IndexFunc(cases, func(c Case) bool { return c.Name == name })
		if i < 0 {
			t.Fatalf("no case %s", name)
		}
		return cases[i]
	}
	v4 := families(t)["v4"]
	for name, url := range map[string]string{
		"get-space-normalized":   "https://example.amazonaws.com/example space/",
		"get-utf8":               "https://example.amazonaws.com/\xe1\x88\xb4",
		"get-vanilla-utf8-query": "https://example.amazonaws.com/?\xe1\x88\xb4=bar",
	} {
		if got := find(v4, name).URL(); got != url {
			t.Errorf("%s: URL %q, want %q", name, got, url)
		}
	}
	for name, want := range map[string][][2]string{
		"get-header-value-trim": {
			{"Host", "example.amazonaws.com"}, {"My-Header1", " value1"}, {"My-Header2", ` "a   b   c"`},
		},
		"get-header-value-multiline": {{"Host", "example.amazonaws.com"}, {"My-Header1", "value1 value2 value3"}},
	} {
		if got := find(v4, name).Headers; !slices.Equal(got, want) {
			t.Errorf("%s: headers %q, want %q", name, got, want)
		}
	}
}
