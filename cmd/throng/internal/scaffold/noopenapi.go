//go:build !openapi

package scaffold

import "errors"

// OpenAPI tells whether documents can be read.
const OpenAPI = false

// FromOpenAPI refuses every document.
func FromOpenAPI([]byte, string) ([]File, error) {
	return nil, errors.New("this build reads no OpenAPI documents")
}
