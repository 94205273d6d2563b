package view

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Where an object lives, and the objects and fields that stand for a place.

// SetNamespace writes metadata.namespace, behind metadata.name when it is new,
// and says whether it changed.
func (o Object) SetNamespace(namespace string) bool {
	metadata := Ensure(o.node, "metadata")
	if Field(metadata, "namespace") != nil {
		return SetField(metadata, "namespace", String(namespace))
	}
	at := len(metadata.Content)
	for i := 0; i+1 < len(metadata.Content); i += 2 {
		if metadata.Content[i].Value == "name" {
			at = i + 2
		}
	}
	metadata.Content = slices.Insert(metadata.Content, at, String("namespace"), String(namespace))
	return true
}

// SetName writes metadata.name and says whether it changed.
func (o Object) SetName(name string) bool {
	return o.SetNode(String(name), "metadata", "name")
}

// SetText replaces a string scalar's value, keeps its comments and its style,
// and quotes a plain one where it must (see String).
func SetText(node *yaml.Node, value string) {
	node.Value = value
	if node.Style == 0 && yaml.IsValueNonString(value) {
		node.Style = yaml.DoubleQuotedStyle
	}
}

// NewNamespace makes a v1 Namespace.
func NewNamespace(name string) Object {
	return OfNode(Map(
		"apiVersion", String("v1"),
		"kind", String("Namespace"),
		"metadata", Map("name", String(name))))
}

// IsNamespace says whether the object is a v1 Namespace.
func (o Object) IsNamespace() bool { return o.APIVersion() == "v1" && o.Kind() == "Namespace" }

// NamesNamespace says whether the object's name is a namespace: a Namespace, or
// OpenShift's Project and ProjectRequest, which are the same thing.
func (o Object) NamesNamespace() bool {
	switch o.GroupKind() {
	case GroupKind{Kind: "Namespace"},
		GroupKind{Group: "project.openshift.io", Kind: "Project"},
		GroupKind{Group: "project.openshift.io", Kind: "ProjectRequest"}:
		return true
	}
	return false
}

// Subject is one entry of a RoleBinding's or ClusterRoleBinding's subjects.
type Subject struct{ node *yaml.Node }

// Subjects returns the subjects of a RoleBinding or ClusterRoleBinding
// (Kubernetes' and OpenShift's), nil for other kinds.
func (o Object) Subjects() []Subject {
	if kind := o.Kind(); kind != "RoleBinding" && kind != "ClusterRoleBinding" {
		return nil
	}
	list := o.Lookup("subjects")
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	var subjects []Subject
	for _, node := range list.Content {
		if node.Kind == yaml.MappingNode {
			subjects = append(subjects, Subject{node})
		}
	}
	return subjects
}

// IsServiceAccount says whether the subject is a ServiceAccount: the one kind
// of subject that has a namespace.
func (s Subject) IsServiceAccount() bool {
	return Text(Field(s.node, "kind")) == "ServiceAccount"
}

// Name returns the subject's name.
func (s Subject) Name() string { return Text(Field(s.node, "name")) }

// Namespace returns the subject's namespace, empty when it has none.
func (s Subject) Namespace() string { return Text(Field(s.node, "namespace")) }

// Where returns the namespace that the subject is in: a ServiceAccount's, also
// as a user (system:serviceaccount:<ns>:<name>), and that of a group of
// ServiceAccounts (system:serviceaccounts:<ns>); empty for none.
func (s Subject) Where() string {
	if s.IsServiceAccount() {
		return s.Namespace()
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(s.Name(), "system:"), ":")
	if !strings.HasPrefix(s.Name(), "system:") || kind != "serviceaccount" && kind != "serviceaccounts" {
		return ""
	}
	namespace, _, _ := strings.Cut(rest, ":")
	return namespace
}

// SetNamespace writes the subject's namespace and says whether it changed.
func (s Subject) SetNamespace(namespace string) bool {
	return SetField(s.node, "namespace", String(namespace))
}

// RecordAnnotation says whether an annotation is a record of the past: a host's
// bookkeeping (InternalAnnotation), where kpt got the object from, what kubectl
// applied last. Nothing rewrites what it says.
func RecordAnnotation(key string) bool {
	return InternalAnnotation(key) || strings.HasPrefix(key, "internal.kpt.dev/") ||
		key == "kubectl.kubernetes.io/last-applied-configuration"
}
