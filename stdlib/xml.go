package stdlib

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/antchfx/xmlquery"
	"golang.org/x/net/html/charset"
)

var errXML = errors.New("the text is not well-formed XML")

// parseXML reads an XML text into a tree, in one pass and with a node for
// each tag and text. Names keep the prefixes they are written with, which is
// what paths name them by. Of the entities it knows XML's own five only, so
// no text can grow.
func parseXML(s string) (*xmlquery.Node, error) {
	doc := &xmlquery.Node{Type: xmlquery.DocumentNode}
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(s, "\ufeff")))
	d.CharsetReader = charset.NewReaderLabel
	open := []*xmlquery.Node{doc}
	for nodes := 0; ; nodes++ {
		if nodes > maxNodes {
			return nil, errNodes
		}
		token, err := d.RawToken()
		if err == io.EOF {
			if len(open) > 1 || !hasElement(doc) {
				return nil, errXML
			}
			return doc, nil
		}
		if err != nil {
			return nil, errXML
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if top == doc && hasElement(doc) {
				return nil, errXML
			}
			n := elementOf(token)
			xmlquery.AddChild(top, n)
			if open = append(open, n); len(open) > maxDepth {
				return nil, errDeep
			}
		case xml.EndElement:
			if top == doc || top.Data != token.Name.Local || top.Prefix != token.Name.Space {
				return nil, errXML
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if top != doc {
				xmlquery.AddChild(top, &xmlquery.Node{Type: xmlquery.TextNode, Data: string(token)})
			} else if strings.TrimSpace(string(token)) != "" {
				return nil, errXML
			}
		case xml.Comment:
			xmlquery.AddChild(top, &xmlquery.Node{Type: xmlquery.CommentNode, Data: string(token)})
		}
	}
}

func elementOf(token xml.StartElement) *xmlquery.Node {
	n := &xmlquery.Node{Type: xmlquery.ElementNode, Data: token.Name.Local, Prefix: token.Name.Space}
	for _, a := range token.Attr {
		n.Attr = append(n.Attr, xmlquery.Attr{Name: a.Name, Value: a.Value})
	}
	return n
}

func hasElement(doc *xmlquery.Node) bool {
	for n := doc.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == xmlquery.ElementNode {
			return true
		}
	}
	return false
}
