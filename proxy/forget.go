package proxy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"api-resize/cache"
	"api-resize/spec"
)

// Forget removes everything that was made of a source from every tier, what is
// known of it, and that it could not be had; and of others what has it as a
// watermark. What is being made of it now will not be kept, nor be given to
// whoever asks from now on. It returns how many entries went.
func (p *Proxy) Forget(source spec.Source) (int, error) {
	name := source.String()
	p.links.Lock()
	defer p.links.Unlock()
	others := p.linked(name)
	removed, err := p.forgetAll(append(others, name))
	return p.purged(removed, err)
}

// ForgetPrefix is Forget for all sources that begin alike.
func (p *Proxy) ForgetPrefix(prefix spec.Prefix) (int, error) {
	p.links.Lock()
	defer p.links.Unlock()
	var others []string
	removed, err := p.store.ForgetWhere(prefix.Begins, func(key cache.Key) {
		if other, isLink := strings.CutPrefix(key.Variant, linkPrefix); isLink && !prefix.Begins(other) {
			others = append(others, other)
		}
	})
	p.unlearn(prefix.Begins)
	if err != nil {
		err = fmt.Errorf("forget all of %s: %w", prefix, err)
	}
	slices.Sort(others)
	more, otherErr := p.forgetAll(slices.Compact(others))
	return p.purged(removed+more, errors.Join(err, otherErr))
}

// ForgetEverything is Forget for all sources.
func (p *Proxy) ForgetEverything() (int, error) {
	p.links.Lock()
	defer p.links.Unlock()
	removed, err := p.store.ForgetWhere(nil, nil)
	p.unlearn(func(string) bool { return true })
	if err != nil {
		err = fmt.Errorf("forget everything: %w", err)
	}
	return p.purged(removed, err)
}

// purged counts what went.
func (p *Proxy) purged(removed int, err error) (int, error) {
	p.purges.Add(1)
	p.purgedEntries.Add(uint64(removed))
	return removed, err
}

func (p *Proxy) forgetAll(names []string) (removed int, err error) {
	for _, name := range names {
		more, failed := p.store.Forget(name)
		removed += more
		p.known.Remove(name)
		p.refusals.Remove(name)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("forget %s: %w", name, failed))
		}
	}
	return removed, err
}

// unlearn drops what is remembered beside the store, which has forgotten
// already, so that nothing older comes back.
func (p *Proxy) unlearn(match func(name string) bool) {
	for _, name := range p.known.Keys() {
		if match(name) {
			p.known.Remove(name)
		}
	}
	for _, name := range p.refusals.Keys() {
		if match(name) {
			p.refusals.Remove(name)
		}
	}
}

// supersede removes what was made of an older version of a source, and returns
// the generation with which the newer one is to be kept. When the source was
// forgotten since, that stays in force.
//
// Pictures of others that have the older version as a watermark can no longer be
// asked for, since the version is part of their keys; they leave when the room
// is needed, or when the source is forgotten, for which their links are kept. So
// do the source's own while a purge, which may take long, is under way.
func (p *Proxy) supersede(name string, since cache.Generation) cache.Generation {
	if !p.links.TryLock() {
		return since
	}
	defer p.links.Unlock()
	if p.store.Generation(name) != since {
		return since
	}
	others := p.linked(name)
	if _, err := p.store.Forget(name); err != nil {
		p.logger.Warn("pictures of an older version not removed", "source", name, "error", err)
	}
	now := p.store.Generation(name)
	for _, other := range others {
		p.keepLink(name, other, now)
	}
	return now
}

// remember keeps a record in memory unless its source was forgotten since. The
// second look makes it safe against a Forget in between: either that sees the
// record, or this sees the Forget.
func (p *Proxy) remember(source string, known record, since cache.Generation) {
	p.known.Add(source, known)
	if p.store.Generation(source) != since {
		p.known.Remove(source)
	}
}
