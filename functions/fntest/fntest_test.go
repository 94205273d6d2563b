package fntest_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

// label sets a label on every manifest, and can do it wrongly.
type label struct {
	fn.Header `yaml:",inline"`
	Spec      struct {
		Label string `yaml:"label"`
		// Again appends to a label that is there: not idempotent.
		Again bool `yaml:"again,omitempty"`
		// First labels the first manifest alone: the order counts.
		First bool `yaml:"first,omitempty"`
		// Reject refuses objects of the name.
		Reject string `yaml:"reject,omitempty"`
		// Random takes the label from env.
		Random bool `yaml:"random,omitempty"`
		// Panic panics.
		Panic bool `yaml:"panic,omitempty"`
	} `yaml:"spec"`
}

func (*label) Default()             {}
func (*label) Validate() fn.Results { return nil }

func (l *label) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	var results fn.Results
	for i, o := range view.Manifests(items) {
		if l.Spec.Panic {
			panic("at once")
		}
		if l.Spec.First && i > 0 {
			break
		}
		value := l.Spec.Label
		if old, _ := o.Label("label"); l.Spec.Again {
			value += old
		}
		if l.Spec.Random {
			b := make([]byte, 3)
			if _, err := io.ReadFull(env.Rand, b); err != nil {
				results = append(results, fn.Errorf(o.Ref(), "", "%v", err))
			}
			value = fmt.Sprintf("r%x-%d", b, env.Now.Year())
		}
		if o.Name() == l.Spec.Reject && o.Name() != "" {
			results = append(results, fn.Errorf(o.Ref(), "metadata.name", "%q is refused", o.Name()))
			continue
		}
		if o.SetLabel("label", value) {
			results = append(results, fn.Infof(o.Ref(), "metadata.labels.label", "is %q now", value))
		}
	}
	return items, results
}

var set = fn.Set{{Name: "label", Kind: "Label", Short: "label objects", New: func() fn.Config { return &label{} }}}

// TestGolden: the cases that are right pass.
func TestGolden(t *testing.T) { fntest.Golden(t, set) }

// FuzzLabel: a function that keeps the contract passes.
func FuzzLabel(f *testing.F) { fntest.Fuzz(f, set) }

// folder says in which folder a child process finds its cases.
const folder = "FNTEST_FOLDER"

// TestChild runs the cases of a folder for TestBrokenCases.
func TestChild(t *testing.T) {
	dir := os.Getenv(folder)
	if dir == "" {
		return
	}
	t.Chdir(dir)
	fntest.Golden(t, set)
}

// FuzzChild runs the seeds of a folder for TestBrokenFunctions.
func FuzzChild(f *testing.F) {
	if dir := os.Getenv(folder); dir != "" {
		f.Chdir(dir)
	}
	fntest.Fuzz(f, set)
}

// child runs one test of this binary in a folder of cases.
func child(t *testing.T, test, dir string, env ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.v")
	command.Env = append(append(os.Environ(), folder+"="+dir), env...)
	out, err := command.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "testdata"), 0o755); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return dir
	}
	if err := os.WriteFile(filepath.Join(dir, "testdata", "case.txtar"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

const object = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"

func golden(spec, in, want, results string) string {
	text := "A sentence.\n-- config.yaml --\napiVersion: fn.eda-gitops.io/v1alpha1\nkind: Label\nmetadata: {name: l}\nspec: " + spec + "\n-- in.yaml --\n" + in
	if want != "" {
		text += "-- want.yaml --\n" + want
	}
	if results != "" {
		text += "-- results.txt --\n" + results
	}
	return text
}

const (
	labelled = object + "  labels:\n    label: x\n"
	said     = `info: v1 ConfigMap a: metadata.labels.label: is "x" now` + "\n"
)

// TestBrokenCases: a case that does not hold fails, and says why.
func TestBrokenCases(t *testing.T) {
	two := object + "---\n" + strings.Replace(object, "name: a", "name: b", 1)
	for name, tc := range map[string]struct {
		reason string
		text   string
		want   string
	}{
		"right":          {"so that the others can be wrong", golden("{label: x}", object, labelled, said), ""},
		"no cases":       {"a folder without cases is a mistake", "", "no golden cases"},
		"no sentence":    {"a case says what it shows", strings.Replace(golden("{label: x}", object, labelled, said), "A sentence.\n", "", 1), "begin with a sentence"},
		"unknown file":   {"a typo in a file's name", strings.Replace(golden("{label: x}", object, labelled, said), "want.yaml", "wants.yaml", 1), `unknown file "wants.yaml"`},
		"wrong items":    {"", golden("{label: x}", object, strings.Replace(labelled, "label: x", "label: y", 1), said), "items:"},
		"no want":        {"without want.yaml nothing changes", golden("{label: x}", object, "", said), "items:"},
		"missing result": {"", golden("{label: x}", object, labelled, ""), "results:"},
		"extra result":   {"", golden("{label: x}", object, labelled, said+"warning: more\n"), "results:"},
		"unexpected no":  {"a failure has no want.yaml", golden("{label: x, reject: a}", object, labelled, `error: v1 ConfigMap a: metadata.name: "a" is refused`+"\n"), "the case has want.yaml, but the function failed"},
		"bad config":     {"a finding like any other", golden("{labe: x}", object, labelled, said), "unknown field"},
		"not idempotent": {"kpt runs everything twice", golden("{label: x, again: true}", object, labelled, said), "not idempotent"},
		"order":          {"hosts order items differently", golden("{label: x, first: true}", two, strings.Replace(two, "  name: a\n", "  name: a\n  labels:\n    label: x\n", 1), said), "the order of the items changes the result"},
		"bad items":      {"a case that is no YAML", golden("{label: x}", "a: [\n", "", ""), "in.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := child(t, "TestChild", write(t, tc.text))
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(out, tc.want)) {
				t.Errorf("%s: %v, want %q:\n%s", tc.reason, err, tc.want, out)
			}
		})
	}
}

