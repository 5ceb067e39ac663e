package main

// What is laid over a picture.
var overlayExamples = []example{
	{"watermark", portrait, "240x160,watermark=photos%2Flogo.png", "in the middle, in its own size", ""},
	{"watermark", portrait, "80x53,watermark=photos%2Flogo.png", "never larger than the picture", ""},

	{"wm_position", portrait, "240x160,watermark=photos%2Flogo.png,wm_position=bottom-right", "in a corner", ""},
	{"wm_position", portrait, "240x160,watermark=photos%2Flogo.png,wm_position=left", "at an edge", ""},

	{"wm_opacity", portrait, "240x160,watermark=photos%2Flogo.png,wm_opacity=0.5", "half of it is seen", ""},

	{"wm_scale", portrait, "240x160,watermark=photos%2Flogo.png,wm_scale=0.25", "a quarter of the picture's width", ""},
	{"wm_scale", portrait, "240x160,watermark=photos%2Flogo.png,wm_scale=0.25,wm_position=bottom-right,wm_opacity=0.7", "small, in a corner, seen through", ""},

	{"wm_repeat", portrait, "240x160,watermark=photos%2Flogo.png,wm_scale=0.25,wm_repeat=true", "tiles from the middle", ""},
	{"wm_repeat", portrait, "240x160,watermark=photos%2Flogo.png,wm_scale=0.2,wm_opacity=0.3,wm_repeat=true", "smaller and fainter", ""},
	{"wm_repeat", animation, "max,watermark=photos%2Flogo.png,wm_scale=0.25,wm_repeat=true", "over all frames", ""},

	{"text", portrait, "240x160,text=Hello", "in the middle", ""},
	{"text", portrait, "240x160,text=Sm%C3%B8rrebr%C3%B8d%20jalape%C3%B1os", "broken into lines at the picture's width", ""},
	{"text", portrait, "240x160,text=one%0Atwo", "lines of your own", ""},

	{"text_size", portrait, "240x160,text=Hello,text_size=16", "small", ""},
	{"text_size", portrait, "240x160,text=Hello,text_size=48", "large", ""},

	{"text_color", portrait, "240x160,text=Hello,text_color=ffcc00", "yellow", ""},
	{"text_color", portrait, "240x160,text=Hello,text_size=64,text_color=ffffff80", "half transparent", ""},

	{"text_position", portrait, "240x160,text=Hello,text_position=bottom", "at the lower edge", ""},
	{"text_position", portrait, "240x160,text=Hello,text_position=top-right", "in a corner", ""},

	{"text_font", portrait, "240x160,text=Hello,text_font=Serif%20Bold", "with serifs, bold", ""},
	{"text_font", portrait, "240x160,text=Hello,text_font=Monospace", "every letter as wide", ""},
}
