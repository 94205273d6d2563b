package injectnamespace

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
)

var set = fn.Set{Function}

func TestGolden(t *testing.T) { fntest.Golden(t, set) }

// config is an InjectNamespace with a spec in flow style.
func config(spec string) string {
	return "apiVersion: " + fn.APIVersion + "\nkind: InjectNamespace\nmetadata: {name: test}\nspec: " + spec + "\n"
}

// inject runs the function and expects it to succeed.
func inject(t *testing.T, spec, items string) string {
	t.Helper()
	got, results := fntest.Run(t, set, config(spec), items)
	if err := results.Err(); err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	return got
}

// base is the input of a golden case with all kinds of places, without its
// Solution.
func base(t *testing.T) string {
	t.Helper()
	in := fntest.Load(t, "testdata/base-to-environment.txtar").In
	_, objects, _ := strings.Cut(in, "\n---\n")
	return objects
}

func TestAThenBIsB(t *testing.T) {
	for _, a := range []string{"shop-qa", "qa"} {
		throughA := inject(t, "{namespace: shop-prod, namespaceMatcher: "+a+"}", inject(t, "{namespace: "+a+"}", base(t)))
		if atOnce := inject(t, "{namespace: shop-prod}", base(t)); throughA != atOnce {
			t.Errorf("through %s:\n%s\nat once:\n%s", a, throughA, atOnce)
		}
	}
}

func TestThereAndBackIsOnePass(t *testing.T) {
	for _, name := range []string{"rename-words", "rename-text", "structural-platform", "structural-operators", "scripts", "route-hosts"} {
		c := fntest.Load(t, "testdata/"+name+".txtar")
		there := map[string]string{"dev": "fresh", "kafka": "fresher", "ci": "freshest", "rt-dev": "so-fresh"}
		var to, back []string
		for from, target := range there {
			to = append(to, from+": "+target)
			back = append(back, target+": "+from)
		}
		mapping := func(pairs []string) string { return "{rename: {namespaces: {" + strings.Join(pairs, ", ") + "}}}" }
		moved := inject(t, mapping(to), c.In)
		want := inject(t, "{rename: {namespaces: {occurs-nowhere: x}}}", c.In)
		if moved == want {
			t.Errorf("%s: nothing moved", name)
		}
		if got := inject(t, mapping(back), moved); got != want {
			t.Errorf("%s: there and back gives\n%s\nexpected\n%s", name, got, want)
		}
	}
}

func TestSwapAndChain(t *testing.T) {
	const in = `apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: red}
data: {url: x.blue.svc}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: blue}
data: {url: x.red.svc}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a, namespace: red}
subjects:
- {kind: ServiceAccount, name: sa}
`
	for spec, want := range map[string][]string{
		"{rename: {namespaces: {red: blue, blue: red}}}":                   {"blue x.blue→red", "red x.red→blue"},
		"{rename: {namespaces: {red: blue, blue: green}}}":                 {"blue x.blue→green", "green x.red→blue"},
		"{namespace: red, rename: {namespaces: {red: blue, blue: green}}}": {"blue x.blue→green", "green x.red→blue"},
	} {
		got, results := fntest.Run(t, set, config(spec), in)
		if results.Failed() || len(results) == 0 || !strings.Contains(results[0].Message, "a second one over its output") {
			t.Errorf("%s: results %v; expected a warning alone", spec, results)
		}
		for _, w := range want {
			namespace, url, _ := strings.Cut(w, " ")
			target := url[strings.Index(url, "→")+len("→"):]
			if !strings.Contains(got, "namespace: "+namespace+"}\ndata: {url: x."+target+".svc}") {
				t.Errorf("%s: expected %s in\n%s", spec, w, got)
			}
		}
		if strings.HasPrefix(spec, "{namespace") && !strings.Contains(got, "{kind: ServiceAccount, name: sa, namespace: red}") {
			t.Errorf("%s: the subject is filled in and then moved:\n%s", spec, got)
		}
	}
}

