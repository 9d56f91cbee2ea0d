package main

import (
	"bytes"
	"testing"
)

// TestSoak is a short one, from one seed.
func TestSoak(t *testing.T) {
	var out bytes.Buffer
	s := &soak{dir: t.TempDir(), seed: 1, first: 1, last: 60}
	wrong := s.run(t.Context(), &out)
	t.Log(out.String())
	if wrong > 0 || s.ended[right] < 20 {
		t.Errorf("%d wrong, %d right", wrong, s.ended[right])
	}
}

// TestTheSeedDecides what a download does.
func TestTheSeedDecides(t *testing.T) {
	s := &soak{seed: 1}
	first, again, other := s.draw(7), s.draw(7), s.draw(8)
	if first.String() != again.String() || !bytes.Equal(first.data, again.data) {
		t.Errorf("%s, and then %s", first, again)
	}
	if first.String() == other.String() {
		t.Errorf("two downloads do the same: %s", other)
	}
}

// TestWrongBytesAreFound, whatever else is well.
func TestWrongBytesAreFound(t *testing.T) {
	d := (&soak{seed: 1}).draw(1)
	for len(d.data) < 10 {
		d.data = append(d.data, 1)
	}
	if outcome, err := d.compare(d.data); outcome != right || err != nil {
		t.Errorf("the object itself: %s, %v", outcome, err)
	}
	changed := bytes.Clone(d.data)
	changed[9] ^= 1
	for _, came := range [][]byte{changed, d.data[:len(d.data)-1], append(bytes.Clone(d.data), 0), nil} {
		if outcome, err := d.compare(came); outcome != wrongly || err == nil {
			t.Errorf("%d of %d bytes: %s, %v", len(came), len(d.data), outcome, err)
		}
	}
}
