package main

import (
	"context"
	"fmt"

	"api-resize/spec"
	"api-resize/transform"
)

// studio makes the pictures of the examples.
type studio struct {
	engine    *transform.Engine
	resolver  spec.Resolver
	originals map[string][]byte // by name
}

// openStudio reads all originals.
func openStudio(engine *transform.Engine) (*studio, error) {
	govips, err := govipsFolder()
	if err != nil {
		return nil, err
	}
	s := &studio{
		engine: engine,
		// Nothing is chosen that not every browser and forge shows.
		resolver: spec.Resolver{
			Writable: engine.Writable(), Lossless: engine.Lossless(), Quality: transform.DefaultConfig().Quality(),
		},
		originals: map[string][]byte{},
	}
	for _, original := range originals {
		if s.originals[original.Name], err = original.read(govips); err != nil {
			return nil, fmt.Errorf("read the original %s: %w", original.Name, err)
		}
	}
	return s, nil
}

// make answers an example's request as the service would answer a browser that
// takes JPEG, PNG and GIF.
func (s *studio) make(e example) (spec.Picture, error) {
	picture, err := s.answer(e)
	if err != nil {
		return spec.Picture{}, fmt.Errorf("%s: %w", e.url(), err)
	}
	return picture, nil
}

func (s *studio) answer(e example) (spec.Picture, error) {
	request, err := e.parsed()
	if err != nil {
		return spec.Picture{}, err
	}
	order := spec.Order{}
	if order.Original, err = s.original(request.Source, max(request.Spec.Output.Page, 1)); err != nil {
		return spec.Picture{}, err
	}
	if request.Spec.Watermark != (spec.Watermark{}) {
		if order.Watermark, err = s.original(request.Spec.Watermark.Source, 1); err != nil {
			return spec.Picture{}, err
		}
	}
	resolved, err := s.resolver.Resolve(request.Spec, order.Original.Facts, spec.Client{})
	if err != nil {
		return spec.Picture{}, err
	}
	order.Want, order.MayBeOwn = resolved.Spec, resolved.MayBeOwn
	return s.engine.Transform(context.Background(), order)
}

// original is an original as far as it is about one page, counted from 1.
func (s *studio) original(source spec.Source, page int) (spec.Original, error) {
	data, known := s.originals[source.Path]
	if !known || source.Alias != originalsAlias {
		return spec.Original{}, fmt.Errorf("there is no original %s", source)
	}
	facts, err := s.engine.InspectPage(data, page)
	return spec.Original{Bytes: data, Facts: facts}, err
}
