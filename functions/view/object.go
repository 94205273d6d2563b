// Package view reads and edits manifests in place: an Object is a lens over
// the node of one item, and each lens built on it (Subscription, EventStreams,
// Workload, ...) names a field path once.
//
// A setter changes a node only when the value differs, and keeps the comments
// and the style of what it changes and of everything beside it. No lens ever
// decodes an item to a map and back.
package view

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// LocalConfigAnnotation marks an object that functions read and nobody
// deploys, when its value is not "false" (kustomize's own rule).
const LocalConfigAnnotation = "config.kubernetes.io/local-config"

// Object is a lens over one item. The zero Object has no node: its getters
// return zero values and its setters panic.
type Object struct {
	node *yaml.Node
}

// Of returns the lens of an item; the document node that kyaml sometimes wraps
// around an item is looked through.
func Of(item *yaml.RNode) Object {
	if item.IsNil() {
		return Object{}
	}
	return OfNode(item.YNode())
}

// OfNode returns the lens of a mapping node.
func OfNode(node *yaml.Node) Object {
	if node != nil && node.Kind == yaml.DocumentNode && len(node.Content) == 1 {
		node = node.Content[0]
	}
	if node == nil || node.Kind != yaml.MappingNode {
		return Object{}
	}
	return Object{node: node}
}

// Objects returns a lens for every item that has apiVersion, kind and a name;
// others (a kustomization.yaml among kpt's items, for one) are left out.
func Objects(items []*yaml.RNode) []Object {
	objects := make([]Object, 0, len(items))
	for _, item := range items {
		o := Of(item)
		if o.APIVersion() == "" || o.Kind() == "" || o.Name() == "" {
			continue
		}
		objects = append(objects, o)
	}
	return objects
}

// Node returns the mapping node, nil for the zero Object.
func (o Object) Node() *yaml.Node { return o.node }

// RNode returns the item as kyaml's type, on the same node.
func (o Object) RNode() *yaml.RNode { return yaml.NewRNode(o.node) }

// IsZero says that there is no object.
func (o Object) IsZero() bool { return o.node == nil }

// APIVersion returns apiVersion.
func (o Object) APIVersion() string { return o.Text("apiVersion") }

// Kind returns kind.
func (o Object) Kind() string { return o.Text("kind") }

// Name returns metadata.name.
func (o Object) Name() string { return o.Text("metadata", "name") }

// Namespace returns metadata.namespace, empty when there is none.
func (o Object) Namespace() string { return o.Text("metadata", "namespace") }

// Group returns the API group of apiVersion, empty for the core group.
func (o Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion(), "/")
	if !found {
		return ""
	}
	return group
}

// Version returns the version of apiVersion, such as v1beta2.
func (o Object) Version() string {
	api := o.APIVersion()
	return api[strings.LastIndexByte(api, '/')+1:]
}

// Is says whether the object is of this group and kind, in any version.
func (o Object) Is(group, kind string) bool {
	return o.Kind() == kind && o.Group() == group
}

// Ref names the object in results and messages.
func (o Object) Ref() Ref {
	return Ref{APIVersion: o.APIVersion(), Kind: o.Kind(), Namespace: o.Namespace(), Name: o.Name()}
}

// LocalConfig says whether the object is for functions only (see
// LocalConfigAnnotation).
func (o Object) LocalConfig() bool {
	value, found := o.Annotation(LocalConfigAnnotation)
	return found && value != "false"
}

// Lookup returns the node at a path of mapping keys, nil when any step is
// missing, null or no mapping.
func (o Object) Lookup(path ...string) *yaml.Node {
	return Lookup(o.node, path...)
}

// Text returns the scalar at a path, as written and without quotes; empty when
// it is missing, null or no scalar.
func (o Object) Text(path ...string) string {
	return Text(o.Lookup(path...))
}

// Set writes a string at a path, creates the mappings on the way, and says
// whether anything changed. An equal value, however quoted, is left as it is.
func (o Object) Set(value string, path ...string) bool {
	return o.SetNode(String(value), path...)
}

