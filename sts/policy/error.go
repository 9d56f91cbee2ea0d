package policy

import "fmt"

// Error says what is wrong with a policy, and where.
type Error struct {
	Path     string // Statement[0].Condition.StringEquals; empty is the policy as a whole
	Problem  string
	Expected string // may be empty
}

func (e *Error) Error() string {
	text := "policy: "
	if e.Path != "" {
		text += e.Path + ": "
	}
	text += e.Problem
	if e.Expected != "" {
		text += ": expected " + e.Expected
	}
	return text
}

func bad(path, expected, format string, args ...any) *Error {
	return &Error{Path: path, Problem: fmt.Sprintf(format, args...), Expected: expected}
}
