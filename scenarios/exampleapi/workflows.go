package exampleapi

import (
	"net/http"
	"time"
)

type workflow struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Enabled     bool      `json:"enabled"`
	Steps       []step    `json:"steps"`
	Version     int       `json:"version"` // grows by one with each PUT
	Owner       string    `json:"owner"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

type step struct {
	Kind    string `json:"kind"`
	Retries int    `json:"retries"`
}

type workflowInput struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Enabled     *bool  `json:"enabled,omitempty"` // true unless said
	Steps       []step `json:"steps"`
}

func (c *call) workflowInput() (workflowInput, error) {
	var in workflowInput
	if err := c.decode(&in); err != nil {
		return in, err
	}
	switch {
	case in.Name == "" || len(in.Name) > 200:
		return in, invalid("name must have 1 to 200 characters")
	case len(in.Description) > 2000:
		return in, invalid("description has at most 2000 characters")
	case len(in.Steps) > 50:
		return in, invalid("a workflow has at most 50 steps")
	}
	for _, s := range in.Steps {
		if s.Kind == "" || len(s.Kind) > 50 || s.Retries < 0 || s.Retries > 100 {
			return in, invalid("each step needs a kind, and retries from 0 to 100")
		}
	}
	if in.Steps == nil {
		in.Steps = []step{}
	}
	return in, nil
}

func (in workflowInput) enabled() bool { return in.Enabled == nil || *in.Enabled }

func (o *orchestrator) makeWorkflow(c *call) (reply, error) {
	in, err := c.workflowInput()
	if err != nil {
		return reply{}, err
	}
	at := c.began.UTC()
	id, body := o.workflows.add(func(id string) workflow {
		return workflow{id, in.Name, in.Description, in.enabled(), in.Steps, 1, c.who.email, at, at}
	})
	return created("/api/workflows/"+id, body), nil
}

func (o *orchestrator) replaceWorkflow(c *call) (reply, error) {
	in, err := c.workflowInput()
	if err != nil {
		return reply{}, err
	}
	body, err := o.workflows.put(c.param("id"), func(w workflow, found bool) (workflow, error) {
		if !found {
			return w, missing("workflow", c.param("id"))
		}
		w.Name, w.Description, w.Enabled, w.Steps = in.Name, in.Description, in.enabled(), in.Steps
		w.Version++
		w.UpdatedAt = c.began.UTC()
		return w, nil
	})
	if err != nil {
		return reply{}, err
	}
	return encoded(http.StatusOK, body), nil
}
