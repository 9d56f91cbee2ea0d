package main

import (
	"testing"
	"time"
)

func TestTheMachineIsTold(t *testing.T) {
	at := time.Date(2025, 1, 31, 13, 34, 56, 0, time.FixedZone("CET", 3600))
	for _, row := range []struct {
		name string
		machine
		want string
	}{
		{"all is known", machine{at, "go1.26.0", "Some CPU @ 3.00GHz", 8, averages("0.72 1.12 1.90 2/84 10303\n"), "0123456789ab with changes"},
			"2025-01-31 12:34 UTC, go1.26.0, commit 0123456789ab with changes\nSome CPU @ 3.00GHz, 8 cores, load at the start 0.72 1.12 1.90"},
		{"no model, load or commit", machine{at: at, version: "go1.26.0", cores: 8, load: averages("")},
			"2025-01-31 12:34 UTC, go1.26.0\n8 cores"},
	} {
		if got := row.machine.String(); got != row.want {
			t.Errorf("%s: String() =\n%s\nwant\n%s", row.name, got, row.want)
		}
	}
}
