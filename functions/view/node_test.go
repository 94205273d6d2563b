package view_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

func node(t testing.TB, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

func text(t testing.TB, n *yaml.Node) string {
	t.Helper()
	s, err := yaml.NewRNode(n).String()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const awkward = `# in front
a: one # behind a
b: 'two' # behind b
c:   {d: [1,   2], "e": x} # behind c
f: |
  three
  four
# in front of g
g: &g 5
i: # nothing
j: >-
  long
  line
`

// TestSetField: an equal value is not rewritten, whatever its style; a changed
// one keeps its comments and its quoting; nothing beside it moves.
func TestSetField(t *testing.T) {
	whole := text(t, node(t, awkward))
	for name, tc := range map[string]struct {
		reason   string
		key      string
		value    *yaml.Node
		old, now string // what changes in the text; empty: nothing
	}{
		"equal plain":     {"", "a", view.String("one"), "", ""},
		"equal quoted":    {"quoting is no value", "b", view.String("two"), "", ""},
		"equal block":     {"nor is a block's style", "f", view.String("three\nfour\n"), "", ""},
		"equal folded":    {"nor is folding", "j", view.String("long line"), "", ""},
		"equal map":       {"nor is the order of keys", "c", view.Map("e", view.String("x"), "d", view.Seq(view.Int("1"), view.Int("2"))), "", ""},
		"plain":           {"the comment stays", "a", view.String("new"), "a: one # behind a", "a: new # behind a"},
		"quoted":          {"the quotes stay", "b", view.String("new"), "b: 'two' # behind b", "b: 'new' # behind b"},
		"needs quotes":    {"text that looks like a number", "a", view.String("1"), "a: one", `a: "1"`},
		"Norway":          {"an API server reads YAML 1.1", "a", view.String("no"), "a: one", `a: "no"`},
		"Norway, quoted":  {"one pair of quotes is enough", "b", view.String("no"), "'two'", "'no'"},
		"block":           {"a literal stays a literal", "f", view.String("five\nsix\n"), "  three\n  four", "  five\n  six"},
		"text to number":  {"quotes would make text of it", "b", view.Int("3"), "'two'", "3"},
		"text to boolean": {"quotes would make text of it", "b", view.Bool(true), "'two'", "true"},
		"number to text":  {"", "g", view.String("5"), "g: &g 5", `g: "5"`},
		"null":            {"a comment on nothing stays", "i", view.String("x"), "i: # nothing", "i: x # nothing"},
		"to a map":        {"", "i", view.Map("k", view.Bool(false)), "i: # nothing", "i: # nothing\n  k: false"},
		"from a map":      {"", "c", view.String("x"), `{d: [1, 2], "e": x}`, "x"},
		"new":             {"at the end", "z", view.String("new"), "  long line\n", "  long line\nz: new\n"},
	} {
		t.Run(name, func(t *testing.T) {
			n := node(t, awkward)
			changed := view.SetField(n, tc.key, tc.value)
			want := strings.Replace(whole, tc.old, tc.now, 1)
			got := text(t, n)
			if got != want {
				t.Errorf("%s:\n got\n%s\nwant\n%s", tc.reason, got, want)
			}
			if changed != (tc.old != "") {
				t.Errorf("says changed: %v", changed)
			}
			if view.SetField(n, tc.key, view.Copy(tc.value)) {
				t.Error("the second time it changes again")
			}
		})
	}
}

// TestString: text stays text in YAML 1.2, which the hosts read, and in YAML
// 1.1, which an API server reads. Blocks that begin with a tab are package fn's
// matter.
func TestString(t *testing.T) {
	for _, value := range []string{
		"", "a", "yes", "Yes", "YES", "no", "on", "OFF", "y", "N", "true", "True", "null", "~", "1", "1.0", "0755", "0o7", "0x1F", "1_000", "1e3",
		".inf", ".NaN", "nO", "oN", "2024-01-01", "12:30:45", "=", "<<", "a: b", "- a", "# a", "a #b", "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]",
		" a", "a ", "a\nb", "a\nb\n", "\na", "\ta", "a\tb", "a\r\nb", "\U0001F600", "\u2028", "é", "'", `"`, `\`, "?", "? a", "-", "--- a", "...",
	} {
		out := text(t, view.Map("key", view.String(value), value, view.String("key")))
		read := node(t, out)
		if got := view.Field(read, "key"); got == nil || got.Value != value || got.ShortTag() != yaml.NodeTagString {
			t.Errorf("%q is written as %q", value, out)
		}
		var old map[string]any
		if err := sigsyaml.Unmarshal([]byte(out), &old); err != nil || old["key"] != value {
			t.Errorf("%q is written as %q, which YAML 1.1 reads as %#v (%v)", value, out, old["key"], err)
		}
	}
	for n, want := range map[*yaml.Node]string{
		view.Int("3"): "3\n", view.Bool(true): "true\n", view.Bool(false): "false\n", view.Seq(): "[]\n", view.Map(): "{}\n",
		view.Seq(view.String("a"), view.Int("1")): "- a\n- 1\n",
	} {
		if got := text(t, n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestEqual compares by value: order of keys, comments and style do not count.
func TestEqual(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		a, b   string
		want   bool
	}{
		"same":            {"", "a: 1", "a: 1", true},
		"comments":        {"no value", "a: 1 # x", "# y\na: 1", true},
		"style":           {"no value", "a: {b: [c]}", "a:\n  b:\n  - 'c'", true},
		"order":           {"a map has none", "{a: 1, b: 2}", "{b: 2, a: 1}", true},
		"list order":      {"a list has one", "[a, b]", "[b, a]", false},
		"value":           {"", "a: 1", "a: 2", false},
		"key":             {"", "a: 1", "b: 1", false},
		"more":            {"", "a: 1", "{a: 1, b: 2}", false},
		"less":            {"", "[a, b]", "[a]", false},
		"number and text": {"1 is not \"1\"", "a: 1", "a: '1'", false},
		"boolean, text":   {"true is not \"true\"", "a: true", "a: 'true'", false},
		"kind":            {"", "a: []", "a: {}", false},
		"nulls":           {"however written", "{a: ~, b: null}", "a:\nb: ~", true},
		"null and empty":  {"nothing is not empty text", "a: ''", "a:", false},
		"null and map":    {"nothing is no map", "a: {}", "a:", false},
		"complex keys":    {"keys that are maps", "{? [a] : 1, ? [b] : 2}", "{? [a] : 1, ? [b] : 2}", true},
		"other keys":      {"keys that are maps", "{? [a] : 1}", "{? [b] : 1}", false},
		"empty key":       {"no key at all is another", "{? [a] : 1, '': 2}", "{? [a] : 1, '': 2}", true},
		"tags":            {"a tag is part of the value", "a: !x b", "a: b", false},
		"written tag":     {"by what it resolves to", "a: !!str b", "a: b", true},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := node(t, tc.a), node(t, tc.b)
			if got, back := view.Equal(a, b), view.Equal(b, a); got != tc.want || back != tc.want {
				t.Errorf("%s: %v, and the other way round %v", tc.reason, got, back)
			}
			if !view.Equal(a, view.Copy(a)) {
				t.Error("a copy is not equal")
			}
		})
	}
	if !view.Equal(nil, nil) || view.Equal(nil, view.String("")) || view.Equal(view.String(""), nil) {
		t.Error("nil")
	}
}

// TestLookup: getters answer for whatever is there.
func TestLookup(t *testing.T) {
	n := node(t, "a: {b: {c: x}}\nd: [e]\nf: ~\ng: ''\n1: one\n? [k]\n: v\n'': empty\n")
	for path, want := range map[string]string{
		"a/b/c": "x", "a/b": "", "a/x": "", "a/b/c/d": "", "d": "", "d/e": "", "f": "", "f/x": "", "g": "", "1": "one", "x/y/z": "", "/": "",
	} {
		if got := view.Text(view.Lookup(n, strings.Split(path, "/")...)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if view.Lookup(n, "f") != nil || view.Field(n, "f") == nil || !view.IsNull(view.Field(n, "f")) {
		t.Error("a null is there, and says nothing")
	}
	if view.Lookup(n, "g") == nil {
		t.Error("empty text is there")
	}
	if view.Text(view.Field(n, "")) != "empty" {
		t.Error("a key that is a list is not the empty key")
	}
	if view.Field(nil, "a") != nil || view.Field(node(t, "[a, b]"), "a") != nil || view.Lookup(nil) != nil || view.Text(nil) != "" {
		t.Error("what is no mapping has no fields")
	}
}

// TestEnsure makes what is missing and nothing else.
func TestEnsure(t *testing.T) {
	for before, want := range map[string]string{
		"a: {b: {c: d}}":      "a: {b: {c: d, new: x}}\n",
		"x: y":                "x: y\na:\n  b:\n    new: x\n",
		"a:":                  "a:\n  b:\n    new: x\n",
		"a: {}":               "a:\n  b:\n    new: x\n",
		"a: # none yet\nx: y": "a: # none yet\n  b:\n    new: x\nx: y\n",
		"a: text":             "a:\n  b:\n    new: x\n",
	} {
		n := node(t, before)
		view.SetField(view.Ensure(n, "a", "b"), "new", view.String("x"))
		got := text(t, n)
		if got != want {
			t.Errorf("%q: got\n%s", before, got)
		}
	}
	n := node(t, "a: {}")
	if view.Ensure(n) != n || view.Ensure(n, "a") != view.Field(n, "a") {
		t.Error("what is there is taken")
	}
}

// TestDeleteField removes a field and its comments, and nothing else.
func TestDeleteField(t *testing.T) {
	n := node(t, "a: 1\nb: 2 # behind b\nc: 3 # behind c\n? [k]\n: v\n'': empty\n")
	if !view.DeleteField(n, "b") || view.DeleteField(n, "b") || view.DeleteField(nil, "b") || view.DeleteField(node(t, "[b]"), "b") {
		t.Error("it says whether the field was there")
	}
	if !view.DeleteField(n, "") {
		t.Error("the empty key")
	}
	if got := text(t, n); got != "a: 1\nc: 3 # behind c\n? [k]\n: v\n" {
		t.Errorf("got\n%s", got)
	}
}

// TestCopy: a copy shares nothing.
func TestCopy(t *testing.T) {
	n := node(t, awkward)
	before := text(t, n)
	c := view.Copy(n)
	if text(t, c) != before {
		t.Error("the copy is another text")
	}
	view.SetField(c, "a", view.String("new"))
	view.SetField(view.Field(c, "c"), "e", view.String("new"))
	view.Field(view.Field(c, "c"), "d").Content[0].Value = "9"
	if text(t, n) != before {
		t.Error("the copy's change is the original's")
	}
	if view.Copy(nil) != nil {
		t.Error("nil")
	}
}

// TestPath: a path says where a key with dots ends.
func TestPath(t *testing.T) {
	for want, keys := range map[string][]string{
		"":                             nil,
		"spec":                         {"spec"},
		"spec.config":                  {"spec", "config"},
		"data[application.properties]": {"data", "application.properties"},
		"metadata.annotations[a/b].x":  {"metadata", "annotations", "a/b", "x"},
		"spec.list[2].name":            {"spec", "list", "[2]", "name"},
		"[a.b]":                        {"a.b"},
	} {
		if got := view.Path(keys...); got != want {
			t.Errorf("%v: %q, want %q", keys, got, want)
		}
	}
}
