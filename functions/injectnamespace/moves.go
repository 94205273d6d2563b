package injectnamespace

import (
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// moves says which namespaces become which, all at once.
type moves struct {
	// to maps a namespace to another one.
	to map[string]string
	// known holds those of to, on both sides, and those that stay as they are.
	known map[string]bool
	// longest is the length of the longest known one, in bytes.
	longest int
	// namespace is what objects without one get; empty for nothing.
	namespace string
	// placeholder is the base's namespace where it is no DNS label, so that it
	// can stand for nothing else in a host; empty otherwise.
	placeholder string
}

// add adds a move and says what the namespace becomes already, if it is
// something else.
func (m *moves) add(from, to string) (other string) {
	if there, found := m.to[from]; found && there != to {
		return there
	}
	for _, name := range []string{from, to} {
		m.known[name] = true
		m.longest = max(m.longest, len(name))
	}
	m.to[from] = to
	return ""
}

// of returns what a namespace becomes, and whether it becomes another one.
func (m *moves) of(namespace string) (string, bool) {
	to, found := m.to[namespace]
	return to, found && to != namespace
}

// isWord says whether a namespace may be an everyday word. One with a '-' is
// none and names the namespace wherever it stands as a token.
func isWord(namespace string) bool { return !strings.Contains(namespace, "-") }

// moves works out what moves, from the config and the Solution.
func (c *InjectNamespace) moves(s *solution.Solution, environment solution.Environment) (*moves, fn.Results) {
	m := &moves{to: map[string]string{}, known: map[string]bool{}, namespace: c.Spec.Namespace}
	if m.namespace == "" {
		m.namespace = environment.Namespace
	}
	var results fn.Results
	for _, from := range solution.Names(c.Spec.Rename.Namespaces) {
		m.add(from, c.Spec.Rename.Namespaces[from])
	}
	if m.namespace != "" {
		matcher := c.matcher(s)
		if err := validSource(matcher); err != nil {
			results = append(results, c.Errorf("spec.namespaceMatcher", "%v", err))
		}
		if other := m.add(matcher, m.namespace); other != "" {
			results = append(results, c.Errorf("spec."+view.Path("rename", "namespaces", matcher),
				"is %q, but %q is the base's namespace, which becomes %q; say one of the two", other, matcher, m.namespace))
		}
		if solution.ValidNamespace(matcher) != nil {
			m.placeholder = matcher
		}
	}
	return m, append(results, c.warnChains(m)...)
}

// matcher returns the base's namespace.
func (c *InjectNamespace) matcher(s *solution.Solution) string {
	switch {
	case c.Spec.NamespaceMatcher != "":
		return c.Spec.NamespaceMatcher
	case s != nil:
		return s.Spec.BaseNamespace
	}
	return solution.DefaultBaseNamespace
}

// warnChains warns of namespaces that are both left and entered. All moves are
// made at once, so one run is right, but the next one starts from its output.
func (c *InjectNamespace) warnChains(m *moves) fn.Results {
	var results fn.Results
	for _, from := range solution.Names(m.to) {
		to, moved := m.of(from)
		if next, chained := m.of(to); moved && chained {
			results = append(results, c.Warnf("spec."+view.Path("rename", "namespaces", from),
				"%q becomes %q, and %q becomes %q: right in one run, but a second one over its output (kpt renders in place) moves them again",
				from, to, to, next))
		}
	}
	return results
}
