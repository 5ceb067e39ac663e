package batch

import "testing"

// BenchmarkAdd takes on a task of 10,000 items.
func BenchmarkAdd(b *testing.B) {
	q := place{dir: b.TempDir()}.open(b, quick())
	for b.Loop() {
		if _, err := q.Add(b.Context(), order(10_000)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkItems has items made that take no time.
func BenchmarkItems(b *testing.B) {
	config := quick()
	config.Items = maxItems
	q := place{dir: b.TempDir()}.open(b, config)
	id := q.add(b, order(b.N)).ID
	b.ResetTimer()
	q.Start(atOnce)
	q.await(b, id)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
