package spec

// Description is what pages want to know of an original besides its Facts: what
// to show until the picture is there, and what to tell about it. It takes
// decoding the whole original. Nothing in it says where a photograph was taken,
// or with which specimen of a camera.
type Description struct {
	// DominantColor is "#rrggbb", the colour of the most populous cluster of
	// colours in the first frame; "#000000" when nothing of that can be seen.
	DominantColor string `json:"dominant_color"`
	// Thumbhash is the first frame in about 25 bytes, in standard base64; see
	// https://evanw.github.io/thumbhash/.
	Thumbhash string `json:"thumbhash"`
	// Profile is the name of the embedded colour profile, as the profile itself
	// tells it: at most 100 printable characters.
	Profile string `json:"profile,omitempty"`
	// EXIF has what an original tells of its making and its makers, each at most
	// 200 printable characters:
	//
	//	make           of the camera
	//	model          of the camera
	//	lens           its model
	//	exposure_time  seconds, such as "1/250" or "2.5"
	//	f_number       such as "2.8"
	//	iso            sensitivity, such as "400"
	//	focal_length   millimetres, such as "50"
	//	taken          "2006-01-02T15:04:05", by the camera's clock
	//	artist
	//	copyright
	EXIF map[string]string `json:"exif,omitempty"`
}
