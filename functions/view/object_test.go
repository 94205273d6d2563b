package view_test

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// TestObject reads what is there, and nothing where there is nothing.
func TestObject(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		text   string
		want   string // apiVersion group version kind namespace name
	}{
		"all":         {"", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: rt}", `"apps/v1" "apps" "v1" "Deployment" "rt" "web"`},
		"core":        {"the core group has no name", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}", `"v1" "" "v1" "Secret" "" "db"`},
		"quoted":      {"quotes are no value", "apiVersion: 'v1'\nkind: \"Secret\"\nmetadata: {name: '1'}", `"v1" "" "v1" "Secret" "" "1"`},
		"nothing":     {"a kustomization.yaml", "resources: [a]", `"" "" "" "" "" ""`},
		"nulls":       {"null says nothing", "apiVersion: ~\nkind:\nmetadata: {name: null}", `"" "" "" "" "" ""`},
		"no metadata": {"null says nothing", "kind: A\nmetadata:", `"" "" "" "A" "" ""`},
		"odd types":   {"a map is no name", "apiVersion: [v1]\nkind: {a: b}\nmetadata: {name: [x]}", `"" "" "" "" "" ""`},
		"metadata":    {"text has no fields", "kind: A\nmetadata: x", `"" "" "" "A" "" ""`},
		"empty":       {"", "{}", `"" "" "" "" "" ""`},
		"list":        {"no object", "[a]", `"" "" "" "" "" ""`},
		"scalar":      {"no object", "a", `"" "" "" "" "" ""`},
		"null":        {"no object", "~", `"" "" "" "" "" ""`},
	} {
		for form, o := range map[string]view.Object{
			"node": view.OfNode(node(t, tc.text)), "item": view.Of(yaml.NewRNode(node(t, tc.text))),
			"document": view.OfNode(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{node(t, tc.text)}}),
		} {
			got := fmt.Sprintf("%q %q %q %q %q %q", o.APIVersion(), o.Group(), o.Version(), o.Kind(), o.Namespace(), o.Name())
			if got != tc.want {
				t.Errorf("%s (%s): %s: got %s, want %s", name, form, tc.reason, got, tc.want)
			}
			if o.IsZero() != (o.Node() == nil) {
				t.Errorf("%s: zero %v", name, o.IsZero())
			}
		}
	}
	for name, o := range map[string]view.Object{"nil": view.OfNode(nil), "nil item": view.Of(nil), "empty item": view.Of(&yaml.RNode{}), "zero": {}} {
		if !o.IsZero() || o.Kind() != "" || o.Name() != "" || o.LocalConfig() || o.Manifest() || o.Ref() != (view.Ref{}) {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestIs(t *testing.T) {
	o := view.OfNode(node(t, "apiVersion: eventstreams.ibm.com/v1beta2\nkind: EventStreams\nmetadata: {name: es, namespace: rt}"))
	if !o.Is("eventstreams.ibm.com", "EventStreams") || o.Is("", "EventStreams") || o.Is("eventstreams.ibm.com", "Kafka") {
		t.Error("group and kind, in any version")
	}
	if o.Ref().String() != "eventstreams.ibm.com/v1beta2 EventStreams rt/es" || o.RNode().GetName() != "es" {
		t.Error(o.Ref())
	}
}

// TestLocalConfig is kustomize's own rule.
func TestLocalConfig(t *testing.T) {
	for value, want := range map[string]bool{`"true"`: true, `"yes"`: true, `""`: true, `"false"`: false, "true": true, "false": false, "False": true, "[a]": false} {
		o := view.OfNode(node(t, "metadata: {annotations: {config.kubernetes.io/local-config: "+value+"}}"))
		if o.LocalConfig() != want {
			t.Errorf("%s: %v", value, !want)
		}
	}
}

// TestManifests are the objects that get deployed: everything that hosts add to
// the items is none.
func TestManifests(t *testing.T) {
	object := func(apiVersion, kind, metadata string) string {
		return "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {" + metadata + "}"
	}
	for name, tc := range map[string]struct {
		reason       string
		text         string
		object, want bool
	}{
		"manifest":        {"", object("v1", "Secret", "name: a"), true, true},
		"own annotations": {"a host's paths make no config of it", object("v1", "Secret", "name: a, annotations: {config.kubernetes.io/path: a.yaml}"), true, true},
		"not local":       {"as kustomize has it", object("v1", "Secret", `name: a, annotations: {config.kubernetes.io/local-config: "false"}`), true, true},
		"local":           {"for functions alone", object("v1", "ConfigMap", `name: a, annotations: {config.kubernetes.io/local-config: "true"}`), true, false},
		"function":        {"a function's config", object("example.com/v1", "X", "name: a, annotations: {config.kubernetes.io/function: x}"), true, false},
		"old function":    {"a function's config", object("example.com/v1", "X", "name: a, annotations: {config.k8s.io/function: x}"), true, false},
		"our own":         {"configs and the Solution", object("fn.eda-gitops.io/v1alpha1", "Solution", "name: a"), true, false},
		"Kptfile":         {"", object("kpt.dev/v1", "Kptfile", "name: a"), true, false},
		"kustomization":   {"", object("kustomize.config.k8s.io/v1beta1", "Kustomization", "name: a"), true, false},
		"no name":         {"", object("v1", "Secret", "generateName: a"), false, false},
		"no kind":         {"", "apiVersion: v1\nmetadata: {name: a}", false, false},
		"no apiVersion":   {"", "kind: Secret\nmetadata: {name: a}", false, false},
		"nothing":         {"", "resources: [a]", false, false},
		"null":            {"", "~", false, false},
	} {
		items := []*yaml.RNode{yaml.NewRNode(node(t, tc.text)), nil}
		if got := len(view.Objects(items)) == 1; got != tc.object {
			t.Errorf("%s: %s: an object: %v", name, tc.reason, got)
		}
		if got := len(view.Manifests(items)) == 1; got != tc.want {
			t.Errorf("%s: %s: a manifest: %v", name, tc.reason, got)
		}
	}
}

// TestInternalAnnotations are a host's own; everything else is content.
func TestInternalAnnotations(t *testing.T) {
	for key, want := range map[string]bool{
		"internal.config.kubernetes.io/previousNames": true, "internal.config.kubernetes.io/anything": true, "internal.config.kubernetes.io/": true,
		"config.kubernetes.io/index": true, "config.kubernetes.io/path": true, "config.kubernetes.io/id": true,
		"config.k8s.io/id": true, "kustomize.config.k8s.io/id": true,
		"config.kubernetes.io/local-config": false, "config.kubernetes.io/function": false, "config.kubernetes.io/depends-on": false,
		"kustomize.config.k8s.io/behavior": false, "internal.config.kubernetes.io": false, "example.com/internal.config.kubernetes.io/x": false, "": false,
	} {
		if got := view.InternalAnnotation(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

// TestSet edits an object in place and nothing beside it.
func TestSet(t *testing.T) {
	const before = `apiVersion: v1
kind: ConfigMap # a kind
metadata:
  name: 'a' # the name
  labels: {x: "1"} # labels
data:
  number: 3
  empty:
  text: "3"
`
	for name, tc := range map[string]struct {
		reason   string
		edit     func(o view.Object) bool
		old, now string
	}{
		"equal":          {"", func(o view.Object) bool { return o.Set("a", "metadata", "name") }, "", ""},
		"equal text":     {"", func(o view.Object) bool { return o.Set("3", "data", "text") }, "", ""},
		"name":           {"quotes and comment stay", func(o view.Object) bool { return o.Set("b", "metadata", "name") }, "'a' # the name", "'b' # the name"},
		"text":           {"the text 3 is not the number 3", func(o view.Object) bool { return o.Set("3", "data", "number") }, "number: 3", `number: "3"`},
		"number":         {"", func(o view.Object) bool { return o.SetScalar("3", yaml.NodeTagInt, "data", "text") }, `"3"`, "3"},
		"equal number":   {"", func(o view.Object) bool { return o.SetScalar("3", yaml.NodeTagInt, "data", "number") }, "", ""},
		"Norway":         {"an API server reads YAML 1.1", func(o view.Object) bool { return o.SetLabel("x", "no") }, `"1"`, `"no"`},
		"new label":      {"a flow map stays one", func(o view.Object) bool { return o.SetLabel("tier", "off") }, `{x: "1"}`, `{x: "1", tier: "off"}`},
		"annotation":     {"the map is made", func(o view.Object) bool { return o.SetAnnotation("a.b/c", "true") }, "# labels\n", "# labels\n  annotations:\n    a.b/c: \"true\"\n"},
		"deep":           {"the maps on the way are made", func(o view.Object) bool { return o.Set("x", "spec", "a", "b") }, "text: \"3\"\n", "text: \"3\"\nspec:\n  a:\n    b: x\n"},
		"into null":      {"null becomes a map", func(o view.Object) bool { return o.Set("x", "data", "empty", "a") }, "empty:", "empty:\n    a: x"},
		"node":           {"", func(o view.Object) bool { return o.SetNode(view.Seq(view.Int("1")), "data", "empty") }, "empty:", "empty:\n  - 1"},
		"delete":         {"", func(o view.Object) bool { return o.Delete("data", "number") }, "  number: 3\n", ""},
		"delete nothing": {"", func(o view.Object) bool { return o.Delete("data", "none") }, "", ""},
		"delete deep":    {"a missing map is no error", func(o view.Object) bool { return o.Delete("spec", "a", "b") }, "", ""},
		"delete in text": {"text has no fields", func(o view.Object) bool { return o.Delete("kind", "a") }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := view.OfNode(node(t, before))
			changed := tc.edit(o)
			if got, want := text(t, o.Node()), strings.Replace(before, tc.old, tc.now, 1); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", tc.reason, got, want)
			}
			if changed != (tc.old != "") {
				t.Errorf("says changed: %v", changed)
			}
			if tc.edit(o) {
				t.Error("the second time it changes again")
			}
		})
	}
}

// TestAnnotation tells empty text from nothing.
func TestAnnotation(t *testing.T) {
	o := view.OfNode(node(t, "metadata: {annotations: {a: b, empty: '', null: , list: [x]}, labels: {l: m}}"))
	for key, want := range map[string]string{"a": "b true", "empty": " true", "null": " true", "list": " false", "none": " false"} {
		value, found := o.Annotation(key)
		if got := fmt.Sprint(value, " ", found); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if value, found := o.Label("l"); value != "m" || !found {
		t.Error("label")
	}
	if _, found := (view.Object{}).Label("l"); found {
		t.Error("no object has no labels")
	}
}
