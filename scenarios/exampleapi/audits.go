package exampleapi

import (
	"fmt"
	"time"
)

// An auditReport is what a slow look at the services' configuration found.
type auditReport struct {
	ID        string    `json:"id"`
	State     string    `json:"state"` // "done"
	Services  []string  `json:"services"`
	Score     int       `json:"score"` // 0 to 100
	Findings  []finding `json:"findings"`
	CreatedAt time.Time `json:"created_at"`
	Duration  float64   `json:"duration_seconds"`
}

type finding struct {
	Service  string `json:"service"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

type auditInput struct {
	Services []string `json:"services"` // all of them unless said
}

func (a *autoarr) auditRoutes() []route {
	const base = "/api/v1/config/audit"
	return []route{
		{method: "POST", pattern: base, summary: "Audit the configuration of services (slow)", latency: audit,
			in: auditInput{}, bodyless: true, out: auditReport{}, status: 201, serve: a.audit},
		{method: "GET", pattern: base + "/history", summary: "List audits, oldest first", latency: list,
			paged: true, out: pageOf[auditReport]{}, serve: a.audits.servePage},
		{method: "GET", pattern: base + "/:id", summary: "One audit", latency: quick,
			out: auditReport{}, serve: a.audits.serveOne("audit")},
	}
}

func (a *autoarr) audit(c *call) (reply, error) {
	var in auditInput
	if len(c.body) > 0 {
		if err := c.decode(&in); err != nil {
			return reply{}, err
		}
	}
	if len(in.Services) == 0 {
		in.Services = a.settings.serviceNames()
	}
	if len(in.Services) > 20 {
		return reply{}, invalid("an audit looks at 20 services at most")
	}
	for _, name := range in.Services {
		if _, err := a.settings.service(name); err != nil {
			return reply{}, invalid("services: there is no service %q", name)
		}
	}
	id, body := a.audits.add(func(id string) auditReport { return a.examine(c, id, in.Services) })
	a.note(c.began.UTC(), "audit", fmt.Sprintf("audited %d services", len(in.Services)))
	return created("/api/v1/config/audit/"+id, body), nil
}

var complaints = []string{"no recycle bin is set", "quality profile allows unknown", "free space is not checked"}

func (a *autoarr) examine(c *call, id string, services []string) auditReport {
	r := auditReport{ID: id, State: "done", Services: services, Score: 100, Findings: []finding{}, CreatedAt: c.began.UTC()}
	for _, name := range services {
		if c.dice.IntN(2) == 0 {
			r.Findings = append(r.Findings, finding{name, "warning", complaints[c.dice.IntN(len(complaints))]})
			r.Score -= 5
		}
	}
	r.Duration = a.s.now().Sub(c.began).Seconds()
	return r
}
