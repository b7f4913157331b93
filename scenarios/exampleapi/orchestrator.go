package exampleapi

import (
	"fmt"
	"net/http"
	"time"
)

// The orchestrator automates work: workflows that can be executed, and the
// leads and campaigns they work on.
type orchestrator struct {
	s          *Service
	workflows  *store[workflow]
	executions *store[execution]
	runs       *store[workflowRuns] // by the id of the workflow
	leads      *store[lead]
	campaigns  *store[campaign]
}

// seededAt is when the records that are there from the start were made.
var seededAt = time.Date(2025, time.January, 6, 9, 0, 0, 0, time.UTC)

func newOrchestrator(s *Service) []route {
	o := &orchestrator{
		s:          s,
		workflows:  newStore[workflow]("wf-", keptCreations),
		executions: newStore[execution]("ex-", keptCreations),
		runs:       newStore[workflowRuns]("", 2*keptCreations),
		leads:      newStore[lead]("lead-", keptCreations),
		campaigns:  newStore[campaign]("camp-", keptCreations),
	}
	o.seed()
	return joined([]route{
		s.healthRoute("/health", "Whether the service is up"),
		{method: "GET", pattern: "/health/detailed", summary: "How the service and what it depends on are", open: true,
			latency: quick, out: detailedHealth{}, serve: s.detailedHealth},
	}, s.aboutRoutes(), s.accountRoutes("/api/auth"), []route{
		{method: "GET", pattern: "/api/workflows", summary: "List workflows, oldest first", latency: list,
			paged: true, out: pageOf[workflow]{}, serve: o.workflows.servePage},
		{method: "POST", pattern: "/api/workflows", summary: "Make a workflow", latency: write,
			in: workflowInput{}, out: workflow{}, status: 201, serve: o.makeWorkflow},
		{method: "GET", pattern: "/api/workflows/:id", summary: "One workflow", latency: quick,
			out: workflow{}, serve: o.workflows.serveOne("workflow")},
		{method: "PUT", pattern: "/api/workflows/:id", summary: "Replace a workflow", latency: write,
			in: workflowInput{}, out: workflow{}, serve: o.replaceWorkflow},
		{method: "GET", pattern: "/api/workflows/:id/status", summary: "How the last execution of a workflow goes", latency: quick,
			out: workflowStatus{}, serve: o.workflowStatus},
		{method: "POST", pattern: "/api/workflows/:id/execute", summary: "Execute a workflow", latency: write,
			out: executionAnswer{}, status: 202, also: []int{409}, serve: o.execute},
		{method: "GET", pattern: "/api/executions/:id", summary: "One execution", latency: quick,
			out: executionAnswer{}, serve: o.execution},
		{method: "GET", pattern: "/api/leads", summary: "List leads, oldest first", latency: list,
			paged: true, out: pageOf[lead]{}, serve: o.leads.servePage},
		{method: "POST", pattern: "/api/leads", summary: "Make a lead", latency: write,
			in: leadInput{}, out: lead{}, status: 201, serve: o.makeLead},
		{method: "GET", pattern: "/api/leads/:id", summary: "One lead", latency: quick,
			out: lead{}, serve: o.leads.serveOne("lead")},
		{method: "GET", pattern: "/api/campaigns", summary: "List campaigns", latency: list,
			paged: true, out: pageOf[campaign]{}, serve: o.campaigns.servePage},
		{method: "GET", pattern: "/api/campaigns/:id/metrics", summary: "How a campaign does", latency: heavy,
			out: campaignMetrics{}, serve: o.campaignMetrics},
		{method: "GET", pattern: "/api/custom-endpoint", summary: "For a load pattern of your own", open: true, latency: quick,
			out: health{}, serve: s.health},
	})
}

