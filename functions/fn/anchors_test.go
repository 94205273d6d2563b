package fn_test

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
)

// bomb is "billion laughs": each level holds the one before ten times.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "\na%d: &a%d [%s*a%d]", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return b.String()
}

func mergeBomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 {x: y}")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "\na%d: &a%d {", i, i)
		for j := range 10 {
			fmt.Fprintf(&b, "k%d: {<<: *a%d}, ", j, i-1)
		}
		b.WriteString("}")
	}
	return b.String()
}

// chain is anchors that each hold the one before: deep, and long.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 x")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "\na%d: &a%d [*a%d]", i, i, i-1)
	}
	return b.String()
}

// TestAnchorsStay: items that nobody touched come back with their anchors.
func TestAnchorsStay(t *testing.T) {
	for name, items := range map[string][]string{
		"within an item": {"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: &l # ours\n    x: y\nspec:\n  selector: *l\n"},
		"across items":   {"kind: A\nlabels: &l {x: y}\n", "kind: B\nlabels: *l\n", "kind: C\nmore: [*l, &m b, *m]\n"},
		"defined again":  {"kind: A\na: &x 1\nb: *x\nc: &x 2\nd: *x\n", "kind: B\na: *x\n"},
		"unused":         {"kind: A\na: &x 1\n"},
		"on a key":       {"kind: A\n&k key: v\nagain: *k\n"},
		"as a key":       {"kind: A\na: &k key\nb: {*k : v}\n"},
		"merge":          {"kind: A\nbase: &b {x: 1}\nall:\n  <<: *b\n  y: 2\n"},
		"merge list":     {"kind: A\nb: &b {x: 1}\nc: &c {x: 2, z: 3}\nall: {<<: [*b, *c], y: 2}\n"},
		"empty":          {"kind: A\na: &x\nb: *x\n"},
	} {
		input := list("{idle: true}", items...)
		got := run(input)
		if wantSuccess(t, got); got.stdout != bare(t, input) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got.stdout, bare(t, input))
		}
	}
}

// TestTouchedAnchors: an item that changes is written without anchors, and no
// other item changes with it.
func TestTouchedAnchors(t *testing.T) {
	object := func(name, labels string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata: " + labels + "\n"
	}
	for name, tc := range map[string]struct {
		reason string
		spec   string
		items  []string
		want   []string // each object's data as flow YAML
	}{
		"within": {
			"the change reaches one of the two places alone", "{set: {key: new}}",
			[]string{"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: &l {key: old}\ndata: *l\n"},
			[]string{"{key: new}"},
		},
		"anchor's item changes": {
			"the other item keeps what the alias meant", "{set: {key: new}}",
			[]string{object("a", "&l {key: old}"), "kind: Other\ndata: *l\n"},
			[]string{"{key: new}", "{key: old}"},
		},
		"alias's item changes": {
			"the anchor's item keeps its own", "{set: {key: new}}",
			[]string{"kind: Other\ndata: &l {key: old}\n", object("a", "*l")},
			[]string{"{key: old}", "{key: new}"},
		},
		"anchor's item goes": {
			"an alias to nowhere is no YAML", "{remove: [a]}",
			[]string{object("a", "&l {key: old}"), object("b", "*l")},
			[]string{"{key: old}"},
		},
		"anchor's item moves": {
			"an alias stands behind its anchor", "{last: a}",
			[]string{object("a", "&l {key: old}"), object("b", "*l")},
			[]string{"{key: old}", "{key: old}"},
		},
		"moves behind another": {
			"an alias means the last anchor of the name", "{last: a}",
			[]string{object("a", "{x: &l 1}"), object("b", "{x: &l 2, y: *l}"), object("c", "{x: *l}")},
			[]string{"{x: &l 2, y: *l}", "{x: *l}", "{x: &l 1}"},
		},
		"merged": {
			"what the merge key gave is the object's own then", "{set: {key: new}}",
			[]string{"kind: Other\ndata: &l {key: old, more: &m [1]}\n", object("a", "{<<: *l, z: 1}")},
			[]string{"{key: old, more: &m [1]}", "{z: 1, key: new, more: [1]}"},
		},
		"own wins": {
			"fields of its own win over merged ones, and the first mapping over the next", "{set: {new: z}}",
			[]string{"kind: Other\ndata: {a: &a {x: 1, y: 1}, b: &b {y: 2, z: 2}}\n", object("a", "{<<: [*a, *b], x: 0}")},
			[]string{"{a: &a {x: 1, y: 1}, b: &b {y: 2, z: 2}}", "{x: 0, y: 1, z: 2, new: z}"},
		},
		"merge in place": {
			"a merge key needs no alias", "{set: {new: z}}",
			[]string{object("a", "{<<: {x: 1}, y: 2}")},
			[]string{"{y: 2, x: 1, new: z}"},
		},
		"no merge": {
			"quoted it is a key like any other", "{set: {new: z}}",
			[]string{object("a", `{"<<": &x text, y: *x}`)},
			[]string{`{"<<": text, y: text, new: z}`},
		},
		"from the config": {
			"the config stands behind the items when it is written", "{set: {new: z}, template: &t {x: y}}",
			[]string{},
			[]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(list(tc.spec, tc.items...))
			p := wantSuccess(t, got)
			var data []string
			for _, item := range p.items {
				data = append(data, flow(item))
			}
			if strings.Join(data, "\n") != strings.Join(tc.want, "\n") {
				t.Errorf("%s: got\n%s\nfrom\n%s", tc.reason, strings.Join(data, "\n"), got.stdout)
			}
		})
	}
}

