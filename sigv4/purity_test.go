package sigv4_test

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// These tests hold the package to what doc.go promises: it computes and does
// nothing else. Do not loosen them to fix a build; a line more in the list is a
// change of what auditors have been told.

// allowedImports says of each import why it is needed.
var allowedImports = map[string]string{
	"bytes":           "comparing encoded names",
	"cmp":             "sorting by name, then by value",
	"context":         "Provider and Lookup may wait",
	"crypto/hmac":     "the key and the signature; comparing in constant time",
	"crypto/sha256":   "payload and canonical request",
	"encoding/base64": "checking a POST policy",
	"encoding/binary": "eight hex digits at a time",
	"encoding/hex":    "digests as text",
	"errors":          "the kinds of refused input",
	"fmt":             "credentials redact themselves for every verb",
	"hash":            "the type of a MAC that is kept",
	"io":              "writing the redacted text",
	"log/slog":        "credentials redact themselves in logs",
	"net/http":        "the request that is signed; nothing is sent",
	"net/url":         "its URL",
	"path":            "dot segments of a path",
	"slices":          "sorting",
	"sort":            "searching a list of headers",
	"strconv":         "expiry, Content-Length, quoting in errors",
	"strings":         "parsing",
	"sync":            "reusing buffers",
	"sync/atomic":     "the cache of keys",
	"time":            "the time that the caller gives; no clock",
}

const (
	maxLines     = 1200
	maxRoadLines = 500
	minSources   = 13
)

// sources gives the package's sources without tests, by name.
func sources(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(text)
	}
	if len(found) < minSources {
		t.Fatalf("%d sources found, want at least %d", len(found), minSources)
	}
	return found
}

// parsed gives the syntax of the sources. Build constraints do not count: a file
// for another system is read, too.
func parsed(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	fset, files := token.NewFileSet(), map[string]*ast.File{}
	for name, text := range sources(t) {
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
	}
	return fset, files
}

func TestImportsAreOfTheAllowList(t *testing.T) {
	fset, files := parsed(t)
	used := map[string]bool{}
	for _, file := range files {
		if file.Name.Name != "sigv4" {
			t.Errorf("%s: package %s", fset.Position(file.Package), file.Name.Name)
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if allowedImports[imported] == "" {
				t.Errorf("%s: imports %s, which is not of the allow-list", fset.Position(spec.Pos()), imported)
			}
			if spec.Name != nil {
				t.Errorf("%s: imports %s under the name %s, want its own", fset.Position(spec.Pos()), imported, spec.Name)
			}
			used[imported] = true
		}
	}
	for imported := range allowedImports {
		if !used[imported] {
			t.Errorf("the allow-list names %s, which nothing imports", imported)
		}
	}
}

// forbiddenCalls are the clock, the environment, files, processes, the network
// and whatever sends a request.
var forbiddenCalls = map[string]string{
	"time.Now": "clock", "time.Since": "clock", "time.Until": "clock", "time.Sleep": "clock", "time.After": "clock", "time.AfterFunc": "clock",
	"time.NewTimer": "clock", "time.NewTicker": "clock", "time.Tick": "clock", "time.Local": "environment", "time.LoadLocation": "file",
	"os.Getenv": "environment", "os.LookupEnv": "environment", "os.Environ": "environment",
	"http.DefaultClient": "network", "http.DefaultTransport": "network", "http.Client": "network", "http.Transport": "network",
	"http.Get": "network", "http.Head": "network", "http.Post": "network", "http.PostForm": "network",
	"http.ListenAndServe": "network", "http.Serve": "network", "http.Server": "network", "http.FileServer": "file", "http.ServeFile": "file", "http.Dir": "file",
	"io.ReadAll": "reading a body", "io.Copy": "reading a body",
	"fmt.Print": "output", "fmt.Println": "output", "fmt.Printf": "output",
	"slog.Default": "output", "slog.Info": "output", "slog.Error": "output", "slog.Warn": "output", "slog.Debug": "output", "slog.Log": "output",
}

func TestNothingButComputing(t *testing.T) {
	fset, files := parsed(t)
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: starts a goroutine", fset.Position(n.Pos()))
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: has an init function", fset.Position(n.Pos()))
				}
				if n.Body == nil {
					t.Errorf("%s: %s has no body: assembly or a linkname", fset.Position(n.Pos()), n.Name.Name)
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					if what := forbiddenCalls[x.Name+"."+n.Sel.Name]; what != "" {
						t.Errorf("%s: %s.%s: %s", fset.Position(n.Pos()), x.Name, n.Sel.Name, what)
					}
					if x.Name == "rand" || x.Name == "reflect" || x.Name == "unsafe" {
						t.Errorf("%s: %s.%s", fset.Position(n.Pos()), x.Name, n.Sel.Name)
					}
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println" || f.Name == "panic") {
					t.Errorf("%s: calls %s", fset.Position(n.Pos()), f.Name)
				}
			}
			return true
		})
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if strings.HasPrefix(comment.Text, "//go:") || strings.HasPrefix(comment.Text, "// +build") {
					t.Errorf("%s: has the directive %s", fset.Position(comment.Pos()), comment.Text)
				}
			}
		}
	}
}

