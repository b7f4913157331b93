package exampleapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	newsGap = 20 * time.Millisecond // usual time between events and rows, at scale 1

	mostEvents = 100_000
)

type newsItem struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
}

type exportRow struct {
	Row  int    `json:"row"`
	Sku  string `json:"sku"`
	Name string `json:"name"`
}

func (k *cookbook) eventRoutes() []route {
	return []route{
		{method: "GET", pattern: "/events", summary: "News as server-sent events, 1 to total; goes on after Last-Event-ID. The connection ends after each events (0: after all), and asks its client to wait retry_ms; after the last one there is 204",
			query:   append(pace(0, newsGap), whole("total", 1, mostEvents, 20), whole("each", 0, mostEvents, 0), whole("retry_ms", 0, 600_000, 0)),
			headers: []string{"Last-Event-ID"}, kind: eventKind, also: []int{204}, serve: k.events},
		{method: "GET", pattern: "/export", summary: "Products as lines of JSON, rows of them",
			query: append(pace(0, 0), whole("rows", 1, mostEvents, 100)), kind: linesKind, serve: k.export},
	}
}

func (k *cookbook) events(c *call) (reply, error) {
	from := 0
	if id := c.r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(id, "news-"))
		if err != nil || n < 0 {
			return reply{}, badRequest("Last-Event-ID is none that an event has had")
		}
		from = n
	}
	total, each := c.number("total"), c.number("each")
	if from >= total {
		return reply{status: http.StatusNoContent}, nil
	}
	to := total
	if each > 0 {
		to = min(total, from+each)
	}
	first, gap := c.pacing(0, newsGap)
	f := flow{first: first, gap: gap}
	for n := from + 1; n <= to; n++ {
		body := asJSON(http.StatusOK, newsItem{n, fmt.Sprintf("News %d", n)}).body
		piece := fmt.Appendf(nil, "id: news-%d\nevent: news\ndata: %s\n\n", n, body)
		if wait := c.number("retry_ms"); wait > 0 && n == from+1 {
			piece = fmt.Appendf(nil, "retry: %d\n%s", wait, piece)
		}
		f.pieces = append(f.pieces, piece)
	}
	return flowing(eventKind, f), nil
}

func (k *cookbook) export(c *call) (reply, error) {
	first, gap := c.pacing(0, 0)
	f := flow{first: first, gap: gap}
	for n := range c.number("rows") {
		w := wares[n%len(wares)]
		f.pieces = append(f.pieces, append(asJSON(http.StatusOK, exportRow{n + 1, w.ID, w.Name}).body, '\n'))
	}
	return flowing(linesKind, f), nil
}

// pushRoutes are a socket that asks for no credentials.
func (k *cookbook) pushRoutes() []route {
	return []route{
		{method: "GET", pattern: "/push", summary: "A WebSocket: hello, ping, subscribe; all else is echoed. The query parameter client names who keeps its subscription when the connection is lost",
			query: []param{{name: "client"}}, socket: true, status: http.StatusSwitchingProtocols, also: []int{426, 503}, serve: k.s.serveSocket},
	}
}
