// Clientbench measures what a client adds to net/http, sigvier's beside the SDK's: a
// small GET, and the listing of a million keys. The server is another process on
// loopback, so that its work is not counted; all clients have fixed credentials and
// as many connections as workers.
//
//	go -C testvectors/interop run ./clientbench             both tables, with the goals
//	go -C testvectors/interop run ./clientbench -run get    one of them
//	go -C testvectors/interop run ./clientbench -keys 100000
//
// The clients run in turn, round after round. A ratio is taken within a round, and
// the median over the rounds counts: what else a busy machine does then hits all of
// them alike, or one round only.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == serve {
		exitOn(runOrigin())
		return
	}
	run := flag.String("run", "all", "print one `table`, get or list")
	rounds := flag.Int("rounds", 9, "`rounds` of small GETs")
	keys := flag.Int("keys", 1_000_000, "`keys` to list, at least 100,000")
	flag.Parse()
	if flag.NArg() > 0 || *rounds < 1 || *keys < early || *run != "all" && *run != "get" && *run != "list" {
		flag.Usage()
		os.Exit(2)
	}
	o, err := startOrigin()
	exitOn(err)
	defer o.stop()
	fmt.Printf("%s, %s/%s, %d cores; %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), sdkVersion())
	if *run != "list" {
		exitOn(printSmallGets(os.Stdout, o.url, *rounds))
	}
	if *run != "get" {
		exitOn(printListings(os.Stdout, o.url, *keys))
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "clientbench:", err)
		os.Exit(1)
	}
}

func printGoal(text, wanted, measured string, reached bool) string {
	verdict := "reached"
	if !reached {
		verdict = "MISSED"
	}
	return fmt.Sprintf("%-60s%10s%10s  %s\n", text, wanted, measured, verdict)
}
