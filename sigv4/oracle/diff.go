package oracle

import (
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// diff gives every line that a server's canonical request and string to sign have
// otherwise than the trace, which is the client's. An empty one is not compared.
func diff(t sigv4.Trace, canonicalRequest, stringToSign string) (found []Difference) {
	for i, part := range [...]string{"method", "canonical URI", "query parameter", "header", "signed headers",
		"payload hash", "algorithm", "time", "credential scope", "canonical request hash"} {
		text := [...][2]string{{t.CanonicalRequest, canonicalRequest}, {t.StringToSign, stringToSign}}[i/6]
		if text[1] != "" {
			found = appendDifferences(found, part, linesOf(text[0], i), linesOf(text[1], i))
		}
	}
	return found
}

// linesOf gives the lines of a part: of a canonical request the first six, of a
// string to sign the others. Where the text is too short for it, that is "".
func linesOf(text string, part int) []string {
	lines := append(strings.Split(text, "\n"), "", "", "", "", "")
	last := max(len(lines)-6, 5)
	return [...][]string{lines[:1], lines[1:2], strings.Split(lines[2], "&"), lines[3 : last-1], lines[last-1 : last], lines[last : last+1],
		lines[:1], lines[1:2], lines[2:3], lines[3 : last+1]}[part]
}

// appendDifferences pairs the lines of one part that the two do not share by name.
func appendDifferences(found []Difference, part string, client, server []string) []Difference {
	sep := map[string]string{"query parameter": "=", "header": ":"}[part]
	before, excess, open := len(found), map[string]int{}, map[string][]int{}
	for _, line := range client {
		excess[line]++
	}
	for _, line := range server {
		excess[line]--
	}
	for _, line := range slices.Concat(client, server) {
		name, _, _ := strings.Cut(line, sep)
		switch n := excess[line]; {
		case n > 0:
			excess[line], open[name] = n-1, append(open[name], len(found))
			found = append(found, Difference{part, name, line, ""})
		case n < 0 && len(open[name]) > 0:
			excess[line], found[open[name][0]].Server, open[name] = n+1, line, open[name][1:]
		case n < 0:
			excess[line] = n + 1
			found = append(found, Difference{part, name, "", line})
		}
	}
	if len(found) == before && !slices.Equal(client, server) {
		found = append(found, Difference{part, "", strings.Join(client, "\n"), strings.Join(server, "\n")})
	}
	return found
}