// TestBrokenFunctions: the fuzz target catches what breaks the contract.
func TestBrokenFunctions(t *testing.T) {
	for name, tc := range map[string]struct{ spec, want string }{
		"right":          {"{label: x}", ""},
		"refuses":        {"{label: x, reject: a}", ""},
		"bad config":     {"{labe: x}", ""},
		"not idempotent": {"{label: x, again: true}", "not idempotent"},
		"panics":         {"{label: x, panic: true}", "internal error"},
	} {
		out, err := child(t, "FuzzChild", write(t, golden(tc.spec, object, "", "")))
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(out, tc.want)) {
			t.Errorf("%s: %v, want %q:\n%s", name, err, tc.want, out)
		}
	}
}

// TestUpdate writes want.yaml and results.txt anew, and passes then.
func TestUpdate(t *testing.T) {
	for name, tc := range map[string]struct{ before, want string }{
		"changed":   {golden("{label: x}", object, "old: text\n", "old\n"), golden("{label: x}", object, labelled, said)},
		"new":       {golden("{label: x}", object, "", ""), golden("{label: x}", object, labelled, said)},
		"unchanged": {golden("{label: x}", labelled, labelled, said), golden("{label: x}", labelled, "", "")},
		"rejected":  {golden("{label: x, reject: a}", object, labelled, said), golden("{label: x, reject: a}", object, "", `error: v1 ConfigMap a: metadata.name: "a" is refused`+"\n")},
	} {
		dir := write(t, tc.before)
		if out, err := child(t, "TestChild", dir, "UPDATE_GOLDEN=1"); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		got, err := os.ReadFile(filepath.Join(dir, "testdata", "case.txtar"))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		if out, err := child(t, "TestChild", dir, "UPDATE_GOLDEN="); err != nil {
			t.Errorf("%s: the updated case fails: %s", name, out)
		}
	}
}

// TestEnv: golden cases run at one time, with randomness that repeats.
func TestEnv(t *testing.T) {
	config := "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: Label\nmetadata: {name: l}\nspec: {label: x, random: true}\n"
	first, results := fntest.Run(t, set, config, object+"---\n"+object)
	second, _ := fntest.Run(t, set, config, object+"---\n"+object)
	if first != second || results.Failed() || !strings.Contains(first, "label: r000102-2026") || !strings.Contains(first, "label: r030405-2026") {
		t.Errorf("%v\n%s\n%s", results, first, second)
	}
}

// TestList makes what a host sends.
func TestList(t *testing.T) {
	text := "# in front\n" + object + "---\nresources: [a]\n---\napiVersion: v1\nkind: List\nitems: []\n"
	list, err := fn.ReadResourceList(fntest.List(t, "kind: X\n", text))
	if err != nil || len(list.Items) != 3 || list.Config == nil || list.Config.GetKind() != "X" {
		t.Errorf("%v %+v", err, list)
	}
	list, err = fn.ReadResourceList(fntest.List(t, " \n", ""))
	if err != nil || len(list.Items) != 0 || list.Config != nil {
		t.Errorf("%v %+v", err, list)
	}
	if items := fntest.Items(t, text); len(items) != 3 || items[2].GetKind() != "List" {
		t.Error(items)
	}
}

// TestLoad parses a case.
func TestLoad(t *testing.T) {
	c := fntest.Load(t, filepath.Join("testdata", "changed.txtar"))
	if c.Comment != "A label is set, and the comments stay." || !strings.HasPrefix(c.Config, "apiVersion") || !strings.Contains(c.In, "# the name") ||
		!c.HasWant || !strings.Contains(c.Want, "label: x") || !strings.HasPrefix(c.Results, "info: ") {
		t.Errorf("%+v", c)
	}
}
