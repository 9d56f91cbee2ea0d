package s3client

import (
	"errors"
	"iter"
)

var errLoop = errors.New("the service says that the listing goes on, but not from where")

// pages yields pages until one has no next token. A token that comes again would
// go round for ever; one is remembered, at distances that double (Brent's cycle
// detection), for there may be millions.
func pages[T any, Token comparable](k call, first Token, fetch func(token Token) (page T, next Token, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last Token
		token, mark := first, first
		for n, power := 1, 1; ; n++ {
			page, next, err := fetch(token)
			if err == nil && next != last && (next == token || next == mark) {
				err = k.wrap(errLoop)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yield(page, nil) || next == last {
				return
			}
			if token = next; n == power {
				mark, power = next, 2*power
			}
		}
	}
}
