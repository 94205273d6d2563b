package hosts_test

import (
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
	"github.com/eda-gitops/functions/tests/host"
)

// What is committed below rendered/ is what the sources render.
func TestRenderedIsCurrent(t *testing.T) {
	for _, f := range folders {
		answer := host.Run(t, host.Call{
			Program: host.EdaFn(t), Dir: example(t), Args: []string{"build", f.path, "-o", "rendered/" + f.rendered + "/", "--check"},
		})
		if answer.Status != 0 {
			t.Errorf("%s: %s%s", f.path, answer.Stdout, answer.Stderr)
		}
	}
}

// Every object has one owner on its cluster.
func TestNothingIsRenderedTwice(t *testing.T) {
	owners := map[string]string{}
	for _, f := range folders {
		for _, o := range objects(t, edaBuild(t, filepath.Join(example(t), f.path))) {
			id := strings.Join([]string{f.cluster, o.Group(), o.Kind(), o.Namespace(), o.Name()}, " ")
			if other := owners[id]; other != "" {
				t.Errorf("%s renders %s for cluster %s, and so does %s", f.path, o.Ref(), f.cluster, other)
			}
			owners[id] = f.path
		}
	}
}

// An environment is short: comments, blank lines and sealed secrets aside.
func TestEnvironmentsAreShort(t *testing.T) {
	const limit = 60
	for _, f := range folders {
		if !f.environment() {
			continue
		}
		lines := 0
		eachFile(t, filepath.Join(example(t), f.path), func(name, text string) {
			if strings.HasPrefix(name, "sealed/") {
				return
			}
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					lines++
				}
			}
		})
		if lines > limit {
			t.Errorf("%s has %d lines, above %d", f.path, lines, limit)
		}
		t.Logf("%s: %d lines", f.path, lines)
	}
}

// Only sealed secrets are committed.
func TestNoPlainSecret(t *testing.T) {
	eachFile(t, example(t), func(name, text string) {
		if !strings.HasSuffix(name, ".yaml") {
			return
		}
		if strings.Contains(text, "secretGenerator") {
			t.Errorf("%s generates a Secret from plain values", name)
		}
		nodes, err := parse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, node := range nodes {
			if o := view.Of(node); o.APIVersion() == "v1" && o.Kind() == "Secret" {
				t.Errorf("%s holds %s", name, o.Ref())
			}
		}
	})
}

// The base says a namespace that no cluster takes, so that it deploys nothing by
// itself.
func TestBaseDeploysNothing(t *testing.T) {
	for _, dir := range []string{"base", "base/services/mirror-maker"} {
		found := objects(t, edaBuild(t, filepath.Join(example(t), dir)))
		if len(found) == 0 {
			t.Errorf("%s renders nothing", dir)
		}
		for _, o := range found {
			if o.Namespace() != "ENVIRONMENT" {
				t.Errorf("%s: %s is in namespace %q", dir, o.Ref(), o.Namespace())
			}
			if openapi.IsCertainlyClusterScoped(yaml.TypeMeta{APIVersion: o.APIVersion(), Kind: o.Kind()}) {
				t.Errorf("%s: %s belongs to the cluster", dir, o.Ref())
			}
		}
	}
}

// No environment knows another, but for the one value by which stage mirrors
// dev; and the base's namespace is nowhere any more.
func TestEnvironmentsAreApart(t *testing.T) {
	const prefix = "rt-inventory-"
	names := []string{"dev", "qa", "stage", "prod"}
	for _, name := range names {
		var foreign []string
		for _, o := range objects(t, edaBuild(t, filepath.Join(example(t), "environments", name))) {
			eachScalar(o.Node(), func(value string) {
				if strings.Contains(value, "ENVIRONMENT") {
					t.Errorf("%s: %s still says %q", name, o.Ref(), value)
				}
				for _, other := range names {
					if other != name && strings.Contains(value, prefix+other) {
						foreign = append(foreign, o.Kind()+" "+value)
					}
				}
			})
		}
		want := 0
		if name == "stage" {
			want = 1
		}
		if len(foreign) != want || want == 1 && !strings.HasPrefix(foreign[0], "KafkaMirrorMaker2 es-kafka-bootstrap.rt-inventory-dev.svc") {
			t.Errorf("%s refers to other environments: %q", name, foreign)
		}
	}
}

func eachScalar(node *yaml.Node, visit func(value string)) {
	if node.Kind == yaml.ScalarNode {
		visit(node.Value)
	}
	for _, child := range node.Content {
		eachScalar(child, visit)
	}
}

// Whoever leaves these functions keeps rendered/: it builds with kustomize alone,
// to the same objects, and no function is configured in it.
func TestRenderedStandsAlone(t *testing.T) {
	for _, f := range folders {
		t.Run(f.path, func(t *testing.T) {
			dir := t.TempDir()
			var list strings.Builder
			list.WriteString("resources:\n")
			eachFile(t, filepath.Join(example(t), "rendered", f.rendered), func(name, text string) {
				// Argo CD's objects are rendered below the cluster's.
				if !strings.HasSuffix(name, ".yaml") || strings.HasPrefix(name, "argocd/") {
					return
				}
				write(t, filepath.Join(dir, name), text)
				list.WriteString("- " + name + "\n")
			})
			write(t, filepath.Join(dir, "kustomization.yaml"), list.String())
			alone := host.MustRun(t, host.Call{Program: host.Kustomize(t), Args: []string{"build", dir}, Env: []string{"PATH=/nowhere"}})
			same(t, canonical(t, alone), canonical(t, edaBuild(t, filepath.Join(example(t), f.path))))
			if strings.Contains(alone, "apiVersion: fn.eda-gitops.io") || strings.Contains(alone, "config.kubernetes.io/function") {
				t.Error("a function is configured in it")
			}
		})
	}
}
