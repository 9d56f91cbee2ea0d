package sigv4a_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

// allowedImports says of each import why it is needed. As in package sigv4: a
// line more is a change of what auditors have been told.
var allowedImports = map[string]string{
	"crypto":          "the name of SHA-256, for a deterministic signature",
	"crypto/ecdsa":    "keys, signatures, their verification",
	"crypto/elliptic": "the name of P-256",
	"crypto/hmac":     "deriving the key",
	"crypto/sha256":   "deriving the key; the string to sign",
	"encoding/binary": "the words of a candidate",
	"encoding/hex":    "signatures as text",
	"math/bits":       "comparing and adding in constant time",
	"path":            "patterns of regions",
	"slices":          "the regions of a set",
	"strings":         "the regions of a set",

	"github.com/sigvier/sigvier/sigv4": "all but the algorithm",
}

// maxLines of code, without blanks and comments.
const maxLines = 150

func TestNothingButComputing(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset, used, lines := token.NewFileSet(), map[string]bool{}, 0
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, "_test.go") || name == "testdata" {
			continue
		}
		if path.Ext(name) != ".go" {
			t.Errorf("%s is no Go source", name)
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if used[imported] = true; err != nil || allowedImports[imported] == "" || spec.Name != nil {
				t.Errorf("%s: imports %s, which is not of the allow-list, or under another name", name, imported)
			}
		}
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if strings.HasPrefix(comment.Text, "//go:") {
					t.Errorf("%s: has the directive %s", name, comment.Text)
				}
			}
		}
		code := map[int]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case nil, *ast.Comment, *ast.CommentGroup:
				return false
			case *ast.GoStmt:
				t.Errorf("%s: starts a goroutine", fset.Position(n.Pos()))
			case *ast.FuncDecl:
				if n.Name.Name == "init" || n.Body == nil {
					t.Errorf("%s: an init function, or one without a body", fset.Position(n.Pos()))
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "panic" || f.Name == "print" || f.Name == "println") {
					t.Errorf("%s: calls %s", fset.Position(n.Pos()), f.Name)
				}
			}
			code[fset.Position(n.Pos()).Line], code[fset.Position(n.End()-1).Line] = true, true
			return true
		})
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.VAR {
				for _, spec := range group.Specs {
					if name := spec.(*ast.ValueSpec).Names[0].Name; name != "_" {
						t.Errorf("%s: var %s", fset.Position(group.Pos()), name)
					}
				}
			}
		}
		lines += len(code)
		t.Logf("%5d  %s", len(code), name)
	}
	for imported := range allowedImports {
		if !used[imported] {
			t.Errorf("the allow-list names %s, which nothing imports", imported)
		}
	}
	if t.Logf("%5d  lines of code", lines); lines > maxLines || lines < 50 {
		t.Errorf("%d lines of code, want at most %d", lines, maxLines)
	}
}
