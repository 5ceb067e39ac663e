package cache

import "fmt"

// off is the store of a tier that is switched off.
type off struct{}

// Off returns a store that keeps nothing.
func Off() Store { return off{} }

func (off) Get(Key) (*Entry, error)      { return nil, ErrMiss }
func (off) Has(Key) bool                 { return false }
func (off) Generation(string) Generation { return 0 }
func (off) Put(Key, *Entry, Generation) error {
	return fmt.Errorf("%w: switched off", ErrUnavailable)
}
func (off) Forget(string) (int, error) { return 0, nil }
func (off) ForgetWhere(func(string) bool, func(Key)) (int, error) {
	return 0, nil
}
func (off) Variants(string) []string { return nil }
func (off) Stats() Stats             { return Stats{} }
func (off) Close() error             { return nil }
