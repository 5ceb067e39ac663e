package proxy

import (
	"strconv"
	"time"

	"api-resize/cache"
	"api-resize/spec"
)

// qualityPrefix begins the variant under which the quality is kept that was
// found for a picture: it takes several encodes to find, and outlives the
// picture, which takes more room.
const qualityPrefix = "quality of "

func (v *Variant) qualityKey() cache.Key {
	return cache.Key{Source: v.key.Source, Variant: qualityPrefix + v.key.Variant}
}

// knownQuality is the quality that was found for a picture, or what has the
// transformer find it.
func (p *Proxy) knownQuality(v *Variant) int {
	entry, err := p.store.Get(v.qualityKey())
	if err != nil {
		return spec.QualityAuto
	}
	defer entry.Close()
	quality, err := strconv.Atoi(string(entry.Meta.Attributes))
	if err != nil || quality < 1 || quality > 100 {
		return spec.QualityAuto
	}
	return quality
}

// rememberQuality keeps the quality that an order had the transformer find.
func (p *Proxy) rememberQuality(v *Variant, order spec.Order, made spec.Picture) {
	if order.Want.Output.Quality != spec.QualityAuto || made.Quality < 1 || v.noStore() {
		return
	}
	found := []byte(strconv.Itoa(made.Quality))
	p.keep(v.qualityKey(), cache.NewEntry(cache.Meta{Stored: time.Now(), Attributes: found}, nil), v.original.since)
}
