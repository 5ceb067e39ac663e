package main

var effectExamples = []example{
	{"blur", portrait, "200x,blur=1", "soft", ""},
	{"blur", portrait, "200x,blur=5", "hardly to be recognised", ""},
	{"blur", logo, "max,blur=5", "transparency blurs as well", ""},

	{"sharpen", portrait, "200x", "for comparison: as it is", ""},
	{"sharpen", portrait, "200x,sharpen=1", "crisp", ""},
	{"sharpen", portrait, "200x,sharpen=3", "more and wider", ""},

	{"brightness", portrait, "200x,brightness=0.5", "half the light", ""},
	{"brightness", portrait, "200x,brightness=1.3", "a third more", ""},

	{"contrast", portrait, "200x,contrast=0.5", "flat", ""},
	{"contrast", portrait, "200x,contrast=1.5", "hard", ""},

	{"gamma", portrait, "200x,gamma=0.6", "middle tones darker", ""},
	{"gamma", portrait, "200x,gamma=1.8", "middle tones lighter", ""},

	{"saturation", portrait, "200x,saturation=0.3", "pale", ""},
	{"saturation", portrait, "200x,saturation=2", "gaudy", ""},

	{"hue", portrait, "200x,hue=90", "a quarter around the colour circle", ""},
	{"hue", portrait, "200x,hue=180", "half around", ""},

	{"grayscale", portrait, "200x,grayscale=true", "gray", ""},
	{"sepia", portrait, "200x,sepia=true", "brown", ""},
	{"negate", portrait, "200x,negate=true", "a negative", ""},

	{"pixelate", portrait, "200x,pixelate=6", "squares of 6 pixels", ""},
	{"pixelate", portrait, "200x,pixelate=16", "squares of 16 pixels", ""},

	{"tint", portrait, "200x,tint=704214", "brown", ""},
	{"tint", portrait, "200x,tint=teal", "by name", ""},
	{"tint", logo, "max,tint=teal", "lightness and transparency stay", ""},
}
