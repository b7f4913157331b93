package exampleapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"sync"
)

// A file of the site, with the header fields that let it be cached.
type siteFile struct {
	kind  string
	body  []byte
	etag  string
	cache string // Cache-Control
}

type siteAsset struct {
	URL  string `json:"url"`
	Kind string `json:"kind"` // "css", "js" or "png"
	Size int    `json:"size"` // bytes
	ETag string `json:"etag"`
}

type siteManifest struct {
	Page   string      `json:"page"`
	Assets []siteAsset `json:"assets"`
}

// site is a page, the twelve files it is made of, and a list of them.
type site struct {
	files    map[string]siteFile // by path
	manifest siteManifest
}

// theSite is made when it is first asked for, and always the same.
var theSite = sync.OnceValue(makeSite)

func makeSite() *site {
	s := &site{files: map[string]siteFile{}, manifest: siteManifest{Page: "/site/index.html"}}
	for _, a := range []struct {
		name string
		size int // bytes of text, or pixels of an image's side
	}{
		{"reset.css", 1_200}, {"layout.css", 8_000}, {"theme.css", 24_000},
		{"runtime.js", 3_000}, {"vendor.js", 180_000}, {"app.js", 60_000}, {"analytics.js", 12_000},
		{"logo.png", 24}, {"hero.png", 160}, {"photo-1.png", 96}, {"photo-2.png", 80}, {"icons.png", 48},
	} {
		s.add(a.name, a.size)
	}
	s.files["/site/index.html"] = newSiteFile(htmlKind, s.page(), "no-cache")
	return s
}

func (s *site) add(name string, size int) {
	path, ending := "/site/assets/"+name, name[strings.LastIndexByte(name, '.')+1:]
	var f siteFile
	switch ending {
	case "css":
		f = newSiteFile("text/css; charset=utf-8", filler(".rule-%d { margin: 0 auto; }\n", size), "max-age=3600")
	case "js":
		f = newSiteFile("text/javascript; charset=utf-8", filler("export const value%d = () => document.title;\n", size), "max-age=3600")
	default:
		f = newSiteFile("image/png", noise(streamOf(name), size), "max-age=86400")
	}
	s.files[path] = f
	s.manifest.Assets = append(s.manifest.Assets, siteAsset{path, ending, len(f.body), f.etag})
}

func newSiteFile(kind string, body []byte, cache string) siteFile {
	sum := sha256.Sum256(body)
	return siteFile{kind, body, `"` + hex.EncodeToString(sum[:8]) + `"`, cache}
}

// filler repeats a numbered line until there are size bytes.
func filler(line string, size int) []byte {
	var b bytes.Buffer
	for i := 1; b.Len() < size; i++ {
		fmt.Fprintf(&b, line, i)
	}
	return b.Bytes()
}

// noise is a square image that can't be compressed.
func noise(seed uint64, side int) []byte {
	img, dice := image.NewNRGBA(image.Rect(0, 0, side, side)), newDice(seed, 0, 0)
	for i := range side * side {
		n := dice.Uint32()
		img.Set(i%side, i/side, color.NRGBA{uint8(n), uint8(n >> 8), uint8(n >> 16), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("exampleapi: " + err.Error()) // an image in memory always can be encoded
	}
	return b.Bytes()
}

func (s *site) page() []byte {
	var head, body strings.Builder
	for _, a := range s.manifest.Assets {
		switch a.Kind {
		case "css":
			fmt.Fprintf(&head, "<link rel=\"stylesheet\" href=\"%s\">\n", a.URL)
		case "js":
			fmt.Fprintf(&head, "<script type=\"module\" src=\"%s\"></script>\n", a.URL)
		default:
			fmt.Fprintf(&body, "<img src=\"%s\" alt=\"\">\n", a.URL)
		}
	}
	return []byte("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>The site</title>\n" +
		head.String() + "</head>\n<body><h1>The site</h1>\n" + body.String() + "</body></html>\n")
}

func siteRoutes() []route {
	headers, also := []string{"If-None-Match"}, []int{304}
	version := []param{{name: "v"}}
	return []route{
		{method: "GET", pattern: "/site/index.html", summary: "A page of twelve assets", kind: htmlKind, headers: headers, also: also, serve: serveSite},
		{method: "GET", pattern: "/site/manifest.json", summary: "The assets of the page", out: siteManifest{},
			serve: func(*call) (reply, error) { return asJSON(http.StatusOK, theSite().manifest), nil }},
		{method: "GET", pattern: "/site/assets/:name", summary: "An asset of the page; v is there to defeat caches", kind: anyKind,
			query: version, headers: headers, also: also, serve: serveSite},
	}
}

// serveSite answers with the file at the request's path, or that it is what the
// client has already.
func serveSite(c *call) (reply, error) {
	f, ok := theSite().files[c.r.URL.Path]
	if !ok {
		return reply{}, missing("file", c.r.URL.Path)
	}
	header := []string{"ETag", f.etag, "Cache-Control", f.cache}
	if matchesTag(c.r.Header.Values("If-None-Match"), f.etag) {
		return reply{status: http.StatusNotModified, header: header}, nil
	}
	return reply{status: http.StatusOK, kind: f.kind, body: f.body, header: header}, nil
}

// matchesTag compares weakly, as RFC 9110 section 13.1.2 wants.
func matchesTag(values []string, etag string) bool {
	for _, value := range values {
		for tag := range strings.SplitSeq(value, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}
