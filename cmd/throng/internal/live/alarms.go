package live

import "strings"

// alarms are the signals of the generator that have turned bad, each told
// once, at once and for good: the line that stays shows how it stands now.
type alarms struct{ told map[string]bool }

// news are those of some sentences whose signal is bad for the first time. A
// sentence names its signal before its first colon; figures change.
func (a *alarms) news(sentences []string) (list []string) {
	for _, s := range sentences {
		signal, _, _ := strings.Cut(s, ":")
		if a.told[signal] {
			continue
		}
		if a.told == nil {
			a.told = make(map[string]bool)
		}
		a.told[signal] = true
		list = append(list, s)
	}
	return list
}
