package exampleapi

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"
)

func TestTheSite(t *testing.T) {
	a := cook(t)
	page := a.want(200, "GET", "/site/index.html", "")
	manifest := a.want(200, "GET", "/site/manifest.json", "")
	assets := manifest.field("assets").([]any)
	sizes := map[float64]bool{}
	for _, one := range assets {
		asset := one.(map[string]any)
		url, etag := asset["url"].(string), asset["etag"].(string)
		if !strings.Contains(page.body, `"`+url+`"`) {
			t.Errorf("the page does not name %s", url)
		}
		r := a.want(200, "GET", url, "")
		sizes[asset["size"].(float64)] = true
		if float64(len(r.body)) != asset["size"] || r.header.Get("ETag") != etag || !strings.Contains(r.header.Get("Cache-Control"), "max-age=") {
			t.Errorf("%s: %d bytes, headers %v", url, len(r.body), r.header)
		}
		if asset["kind"] == "png" {
			if _, err := png.Decode(bytes.NewReader([]byte(r.body))); err != nil {
				t.Errorf("%s: %v", url, err)
			}
		}
		for _, tag := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
			same := a.want(304, "GET", url, "", "If-None-Match", tag)
			if same.body != "" || same.header.Get("ETag") != etag || same.header.Get("Cache-Control") == "" {
				t.Errorf("%s: 304 with %q and %v", url, same.body, same.header)
			}
		}
		a.want(200, "GET", url+"?v=2", "", "If-None-Match", `"other"`)
	}
	if len(assets) != 12 || len(sizes) != 12 {
		t.Errorf("%d assets of %d sizes", len(assets), len(sizes))
	}
	a.want(304, "GET", "/site/index.html", "", "If-None-Match", page.header.Get("ETag"))
	a.want(404, "GET", "/site/assets/none.css", "")
}

// The files are the same for every service and every seed.
func TestTheSiteIsReproducible(t *testing.T) {
	if got, want := fmt.Sprint(makeSite().manifest), fmt.Sprint(theSite().manifest); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
