package main

// What is laid over a picture.
var overlayExamples = []example{
	{"watermark", portrait, "240x160,watermark=photos%2Flogo.png", "", "the logo in the middle"},
	{"wm_position", portrait, "240x160,watermark=photos%2Flogo.png,wm_position=bottom-right", "", "in the corner"},
	{"wm_opacity", portrait, "240x160,watermark=photos%2Flogo.png,wm_opacity=0.5", "", "half of it is seen"},
	{"wm_scale", portrait, "240x160,watermark=photos%2Flogo.png,wm_scale=0.25", "", "a quarter of the width"},
	{"wm_repeat", portrait, "240x160,watermark=photos%2Flogo.png,wm_scale=0.25,wm_repeat=true", "", "tiled"},
	{"text", portrait, "240x160,text=Hello", "", "in the middle"},
	{"text_size", portrait, "240x160,text=Hello,text_size=48", "", "larger"},
	{"text_color", portrait, "240x160,text=Hello,text_color=ffcc00", "", "yellow"},
	{"text_position", portrait, "240x160,text=Hello,text_position=bottom", "", "at the lower edge"},
	{"text_font", portrait, "240x160,text=Hello,text_font=Serif%20Bold", "", "with serifs"},
}
