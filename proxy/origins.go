package proxy

import (
	"context"
	"fmt"

	"api-resize/origin"
	"api-resize/spec"
)

// Origins are all places where originals are.
type Origins struct {
	Uploads *origin.Uploads
	Aliases map[string]origin.Opener // by lower-case name
	Web     *origin.Web
}

// allows reports whether a source may be asked for by anybody; if not, the error
// wraps origin.ErrNotAllowed.
func (o Origins) allows(source spec.Source) error {
	if source.Kind != spec.SourceWeb {
		return nil
	}
	return o.Web.Allows(source.Path)
}

// open finds the origin of a source and opens it there. A trusted one may be
// anywhere in public.
func (o Origins) open(ctx context.Context, source spec.Source, trusted bool, have origin.Validators) (*origin.Original, error) {
	switch source.Kind {
	case spec.SourceWeb:
		if trusted {
			return o.Web.OpenAnywhere(ctx, source.Path, have)
		}
		return o.Web.Open(ctx, source.Path, have)
	case spec.SourceAlias:
		opener, ok := o.Aliases[source.Alias]
		if !ok {
			return nil, fmt.Errorf("%w: no origin is called %q", origin.ErrNotFound, source.Alias)
		}
		return opener.Open(ctx, source.Path, have)
	}
	return o.Uploads.Open(ctx, source.Path, have)
}

// local reports whether the original's bytes are on this machine's disk
// already, so that keeping a copy in the cache gains nothing.
func (o Origins) local(source spec.Source) bool {
	if source.Kind == spec.SourceAlias {
		_, folder := o.Aliases[source.Alias].(*origin.Folder)
		return folder
	}
	return source.Kind == spec.SourceUpload
}
