package testvectors

import (
	"strings"
	"testing"
)

// TestTextsRefuse changes the real texts in one place: the loaders must say what
// is wrong and where.
func TestTextsRefuse(t *testing.T) {
	chains := func(text string) error { _, err := parseChains(text); return err }
	framings := func(text string) error { _, err := parseFramings(text); return err }
	flaws := func(text string) error { _, _, err := parseFlaws(text); return err }
	v4a := func(text string) error { _, err := parseV4a(text); return err }
	strs := func(text string) error { _, err := parseV4aStrings(text); return err }
	keys := func(text string) error { _, err := parseV4aKeys(text); return err }
	for _, tt := range []struct {
		name, file string
		parse      func(string) error
		old, new   string
		want       string
	}{
		{"signature that is not DER", "v4a.txt", v4a, "header-signature 30", "header-signature 31", "header-signature is not DER"},
		{"signature cut", "v4a.txt", v4a, "8113\n", "81\n", "header-signature is not DER"},
		{"signature of an odd digit", "v4a.txt", v4a, "8113\n", "811\n", "header-signature is not DER"},
		{"signature in upper case", "v4a.txt", v4a, "ee439fac", "EE439FAC", "header-signature is not DER"},
		{"public key cut", "v4a.txt", v4a, "default public-key-x b6", "default public-key-x b", "public-key-x is not 64 digits"},
		{"no public key", "v4a.txt", v4a, "default public-key-y", "# ", "no public-key-y"},
		{"the region set as a header", "v4a.txt", v4a, "header My-Header1:value2\n", "header X-Amz-Region-Set:a\n", "the signer's to add"},
		{"a signature that was not published", "v4astrings.txt", strs, "header-canonical-request\n", "header-signature 00\nheader-canonical-request\n", "none was published"},
		{"a query form that was not published", "v4astrings.txt", strs, "header-canonical-request\n", "expires 1\nquery-canonical-request\n| GET\n| /\n|\n| host:h\n|\n| host\n| UNSIGNED-PAYLOAD\n" +
			"query-string-to-sign\n| a\n| b\n| c\n| d\nheader-canonical-request\n", "a query form"},
		{"counter of none", "v4akeys.txt", keys, "counter 1", "counter 0", `counter "0" is not a positive number`},
		{"private key cut", "v4akeys.txt", keys, "private-key 7f", "private-key 7", "private-key is not 64 digits"},

		{"unknown algorithm", chainsFile, chains, "default algorithm AWS4-HMAC-SHA256", "default algorithm AWS4-HMAC-SHA512", "is neither"},
		{"piece before any chain", chainsFile, chains, "chain s3-chunked-upload\n", "chunk a/1\nstring-to-sign\n| a\n\nchain s3-chunked-upload\n", "no chain before it"},
		{"piece of another number", chainsFile, chains, "chunk s3-chunked-upload/2", "chunk s3-chunked-upload/4", "the next piece is s3-chunked-upload/2"},
		{"piece of another chain", chainsFile, chains, "chunk java-chunk-small/1", "chunk java-chunk-tiny/1", "the next piece is java-chunk-small/1"},
		{"no signing key", chainsFile, chains, "signing-key dbb8", "# ", "no signing-key"},
		{"signing key of an odd digit", chainsFile, chains, "signing-key dbb8", "signing-key dbb", "signing-key is not lowercase hex"},
		{"seed beside a request", chainsFile, chains, "method PUT\n", "seed sig\nmethod PUT\n", "beside seed"},
		{"neither seed nor request", chainsFile, chains, "seed 7369676e6174757265\n", "", "no access-key"},
		{"short signature", chainsFile, chains, "signature ad80", "signature ad8", "signature is not 64 digits"},
		{"signature of SigV4a", chainsFile, chains, "chunk sigv4a-chunked/3\n", "chunk sigv4a-chunked/3\nsignature 00\n", "none was published"},
		{"signature of SigV4a in the string to sign", chainsFile, chains, "| PREVIOUS\n", "| 3045\n", "no line PREVIOUS"},
		{"nothing repeated", chainsFile, chains, "data a\nrepeat 1024", "repeat 1024", "no data"},
		{"repeated too often", chainsFile, chains, "repeat 1024", "repeat 1048577", "more than a test should hold"},
		{"time of a chunk", chainsFile, chains, "chunk s3-chunked-upload/3\n", "chunk s3-chunked-upload/3\ntime 20130524T000000Z\n", `unknown key "time"`},
		{"no time of an event", chainsFile, chains, "time 19810116T063001Z\n", "", "no time"},
		{"data of a trailer", chainsFile, chains, "field first:1st\n", "data a\n", `unknown key "data"`},
		{"body of a chain", chainsFile, chains, "method PUT\n", "body a\nmethod PUT\n", `unknown key "body"`},
		{"framing without chunks", chainsFile, framings, "chunk-size 10\n", "chunk-size 0\n", "chunk-size"},

		{"flag that does not stand above", flawsFile, flaws, "flags stale-key\n", "flags stale-keys\n", `no flag "stale-keys" above`},
		{"flag that none shows", flawsFile, flaws, "flag stale-key\n", "flag unseen\nwhat a\nwhy b\nseen c\n\nflag stale-key\n", "flag unseen: no scenario shows it"},
		{"no why", flawsFile, flaws, "why After", "issue After", "again"},
		{"unknown mode", flawsFile, flaws, "mode sign\n", "mode sing\n", "is none of sign, presign, verify and print"},
		{"unknown refusal of a signer", flawsFile, flaws, "refused credentials\n", "refused credential\n", `refused with "credential"`},
		{"a server's refusal of a signer", flawsFile, flaws, "refused credentials\n", "refused AccessDenied\n", `refused with "AccessDenied"`},
		{"unknown refusal of a server", flawsFile, flaws, "refused AccessDenied\n", "refused credentials\n", `refused with "credentials"`},
		{"both refused and signed", flawsFile, flaws, "refused scope\n", "refused scope\nsignature 00\n", "both refused and signed"},
		{"neither refused nor signed", flawsFile, flaws, "refused scope\n", "", "no canonical-request"},
		{"sequence torn", flawsFile, flaws, "scenario stale-key/secret changes, 2\n", "scenario stale-key/between\nflags stale-key\nmode sign\nrefused scope\n\nscenario stale-key/secret changes, 2\n", "is not in one piece"},
		{"key of another mode", flawsFile, flaws, "mode sign\n", "mode sign\nnow 20150830T123600Z\n", "now has no place in mode sign"},
		{"refusal of a print", flawsFile, flaws, "mode print\n", "mode print\nrefused request\n", "refused has no place in mode print"},
		{"no now", flawsFile, flaws, "now 20150830T123600Z\n", "", "no now"},
		{"malformed life", flawsFile, flaws, "expires 3600\n", "expires 1h\n", `expires "1h" is not a number`},
		{"no format", flawsFile, flaws, "format %v\n", "", "no format"},
	} {
		t.Run(tt.file+" "+tt.name, func(t *testing.T) {
			raw, err := texts.ReadFile(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			text := string(raw)
			if !strings.Contains(text, tt.old) {
				t.Fatalf("%q is not in the text", tt.old)
			}
			err = tt.parse(strings.Replace(text, tt.old, tt.new, 1))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), tt.file+":") {
				t.Errorf("error %v, want one of %s with %q", err, tt.file, tt.want)
			}
		})
	}
}
