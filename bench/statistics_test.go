package main

import (
	"slices"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i) // in no order that helps
	}
	before := slices.Clone(hundred)
	for _, test := range []struct {
		values []time.Duration
		q      float64
		want   time.Duration
	}{
		{nil, 0.5, 0},
		{hundred[:1], 0.99, 100},
		{hundred, 0, 1},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 0.991, 100},
		{hundred, 1, 100},
	} {
		if got := quantile(test.values, test.q); got != test.want {
			t.Errorf("quantile %v of %d values is %d, want %d", test.q, len(test.values), got, test.want)
		}
	}
	if !slices.Equal(hundred, before) {
		t.Error("the values were put in another order")
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1}, 5},
		{[]float64{3, 100, 1}, 3},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.values, got, test.want)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   string
	}{
		{nil, "-"},
		{[]float64{1.26}, "1.3"},
		{[]float64{3, 1, 2}, "2.0 (1.0…3.0)"},
	} {
		if got := spread("%.1f", test.values); got != test.want {
			t.Errorf("%v are told as %q, want %q", test.values, got, test.want)
		}
	}
}
