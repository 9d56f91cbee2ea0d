//go:build !unix

package main

import (
	"errors"
	"time"
)

var errNoUsage = errors.New("CPU time and memory are read with getrusage, which this system does not have")

func cpuTime() (time.Duration, error) { return 0, errNoUsage }

func peakMemory() (int64, error) { return 0, errNoUsage }
