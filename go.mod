module github.com/sigvier/sigvier

go 1.25.0

require golang.org/x/sync v0.22.0

// Used by tests only: no package outside _test.go files imports it.
require github.com/google/go-cmp v0.7.0