func (o *orchestrator) seed() {
	kinds := []string{"http", "email", "delay", "transform", "branch"}
	for i := range 25 {
		o.workflows.seed(func(id string) workflow {
			at := seededAt.Add(time.Duration(i) * time.Hour)
			steps := []step{{Kind: kinds[i%5], Retries: i % 3}, {Kind: kinds[(i+2)%5]}}
			return workflow{id, fmt.Sprintf("Workflow %d", i+1), "", true, steps, 1, "demo@example.com", at, at}
		})
	}
	for i := range 200 {
		o.leads.seed(func(id string) lead {
			name := fmt.Sprintf("%s %s", firstNames[i%len(firstNames)], lastNames[i/len(firstNames)%len(lastNames)])
			return lead{id, fmt.Sprintf("lead%d@example.com", i+1), name, companies[i%len(companies)],
				leadSources[i%len(leadSources)], "new", 10 + i*7%90, seededAt.Add(time.Duration(i) * time.Minute)}
		})
	}
	for i := range 12 {
		o.campaigns.seed(func(id string) campaign {
			channels := []string{"email", "search", "social"}
			return campaign{id, fmt.Sprintf("Campaign %d", i+1), channels[i%3], "running", float64(1000 * (i + 1)), seededAt}
		})
	}
}

var (
	firstNames  = []string{"Ada", "Alan", "Barbara", "Dennis", "Edsger", "Frances", "Grace", "Ken", "Margaret", "Niklaus"}
	lastNames   = []string{"Allen", "Dijkstra", "Hamilton", "Hopper", "Liskov", "Lovelace", "Ritchie", "Thompson", "Turing", "Wirth"}
	companies   = []string{"Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne"}
	leadSources = []string{"website", "referral", "import", "event"}
)

type lead struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Company   string    `json:"company"`
	Source    string    `json:"source"`
	Status    string    `json:"status"`
	Score     int       `json:"score"`
	CreatedAt time.Time `json:"created_at"`
}

type leadInput struct {
	Email   string `json:"email"`
	Name    string `json:"name"`
	Company string `json:"company"`
	Source  string `json:"source"`
	Score   int    `json:"score"`
}

func (o *orchestrator) makeLead(c *call) (reply, error) {
	in := leadInput{Source: "api"}
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	switch {
	case !plausibleEmail(in.Email):
		return reply{}, invalid("email must be an e-mail address")
	case len(in.Name) > 200 || len(in.Company) > 200 || len(in.Source) > 200:
		return reply{}, invalid("name, company and source have at most 200 characters")
	case in.Score < 0 || in.Score > 100:
		return reply{}, invalid("score must be from 0 to 100")
	}
	id, body := o.leads.add(func(id string) lead {
		return lead{id, in.Email, in.Name, in.Company, in.Source, "new", in.Score, c.began.UTC()}
	})
	return created("/api/leads/"+id, body), nil
}

type campaign struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Channel  string    `json:"channel"`
	Status   string    `json:"status"`
	Budget   float64   `json:"budget"`
	StartsAt time.Time `json:"starts_at"`
}

type campaignMetrics struct {
	CampaignID string    `json:"campaign_id"`
	Sent       int       `json:"sent"`
	Opened     int       `json:"opened"`
	Clicked    int       `json:"clicked"`
	Converted  int       `json:"converted"`
	OpenRate   float64   `json:"open_rate"`  // opened / sent
	ClickRate  float64   `json:"click_rate"` // clicked / opened
	UpdatedAt  time.Time `json:"updated_at"`
}

func (o *orchestrator) campaignMetrics(c *call) (reply, error) {
	id := c.param("id")
	if _, ok := o.campaigns.get(id); !ok {
		return reply{}, missing("campaign", id)
	}
	dice := newDice(o.s.seed, streamOf(id), 0)
	m := campaignMetrics{CampaignID: id, Sent: 5000 + dice.IntN(20000), UpdatedAt: c.began.UTC()}
	m.Opened = m.Sent * (20 + dice.IntN(30)) / 100
	m.Clicked = m.Opened * (5 + dice.IntN(20)) / 100
	m.Converted = m.Clicked * (2 + dice.IntN(10)) / 100
	m.OpenRate = float64(m.Opened) / float64(m.Sent)
	m.ClickRate = float64(m.Clicked) / float64(m.Opened)
	return asJSON(http.StatusOK, m), nil
}
