package spec

// Request is one picture of one original, and how it is answered: what every
// URL dialect comes down to.
type Request struct {
	Source   Source
	Spec     Spec
	Delivery Delivery
	// Signature is what the URL was signed with, empty for nothing. Trusted is
	// whether that was found valid, which is for who checks it to say: then any
	// source and any size may be asked for.
	Signature string
	Trusted   bool
}

// Delivery is what changes nothing about a picture but something about the
// answer. It has no part in cache keys.
type Delivery struct {
	Download string // file name to be saved under; empty: it is to be shown
	Fallback Source // answered with when the original can't be had; zero: none
	Expires  int64  // Unix time in seconds from which on nothing is answered; 0: never
}

// HasFallback reports whether there is another source to answer with.
func (d Delivery) HasFallback() bool { return d.Fallback != Source{} }