// TestNoChangingGlobal allows errors that are compared by identity, and
// assertions that a type has an interface.
func TestNoChangingGlobal(t *testing.T) {
	fset, files := parsed(t)
	for _, file := range files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				for i, name := range spec.Names {
					assertion := name.Name == "_" && spec.Type != nil
					sentinel := i < len(spec.Values) && len(spec.Names) == len(spec.Values) && strings.HasPrefix(name.Name, "Err") && isErrorsNew(spec.Values[i])
					if !assertion && !sentinel {
						t.Errorf("%s: var %s is neither an error from errors.New nor an assertion", fset.Position(name.Pos()), name.Name)
					}
				}
			}
		}
	}
}

func isErrorsNew(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == "errors" && f.Sel.Name == "New"
}

// TestSourcesAreGoOnly: no assembly, no C, no object files beside the sources.
func TestSourcesAreGoOnly(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Type()&fs.ModeSymlink != 0 {
			t.Errorf("%s is a link", entry.Name())
		}
		if entry.Type().IsRegular() && slices.Contains([]string{
			".s", ".S", ".sx", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m", ".f", ".F", ".swig", ".swigcxx", ".syso", ".a", ".o", ".so",
		}, path.Ext(entry.Name())) {
			t.Errorf("%s is no Go source", entry.Name())
		}
	}
}

// codeLines gives the lines that have more than blanks and comments.
func codeLines(t *testing.T, name, text string) map[int]bool {
	t.Helper()
	fset := token.NewFileSet()
	file := fset.AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), func(pos token.Position, msg string) { t.Fatalf("%s: %s", pos, msg) }, 0)
	lines := map[int]bool{}
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue // put in by the scanner
		}
		first := file.Line(pos)
		for line := first; line <= first+strings.Count(literal, "\n"); line++ {
			lines[line] = true
		}
	}
}

func TestCodeLines(t *testing.T) {
	for text, want := range map[string]int{
		"package p": 1,
		"package p\n\n// comment\nvar a int // b\n": 2,
		"package p\n/* one\ntwo */ var a int\n":     2,
		"package p\nvar a = `one\n\ntwo`\n":         4,
		"package p\nfunc f() {\n\n\t;\n}\n":         4,
	} {
		if got := len(codeLines(t, "p.go", text)); got != want {
			t.Errorf("codeLines(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestThereIsLittleToRead(t *testing.T) {
	all := sources(t)
	whole := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		n := len(codeLines(t, name, all[name]))
		whole += n
		t.Logf("%5d  %s", n, name)
	}
	road := headerRoad(t, all)
	t.Logf("%5d  lines of code in the package, at most %d", whole, maxLines)
	t.Logf("%5d  lines of code on the road of a header signature, at most %d", road, maxRoadLines)
	if whole > maxLines {
		t.Errorf("the package has %d lines of code, want at most %d", whole, maxLines)
	}
	if road > maxRoadLines {
		t.Errorf("the road of a header signature has %d lines of code, want at most %d", road, maxRoadLines)
	}
}

// headerRoad counts the lines that a reader of Sign comes upon: its own, and
// those of each declaration of the package that one on the road uses. A method
// that is called through an interface counts in each type that has it.
func headerRoad(t *testing.T, all map[string]string) int {
	t.Helper()
	fset, lines := token.NewFileSet(), map[string]map[int]bool{}
	var files []*ast.File
	for name, text := range all {
		file, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		files, lines[name] = append(files, file), codeLines(t, name, text)
	}
	// What is imported is not looked at, and what is of its types stays unknown.
	info := types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: nothingToImport{}, Error: func(error) {}}
	config.Check("sigv4", fset, files, &info)

	declared, methods := map[types.Object]ast.Node{}, map[string][]types.Object{}
	for _, file := range files {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				declared[info.Defs[d.Name]] = d
				if d.Recv != nil {
					methods[d.Name.Name] = append(methods[d.Name.Name], info.Defs[d.Name])
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						declared[info.Defs[spec.Name]] = spec
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							declared[info.Defs[name]] = spec
						}
					}
				}
			}
		}
	}
	count, seen := 0, map[types.Object]bool{}
	var visit func(types.Object)
	visit = func(o types.Object) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		if f, ok := o.(*types.Func); ok && declared[o] == nil && f.Pkg() != nil && f.Pkg().Path() == "sigv4" {
			for _, method := range methods[f.Name()] { // of an interface of this package
				visit(method)
			}
		}
		node := declared[o]
		if node == nil {
			return
		}
		first, last := fset.Position(node.Pos()), fset.Position(node.End())
		own := 0
		for line := first.Line; line <= last.Line; line++ {
			if lines[first.Filename][line] {
				own++
			}
		}
		if testing.Verbose() {
			t.Logf("%5d  %s", own, o.Name())
		}
		count += own
		ast.Inspect(node, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			visit(info.Uses[id])
			if info.Uses[id] == nil && info.Defs[id] == nil { // of an unknown type: perhaps ours behind one that is imported
				for _, method := range methods[id.Name] {
					visit(method)
				}
			}
			return true
		})
	}
	for _, sign := range methods["Sign"] {
		visit(sign)
	}
	return count
}

// nothingToImport gives an empty package for every path.
type nothingToImport struct{}

func (nothingToImport) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	p.MarkComplete()
	return p, nil
}
