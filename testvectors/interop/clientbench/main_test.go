package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What is broken is not worth measuring.
func TestEveryClientGetsTheObject(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(answer))
	defer srv.Close()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			client, err := c.make(srv.URL, 1)
			if err != nil {
				t.Fatal(err)
			}
			body, err := client.get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if got, err := io.ReadAll(body); string(got) != string(object) || err != nil {
				t.Errorf("the body has %d bytes, %v; want the object's %d", len(got), err, objectSize)
			}
		})
	}
}

func TestEveryClientListsAllKeys(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(answer))
	defer srv.Close()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			client, err := c.make(srv.URL, 1)
			if err != nil {
				t.Fatal(err)
			}
			var pages []int
			if err := client.list(t.Context(), 2500, func(keys int) { pages = append(pages, keys) }); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(pages); got != "[1000 1000 500]" {
				t.Errorf("the pages have %s keys, want [1000 1000 500]", got)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.of, func(v float64) float64 { return v }); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.of, got, c.want)
		}
	}
}
