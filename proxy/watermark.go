package proxy

import (
	"strings"
	"time"

	"api-resize/cache"
)

// A picture is kept under the source of its original. So that it can be
// forgotten with its watermark too, a link is kept under the watermark's
// source: a variant that names the original's.
const linkPrefix = "watermark of "

// link notes that something of the variant's original is kept that has its
// watermark in it, and reports whether it is noted; what is not is not to be
// kept. p.links is held for reading until that is kept, so that whoever forgets
// the watermark either finds the link, or has done so before and hinders it.
func (p *Proxy) link(v *Variant) bool {
	name := v.watermark.source.String()
	if p.store.Has(cache.Key{Source: name, Variant: linkPrefix + v.key.Source}) {
		return p.store.Generation(name) == v.watermark.since
	}
	return p.keepLink(name, v.key.Source, v.watermark.since)
}

// keepLink notes that something of other is kept that has the watermark in it.
func (p *Proxy) keepLink(watermark, other string, since cache.Generation) bool {
	key := cache.Key{Source: watermark, Variant: linkPrefix + other}
	return p.keep(key, cache.NewEntry(cache.Meta{Stored: time.Now()}, nil), since)
}

// linked are the sources of which something is kept that has source in it as a
// watermark. p.links is held for writing.
func (p *Proxy) linked(source string) []string {
	var others []string
	for _, variant := range p.store.Variants(source) {
		if other, isLink := strings.CutPrefix(variant, linkPrefix); isLink && other != source {
			others = append(others, other)
		}
	}
	return others
}
