package monitor

import "sync"

// maxCodes bounds the codes of problems that are told apart; the service has
// some twenty. What comes later counts as the last one.
const maxCodes = 32

// otherCode is what is beyond maxCodes.
const otherCode = "other"

// codes counts problems by code.
type codes struct {
	mu     sync.Mutex
	names  []string
	counts [maxCodes]uint64
}

func (c *codes) add(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, name := range c.names {
		if name == code {
			c.counts[i]++
			return
		}
	}
	if len(c.names) == maxCodes-1 {
		code = otherCode
	}
	if len(c.names) < maxCodes {
		c.names = append(c.names, code)
	}
	c.counts[len(c.names)-1]++
}

// read returns the codes so far, and how often each was counted. What is in names
// never changes.
func (c *codes) read() (names []string, counts [maxCodes]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names[:len(c.names):len(c.names)], c.counts
}
