package transfer_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/sigvier/sigvier"

// floors says which of our packages each may import: what stands below it.
//
// Do not change this to mend a build: a package that needs more than its floor
// is in the wrong place.
var floors = map[string]string{
	"testvectors":            "",
	"sigv4":                  "",
	"sigv4/sigv4a":           "sigv4",
	"sigv4/sigv4http/awsxml": "",
	"sigv4/sigv4http":        "sigv4 sigv4/sigv4http/awsxml",
	"sigv4/oracle":           "sigv4",
	"sts":                    "sigv4 sigv4/sigv4http sigv4/sigv4http/awsxml",
	"sts/policy":             "",
	"sts/chain":              "sigv4 sigv4/sigv4http sts",
	"s3client/checksum":      "",
	"s3client/http1":         "",
	"s3client":               "sigv4 sigv4/sigv4a sigv4/sigv4http sigv4/sigv4http/awsxml sts sts/chain sts/policy s3client/checksum s3client/http1",
	"s3client/checkup":       "sigv4 sigv4/sigv4http sts sts/chain sts/policy s3client",
	"s3client/s3fs":          "s3client",
	"s3client/s3test":        "sigv4 sigv4/sigv4a sigv4/sigv4http sigv4/sigv4http/awsxml sts/policy s3client s3client/checksum",
	"transfer":               "sigv4 sigv4/sigv4http s3client s3client/checksum",
	"transfer/cmd/sigvier":   "testvectors sigv4 sigv4/sigv4http sigv4/sigv4http/awsxml sigv4/oracle sts sts/chain sts/policy s3client/checksum s3client s3client/checkup s3client/http1 s3client/s3test transfer",
}

// standardOnly may import nothing but the standard library.
var standardOnly = []string{"testvectors", "sigv4", "sigv4/sigv4a", "sigv4/sigv4http/awsxml", "sts/policy", "s3client/checksum", "s3client/http1"}

// light is what small programs embed. It leaves out what costs them most and can be
// done without.
var (
	light = []string{"testvectors", "sigv4", "sigv4/sigv4a", "sigv4/sigv4http", "sigv4/sigv4http/awsxml", "sts", "sts/chain", "sts/policy",
		"s3client", "s3client/http1", "s3client/s3fs", "transfer"}
	leftOut = []string{"regexp", "encoding/xml"}
)

// commandOnly belongs to the command: a library leaves flags and signals to its
// program.
var commandOnly = []string{"flag", "os/signal"}

// The modules that are not ours, and what may import them.
const (
	library     = "golang.org/x/sync"        // whatever
	testLibrary = "github.com/google/go-cmp" // tests
)

// root is what a visitor sees; hidden files come on top.
var root = []string{"README.md", "go.mod", "go.sum", "s3client", "sigv4", "sts", "testvectors", "transfer"}

// listed is what go list says of a package.
type listed struct {
	ImportPath                         string
	Standard                           bool
	Module                             *struct{ Path string }
	Imports, TestImports, XTestImports []string
}

// goTool runs the go command in the module's root.
func goTool(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = ".."
	for _, v := range os.Environ() {
		// How the tests run is none of its business.
		if name, _, _ := strings.Cut(v, "="); name != "GODEBUG" && name != "GOFLAGS" && name != "GOOS" && name != "GOARCH" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

func packages(t *testing.T) map[string]listed {
	t.Helper()
	all := map[string]listed{}
	d := json.NewDecoder(bytes.NewReader(goTool(t, "list", "-deps", "-json=ImportPath,Standard,Module,Imports,TestImports,XTestImports", "./...")))
	for {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// ours gives a package's name in the module.
func ours(path string) (name string, ok bool) { return strings.CutPrefix(path, module+"/") }

func within(path, module string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func TestFloors(t *testing.T) {
	all := packages(t)
	seen := map[string]bool{}
	for path, p := range all {
		name, ok := ours(path)
		if !ok {
			if !p.Standard && (p.Module == nil || p.Module.Path != library) {
				t.Errorf("%s is compiled in, which is neither ours nor the standard library's nor %s's", path, library)
			}
			continue
		}
		seen[name] = true
		floor, known := floors[name]
		if !known {
			t.Errorf("%s has no floor: say in this test what it may import", name)
			continue
		}
		for _, path := range p.Imports {
			below, ok := ours(path)
			switch {
			case ok:
				if !slices.Contains(strings.Fields(floor), below) {
					t.Errorf("%s imports %s, which does not stand below it", name, below)
				}
			case all[path].Standard || path == "unsafe":
				if name != "transfer/cmd/sigvier" && slices.Contains(commandOnly, path) {
					t.Errorf("%s imports %s, which is the command's", name, path)
				}
				if slices.Contains(light, name) && slices.Contains(leftOut, path) {
					t.Errorf("%s imports %s, which small programs are to do without", name, path)
				}
			case slices.Contains(standardOnly, name):
				t.Errorf("%s imports %s, and may import the standard library only", name, path)
			case !within(path, library):
				t.Errorf("%s imports %s", name, path)
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			// A path with a dot in its first part is no standard library's.
			first, _, _ := strings.Cut(path, "/")
			if !strings.Contains(first, ".") || within(path, module) || within(path, library) || within(path, testLibrary) {
				continue
			}
			t.Errorf("the tests of %s import %s", name, path)
		}
	}
	for name := range floors {
		if !seen[name] {
			t.Errorf("%s has a floor and is not there", name)
		}
	}
}

func TestGoModRequiresTwoModules(t *testing.T) {
	var mod struct {
		Module  struct{ Path string }
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace, Exclude, Tool []any
	}
	if err := json.Unmarshal(goTool(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Module.Path != module {
		t.Errorf("the module is %s, want %s", mod.Module.Path, module)
	}
	var got []string
	for _, r := range mod.Require {
		if r.Indirect {
			t.Errorf("%s is required indirectly", r.Path)
		}
		got = append(got, r.Path)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{testLibrary, library}, got); diff != "" {
		t.Errorf("the required modules (-want +got)\n%s", diff)
	}
	if len(mod.Replace) > 0 || len(mod.Exclude) > 0 || len(mod.Tool) > 0 {
		t.Errorf("go.mod has more than requirements: replace %v, exclude %v, tool %v", mod.Replace, mod.Exclude, mod.Tool)
	}
}

func TestRootFolder(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", "."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(root, name) {
			t.Errorf("the root folder shows %s, and is to show only %s", name, strings.Join(root, ", "))
		}
	}
}
