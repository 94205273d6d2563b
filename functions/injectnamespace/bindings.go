package injectnamespace

import (
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// clusterScopedNames is the config's, error by default. A ConfigMap's users know
// set-namespace, which keeps the names.
func (r *run) clusterScopedNames() ClusterScopedNames {
	switch said := r.config.Spec.ClusterScopedNames; {
	case said != "":
		return said
	case r.config.FromConfigMap:
		return NamesKeep
	}
	return NamesError
}

// differing returns the environment's namespaces, as they will be, that the
// subjects of a ClusterRoleBinding are in, where another environment has others
// there: one that moves, or any of the environment's when other environments are
// known.
func (r *run) differing(o view.Object) []string {
	var namespaces []string
	for _, subject := range o.Subjects() {
		from := subject.Where()
		if from == "" && subject.IsServiceAccount() && r.accounts[subject.Name()] {
			from = r.moves.namespace
		}
		to, moves := r.moves.of(from)
		if !moves {
			to = from
		}
		differs := moves || r.moves.known[to] && r.severalEnvironments
		if from != "" && differs && !slices.Contains(namespaces, to) {
			namespaces = append(namespaces, to)
		}
	}
	return namespaces
}

// bindingName returns a ClusterRoleBinding's name with the environment's
// namespace behind it, where clusterScopedNames says so and it is needed.
func (r *run) bindingName(o view.Object) (string, bool) {
	namespace := r.collides(o, o.Name())
	if namespace == "" || r.clusterScopedNames() != NamesSuffix {
		return "", false
	}
	return r.stem(o.Name(), namespace) + "-" + namespace, true
}

// stem returns a name without the namespace of the environment that it is made
// from, the longest one that it ends in.
func (r *run) stem(name, namespace string) string {
	stem := name
	for from := range r.moves.to {
		if s, found := strings.CutSuffix(name, "-"+from); found && s != "" && from != namespace && len(s) < len(stem) {
			stem = s
		}
	}
	return stem
}

// collides returns the namespace that makes a ClusterRoleBinding of some name
// another one in each environment; empty when its name says so already.
func (r *run) collides(o view.Object, name string) string {
	namespaces := r.differing(o)
	if len(namespaces) == 0 || slices.ContainsFunc(namespaces, func(namespace string) bool { return embeds(name, namespace) }) {
		return ""
	}
	if slices.Contains(namespaces, r.moves.namespace) {
		return r.moves.namespace
	}
	return namespaces[0]
}

// embeds says whether a name holds a namespace, between signs or at an end.
func embeds(name, namespace string) bool {
	for at := 0; ; {
		i := strings.Index(name[at:], namespace)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(namespace)
		if (start == 0 || !alphanumeric(name[start-1])) && (end == len(name) || !alphanumeric(name[end])) {
			return true
		}
		at = start + 1
	}
}

func alphanumeric(b byte) bool { return tokenByte(b) && b != '-' }

// reportBinding reports a ClusterRoleBinding that the environments of one
// cluster would take from each other.
func (r *run) reportBinding(o view.Object) {
	if r.clusterScopedNames() != NamesError || !o.BindsEverywhere() {
		return
	}
	name := o.Name()
	if to, renamed := r.moves.names[name]; renamed && to != name {
		return
	}
	if namespace := r.collides(o, name); namespace != "" {
		r.results = append(r.results, fn.Errorf(o.Ref(), "metadata.name",
			"is the same in every environment, though its subjects are not, so those of one cluster overwrite each other's; "+
				"say rename.names: {%s: %s-%s}, or clusterScopedNames: suffix (or keep, where each environment has a cluster of its own)",
			name, name, namespace))
	}
}
