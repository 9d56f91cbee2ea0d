package main

import (
	"fmt"
	"io"
	"strings"
)

// printTable prints a line of at most 100 columns for each benchmark, with blank
// lines between what is not to be compared.
func printTable(w io.Writer, r results) {
	fmt.Fprintf(w, row, "operation", "by", "ns/op", "B/op", "allocs/op", "× floor", "× sigvier", "ns/item")
	last := ""
	for _, name := range r.names {
		cut := strings.LastIndex(name, "/")
		operation, by := name[:max(cut, 0)], strings.TrimPrefix(name[cut+1:], "signer=")
		if operation != last {
			fmt.Fprintln(w)
			last = operation
		}
		against := func(base string) string {
			ratio, ok := r.ratio("ns/op", name, operation+"/signer="+base)
			return cell("%.2f", ratio, ok)
		}
		value := func(unit string) string {
			v, ok := r.median(name, unit)
			return cell("%.0f", v, ok)
		}
		fmt.Fprintf(w, row, operation, by, value("ns/op"), value("B/op"), value("allocs/op"), against("floor"), against("sigvier"), value("ns/item"))
	}
}

const row = "%-28s%-16s%9s%9s%10s%9s%10s%9s\n"

// cell formats a value, and none as "-".
func cell(format string, value float64, ok bool) string {
	if !ok {
		return "-"
	}
	return fmt.Sprintf(format, value)
}
