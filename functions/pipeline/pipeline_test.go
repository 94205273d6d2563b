package pipeline_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/pipeline"
	"github.com/eda-gitops/functions/functions/view"
)

// edit stands for the functions that do the work: it edits as its spec says.
type edit struct {
	fn.Header `yaml:",inline"`
	Spec      editSpec `yaml:"spec"`
}

type editSpec struct {
	Environment string            `yaml:"environment,omitempty"`
	Annotate    map[string]string `yaml:"annotate,omitempty"`
	Unannotate  []string          `yaml:"unannotate,omitempty"`
	Replace     map[string]string `yaml:"replace,omitempty"`
	Rekind      string            `yaml:"rekind,omitempty"`
	Remove      []string          `yaml:"remove,omitempty"`
	Add         []string          `yaml:"add,omitempty"`
	Random      bool              `yaml:"random,omitempty"`
	Warn        string            `yaml:"warn,omitempty"`
	Fail        string            `yaml:"fail,omitempty"`
	FailObject  string            `yaml:"failObject,omitempty"`
	Panic       bool              `yaml:"panic,omitempty"`
	Count       int               `yaml:"count,omitempty"`
	Limit       int               `yaml:"limit,omitempty"`
}

func (e *edit) TakeEnvironment(name string) {
	if e.Spec.Environment == "" {
		e.Spec.Environment = name
	}
}

func (e *edit) Default() {
	if e.Spec.Limit == 0 {
		e.Spec.Limit = 3
	}
}

func (e *edit) Validate() fn.Results {
	var results fn.Results
	if e.Spec.Count > e.Spec.Limit {
		results = append(results, e.Errorf("spec.count", "is %d; expected at most %d", e.Spec.Count, e.Spec.Limit))
	}
	if e.Spec.Count < 0 {
		results = append(results, e.Errorf("", "counts down"))
	}
	return results
}

func (e *edit) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	if e.Spec.Panic {
		panic("a value")
	}
	var results fn.Results
	out := make([]*yaml.RNode, 0, len(items))
	for _, item := range items {
		o := view.Of(item)
		removed := false
		for _, name := range e.Spec.Remove {
			removed = removed || o.Name() == name
		}
		if removed {
			continue
		}
		out = append(out, item)
		if o.Manifest() {
			results = append(results, e.editObject(env, o)...)
		}
	}
	for _, name := range e.Spec.Add {
		out = append(out, yaml.NewRNode(view.Map("apiVersion", view.String("v1"), "kind", view.String("ConfigMap"), "metadata", view.Map("name", view.String(name)))))
	}
	if e.Spec.Warn != "" {
		results = append(results, e.Warnf("spec.warn", "%s", e.Spec.Warn))
	}
	if e.Spec.Fail != "" {
		results = append(results, e.Errorf("spec.fail", "%s", e.Spec.Fail))
	}
	return out, results
}

func (e *edit) editObject(env fn.Env, o view.Object) fn.Results {
	for key, value := range e.Spec.Annotate {
		o.SetAnnotation(key, value)
	}
	for _, key := range e.Spec.Unannotate {
		o.Delete("metadata", "annotations", key)
	}
	if e.Spec.Environment != "" {
		o.SetAnnotation("environment", e.Spec.Environment)
	}
	if e.Spec.Rekind != "" && o.Kind() == "Secret" {
		o.Set(e.Spec.Rekind, "kind")
	}
	for old, now := range e.Spec.Replace {
		replace(o.Node(), old, now)
	}
	if e.Spec.Random && o.Kind() == "ConfigMap" {
		b := make([]byte, 4)
		_, _ = env.Rand.Read(b)
		o.SetAnnotation("random", fmt.Sprintf("%x", b))
	}
	if e.Spec.FailObject == o.Name() && o.Name() != "" {
		return fn.Results{fn.Errorf(o.Ref(), "spec", "will not do")}
	}
	return nil
}

// replace replaces text in all values of an object.
func replace(node *yaml.Node, old, now string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		child := node.Content[i+1]
		if node.Kind == yaml.MappingNode && child.Kind == yaml.ScalarNode && strings.Contains(child.Value, old) {
			view.SetField(node, node.Content[i].Value, view.String(strings.ReplaceAll(child.Value, old, now)))
		}
		if child.Kind != yaml.ScalarNode {
			replace(child, old, now)
		}
	}
}

