package main

// How a picture is sent.
var deliveryExamples = []example{
	{"download", portrait, "160x,download=cat.jpg", "", "Content-Disposition: attachment; filename=cat.jpg"},
	{"default", portrait, "160x,default=photos%2Fmissing.png", "", "X-Fallback, and that picture in the same size, when the portrait can't be had"},
}
