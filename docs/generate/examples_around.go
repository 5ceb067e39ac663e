package main

// What is put around and behind a picture.
var aroundExamples = []example{
	{"pad", portrait, "160x,pad=20,background=f4d35e", "20 pixels on each side", ""},
	{"pad", portrait, "160x,pad=5:10:40:10,background=f4d35e", "top, right, bottom, left", ""},
	{"pad", logo, "max,pad=20", "transparent where the format can", ""},

	{"background", portrait, "160x120,fit=contain,background=ffcc00", "around the picture", ""},
	{"background", portrait, "160x120,fit=contain,format=png", "transparent without one, where the format can", ""},
	{"background", portrait, "160x120,fit=contain", "white where it can't", ""},
	{"background", logo, "max,background=skyblue", "behind transparency", ""},
	{"background", logo, "max,background=87ceeb80", "half transparent itself", ""},
	{"background", logo, "max,format=jpeg", "white where the format has no transparency", ""},

	{"round", logo, "x96,background=skyblue,round=24", "a radius of 24 pixels", ""},
	{"round", portrait, "120x120,round=max", "a circle of a square", ""},
	{"round", portrait, "200x100,round=max,background=f4d35e,format=jpeg", "a pill of others, on the background", ""},
}
