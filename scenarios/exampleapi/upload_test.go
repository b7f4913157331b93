package exampleapi

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"runtime"
	"strings"
	"testing"
)

const helloSum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // SHA-256 of hello

// multipartOf writes a body of parts that each are name, filename, content.
func multipartOf(t *testing.T, parts ...[3]string) (kind, body string) {
	t.Helper()
	var b strings.Builder
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p[0] + `"`}}
		if p[1] != "" {
			header = textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p[0] + `"; filename="` + p[1] + `"`}, "Content-Type": {"image/jpeg"}}
		}
		to, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(to, p[2])
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

func TestUploads(t *testing.T) {
	a := cook(t)
	big := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	kind, body := multipartOf(t, [3]string{"title", "", "A photo"}, [3]string{"photo", "photo.jpg", "hello"}, [3]string{"big", "big.bin", big}, [3]string{"note", "", big})
	r := a.want(200, "POST", "/uploads", body, "Content-Type", kind)
	r.has("files", 2.0)
	r.has("size", float64(7+5+2<<20))
	parts := r.field("parts").([]any)
	photo := parts[1].(map[string]any)
	sum := sha256.Sum256([]byte(big))
	switch {
	case parts[0].(map[string]any)["value"] != "A photo":
		t.Errorf("the text field: %v", parts[0])
	case photo["name"] != "photo" || photo["filename"] != "photo.jpg" || photo["content_type"] != "image/jpeg" || photo["sha256"] != helloSum || photo["size"] != 5.0 || photo["value"] != nil:
		t.Errorf("the file: %v", photo)
	case parts[2].(map[string]any)["sha256"] != hex.EncodeToString(sum[:]):
		t.Errorf("the big file: %v", parts[2])
	case len(parts[3].(map[string]any)["value"].(string)) != shownText:
		t.Error("a long text is told back")
	}

	textOnly, text := multipartOf(t, [3]string{"title", "", "A photo"})
	a.want(422, "POST", "/uploads", text, "Content-Type", textOnly)
	nameless, named := multipartOf(t, [3]string{"", "photo.jpg", "hello"})
	a.want(422, "POST", "/uploads", named, "Content-Type", nameless)
	a.want(400, "POST", "/uploads", body[:len(body)/2], "Content-Type", kind)
	a.want(400, "POST", "/uploads", body, "Content-Type", multipartKind)
	a.want(400, "POST", "/uploads", "hello", "Content-Type", kind)
	a.want(415, "POST", "/uploads", "hello", "Content-Type", "text/plain")
	a.want(415, "POST", "/uploads", "hello")
	var crowd [][3]string
	for range maxParts + 1 {
		crowd = append(crowd, [3]string{"f", "f.txt", "x"})
	}
	kind, body = multipartOf(t, crowd...)
	a.want(422, "POST", "/uploads", body, "Content-Type", kind)
}

func TestRawUploads(t *testing.T) {
	a := cook(t)
	r := a.want(200, "POST", "/uploads/raw", "hello", "Content-Type", "text/plain")
	r.has("sha256", helloSum)
	r.has("size", 5.0)
	r.has("content_type", "text/plain")
	a.want(200, "POST", "/uploads/raw", "").has("size", 0.0)
	a.want(400, "POST", "/uploads/raw?name=x", "hello")
}

// A zeros gives n bytes without holding them.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}

// An upload passes through: it may be large, but not without bound, and is
// never held in memory.
func TestUploadsAreStreamedAndBounded(t *testing.T) {
	a := cook(t)
	post := func(path, kind string, body io.Reader, length int64) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, body)
		r.ContentLength = length
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		a.service.ServeHTTP(w, r)
		return w
	}
	const head, foot = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n", "\r\n--b--\r\n"
	part := func(n int64) io.Reader {
		return io.MultiReader(strings.NewReader(head), &zeros{n}, strings.NewReader(foot))
	}
	const kind, rest = "multipart/form-data; boundary=b", int64(len(head) + len(foot))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, w := range []*httptest.ResponseRecorder{
		post("/uploads/raw", "text/plain", &zeros{maxUpload}, -1),
		post("/uploads", kind, part(maxUpload-rest), -1),
	} {
		if w.Code != 200 {
			t.Errorf("got %d: %s", w.Code, w.Body)
		}
	}
	runtime.ReadMemStats(&after)
	if held := after.TotalAlloc - before.TotalAlloc; held > maxUpload/8 {
		t.Errorf("two uploads of %d bytes took %d bytes of memory", maxUpload, held)
	}

	for _, w := range []*httptest.ResponseRecorder{
		post("/uploads/raw", "text/plain", &zeros{maxUpload + 1}, -1),
		post("/uploads/raw", "text/plain", &zeros{maxUpload + 1}, maxUpload+1),
		post("/uploads", kind, part(maxUpload-rest+1), -1),
		post("/uploads", kind, part(maxUpload), -1),
		post("/uploads", kind, io.MultiReader(part(5), &zeros{maxUpload}), -1),
	} {
		if w.Code != 413 {
			t.Errorf("got %d, want 413: %s", w.Code, w.Body)
		}
	}
}
