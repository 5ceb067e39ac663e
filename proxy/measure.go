package proxy

import (
	"api-resize/origin"
	"api-resize/spec"
)

// Measure reads what a result's own header tells, which is the only place for it
// where the picture was kept: format, size and frames. Its errors are those of
// the Transformer's InspectPage.
func (p *Proxy) Measure(result *Result) (spec.Facts, error) {
	body, err := result.Entry.Bytes()
	if err != nil {
		return spec.Facts{}, err
	}
	return p.transformer.InspectPage(body, 1)
}

// Allows reports whether anybody may ask for a source, without asking its
// origin. Its errors wrap origin.ErrNotAllowed and, for an alias that there is
// not, origin.ErrNotFound.
func (p *Proxy) Allows(source spec.Source) error {
	if source.Kind == spec.SourceAlias && p.origins.Aliases[source.Alias] == nil {
		return origin.ErrNotFound
	}
	return p.origins.allows(source)
}
