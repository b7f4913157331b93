package exampleapi

import (
	"fmt"
	"net/http"
)

// An org is what a setup makes and a teardown deletes.
type org struct {
	id      string
	name    string
	members int
}

type orgInput struct {
	Name    string `json:"name"`    // "org" unless said
	Members int    `json:"members"` // 3 unless said
}

type orgAnswer struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []member `json:"members"`
}

// A member can sign in with its address and the password of everybody.
type member struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

func (o org) answer() orgAnswer {
	a := orgAnswer{o.id, o.name, []member{}}
	for i := range o.members {
		name := firstNames[i%len(firstNames)]
		a.Members = append(a.Members, member{fmt.Sprintf("%s-m%d", o.id, i+1), fmt.Sprintf("member%d@%s.example.com", i+1, o.id), name})
	}
	return a
}

func (k *cookbook) orgRoutes() []route {
	return []route{
		{method: "POST", pattern: "/orgs", summary: "Make an organisation with 0 to 1000 members", in: orgInput{}, bodyless: true,
			out: orgAnswer{}, status: 201, serve: k.makeOrg},
		{method: "GET", pattern: "/orgs/:id", summary: "One organisation", out: orgAnswer{}, serve: k.oneOrg},
		{method: "DELETE", pattern: "/orgs/:id", summary: "Delete an organisation", status: 204, serve: k.dropOrg},
	}
}

func (k *cookbook) makeOrg(c *call) (reply, error) {
	in := orgInput{Name: "org", Members: 3}
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	switch {
	case in.Name == "" || len(in.Name) > 100:
		return reply{}, invalid("name must have 1 to 100 characters")
	case in.Members < 0 || in.Members > 1000:
		return reply{}, invalid("members must be from 0 to 1000")
	}
	o := k.orgs.add(func(id string) org { return org{id, in.Name, in.Members} })
	return created("/orgs/"+o.id, asJSON(0, o.answer()).body), nil
}

func (k *cookbook) oneOrg(c *call) (reply, error) {
	o, ok := k.orgs.get(c.param("id"))
	if !ok {
		return reply{}, missing("organisation", c.param("id"))
	}
	return asJSON(http.StatusOK, o.answer()), nil
}

func (k *cookbook) dropOrg(c *call) (reply, error) {
	if _, ok := k.orgs.take(c.param("id")); !ok {
		return reply{}, missing("organisation", c.param("id"))
	}
	return reply{status: http.StatusNoContent}, nil
}
