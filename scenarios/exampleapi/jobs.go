package exampleapi

import (
	"net/http"
)

const (
	jobQueued  = "queued"
	jobRunning = "running"
	jobDone    = "done"
	jobFailed  = "failed"
)

// A job gets on each time that it is asked about.
type job struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	State string `json:"state"` // "queued", "running", "done" or "failed"
	Polls int    `json:"polls"` // how often it has been asked about

	needs int // polls until it has ended
	fails bool
}

type jobInput struct {
	Kind  string `json:"kind"`  // "export" unless said
	Polls int    `json:"polls"` // the poll that sees its end; 3 unless said
	Fail  bool   `json:"fail"`  // whether it ends as failed
}

type jobResult struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Rows int    `json:"rows"`
	URL  string `json:"url"`
}

func (k *cookbook) jobRoutes() []route {
	return []route{
		{method: "POST", pattern: "/jobs", summary: "Start a job, which ends (as failed, if fail) at the poll number polls", in: jobInput{}, bodyless: true,
			out: job{}, status: 202, serve: k.startJob},
		{method: "GET", pattern: "/jobs/:id", summary: "How a job goes: queued at the first poll, then running, then done or failed", out: job{}, serve: k.pollJob},
		{method: "GET", pattern: "/jobs/:id/result", summary: "What a job has made", out: jobResult{}, also: []int{409}, serve: k.jobResult},
	}
}

func (k *cookbook) startJob(c *call) (reply, error) {
	in := jobInput{Kind: "export", Polls: 3}
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	switch {
	case in.Kind == "" || len(in.Kind) > 50:
		return reply{}, invalid("kind must have 1 to 50 characters")
	case in.Polls < 1 || in.Polls > 1000:
		return reply{}, invalid("polls must be from 1 to 1000")
	}
	j := k.jobs.add(func(id string) job { return job{id, in.Kind, jobQueued, 0, in.Polls, in.Fail} })
	r := asJSON(http.StatusAccepted, j)
	r.header = []string{"Location", "/jobs/" + j.ID}
	return r, nil
}

func (k *cookbook) pollJob(c *call) (reply, error) {
	j, ok, _ := k.jobs.change(c.param("id"), func(j *job) error {
		j.Polls++
		switch {
		case j.Polls >= j.needs && j.fails:
			j.State = jobFailed
		case j.Polls >= j.needs:
			j.State = jobDone
		case j.Polls > 1:
			j.State = jobRunning
		}
		return nil
	})
	if !ok {
		return reply{}, missing("job", c.param("id"))
	}
	return asJSON(http.StatusOK, j), nil
}

func (k *cookbook) jobResult(c *call) (reply, error) {
	j, ok := k.jobs.get(c.param("id"))
	switch {
	case !ok:
		return reply{}, missing("job", c.param("id"))
	case j.State == jobFailed:
		return reply{}, conflict("job_failed", "job %s has failed and has no result", j.ID)
	case j.State != jobDone:
		return reply{}, conflict("not_done", "job %s is %s as far as you have asked", j.ID, j.State)
	}
	return asJSON(http.StatusOK, jobResult{j.ID, j.Kind, 42, "/report"}), nil
}
