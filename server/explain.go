package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/cache"
	"api-resize/dialect"
	"api-resize/origin"
	"api-resize/proxy"
	"api-resize/spec"
)

const explainPrefix = "/explain/"

// explanation is what GET /explain/… tells of a picture's URL. What is not
// known because something went wrong before is missing.
type explanation struct {
	Canonical string         `json:"canonical,omitempty"` // how the URL is spelled, as it is signed
	URL       string         `json:"url,omitempty"`       // where clients get it: with its signature where one is required
	Signature signatureStory `json:"signature"`
	Sizes     *sizesStory    `json:"sizes,omitempty"`
	Original  *originalStory `json:"original,omitempty"`
	Format    *formatStory   `json:"format,omitempty"`
	Key       *keyStory      `json:"key,omitempty"`
	ETag      string         `json:"etag,omitempty"`
	Headers   *headersStory  `json:"headers,omitempty"`
	Plan      *planStory     `json:"plan,omitempty"`
	Would     string         `json:"would,omitempty"` // hit, or miss
	Tiers     []tierStory    `json:"tiers,omitempty"` // in the order in which they are looked at
	Freshness *freshStory    `json:"freshness,omitempty"`
	Cost      *costStory     `json:"cost,omitempty"`
	Limits    Limits         `json:"limits"`
	Problem   *Problem       `json:"problem,omitempty"` // what the URL is answered with instead of a picture
}

type signatureStory struct {
	Mode    string `json:"mode"`
	Given   bool   `json:"given"`
	Valid   bool   `json:"valid"`
	Expires int64  `json:"expires,omitempty"` // Unix seconds
	Why     string `json:"why"`
}

type sizesStory struct {
	Mode     string `json:"mode"`
	Asked    string `json:"asked"`
	Answered string `json:"answered"`
}

type originalStory struct {
	Source      string     `json:"source"`
	Format      string     `json:"format"`
	Width       int        `json:"width"`
	Height      int        `json:"height"`
	Frames      int        `json:"frames"`
	HasAlpha    bool       `json:"has_alpha"`
	Orientation int        `json:"exif_orientation"`
	Bytes       int64      `json:"bytes"`
	Version     string     `json:"version"` // hash of its bytes, or id
	Tiers       []string   `json:"tiers"`   // that have its bytes
	Expires     *time.Time `json:"expires,omitempty"`
}

type formatStory struct {
	Asked      string   `json:"asked"`
	Chosen     string   `json:"chosen"`
	Why        string   `json:"why"`
	Candidates []string `json:"candidates"`
	Quality    int      `json:"quality"` // 0: the format has none
	Interim    string   `json:"interim_for,omitempty"`
}

type keyStory struct {
	Source  string `json:"source"`
	Variant string `json:"variant"`
}

type headersStory struct {
	CacheControl string `json:"cache_control"`
	Vary         string `json:"vary"`
	CacheTag     string `json:"cache_tag,omitempty"`
}

type planStory struct {
	Decoded string    `json:"decoded"` // pixels of a frame as the decoder gives it, shrunk where it can
	Shrink  float64   `json:"shrink"`  // by how much that is fewer a side
	Region  spec.Rect `json:"region"`
	Scaled  string    `json:"scaled"`
	Crop    spec.Rect `json:"crop"`
	Smart   bool      `json:"crop_is_looked_for"`
	Box     string    `json:"box"`
	Turned  string    `json:"turned"`
	Result  string    `json:"result"`
}

type tierStory struct {
	Tier string `json:"tier"`
	Has  bool   `json:"has"` // the picture
}

type freshStory struct {
	Use                  string     `json:"use"` // how what is known of the original came to be used
	Until                *time.Time `json:"until,omitempty"`
	SecondsLeft          float64    `json:"seconds_left"`
	StaleWhileRevalidate float64    `json:"stale_while_revalidate_seconds"`
	StaleIfError         float64    `json:"stale_if_error_seconds"`
	MustRevalidate       bool       `json:"must_revalidate"`
	NoStore              bool       `json:"no_store"`
	Immutable            bool       `json:"immutable"`
	ETag                 string     `json:"origin_etag,omitempty"`
	LastModified         string     `json:"origin_last_modified,omitempty"`
}

