//go:build !linux

package http1

func (*look) wakeAt(int) {}
