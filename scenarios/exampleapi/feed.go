package exampleapi

import (
	"fmt"
	"net/http"
	"time"
)

const cursorPrefix = "cur_"

type feedItem struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

type feedAnswer struct {
	Items []feedItem `json:"items"`
	Next  *string    `json:"next"` // the cursor of the next page; null on the last
}

func (k *cookbook) feedRoutes() []route {
	return []route{
		{method: "GET", pattern: "/feed", summary: "A list by cursor: size items a page, total in all; a cursor keeps both. The header Link leads to the next page",
			query: []param{{name: "cursor"}, whole("size", 1, 100, 5), whole("total", 0, 10_000, 23)}, out: feedAnswer{}, serve: k.feed},
	}
}

func (k *cookbook) feed(c *call) (reply, error) {
	first, size, total := 0, c.number("size"), c.number("total")
	if c.query.Has("cursor") {
		payload, ok := k.s.signer.open(cursorPrefix, c.query.Get("cursor"))
		switch {
		case c.query.Has("size") || c.query.Has("total"):
			return reply{}, badRequest("a cursor has its size and total in it")
		case !ok:
			return reply{}, badRequest("the cursor is none that a page has given")
		}
		if _, err := fmt.Sscanf(payload, "%d %d %d", &first, &size, &total); err != nil {
			return reply{}, err
		}
	}
	last := min(first+size, total)
	answer := feedAnswer{Items: []feedItem{}}
	for i := first; i < last; i++ {
		answer.Items = append(answer.Items, feedItem{fmt.Sprintf("post-%d", i+1), fmt.Sprintf("Post %d", i+1), seededAt.Add(time.Duration(i) * time.Hour)})
	}
	if last == total {
		return asJSON(http.StatusOK, answer), nil
	}
	next := k.s.signer.sign(cursorPrefix, fmt.Sprintf("%d %d %d", last, size, total))
	answer.Next = &next
	r := asJSON(http.StatusOK, answer)
	r.header = []string{"Link", "<" + c.origin() + "/feed?cursor=" + next + `>; rel="next"`}
	return r, nil
}
