package sealsecrets

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// kustomize adds namePrefix and nameSuffix before it calls a function, and
// rewrites the references to what it renamed when all is built. A Secret that
// has become a SealedSecret by then is none that it looks for, so what names the
// Secret is rewritten here, by the rules that kustomize has for Secrets.

// Bookkeeping by which kustomize says what it renamed.
const (
	kustomizePreviousNames = "internal.config.kubernetes.io/previousNames"
	kustomizePrefixes      = "internal.config.kubernetes.io/prefixes"
	kustomizeSuffixes      = "internal.config.kubernetes.io/suffixes"
)

// renamed is a Secret, plain or sealed, with the names that it had.
type renamed struct {
	object view.Object
	// ref is where it is now.
	ref view.Ref
	// before are the names that it had and has no more.
	before []string
	affixes
}

// affixes are what kustomize put around a name, from the inside out.
type affixes struct{ prefixes, suffixes []string }

func affixesOf(o view.Object) affixes {
	list := func(annotation string) []string {
		text, _ := o.Annotation(annotation)
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	}
	return affixes{prefixes: list(kustomizePrefixes), suffixes: list(kustomizeSuffixes)}
}

// equal says whether two objects come from the same kustomizations, as far as
// their names tell; lenient takes one without any for a match.
func (a affixes) equal(b affixes, lenient bool) bool {
	match := func(a, b []string) bool {
		if len(a) > len(b) {
			a, b = b, a
		}
		if len(a) == 0 {
			return lenient || len(b) == 0
		}
		return slices.Equal(a, b[len(b)-len(a):])
	}
	return match(a.prefixes, b.prefixes) && match(a.suffixes, b.suffixes)
}

// before returns the names that an object had before kustomize renamed it.
func before(o view.Object) []string {
	previous, _ := o.Annotation(kustomizePreviousNames)
	var names []string
	for name := range strings.SplitSeq(previous, ",") {
		if name != "" && name != o.Name() && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// called says whether an object has a name, or had it in its own folder: what a
// config names does not change with a namePrefix around both.
func called(o view.Object, name string) bool {
	return o.Name() == name || slices.Contains(before(o), name)
}

// references are the Secrets of a list and how they were called.
type references struct {
	secrets []renamed
	scopes  view.Scopes
}

// referencesOf reads the names before anything is sealed. It is empty, and costs
// nothing, where kustomize has renamed no Secret.
func referencesOf(items []*yaml.RNode) references {
	var r references
	some := false
	for _, o := range view.Manifests(items) {
		_, plain := view.AsSecret(o)
		if _, sealed := view.AsSealedSecret(o); !plain && !sealed {
			continue
		}
		one := renamed{object: o, ref: identity(o), before: before(o), affixes: affixesOf(o)}
		some = some || len(one.before) > 0
		r.secrets = append(r.secrets, one)
	}
	if !some {
		return references{}
	}
	r.scopes = view.ScopesOf(items)
	return r
}

// rewrite makes whatever names a Secret by a name that it had name it by the
// one that it has.
func (r references) rewrite(items []*yaml.RNode) fn.Results {
	if len(r.secrets) == 0 {
		return nil
	}
	results := r.chains()
	for _, o := range view.Manifests(items) {
		own := affixesOf(o)
		for _, reference := range o.SecretReferences() {
			found := r.candidates(o, own, reference)
			switch {
			case len(found) == 0:
			case slices.ContainsFunc(found, func(one renamed) bool { return one.ref.Name != found[0].ref.Name }):
				results = append(results, fn.Errorf(o.Ref(), reference.Path, "%q was the name of several Secrets before kustomize renamed them (%s), and which one is meant cannot be told; give them different names in their bases",
					reference.Name, namesOf(found)))
			case found[0].ref.Name != reference.Name:
				reference.Rename(found[0].ref.Name)
			}
		}
	}
	return results
}

// candidates are the Secrets that a reference may mean: those of its namespace
// that have or had the name and, where there are several, come from the same
// kustomizations as the object that names them.
func (r references) candidates(o view.Object, own affixes, reference view.SecretReference) []renamed {
	found := r.having(reference.Name, func(one renamed) bool {
		switch {
		case reference.Namespace != "":
			return one.ref.Namespace == reference.Namespace
		case o.Namespace() == "" && r.scopes.Of(o.GroupKind()) == view.Cluster:
			return true
		}
		return effective(one.ref.Namespace) == effective(o.Namespace())
	})
	all := found
	for _, lenient := range []bool{true, false} {
		if len(found) > 1 {
			found = slices.DeleteFunc(slices.Clone(found), func(one renamed) bool { return !one.equal(own, lenient) })
		}
	}
	if len(found) == 0 {
		return all // kustomize leaves such a reference as it is, to a name that is gone
	}
	return found
}

func (r references) having(name string, where func(renamed) bool) []renamed {
	var found []renamed
	for _, one := range r.secrets {
		if (one.ref.Name == name || slices.Contains(one.before, name)) && where(one) {
			found = append(found, one)
		}
	}
	return found
}

// effective is a namespace as kustomize compares it.
func effective(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}

// chains finds a name that one Secret has and another one of the same
// kustomizations had: what it means would change from run to run.
func (r references) chains() fn.Results {
	var results fn.Results
	for _, one := range r.secrets {
		for _, other := range r.secrets {
			if one.ref != other.ref && one.ref.Namespace == other.ref.Namespace && slices.Contains(one.before, other.ref.Name) && one.equal(other.affixes, false) {
				results = append(results, fn.Errorf(one.object.Ref(), "metadata.name", "was %q before kustomize renamed it (namePrefix or nameSuffix), and now another Secret has that name, so which one a reference means cannot be told; give one of them another name in its base", other.ref.Name))
			}
		}
	}
	return results
}

func namesOf(secrets []renamed) string {
	var names []string
	for _, one := range secrets {
		names = append(names, one.ref.Name)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
