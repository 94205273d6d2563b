package fn_test

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
)

func object(kind, name string) string {
	return "apiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
}

func listOf(kind string, objects ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: " + kind + "\nitems:\n")
	for _, o := range objects {
		b.WriteString("- " + strings.ReplaceAll(strings.TrimSuffix(o, "\n"), "\n", "\n  ") + "\n")
	}
	return b.String()
}

// TestLists holds rule 9: objects inside a List are objects to a function, and
// stay in their List.
func TestLists(t *testing.T) {
	a, b, c, d := object("ConfigMap", "a"), object("Secret", "b"), object("ConfigMap", "c"), object("ConfigMap", "d")
	for name, tc := range map[string]struct {
		reason string
		spec   string
		items  []string
		want   string // names, those inside Lists in brackets
		edited int    // annotations "touched" in the output
	}{
		"edited":        {"a Secret in a List is a Secret", "{annotate: {touched: t}}", []string{a, listOf("List", b, c), d}, "a [b c] d", 4},
		"replaced":      {"a node changed in place stays in place", "{rekind: SealedSecret, annotate: {touched: t}}", []string{listOf("List", a, b, c)}, "[a b c]", 3},
		"removed":       {"the others stay", "{remove: [b]}", []string{listOf("List", a, b, c), d}, "[a c] d", 0},
		"all removed":   {"the List stays, empty", "{remove: [b, c]}", []string{a, listOf("List", b, c), d}, "a [] d", 0},
		"added":         {"what is new stands behind", "{add: [new]}", []string{listOf("List", a, b), c}, "[a b] c new", 0},
		"around":        {"items between Lists keep their places", "{remove: [c]}", []string{listOf("List", a), c, d, listOf("List", b)}, "[a] d [b]", 0},
		"two Lists":     {"each object goes back into its own", "{annotate: {touched: t}, remove: [b]}", []string{listOf("List", a, b), listOf("List", c, d)}, "[a] [c d]", 3},
		"typed List":    {"kubectl makes SecretList and ConfigMapList", "{annotate: {touched: t}}", []string{listOf("SecretList", b), listOf("ConfigMapList", a)}, "[b] [a]", 2},
		"without kinds": {"an API server's SecretList says the kind once", "{annotate: {touched: t}}", []string{listOf("List", a, listOf("SecretList", "metadata:\n  name: b\n", b))}, "[a [b b]]", 3},
		"one is gone":   {"the others are still what the list says", "{remove: [b]}", []string{listOf("ConfigMapList", "metadata:\n  name: a\n", "metadata:\n  name: b\n")}, "[a]", 0},
		"other group":   {"kustomize and Argo CD take any List apart", "{annotate: {touched: t}}", []string{strings.Replace(listOf("DeploymentList", a), "v1", "apps/v1", 1)}, "[a]", 1},
		"List in List":  {"kustomize takes it apart as well", "{annotate: {touched: t}, remove: [b]}", []string{listOf("List", a, listOf("List", b, c), d)}, "[a [c] d]", 3},
		"deep and gone": {"the inner List stays, empty", "{remove: [b]}", []string{listOf("List", listOf("List", b))}, "[[]]", 0},
		"null inside":   {"a null does not hide the Secret beside it", "{annotate: {touched: t}}", []string{listOf("List", "null", b)}, "[ b]", 1},
		"junk inside":   {"what is no object stays where it is", "{annotate: {touched: t}, remove: [a]}", []string{listOf("List", "text", a, "[x]", "{kind: half}", b)}, "[   b]", 1},
		"empty List":    {"a List of nothing is an item", "{add: [new]}", []string{"apiVersion: v1\nkind: List\nitems: []\n", a}, "[] a new", 0},
		"null items":    {"so is this", "{add: [new]}", []string{"apiVersion: v1\nkind: List\nitems:\nmetadata: {name: l}\n", listOf("List", a)}, "l [a] new", 0},
		"items map":     {"so is this", "{remove: [a]}", []string{"apiVersion: v1\nkind: List\nmetadata: {name: l}\nspec: {items: {}}\n", listOf("List", a)}, "l []", 0},
		"no List":       {"items of something else are its own", "{annotate: {touched: t}}", []string{strings.Replace(listOf("Basket", b), "items", "metadata:\n  name: x\nitems", 1), listOf("List", a)}, "[b] [a]", 2},
		"with anchors":  {"a List is written once", "{annotate: {touched: t}}", []string{listOf("List", a+"data: &d {x: y}\n", c+"data: *d\n")}, "[a c]", 2},
		"moved":         {"the order in a List is the List's", "{last: a}", []string{listOf("List", a, b), c}, "[a b] c", 0},
	} {
		t.Run(name, func(t *testing.T) {
			input := list(tc.spec, tc.items...)
			got := run(input)
			p := wantSuccess(t, got)
			if names(p.items) != tc.want {
				t.Errorf("%s: %q, want %q, from\n%s", tc.reason, names(p.items), tc.want, got.stdout)
			}
			if n := strings.Count(got.stdout, "touched: t\n"); n != tc.edited {
				t.Errorf("%s: %d objects edited, want %d:\n%s", tc.reason, n, tc.edited, got.stdout)
			}
			// A List where nothing happened is as it was.
			idle := list("{idle: true}", tc.items...)
			if got := run(idle); got.stdout != bare(t, idle) {
				t.Errorf("untouched:\n%s", got.stdout)
			}
		})
	}
}

// TestListFailure: a List comes back whole when the function fails.
func TestListFailure(t *testing.T) {
	input := list("{remove: [a], add: [new], say: {error: no}}", listOf("List", object("ConfigMap", "a"), object("Secret", "b")))
	got := run(input)
	if p := parse(t, got.stdout); got.status != 1 || names(p.items) != "[a b]" {
		t.Errorf("exit status %d\n%s", got.status, got.stdout)
	}
}

// wrapper returns items as a Transform of another's making may: twice, and
// wrapped in documents.
type wrapper struct {
	fn.Header `yaml:",inline"`
}

func (*wrapper) Default()             {}
func (*wrapper) Validate() fn.Results { return nil }
func (*wrapper) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	out := slices.Clone(items)
	for i, item := range items {
		out[i] = yaml.NewRNode(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{item.YNode()}})
	}
	return append(out, items[0]), nil
}

// TestApply: the items that a Transform returns are told by their nodes.
func TestApply(t *testing.T) {
	item := yaml.MustParse
	out, results := fn.Apply(&wrapper{}, env(), []*yaml.RNode{item(object("Secret", "a")), item(listOf("List", object("Secret", "b")))})
	if results != nil || names(out) != "a [b]" {
		t.Errorf("%s %v", names(out), results)
	}
}