// silent takes no environment.
type silent struct {
	fn.Header `yaml:",inline"`
	Spec      struct {
		Idle bool `yaml:"idle,omitempty"`
	} `yaml:"spec"`
}

func (*silent) Default()             {}
func (*silent) Validate() fn.Results { return nil }
func (*silent) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	return items, nil
}

// fakes have the kinds of the real functions, which the order goes by.
func fakes() fn.Set {
	var set fn.Set
	for _, kind := range []string{"PinOperators", "SizeEventStreams", "InjectNamespace", "SealSecrets", "GenerateArgoApps", "Custom"} {
		set = append(set, fn.Function{Name: strings.ToLower(kind), Kind: kind, New: func() fn.Config { return &edit{} }})
	}
	set = append(set, fn.Function{Name: "silent", Kind: "Silent", New: func() fn.Config { return &silent{} }})
	return append(set, pipeline.New(set))
}

func config(kind, spec string) string {
	return "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: " + kind + "\nmetadata: {name: stage}\nspec: " + spec + "\n"
}

// step is a step's kind and spec.
type step struct{ kind, spec string }

func steps(all ...step) string {
	var b strings.Builder
	b.WriteString("\n  steps:\n")
	for _, s := range all {
		b.WriteString("  - {kind: " + s.kind + ", spec: " + s.spec + "}\n")
	}
	return b.String()
}

// awkward are items that a chain of functions reads and writes again and again.
const awkward = `apiVersion: v1
kind: ConfigMap
metadata: {annotations: {}, name: empty-annotations}
data:
  a: old # behind a
---
apiVersion: v1
kind: ConfigMap
metadata:
  annotations:
    gone: "yes"
  name: one-annotation # behind the name
data:
  # in front of trailing
  trailing: "old  \nold\n"
  literal: |
    old
      and more
  blanks: |
    old  
    x
  tab: |
    old	x
  folded: >
    old
    and

    more
  indented: >
    old
     more
  strip: >-
    old
    line
  keep: |+
    old

  quoted: 'old'
  double: "old"
  plain: old text
  word: old
  emoji: "😀 old"
  number: "1"
  yes: yes
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: listed}, data: {a: old}}
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: listed-too
    annotations: {}
  data: &d {a: old}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: aliased}
  data: *d
---
# in front of everything
resources: [old]
---
apiVersion: v1
kind: Secret
metadata:
  name: plain
data:
  a: old
---
apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: old}
`

// TestSameAsTheChain: a Pipeline's output is what the chain of single functions
// gives, byte for byte, with its results.
func TestSameAsTheChain(t *testing.T) {
	for name, all := range map[string][]step{
		"nothing":           {{"PinOperators", "{limit: 9}"}, {"SealSecrets", "{limit: 9}"}},
		"annotations":       {{"PinOperators", "{annotate: {a: 'no'}}"}, {"SealSecrets", "{annotate: {b: '2'}}"}},
		"idle, then edits":  {{"PinOperators", "{limit: 9}"}, {"SealSecrets", "{annotate: {b: '2'}, replace: {old: new}}"}},
		"edits, then edits": {{"PinOperators", "{replace: {old: mid}}"}, {"InjectNamespace", "{replace: {mid: 'no'}}"}, {"SealSecrets", "{replace: {'no': '1'}}"}},
		"added, then edits": {{"PinOperators", "{add: [new]}"}, {"SealSecrets", "{annotate: {a: b}, add: [newer]}"}},
		"removed":           {{"PinOperators", "{remove: [plain, listed]}"}, {"SealSecrets", "{add: [plain]}"}, {"GenerateArgoApps", "{remove: [one-annotation]}"}},
		"kinds":             {{"SealSecrets", "{rekind: SealedSecret}"}, {"GenerateArgoApps", "{annotate: {kind: seen}}"}},
		"same twice":        {{"Custom", "{annotate: {a: x}}"}, {"Custom", "{annotate: {a: y}}"}, {"SealSecrets", "{limit: 1}"}},
		"warnings":          {{"Custom", "{warn: one}"}, {"Custom", "{warn: two}"}, {"SealSecrets", "{limit: 1}"}},
		"randomness":        {{"Custom", "{random: true}"}, {"SealSecrets", "{random: true}"}},
		"failure":           {{"Custom", "{annotate: {a: x}}"}, {"Custom", "{fail: it, annotate: {b: x}}"}, {"SealSecrets", "{warn: never}"}},
		"object's failure":  {{"Custom", "{annotate: {a: x}}"}, {"Custom", "{failObject: listed}"}, {"SealSecrets", "{warn: never}"}},
		"single":            {{"SealSecrets", "{replace: {old: 'a  '}, rekind: X, annotate: {a: b}}"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, results := process(t, fakes(), config("Pipeline", steps(all...)), awkward, fntest.Env())
			want, chained, failed := chain(t, fakes(), all, awkward)
			if failed {
				// The Pipeline is one function: on failure its whole input comes back.
				want = roundTrip(t, awkward)
			}
			if got != want {
				t.Errorf("the Pipeline gives\n%s\nand the chain\n%s", got, want)
			}
			if a, b := severities(results), severities(chained); a != b {
				t.Errorf("results\n%s\nand of the chain\n%s", results, chained)
			}
		})
	}
}

