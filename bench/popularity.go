package main

import "math/rand/v2"

// popularity draws numbers below a bound as visitors choose pictures: the
// probability of number k falls with (1+k)^-skew, after Zipf. Every instance
// with the same seed draws the same.
type popularity struct{ zipf *rand.Zipf }

// newPopularity needs a skew above 1 and at least one number.
func newPopularity(numbers int, skew float64, seed uint64) popularity {
	random := rand.New(rand.NewPCG(seed, 0)) // the same every time
	return popularity{rand.NewZipf(random, skew, 1, uint64(max(numbers, 1)-1))}
}

func (p popularity) next() int { return int(p.zipf.Uint64()) }
