package main

import (
	"bytes"
	"math"
	"testing"
)

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 20: "1.0 MiB", 1<<20 - 1: "1024.0 KiB",
		5 << 30: "5.0 GiB", 3 << 40: "3.0 TiB", 5 << 50: "5120.0 TiB", math.MaxInt64: "8388608.0 TiB",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestResultIsALineOrAnObject(t *testing.T) {
	object := map[string]string{"key": "<a>&\n"}
	for asJSON, want := range map[bool]string{false: "a line\n", true: `{"key":"<a>&\n"}` + "\n"} {
		var stdout bytes.Buffer
		a := &app{stdout: &stdout, json: asJSON}
		if err := a.result(object, "a line"); err != nil || stdout.String() != want {
			t.Errorf("result = %q, %v, want %q", stdout.String(), err, want)
		}
	}
}
