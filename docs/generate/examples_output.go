package main

// How a picture is written.
var outputExamples = []example{
	{"format", portrait, "160x,format=gif", "256 colours", ""},
	{"format", logo, "max,format=jpeg", "no transparency", ""},
	{"format", portrait, "160x,format=webp", "", "`Content-Type: image/webp`"},

	{"quality", portrait, "200x,quality=10", "few bytes, visible squares", ""},
	{"quality", portrait, "200x,quality=40", "", ""},
	{"quality", portrait, "200x,quality=90", "many bytes, hardly any loss", ""},

	{"quality", portrait, "200x,quality=auto", "as few bytes as it takes to look like the original", ""},

	{"lossless", portrait, "120x", "for comparison: a JPEG", ""},
	{"lossless", portrait, "120x,lossless=true", "a PNG, or WebP for browsers that take it", ""},

	{"progressive", portrait, "200x,progressive=false", "", "the same picture, seen from top to bottom while it comes"},

	{"max_bytes", portrait, "200x,max_bytes=4000", "at most 4,000 bytes", ""},
	{"max_bytes", portrait, "100x,max_bytes=4000", "a smaller picture is better with as many", ""},

	{"metadata", portrait, "200x,metadata=copyright", "", "the same picture, with author and copyright in its file"},

	{"profile", adobeRGB, "200x", "converted to sRGB", ""},
	{"profile", adobeRGB, "200x,profile=keep", "with its own profile: dull where that is not looked at, with more colours on screens that have them", ""},

	{"page", animation, "max,page=2", "the second frame", ""},
	{"page", animation, "max,page=7", "the seventh", ""},

	{"animated", animation, "max", "all frames", ""},
	{"animated", animation, "max,animated=false", "the first", ""},
	{"animated", animation, "80x,rotate=-10,background=f4d35e", "all options act on all frames", ""},
}
