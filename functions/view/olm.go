package view

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// MisshapenConfig returns the path of a part of a Subscription's spec.config
// that is neither missing nor of its kind, empty when there is none.
func (s Subscription) MisshapenConfig() string {
	for _, path := range [][]string{
		{"spec", "config"}, {"spec", "config", "resources"}, {"spec", "config", "resources", "requests"},
		{"spec", "config", "resources", "limits"}, {"spec", "config", "nodeSelector"},
	} {
		if wrongKind(s.Lookup(path...), yaml.MappingNode) {
			return Path(path...)
		}
	}
	if wrongKind(s.Lookup("spec", "config", "env"), yaml.SequenceNode) {
		return "spec.config.env"
	}
	return ""
}

// SetEnv writes an environment variable of the operator's containers; one that
// came from a Secret or a ConfigMap gets a value of its own.
func (s Subscription) SetEnv(name, value string) {
	list := s.Lookup("spec", "config", "env")
	if list == nil {
		list = Seq()
		s.SetNode(list, "spec", "config", "env")
		list = s.Lookup("spec", "config", "env")
	}
	for _, entry := range list.Content {
		if Text(Field(entry, "name")) == name {
			DeleteField(entry, "valueFrom")
			SetField(entry, "value", String(value))
			return
		}
	}
	list.Content = append(list.Content, Map("name", String(name), "value", String(value)))
}

// SetResource writes a quantity of the operator's containers:
// SetResource("limits", "memory", "1Gi").
func (s Subscription) SetResource(bound, resource, quantity string) {
	s.Set(quantity, "spec", "config", "resources", bound, resource)
}

// SetNodeSelector writes a label of the nodes that the operator may run on.
func (s Subscription) SetNodeSelector(label, value string) {
	s.Set(value, "spec", "config", "nodeSelector", label)
}

// CatalogSource is a lens over OLM's CatalogSource
// (operators.coreos.com/v1alpha1).
type CatalogSource struct{ Object }

// CatalogSources returns OLM's CatalogSources among the objects that get
// deployed.
func CatalogSources(items []*yaml.RNode) []CatalogSource {
	var out []CatalogSource
	for _, o := range Manifests(items) {
		if o.Is(OLMGroup, "CatalogSource") {
			out = append(out, CatalogSource{o})
		}
	}
	return out
}

// Image returns spec.image.
func (c CatalogSource) Image() string { return c.Text("spec", "image") }

// SetImage writes spec.image.
func (c CatalogSource) SetImage(image string) { c.Set(image, "spec", "image") }

// DropPoll removes spec.updateStrategy.registryPoll, and updateStrategy when
// nothing else is in it.
func (c CatalogSource) DropPoll() {
	c.Delete("spec", "updateStrategy", "registryPoll")
	if strategy := c.Lookup("spec", "updateStrategy"); strategy != nil && len(strategy.Content) == 0 {
		c.Delete("spec", "updateStrategy")
	}
}

// OperatorGroup is a lens over OLM's OperatorGroup (operators.coreos.com/v1).
type OperatorGroup struct{ Object }

// OperatorGroups returns OLM's OperatorGroups among the objects that get
// deployed.
func OperatorGroups(items []*yaml.RNode) []OperatorGroup {
	var out []OperatorGroup
	for _, o := range Manifests(items) {
		if o.Is(OLMGroup, "OperatorGroup") {
			out = append(out, OperatorGroup{o})
		}
	}
	return out
}

// Modes of OLM's OperatorGroups.
const (
	AllNamespaces   = "AllNamespaces"
	MultiNamespace  = "MultiNamespace"
	OwnNamespace    = "OwnNamespace"
	SingleNamespace = "SingleNamespace"
)

// Mode returns the install mode that the group asks for, empty when a selector
// decides it in the cluster.
func (g OperatorGroup) Mode() string {
	if selector := g.Lookup("spec", "selector"); selector != nil && len(selector.Content) > 0 {
		return ""
	}
	list := g.Lookup("spec", "targetNamespaces")
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return AllNamespaces
	}
	var targets []string
	for _, target := range list.Content {
		targets = append(targets, Text(target))
	}
	slices.Sort(targets)
	targets = slices.Compact(targets)
	switch {
	case len(targets) > 1:
		return MultiNamespace
	case targets[0] == "":
		return AllNamespaces
	case targets[0] == g.Namespace():
		return OwnNamespace
	default:
		return SingleNamespace
	}
}