type costStory struct {
	MemoryBytes  int64   `json:"memory_bytes"`
	Milliseconds float64 `json:"expected_ms"`
	QueueMs      float64 `json:"queue_ms"`
}

// explain answers GET /explain/resize/… for any picture's URL, with what would
// be answered to the same headers. It makes no picture.
func (s *Server) explain(c *fiber.Ctx) error {
	told := explanation{Signature: signatureStory{Mode: s.parts.Signing.Signature}, Limits: s.parts.Limits}
	if err := s.explainInto(c, &told); err != nil {
		problem := newProblem(err, storyOf(c).id)
		told.Problem = &problem
	}
	return noStore(c).JSON(told)
}

func (s *Server) explainInto(c *fiber.Ctx, told *explanation) error {
	uri := c.Context().URI()
	request, err := s.parts.Dialect.Parse(explained(string(uri.PathOriginal())), string(uri.QueryString()))
	if err != nil {
		return err
	}
	told.Canonical = dialect.Format(request)
	if told.Signature, request.Trusted, err = s.parts.Signing.explain(request, time.Now()); err != nil {
		if errors.Is(err, ErrBadSignature) && request.Signature == "" {
			told.URL = s.signedURL(c, request)
		}
		return err
	}
	asked := request.Spec.Size
	if request, err = s.allowed(request); err != nil {
		return err
	}
	told.Canonical = dialect.Format(request)
	told.Sizes = &sizesStory{string(s.parts.Sizes.Mode), asked.String(), request.Spec.Size.String()}

	ctx, end := s.context(c)
	defer end()
	client := clientOf(c)
	found, err := s.proxy.Explain(ctx, request, client)
	if found.Variant != nil {
		s.explainVariant(told, request, client, found)
	}
	if err == nil {
		told.URL = s.publicURL(request)
	}
	return err
}

// signedURL is where clients get a picture whose URL has no signature yet. It is
// empty for a source that is not allowed: who has the key may not have that signed
// here, though who has the keys of signatures may sign it.
func (s *Server) signedURL(c *fiber.Ctx, request spec.Request) string {
	request, err := s.allowed(request)
	if err != nil {
		return ""
	}
	ctx, end := s.context(c)
	defer end()
	if _, err := s.proxy.Explain(ctx, request, clientOf(c)); errors.Is(err, origin.ErrNotAllowed) {
		return ""
	}
	return s.publicURL(request)
}

// explained is the path of the picture that an explanation is about; without
// /resize in it that is meant.
func explained(path string) string {
	rest := strings.TrimPrefix(path, strings.TrimSuffix(explainPrefix, "/"))
	if strings.HasPrefix(rest, dialect.Prefix) {
		return rest
	}
	return dialect.Prefix + strings.TrimPrefix(rest, "/")
}

func (s *Server) explainVariant(told *explanation, request spec.Request, client spec.Client, found proxy.Explanation) {
	now := time.Now()
	told.Original = explainOriginal(request.Source, found.Original)
	told.Freshness = explainFreshness(found.Original, now)
	told.Format = explainFormat(request, client, found)
	told.Key = &keyStory{found.Key.Source, found.Key.Variant}
	told.ETag = found.ETag
	told.Headers = &headersStory{CacheControl: cacheControl(found.Lifetime(now)), Vary: strings.Join(varyOf(found.Variant), ", "),
		CacheTag: bounded(tagsOfSources(s.madeOf(request)), ","),
	}
	told.Would = "miss"
	if len(found.Tiers) > 0 {
		told.Would = "hit"
	}
	for _, tier := range []string{cache.TierMemory, cache.TierDisk} {
		told.Tiers = append(told.Tiers, tierStory{tier, slices.Contains(found.Tiers, tier)})
	}
	told.Cost = &costStory{found.Cost.Bytes, milliseconds(found.Time), milliseconds(found.Backlog)}
	told.Plan = explainPlan(found)
}

