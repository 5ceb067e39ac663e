package transform

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/davidbyttow/govips/v2/vips"

	"api-resize/spec"
)

// job is the making of one picture.
type job struct {
	ctx    context.Context
	config Config
	log    *slog.Logger
	facts  spec.Facts
	want   spec.Spec
	plan   spec.Plan
	limits spec.ResultLimits

	palettes    bool // a PNG can have few colours
	readable    map[spec.Format]bool
	orientation orientation // what is left to apply
	animated    bool        // all frames are made
	delays      []int       // of each frame, in milliseconds
	loop        int         // how often an animation plays, 0 for ever

	original metadata // what of the original's the result may carry
	carries  metadata // what the result does carry
	gray     bool     // the film was gray before it became linear light

	film   film
	region spec.Rect        // what of the film the picture is made of
	source content          // the original, kept where it is until the end
	pins   runtime.Pinner   // libvips reads source as late as when pixels are asked for
	images []*vips.ImageRef // everything to close
	guard  *guard

	watermark *job // makes the watermark; nil where there is none
}

// step is a part of the work; its name is for logs.
type step struct {
	name string
	do   func(*job) error
}

// Every picture goes through these steps, in this order. What comes before
// settling is lazy: libvips computes nothing but builds a pipeline that pulls
// the original through once, strip by strip, while it is decoded. settling
// runs it, and from there on all pixels are in memory, in the size of the
// result. So an error up to there is the original's, and one after it ours.
var (
	pipeline = []step{
		{"convert to linear light", (*job).toLinear},
		{"scale and crop", (*job).scale},
		{"convert colours", (*job).toSRGB},
	}
	finish = []step{
		{"turn upright", (*job).turnUpright},
		{"crop to what matters", (*job).cropSmart},
		{"lay in the box", (*job).placeBeforeTurn},
		{"turn", (*job).turn},
		{"effects", (*job).apply},
		{"lay in the box", (*job).placeAfterTurn},
		{"overlays", (*job).overlay},
		{"pad", (*job).pad},
		{"background", (*job).background},
		{"round corners", (*job).round},
	}
)

// Transform makes the picture that is ordered. Its facts are what Inspect told
// of the same original, and what is wanted is resolved: its format can be
// written, and its quality is set where the format has one.
//
// Its errors wrap ErrUnsupported, ErrCorrupt, ErrTooManyPixels,
// spec.ErrImpossible, spec.ErrTooLarge, ErrTimeout at ctx's deadline, or are ctx.Err() when ctx
// was cancelled; all others are faults of this program. When ctx ends,
// Transform returns as soon as libvips lets go of the memory it uses, which
// for AVIF, HEIC and WebP, and for writing JPEG XL, may be after the whole
// picture is de- or encoded.
func (e *Engine) Transform(ctx context.Context, order spec.Order) (spec.Picture, error) {
	if err := contextError(ctx); err != nil {
		return spec.Picture{}, err
	}
	j, err := e.prepare(ctx, order, e.limits.Result)
	if err != nil {
		return spec.Picture{}, err
	}
	defer j.close()
	if err := e.prepareOverlays(j, order); err != nil {
		return spec.Picture{}, err
	}

	begin := time.Now()
	if err := j.load(); err != nil {
		return spec.Picture{}, err
	}
	loaded := time.Now()
	if err := j.work(); err != nil {
		return spec.Picture{}, err
	}
	worked := time.Now()
	result, err := j.write()
	if err != nil {
		return spec.Picture{}, j.unclassified("encode "+string(j.want.Output.Format), err)
	}
	picture := spec.Picture{
		Bytes:   result.data,
		Format:  j.want.Output.Format,
		Width:   j.plan.Out.Width,
		Height:  j.plan.Out.Height,
		Quality: result.how.quality,
		Timings: spec.Timings{
			Decode:    loaded.Sub(begin),
			Transform: worked.Sub(loaded),
			Encode:    time.Since(worked),
		},
	}
	if result.over {
		picture.Decision = spec.DecisionOverMaxBytes
	}
	if order.MayBeOwn {
		return e.smaller(picture, order.Original), nil
	}
	return picture, nil
}

// prepare judges the request, and does nothing yet that needs closing.
func (e *Engine) prepare(ctx context.Context, order spec.Order, limits spec.ResultLimits) (*job, error) {
	e.idle.worked.Store(true)
	facts, want := order.Original.Facts, order.Want
	source, err := e.vet(order.Original.Bytes, max(want.Output.Page, 1))
	if err != nil {
		return nil, err
	}
	if source.format != facts.Format || facts.Width < 1 || facts.Height < 1 {
		return nil, fmt.Errorf("%w: it is %s and not the %s of %dx%d pixels that its facts say",
			ErrCorrupt, source.format, facts.Format, facts.Width, facts.Height)
	}
	if err := e.limits.allow(facts.Width, facts.Height, max(facts.Frames, 1)); err != nil {
		return nil, err
	}
	plan, err := want.Plan(facts, limits)
	if err != nil {
		return nil, err
	}
	if encoders[want.Output.Format] == nil {
		return nil, fmt.Errorf("format %q is not resolved, or not one that is written", want.Output.Format)
	}
	if want.Output.Lossless && !slices.Contains(e.lossless, want.Output.Format) {
		return nil, fmt.Errorf("format %q is not resolved: it can't be written without loss", want.Output.Format)
	}
	return &job{
		ctx: ctx, config: e.config, log: e.log,
		facts: facts, want: want, plan: plan, limits: limits,
		orientation: max(orientation(facts.Orientation), upright),
		animated:    want.KeepsFrames(facts),
		source:      source,
		palettes:    e.palettes,
		readable:    e.readable,
		guard:       guardOf(ctx),
	}, nil
}

// work runs all steps between opening and encoding.
func (j *job) work() error {
	if err := j.compute(); err != nil {
		return err
	}
	for _, step := range finish {
		if err := step.do(j); err != nil {
			return j.unclassified(step.name, err)
		}
	}
	return contextError(j.ctx)
}

// compute runs the pipeline: afterwards the original is of no use any more.
func (j *job) compute() error {
	if err := j.trim(); err != nil {
		return err
	}
	for _, step := range pipeline {
		if err := step.do(j); err != nil {
			return j.unclassified(step.name, err)
		}
	}
	if err := settle(j.film.image, j.guard); err != nil {
		return j.undecodable(err)
	}
	return nil
}

// own takes an image into the job's care: it is closed when the job is, which
// is after the last pixel was computed.
func (j *job) own(image *vips.ImageRef) *vips.ImageRef {
	j.images = append(j.images, image)
	return image
}

func (j *job) close() {
	for _, image := range j.images {
		image.Close()
	}
	j.guard.release()
	j.pins.Unpin()
	runtime.KeepAlive(j.source.data)
	if j.watermark != nil {
		j.watermark.close()
	}
}
