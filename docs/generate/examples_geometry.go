package main

var sizeExamples = []example{
	{sizeOption, portrait, "160x160", "exactly this box, cropped", ""},
	{sizeOption, portrait, "160x", "as high as it comes", ""},
	{sizeOption, portrait, "x160", "as wide as it comes", ""},
	{sizeOption, logo, "max", "its own size", ""},
	{sizeOption, waterfall, "160x", "upright, whatever its EXIF orientation is", ""},
}

var geometryExamples = []example{
	{"crop", portrait, "240x160,crop=0.25:0.1:0.5:0.5", "half of each side, from a quarter right and a tenth down", ""},
	{"crop", portrait, "240x,crop=260:60:760:700", "in pixels of the original", ""},
	{"crop", waterfall, "160x,crop=0.0:0.5:1.0:0.5", "the lower half of the upright picture", ""},

	{"trim", framed, "240x", "for comparison: with its border", ""},
	{"trim", framed, "240x,trim=20", "without it", ""},
	{"trim", framed, "240x,trim=1", "so little tolerance takes noise for content: nothing is cut off", ""},

	{"fit", portrait, "160x160,fit=cover", "fills the box, cropped", ""},
	{"fit", portrait, "160x160,fit=contain,background=f4d35e", "all of it in the box, background around", ""},
	{"fit", portrait, "160x160,fit=contain", "all of it in the box", ""},
	{"fit", portrait, "160x160,fit=inside", "at most the box", ""},
	{"fit", portrait, "160x160,fit=outside", "at least the box", ""},
	{"fit", portrait, "160x160,fit=fill", "stretched", ""},

	{"position", portrait, "100x160,position=left", "the left of what fills the box", ""},
	{"position", portrait, "100x160,position=center", "the middle", ""},
	{"position", portrait, "100x160,position=right", "the right", ""},
	{"position", portrait, "240x80,position=top", "the top", ""},
	{"position", portrait, "240x80,position=center", "the middle", ""},
	{"position", portrait, "240x80,position=bottom", "the bottom", ""},
	{"position", portrait, "100x160,position=entropy", "the most detail", ""},
	{"position", portrait, "100x160,position=attention", "what draws the eye", ""},
	{"position", portrait, "240x80,position=attention", "what draws the eye", ""},
	{"position", logo, "160x130,fit=contain,position=top-left,background=f4d35e", "where a contain puts it", ""},
	{"position", logo, "160x130,fit=contain,position=top,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=top-right,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=left,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=center,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=right,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=bottom-left,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=bottom,background=f4d35e", "", ""},
	{"position", logo, "160x130,fit=contain,position=bottom-right,background=f4d35e", "", ""},

	{"focus", portrait, "100x160,focus=0.8:0.2", "a point on the arm: as near to the middle as the edge lets it", ""},
	{"focus", portrait, "100x160,focus=0.28:0.3", "a point between the eyes", ""},
	{"focus", portrait, "240x80,focus=0.28:0.3", "the same point", ""},

	{"enlarge", logo, "160x120", "smaller than the box: the largest 4:3 that it has", ""},
	{"enlarge", logo, "160x120,enlarge=true", "scaled up to the box", ""},
	{"enlarge", logo, "160x120,fit=inside,enlarge=true", "scaled up until it is at most the box", ""},

	{"dpr", portrait, "100x70", "for comparison: on an ordinary screen", ""},
	{"dpr", portrait, "100x70,dpr=2", "for a screen with two pixels for one", ""},

	{"rotate", waterfall, "160x,rotate=90", "a quarter clockwise", ""},
	{"rotate", waterfall, "160x,rotate=-90", "a quarter counterclockwise", ""},
	{"rotate", waterfall, "160x,rotate=180", "a half turn", ""},
	{"rotate", portrait, "200x,rotate=15", "corners are white where the format has no transparency", ""},
	{"rotate", portrait, "200x,rotate=-15,background=f4d35e", "corners of the background", ""},
	{"rotate", logo, "max,rotate=15", "corners are transparent where the format can", ""},

	{"flip", waterfall, "160x,flip=h", "left becomes right", ""},
	{"flip", waterfall, "160x,flip=v", "top becomes bottom", ""},
	{"flip", waterfall, "160x,flip=hv", "both, which is a half turn", ""},
	{"flip", waterfall, "160x,rotate=90,flip=h", "turned, then mirrored", ""},
}