func explainOriginal(source spec.Source, original proxy.Original) *originalStory {
	facts := original.Facts
	story := &originalStory{
		Source: source.String(), Format: string(facts.Format), Width: facts.Width, Height: facts.Height,
		Frames: facts.Frames, HasAlpha: facts.HasAlpha, Orientation: max(facts.Orientation, 1),
		Bytes: original.Bytes, Version: original.Version, Tiers: append([]string{}, original.Tiers...),
	}
	if !original.Expires.IsZero() {
		story.Expires = &original.Expires
	}
	return story
}

func explainFreshness(original proxy.Original, now time.Time) *freshStory {
	fresh := original.Freshness
	story := &freshStory{
		Use:                  original.Use.String(),
		StaleWhileRevalidate: fresh.StaleWhileRevalidate.Seconds(), StaleIfError: fresh.StaleIfError.Seconds(),
		MustRevalidate: fresh.MustRevalidate, NoStore: fresh.NoStore, Immutable: fresh.Immutable,
		ETag: original.Validators.ETag, LastModified: original.Validators.LastModified,
	}
	if !fresh.Until.IsZero() {
		story.Until, story.SecondsLeft = &fresh.Until, max(0, fresh.Until.Sub(now).Seconds())
	}
	return story
}

func explainFormat(request spec.Request, client spec.Client, found proxy.Explanation) *formatStory {
	story := &formatStory{
		Asked: string(request.Spec.Output.Format), Chosen: string(found.Spec.Output.Format), Quality: found.Spec.Output.Quality,
	}
	for _, format := range found.Candidates {
		story.Candidates = append(story.Candidates, string(format))
	}
	switch request.Spec.Output.Format {
	case spec.FormatAuto:
		story.Asked = "auto"
		story.Why = fmt.Sprintf("the best that %q accepts, of the candidates and the original's own format", client.Accept)
	case spec.FormatOriginal:
		story.Why = "the URL asks for the original's own format"
	default:
		story.Why = "the URL asks for it"
	}
	if found.Better != nil {
		story.Interim = string(found.Better.Spec.Output.Format)
		story.Why += "; until " + story.Interim + " is made behind the answer"
	}
	return story
}

func explainPlan(found proxy.Explanation) *planStory {
	plan, decoded := found.Plan, found.Cost.Decoded
	if decoded.Width == 0 {
		return nil
	}
	return &planStory{
		Decoded: decoded.String(), Shrink: float64(found.Original.Facts.Width) / float64(decoded.Width),
		Region: plan.Region, Scaled: plan.Scaled.String(), Crop: plan.Crop, Smart: plan.Smart,
		Box: plan.Box.String(), Turned: plan.Turned.String(), Result: plan.Out.String(),
	}
}

// explain is check, with the reason.
func (c SigningConfig) explain(request spec.Request, now time.Time) (story signatureStory, trusted bool, err error) {
	trusted, err = c.check(request, now)
	story = signatureStory{Mode: c.Signature, Given: request.Signature != "", Valid: trusted, Expires: request.Delivery.Expires}
	switch {
	case errors.Is(err, ErrExpired):
		story.Why = "the time in expires is over"
	case errors.Is(err, ErrBadSignature) && !story.Given:
		story.Why = "the URL has no sig, and every picture needs one"
	case errors.Is(err, ErrBadSignature):
		story.Why = "sig is not the signature of the canonical URL under any of the keys"
	case trusted:
		story.Why = "sig is the signature of the canonical URL: any source and size may be asked for"
	case c.Signature == SignatureOff:
		story.Why = "signatures are not looked at"
	default:
		story.Why = "none is needed; without one, sources and sizes are restricted"
	}
	return story, trusted, err
}
