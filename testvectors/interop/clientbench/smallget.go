package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"
)

// cost is what one GET took of the client's process.
type cost struct {
	cpu    time.Duration // user and system, on all cores
	allocs float64
}

// getsPerRound is what each client has to do in a round: enough to pay for the
// garbage that it makes.
const getsPerRound = 2048

// printSmallGets prints what a GET of 4 KiB costs, with 1, 16 and 64 workers.
func printSmallGets(w io.Writer, url string, rounds int) error {
	fmt.Fprintf(w, "\nGET of %d bytes, medians of %d rounds of %d\n\n", objectSize, rounds, getsPerRound)
	fmt.Fprintf(w, "%-9s%-16s%10s%10s%10s%10s%10s\n", "workers", "by", "CPU µs", "× floor", "× sigvier", "allocs", "above")
	goals := ""
	for _, workers := range []int{1, 16, 64} {
		costs, err := measureGets(url, workers, rounds)
		if err != nil {
			return err
		}
		cpu := func(of int) float64 {
			return median(costs, func(r []cost) float64 { return float64(r[of].cpu) }) / 1000
		}
		ratio := func(a, b int) float64 {
			return median(costs, func(r []cost) float64 { return float64(r[a].cpu) / float64(r[b].cpu) })
		}
		allocs := func(of int) float64 { return median(costs, func(r []cost) float64 { return r[of].allocs }) }
		for i, c := range clients {
			fmt.Fprintf(w, "%-9d%-16s%10.1f%10.2f%10.2f%10.1f%10.1f\n", workers, c.name, cpu(i), ratio(i, floor), ratio(i, ours), allocs(i), allocs(i)-allocs(floor))
		}
		fmt.Fprintln(w)

		name := fmt.Sprintf("%d workers: ", workers)
		above, part, most := ratio(ours, floor), ratio(ours, sdk), 1.25*allocs(floor)+15
		goals += printGoal(name+"CPU of a GET, against bare net/http", "≤ 1.3", fmt.Sprintf("%.2f", above), above <= 1.3)
		goals += printGoal(name+"CPU of a GET, against aws-sdk-go-v2", "≤ 0.333", fmt.Sprintf("%.3f", part), part <= 1.0/3)
		goals += printGoal(name+"allocations, 1.25 × net/http's + 15", fmt.Sprintf("≤ %.1f", most), fmt.Sprintf("%.1f", allocs(ours)), allocs(ours) <= most)
	}
	fmt.Fprint(w, goals)
	return nil
}

// measureGets gives, for each round, the cost of each client.
func measureGets(url string, workers, rounds int) ([][]cost, error) {
	ready := make([]client, len(clients))
	for i, c := range clients {
		var err error
		if ready[i], err = c.make(url, workers); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		if _, err = measureRound(ready[i], workers); err != nil { // opens its connections
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	costs := make([][]cost, rounds)
	for round := range costs {
		costs[round] = make([]cost, len(clients))
		for turn := range clients {
			i := (round + turn) % len(clients) // who is first changes
			var err error
			if costs[round][i], err = measureRound(ready[i], workers); err != nil {
				return nil, fmt.Errorf("%s: %w", clients[i].name, err)
			}
		}
	}
	return costs, nil
}

func measureRound(c client, workers int) (cost, error) {
	ctx := context.Background()
	errs := make([]error, workers)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began, err := cpuTime()
	if err != nil {
		return cost{}, err
	}
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for n := 0; n < getsPerRound/workers && errs[i] == nil; n++ {
				errs[i] = getOnce(ctx, c)
			}
		})
	}
	group.Wait()
	ended, err := cpuTime()
	if err != nil {
		return cost{}, err
	}
	runtime.ReadMemStats(&after)
	for _, err := range errs {
		if err != nil {
			return cost{}, err
		}
	}
	return cost{(ended - began) / getsPerRound, float64(after.Mallocs-before.Mallocs) / getsPerRound}, nil
}

func getOnce(ctx context.Context, c client) error {
	body, err := c.get(ctx)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, body)
	body.Close()
	if err == nil && n != objectSize {
		err = fmt.Errorf("%d bytes came, want %d", n, objectSize)
	}
	return err
}

// median is that of a value over the rounds.
func median[T any](rounds []T, value func(T) float64) float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = value(r)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
