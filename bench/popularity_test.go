package main

import (
	"slices"
	"testing"
)

func TestPopularity(t *testing.T) {
	const numbers, draws = 100, 20_000
	counts := make([]int, numbers)
	first, again := newPopularity(numbers, 1.1, 5), newPopularity(numbers, 1.1, 5)
	for range draws {
		number := first.next()
		if number < 0 || number >= numbers {
			t.Fatalf("drew %d of %d", number, numbers)
		}
		if same := again.next(); same != number {
			t.Fatalf("the same seed drew %d, then %d", number, same)
		}
		counts[number]++
	}
	if slices.Max(counts) != counts[0] || counts[0] < draws/8 || counts[0] > draws/2 {
		t.Errorf("the most popular was drawn %d times of %d", counts[0], draws)
	}
	if counts[99] == counts[0] || counts[0] < 10*counts[50] {
		t.Errorf("popularity does not fall: %v", counts)
	}
	if only := newPopularity(1, 2, 0).next(); only != 0 {
		t.Errorf("of one number, drew %d", only)
	}
}

func TestVariety(t *testing.T) {
	server := target{template: template{path: "/{id}/{width}x{height}.{format}"}, sources: []source{
		{id: "a", width: 4000, height: 3000}, {id: "b", width: 3000, height: 4000},
	}}
	paths := server.variety(1000)
	if !slices.Equal(paths, server.variety(1000)) {
		t.Error("the order is not the same every time")
	}
	slices.Sort(paths)
	if different := slices.Compact(paths); len(different) != 1000 {
		t.Errorf("%d different pictures, want 1000", len(different))
	}
	unseen, seen := server.unseen(), map[string]bool{}
	for range 2000 {
		path := unseen().path
		if seen[path] {
			t.Fatalf("%s was asked for before", path)
		}
		seen[path] = true
	}
}
