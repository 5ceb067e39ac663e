package transform

import "api-resize/spec"

// InspectPage is Inspect.
func (e *Engine) InspectPage(original []byte, _ int) (spec.Facts, error) { return e.Inspect(original) }
