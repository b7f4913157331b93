package exampleapi

import "time"

// A contentRequest asks for a show or a movie in plain words.
type contentRequest struct {
	ID          string    `json:"id"`
	Query       string    `json:"query"`
	Kind        string    `json:"kind"`  // "show" or "movie"
	State       string    `json:"state"` // "accepted"
	RequestedBy string    `json:"requested_by"`
	CreatedAt   time.Time `json:"created_at"`
}

type contentInput struct {
	Query string `json:"query"`
	Title string `json:"title"` // another word for query
	Kind  string `json:"kind"`  // "movie" unless said
}

func (a *autoarr) requestRoutes() []route {
	return []route{
		{method: "POST", pattern: "/content/request", summary: "Ask for a show or a movie in plain words", latency: model,
			in: contentInput{}, out: contentRequest{}, status: 201, serve: a.requestContent},
		{method: "GET", pattern: "/content/requests", summary: "What has been asked for, oldest first", latency: list,
			paged: true, out: pageOf[contentRequest]{}, serve: a.requests.servePage},
		{method: "GET", pattern: "/content/requests/:id", summary: "One request", latency: quick,
			out: contentRequest{}, serve: a.requests.serveOne("content request")},
	}
}

// requestContent also tells every subscribed socket.
func (a *autoarr) requestContent(c *call) (reply, error) {
	in := contentInput{Kind: "movie"}
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	if in.Query == "" {
		in.Query = in.Title
	}
	switch {
	case in.Query == "" || len(in.Query) > 500:
		return reply{}, invalid("query must have 1 to 500 characters")
	case in.Kind != "show" && in.Kind != "movie":
		return reply{}, invalid("kind must be show or movie")
	}
	id, body := a.requests.add(func(id string) contentRequest {
		return contentRequest{id, in.Query, in.Kind, "accepted", c.who.email, c.began.UTC()}
	})
	a.note(c.began.UTC(), "request", "asked for "+in.Query)
	a.s.sockets.announce(id)
	return created("/content/requests/"+id, body), nil
}