// flow is an item's data on one line; what an alias says is written out.
func flow(item *yaml.RNode) string {
	data := item.Field("data").Value.Copy()
	if data.YNode().Kind == yaml.AliasNode {
		data = yaml.NewRNode(data.YNode().Alias)
	}
	data.YNode().Anchor = ""
	data.YNode().Style = yaml.FlowStyle
	for _, child := range data.YNode().Content {
		if child.Kind != yaml.ScalarNode {
			child.Style = yaml.FlowStyle
		}
	}
	return strings.TrimSuffix(data.MustString(), "\n")
}

// TestAnchorInFront: an item may use an anchor of the config, which kyaml
// writes behind the items.
func TestAnchorInFront(t *testing.T) {
	got := run(header + `functionConfig: &c
  apiVersion: fn.eda-gitops.io/v1alpha1
  kind: EditObjects
  metadata: {name: test}
  spec: {set: &data {a: b}}
results: &r
- {message: &m hello, severity: info}
- {message: *m, severity: info}
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: *data}
- *c
- {kind: Other, data: [*m]}
`)
	p := wantSuccess(t, got)
	if len(p.items) != 3 || p.items[1].GetKind() != "EditObjects" || len(p.results) != 2 || p.results[1].Message != "hello" ||
		!strings.Contains(got.stdout, "data: {a: b}") || !strings.Contains(got.stdout, "data: [hello]") {
		t.Errorf("stdout:\n%s", got.stdout)
	}
}

// TestAliasedMetadata: kyaml can't write metadata that is an alias; we can.
func TestAliasedMetadata(t *testing.T) {
	got := run(list("{idle: true}", "apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: a\n", "apiVersion: v1\nkind: Secret\nmetadata: *m\n"))
	if p := wantSuccess(t, got); names(p.items) != "a a" {
		t.Errorf("stdout:\n%s", got.stdout)
	}
}

// TestBadAnchors: what can't be expanded is an error that says where.
func TestBadAnchors(t *testing.T) {
	for name, tc := range map[string]struct{ input, want string }{
		"itself":           {list("{idle: true}", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na: &a\n  b: *a\n"), `v1 ConfigMap a: the YAML anchor "a" contains itself`},
		"itself as a list": {list("{idle: true}", "a: &a [*a]\n"), `items[0]: the YAML anchor "a" contains itself`},
		"around the list":  {"&l\n" + header + "items: [*l]\n", `items[0]: the YAML anchor "l" contains itself`},
		"in the config":    {list("{template: &t {a: *t}}"), `EditObjects/test: the YAML anchor "t" contains itself`},
		"bomb":             {list("{idle: true}", bomb(8)), "items[0]: its YAML aliases expand to more than 1000000 nodes"},
		"bomb over items":  {list("{idle: true}", bomb(5), "b: [*a5, *a5, *a5]", "c: [*a5, *a5, *a5]", "d: [*a5, *a5, *a5]"), "its YAML aliases expand to more than 1000000 nodes"},
		"bomb in config":   {list("{template: {" + strings.ReplaceAll(bomb(8), "\n", ", ") + "}}"), "its YAML aliases expand"},
		"chain":            {list("{idle: true}", chain(3000)), "deeper than 1000 levels"},
		"merged scalar":    {list("{idle: true}", "a: &a text\nb: {<<: *a}\n"), `a YAML merge key ("<<") names no mapping`},
		"two merge keys":   {list("{idle: true}", "a: &a {x: y}\nb: {<<: *a, <<: *a}\n"), "b.<<: the key appears twice"},
		"same key twice":   {list("{idle: true}", "b: {&k a: 1, *k : 2}\n"), "b.a: the key appears twice"},
	} {
		t.Run(name, func(t *testing.T) {
			wantFailure(t, run(tc.input), "", tc.want)
		})
	}
}

// TestManyNodesBesideAnAlias: the limit counts what aliases expand to, not how
// large the item is that has one.
func TestManyNodesBesideAnAlias(t *testing.T) {
	input := header + "items: [{a: &a b, c: *a, long: [" + strings.Repeat("x,", fn.MaxAliasNodes) + "]}]\n"
	if _, err := fn.ReadResourceList([]byte(input)); err != nil {
		t.Error(err)
	}
}

// TestCheckAliases: a text is looked at only where it can have aliases, and then
// what expands without end is said.
func TestCheckAliases(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
	for _, pair := range []string{"bc", "cd", "de", "ef", "fg"} {
		alias := "*" + pair[:1]
		bomb += pair[1:] + ": &" + pair[1:] + " [" + strings.Repeat(alias+", ", 9) + alias + "]\n"
	}
	for name, tc := range map[string]struct{ text, want string }{
		"none":            {"a: b & c\nd: '*'\n", ""},
		"few":             {"a: &a {b: c}\nd: *a\n---\ne: &e [x]\nf: {<<: *e}\n", ""},
		"cron":            {"a: &a '0 * * * *'\nb: \"*.log\"\n", ""},
		"script":          {"a: |\n  ls *.log && rm *\n", ""},
		"no YAML":         {"a: [&x *y\n", ""},
		"bomb":            {bomb, "more than 1000000 nodes"},
		"in itself":       {"a: &a\n- *a\n", `"a" contains itself`},
		"in itself, flow": {"a: &a {b: [*a]}\n", `"a" contains itself`},
		"in a later one":  {"a: b\n---\n&a [*a]\n", `"a" contains itself`},
	} {
		err := fn.CheckAliases([]byte(tc.text))
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error is %v, want %q", name, err, tc.want)
		}
	}
}
