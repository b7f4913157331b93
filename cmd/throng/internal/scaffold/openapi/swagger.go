package openapi

import (
	"slices"
	"strings"
)

// What Swagger 2.0 says in another way than OpenAPI 3: the address is in pieces,
// and a body is a parameter, or a form's fields are some.

// The kinds of content of forms.
const (
	formKind = "application/x-www-form-urlencoded"
	partKind = "multipart/form-data"
)

// hostServers is the server of host, basePath and schemes.
func (r *reader) hostServers(n node) []Server {
	host, base := r.word(n, "host"), r.word(n, "basePath")
	switch {
	case host == "" && base == "":
		return nil
	case host == "":
		return []Server{{URL: base}}
	}
	scheme := "https"
	if all := r.words(n, "schemes"); len(all) > 0 {
		scheme = all[0]
	}
	return []Server{{URL: scheme + "://" + host + "/" + strings.TrimPrefix(base, "/")}}
}

// consumes are the kinds of content of bodies, those of the outside where n
// has none.
func (r *reader) consumes(n node, outside []string) []string {
	if !r.swagger {
		return nil
	}
	if own := r.words(n, "consumes"); len(own) > 0 {
		return own
	}
	return outside
}

// oldContent is the content of a body: that of the body parameter, or of the
// form fields. Those of the operation come before those of its path.
func (r *reader) oldContent(own, inherited parameters, consumes []string) map[string]*Media {
	body := own.body
	if body == nil {
		body = inherited.body
	}
	if body != nil {
		if len(consumes) == 0 {
			consumes = []string{"*/*"}
		}
		return media(consumes, body.Schema)
	}
	fields := slices.Concat(inherited.form, own.form)
	if len(fields) == 0 {
		return nil
	}
	form := &Schema{Types: []string{"object"}, Properties: map[string]*Schema{}}
	for _, f := range fields {
		form.Properties[f.Name] = f.Schema
		if f.Required {
			form.Required = append(form.Required, f.Name)
		}
	}
	consumes = slices.DeleteFunc(slices.Clone(consumes), func(kind string) bool {
		base, _, _ := strings.Cut(strings.ToLower(kind), ";")
		return base != formKind && base != partKind
	})
	switch {
	case len(consumes) > 0:
	case own.file || inherited.file:
		consumes = []string{partKind}
	default:
		consumes = []string{formKind}
	}
	return media(consumes, form)
}

func media(kinds []string, schema *Schema) map[string]*Media {
	all := map[string]*Media{}
	for _, kind := range kinds {
		all[kind] = &Media{Schema: schema}
	}
	return all
}
