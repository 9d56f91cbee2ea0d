package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is where and when it was measured, and what: by this a reader judges
// how much the numbers are worth. What cannot be found out is empty.
type machine struct {
	at      time.Time
	version string // of Go
	cpu     string // its model, which go test prints
	cores   int
	load    string // over the last 1, 5 and 15 minutes, before the benchmarks
	commit  string
}

// look finds out all but the model of the CPU.
func look() machine {
	load, _ := os.ReadFile("/proc/loadavg") // which Linux has
	return machine{
		at:      time.Now(),
		version: runtime.Version(),
		cores:   runtime.NumCPU(),
		load:    averages(string(load)),
		commit:  commit(),
	}
}

// averages are the first three fields of /proc/loadavg.
func averages(loadavg string) string {
	fields := strings.Fields(loadavg)
	return strings.Join(fields[:min(len(fields), 3)], " ")
}

// commit asks git, for go run leaves out of a binary what it was built from.
func commit() string {
	head, err := command("git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return ""
	}
	changes, err := command("git", "--no-optional-locks", "status", "--porcelain")
	if err != nil {
		return ""
	}
	commit := strings.TrimSpace(string(head))
	if len(changes) > 0 {
		commit += " with changes"
	}
	return commit
}

func (m machine) String() string {
	text := fmt.Sprintf("%s, %s", m.at.UTC().Format("2006-01-02 15:04 MST"), m.version)
	if m.commit != "" {
		text += ", commit " + m.commit
	}
	text += "\n"
	if m.cpu != "" {
		text += m.cpu + ", "
	}
	text += fmt.Sprintf("%d cores", m.cores)
	if m.load != "" {
		text += ", load at the start " + m.load
	}
	return text
}
