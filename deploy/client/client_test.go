package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds what is waited for.
const patience = time.Minute

// service is the running service.
var service struct{ url, key string }

func TestMain(m *testing.M) { os.Exit(tests(m)) }

// tests builds the service, starts it on a free port, and stops it after the
// tests.
func tests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "client")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "api-resize")
	build := exec.Command("go", "-C", "../..", "build", "-o", program, "./cmd/api-resize")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, output)
		return 1
	}
	data := filepath.Join(folder, "data")
	command := exec.Command(program, "serve", "--address", "127.0.0.1:0", "--ops-address", "127.0.0.1:0", "--data-dir", data)
	command.Dir = folder
	log, err := command.StderrPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		panic(err)
	}
	defer command.Wait()
	defer command.Process.Signal(syscall.SIGTERM)
	if service.url, err = listening(log); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	key, err := os.ReadFile(filepath.Join(data, "api-key"))
	if err != nil {
		panic(err)
	}
	service.key = strings.TrimSpace(string(key))
	return m.Run()
}

// listening reads the log until it says where the service is, and goes on reading
// so that it never waits for its log to be read.
func listening(log interface{ Read([]byte) (int, error) }) (string, error) {
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			var line struct {
				Message string
				Address string `json:"api_resize.address"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
				found <- "http://" + line.Address
			}
		}
	}()
	select {
	case url := <-found:
		return url, nil
	case <-time.After(patience):
		return "", fmt.Errorf("the service does not say where it listens")
	}
}

// newClient has the key, unless it is to be without.
func newClient(t *testing.T, keys ...string) *ClientWithResponses {
	t.Helper()
	client, err := NewClientWithResponses(service.url, WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		for _, key := range keys {
			request.Header.Set("Authorization", "Bearer "+key)
		}
		return nil
	}))
	must(t, err)
	return client
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// picture is a PNG of 300×200 in one colour.
func picture(t *testing.T, red uint8) []byte {
	t.Helper()
	drawn := image.NewRGBA(image.Rect(0, 0, 300, 200))
	for i := 0; i < len(drawn.Pix); i += 4 {
		drawn.Pix[i], drawn.Pix[i+3] = red, 255
	}
	var file bytes.Buffer
	must(t, png.Encode(&file, drawn))
	return file.Bytes()
}

// upload stores a picture and returns what is told of it.
func upload(t *testing.T, client *ClientWithResponses, red uint8) Image {
	t.Helper()
	made, err := client.UploadImagesWithBodyWithResponse(t.Context(), nil, "application/octet-stream", bytes.NewReader(picture(t, red)))
	must(t, err)
	if made.JSON201 == nil {
		t.Fatalf("%d %s", made.StatusCode(), made.Body)
	}
	image, err := made.JSON201.AsImage()
	must(t, err)
	if image.Id == nil || image.Width != 300 || image.Height != 200 || image.Format != "png" {
		t.Fatalf("%+v", image)
	}
	return image
}

// TestLifeOfAnUpload is what a program does with a picture.
func TestLifeOfAnUpload(t *testing.T) {
	client := newClient(t, service.key)
	id := *upload(t, client, 200).Id

	known, err := client.GetImageWithResponse(t.Context(), id)
	must(t, err)
	if known.JSON200 == nil || known.JSON200.DominantColor != "#c80000" {
		t.Errorf("%d %s", known.StatusCode(), known.Body)
	}
	info, err := client.GetInfoWithResponse(t.Context(), id, nil)
	must(t, err)
	if info.JSON200 == nil || info.JSON200.Bytes != int64(len(picture(t, 200))) {
		t.Errorf("%d %s", info.StatusCode(), info.Body)
	}
	original, err := client.GetOriginalWithResponse(t.Context(), id, nil)
	must(t, err)
	if !bytes.Equal(original.Body, picture(t, 200)) {
		t.Errorf("%d, %d bytes", original.StatusCode(), len(original.Body))
	}

	fit, format, rotate, pad, background := GetPictureParamsFit("contain"), GetPictureParamsFormat("png"), float32(90), "5:0:5:0", "teal"
	made, err := client.GetPictureWithResponse(t.Context(), "60x60", id, &GetPictureParams{Fit: &fit, Format: &format, Rotate: &rotate, Pad: &pad, Background: &background})
	must(t, err)
	drawn, err := png.Decode(bytes.NewReader(made.Body))
	if err != nil {
		t.Fatalf("%d %s: %v", made.StatusCode(), made.Body, err)
	}
	if size := drawn.Bounds().Size(); size != image.Pt(60, 70) {
		t.Errorf("size %v", size)
	}
	if corner := color.RGBAModel.Convert(drawn.At(0, 0)); corner != (color.RGBA{0, 128, 128, 255}) {
		t.Errorf("corner %v", corner)
	}

	set, err := client.GetSrcsetWithResponse(t.Context(), id, nil)
	must(t, err)
	if set.JSON200 == nil || len(set.JSON200.Images) == 0 {
		t.Errorf("%d %s", set.StatusCode(), set.Body)
	}
	why, err := client.ExplainPictureWithResponse(t.Context(), "60x60", id, nil)
	must(t, err)
	if why.JSON200 == nil || why.JSON200.Plan == nil || why.JSON200.Plan.Result != "60x60" {
		t.Errorf("%d %s", why.StatusCode(), why.Body)
	}
	purged, err := client.PurgeWithResponse(t.Context(), Purge{Source: &id})
	must(t, err)
	if purged.JSON200 == nil || purged.JSON200.Purged == 0 {
		t.Errorf("%d %s", purged.StatusCode(), purged.Body)
	}

	gone, err := client.DeleteImageWithResponse(t.Context(), id)
	must(t, err)
	if gone.StatusCode() != http.StatusNoContent {
		t.Errorf("%d %s", gone.StatusCode(), gone.Body)
	}
	none, err := client.GetImageWithResponse(t.Context(), id)
	must(t, err)
	if problem := none.ApplicationproblemJSON404; problem == nil || problem.Code != NotFound || problem.RequestId == nil {
		t.Errorf("%d %s", none.StatusCode(), none.Body)
	}
}

// TestSeveralFiles: one that is refused is a problem in its place.
func TestSeveralFiles(t *testing.T) {
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	for _, content := range [][]byte{picture(t, 100), []byte("no picture")} {
		part, err := writer.CreateFormFile("file", "picture.png")
		must(t, err)
		_, err = part.Write(content)
		must(t, err)
	}
	must(t, writer.Close())
	made, err := newClient(t, service.key).UploadImagesWithBodyWithResponse(t.Context(), nil, writer.FormDataContentType(), &form)
	must(t, err)
	if made.JSON201 == nil {
		t.Fatalf("%d %s", made.StatusCode(), made.Body)
	}
	several, err := made.JSON201.AsUploads()
	must(t, err)
	if len(several.Images) != 2 {
		t.Fatalf("%s", made.Body)
	}
	if first, err := several.Images[0].AsImage(); err != nil || first.Id == nil {
		t.Errorf("%v %s", err, made.Body)
	}
	if second, err := several.Images[1].AsRefused(); err != nil || second.Error.Code != UnsupportedFormat {
		t.Errorf("%v %s", err, made.Body)
	}
}

func TestProblems(t *testing.T) {
	refused, err := newClient(t, "wrong").PurgeWithResponse(t.Context(), Purge{})
	must(t, err)
	if problem := refused.ApplicationproblemJSON401; problem == nil || problem.Code != Unauthorized {
		t.Errorf("%d %s", refused.StatusCode(), refused.Body)
	}
	var quality OptionQuality
	must(t, quality.FromOptionQuality0(101))
	wrong, err := newClient(t).GetPictureWithResponse(t.Context(), "60x", "photos/none.jpg", &GetPictureParams{Quality: &quality})
	must(t, err)
	if problem := wrong.ApplicationproblemJSON400; problem == nil || problem.Code != BadOption || !strings.Contains(problem.Detail, "quality") {
		t.Errorf("%d %s", wrong.StatusCode(), wrong.Body)
	}
	ready, err := newClient(t).GetReadinessWithResponse(t.Context())
	must(t, err)
	if ready.JSON200 == nil || !ready.JSON200.Ready {
		t.Errorf("%d %s", ready.StatusCode(), ready.Body)
	}
}
