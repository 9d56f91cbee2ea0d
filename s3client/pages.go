package s3client

import (
	"errors"
	"iter"
)

var errLoop = errors.New("the service says that the listing goes on, but not from where")

// pages yields pages until one is not truncated. A truncated one says where the next
// begins. A place that comes again would go round for ever; one is remembered, at
// distances that double (Brent's cycle detection), for there may be millions.
func pages[T any, Token comparable](k call, first Token, fetch func(token Token) (page T, truncated bool, next Token, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var nowhere Token
		token, mark := first, first
		for n, power := 1, 1; ; n++ {
			page, truncated, next, err := fetch(token)
			if err == nil && truncated && (next == nowhere || next == token || next == mark) {
				err = k.wrap(errLoop)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yield(page, nil) || !truncated {
				return
			}
			if token = next; n == power {
				mark, power = next, 2*power
			}
		}
	}
}

// marker is where a page of uploads or of versions begins.
type marker struct{ key, id string }

// behind is the marker that a page ends with: nowhere without a key, for all have one.
func behind(key, id string) marker {
	if key == "" {
		return marker{}
	}
	return marker{key, id}
}

// behindPart is that of a page of parts, which come in the order of their numbers.
func behindPart(next, marker int) int {
	if next <= marker {
		return 0
	}
	return next
}
