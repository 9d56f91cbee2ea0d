// Bench measures what a signature costs: sigvier beside the SDK's signer,
// smithy-go's and minio-go's, and beside the floor, which is the SHA-256 of the
// canonical request and the HMAC of the string to sign with a ready key. Each
// request is signed as a client does it, once; with long-term keys (cred=keys) and
// with the temporary credentials of a role (cred=session). Sign, Presign and Verify
// have one core, at moments when nobody shares it; Server has all cores, and a heap
// that lives.
//
//	go -C testvectors/interop run ./bench             the table and the goals
//	go -C testvectors/interop run ./bench -run Verify the same for some operations
//	go -C testvectors/interop run ./bench -check      fail if a goal is missed
//	go -C testvectors/interop run ./bench -o new.txt  keep the raw results for benchstat
//
// The benchmarks are this package's own, in its _test.go files, and can be run as
// any others. This program runs them in rounds, so that those that are to be
// compared run side by side: each round runs every benchmark once, a ratio is
// taken within a round, and the median over the rounds counts. What else a busy
// machine does then hits both sides alike, or one round only: many short rounds
// are steadier than a few long ones.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const thisPackage = "github.com/sigvier/sigvier/testvectors/interop/bench"

// peers are the modules whose versions stand above the table.
var peers = []string{
	"github.com/aws/aws-sdk-go-v2",
	"github.com/aws/smithy-go/aws-http-auth",
	"github.com/minio/minio-go/v7",
}

func main() {
	count := flag.Int("count", 40, "`rounds` to run")
	benchtime := flag.String("benchtime", "50ms", "`time` for each benchmark in a round, as go test takes it")
	pattern := flag.String("run", ".", "run only the operations that match `regexp`, as go test -bench takes it")
	out := flag.String("o", "", "write the raw results to `file`, which benchstat reads")
	check := flag.Bool("check", false, "exit with 1 if a goal is missed")
	flag.Parse()
	if flag.NArg() > 0 || *count < 1 {
		flag.Usage()
		os.Exit(2)
	}
	missed, err := bench(*count, *benchtime, *pattern, *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if missed > 0 && *check {
		os.Exit(1)
	}
}

// bench runs what matches the pattern, prints the report and returns how many
// goals are missed. A goal without a measurement is missed, too, unless only some
// operations were asked for.
func bench(count int, benchtime, pattern, out string) (missed int, err error) {
	machine := look() // before it has work from here
	dir, err := os.MkdirTemp("", "sigvier-bench-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bench.test.exe") // a name that Windows runs, too
	if _, err := command("go", "test", "-c", "-o", binary, thisPackage); err != nil {
		return 0, err
	}
	versions, err := command("go", append([]string{"list", "-m"}, peers...)...)
	if err != nil {
		return 0, err
	}

	raw, err := rounds(binary, count, benchtime, pattern)
	if err != nil {
		return 0, err
	}
	if out != "" {
		if err := os.WriteFile(out, raw, 0o644); err != nil {
			return 0, err
		}
	}
	r, err := parse(bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}

	machine.cpu = r.cpu
	fmt.Printf("%s\nthe median of %d rounds of %s\n%s\n", machine, count, benchtime, versions)
	printTable(os.Stdout, r)
	wanted := goals
	if pattern != "." {
		wanted = withResults(goals, r)
	}
	missed = printGoals(os.Stdout, wanted, r)
	if !printFIPS(os.Stdout, binary, pattern) {
		missed++
	}
	return missed, nil
}

// rounds runs the benchmarks count times, after all tests, for what is broken is
// not measured.
func rounds(binary string, count int, benchtime, pattern string) ([]byte, error) {
	if _, err := command(binary); err != nil {
		return nil, err
	}
	var raw []byte
	for i := range count {
		fmt.Fprintf(os.Stderr, "bench: round %d of %d\n", i+1, count)
		text, err := command(binary, "-test.run=^$", "-test.bench="+pattern, "-test.benchtime="+benchtime)
		if err != nil {
			return nil, err
		}
		raw = append(raw, text...)
	}
	return raw, nil
}

// printFIPS runs all tests, and the benchmarks once, where Go allows nothing but
// what FIPS 140-3 approves.
func printFIPS(w io.Writer, binary, pattern string) bool {
	cmd := exec.Command(binary, "-test.bench="+pattern, "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	if text, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: under GODEBUG=fips140=only: %v\n%s", err, text)
		printGoal(w, "all of this under GODEBUG=fips140=only", "passes", "fails", false)
		return false
	}
	printGoal(w, "all of this under GODEBUG=fips140=only", "passes", "passes", true)
	return true
}

func command(name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.Bytes(), nil
}
