package s3test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// parseRange understands what S3 does: one range of bytes. Everything else is
// ignored (RFC 9110, section 14.2), and the whole object is the answer.
func parseRange(header string, size int64) (offset, length int64, partial bool, err error) {
	unit, spec, _ := strings.Cut(header, "=")
	first, last, dash := strings.Cut(spec, "-")
	if !strings.EqualFold(unit, "bytes") || !dash || !digits(first) || !digits(last) || first+last == "" {
		return 0, size, false, nil
	}
	a, b := saturated(first), saturated(last)
	switch {
	case first == "":
		a, b = max(0, size-b), size-1
		if last != "" && saturated(last) == 0 {
			a = size
		}
	case last == "":
		b = size - 1
	case a > b:
		return 0, size, false, nil
	}
	if a >= size {
		return 0, 0, false, &apiError{
			Code: "InvalidRange", Message: statuses["InvalidRange"].message,
			Fields: []field{{"RangeRequested", header}, {"ActualObjectSize", size}},
			Header: http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", size)}},
		}
	}
	b = min(b, size-1)
	return a, b - a + 1, true, nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// saturated reads digits; what is too large for an int64 is past any end.
func saturated(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}
