package injectnamespace

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
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
	f.Add("es-kafka-bootstrap.rt-dev.svc:1 es-ibm-es-ui-rt-dev.apps.a.b rt-dev-role strimzi.io/cluster=es get kafka es", uint8(64))
	f.Add("es-qa-connect-api.dev:80 es-es-kafka-bootstrap rt-dev-role-dev.apps.a.b kafka/es-qa", uint8(68))
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		m := testMoves("ENVIRONMENT", "shop-qa", "dev", "stage", "rt-dev", "rt-qa")
		m.names = map[string]string{"rt-dev-role": "rt-qa-role", "role": "role-qa"}
		m.renameOwners(view.KafkaOwner, map[string]string{"es": "es-qa", "a": "a-kafka"})
		m.renameOwners(view.ConnectOwner, map[string]string{"es-qa": "es"})
		p := place{outside: kind&128 > 0, field: kind&1 > 0, pair: kind&2 > 0, prose: kind&4 > 0, image: kind&8 > 0, route: kind&16 > 0, git: kind&32 > 0}
		if kind&64 > 0 {
			p.owned = view.OwnerClasses
		}
		once, _ := m.rewrite(s, p)
		if twice, _ := m.rewrite(once, p); twice != once {
			t.Errorf("%q becomes %q and then %q", s, once, twice)
		}
	})
}
