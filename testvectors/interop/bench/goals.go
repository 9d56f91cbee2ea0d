package main

import (
	"fmt"
	"io"
	"slices"
)

// goal is a bound for what benchmarks gave: the product of those in over, divided
// by that of those in under, if there are any.
type goal struct {
	text        string
	over, under string // names with blanks between
	unit        string
	most, least float64 // one of them is set
}

// goals are what sigvier is to reach; [printFIPS] has one more.
//
// A sort is at best n log n, which makes one item of 10,000 cost twice what one
// of 100 does; maps and memory that no longer fit into the caches add to that.
// Were the cost quadratic, it would be a hundred times as much.
//
// The floor and verifying are judged on one core that nobody shares, the peers as
// on a busy server, see BenchmarkServer. The table has the peers on one core too.
var goals = slices.Concat(goalsWith("keys"), goalsWith("session"), []goal{
	{"hashing and signing 64 KiB, against hashing", "Chunk/signer=sigvier", "Chunk/signer=floor", "ns/op", 1.05, 0},
	{"one header of 10,000, against one of 100", "Linear/of=headers/n=10000", "Linear/of=headers/n=100", "ns/item", 3, 0},
	{"one parameter of 10,000, against one of 100", "Linear/of=params/n=10000", "Linear/of=params/n=100", "ns/item", 3, 0},
	{"all cores with one signer, against one for each", "Parallel/procs=all/signer=sigvier", "Parallel/procs=all/signer=sigvier-each", "ns/op", 1.1, 0},
})

// goalsWith are those that are to be reached with either kind of credentials.
func goalsWith(cred string) []goal {
	const sigvier, floor = "signer=sigvier", "signer=floor"
	name := func(operation, by string) string { return operation + "/cred=" + cred + "/" + by }
	all := []goal{
		{"signing a ranged GET, against its floor", name("Sign", sigvier), name("Sign", floor), "ns/op", 2.2, 0},
		{"signing it, allocations", name("Sign", sigvier), "", "allocs/op", 2, 0},
		{"presigning, against its floor", name("Presign", sigvier), name("Presign", floor), "ns/op", 3, 0},
	}
	for _, peer := range [...]string{"aws-sdk-go-v2", "smithy-go", "minio-go"} {
		all = append(all,
			goal{peer + " signing, against sigvier", name("Server/sign", "signer="+peer), name("Server/sign", sigvier), "ns/op", 0, 5},
			goal{peer + " presigning, against sigvier", name("Server/presign", "signer="+peer), name("Server/presign", sigvier), "ns/op", 0, 5})
	}
	all = append(all,
		goal{"verifying headers, against signing them", name("Verify", "step=verify"), name("Verify", "step=sign"), "ns/op", 1.3, 0},
		goal{"verifying a query, against presigning it", name("VerifyQuery", "step=verify"), name("VerifyQuery", "step=sign"), "ns/op", 1.3, 0})
	for i := range all {
		all[i].text = cred + ": " + all[i].text
	}
	return all
}

// withResults are the goals for which something was measured.
func withResults(goals []goal, r results) []goal {
	return slices.DeleteFunc(slices.Clone(goals), func(g goal) bool {
		_, ok := r.ratio(g.unit, g.over, g.under)
		return !ok
	})
}

// printGoals prints each goal with what was measured and returns how many are
// missed. A goal without a measurement is.
func printGoals(w io.Writer, goals []goal, r results) (missed int) {
	fmt.Fprintln(w)
	for _, g := range goals {
		wanted, measured := fmt.Sprintf("≤ %g", g.most), "nothing"
		if g.least > 0 {
			wanted = fmt.Sprintf("≥ %g", g.least)
		}
		got, reached := r.ratio(g.unit, g.over, g.under)
		if reached {
			measured = fmt.Sprintf("%.3g", got)
			reached = got >= g.least && (g.most == 0 || got <= g.most)
		}
		if !reached {
			missed++
		}
		printGoal(w, g.text, wanted, measured, reached)
	}
	return missed
}

func printGoal(w io.Writer, text, wanted, measured string, reached bool) {
	verdict := "reached"
	if !reached {
		verdict = "MISSED"
	}
	fmt.Fprintf(w, "%-52s%8s%10s  %s\n", text, wanted, measured, verdict)
}
