package testvectors

import (
	"fmt"
	"strconv"
	"strings"
)

// parseSpaces reads records that are all name: the two quoted strings.
func parseSpaces(text string) ([][2]string, error) {
	const file = "spaces.txt"
	records, err := parse(file, text, "pair")
	if err != nil {
		return nil, err
	}
	var pairs [][2]string
	for _, r := range records {
		pair, ok := quotedPair(r.name)
		if !ok {
			return nil, fmt.Errorf("%s:%d: pair is not two quoted Go strings", file, r.line)
		}
		pairs = append(pairs, pair)
	}
	return exactly(file, "pairs", pairs, spaceCollapsings)
}

func quotedPair(text string) ([2]string, bool) {
	first, err := strconv.QuotedPrefix(text)
	if err != nil {
		return [2]string{}, false
	}
	second, ok := strings.CutPrefix(text[len(first):], " ")
	if !ok {
		return [2]string{}, false
	}
	given, err1 := strconv.Unquote(first)
	wanted, err2 := strconv.Unquote(second)
	return [2]string{given, wanted}, err1 == nil && err2 == nil
}
