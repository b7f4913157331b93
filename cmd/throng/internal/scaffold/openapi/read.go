package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/oasdiff/yaml"
)

// MaxDocument bounds a document in bytes; it is held in memory several times.
const MaxDocument = 16 << 20

// Read decodes a document and resolves what it refers to within itself. Errors
// are for people. One that refers to other files or addresses is refused.
func Read(document []byte) (*Document, error) {
	if len(document) > MaxDocument {
		return nil, fmt.Errorf("the document is larger than %d MiB", MaxDocument>>20)
	}
	tree, err := decode(document)
	if err != nil {
		return nil, fmt.Errorf("the document is neither JSON nor YAML: %w", err)
	}
	root, _ := tree.(map[string]any)
	r := &reader{root: root, schemas: map[uintptr]*Schema{}}
	version := fmt.Sprint(root["openapi"])
	switch {
	case root["swagger"] != nil:
		r.swagger = true
	case strings.HasPrefix(version, "3"):
		r.siblings = version != "3" && !strings.HasPrefix(version, "3.0")
	default:
		return nil, errors.New("this is no OpenAPI document: it has neither openapi: 3.… nor swagger: 2.0")
	}
	if err := r.check(root, nil, false); err != nil {
		return nil, err
	}
	doc := r.document()
	if r.err != nil {
		return nil, fmt.Errorf("the document cannot be read: %w", r.err)
	}
	return doc, nil
}

// decode gives the values of encoding/json, each in one place of the tree:
// aliases are copied, and the library refuses a document with too many.
func decode(document []byte) (tree any, err error) {
	if json.Unmarshal(document, &tree) == nil {
		return tree, nil
	}
	defer func() { // the decoder is not ours, and the document may be anything
		if p := recover(); p != nil {
			tree, err = nil, fmt.Errorf("%v", p)
		}
	}()
	tree = nil
	_, err = yaml.Unmarshal(document, &tree, yaml.DecodeOpts{DisableTimestamps: true})
	return tree, err
}