func severities(results fn.Results) string {
	var b strings.Builder
	for i := range results {
		fmt.Fprintln(&b, results[i].Severity, results[i].Message)
	}
	return b.String()
}

// process runs one function on items.
func process(t testing.TB, set fn.Set, config, items string, env fn.Env) (string, fn.Results) {
	t.Helper()
	output, results, err := fn.Process(fntest.List(t, config, items), set, "", env)
	if err != nil {
		t.Fatal(err)
	}
	return itemsOf(t, output), results
}

// itemsOf is the text of a list's items.
func itemsOf(t testing.TB, output []byte) string {
	t.Helper()
	_, text, found := bytes.Cut(output, []byte("\nitems:"))
	if !found {
		t.Fatalf("no items:\n%s", output)
	}
	text, _, _ = bytes.Cut(text, []byte("\nfunctionConfig:"))
	return string(text)
}

func roundTrip(t testing.TB, items string) string {
	t.Helper()
	got, _ := process(t, fakes(), config("Custom", "{limit: 9}"), items, fntest.Env())
	return got
}

// chain calls single functions one after another, each with a list of its own,
// as a host does.
func chain(t testing.TB, set fn.Set, all []step, items string) (text string, results fn.Results, failed bool) {
	t.Helper()
	env := fntest.Env()
	text = roundTrip(t, items)
	list := fntest.List(t, "", items)
	for _, s := range all {
		list = withConfig(t, list, config(s.kind, s.spec))
		output, found, err := fn.Process(list, set, "", env)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, found...)
		text, list = itemsOf(t, output), output
		if found.Failed() {
			return text, results, true
		}
	}
	return text, results, false
}

// withConfig puts another functionConfig into a list, and takes the results out.
func withConfig(t testing.TB, list []byte, config string) []byte {
	t.Helper()
	if i := bytes.Index(list, []byte("\nresults:\n")); i >= 0 {
		list = list[:i+1]
	}
	if i := bytes.Index(list, []byte("\nfunctionConfig:\n")); i >= 0 {
		list = list[:i+1]
	}
	indented := strings.ReplaceAll(strings.TrimSuffix(config, "\n"), "\n", "\n  ")
	return append(bytes.Clone(list), "functionConfig:\n  "+indented+"\n"...)
}