// SetScalar is Set with a YAML tag such as !!int or !!bool.
func (o Object) SetScalar(value, tag string, path ...string) bool {
	return o.SetNode(&yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}, path...)
}

// SetNode writes a node at a path, creates the mappings on the way, and says
// whether anything changed. An equal node is left as it is; a changed scalar
// keeps its comments and its style.
func (o Object) SetNode(value *yaml.Node, path ...string) bool {
	parent := Ensure(o.node, path[:len(path)-1]...)
	return SetField(parent, path[len(path)-1], value)
}

// Delete removes the field at a path and says whether it was there. Mappings
// that it leaves empty stay.
func (o Object) Delete(path ...string) bool {
	return DeleteField(o.Lookup(path[:len(path)-1]...), path[len(path)-1])
}

// Annotation returns one annotation and whether it is there.
func (o Object) Annotation(key string) (string, bool) {
	return scalarField(o.Lookup("metadata", "annotations"), key)
}

// Label returns one label and whether it is there.
func (o Object) Label(key string) (string, bool) {
	return scalarField(o.Lookup("metadata", "labels"), key)
}

// SetAnnotation writes one annotation and says whether it changed.
func (o Object) SetAnnotation(key, value string) bool {
	return o.Set(value, "metadata", "annotations", key)
}

// SetLabel writes one label and says whether it changed.
func (o Object) SetLabel(key, value string) bool {
	return o.Set(value, "metadata", "labels", key)
}

// InternalAnnotation says whether an annotation is a host's bookkeeping
// (paths, indexes, ids, previous names): never content, never changed.
func InternalAnnotation(key string) bool {
	switch key {
	case "config.kubernetes.io/index", "config.kubernetes.io/path", "config.kubernetes.io/id",
		"config.k8s.io/id", "kustomize.config.k8s.io/id":
		return true
	}
	return strings.HasPrefix(key, "internal.config.kubernetes.io/")
}

// FunctionAnnotations are the annotations that make an object a function's
// config for a host.
var FunctionAnnotations = []string{"config.kubernetes.io/function", "config.k8s.io/function"}

// OwnGroup is the API group of this project's objects.
const OwnGroup = "fn.eda-gitops.io"

// EntryType returns what the entries of a typed list (SecretList) are where they
// do not say it themselves, as API servers read it; both are empty for a List,
// and for what is no list.
func (o Object) EntryType() (apiVersion, kind string) {
	kind, list := strings.CutSuffix(o.Kind(), "List")
	if !list || kind == "" || o.APIVersion() == "" {
		return "", ""
	}
	return o.APIVersion(), kind
}

// Untyped says whether a node is a mapping with neither apiVersion nor kind.
func Untyped(node *yaml.Node) bool {
	o := OfNode(node)
	return !o.IsZero() && o.APIVersion() == "" && o.Kind() == ""
}

// Type returns a copy of an untyped node with apiVersion and kind in front.
func Type(node *yaml.Node, apiVersion, kind string) *yaml.Node {
	typed := *OfNode(node).node
	typed.Content = append(Map("apiVersion", String(apiVersion), "kind", String(kind)).Content, typed.Content...)
	return &typed
}

// Manifest says whether the object is one that gets deployed: it has
// apiVersion, kind and a name, and is no local-config object, no function's
// config, no Kptfile, kustomization or object of this project's group.
func (o Object) Manifest() bool {
	if o.APIVersion() == "" || o.Kind() == "" || o.Name() == "" || o.LocalConfig() {
		return false
	}
	for _, key := range FunctionAnnotations {
		if _, found := o.Annotation(key); found {
			return false
		}
	}
	switch o.Group() {
	case OwnGroup, "kpt.dev", "kustomize.config.k8s.io":
		return false
	}
	return true
}

// Manifests returns the objects that get deployed (see Object.Manifest).
func Manifests(items []*yaml.RNode) []Object {
	var out []Object
	for _, o := range Objects(items) {
		if o.Manifest() {
			out = append(out, o)
		}
	}
	return out
}
