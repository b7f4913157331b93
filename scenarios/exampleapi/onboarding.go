package exampleapi

import (
	"net/http"
	"slices"
	"strings"
)

// onboardingSteps have to be taken in this order.
var onboardingSteps = []string{"welcome", "services", "library", "preferences", "finish"}

// An onboarding is how far somebody has come.
type onboarding struct {
	ID        string   `json:"onboarding_id"`
	Steps     []string `json:"steps"`     // all of them
	Completed []string `json:"completed"` // those taken
	Next      *string  `json:"next_step"` // null at the end
	Done      bool     `json:"completed_all"`
}

type onboardingInput struct {
	Step string `json:"step"`
	ID   string `json:"onboarding_id"` // the session's own unless said
}

func onboardingAfter(id string, taken int) onboarding {
	o := onboarding{ID: id, Steps: onboardingSteps, Completed: onboardingSteps[:taken], Done: taken == len(onboardingSteps)}
	if !o.Done {
		o.Next = &onboardingSteps[taken]
	}
	return o
}

func (a *autoarr) onboardingRoutes() []route {
	return []route{
		{method: "GET", pattern: "/api/v1/onboarding/status", summary: "How far the onboarding of this session (or of ?onboarding_id=) is",
			latency: quick, out: onboarding{}, serve: a.onboardingStatus},
		{method: "POST", pattern: "/api/v1/onboarding/step", summary: "Take the next step; the first one begins anew", latency: write,
			in: onboardingInput{}, out: onboarding{}, also: []int{409}, serve: a.onboardingStep},
	}
}

func (a *autoarr) onboardingStatus(c *call) (reply, error) {
	id := c.who.session
	if named := c.r.URL.Query().Get("onboarding_id"); named != "" {
		id = named
	}
	if body, ok := a.onboarding.encoded(id); ok {
		return encoded(http.StatusOK, body), nil
	}
	return asJSON(http.StatusOK, onboardingAfter(id, 0)), nil
}

func (a *autoarr) onboardingStep(c *call) (reply, error) {
	in := onboardingInput{ID: c.who.session}
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	index := slices.Index(onboardingSteps, in.Step)
	switch {
	case index < 0:
		return reply{}, invalid("step must be one of %s", strings.Join(onboardingSteps, ", "))
	case in.ID == "" || len(in.ID) > 100:
		return reply{}, invalid("onboarding_id must have 1 to 100 characters")
	}
	body, err := a.onboarding.put(in.ID, func(old onboarding, _ bool) (onboarding, error) {
		if index != 0 && index != len(old.Completed) {
			next := onboardingSteps[len(old.Completed)%len(onboardingSteps)]
			return old, problem(http.StatusConflict, "out_of_order", "step %s is out of order; the next one is %s", in.Step, next)
		}
		return onboardingAfter(in.ID, index+1), nil
	})
	if err != nil {
		return reply{}, err
	}
	return encoded(http.StatusOK, body), nil
}
