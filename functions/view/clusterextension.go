package view

import "sigs.k8s.io/kustomize/kyaml/yaml"

// ExtensionGroup is the API group of OLM v1.
const ExtensionGroup = "olm.operatorframework.io"

// catalogNameLabel is on each ClusterCatalog, with its name.
const catalogNameLabel = ExtensionGroup + "/metadata.name"

// ClusterExtension is a lens over OLM v1's ClusterExtension
// (olm.operatorframework.io/v1), which has no namespace of its own.
type ClusterExtension struct{ Object }

// ClusterExtensions returns those among the objects that get deployed.
func ClusterExtensions(items []*yaml.RNode) []ClusterExtension {
	var out []ClusterExtension
	for _, o := range Manifests(items) {
		if o.Is(ExtensionGroup, "ClusterExtension") {
			out = append(out, ClusterExtension{o})
		}
	}
	return out
}

// NewClusterExtension makes a ClusterExtension with nothing in its spec.
func NewClusterExtension(name string) ClusterExtension {
	return ClusterExtension{OfNode(Map(
		"apiVersion", String(ExtensionGroup+"/v1"), "kind", String("ClusterExtension"),
		"metadata", Map("name", String(name)), "spec", Map(),
	))}
}

// Extension turns a Subscription into a ClusterExtension with nothing in its
// spec: the same object, its name and labels kept.
func (s Subscription) Extension() ClusterExtension {
	s.Set(ExtensionGroup+"/v1", "apiVersion")
	s.Set("ClusterExtension", "kind")
	s.Delete("metadata", "namespace")
	s.SetNode(Map(), "spec")
	return ClusterExtension(s)
}

// Package returns the OLM package.
func (e ClusterExtension) Package() string {
	return e.Text("spec", "source", "catalog", "packageName")
}

// Channel returns the first of the channels, empty when any will do.
func (e ClusterExtension) Channel() string {
	channels := e.Lookup("spec", "source", "catalog", "channels")
	if channels == nil || channels.Kind != yaml.SequenceNode || len(channels.Content) == 0 {
		return ""
	}
	return Text(channels.Content[0])
}

// PackageVersion returns the version, or the range of versions, that is
// installed.
func (e ClusterExtension) PackageVersion() string {
	return e.Text("spec", "source", "catalog", "version")
}

// InstallNamespace returns spec.namespace, where the operator's pods are.
func (e ClusterExtension) InstallNamespace() string { return e.Text("spec", "namespace") }

// Install writes where the operator goes and who installs it, and returns the
// latter: one that is named already stays.
func (e ClusterExtension) Install(namespace, serviceAccount string) string {
	e.Set(namespace, "spec", "namespace")
	if named := e.ServiceAccount(); named != "" {
		return named
	}
	e.Set(serviceAccount, "spec", "serviceAccount", "name")
	return serviceAccount
}

// ServiceAccount returns the name of the ServiceAccount that installs.
func (e ClusterExtension) ServiceAccount() string { return e.Text("spec", "serviceAccount", "name") }

// Take writes the package that is installed: of one channel and one version, or
// range of versions, where they are said. Upgrades are those that the catalog
// provides, unless it says otherwise already.
func (e ClusterExtension) Take(olmPackage, channel, version string) {
	e.Set("Catalog", "spec", "source", "sourceType")
	e.Set(olmPackage, "spec", "source", "catalog", "packageName")
	if channel != "" {
		e.SetNode(Seq(String(channel)), "spec", "source", "catalog", "channels")
	}
	if version != "" {
		e.Set(version, "spec", "source", "catalog", "version")
	}
	policy := []string{"spec", "source", "catalog", "upgradeConstraintPolicy"}
	if e.Text(policy...) == "" {
		e.Set("CatalogProvided", policy...)
	}
}

// From writes the ClusterCatalog that the package is taken from.
func (e ClusterExtension) From(catalog string) {
	e.Set(catalog, "spec", "source", "catalog", "selector", "matchLabels", catalogNameLabel)
}
