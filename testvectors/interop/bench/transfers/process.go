package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"strings"
	"time"
)

const act = "act-as-client" // makes this program a client

// job is what a client's process is told to do.
type job struct {
	Client  string // its name in clients
	Do      string // download, read or upload
	URL, CA string // as origin has them
	Key     string
	Path    string // the file that is written, or uploaded
	Threads int
	Window  int64         // of who reads, if it can be told; 0 is its own
	Times   int           // 0 is once
	Rest    time.Duration // of who reads, behind each MiB
	Profile string        // a file for a profile of its CPU time; "" is none
}

// usage is what it took of the process.
type usage struct {
	Wall time.Duration
	CPU  time.Duration // user and system, on all cores
	Peak int64         // bytes of memory that were resident at most, the program's own included
	sent sent          // by the origin
}

// run starts this program once more, as a client: what it takes is nobody else's,
// and what ran before has left it no memory and no connection.
func (j job) run() (u usage, err error) {
	text, err := json.Marshal(j)
	if err != nil {
		return u, err
	}
	self, err := os.Executable()
	if err != nil {
		return u, err
	}
	cmd := exec.Command(self, act, string(text))
	if j.CA != "" {
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+j.CA)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return u, fmt.Errorf("%s, %s of %s: %w: %s", j.Client, j.Do, j.Key, err, strings.TrimSpace(stderr.String()))
	}
	return u, json.Unmarshal(out, &u)
}

// runClient does a job and writes what it took to standard output.
func runClient(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	c, err := newClient(j)
	if err != nil {
		return err
	}
	if j.Profile != "" {
		f, err := os.Create(j.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	before, err := cpuTime()
	if err != nil {
		return err
	}
	began := time.Now()
	for range max(j.Times, 1) {
		if err := j.once(context.Background(), c); err != nil {
			return err
		}
	}
	u := usage{Wall: time.Since(began)}
	after, err := cpuTime()
	if err != nil {
		return err
	}
	u.CPU = after - before
	if u.Peak, err = peakMemory(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(u)
}

func (j job) once(ctx context.Context, c client) error {
	switch j.Do {
	case "download":
		return c.download(ctx, j)
	case "read":
		return c.read(ctx, j, &program{rest: j.Rest})
	case "upload":
		return c.upload(ctx, j)
	}
	return fmt.Errorf("%q is no job", j.Do)
}

// program is what works on the bytes that it is given in their order. It takes its
// time for it.
type program struct {
	rest time.Duration
	read int64
}

func (p *program) Write(b []byte) (int, error) {
	before := p.read >> 20
	p.read += int64(len(b))
	time.Sleep(time.Duration(p.read>>20-before) * p.rest)
	return len(b), nil
}
