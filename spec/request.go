package spec

// Request is one picture of one original: what every URL dialect comes down
// to.
type Request struct {
	Source Source
	Spec   Spec
}
