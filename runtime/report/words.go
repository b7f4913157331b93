package report

// Words are the sentences of the text summary, for the other forms of a
// report: the same run is described in the same words everywhere.
type Words struct {
	Verdict  string   // "FAIL", "NOT RUN", …
	Sentence string   // how the limits stand; "" where there is none
	Ran      string   // the run in one line
	Early    []string // why it did not reach its planned end
	Books    string
	Models   []string // what the load models mean for the figures
	Health   string   // the generator, signal by signal
	Reasons  []string // of setup and teardown that did not go through
}

// Words describes the run.
func (r *Report) Words() Words {
	t := &textWriter{r: r}
	w := Words{Verdict: t.verdict(), Sentence: t.sentence(), Ran: t.ran(), Early: t.early(), Books: t.booksText(), Health: r.Generator.figuresText()}
	if r.Plan.Model != "closed" {
		w.Models = append(w.Models, t.openText())
	}
	if r.Plan.Model != "open" || len(r.Stalls) > 0 {
		w.Models = append(w.Models, t.closedText())
	}
	for _, o := range []struct {
		label string
		*Once
	}{{"setup", r.Setup}, {"teardown", r.Teardown}} {
		if o.Once != nil && o.Problem != "" {
			w.Reasons = append(w.Reasons, o.label+": "+o.Problem)
		}
	}
	return w
}

// Details are the clauses that explain one of the report's rules: what broke
// it, where it stands, what is missing.
func (r *Report) Details(s *SLA) []string {
	t := &textWriter{r: r, width: 1 << 20}
	return t.slaDetails(s)
}

// Name is the share's class and task.
func (s *Share) Name() string { return shareName(s) }

// ClosedBy says with which codes connections ended: "1006 × 3, 1001 × 1".
func (m *Messages) ClosedBy() string { return m.closed() }
