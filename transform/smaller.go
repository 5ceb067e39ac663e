package transform

import "api-resize/spec"

// smaller is a picture, or its original without metadata where that shows the
// same pixels in fewer bytes: coding again what was coded with loss only makes
// it worse.
func (e *Engine) smaller(made spec.Picture, original spec.Original) spec.Picture {
	own, ok := StripMetadata(original.Facts.Format, original.Bytes)
	if !ok || len(own) >= len(made.Bytes) || !e.Untouched(original.Bytes, original.Facts) {
		return made
	}
	made.Bytes, made.Format, made.Quality = own, original.Facts.Format, 0
	made.Decision = spec.DecisionOriginalSmaller
	return made
}