// TestRealFunctions runs the example's Pipeline and the chain of its steps on the
// example's own base.
func TestRealFunctions(t *testing.T) {
	root := filepath.Join("..", "..", "examples", "rt-inventory")
	items := documents(t, root, "solution", "base", filepath.Join("clusters", "nonprod", "shared"), filepath.Join("environments", "stage", "sealed"))
	text, err := os.ReadFile(filepath.Join(root, "environments", "stage", "functions", "stage.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, results := process(t, functions.All, string(text), items, fntest.Env())
	if results.Failed() || got == roundTrip(t, items) {
		t.Fatalf("the Pipeline did nothing: %v", results)
	}
	var all []step
	p := view.Of(yaml.MustParse(string(text)))
	for _, s := range p.Lookup("spec", "steps").Content {
		spec := yaml.NewRNode(view.Ensure(s, "spec"))
		function, _ := functions.All.ByKind(view.Text(view.Field(s, "kind")))
		if _, takes := function.New().(fn.EnvironmentTaker); takes {
			view.SetField(spec.YNode(), "environment", view.String(p.Text("spec", "environment")))
		}
		all = append(all, step{function.Kind, "\n  " + strings.ReplaceAll(spec.MustString(), "\n", "\n  ")})
	}
	want, chained, failed := chain(t, functions.All, all, items)
	if failed || got != want {
		t.Errorf("the Pipeline gives\n%s\nand the chain (%v)\n%s", got, chained, want)
	}
	if a, b := severities(results), severities(chained); a != b {
		t.Errorf("results\n%s\nand of the chain\n%s", a, b)
	}
}

// documents are the manifests below folders.
func documents(t testing.TB, root string, folders ...string) string {
	t.Helper()
	var all []string
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" || entry.Name() == "kustomization.yaml" {
				return err
			}
			text, err := os.ReadFile(path)
			all = append(all, string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatal("no manifests")
	}
	return strings.Join(all, "\n---\n")
}

// TestOrder holds the order of the functions' work and says why.
func TestOrder(t *testing.T) {
	pin, size, inject, seal, argo := "PinOperators", "SizeEventStreams", "InjectNamespace", "SealSecrets", "GenerateArgoApps"
	for name, tc := range map[string]struct {
		reason string
		kinds  []string
		at     int
		want   string
	}{
		"all":              {"", []string{pin, size, inject, seal, argo}, 0, ""},
		"some":             {"each is optional", []string{size, seal}, 0, ""},
		"one":              {"", []string{argo}, 0, ""},
		"none":             {"", nil, 0, ""},
		"twice":            {"a function may run twice in a row", []string{pin, pin, inject, inject}, 0, ""},
		"others":           {"others stand anywhere", []string{"Custom", seal, "Silent", argo, "Custom"}, 0, ""},
		"sealed too early": {"", []string{seal, inject}, 1, "InjectNamespace stands behind SealSecrets; move it in front: it gives every object its final namespace and name, to which SealSecrets binds"},
		"sized too late":   {"", []string{pin, inject, size, seal}, 2, "SizeEventStreams stands behind InjectNamespace; move it in front: its config names clusters and topics as the base does"},
		"pinned too late":  {"", []string{inject, pin}, 1, "PinOperators stands behind InjectNamespace"},
		"apps too early":   {"", []string{argo, seal}, 1, "SealSecrets stands behind GenerateArgoApps"},
		"far behind":       {"the first that is wrong", []string{"Custom", argo, "Silent", pin, seal}, 3, "PinOperators stands behind GenerateArgoApps"},
		"back and forth":   {"", []string{pin, inject, seal, inject}, 3, "InjectNamespace stands behind SealSecrets"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := pipeline.CheckOrder(tc.kinds)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || at != tc.at) {
				t.Fatalf("%s: %d %v, want %d %s", tc.reason, at, err, tc.at, tc.want)
			}
			if len(tc.kinds) == 0 {
				return
			}
			var all []step
			for _, kind := range tc.kinds {
				all = append(all, step{kind, "{}"})
			}
			_, results := process(t, fakes(), config("Pipeline", steps(all...)), "", fntest.Env())
			if tc.want == "" && results.Failed() {
				t.Error(results)
			}
			if line := fmt.Sprint(results); tc.want != "" && !strings.Contains(line, fmt.Sprintf("error: Pipeline/stage: spec.steps[%d]: %s", tc.at, tc.want)) {
				t.Error(line)
			}
		})
	}
	var kinds []string
	for _, f := range functions.All {
		kinds = append(kinds, f.Kind)
	}
	if at, err := pipeline.CheckOrder(kinds); err != nil {
		t.Errorf("functions.All does not stand in the order of the work: %d %v", at, err)
	}
}

