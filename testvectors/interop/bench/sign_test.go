package main

import "testing"

// BenchmarkSign signs a ranged GET in its headers.
func BenchmarkSign(b *testing.B) {
	b.Run("signer=floor", func(b *testing.B) { runFloor(b, signFloor(b)) })
	for _, c := range contenders {
		b.Run("signer="+c.name, func(b *testing.B) { run(b, c.sign(b)) })
	}
}

// BenchmarkPresign makes a URL, as text, of a GET of the whole object. It has
// another canonical request, hence a floor of its own.
func BenchmarkPresign(b *testing.B) {
	b.Run("signer=floor", func(b *testing.B) { runFloor(b, floor(tracePresign(b))) })
	for _, c := range contenders {
		b.Run("signer="+c.name, func(b *testing.B) { run(b, c.presign(b)) })
	}
}

// run measures a call that has been made once, so that all caches are warm.
func run[T any](b *testing.B, call func() (T, error)) {
	b.Helper()
	if _, err := call(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call(); err != nil {
			b.Fatal(err)
		}
	}
}

func runFloor(b *testing.B, call floorCall) {
	b.Helper()
	run(b, func() ([]byte, error) {
		_, signature := call()
		return signature, nil
	})
}
