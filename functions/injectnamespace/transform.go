package injectnamespace

import (
	"fmt"
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
	r := run{config: c, scopes: view.ScopesOf(items)}
	r.readKinds()
	objects := view.Manifests(items)
	m, problems := c.moves(s, environment, r.inputMatcher(s, objects))
	if results = append(results, problems...); results.Failed() {
		return items, results
	}
	r.moves = m
	m.readNamespaces(objects)
	others := c.others(s, m)
	r.seek, r.severalEnvironments = r.seeker(others), len(others) > 0
	before := identities(objects)
	r.serviceAccounts(objects)
	r.readOwners(objects)
	for _, o := range objects {
		r.object(o)
	}
	r.clashes(objects, before)
	r.labels(objects)
	r.reportUnknown()
	r.reportIdle(s, objects)
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
	// seek finds what should not be left, nil for nothing; left says what each
	// of it is.
	seek *moves
	left map[string]left
	// severalEnvironments says that other environments are known.
	severalEnvironments bool
	// accounts are the ServiceAccounts that end in moves.namespace, by name.
	accounts map[string]bool
	results  fn.Results
}

// readKinds reads spec.kinds. What is known otherwise stands before them, so
// that one that says something else has no effect: a warning.
func (r *run) readKinds() {
	r.kinds = map[view.GroupKind]view.Scope{}
	for _, name := range solution.Names(r.config.Spec.Kinds) {
		gk, err := view.ParseGroupKind(name)
		if err != nil {
			continue // Validate said so
		}
		said := r.config.Spec.Kinds[name]
		if known := r.scopes.Of(gk); known != "" && known != said {
			r.results = append(r.results, r.config.Warnf("spec."+view.Path("kinds", name),
				"is %q and has no effect, since the kind is known as %s; remove the line, or, if yours is another kind of that name, add its CustomResourceDefinition (local-config will do)", said, known))
		}
		r.kinds[gk] = said
	}
}

// scope returns the scope of an object's kind; empty when nobody knows it. The
// user's own word is the last one.
func (r *run) scope(o view.Object) view.Scope {
	if known := r.scopes.Of(o.GroupKind()); known != "" {
		return known
	}
	return r.kinds[o.GroupKind()]
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
	r.sealed(o)
	r.reportBinding(o)
	ref := o.Ref()
	w := r.newWalker(r.moves, o)
	r.place(o, w)
	w.walk(o.Node(), place{outside: w.outside})
	r.fillSubjects(o, w) // after the walk, which would take it for the input's
	r.reportScripts(ref, w.refused)
	r.reportResidue(o, ref, w.found)
	if r.seek != nil {
		left := r.newWalker(r.seek, o)
		left.walk(o.Node(), place{})
		r.reportLeft(o, ref, left.found)
	}
	r.report(o, w.notes)
}

// inside says whether an object is in the environment: in one of its
// namespaces, before or after the move, or, without one, wherever the package
// is applied.
func (r *run) inside(o view.Object) bool {
	namespace := o.Namespace()
	if to, moves := r.target(o); moves {
		namespace = to
	}
	if namespace == "" {
		return r.scope(o) != view.Cluster
	}
	return r.moves.ours(namespace)
}

// place gives an object its name and its namespace.
func (r *run) place(o view.Object, w *walker) {
	if to, changes := r.newName(o, w.outside); changes {
		w.noteField("metadata.name", o.Name(), to)
		o.SetName(to)
	}
	if to, moves := r.target(o); moves {
		w.noteField("metadata.namespace", o.Namespace(), to)
		o.SetNamespace(to)
	}
}

// newName returns what an object is to be called, and whether that is
// something else than now.
func (r *run) newName(o view.Object, outside bool) (string, bool) {
	name := o.Name()
	if o.NamesNamespace() {
		return r.moves.of(name)
	}
	if to, found := r.moves.names[name]; found {
		return to, to != name
	}
	if o.BindsEverywhere() {
		return r.bindingName(o)
	}
	if outside || r.moves.owners == nil {
		return "", false
	}
	if to, found := r.moves.owners[o.OwnerClass()].to[name]; found {
		return to, to != name
	}
	if o.OwnedSecret() {
		t := text{moves: r.moves}
		return t.derived(name)
	}
	return "", false
}

// noteUnknown remembers the kind of an object that would get the namespace, for
// want of one or in place of the matcher, if its kind has them.
func (r *run) noteUnknown(o view.Object) {
	if r.config.Spec.UnknownKinds != UnknownError || r.scope(o) != "" || r.atItsWord(o) {
		return
	}
	if kind := o.GroupKind().String(); r.moves.namespace != "" && !slices.Contains(r.unknown, kind) {
		r.unknown = append(r.unknown, kind)
	}
}

// atItsWord says whether an object says its namespace and that is answer
// enough: it stays there; rename.namespaces names it, so that all that is in it
// moves; or the config is a ConfigMap, whose users know it so from
// set-namespace.
func (r *run) atItsWord(o view.Object) bool {
	namespace := o.Namespace()
	if namespace == "" {
		return false
	}
	_, named := r.config.Spec.Rename.Namespaces[namespace]
	_, moves := r.moves.of(namespace)
	return named || !moves || r.config.FromConfigMap
}

func (r *run) reportUnknown() {
	if len(r.unknown) == 0 {
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
	if s.Scope() == view.ScopeStrict {
		r.sealedName(s)
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

// sealedName refuses another name than the one that a secret is sealed for.
func (r *run) sealedName(s view.SealedSecret) {
	to, renamed := r.newName(s.Object, !r.inside(s.Object))
	switch template := s.TemplateName(); {
	case renamed:
		r.results = append(r.results, fn.Errorf(s.Ref(), "metadata.name",
			"is sealed for the name %q (scope %s) and can't be unsealed as %q; "+sealIt, s.Name(), s.Scope(), to, to))
	case template != "" && template != s.Name():
		r.results = append(r.results, fn.Errorf(s.Ref(), "spec.template.metadata.name",
			"is %q, but the object is called %q (scope %s), so it can't be unsealed; "+sealIt, template, s.Name(), s.Scope(), s.Name()))
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
func (r *run) fillSubjects(o view.Object, w *walker) {
	if r.moves.namespace == "" {
		return
	}
	for i, subject := range o.Subjects() {
		if subject.IsServiceAccount() && subject.Namespace() == "" && r.accounts[subject.Name()] {
			w.noteField(fmt.Sprintf("subjects[%d].namespace", i), "", r.moves.namespace)
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
	w := &walker{record: r.config.Spec.Report}
	var o view.Object
	if at >= 0 {
		o = objects[at]
	} else {
		o = view.NewNamespace(r.moves.namespace)
		items = append(items, o.RNode())
		w.noteField("metadata.name", "", o.Name())
	}
	for _, key := range solution.Names(create.Labels) {
		old, _ := o.Label(key)
		w.noteField(view.Path("metadata", "labels", key), old, create.Labels[key])
		o.SetLabel(key, create.Labels[key])
	}
	for _, key := range solution.Names(create.Annotations) {
		old, _ := o.Annotation(key)
		w.noteField(view.Path("metadata", "annotations", key), old, create.Annotations[key])
		o.SetAnnotation(key, create.Annotations[key])
	}
	r.report(o, w.notes)
	return items
}