// TestFindings: each is told where the user wrote it.
func TestFindings(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"no steps":         {"", "{environment: stage}", []string{"spec.steps: is empty; list at least one of PinOperators, SizeEventStreams"}},
		"steps null":       {"", "{steps: ~}", []string{"spec.steps: is empty"}},
		"steps map":        {"steps have an order", "{steps: {PinOperators: {}}}", []string{"spec.steps: is a map; expected a list"}},
		"unknown kind":     {"a typo", steps(step{"PinOperator", "{}"}), []string{`spec.steps[0].kind: there is no function "PinOperator"; did you mean "PinOperators"?`}},
		"foreign kind":     {"nothing is near", steps(step{"Deployment", "{}"}), []string{`spec.steps[0].kind: there is no function "Deployment"; known are PinOperators`}},
		"no kind":          {"", "{steps: [{spec: {limit: 1}}]}", []string{`spec.steps[0].kind: there is no function ""`}},
		"null step":        {"", "{steps: [{kind: Custom}, null]}", []string{"spec.steps[1]: is empty; remove the entry"}},
		"nested":           {"a Pipeline is no step", steps(step{"Pipeline", "{steps: []}"}), []string{`spec.steps[0].kind: there is no function "Pipeline"`}},
		"misspelt step":    {"", "{steps: [{kind: Custom, sepc: {}}]}", []string{`spec.steps[0].sepc: unknown field; did you mean "spec"?`}},
		"misspelt field":   {"", steps(step{"Custom", "{}"}, step{"Custom", "{anotate: {a: b}}"}), []string{`spec.steps[1].spec.anotate: unknown field; did you mean "annotate"?`}},
		"wrong type":       {"", steps(step{"Custom", "{count: many}"}), []string{`spec.steps[0].spec.count: is "many"; expected a whole number`}},
		"spec list":        {"", steps(step{"Custom", "[a]"}), []string{"spec.steps[0].spec: is a list; expected fields such as"}},
		"not valid":        {"the function's own rule, after its defaults", steps(step{"Custom", "{count: 4}"}), []string{"spec.steps[0].spec.count: is 4; expected at most 3"}},
		"about all":        {"a finding about no field ends without a dot", steps(step{"Custom", "{count: -1}"}), []string{"error: Pipeline/stage: spec.steps[0]: counts down"}},
		"all of all steps": {"people mend a config once", steps(step{"Custom", "{count: 4}"}, step{"Cust", "{}"}, step{"Silent", "{a: b}"}), []string{"spec.steps[0].spec.count", "spec.steps[1].kind", "spec.steps[2].spec.a"}},
		"in Transform":     {"a finding about the config while it runs", steps(step{"SealSecrets", "{}"}, step{"Custom", "{fail: here}"}), []string{"error: Pipeline/stage: spec.steps[1].spec.fail: here"}},
		"about an object":  {"an object's finding is the object's", steps(step{"SealSecrets", "{}"}, step{"Custom", "{failObject: a}"}), []string{"error: v1 ConfigMap a: spec: will not do"}},
		"panic":            {"a step's panic is the Pipeline's", steps(step{"Custom", "{panic: true}"}), []string{"error: Pipeline/stage: internal error, please report it: panic in pipeline_test.(*edit).Transform"}},
		"wrong version":    {"", "{steps: [{apiVersion: fn.eda-gitops.io/v2, kind: Custom}]}", []string{`Pipeline/stage: spec.steps[0].apiVersion: is "fn.eda-gitops.io/v2"`}},
	} {
		t.Run(name, func(t *testing.T) {
			items := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
			got, results := process(t, fakes(), config("Pipeline", tc.spec), items, fntest.Env())
			if len(results) != len(tc.want) || !results.Failed() {
				t.Fatalf("%s: %v, want %v", tc.reason, results, tc.want)
			}
			for i, want := range tc.want {
				if line := results[i].String(); !strings.Contains(line, want) {
					t.Errorf("%s:\n got %s\nwant %s", tc.reason, line, want)
				}
			}
			if got != roundTrip(t, items) {
				t.Errorf("the input does not come back unchanged:\n%s", got)
			}
		})
	}
}

