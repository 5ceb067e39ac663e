package main

// How a picture is sent.
var deliveryExamples = []example{
	{"download", portrait, "160x,download=cat.jpg", "", "`Content-Disposition: attachment; filename=cat.jpg`"},
	{"default", portrait, "160x,default=photos%2Fmissing.png", "", "that picture in the same size, and `X-Fallback`, when the portrait can't be had"},
	{"expires", portrait, "160x,expires=4102444800", "", "`403` from the year 2100 on"},
}
