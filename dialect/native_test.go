package dialect

import (
	"errors"
	"strings"
	"testing"

	"api-resize/spec"
)

const id = "mzxw6ytboi2dsnbrga4dqmjzge"

func TestParseCanonical(t *testing.T) {
	for name, test := range map[string]struct{ path, query, canonical string }{
		"plain":                      {"/resize/300x200/" + id, "", "/resize/300x200/" + id},
		"default is left out":        {"/resize/300x200,fit=cover,position=center/" + id, "", "/resize/300x200/" + id},
		"short names":                {"/resize/300x200,p=top,f=jpg,q=50,bg=White/" + id, "", "/resize/300x200,position=top,background=ffffff,format=jpeg,quality=50/" + id},
		"order":                      {"/resize/300x200,quality=50,fit=contain/" + id, "", "/resize/300x200,fit=contain,quality=50/" + id},
		"query":                      {"/resize/300x200/" + id, "fit=contain&f=webp", "/resize/300x200,fit=contain,format=webp/" + id},
		"path and query":             {"/resize/300x200,fit=contain/" + id, "f=webp&", "/resize/300x200,fit=contain,format=webp/" + id},
		"extension":                  {"/resize/300x/" + id + ".jpg", "", "/resize/300x,format=jpeg/" + id},
		"dpr is size":                {"/resize/300x200,dpr=2/" + id, "", "/resize/600x400/" + id},
		"fit without box is nothing": {"/resize/300x,fit=contain,p=left/" + id, "", "/resize/300x/" + id},
		"max":                        {"/resize/MAX,enlarge=true/" + id, "", "/resize/max/" + id},
		"png has no quality":         {"/resize/x90,f=png,q=3/" + id, "", "/resize/x90,format=png/" + id},
		"alias":                      {"/resize/x90/Photos/2024/a%20b.jpg", "", "/resize/x90/photos/2024/a%20b.jpg"},
		"alias percent-encoded":      {"/resize/x90/photos%2F2024%2Fcat.jpg", "", "/resize/x90/photos/2024/cat.jpg"},
		"alias keeps its extension":  {"/resize/x90/photos/cat.webp", "", "/resize/x90/photos/cat.webp"},
		"web":                        {"/resize/x90/HTTPS://Images.Example:443/Cat.jpg", "", "/resize/x90/https://images.example/Cat.jpg"},
		"web with merged slashes":    {"/resize/x90/https:/images.example/cat.jpg", "", "/resize/x90/https://images.example/cat.jpg"},
		"web percent-encoded":        {"/resize/x90/https%3A%2F%2Fimages.example%2Fcat.jpg", "", "/resize/x90/https://images.example/cat.jpg"},
		"web with query":             {"/resize/x90/https%3a%2f%2fimages.example%2fcat%3Fv%3D1%26w%3D2", "f=webp", "/resize/x90,format=webp/https%3A%2F%2Fimages.example%2Fcat%3Fv%3D1%26w%3D2"},
		"web keeps its escapes":      {"/resize/x90/http://h/a%2Fb%20c", "", "/resize/x90/http://h/a%2Fb%20c"},
		"web without path":           {"/resize/x90/http://h", "", "/resize/x90/http://h/"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := Native{}.Parse(test.path, test.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := Format(request); got != test.canonical {
				t.Fatalf("got %s, want %s", got, test.canonical)
			}
			again, err := Native{}.Parse(test.canonical, "")
			if err != nil || again != request {
				t.Fatalf("canonical reads as %+v, %v; want %+v", again, err, request)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, test := range map[string]struct{ path, query, says string }{
		"no source":          {"/resize/300x200", "", "no source"},
		"empty source":       {"/resize/300x200/", "", "no source"},
		"no size":            {"/resize//" + id, "", "WxH"},
		"zero":               {"/resize/0x10/" + id, "", "1…8192"},
		"too wide":           {"/resize/8193x10/" + id, "", "1…8192"},
		"negative":           {"/resize/-1x10/" + id, "", "WxH"},
		"signed":             {"/resize/+1x10/" + id, "", "WxH"},
		"only x":             {"/resize/x/" + id, "", "WxH"},
		"dpr over the side":  {"/resize/5000x10,dpr=2/" + id, "", "10000x20"},
		"dpr not a number":   {"/resize/5000x10,dpr=NaN/" + id, "", "0.5…4"},
		"dpr out of range":   {"/resize/50x10,dpr=4.5/" + id, "", "0.5…4"},
		"misspelled":         {"/resize/300x200,qualty=5/" + id, "", `did you mean "quality"?`},
		"misspelled value":   {"/resize/300x200,fit=contian/" + id, "", `did you mean "contain"?`},
		"twice":              {"/resize/300x200,q=5/" + id, "quality=5", "quality is given twice"},
		"extension twice":    {"/resize/300x200,f=webp/" + id + ".webp", "", "format is given twice"},
		"unknown extension":  {"/resize/300x200/" + id + ".psd", "", "expected one of auto, original, jpeg"},
		"no value":           {"/resize/300x200,fit/" + id, "", "option=value"},
		"no value in query":  {"/resize/300x200/" + id, "fit", "option=value"},
		"bad escape":         {"/resize/300x200,fit=%zz/" + id, "", "percent-encoded"},
		"bad query escape":   {"/resize/300x200/" + id, "fit=%zz", "percent-encoded"},
		"bad source escape":  {"/resize/300x200/photos/%zz", "", "percent-encoded"},
		"traversal":          {"/resize/300x200/photos/../secret", "", "relative"},
		"escaped traversal":  {"/resize/300x200/photos/%2e%2e%2fsecret", "", "relative"},
		"backslash":          {"/resize/300x200/photos/..%5csecret", "", "relative"},
		"empty segment":      {"/resize/300x200/photos//a", "", "empty"},
		"NUL":                {"/resize/300x200/photos/a%00", "", "control"},
		"not UTF-8":          {"/resize/300x200/photos/%ff", "", "UTF-8"},
		"password":           {"/resize/300x200/http://u:p@h/a", "", "password"},
		"no host":            {"/resize/300x200/http:///", "", "absolute"},
		"unencoded query":    {"/resize/300x200/http://h/a", "v=1", "percent-encoded"},
		"long source":        {"/resize/300x200/photos/" + strings.Repeat("a/", 1500) + "a", "", "longer"},
		"quality of letters": {"/resize/300x200,q=high/" + id, "", "1…100"},
		"quality 0":          {"/resize/300x200,q=0/" + id, "", "1…100"},
		"quality 101":        {"/resize/300x200,q=101/" + id, "", "1…100"},
		"colour":             {"/resize/300x200,bg=zzzzzz/" + id, "", "rrggbb"},
		"short colour":       {"/resize/300x200,bg=fff/" + id, "", "rrggbb"},
		"bool":               {"/resize/300x200,enlarge=yes/" + id, "", "true or false"},
		"format not written": {"/resize/300x200,f=heic/" + id, "", "expected one of"},
		"other prefix":       {"/resized/300x200/" + id, "", "/resize/"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := Native{}.Parse(test.path, test.query)
			if err == nil {
				t.Fatalf("accepted as %+v", request)
			}
			if !errors.Is(err, spec.ErrBadOption) && !errors.Is(err, spec.ErrBadSource) {
				t.Errorf("%v is neither ErrBadOption nor ErrBadSource", err)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %q, want it to say %q", err, test.says)
			}
		})
	}
}

// FuzzParse: whatever is accepted has a canonical spelling that reads back as
// the same request.
func FuzzParse(f *testing.F) {
	f.Add("/resize/300x200,p=top,dpr=1.5/"+id+".webp", "q=80&bg=red")
	f.Add("/resize/x9/photos/a%20b.jpg", "")
	f.Add("/resize/max/https%3A%2F%2Fh%2Fa%3Fb%3Dc", "f=avif")
	f.Add("/resize/9x9,fit=contain/http://h:80/%41//b", "enlarge=1")
	f.Fuzz(func(t *testing.T, path, query string) {
		request, err := Native{}.Parse(path, query)
		if err != nil {
			return
		}
		canonical := Format(request)
		again, err := Native{}.Parse(canonical, "")
		if err != nil || again != request || Format(again) != canonical {
			t.Fatalf("%q?%q: canonical %q reads as %+v, %v; want %+v", path, query, canonical, again, err, request)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		request, err := Native{}.Parse("/resize/300x200,position=top,format=webp/"+id, "")
		if err != nil || Format(request) == "" {
			b.Fatal(err)
		}
	}
}
