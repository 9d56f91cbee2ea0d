package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
)

// connect tries a connection out, field by field, and shows each check as soon as
// it has ended.
func (a *app) connect(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var conn connectionFlags
	conn.register(a, fs)
	write := fs.Bool("write", false, "store a test object under a random name and remove it, too, if the connection names no permissions;\nthose that it names are tried in any case, and no others are")
	args, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	var at location
	if len(args) == 1 {
		if at, err = parseBucketOrObject(args[0]); err != nil {
			return err
		}
	}
	c, provider, _, err := conn.connection(a)
	if err != nil {
		return err
	}
	if err := leads(c, at); err != nil {
		return err
	}
	var printing error
	report := checkup.Run(ctx, c, checkup.Options{Bucket: at.bucket, Path: at.key, Write: *write, Credentials: provider, Base: conn.base,
		Each: func(check checkup.Check) {
			if err := a.result(check, row(check)); printing == nil {
				printing = err
			}
		}})
	for _, left := range report.LeftBehind {
		fmt.Fprintln(a.stderr, "sigvier: left behind, to be removed by hand:", printable(left))
	}
	switch {
	case printing != nil:
		return printing
	case ctx.Err() != nil && len(report.LeftBehind) == 0:
		return ctx.Err()
	}
	return a.verdict(report)
}

// leads refuses what is to be tried where the connection does not lead.
func leads(c s3client.Connection, at location) error {
	switch {
	case at.bucket == "":
	case c.RestrictToBucket != "" && at.bucket != c.RestrictToBucket:
		return usageError(fmt.Sprintf("s3://%s: the connection is restricted to the bucket %s", at.bucket, c.RestrictToBucket))
	case c.RestrictToPath != "" && at.key != "" && at.key != c.RestrictToPath:
		return usageError(fmt.Sprintf("s3://%s/%s: the connection is restricted to the path %s, which is what is tried", at.bucket, at.key, c.RestrictToPath))
	}
	return nil
}

// row is one check: a line of the table, and below it what there is to say or do.
func row(c checkup.Check) string {
	const indent = "                         " // as wide as the columns before
	lines := []string{fmt.Sprintf("%-14s  %-7s  %s", c.Name, c.Status, oneLine(c.Found))}
	if c.Service != "" {
		lines = append(lines, wrap(oneLine("the service says: "+c.Service), indent, 100))
	}
	for _, advice := range c.Advice {
		lines = append(lines, wrap(oneLine("> "+advice), indent, 100))
	}
	for _, m := range c.Missing {
		lines = append(lines, wrap(oneLine("missing in "+m.Policy+":"), indent, 100))
		for line := range strings.Lines(m.Statement.String()) {
			lines = append(lines, indent+strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

// verdict is the exit code, and on stderr the sum of it.
func (a *app) verdict(r checkup.Report) error {
	names := func(s checkup.Status) string {
		var all []string
		for _, c := range r.Checks {
			if c.Status == s {
				all = append(all, c.Name)
			}
		}
		return strings.Join(all, ", ")
	}
	if warnings := names(checkup.Warning); warnings != "" {
		fmt.Fprintf(a.stderr, "sigvier: warnings on: %s\n", warnings)
	}
	failed := names(checkup.Failed)
	if failed == "" {
		return nil
	}
	fmt.Fprintf(a.stderr, "sigvier: the connection failed on: %s\n", failed)
	switch r.Cause() {
	case checkup.Invalid:
		return reported(exitUsage)
	case checkup.Denied:
		return reported(exitDenied)
	case checkup.NotFound:
		return reported(exitNotFound)
	}
	return reported(exitFailed)
}
