//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// cpuTime is what this process has had so far, in user and in system mode.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// peakMemory is the most that was resident, in bytes. Linux counts in getrusage what
// the process was before it became this program, too: that of its parent. VmHWM has
// only this program's.
func peakMemory() (int64, error) {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		var kB int64
		_, line, _ := bytes.Cut(status, []byte("\nVmHWM:"))
		if _, err := fmt.Sscanf(string(line), "%d kB", &kB); err != nil {
			return 0, fmt.Errorf("VmHWM of /proc/self/status: %w", err)
		}
		return kB << 10, nil
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss), nil
	}
	return int64(u.Maxrss) << 10, nil
}
