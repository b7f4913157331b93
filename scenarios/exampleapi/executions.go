package exampleapi

import (
	"net/http"
	"time"
)

// The states of an execution, in order.
const (
	stateQueued  = "queued"
	stateRunning = "running"
	stateDone    = "done"
)

// An execution runs by the clock alone: queued, then running, then done.
type execution struct {
	ID         string
	WorkflowID string
	StartedAt  time.Time
	Queue      time.Duration // scaled, as all latency is
	Run        time.Duration
}

// The simulated times of an execution.
var (
	queueTime = latency{median: 30 * time.Millisecond, spread: 0.3}
	runTime   = latency{median: 300 * time.Millisecond, spread: 0.4}
)

type executionAnswer struct {
	ExecutionID string    `json:"execution_id"`
	WorkflowID  string    `json:"workflow_id"`
	State       string    `json:"state"`
	Progress    float64   `json:"progress"` // 0 to 1
	StartedAt   time.Time `json:"started_at"`
}

func (e execution) at(now time.Time) executionAnswer {
	a := executionAnswer{e.ID, e.WorkflowID, stateQueued, 0, e.StartedAt}
	ran := now.Sub(e.StartedAt) - e.Queue
	switch {
	case ran < 0:
	case ran < e.Run:
		a.State, a.Progress = stateRunning, float64(ran)/float64(e.Run)
	default:
		a.State, a.Progress = stateDone, 1
	}
	return a
}

type workflowRuns struct {
	count int
	last  execution
}

type workflowStatus struct {
	ID            string  `json:"id"`
	State         string  `json:"state"` // "idle" before the first execution, then the last one's state
	Progress      float64 `json:"progress"`
	Executions    int     `json:"executions"`
	LastExecution *string `json:"last_execution_id"`
}

func (o *orchestrator) execute(c *call) (reply, error) {
	id := c.param("id")
	w, ok := o.workflows.get(id)
	switch {
	case !ok:
		return reply{}, missing("workflow", id)
	case !w.Enabled:
		return reply{}, problem(http.StatusConflict, "disabled", "workflow %q is disabled", id)
	}
	e := execution{
		WorkflowID: id,
		StartedAt:  o.s.now().UTC(),
		Queue:      o.s.scaled(queueTime.draw(c.dice)),
		Run:        o.s.scaled(runTime.draw(c.dice)),
	}
	o.executions.add(func(id string) execution {
		e.ID = id
		return e
	})
	_, err := o.runs.put(id, func(r workflowRuns, _ bool) (workflowRuns, error) {
		return workflowRuns{r.count + 1, e}, nil
	})
	if err != nil {
		return reply{}, err
	}
	answer := asJSON(http.StatusAccepted, e.at(e.StartedAt))
	answer.header = []string{"Location", "/api/executions/" + e.ID}
	return answer, nil
}

func (o *orchestrator) execution(c *call) (reply, error) {
	e, ok := o.executions.get(c.param("id"))
	if !ok {
		return reply{}, missing("execution", c.param("id"))
	}
	return asJSON(http.StatusOK, e.at(o.s.now())), nil
}

func (o *orchestrator) workflowStatus(c *call) (reply, error) {
	id := c.param("id")
	if _, ok := o.workflows.get(id); !ok {
		return reply{}, missing("workflow", id)
	}
	status := workflowStatus{ID: id, State: "idle"}
	if r, ok := o.runs.get(id); ok {
		last := r.last.at(o.s.now())
		status = workflowStatus{id, last.State, last.Progress, r.count, &last.ExecutionID}
	}
	return asJSON(http.StatusOK, status), nil
}
