package compile

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/stdlib"
)

// maxBody bounds a body that is held in memory for all users.
const maxBody = 256 << 20

var bodyArgs = []string{"json", "form", "body", "body_file", "body_size"}

// body compiles what a request carries.
func (k *classBuilder) body(r *plan.Request, b *config.Block) {
	c := k.c
	given, good := c.oneOf(b, bodyArgs, "A request has one body: json, form, body, body_file, body_size or part blocks.")
	parts := b.Of("part")
	switch {
	case !good:
		return
	case given != nil && len(parts) > 0:
		c.fail(b, diag.ConflictingArguments, given.Range, "A request has one body: part blocks make a multipart body, so %s cannot stand beside them.", given.Name).
			Relate("a part is here", parts[0].Range)
		return
	case len(parts) > 0:
		k.multipart(r, parts)
		return
	case given == nil:
		return
	}
	switch given.Name {
	case "body_file":
		if name, content, ok := c.fileBytes(b, "body_file", maxBody); ok {
			r.Body = &plan.Body{Kind: plan.BodyBytes, ContentType: typeByName(name), Bytes: content, File: name}
		}
	case "body_size":
		if content, ok := c.generatedBytes(b, "body_size"); ok {
			r.Body = &plan.Body{Kind: plan.BodyBytes, ContentType: "application/octet-stream", Bytes: content}
		}
	case "form":
		r.Body = &plan.Body{Kind: plan.BodyForm, ContentType: "application/x-www-form-urlencoded", Form: pairs(k.named(given, b, k))}
	default:
		k.textBody(r, b, given)
	}
}

// textBody compiles json and body.
func (k *classBuilder) textBody(r *plan.Request, b *config.Block, a *config.Arg) {
	e, ok := k.c.syntax(a, b)
	if !ok {
		return
	}
	l := k.c.lowering(a, b, k)
	if a.Name == "json" {
		if _, ok := l.check(a, cty.DynamicPseudoType); !ok {
			return
		}
		r.Body = &plan.Body{ContentType: "application/json", Text: &plan.Template{}}
		l.json(e, r.Body.Text)
		r.Body.Text.Secret = l.secret
		return
	}
	v, ok := l.check(a, cty.String)
	if !ok {
		return
	}
	if bare, _ := v.UnmarkDeep(); bare.IsKnown() && bare.IsNull() {
		return
	}
	r.Body = &plan.Body{Text: l.text(e, plan.EncText)}
	r.Body.Text.Secret = l.secret
}

// multipart compiles part blocks.
func (k *classBuilder) multipart(r *plan.Request, parts []*config.Block) {
	r.Body = &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data"}
	for _, n := range parts {
		if p, ok := k.bodyPart(n); ok {
			r.Body.Parts = append(r.Body.Parts, p)
		}
	}
}

// bodyPart compiles one part.
func (k *classBuilder) bodyPart(n *config.Block) (plan.BodyPart, bool) {
	c := k.c
	p := plan.BodyPart{Name: n.Name(), Site: c.site(n.Range, n)}
	if strings.ContainsAny(p.Name, "\r\n\x00") || p.Name == "" {
		c.fail(n, diag.InvalidName, n.Labels[0].Range, "A part's name must be a text of one line.")
		return p, false
	}
	var given []*config.Arg
	for _, name := range []string{"value", "file", "size"} {
		if a := n.Arg(name); a != nil {
			given = append(given, a)
		}
	}
	if len(given) != 1 {
		if !n.Broken {
			c.fail(n, diag.ConflictingArguments, n.Range, "A part has one content: value, file or size.")
		}
		return p, false
	}
	if kind, ok := c.str(n, "content_type"); ok {
		if strings.ContainsAny(kind, "\r\n\x00") {
			c.fail(n, diag.InvalidValue, n.Arg("content_type").Expr.Range(), "A content type is a text of one line.")
		}
		p.ContentType = kind
	}
	if a := n.Arg("filename"); a != nil {
		if e, ok := c.syntax(a, n); ok {
			l := c.lowering(a, n, k)
			if _, ok := l.check(a, cty.String); ok {
				p.Filename = l.text(e, plan.EncHeader)
				p.Secret = l.secret
			}
		}
	}
	switch given[0].Name {
	case "value":
		return p, k.partValue(&p, n, given[0])
	case "file":
		name, content, ok := c.fileBytes(n, "file", maxBody)
		if !ok {
			return p, false
		}
		p.Bytes = content
		k.asFile(&p, path.Base(name))
	case "size":
		content, ok := c.generatedBytes(n, "size")
		if !ok {
			return p, false
		}
		p.Bytes = content
		k.asFile(&p, p.Name+".bin")
	}
	return p, true
}

