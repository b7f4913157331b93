package exampleapi

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// faultsPath controls the faults: POST {"fault": "slow:…"} switches one on, GET
// lists them, DELETE switches all off and frees what a leak has kept.
const faultsPath = "/__faults"

// socketsPath tells what happened on the service's sockets, to GET.
const socketsPath = "/__sockets"

func (s *Service) socketLog(r *http.Request, id string) reply {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		f := problem(http.StatusMethodNotAllowed, "method_not_allowed", "%s knows GET, HEAD", socketsPath)
		f.header = []string{"Allow", "GET, HEAD"}
		return errorReply(id, f)
	}
	return asJSON(http.StatusOK, s.Sockets())
}

type faultInput struct {
	Fault string `json:"fault"`
}

type faultAnswer struct {
	ID     string    `json:"id"`
	Fault  string    `json:"fault"`
	Active bool      `json:"active"` // inside its window
	Since  time.Time `json:"since"`
	Hits   uint64    `json:"hits"` // requests or messages it touched
}

type faultsAnswer struct {
	Faults []faultAnswer `json:"faults"`
}

func (s *Service) control(r *http.Request, id string) reply {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		list := faultsAnswer{Faults: []faultAnswer{}}
		for _, sw := range s.faults.all() {
			list.Faults = append(list.Faults, s.describe(sw))
		}
		return asJSON(http.StatusOK, list)
	case http.MethodPost:
		sw, err := s.switchOn(r)
		if err != nil {
			return errorReply(id, invalid("%v", err))
		}
		return asJSON(http.StatusCreated, s.describe(sw))
	case http.MethodDelete:
		s.faults.clear()
		s.leak.release()
		return reply{status: http.StatusNoContent}
	}
	f := problem(http.StatusMethodNotAllowed, "method_not_allowed", "%s knows DELETE, GET, HEAD, POST", faultsPath)
	f.header = []string{"Allow", "DELETE, GET, HEAD, POST"}
	return errorReply(id, f)
}

func (s *Service) switchOn(r *http.Request) (*switched, error) {
	var in faultInput
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&in); err != nil {
		return nil, invalid(`send {"fault": "slow:GET /health:+300ms"}: %v`, err)
	}
	f, err := ParseFault(in.Fault)
	if err != nil {
		return nil, err
	}
	return s.faults.add(f)
}

func (s *Service) describe(sw *switched) faultAnswer {
	_, active := sw.activeAt(sw.since, s.now())
	return faultAnswer{sw.id, sw.String(), active, sw.since.UTC(), sw.hits.Load()}
}
