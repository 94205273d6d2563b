package injectnamespace

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
)

// binding is a ClusterRoleBinding for a base's ServiceAccount.
const binding = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: app-view
subjects:
- kind: ServiceAccount
  name: app
  namespace: ENVIRONMENT
`

func TestAThenBIsB(t *testing.T) {
	in := base(t) + "---\n" + binding
	const suffix = ", clusterScopedNames: suffix}"
	for _, a := range []string{"shop-qa", "qa"} {
		throughA := inject(t, "{namespace: shop-prod, rename: {namespaces: {"+a+": shop-prod}}, namespaceMatcher: "+a+suffix,
			inject(t, "{namespace: "+a+suffix, in))
		if atOnce := inject(t, "{namespace: shop-prod"+suffix, in); throughA != atOnce {
			t.Errorf("through %s:\n%s\nat once:\n%s", a, throughA, atOnce)
		}
	}
}

// there are renames whose targets occur in no input.
var there = map[string]map[string]string{
	"namespaces":    {"dev": "fresh", "kafka": "fresher", "ci": "freshest", "rt-dev": "so-fresh", "ENVIRONMENT": "environment-x"},
	"clusters":      {"es": "es-fresh"},
	"connects":      {"connect": "connect-fresh"},
	"queueManagers": {"store-mq": "mq-fresh"},
	"names":         {"rt-dev-rolebinding": "rt-fresh-rolebinding", "rt-dev-hook": "rt-fresh-hook", "rt-dev-role": "rt-fresh-role"},
}

// renaming writes renames as a spec, forwards or back.
func renaming(back bool) string {
	var maps []string
	for field, names := range there {
		var pairs []string
		for from, to := range names {
			if back {
				from, to = to, from
			}
			if from == "environment-x" {
				continue // no namespace may be called as it was
			}
			pairs = append(pairs, from+": "+to)
		}
		maps = append(maps, field+": {"+strings.Join(pairs, ", ")+"}")
	}
	return "{rename: {" + strings.Join(maps, ", ") + "}, clusterScopedNames: keep, residue: ignore}"
}

func TestThereAndBackIsOnePass(t *testing.T) {
	for _, name := range []string{
		"rename-words", "rename-text", "structural-platform", "structural-operators", "scripts", "route-hosts",
		"rename-names", "rename-clusters", "rename-connects", "rename-queue-managers",
	} {
		in := strings.ReplaceAll(fntest.Load(t, "testdata/"+name+".txtar").In, "ENVIRONMENT", "rt-dev")
		moved, want := inject(t, renaming(false), in), pass(t, in)
		if moved == want {
			t.Errorf("%s: nothing moved", name)
		}
		if got := inject(t, renaming(true), moved); got != want {
			t.Errorf("%s: there and back gives\n%s\nexpected\n%s", name, got, want)
		}
	}
}

// pass is what a bare pass through kyaml makes of items.
func pass(t *testing.T, in string) string {
	t.Helper()
	var out bytes.Buffer
	if err := (kio.ByteWriter{Writer: &out, KeepReaderAnnotations: true}).Write(fntest.Items(t, in)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestNothingElse: in every golden case, an object that says its namespace and
// holds none of the names in the config comes out as it went in, and no object
// is added or lost but for createNamespace.
func TestNothingElse(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	untouched := 0
	for _, path := range paths {
		c := fntest.Load(t, path)
		config, results := set.Decode(yaml.MustParse(c.Config))
		out, failed := fntest.Run(t, set, c.Config, c.In)
		if results.Failed() || failed.Failed() {
			continue
		}
		before, after := strings.Split(pass(t, c.In), "---\n"), strings.Split(out, "---\n")
		spec := config.(*InjectNamespace).Spec
		if added := len(after) - len(before); added != 0 && (spec.CreateNamespace == nil || added != 1) {
			t.Errorf("%s: %d objects become %d", path, len(before), len(after))
		}
		names := []string{"ENVIRONMENT", "kind: Secret", spec.NamespaceMatcher}
		for _, renamed := range append(spec.Rename.others(), renames{to: spec.Rename.Namespaces}) {
			for from := range renamed.to {
				names = append(names, from)
			}
		}
		holds := func(document string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return name != "" && strings.Contains(document, name) })
		}
		for _, document := range before {
			if node := yaml.MustParse(document); node.GetNamespace() == "" || holds(document) {
				continue
			}
			if untouched++; !slices.Contains(after, document) {
				t.Errorf("%s: this object changed:\n%s", path, document)
			}
		}
	}
	if untouched == 0 {
		t.Error("no object was looked at")
	}
}

// TestLinear: 1,400 objects and 100 renames cost less than reading and
// writing the objects (a third, as it is).
func TestLinear(t *testing.T) {
	const copies = 200
	items, config := many(t, copies)
	start := time.Now()
	readAndWrite(t, items)
	pass := time.Since(start)
	start = time.Now()
	config.Transform(fntest.Env(), items)
	took := time.Since(start)
	t.Logf("%d objects: %v, a bare pass %v", len(items), took, pass)
	if took > pass {
		t.Errorf("%d objects took %v; a bare pass takes %v", len(items), took, pass)
	}
}

// many returns copies of a base's objects, and a config with 100 renames of
// namespaces and some of everything else.
func many(t testing.TB, copies int) ([]*yaml.RNode, fn.Config) {
	t.Helper()
	var renames []string
	for i := range 100 {
		renames = append(renames, fmt.Sprintf("team-%d: squad-%d", i, i))
	}
	spec := config("{namespace: shop-stage, rename: {namespaces: {" + strings.Join(renames, ", ") +
		"}, clusters: {es: es-stage}, names: {a-b-c: a-b-d}}, otherEnvironments: [shop-prod], report: true}")
	_, objects, _ := strings.Cut(fntest.Load(t, "testdata/base-to-environment.txtar").In, "\n---\n")
	c, results := set.Decode(yaml.MustParse(spec))
	if results.Failed() {
		t.Fatal(results)
	}
	return fntest.Items(t, strings.Repeat(objects+"---\n", copies)), c
}

func readAndWrite(t testing.TB, items []*yaml.RNode) {
	t.Helper()
	var out bytes.Buffer
	if err := (kio.ByteWriter{Writer: &out}).Write(items); err != nil {
		t.Fatal(err)
	}
	if _, err := (&kio.ByteReader{Reader: &out}).Read(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkTenThousand: 10,000 objects with 100 renames; bare is a read and a
// write of the same objects by kyaml.
func BenchmarkTenThousand(b *testing.B) {
	const copies = 10_000/7 + 1
	b.Run("bare", func(b *testing.B) {
		items, _ := many(b, copies)
		for b.Loop() {
			readAndWrite(b, items)
		}
	})
	b.Run("inject", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			items, config := many(b, copies)
			b.StartTimer()
			config.Transform(fntest.Env(), items)
		}
	})
}
