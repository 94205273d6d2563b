package injectnamespace

import (
	"maps"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// moves says which namespaces and names become which, all at once.
type moves struct {
	// to maps a namespace to another one.
	to map[string]string
	// known holds those of to, on both sides, and those that stay as they are.
	known map[string]bool
	// seen are other namespaces that the objects name: a route's host that ends in
	// one of them is in none that is shorter.
	seen map[string]bool
	// longest is the length of the longest known or seen one, in bytes.
	longest int
	// namespace is what objects without one get; empty for nothing.
	namespace string
	// placeholder is the base's namespace where it is no DNS label, so that it
	// can stand for nothing else in a host; empty otherwise.
	placeholder string
	// names maps the names of objects of any kind.
	names map[string]string
	// owners maps the names of custom resources that others derive theirs from;
	// nil where none is renamed.
	owners map[view.OwnerClass]family
	// stays says of a namespace that it is protected or shared.
	stays func(namespace string) bool
	// seeking makes a search of a rewriting: what would change is noted and
	// stays (see residue.go).
	seeking bool
}

// family is the owners of one class.
type family struct {
	to map[string]string
	// known holds both sides of to and the owners among the objects.
	known map[string]bool
}

func newMoves() *moves { return &moves{to: map[string]string{}, known: map[string]bool{}} }

// add adds a move and says what the namespace becomes already, if it is
// something else.
func (m *moves) add(from, to string) (other string) {
	if there, found := m.to[from]; found && there != to {
		return there
	}
	m.know(from)
	m.know(to)
	m.to[from] = to
	return ""
}

func (m *moves) know(namespace string) {
	m.known[namespace] = true
	m.longest = max(m.longest, len(namespace))
}

// see notes a namespace that the objects name.
func (m *moves) see(namespace string) {
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	m.seen[namespace] = true
	m.longest = max(m.longest, len(namespace))
}

// of returns what a namespace becomes, and whether it becomes another one.
func (m *moves) of(namespace string) (string, bool) {
	to, found := m.to[namespace]
	return to, found && to != namespace
}

// ours says whether a namespace is one of the environment's, before or after
// the move. Where no namespace moves, all are that do not have to stay.
func (m *moves) ours(namespace string) bool {
	if len(m.to) > 0 {
		return m.known[namespace]
	}
	return m.stays == nil || !m.stays(namespace)
}

// isWord says whether a namespace may be an everyday word. One with a '-' is
// none and names the namespace wherever it stands as a token.
func isWord(namespace string) bool { return !strings.Contains(namespace, "-") }

// moves works out what moves, from the config and the Solution. Input is the
// matcher that stands for one left out, empty for the default.
func (c *InjectNamespace) moves(s *solution.Solution, environment solution.Environment, input string) (*moves, fn.Results) {
	m := newMoves()
	m.namespace, m.names, m.stays = c.Spec.Namespace, c.Spec.Rename.Names, c.stays
	if m.namespace == "" {
		m.namespace = environment.Namespace
	}
	var results fn.Results
	for _, from := range solution.Names(c.Spec.Rename.Namespaces) {
		m.add(from, c.Spec.Rename.Namespaces[from])
	}
	if m.namespace != "" {
		matcher := input
		if matcher == "" {
			matcher = c.matcher(s)
		}
		if err := c.validSource(matcher); err != nil {
			results = append(results, c.Errorf("spec.namespaceMatcher", "%v", err))
		}
		if other := m.add(matcher, m.namespace); other != "" {
			results = append(results, c.Errorf(renamePath("namespaces", matcher),
				"is %q, but %q is the base's namespace, which becomes %q; say one of the two", other, matcher, m.namespace))
		}
		if solution.ValidNamespace(matcher) != nil {
			m.placeholder = matcher
		}
	}
	m.renameOwners(view.KafkaOwner, c.Spec.Rename.Clusters)
	m.renameOwners(view.ConnectOwner, c.Spec.Rename.Connects)
	m.renameOwners(view.QueueManagerOwner, c.Spec.Rename.QueueManagers)
	results = append(results, c.warnChains("namespaces", m.to)...)
	for _, r := range c.Spec.Rename.others() {
		results = append(results, c.warnChains(r.field, r.to)...)
	}
	return m, results
}

// renameOwners adds the renames of one class.
func (m *moves) renameOwners(class view.OwnerClass, to map[string]string) {
	if len(to) == 0 {
		return
	}
	f := family{to: to, known: map[string]bool{}}
	for from, into := range to {
		f.known[from], f.known[into] = true, true
	}
	if m.owners == nil {
		m.owners = map[view.OwnerClass]family{}
	}
	m.owners[class] = f
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

// warnChains warns of names that are both left and entered. All renames are
// made at once, so one run is right, but the next one starts from its output.
func (c *InjectNamespace) warnChains(field string, renamed map[string]string) fn.Results {
	var results fn.Results
	for _, from := range solution.Names(renamed) {
		to := renamed[from]
		if next, chained := renamed[to]; to != from && chained && next != to {
			results = append(results, c.Warnf(renamePath(field, from),
				"%q becomes %q, and %q becomes %q: right in one run, but a second one over its output (kpt renders in place) moves them again",
				from, to, to, next))
		}
	}
	return results
}

// others returns the namespaces of other environments, and which environment
// each is (empty where only the namespace is known). Those that the output may
// name by right are none of them: the environment's own, what others become,
// and shared and protected ones.
func (c *InjectNamespace) others(s *solution.Solution, m *moves) map[string]string {
	others := map[string]string{}
	switch {
	case c.Spec.OtherEnvironments != nil:
		for _, name := range c.Spec.OtherEnvironments {
			if s == nil || s.Spec.Environments[name].Namespace == "" {
				others[name] = ""
				continue
			}
			others[s.Spec.Environments[name].Namespace] = name
		}
	case s != nil && m.namespace != "":
		for _, name := range s.Others(c.Spec.Environment) {
			others[s.Spec.Environments[name].Namespace] = name
		}
	}
	delete(others, m.namespace)
	for _, to := range m.to {
		delete(others, to)
	}
	maps.DeleteFunc(others, func(namespace, _ string) bool { return c.stays(namespace) })
	return others
}
