package exampleapi

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

type searchHit struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Price   float64  `json:"price"`
	Matched []string `json:"matched"` // the fields in which words were found
	Score   int      `json:"score"`   // how many
}

type searchAnswer struct {
	Query  string      `json:"q"`
	Fields []string    `json:"fields"`
	Hits   []searchHit `json:"hits"` // best first
	Total  int         `json:"total"`
	Took   float64     `json:"took"` // milliseconds
}

var searchFields = []string{"name", "category", "description"}

func searchRoutes() []route {
	return []route{
		{method: "GET", pattern: "/search", summary: "Search products for words in the fields named (name, unless said); field may be given several times",
			query: []param{{name: "q", required: true}, {name: "field", repeated: true, oneOf: searchFields}, whole("limit", 1, 100, 10)},
			out:   searchAnswer{}, serve: searchWares},
	}
}

func searchWares(c *call) (reply, error) {
	fields := c.query["field"]
	if len(fields) == 0 {
		fields = searchFields[:1]
	}
	words := strings.Fields(strings.ToLower(c.query.Get("q")))
	if len(words) == 0 {
		return reply{}, invalid("q has no words")
	}
	hits := findWares(words, fields)
	total := len(hits)
	hits = hits[:min(total, c.number("limit"))]
	took := float64(c.s.now().Sub(c.began).Microseconds()) / 1000
	return asJSON(http.StatusOK, searchAnswer{c.query.Get("q"), fields, hits, total, took}), nil
}

// findWares returns the products that have any of the words in any of the
// fields, those that have most first.
func findWares(words, fields []string) []searchHit {
	hits := []searchHit{}
	for _, w := range wares {
		hit := searchHit{ID: w.ID, Name: w.Name, Price: w.Price}
		for _, field := range searchFields {
			if !slices.Contains(fields, field) {
				continue
			}
			if n := wordsIn(w.field(field), words); n > 0 {
				hit.Score += n
				hit.Matched = append(hit.Matched, field)
			}
		}
		if hit.Score > 0 {
			hits = append(hits, hit)
		}
	}
	slices.SortStableFunc(hits, func(a, b searchHit) int { return cmp.Compare(b.Score, a.Score) })
	return hits
}

func (w *ware) field(name string) string {
	switch name {
	case "category":
		return w.Category
	case "description":
		return w.Description
	}
	return w.Name
}

func wordsIn(text string, words []string) (n int) {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, word) {
			n++
		}
	}
	return n
}