func (k *classBuilder) partValue(p *plan.BodyPart, n *config.Block, a *config.Arg) bool {
	e, ok := k.c.syntax(a, n)
	if !ok {
		return false
	}
	l := k.c.lowering(a, n, k)
	if _, ok := l.check(a, cty.DynamicPseudoType); !ok {
		return false
	}
	p.Value = l.lower(e)
	p.Secret = p.Secret || l.secret
	return true
}

// asFile completes a part that is a file.
func (k *classBuilder) asFile(p *plan.BodyPart, name string) {
	if p.Filename == nil {
		p.Filename = plan.Literal(name)
	}
	if p.ContentType == "" {
		p.ContentType = typeByName(name)
	}
}

// typeByName is the content type that a file's name suggests. It does not ask
// the machine's own tables, so that a plan is the same everywhere.
func typeByName(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if i := slices.IndexFunc(contentTypes, func(t [2]string) bool { return t[0] == ext }); i >= 0 {
		return contentTypes[i][1]
	}
	return "application/octet-stream"
}

var contentTypes = [][2]string{
	{".json", "application/json"}, {".ndjson", "application/x-ndjson"}, {".xml", "application/xml"}, {".csv", "text/csv"},
	{".txt", "text/plain"}, {".html", "text/html"}, {".css", "text/css"}, {".js", "text/javascript"}, {".md", "text/markdown"},
	{".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"}, {".webp", "image/webp"},
	{".svg", "image/svg+xml"}, {".pdf", "application/pdf"}, {".zip", "application/zip"}, {".gz", "application/gzip"},
	{".mp4", "video/mp4"}, {".mp3", "audio/mpeg"}, {".wasm", "application/wasm"}, {".yaml", "application/yaml"}, {".yml", "application/yaml"},
}

// generatedBytes are so many bytes as an argument says: the same in every
// plan, and hard to compress.
func (c *compiler) generatedBytes(b *config.Block, arg string) ([]byte, bool) {
	n, ok := c.size(b, arg)
	if !ok {
		return nil, false
	}
	if n > maxBody {
		c.fail(b, diag.OutOfRange, b.Arg(arg).Expr.Range(), "A generated body may have at most %d MiB.", maxBody>>20)
		return nil, false
	}
	key := "\x00size"
	have := c.files[key]
	if int64(len(have)) < n {
		have = make([]byte, n)
		rand.NewChaCha8([32]byte{}).Read(have)
		c.files[key] = have
	}
	return have[:n:n], true
}

func (c *compiler) size(b *config.Block, name string) (int64, bool) {
	v, a, ok := c.known(b, name, cty.DynamicPseudoType)
	if !ok {
		return 0, false
	}
	switch p := fromCty(v); {
	case p.Kind() == plan.String:
		n, err := stdlib.ParseSize(p.Str())
		if err != nil {
			c.fail(b, diag.InvalidSize, a.Expr.Range(), "%s", sentence(err))
			return 0, false
		}
		return n, true
	case p.Kind() == plan.Int && p.Int64() >= 0:
		return p.Int64(), true
	}
	c.fail(b, diag.InvalidSize, a.Expr.Range(), "%s is a size such as \"64KiB\" or \"2MB\".", name)
	return 0, false
}
