package view

import "sigs.k8s.io/kustomize/kyaml/yaml"

// ApplicationSet is a lens over Argo CD's ApplicationSet.
type ApplicationSet struct{ Object }

// ApplicationSets returns the ApplicationSets that get deployed.
func ApplicationSets(items []*yaml.RNode) []ApplicationSet {
	var out []ApplicationSet
	for _, o := range Manifests(items) {
		if o.Is(ArgoGroup, "ApplicationSet") {
			out = append(out, ApplicationSet{o})
		}
	}
	return out
}

// NewApplicationSet makes an ApplicationSet that has nothing but its name.
func NewApplicationSet(namespace, name string) ApplicationSet {
	return ApplicationSet{newArgoObject("ApplicationSet", namespace, name)}
}

// SetList makes the one generator a list of these elements, for Go templates in
// which a missing key is an error.
func (s ApplicationSet) SetList(elements []*yaml.Node) {
	s.SetNode(Bool(true), "spec", "goTemplate")
	s.SetNode(Seq(String("missingkey=error")), "spec", "goTemplateOptions")
	s.SetNode(Seq(Map("list", Map("elements", Seq(elements...)))), "spec", "generators")
}

// SetSyncPolicy writes what may happen to the Applications.
func (s ApplicationSet) SetSyncPolicy(applicationsSync string, preserveResources bool) {
	s.Set(applicationsSync, "spec", "syncPolicy", "applicationsSync")
	s.SetNode(Bool(preserveResources), "spec", "syncPolicy", "preserveResourcesOnDeletion")
}

// Template is the template, which has an Application's metadata and spec.
func (s ApplicationSet) Template() Application {
	return Application{OfNode(Ensure(s.node, "spec", "template"))}
}

// Elements returns the elements of all list generators; complete is false when
// there are generators of other kinds as well.
func (s ApplicationSet) Elements() (list []*yaml.Node, complete bool) {
	complete = true
	for _, generator := range elements(s.Lookup("spec", "generators")) {
		if found := Lookup(generator, "list", "elements"); found != nil && len(generator.Content) == 2 {
			list = append(list, elements(found)...)
			continue
		}
		complete = false
	}
	return list, complete
}
