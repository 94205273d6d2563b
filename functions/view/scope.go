package view

import (
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Scope says whether the objects of a kind live in a namespace. The values are
// those of a CustomResourceDefinition's spec.scope; empty is unknown.
type Scope string

// The two scopes.
const (
	Namespaced Scope = "Namespaced"
	Cluster    Scope = "Cluster"
)

// Enum lists the values.
func (Scope) Enum() []string { return []string{string(Namespaced), string(Cluster)} }

// GroupKind returns the object's group and kind.
func (o Object) GroupKind() GroupKind { return GroupKind{Group: o.Group(), Kind: o.Kind()} }

// String is the form that people write: apps/Deployment, and Secret for a kind
// of the core group.
func (gk GroupKind) String() string {
	if gk.Group == "" {
		return gk.Kind
	}
	return gk.Group + "/" + gk.Kind
}

var writtenGroupKind = regexp.MustCompile(`^([a-z0-9][-a-z0-9.]*/)?[A-Z][A-Za-z0-9]*$`)

var versionLike = regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?/`)

// ParseGroupKind reads GroupKind's written form. A version in it is an error:
// the scope is that of all versions.
func ParseGroupKind(text string) (GroupKind, error) {
	if !writtenGroupKind.MatchString(text) || versionLike.MatchString(text) {
		return GroupKind{}, fmt.Errorf("%q is no group and kind; expected the form example.com/Widget, without a version", text)
	}
	group, kind, found := strings.Cut(text, "/")
	if !found {
		return GroupKind{Kind: text}, nil
	}
	return GroupKind{Group: group, Kind: kind}, nil
}

// CRD returns the kind that a CustomResourceDefinition defines and its scope,
// and whether the object is one that says both.
func (o Object) CRD() (GroupKind, Scope, bool) {
	if !o.Is("apiextensions.k8s.io", "CustomResourceDefinition") {
		return GroupKind{}, "", false
	}
	gk := GroupKind{Group: o.Text("spec", "group"), Kind: o.Text("spec", "names", "kind")}
	scope := Scope(o.Text("spec", "scope"))
	return gk, scope, gk.Group != "" && gk.Kind != "" && (scope == Namespaced || scope == Cluster)
}

// Scopes tells which kinds are namespaced.
type Scopes struct {
	defined map[GroupKind]Scope
}

// ScopesOf reads the CustomResourceDefinitions among items. One that is
// local-config counts as well: nobody deploys it, but it says what its kind is.
func ScopesOf(items []*yaml.RNode) Scopes {
	defined := map[GroupKind]Scope{}
	for _, item := range items {
		if gk, scope, ok := Of(item).CRD(); ok {
			defined[gk] = scope
		}
	}
	return Scopes{defined: defined}
}

// Of returns the scope of a kind: as Kubernetes has it, as the items define it,
// or as the shipped table of products says, in this order; empty when none of
// them knows it.
func (s Scopes) Of(gk GroupKind) Scope {
	if scope := kubernetesKinds[gk.Group].scope(gk.Kind); scope != "" {
		return scope
	}
	if scope := s.defined[gk]; scope != "" {
		return scope
	}
	if kinds, found := productKinds[gk.Group]; found {
		return kinds.scope(gk.Kind)
	}
	if _, domain, found := strings.Cut(gk.Group, "."); found {
		return productFamilies[domain].scope(gk.Kind)
	}
	return ""
}

// kindScopes are the kinds of one API group, each list separated by blanks. A
// list that is "*" holds every kind that the other does not.
type kindScopes struct {
	namespaced, cluster string
}

func (k kindScopes) scope(kind string) Scope {
	switch {
	case holds(k.namespaced, kind):
		return Namespaced
	case holds(k.cluster, kind):
		return Cluster
	case k.namespaced == "*":
		return Namespaced
	case k.cluster == "*":
		return Cluster
	}
	return ""
}

// holds says whether a word is in a list separated by blanks.
func holds(list, word string) bool {
	for word != "" && list != "" {
		first, rest, _ := strings.Cut(list, " ")
		if first == word {
			return true
		}
		list = rest
	}
	return false
}
