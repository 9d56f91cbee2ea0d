// Size builds a minimal program that copies an object to standard output, with bare
// net/http and with each client, and prints how many bytes each is above bare
// net/http: what a client adds to a program that speaks HTTP anyway. Less than nothing
// where it has connections of its own, and no transport of net/http's. Nothing is run.
//
//	go -C testvectors/interop run ./size           the table and the goal
//	go -C testvectors/interop run ./size -o DIR    the same, and keep the programs
//
// Each program is a folder here: they do the same, with the means of their client.
// A client with what finds credentials by itself (open, sdkconfig) and one that is
// given them (openwith, sdk) are to be compared.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

var programs = []struct{ folder, text string }{
	{"bare", "net/http"},
	{"openwith", "sigvier, Connection.OpenWith"},
	{"open", "sigvier, Connection.Open"},
	{"sdk", "aws-sdk-go-v2: service/s3"},
	{"sdkconfig", "aws-sdk-go-v2: service/s3, config"},
}

// builds are how the programs are built. The linker leaves the debug information out
// of a stripped one, and the symbol table.
var builds = []struct{ name, ldflags string }{
	{"stripped", "-s -w"},
	{"unstripped", ""},
}

// most is the goal, for openwith above bare, stripped. What the SDK adds, 4.3 MB, was
// measured stripped, too, and with config.
const most = 350_000

func main() {
	out := flag.String("o", "", "keep the programs in `DIR`")
	flag.Parse()
	if err := printSizes(*out); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func printSizes(out string) error {
	if out == "" {
		dir, err := os.MkdirTemp("", "sigvier-size-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		out = dir
	}
	fmt.Printf("%s, %s/%s, CGO_ENABLED=0 go build -trimpath; stripped is -ldflags='-s -w'\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf("%-36s%12s%12s%12s%12s\n", "bytes of a program that GETs", "stripped", "above bare", "unstripped", "above bare")
	above := map[string]int64{} // stripped
	var bare [2]int64
	for i, p := range programs {
		fmt.Printf("%-36s", p.text)
		for j, b := range builds {
			size, err := build(p.folder, b.ldflags, filepath.Join(out, p.folder+"-"+b.name))
			if err != nil {
				return err
			}
			if i == 0 {
				bare[j] = size
			}
			if j == 0 {
				above[p.folder] = size - bare[j]
			}
			fmt.Printf("%12d%12d", size, size-bare[j])
		}
		fmt.Println()
	}
	verdict := "reached"
	if above["openwith"] > most {
		verdict = "MISSED"
	}
	fmt.Printf("\nOpenWith above bare net/http, stripped%14s%12d  %s\n", fmt.Sprintf("≤ %d", most), above["openwith"], verdict)
	fmt.Printf("the SDK adds %d bytes more than OpenWith, and with config %.1f × what Open does\n",
		above["sdk"]-above["openwith"], float64(above["sdkconfig"])/float64(above["open"]))
	return nil
}

// build builds the program of a folder and gives its size.
func build(folder, ldflags, file string) (int64, error) {
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	const here = "github.com/sigvier/sigvier/testvectors/interop/size/"
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+ldflags, "-o", file, here+folder)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
