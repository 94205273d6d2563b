package injectnamespace

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Transform moves the objects and rewrites what names their namespaces.
func (c *InjectNamespace) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	s, environment, results := solution.Lookup(&c.Header, "spec.environment", c.Spec.Environment, items)
	if results.Failed() {
		return items, results
	}
	m, problems := c.moves(s, environment)
	if results = append(results, problems...); results.Failed() {
		return items, results
	}
	r := run{config: c, moves: m, scopes: view.ScopesOf(items)}
	r.readKinds()
	objects := view.Manifests(items)
	before := identities(objects)
	r.serviceAccounts(objects)
	for _, o := range objects {
		r.object(o)
	}
	r.clashes(objects, before)
	r.reportUnknown()
	items = r.createNamespace(items, objects)
	return items, append(results, r.results...)
}

// run is one Transform.
type run struct {
	config *InjectNamespace
	moves  *moves
	scopes view.Scopes
	// kinds are the user's own.
	kinds map[view.GroupKind]view.Scope
	// unknown are the kinds of objects without a namespace that nobody knows.
	unknown []string
	// accounts are the ServiceAccounts that end in moves.namespace, by name.
	accounts map[string]bool
	results  fn.Results
}

// readKinds reads spec.kinds. One that says otherwise than the kind's own
// definition is an error.
func (r *run) readKinds() {
	r.kinds = map[view.GroupKind]view.Scope{}
	for _, name := range solution.Names(r.config.Spec.Kinds) {
		gk, err := view.ParseGroupKind(name)
		if err != nil {
			continue // Validate said so
		}
		said := r.config.Spec.Kinds[name]
		if certain := r.scopes.Certain(gk); certain != "" && certain != said {
			r.results = append(r.results, r.config.Errorf("spec."+view.Path("kinds", name),
				"is %q, but the kind's definition says %s; remove the line", said, certain))
		}
		r.kinds[gk] = said
	}
}

// scope returns the scope of an object's kind; empty when nobody knows it. The
// user's own word stands before the shipped table.
func (r *run) scope(o view.Object) view.Scope {
	if said, found := r.kinds[o.GroupKind()]; found {
		return said
	}
	return r.scopes.Of(o.GroupKind())
}

// target returns the namespace that an object is to have, and whether that is
// another one than it has.
func (r *run) target(o view.Object) (string, bool) {
	namespace, scope := o.Namespace(), r.scope(o)
	switch {
	case scope == view.Cluster:
		return "", false
	case namespace != "":
		return r.moves.of(namespace)
	case scope == view.Namespaced, r.config.Spec.UnknownKinds == UnknownNamespaced:
		return r.moves.namespace, r.moves.namespace != ""
	}
	return "", false
}

// object moves one object and rewrites its strings.
func (r *run) object(o view.Object) {
	if at := o.Lookup("metadata", "namespace"); at != nil && at.Kind != yaml.ScalarNode {
		r.results = append(r.results, fn.Errorf(o.Ref(), "metadata.namespace", "is no string; expected a namespace"))
		return
	}
	r.noteUnknown(o)
	if to, moves := r.moves.of(o.Name()); moves && o.NamesNamespace() {
		o.SetName(to)
	}
	r.sealed(o)
	ref := o.Ref()
	if to, moves := r.target(o); moves {
		o.SetNamespace(to)
	}
	w := newWalker(r.moves, o)
	w.walk(o.Node(), place{})
	r.fillSubjects(o) // after the walk, which would take it for the input's
	r.reportResidue(o, ref, w.found)
}

// noteUnknown remembers the kind of an object for which it matters: it has no
// namespace and would get one if its kind has them. One that says its own
// namespace answers the question itself.
func (r *run) noteUnknown(o view.Object) {
	kind := o.GroupKind().String()
	if r.moves.namespace == "" || o.Namespace() != "" || r.scope(o) != "" || slices.Contains(r.unknown, kind) {
		return
	}
	r.unknown = append(r.unknown, kind)
}

func (r *run) reportUnknown() {
	if len(r.unknown) == 0 || r.config.Spec.UnknownKinds != UnknownError {
		return
	}
	slices.Sort(r.unknown)
	r.results = append(r.results, r.config.Errorf("spec.kinds",
		"it is not known whether these kinds are namespaced: %s; say it of each, such as kinds: {%s: Namespaced}, or of all with unknownKinds",
		strings.Join(r.unknown, ", "), r.unknown[0]))
}

// sealIt says what to do with a secret that is sealed for another place.
const sealIt = "seal it for this environment: eda-fn seal %s --env DIR --from-file KEY=FILE --into FILE"

