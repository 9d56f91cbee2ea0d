package sigv4_test

// Small domains, exhausted; and the counts without which the other tests could
// shrink unseen.

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every byte in every place where bytes are escaped: as an escape in both cases,
// and raw where that is text. All must be accepted and agree, and in a presigned
// URL each parameter's byte must stand as UriEncode writes it.
func TestSpecEveryByteInEveryEscaper(t *testing.T) {
	places := []struct{ name, service, before, after string }{
		{"path of S3", "s3", "/a", "b"},
		{"path of others", "sqs", "/a", "b"},
		{"query name", "s3", "/?a", "b=c"},
		{"query value", "s3", "/?a=b", "c"},
		{"query value of others", "sqs", "/?a=b", "c"},
	}
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			compared := 0
			for b := range 256 {
				spellings := []string{fmt.Sprintf("%%%02X", b), fmt.Sprintf("%%%02x", b)}
				if ' ' < b && b <= '~' && !strings.ContainsRune("%?", rune(b)) {
					spellings = append(spellings, string(rune(b)))
				}
				for _, spelling := range spellings {
					in := specInput{
						method: "GET", host: "example.com", target: place.before + spelling + place.after,
						region: "us-east-1", service: place.service, payload: 2, seconds: 1700000000,
					}
					if got := specCheckSign(t, in); got != specAgreed {
						t.Errorf("Sign of %q: %s", in.target, got)
					}
					if got := specCheckPresign(t, in, 60); got != specAgreed {
						t.Errorf("Presign of %q: %s", in.target, got)
					}
					compared++
				}
			}
			if compared != 256*2+92 {
				t.Errorf("%d spellings compared, want %d", compared, 256*2+92)
			}
		})
	}
}

func TestSpecEveryByteInAPresignedURL(t *testing.T) {
	for b := range 256 {
		escape := fmt.Sprintf("%%%02X", b)
		in := specInput{
			method: "GET", host: "example.com", target: "/k" + escape + "?n" + escape + "=v" + escape,
			region: "us-east-1", service: "s3", payload: 2, seconds: 1700000000,
		}
		if '!' <= b && b <= '~' { // what a session token may hold
			in.token = "t" + string(rune(b))
		}
		signer, cred, payload, err := in.signer()
		if err != nil {
			t.Fatal(err)
		}
		got, err := signer.Presign(in.request(), cred, payload, in.time(), 60e9)
		if err != nil {
			t.Errorf("byte %#x: %v", b, err)
			continue
		}
		encoded := specURIEncode(string([]byte{byte(b)}), false)
		parts := []string{"n" + encoded + "=v" + encoded + "&"}
		if in.token != "" {
			parts = append(parts, "X-Amz-Security-Token=t"+encoded+"&")
		}
		for _, part := range parts {
			if !strings.Contains(got.URL, part) {
				t.Errorf("byte %#x: %s lacks %s", b, got.URL, part)
			}
		}
	}
}

// Every byte within a header's value: text must be accepted and agree, control
// bytes must be refused.
func TestSpecEveryByteOfAHeaderValue(t *testing.T) {
	agreed, refused, skipped := 0, 0, 0
	for b := range 256 {
		in := specInput{
			method: "GET", host: "example.com", target: "/", headers: "X-Amz-Meta-A:a" + string([]byte{byte(b)}) + "b",
			region: "us-east-1", service: "s3", payload: 2, seconds: 1700000000,
		}
		for _, outcome := range []specOutcome{specCheckSign(t, in), specCheckPresign(t, in, 60)} {
			switch outcome {
			case specAgreed:
				agreed++
			case specRefused:
				refused++
			case specSkipped:
				skipped++
			}
		}
	}
	// All but 33 control bytes; of these the tab is undecided, and a line feed
	// ends the header in this notation.
	if agreed != 2*(256-32) || refused != 2*31 || skipped != 2 {
		t.Errorf("%d agreed, %d refused, %d skipped; want 448, 62 and 2", agreed, refused, skipped)
	}
}

// Each byte of a signed request, but for what is not signed, changed in each of
// its bits: refused. What is not signed here is the User-Agent, the version of
// HTTP, the lengths, and the case of headers' names and of escapes.
func TestSpecEveryMutatedByteIsRefused(t *testing.T) {
	in := specInput{
		method: "PUT", host: "example.com", target: "/bucket/key?partNumber=1&versionId=a",
		headers: "X-Amz-Meta-A:some value\nContent-Type:text/plain",
		region:  "us-east-1", service: "s3", token: "token", payload: 1, seconds: 1700000000,
	}
	presigned := in
	presigned.payload = 2
	for _, tt := range []struct {
		name  string
		in    specInput
		query bool
	}{{"header form", in, false}, {"query form", presigned, true}} {
		t.Run(tt.name, func(t *testing.T) {
			wire, _, ok := tt.in.wireOf(t, tt.query)
			if !ok {
				t.Fatal("cannot be sent")
			}
			signed := specSignedPositions(wire)
			if len(signed) < 300 {
				t.Fatalf("%d bytes are signed of\n%s", len(signed), wire)
			}
			for at := range wire {
				for bit := range 8 {
					if specCheckMutation(t, tt.in, tt.query, at, 1<<bit) == specRefused {
						continue
					}
					if signed[at] && !specEscapeInLowerCase(wire, at, bit) {
						t.Errorf("byte %d, %q in %q, bit %d: accepted", at, wire[at], wire[max(0, at-20):at+1], bit)
					}
				}
			}
		})
	}
}

