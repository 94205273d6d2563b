package build

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// inProcess lets kustomize build the tree without the top's functions, runs
// them here, and does what kustomize does after them: check for duplicates,
// drop local-config objects, sort, remove its annotations.
func (t *tree) inProcess(items []*yaml.RNode) ([]byte, fn.Results, error) {
	results := t.warnings
	var err error
	for _, g := range t.generators {
		made, found := t.generate(g)
		results = append(results, found...)
		if found.Failed() {
			return nil, results, nil
		}
		if items, err = absorb(items, made); err != nil {
			return nil, results, fmt.Errorf("%s: %w", g.ref(), err)
		}
	}
	for _, c := range t.transformers {
		var found fn.Results
		items, found = call(t.Functions, t.Env, c.node, items)
		results = append(results, found...)
		if found.Failed() {
			return nil, results, nil
		}
	}
	text, err := t.finish(items)
	return text, results, err
}

// items returns the objects that the top's functions see: as kustomize hands
// them over, with keys sorted, without comments, local-config ones included.
func (t *tree) items() ([]*yaml.RNode, error) {
	fsys := t.execFS() // functions of bases, if there are any, run as exec
	if t.lenient {
		withoutMissing(t.top)
	}
	content, err := withoutFields(t.top, "generators", "transformers", "validators", "sortOptions")
	if err != nil {
		return nil, err
	}
	fsys.replace[t.top.path] = content
	if t.localConfig {
		fsys.hide = func(path string) bool { return t.resources[path] }
	}
	m, err := t.run(fsys, t.root, krusty.ReorderOptionNone)
	if fsys.err != nil {
		return nil, fsys.err
	}
	if err != nil {
		return nil, t.explain(err)
	}
	found := m.Resources()
	items := make([]*yaml.RNode, len(found))
	return items, each(len(found), func(i int) error {
		text, err := found[i].AsYAML()
		if err != nil {
			return err
		}
		if t.localConfig {
			text = unhide(text)
		}
		items[i], err = yaml.Parse(string(text))
		return err
	})
}

// withoutFields returns a kustomization's text without some fields.
func withoutFields(k *kustomization, fields ...string) ([]byte, error) {
	node := view.Copy(k.node)
	dropFields(node, fields...)
	text, err := yaml.NewRNode(node).String()
	return []byte(text), err
}

// dropFields removes fields, also one that stands there twice.
func dropFields(node *yaml.Node, fields ...string) {
	for _, field := range fields {
		for there := true; there; {
			there = view.DeleteField(node, field)
		}
	}
}

// generate runs a generator as kustomize does: its only item is its config.
func (t *tree) generate(g config) ([]*yaml.RNode, fn.Results) {
	return call(t.Functions, t.Env, g.node, nil)
}

// absorb adds generated objects, of which none may be there.
func absorb(items, made []*yaml.RNode) ([]*yaml.RNode, error) {
	ids := map[identity]bool{}
	for _, id := range identify(items) {
		ids[id] = true
	}
	for _, item := range made {
		if ids[idOf(item)] {
			return nil, fmt.Errorf("generates %s, which is there already", view.Of(item).Ref())
		}
	}
	return append(items, made...), nil
}

// identity is an object's id as kustomize compares ids.
type identity struct {
	gvk             resid.Gvk
	namespace, name string
}

func identify(items []*yaml.RNode) []identity {
	ids := make([]identity, len(items))
	for i, item := range items {
		ids[i] = idOf(item)
	}
	return ids
}

func idOf(item *yaml.RNode) identity {
	o := view.Of(item)
	gvk := resid.NewGvk(o.Group(), o.Version(), o.Kind())
	id := resid.NewResIdWithNamespace(gvk, o.Name(), o.Namespace())
	return identity{gvk: gvk, namespace: id.EffectiveNamespace(), name: o.Name()}
}

// reorder puts a function's output into the order that kustomize gives it:
// objects whose id was there stay in place, others follow in the function's
// order. Two objects with one id are an error.
func reorder(before []identity, items []*yaml.RNode) ([]*yaml.RNode, error) {
	place := make(map[identity]int, len(before))
	for i, id := range before {
		place[id] = i
	}
	kept := make([]*yaml.RNode, len(before))
	var added []*yaml.RNode
	seen := make(map[identity]bool, len(items))
	for _, item := range items {
		id := idOf(item)
		if seen[id] {
			return items, fmt.Errorf("the result has two objects %s", view.Of(item).Ref())
		}
		seen[id] = true
		if i, found := place[id]; found {
			kept[i] = item
			continue
		}
		added = append(added, item)
	}
	out := make([]*yaml.RNode, 0, len(items))
	for _, item := range kept {
		if item != nil {
			out = append(out, item)
		}
	}
	return append(out, added...), nil
}

// finish is the end of kustomize's build.
func (t *tree) finish(items []*yaml.RNode) ([]byte, error) {
	made, err := resources.ResourcesFromRNodes(items) // drops local-config objects
	if err != nil {
		return nil, err
	}
	sortResources(made, t.top.SortOptions)
	texts := make([][]byte, len(made))
	err = each(len(made), func(i int) error {
		made[i].RemoveBuildAnnotations()
		if err := made[i].SetOrigin(nil); err != nil { // drops what is empty, as kustomize does
			return err
		}
		var err error
		texts[i], err = asYAML(made[i].YNode())
		return err
	})
	return bytes.Join(texts, []byte("---\n")), err
}

// asYAML is kustomize's Resource.AsYAML without its first step, which writes the
// node and parses it again: these nodes were parsed from kustomize's own output.
func asYAML(node *yaml.Node) ([]byte, error) {
	object := map[string]any{}
	if err := node.Decode(&object); err != nil {
		return nil, err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return sigsyaml.JSONToYAML(text)
}