// sealed refuses to move a SealedSecret that could not be unsealed then, and
// one whose template says another place than it has.
func (r *run) sealed(o view.Object) {
	s, ok := view.AsSealedSecret(o)
	if !ok || s.Scope() == view.ScopeClusterWide {
		return
	}
	from, to := s.Namespace(), s.Namespace()
	if target, moves := r.target(o); moves {
		to = target
	}
	if from == "" {
		from = s.TemplateNamespace()
	}
	switch template := s.TemplateNamespace(); {
	case from == "" && to != "":
		r.results = append(r.results, fn.Warnf(o.Ref(), "metadata.namespace",
			"is missing, though scope %s binds the secret to one; it is taken as sealed for %q", s.Scope(), to))
	case from != "" && from != to && to != "":
		r.results = append(r.results, fn.Errorf(o.Ref(), "metadata.namespace",
			"is sealed for namespace %q (scope %s) and can't be unsealed in %q; "+sealIt, from, s.Scope(), to, s.Name()))
	case template != "" && to != "" && template != to:
		r.results = append(r.results, fn.Errorf(o.Ref(), "spec.template.metadata.namespace",
			"is %q, but the object is in %q (scope %s), where it can't be unsealed; "+sealIt, template, to, s.Scope(), s.Name()))
	}
}

// serviceAccounts notes the ServiceAccounts that end in the namespace.
func (r *run) serviceAccounts(objects []view.Object) {
	r.accounts = map[string]bool{}
	for _, o := range objects {
		if !o.Is("", "ServiceAccount") {
			continue
		}
		namespace := o.Namespace()
		if to, moves := r.target(o); moves {
			namespace = to
		}
		if namespace == r.moves.namespace {
			r.accounts[o.Name()] = true
		}
	}
}

// fillSubjects gives ServiceAccount subjects without a namespace, which no API
// server takes, the one of the ServiceAccount among the objects.
func (r *run) fillSubjects(o view.Object) {
	if r.moves.namespace == "" {
		return
	}
	for _, subject := range o.Subjects() {
		if subject.IsServiceAccount() && subject.Namespace() == "" && r.accounts[subject.Name()] {
			subject.SetNamespace(r.moves.namespace)
		}
	}
}

func (r *run) reportResidue(o view.Object, ref view.Ref, found []finding) {
	if o.Namespace() == r.moves.placeholder && r.moves.placeholder != "" {
		r.config.Spec.Residue.Add(&r.results, fn.Errorf(ref, "metadata.namespace",
			"is the base's namespace %q, but the kind is cluster-scoped; remove the field", r.moves.placeholder))
	}
	for _, f := range found {
		value := f.value
		if value == "" {
			value = "the value (withheld)"
		}
		r.config.Spec.Residue.Add(&r.results, fn.Errorf(ref, f.path,
			"%s still holds the base's namespace %q; a service's address is name.%s.svc, a route's host name-%s.<domain>",
			value, r.moves.placeholder, r.moves.placeholder, r.moves.placeholder))
	}
}

// identity is what no two objects of a cluster share.
type identity struct {
	kind            view.GroupKind
	namespace, name string
}

func identities(objects []view.Object) []identity {
	ids := make([]identity, len(objects))
	for i, o := range objects {
		ids[i] = identity{kind: o.GroupKind(), namespace: o.Namespace(), name: o.Name()}
	}
	return ids
}

// clashes reports objects that a move has made one of two with the same
// identity.
func (r *run) clashes(objects []view.Object, before []identity) {
	first := map[identity]int{}
	for i, after := range identities(objects) {
		j, taken := first[after]
		if !taken {
			first[after] = i
			continue
		}
		if before[i] == before[j] {
			continue // two of them from the start
		}
		if before[i] == after {
			i = j
		}
		was, field := objects[i].Ref(), "metadata.namespace"
		if was.Namespace, was.Name = before[i].namespace, before[i].name; was.Name != after.name {
			field = "metadata.name"
		}
		r.results = append(r.results, fn.Errorf(was, field,
			"there is a %s already, so it can't become that; remove one of the two", objects[i].Ref()))
	}
}

// createNamespace adds or changes the Namespace object that the config asks
// for.
func (r *run) createNamespace(items []*yaml.RNode, objects []view.Object) []*yaml.RNode {
	create := r.config.Spec.CreateNamespace
	if create == nil {
		return items
	}
	at := slices.IndexFunc(objects, func(o view.Object) bool { return o.IsNamespace() && o.Name() == r.moves.namespace })
	var o view.Object
	if at >= 0 {
		o = objects[at]
	} else {
		o = view.NewNamespace(r.moves.namespace)
		items = append(items, o.RNode())
	}
	for _, key := range solution.Names(create.Labels) {
		o.SetLabel(key, create.Labels[key])
	}
	for _, key := range solution.Names(create.Annotations) {
		o.SetAnnotation(key, create.Annotations[key])
	}
	return items
}
