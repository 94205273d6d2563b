package view

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// HealthChecks is an object that gives Argo CD health checks, in Lua.
type HealthChecks interface {
	// HealthKinds returns the kinds that have a check.
	HealthKinds() []GroupKind
	// HealthCheck returns a kind's check, empty for none.
	HealthCheck(kind GroupKind) string
	// SetHealthCheck writes a kind's check.
	SetHealthCheck(kind GroupKind, lua string)
	// DeleteHealthCheck removes a kind's check, and the last one's place.
	DeleteHealthCheck(kind GroupKind)
}

// ArgocdCMName is the ConfigMap that Argo CD reads, in its own namespace.
const ArgocdCMName = "argocd-cm"

// ArgocdCM is a lens over Argo CD's ConfigMap.
type ArgocdCM struct{ Object }

// NewArgocdCM makes Argo CD's ConfigMap with the labels by which Argo CD finds
// it.
func NewArgocdCM(namespace string) Object {
	return OfNode(Map("apiVersion", String("v1"), "kind", String("ConfigMap"), "metadata", Map(
		"name", String(ArgocdCMName), "namespace", String(namespace),
		"labels", Map("app.kubernetes.io/name", String(ArgocdCMName), "app.kubernetes.io/part-of", String("argocd")))))
}

const healthKey = "resource.customizations.health."

func healthKeyOf(kind GroupKind) string { return healthKey + kind.Group + "_" + kind.Kind }

// HealthKinds implements HealthChecks.
func (c ArgocdCM) HealthKinds() []GroupKind {
	data := c.Lookup("data")
	var kinds []GroupKind
	for i := 0; data != nil && i+1 < len(data.Content); i += 2 {
		if rest, found := strings.CutPrefix(data.Content[i].Value, healthKey); found {
			group, kind, _ := strings.Cut(rest, "_")
			kinds = append(kinds, GroupKind{Group: group, Kind: kind})
		}
	}
	return kinds
}

// HealthCheck implements HealthChecks.
func (c ArgocdCM) HealthCheck(kind GroupKind) string { return c.Text("data", healthKeyOf(kind)) }

// SetHealthCheck implements HealthChecks.
func (c ArgocdCM) SetHealthCheck(kind GroupKind, lua string) {
	c.SetNode(literal(lua), "data", healthKeyOf(kind))
}

// DeleteHealthCheck implements HealthChecks.
func (c ArgocdCM) DeleteHealthCheck(kind GroupKind) {
	c.Delete("data", healthKeyOf(kind))
	if data := c.Lookup("data"); data != nil && len(data.Content) == 0 {
		c.Delete("data")
	}
}

// ArgoCD is a lens over the resource from which the OpenShift GitOps operator
// makes an Argo CD.
type ArgoCD struct{ Object }

// NewArgoCD makes an ArgoCD that has nothing but its name.
func NewArgoCD(namespace, name string) Object {
	return OfNode(Map("apiVersion", String(ArgoGroup+"/v1beta1"), "kind", String("ArgoCD"),
		"metadata", Map("name", String(name), "namespace", String(namespace))))
}

func (a ArgoCD) checks() []*yaml.Node { return elements(a.Lookup("spec", "resourceHealthChecks")) }

func checkKind(entry *yaml.Node) GroupKind {
	return GroupKind{Group: Text(Field(entry, "group")), Kind: Text(Field(entry, "kind"))}
}

// HealthKinds implements HealthChecks.
func (a ArgoCD) HealthKinds() []GroupKind {
	var kinds []GroupKind
	for _, entry := range a.checks() {
		kinds = append(kinds, checkKind(entry))
	}
	return kinds
}

// HealthCheck implements HealthChecks.
func (a ArgoCD) HealthCheck(kind GroupKind) string {
	for _, entry := range a.checks() {
		if checkKind(entry) == kind {
			return Text(Field(entry, "check"))
		}
	}
	return ""
}

// SetHealthCheck implements HealthChecks.
func (a ArgoCD) SetHealthCheck(kind GroupKind, lua string) {
	for _, entry := range a.checks() {
		if checkKind(entry) == kind {
			SetField(entry, "check", literal(lua))
			return
		}
	}
	list := a.Lookup("spec", "resourceHealthChecks")
	if list == nil || list.Kind != yaml.SequenceNode {
		a.SetNode(Seq(), "spec", "resourceHealthChecks")
		list = a.Lookup("spec", "resourceHealthChecks")
	}
	list.Content = append(list.Content, Map("group", String(kind.Group), "kind", String(kind.Kind), "check", literal(lua)))
	list.Style &^= yaml.FlowStyle
}

// DeleteHealthCheck implements HealthChecks.
func (a ArgoCD) DeleteHealthCheck(kind GroupKind) {
	list := a.Lookup("spec", "resourceHealthChecks")
	for i, entry := range a.checks() {
		if checkKind(entry) == kind {
			list.Content = append(list.Content[:i:i], list.Content[i+1:]...)
			break
		}
	}
	if list != nil && len(list.Content) == 0 {
		a.Delete("spec", "resourceHealthChecks")
	}
}

// literal makes a string of several lines, written as such.
func literal(text string) *yaml.Node {
	node := String(text)
	node.Style = yaml.LiteralStyle
	return node
}