// Where the payload hash comes from outside the request, another one is refused.
func TestSpecAnotherPayloadIsRefused(t *testing.T) {
	in := specInput{
		method: "POST", host: "sts.amazonaws.com", target: "/", region: "us-east-1", service: "sts", seconds: 1700000000,
	}
	for _, query := range []bool{false, true} {
		wire, _, ok := in.wireOf(t, query)
		if !ok {
			t.Fatal("cannot be sent")
		}
		for payload := range specPayloads {
			other := in
			other.payload = uint8(payload)
			if err := other.received(wire, false); (err == nil) != (payload == 0) {
				t.Errorf("query form %t: signed with %s, verified with %s: %v", query, in.payloadHash(), other.payloadHash(), err)
			}
		}
	}
}

// specEscapeInLowerCase reports whether a bit makes %2f of %2F.
func specEscapeInLowerCase(wire []byte, at, bit int) bool {
	return bit == 5 && 'A' <= wire[at] && wire[at] <= 'F' && bytes.IndexByte(wire[at-2:at], '%') >= 0
}

// specSignedPositions are the positions of method, target and of each signed
// header's value in a request's head.
func specSignedPositions(wire []byte) map[int]bool {
	signed := map[int]bool{}
	start := 0
	for i, line := range bytes.SplitAfter(wire, []byte("\r\n")) {
		from, to := bytes.IndexByte(line, ':')+2, len(line)-2
		if i == 0 {
			from, to = 0, bytes.LastIndexByte(line, ' ')
		}
		if !bytes.HasPrefix(line, []byte("User-Agent:")) && !bytes.HasPrefix(line, []byte("Content-Length:")) {
			for at := from; at < to; at++ {
				signed[start+at] = true
			}
		}
		start += len(line)
	}
	return signed
}

// Without -fuzz each target runs its seeds: those it adds, and those in
// testdata.
func TestSpecTargetsHaveTheirSeeds(t *testing.T) {
	want := map[string]int{
		"FuzzSpecSign":            specSeedCount,
		"FuzzSpecPresign":         specSeedCount,
		"FuzzSpecSignVerify":      specSeedCount,
		"FuzzSpecPresignVerify":   specSeedCount,
		"FuzzSpecSignMutation":    specSeedCount,
		"FuzzSpecPresignMutation": specSeedCount,
		"FuzzSpecEncoder":         specUploadCount,
		"FuzzSpecDecoder":         specUploadCount,
		"FuzzSpecFlippedChunk":    specUploadCount,
		"FuzzSpecPolicy":          3,
		"FuzzSpecChain":           4,
	}
	if got := len(specSeeds(t)); got != specSeedCount {
		t.Errorf("%d inputs, want %d", got, specSeedCount)
	}
	if got := len(specUploads()); got != specUploadCount {
		t.Errorf("%d uploads, want %d", got, specUploadCount)
	}

	got := map[string]int{}
	files, err := filepath.Glob("spec*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(fn.Name.Name, "FuzzSpec") {
				continue
			}
			got[fn.Name.Name] = specAdds(fn)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("targets and their seeds (-want +got):\n%s", diff)
	}

	stored := map[string]int{}
	entries, err := filepath.Glob("testdata/fuzz/FuzzSpec*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := os.Stat(entry); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, or empty", entry, err)
		}
		stored[filepath.Base(filepath.Dir(entry))]++
	}
	if diff := cmp.Diff(map[string]int{"FuzzSpecFlippedChunk": 1, "FuzzSpecPresign": 1, "FuzzSpecSign": 1}, stored); diff != "" {
		t.Errorf("seeds in testdata (-want +got):\n%s", diff)
	}
}

// specAdds is how many seeds a target adds: by its own calls, or by the function
// that it is handed to.
func specAdds(fn *ast.FuncDecl) int {
	adds := 0
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok && x.Name == "f" && f.Sel.Name == "Add" {
				adds++
			}
		case *ast.Ident:
			switch f.Name {
			case "specFuzzInputs":
				adds += specSeedCount
			case "specFuzzUploads":
				adds += specUploadCount
			}
		}
		return true
	})
	return adds
}

// The seeds are the published cases and the known traps: nearly all are signed,
// presigned and verified. The rest may be refused: raw UTF-8 in the target (4),
// a query that is signed already (1, header form), and in the query form S3's
// examples with a digest (4) and a payload hash in a header (1).
func TestSpecSeedsAreAccepted(t *testing.T) {
	count := map[string]int{}
	for _, in := range specSeeds(t) {
		count["Sign: "+string(specCheckSign(t, in))]++
		count["Presign: "+string(specCheckPresign(t, in, 3600))]++
		count["Verify signed: "+string(specCheckVerify(t, in, false))]++
		count["Verify presigned: "+string(specCheckVerify(t, in, true))]++
	}
	for _, u := range specUploads() {
		count["encode: "+string(specCheckEncoder(t, u))]++
		count["decode: "+string(specCheckDecoder(t, u))]++
	}
	for outcome, atLeast := range map[string]int{
		"Sign: agreed":             specSeedCount - 5,
		"Presign: agreed":          specSeedCount - 9,
		"Verify signed: agreed":    specSeedCount - 5,
		"Verify presigned: agreed": specSeedCount - 9,
		"encode: agreed":           specUploadCount - 1, // one has chunks too small for S3
		"decode: agreed":           specUploadCount - 1,
	} {
		if count[outcome] < atLeast {
			t.Errorf("%s: %d, want %d at least; all: %v", outcome, count[outcome], atLeast, count)
		}
	}
}