// TestEnvironment is handed to the steps that take one and name none.
func TestEnvironment(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, spec, want string
	}{
		"handed down":  {"", "{environment: stage, steps: [{kind: Custom}, {kind: SealSecrets, spec: {limit: 1}}]}", "environment: stage"},
		"step's own":   {"what the config says itself wins", "{environment: stage, steps: [{kind: SealSecrets, spec: {environment: dev}}]}", "environment: dev"},
		"none":         {"everything can be said in the configs", "{steps: [{kind: SealSecrets}]}", ""},
		"nobody takes": {"not every function needs one", "{environment: stage, steps: [{kind: Silent}, {kind: Silent, spec: {idle: true}}]}", ""},
		"null spec":    {"as no spec", "{environment: stage, steps: [{kind: SealSecrets, spec: ~}]}", "environment: stage"},
	} {
		t.Run(name, func(t *testing.T) {
			got, results := process(t, fakes(), config("Pipeline", tc.spec), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", fntest.Env())
			if results != nil || tc.want == "" && strings.Contains(got, "environment") || !strings.Contains(got, tc.want) {
				t.Errorf("%s: %v\n%s", tc.reason, results, got)
			}
		})
	}
}

// TestPlainSecrets: a chain that renders Secrets without SealSecrets is a
// warning for each, which holds no value.
func TestPlainSecrets(t *testing.T) {
	items := `apiVersion: v1
kind: Secret
metadata: {name: db, namespace: rt-stage}
data: {password: aHVudGVyMg==}
---
apiVersion: v1
kind: Secret
metadata: {name: text}
stringData: {password: hunter2}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: listed}, data: {password: aHVudGVyMg==}}
---
apiVersion: v1
kind: Secret
metadata: {name: empty}
---
apiVersion: v1
kind: Secret
metadata: {name: local, annotations: {config.kubernetes.io/local-config: "true"}}
data: {password: aHVudGVyMg==}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed}
---
apiVersion: example.com/v1
kind: Secret
metadata: {name: another-kind}
data: {a: b}
`
	_, results := process(t, fakes(), config("Pipeline", steps(step{"Custom", "{limit: 1}"})), items, fntest.Env())
	var lines []string
	for i := range results {
		lines = append(lines, results[i].String())
	}
	const advice = ": leaves the Pipeline stage as a plain Secret; add a step SealSecrets, or seal it with eda-fn seal"
	want := "warning: v1 Secret rt-stage/db" + advice + "\nwarning: v1 Secret text" + advice + "\nwarning: v1 Secret listed" + advice
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, last := range []string{"SealSecrets", "GenerateArgoApps"} {
		_, results = process(t, fakes(), config("Pipeline", steps(step{"SealSecrets", "{}"}, step{last, "{}"})), items, fntest.Env())
		if results != nil {
			t.Errorf("with SealSecrets: %v", results)
		}
	}
	// What a step made of a Secret is no Secret.
	_, results = process(t, fakes(), config("Pipeline", steps(step{"Custom", "{rekind: SealedSecret}"})), items, fntest.Env())
	if results != nil {
		t.Errorf("after the last Secret is gone: %v", results)
	}
}

// TestStepHeader: apiVersion and metadata default to the Pipeline's.
func TestStepHeader(t *testing.T) {
	spec := "{steps: [{apiVersion: fn.eda-gitops.io/v1alpha1, kind: SealSecrets, metadata: {name: own, labels: {a: b}, annotations: {c: d}}, spec: {warn: w}}]}"
	_, results := process(t, fakes(), config("Pipeline", spec), "", fntest.Env())
	if len(results) != 1 || results[0].String() != "warning: Pipeline/stage: spec.steps[0].spec.warn: w" {
		t.Error(results)
	}
}

// TestTwice: the same Pipeline can be checked and run again.
func TestTwice(t *testing.T) {
	set := fakes()
	c, results := set.Decode(yaml.MustParse(config("Pipeline", steps(step{"SealSecrets", "{add: [a]}"}))))
	if results != nil {
		t.Fatal(results)
	}
	for range 2 {
		if results := fn.Check(c); results != nil {
			t.Fatal(results)
		}
		if out, _ := fn.Apply(c, fntest.Env(), nil); len(out) != 1 {
			t.Errorf("%d items", len(out))
		}
	}
}
