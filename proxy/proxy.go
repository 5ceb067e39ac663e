package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"

	"api-resize/cache"
	"api-resize/spec"
)

// Transformer makes pictures. Implementations are safe for many goroutines,
// and return from Transform only when nothing reads originals any more.
type Transformer interface {
	// InspectPage reads an original's header, as far as it is about one page,
	// from 1, and checks the limits; it decodes nothing.
	InspectPage(original []byte, page int) (spec.Facts, error)
	// Describe tells what an original looks like; it decodes all of it.
	Describe(ctx context.Context, original spec.Original) (spec.Description, error)
	// DescribeCost is Cost for Describe.
	DescribeCost(original spec.Original) spec.Cost
	// Transform makes the picture that is ordered.
	Transform(ctx context.Context, order spec.Order) (spec.Picture, error)
	// Cost estimates what Transform takes, of an order whose originals' bytes
	// may be missing.
	Cost(order spec.Order) spec.Cost
	// Fingerprint differs where the same Spec may give other bytes. It is the
	// same as long as the Transformer lives.
	Fingerprint() string
}

// Config bounds the work; its keys are those of `processing` in config.yaml.
type Config struct {
	// Slots is how many pictures are made at once; 0 is one per processor.
	Slots int `mapstructure:"slots"`
	// Queue is how many may wait for a slot. Default 64.
	Queue int `mapstructure:"queue"`
	// QueueWait is how long one may wait. Default 2 s.
	QueueWait time.Duration `mapstructure:"queue_wait"`
	// Timeout is how long making one picture may take. Default 10 s.
	Timeout time.Duration `mapstructure:"timeout"`
	// MemoryBytes is the budget for pixels in work; 0 is 60 % of the memory
	// that the machine or container has.
	MemoryBytes int64 `mapstructure:"memory_bytes"`
	// NegativeAge is how long "there is no such original" is believed.
	// Default 10 s.
	NegativeAge time.Duration `mapstructure:"negative_age"`
	// Upgrade answers with the next best format while an AVIF that was
	// negotiated is made in the background. Default true.
	Upgrade bool `mapstructure:"upgrade"`
}

// DefaultConfig returns the defaults named at each field.
func DefaultConfig() Config {
	return Config{Queue: 64, QueueWait: 2 * time.Second, Timeout: 10 * time.Second, NegativeAge: 10 * time.Second, Upgrade: true}
}

// Validate reports every impossible value.
func (c Config) Validate() error {
	var faults []error
	fault := func(bad bool, key string, value any, expected string) {
		if bad {
			faults = append(faults, fmt.Errorf("%s: got %v, expected %s", key, value, expected))
		}
	}
	fault(c.Slots < 0 || c.Slots > 1024, "slots", c.Slots, "0…1024")
	fault(c.Queue < 0 || c.Queue > 100_000, "queue", c.Queue, "0…100000")
	fault(c.QueueWait < 0 || c.QueueWait > time.Minute, "queue_wait", c.QueueWait, "0…1m")
	fault(c.Timeout <= 0 || c.Timeout > 5*time.Minute, "timeout", c.Timeout, "above 0, at most 5m")
	fault(c.MemoryBytes < 0, "memory_bytes", c.MemoryBytes, "0 or more")
	fault(c.NegativeAge < 0 || c.NegativeAge > time.Hour, "negative_age", c.NegativeAge, "0…1h")
	return errors.Join(faults...)
}

// Proxy ties origins, cache and transformer together. Make one with New.
type Proxy struct {
	Slots *Slots

	config      Config
	origins     Origins
	store       cache.Store
	transformer Transformer
	fingerprint string // the transformer's, which does not change
	resolver    spec.Resolver
	limits      spec.ResultLimits
	logger      *slog.Logger

	known        *lru.Cache[string, record]  // by source
	refusals     *lru.Cache[string, refusal] // by source
	originals    flights[fetched]            // by source
	uploads      flights[fetched]            // by source, what is known of them
	pictures     flights[product]            // by key
	descriptions flights[described]          // by source and version

	readable int64               // bytes of originals that may have arrived of those being read
	reading  *semaphore.Weighted // of those

	uses                  useCounters
	purges, purgedEntries atomic.Uint64
	expired               atomic.Uint64

	links      sync.RWMutex    // of watermarks
	life       context.Context // of what runs behind answers
	end        context.CancelFunc
	background sync.WaitGroup
	renewing   renewals
	upgrading  chan struct{} // holds a token while something better is made
	hopeless   *lru.Cache[cache.Key, time.Time]
}

// Parts are what a Proxy works with.
type Parts struct {
	Origins     Origins
	Store       cache.Store
	Transformer Transformer
	Resolver    spec.Resolver
	Limits      spec.ResultLimits
	Logger      *slog.Logger
}

// maxKnown bounds the records held in memory, about 400 bytes each.
const maxKnown = 50_000

// New makes a Proxy. config.MemoryBytes must be resolved to a real number.
func New(config Config, parts Parts) (*Proxy, error) {
	known, err := lru.New[string, record](maxKnown)
	if err != nil {
		return nil, fmt.Errorf("records of originals: %w", err)
	}
	refusals, err := lru.New[string, refusal](maxRefusals)
	if err != nil {
		return nil, fmt.Errorf("records of refusals: %w", err)
	}
	hopeless, err := lru.New[cache.Key, time.Time](maxHopeless)
	if err != nil {
		return nil, fmt.Errorf("records of failures: %w", err)
	}
	life, end := context.WithCancel(context.Background())
	slots := config.Slots
	if slots == 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	readable := max(config.MemoryBytes/4, 1)
	return &Proxy{
		Slots:       NewSlots(slots, config.MemoryBytes, config.Queue, config.QueueWait),
		config:      config,
		origins:     parts.Origins,
		store:       parts.Store,
		transformer: parts.Transformer,
		fingerprint: parts.Transformer.Fingerprint(),
		resolver:    parts.Resolver,
		limits:      parts.Limits,
		logger:      parts.Logger,
		known:       known,
		refusals:    refusals,

		originals:    flights[fetched]{name: "fetch"},
		uploads:      flights[fetched]{name: "record"},
		pictures:     flights[product]{name: "picture"},
		descriptions: flights[described]{name: "description"},

		readable: readable,
		reading:  semaphore.NewWeighted(readable),

		life:      life,
		end:       end,
		upgrading: make(chan struct{}, 1),
		hopeless:  hopeless,
	}, nil
}

// Close ends what runs behind answers, and waits for it.
func (p *Proxy) Close() error {
	p.end()
	p.background.Wait()
	return nil
}

// keep stores an entry. A cache that does not keep something costs time and
// nothing else, so that its refusal is only told the log.
func (p *Proxy) keep(key cache.Key, entry *cache.Entry, since cache.Generation) bool {
	if err := p.store.Put(key, entry, since); err != nil {
		p.logger.Debug("not kept in the cache", "source", key.Source, "variant", key.Variant, "error", err)
		return false
	}
	return true
}
