package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sigvier/sigvier/transfer"
)

// watch shows a transfer's progress on stderr until the function that it returns
// is called: one line that rewrites itself on a terminal, a line now and then
// elsewhere.
func (a *app) watch(verb string, p *transfer.Progress) (stop func()) {
	m := &meter{w: a.stderr, verb: verb, p: p, start: time.Now(), every: 5 * time.Second}
	if isTerminal(a.stderr) {
		m.terminal, m.every = true, 200*time.Millisecond
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		ticker := time.NewTicker(m.every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				m.clear()
				return
			case <-ticker.C:
				m.show()
			}
		}
	}()
	return func() {
		close(done)
		<-gone
	}
}

// isTerminal reports whether w is a terminal, as far as the standard library can
// tell: a character device.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

type meter struct {
	w        io.Writer
	verb     string
	p        *transfer.Progress
	start    time.Time
	every    time.Duration
	terminal bool
	width    int // of the line that stands on the terminal
}

func (m *meter) show() {
	line := m.line(time.Since(m.start))
	if !m.terminal {
		fmt.Fprintln(m.w, line)
		return
	}
	fmt.Fprint(m.w, "\r"+line+strings.Repeat(" ", max(0, m.width-len(line))))
	m.width = len(line)
}

func (m *meter) clear() {
	if m.width > 0 {
		fmt.Fprint(m.w, "\r"+strings.Repeat(" ", m.width)+"\r")
	}
}

// line says bytes, share, rate and the time that is left at that rate.
func (m *meter) line(elapsed time.Duration) string {
	return progressLine(m.verb, m.p.Done(), m.p.Total(), elapsed)
}

func progressLine(verb string, done, total int64, elapsed time.Duration) string {
	const foreseeable = 1000 * time.Hour
	rate := float64(done) / max(elapsed.Seconds(), 1e-9)
	line := verb + " " + size(done)
	if total > 0 {
		line += fmt.Sprintf(" of %s, %d%%", size(total), done*100/total)
	}
	line += ", " + size(int64(rate)) + "/s"
	left := float64(total-done) / rate * float64(time.Second)
	if done > 0 && total > done && left < float64(foreseeable) {
		line += ", " + time.Duration(left).Round(time.Second).String() + " left"
	}
	return line
}
