package fn_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// FuzzProcess feeds any bytes to the frame, as a list, as an item and as a
// config. It may refuse them; it may not
// panic, and whatever it writes is a complete ResourceList that holds the values
// that came in.
func FuzzProcess(f *testing.F) {
	items, _, _ := strings.Cut(awkward(f), "\nfunctionConfig:")
	for _, item := range strings.Split(items, "\n- ")[1:] {
		f.Add([]byte(strings.ReplaceAll(item, "\n  ", "\n")))
	}
	for _, item := range []string{
		configMap, secret, awkwardConfigMap, bomb(3), mergeBomb(2), chain(5), listOf("List", configMap, secret, "null"),
		"a: >\n  a\n   b\n", "a: |2\n  \tb\n", "{a: &a [b], c: *a, <<: {d: e}}", "a: &a {b: *a}", "? [a]\n: !foo b\n",
		"metadata: {annotations: [a]}", "metadata: &m {name: x, annotations: {}}\nb: *m\n", "a: 1\n# c\n\n#d\n\nb: # e\n  # f\n  - g # h\n",
		"? - a\n: - b\n", "? |\n  a\n: b\n", "'a': 'b\n\n  c'\n", "a: !!binary x\n", "- a", "null", "a: \"\\xff\"\n",
	} {
		f.Add([]byte(item))
		f.Add([]byte(list("{idle: true}", item)))
		f.Add([]byte(list("{annotate: {a: b}, rekind: X, add: [new]}", item, item)))
		f.Add([]byte(list("{panic: transform}", item)))
	}
	f.Add([]byte(header + "items: []\nfunctionConfig: {apiVersion: v1, kind: ConfigMap, data: {annotate.a: '[b]'}}\nresults: [{message: m}]\n"))
	f.Add([]byte("{annotate: {a: &b c}, template: [*b]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, string(data), "")
		check(t, string(data), "edit-objects")
		check(t, list("{idle: true}", string(data)), "")
		check(t, list("{set: {key: text}}", configMap, string(data)), "")
		check(t, list(string(data), configMap), "")
	})
}

func check(t *testing.T, data, name string) {
	t.Helper()
	before, err := fn.ReadResourceList([]byte(data))
	output, results, processed := fn.Process([]byte(data), set, name, env())
	switch {
	case (err != nil) != (processed != nil):
		t.Fatalf("read %v, processed %v", err, processed)
	case err != nil && (len(output) > 0 || err.Error() == ""):
		t.Fatalf("an error %q and output %q", err, output)
	case err != nil:
		return
	}
	for _, r := range results {
		if strings.Contains(r.Message, "internal error") && !strings.Contains(data, "panic") {
			t.Fatal(r)
		}
	}
	after, err := fn.ReadResourceList(output)
	if err != nil {
		t.Fatalf("the output is no ResourceList: %v\n%s", err, output)
	}
	if edits := strings.Contains(data, "remove") || strings.Contains(data, "last"); edits && !results.Failed() {
		return
	}
	if len(after.Items) < len(before.Items) {
		t.Fatalf("%d items came in, %d go out:\n%s", len(before.Items), len(after.Items), output)
	}
	if !results.Failed() && edited(data) {
		return
	}
	for i, item := range before.Items {
		if !view.Equal(withoutEmpty(item.YNode()), withoutEmpty(after.Items[i].YNode())) {
			t.Fatalf("items[%d] changed:\n%s\n---\n%s", i, data, output)
		}
	}
}

// edited says whether a config may change objects in place.
func edited(data string) bool {
	for _, field := range []string{"annotate", "set", "rekind", "env"} {
		if strings.Contains(data, field) {
			return true
		}
	}
	return false
}

// withoutEmpty drops empty annotations, as kyaml does with an item's own: where
// those are an anchor, the aliases lose them too.
func withoutEmpty(node *yaml.Node) *yaml.Node {
	for _, child := range node.Content {
		withoutEmpty(child)
	}
	if found := view.Field(node, "annotations"); found != nil && len(found.Content) == 0 {
		view.DeleteField(node, "annotations")
	}
	return node
}
