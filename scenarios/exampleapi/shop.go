package exampleapi

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// A ware is a product of the cookbook's shop. There are always the same ones.
type ware struct {
	ID          string  `json:"id" xml:"id,attr"`
	Name        string  `json:"name" xml:"name"`
	Category    string  `json:"category" xml:"category"`
	Description string  `json:"description" xml:"description"`
	Price       float64 `json:"price" xml:"price"` // a multiple of a half, so that sums are exact
	Stock       int     `json:"stock" xml:"stock"`
}

// wares stand in the order of their ids, p-1 to p-60.
var wares = makeWares()

func makeWares() []ware {
	kinds := []struct{ name, category, use string }{
		{"Kettle", "kitchen", "boils water for tea"}, {"Lamp", "living", "gives a warm light"},
		{"Desk", "office", "holds a screen and papers"}, {"Chair", "office", "is kind to the back"},
		{"Clock", "living", "shows the time"}, {"Mug", "kitchen", "keeps tea warm"},
		{"Pen", "office", "writes on paper"}, {"Notebook", "office", "is bound in linen"},
		{"Blanket", "living", "is woven of wool"}, {"Teapot", "kitchen", "pours without a drop"},
	}
	looks := []string{"Blue", "Green", "Oak", "Steel", "Linen", "Amber"}
	var out []ware
	for i, look := range looks {
		for j, kind := range kinds {
			n := i*len(kinds) + j
			out = append(out, ware{
				ID: fmt.Sprintf("p-%d", n+1), Name: look + " " + kind.name, Category: kind.category,
				Description: fmt.Sprintf("A %s %s that %s.", strings.ToLower(look), strings.ToLower(kind.name), kind.use),
				Price:       4.5 + float64(n)/2, Stock: 100 + n,
			})
		}
	}
	return out
}

func wareOf(id string) (ware, bool) {
	for _, w := range wares {
		if w.ID == id {
			return w, true
		}
	}
	return ware{}, false
}

// sheet is the shape of a page of a list in the cookbook.
type sheet[T any] struct {
	Items []T `json:"items"`
	Page  int `json:"page"`
	Size  int `json:"size"`
	Total int `json:"total"` // in the whole list
	Pages int `json:"pages"`
}

// sheetQuery are the parameters that sheetOf reads.
var sheetQuery = []param{whole("page", 1, maxPage, 1), whole("size", 1, 100, 10)}

// sheetOf is the page of all that c asks for; behind the last one it is empty.
func sheetOf[T any](c *call, all []T) sheet[T] {
	page, size := c.number("page"), c.number("size")
	first := min((page-1)*size, len(all))
	last := min(first+size, len(all))
	return sheet[T]{append([]T{}, all[first:last]...), page, size, len(all), (len(all) + size - 1) / size}
}

func (k *cookbook) productRoutes() []route {
	return []route{
		{method: "GET", pattern: "/products", summary: "List products", query: sheetQuery, out: sheet[ware]{},
			serve: func(c *call) (reply, error) { return asJSON(http.StatusOK, sheetOf(c, wares)), nil }},
		{method: "GET", pattern: "/products.xml", summary: "List products, in XML", query: sheetQuery, kind: xmlKind, serve: productsXML},
		{method: "GET", pattern: "/products/:id", summary: "One product", out: ware{}, serve: productOne},
	}
}

func productOne(c *call) (reply, error) {
	w, ok := wareOf(c.param("id"))
	if !ok {
		return reply{}, missing("product", c.param("id"))
	}
	return asJSON(http.StatusOK, w), nil
}

const xmlKind = "application/xml; charset=utf-8"

type xmlWares struct {
	XMLName xml.Name `xml:"products"`
	Page    int      `xml:"page,attr"`
	Pages   int      `xml:"pages,attr"`
	Total   int      `xml:"total,attr"`
	Items   []ware   `xml:"product"`
}

func productsXML(c *call) (reply, error) {
	s := sheetOf(c, wares)
	body, err := xml.Marshal(xmlWares{Page: s.Page, Pages: s.Pages, Total: s.Total, Items: s.Items})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, kind: xmlKind, body: append([]byte(xml.Header), body...)}, nil
}
