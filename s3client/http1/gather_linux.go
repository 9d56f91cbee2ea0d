package http1

import "syscall"

// wakeAt has the socket be ready when so many bytes have come, or its end (socket(7),
// SO_RCVLOWAT). What has come can be read all the same.
func (l *look) wakeAt(bytes int) {
	if l.raw == nil || bytes == max(l.wakes, 1) {
		return
	}
	l.wakes = bytes
	l.raw.Control(func(fd uintptr) {
		syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, bytes)
	})
}
