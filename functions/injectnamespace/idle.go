package injectnamespace

import (
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// bare says whether a config names a namespace and no word on what moves there.
func (r *run) bare(s *solution.Solution) bool {
	spec := &r.config.Spec
	return s == nil && spec.Namespace != "" && spec.NamespaceMatcher == "" && !spec.Rename.any()
}

// inputMatcher returns the matcher of a ConfigMap that says namespace alone, as
// `kpt fn eval ... -- namespace=x` makes it: kpt's users know it from
// set-namespace, which moves a package out of the one namespace that it is in.
// So it does here, when no object is without a namespace, in the base's or there
// already; empty otherwise.
func (r *run) inputMatcher(s *solution.Solution, objects []view.Object) string {
	if !r.config.FromConfigMap || !r.bare(s) {
		return ""
	}
	for _, o := range objects {
		switch o.Namespace() {
		case "":
			if r.scope(o) != view.Cluster {
				return ""
			}
		case solution.DefaultBaseNamespace, r.config.Spec.Namespace:
			return ""
		}
	}
	there := r.elsewhere(objects)
	for _, o := range objects {
		if o.NamesNamespace() && !r.config.stays(o.Name()) && !slices.Contains(there, o.Name()) {
			there = append(there, o.Name())
		}
	}
	if len(there) == 1 && r.config.validSource(there[0]) == nil {
		return there[0]
	}
	return ""
}

// elsewhere returns the namespaces of objects, sorted, without those that stay.
func (r *run) elsewhere(objects []view.Object) []string {
	var there []string
	for _, o := range objects {
		namespace := o.Namespace()
		if namespace == "" || r.config.stays(namespace) || r.scope(o) == view.Cluster || slices.Contains(there, namespace) {
			continue
		}
		there = append(there, namespace)
	}
	slices.Sort(there)
	return there
}

// reportIdle warns when a config without a word on what moves finds nothing to
// do, which is a mistake in most cases: the objects are in some namespace, and
// objects of other namespaces move only when the config names it.
func (r *run) reportIdle(s *solution.Solution, objects []view.Object) {
	if !r.bare(s) || slices.ContainsFunc(objects, func(o view.Object) bool { return o.Namespace() == r.moves.namespace }) {
		return
	}
	if there := r.elsewhere(objects); len(there) > 0 {
		r.results = append(r.results, r.config.Warnf("spec.namespaceMatcher",
			"nothing moved: no object is without a namespace or in %s; objects are in %s: say which moves, such as namespaceMatcher: %s",
			r.moves.placeholder, strings.Join(there, ", "), there[0]))
	}
}
