package fn_test

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

func awkward(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "awkward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestUntouched holds rule 16 and the promise "byte for byte": what a function
// does nothing to comes back as kyaml's own read and write gives it.
func TestUntouched(t *testing.T) {
	text := awkward(t)
	for name, tc := range map[string]struct {
		reason string
		input  string
	}{
		"as it is":       {"every YAML that is odd and legal", text},
		"Windows":        {"line ends of another system", strings.ReplaceAll(text, "\n", "\r\n")},
		"BOM":            {"a byte order mark in front", "\ufeff" + text},
		"separator":      {"a document's start", "---\n" + text},
		"trailing":       {"empty documents behind the list", text + "---\n---\n# nothing\n"},
		"document end":   {"a document's end", text + "...\n"},
		"YAML directive": {"the version of YAML", "%YAML 1.1\n---\n" + text},
		"v1beta1":        {"the list's other version", strings.Replace(text, "config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", 1)},
		"once more":      {"kyaml's own output", bare(t, text)},
		"JSON":           {"YAML's other form", `{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1\n2\t"}}], "functionConfig": {"apiVersion": "fn.eda-gitops.io/v1alpha1", "kind": "EditObjects", "metadata": {"name": "x"}, "spec": {"idle": true}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(tc.input)
			if got.status != 0 || got.stderr != "" {
				t.Fatalf("%s: exit status %d, stderr %q", tc.reason, got.status, got.stderr)
			}
			// kyaml reads one document alone as a list.
			plain := strings.TrimPrefix(strings.TrimPrefix(tc.input, "%YAML 1.1\n"), "---\n")
			plain = strings.TrimSuffix(strings.TrimSuffix(plain, "---\n---\n# nothing\n"), "...\n")
			if want := bare(t, plain); got.stdout != want {
				t.Errorf("%s:\n%s", tc.reason, firstDifference(got.stdout, want))
			}
			if again := run(got.stdout); again.stdout != got.stdout {
				t.Errorf("the second pass changes:\n%s", firstDifference(again.stdout, got.stdout))
			}
		})
	}
}

// TestUntouchedBeside: objects beside one that changes come back byte for byte.
func TestUntouchedBeside(t *testing.T) {
	text := awkward(t)
	input := strings.Replace(text, "idle: true # does nothing", "rekind: SealedSecret", 1)
	got := run(input)
	wantSuccess(t, got)
	want := strings.ReplaceAll(bare(t, input), "kind: Secret", "kind: SealedSecret")
	if got.stdout != want {
		t.Error(firstDifference(got.stdout, want))
	}
}

// TestFailureEchoesAwkward: on failure the input's items come back, whatever
// they are.
func TestFailureEchoesAwkward(t *testing.T) {
	input := strings.Replace(awkward(t), "idle: true # does nothing", "annotate: {touched: t}\n    remove: [last]\n    say: {error: no}", 1)
	got := run(input)
	items := func(s string) string {
		before, _, _ := strings.Cut(s, "\nresults:\n")
		return before
	}
	if got.status != 1 || items(got.stdout) != items(bare(t, input)) {
		t.Errorf("exit status %d\n%s", got.status, firstDifference(items(got.stdout), items(bare(t, input))))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d:\n got %q\nwant %q", i+1, g[i:min(i+4, len(g))], w[min(i, len(w)):min(i+4, len(w))])
		}
	}
	return fmt.Sprintf("the output ends at line %d of %d", len(g), len(w))
}

// TestValuesSurvive: kyaml's writer spoils some block scalars; a value that came
// in goes out, also a second time.
func TestValuesSurvive(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		item   string
		want   string
	}{
		"folded, indented": {"kyaml adds an empty line at each pass", "key: >\n  a\n   b\n  c\n", "a\n b\nc\n"},
		"folded, keeping":  {"kyaml adds an empty line at each pass", "key: >+\n  a\n\n", "a\n\n"},
		"folded, tab":      {"kyaml adds an empty line at each pass", "key: >\n  a\n  \tb\n", "a\n\tb\n"},
		"literal, tab":     {"kyaml leaves out the indent that it needs", "key: |2\n  \ta\n  b\n", "\ta\nb\n"},
		"null in flow":     {"kyaml makes an empty string of it", "key: {a, b: }\n", "null null"},
		"literal, break":   {"a line separator swallows the line end", "key: |\n  \ta\u2028\nnext: x\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			input := list("{idle: true}", tc.item+"end: here\n")
			if tc.want == "" {
				input = list("{set: {key: \"\\ta\\u2028\\n\"}}", configMap)
				tc.want = "\ta\u2028\n"
			}
			for range 2 {
				got := run(input)
				item := wantSuccess(t, got).items[0]
				value := view.Of(item).Text("key")
				if m := view.Of(item).Lookup("key"); m != nil && m.Kind == yaml.MappingNode {
					value = view.Field(m, "a").ShortTag()[2:] + " " + view.Field(m, "b").ShortTag()[2:]
				}
				if item.GetKind() == "ConfigMap" {
					value = view.Of(item).Text("data", "key")
				}
				if value != tc.want {
					t.Fatalf("%s: %q, want %q, from\n%s", tc.reason, value, tc.want, got.stdout)
				}
				input = got.stdout
			}
		})
	}
}

// TestAnyValueSurvives writes random texts in every style of YAML.
func TestAnyValueSurvives(t *testing.T) {
	parts := []string{
		"a", "b", " ", "\n", "\n", "\t", "\r", "#", ": ", "- ", "\u2028", "\u0085", "\u2029", "\U0001F600", "\ufeff", "é", "'", "\"", "\\",
		"---\n", "...", "|", "?", "%", "&x", "*x", "!t", "{", "}", "[", "]", ",", "@", "\x01", "\x7f", "\u200b", "\u00a0", "yes", "0755",
	}
	styles := []yaml.Style{0, yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle, yaml.LiteralStyle, yaml.FoldedStyle}
	random := rand.New(rand.NewSource(1))
	list := &fn.ResourceList{APIVersion: "config.kubernetes.io/v1"}
	var values []string
	for range 20_000 {
		var value strings.Builder
		for range random.Intn(8) {
			value.WriteString(parts[random.Intn(len(parts))])
		}
		node := view.String(value.String())
		node.Style = styles[random.Intn(len(styles))]
		item := view.Map("key", node, "end", view.String("here"))
		if random.Intn(5) == 0 {
			item.Style = yaml.FlowStyle
		}
		values = append(values, value.String())
		list.Items = append(list.Items, yaml.NewRNode(item))
	}
	first := write(t, list)
	again, err := fn.ReadResourceList([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	for i, item := range again.Items {
		if got := view.Of(item).Text("key"); got != values[i] {
			t.Errorf("%q became %q", values[i], got)
		}
	}
	if second := write(t, again); second != first {
		t.Errorf("the second pass changes:\n%s", firstDifference(second, first))
	}
}

func write(t *testing.T, list *fn.ResourceList) string {
	t.Helper()
	var b strings.Builder
	if err := list.Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