func TestConfigMapForm(t *testing.T) {
	items := fntest.List(t, `apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  namespace: shop-dev
  namespaceMatchr: example
`, "")
	_, results, err := fn.Process(items, set, "inject-namespace", fntest.Env())
	if err != nil || !strings.Contains(fmt.Sprint(results), `did you mean "namespaceMatcher"?`) {
		t.Errorf("a misspelt key: %v %v", results, err)
	}
	items = fntest.List(t, `apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  namespace: shop-dev
  namespaceMatcher: example
`, `apiVersion: v1
kind: Service
metadata:
  name: the-service
  namespace: example
---
apiVersion: dev.example.com/v1
kind: MyResource
metadata:
  name: mine
  namespace: example
spec:
  selector:
    namespace: example
---
apiVersion: v1
kind: Service
metadata:
  name: the-service
  namespace: other
`)
	out, results, err := fn.Process(items, set, "inject-namespace", fntest.Env())
	if err != nil || len(results) > 0 {
		t.Fatalf("%v %v", results, err)
	}
	if got := string(out); strings.Count(got, "namespace: shop-dev") != 3+1 || !strings.Contains(got, "namespace: other") {
		t.Errorf("got\n%s", got)
	}
}

func TestTakeEnvironment(t *testing.T) {
	c := &InjectNamespace{}
	c.TakeEnvironment("dev")
	c.TakeEnvironment("stage")
	if c.Spec.Environment != "dev" {
		t.Errorf("environment is %q; the first one stays", c.Spec.Environment)
	}
}

// TestStyles: a changed string keeps its style, and is quoted where it would
// be no string any more.
func TestStyles(t *testing.T) {
	const in = `apiVersion: example.com/v1
kind: Widget
metadata: {name: a, namespace: dev}
plain: {namespace: dev} # why
single: {namespace: 'dev'}
double: {namespace: "dev"}
literal: |
  x.dev.svc
folded: >-
  x.dev.svc
`
	for to, want := range map[string]string{
		"stage": strings.ReplaceAll(in, "dev", "stage"),
		"123":   strings.ReplaceAll(strings.ReplaceAll(in, ": dev}", ": \"123\"}"), "dev", "123"),
		"on":    strings.ReplaceAll(strings.ReplaceAll(in, ": dev}", ": \"on\"}"), "dev", "on"),
	} {
		if got := inject(t, `{rename: {namespaces: {dev: "`+to+`"}}}`, in); got != want {
			t.Errorf("got\n%s\nexpected\n%s", got, want)
		}
	}
}

// oneWay is the function without chains of renames, which one run gets right
// and a second one over its output must move on.
type oneWay struct{ InjectNamespace }

func (c *oneWay) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	items, results := c.InjectNamespace.Transform(env, items)
	for i := range results {
		if strings.Contains(results[i].Message, "a second one over its output") {
			results[i].Severity = fn.Error
		}
	}
	return items, results
}

func FuzzInjectNamespace(f *testing.F) {
	fntest.Fuzz(f, fn.Set{{Name: Function.Name, Kind: Function.Kind, New: func() fn.Config { return &oneWay{} }}})
}

func FuzzText(f *testing.F) {
	f.Add("x.ENVIRONMENT.svc:1 -n dev namespace: [a, dev] https://a-dev.apps.b.c rt-dev", uint8(0))
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		m := testMoves("ENVIRONMENT", "shop-qa", "dev", "stage", "rt-dev", "rt-qa")
		p := place{field: kind&1 > 0, pair: kind&2 > 0, prose: kind&4 > 0, image: kind&8 > 0, route: kind&16 > 0, git: kind&32 > 0}
		once, _ := m.rewrite(s, p)
		if twice, _ := m.rewrite(once, p); twice != once {
			t.Errorf("%q becomes %q and then %q", s, once, twice)
		}
	})
}

// TestLinear: 1,400 objects and 100 renames cost less than reading and
// writing the objects (a tenth, as it is).
func TestLinear(t *testing.T) {
	var renames []string
	for i := range 100 {
		renames = append(renames, fmt.Sprintf("team-%d: squad-%d", i, i))
	}
	spec := config("{namespace: shop-dev, rename: {namespaces: {" + strings.Join(renames, ", ") + "}}}")
	const copies = 200
	items := fntest.Items(t, strings.Repeat(base(t)+"---\n", copies))
	start := time.Now()
	var out bytes.Buffer
	if err := (kio.ByteWriter{Writer: &out}).Write(items); err != nil {
		t.Fatal(err)
	}
	if _, err := (&kio.ByteReader{Reader: &out}).Read(); err != nil {
		t.Fatal(err)
	}
	pass := time.Since(start)
	c, results := set.Decode(yaml.MustParse(spec))
	if results.Failed() {
		t.Fatal(results)
	}
	start = time.Now()
	c.Transform(fntest.Env(), items)
	took := time.Since(start)
	t.Logf("%d objects: %v, a bare pass %v", len(items), took, pass)
	if took > pass {
		t.Errorf("%d objects took %v; a bare pass takes %v", len(items), took, pass)
	}
}
