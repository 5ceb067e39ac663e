package spec

import (
	"slices"
	"strconv"
	"strings"
)

// Negotiate returns the first of offers with the highest quality value in an
// Accept header (RFC 9110, sections 12.4.2 and 12.5.1), and false when the
// header allows none of them. An absent header allows everything.
func Negotiate(accept string, offers []Format) (Format, bool) {
	ranges := parseAccept(accept)
	best, bestWeight := FormatAuto, 0
	for _, offer := range offers {
		if weight := weightOf(offer.ContentType(), ranges); weight > bestWeight {
			best, bestWeight = offer, weight
		}
	}
	return best, bestWeight > 0
}

// names reports whether an Accept header has a format in it by name.
func names(accept string, format Format) bool {
	kind, subtype, _ := strings.Cut(format.ContentType(), "/")
	return slices.ContainsFunc(parseAccept(accept), func(r mediaRange) bool { return r.kind == kind && r.subtype == subtype })
}

// mediaRange is one element of an Accept header; weight is its quality value
// in thousandths.
type mediaRange struct {
	kind, subtype string
	weight        int
}

func parseAccept(accept string) []mediaRange {
	if strings.TrimSpace(accept) == "" {
		return []mediaRange{{"*", "*", 1000}}
	}
	var ranges []mediaRange
	for _, element := range strings.Split(accept, ",") {
		media, parameters, _ := strings.Cut(element, ";")
		kind, subtype, found := strings.Cut(strings.ToLower(strings.TrimSpace(media)), "/")
		if !found || kind == "*" && subtype != "*" {
			continue
		}
		ranges = append(ranges, mediaRange{kind, subtype, parseWeight(parameters)})
	}
	return ranges
}

// parseWeight finds q among parameters. A weight that is not to be read
// counts as 0: what a client says badly is not taken for consent.
func parseWeight(parameters string) int {
	for _, parameter := range strings.Split(parameters, ";") {
		name, value, found := strings.Cut(strings.TrimSpace(parameter), "=")
		if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		value = strings.TrimSpace(value)
		weight, err := strconv.ParseFloat(value, 64)
		if err != nil || strings.Trim(value, "0123456789.") != "" || weight > 1 {
			return 0
		}
		return int(weight*1000 + 0.5)
	}
	return 1000
}

// weightOf is the weight of the most specific range that matches; of equally
// specific ones the first.
func weightOf(contentType string, ranges []mediaRange) int {
	kind, subtype, _ := strings.Cut(contentType, "/")
	weight, specificity := 0, -1
	for _, r := range ranges {
		matches := -1
		switch {
		case r.kind == kind && r.subtype == subtype:
			matches = 2
		case r.kind == kind && r.subtype == "*":
			matches = 1
		case r.kind == "*":
			matches = 0
		}
		if matches > specificity {
			weight, specificity = r.weight, matches
		}
	}
	return weight
}
