package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	argo "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

// All that GenerateArgoApps' golden cases make is what Argo CD's own resource
// definitions take, with every field known, and what its own checks of projects
// let pass.
func TestGeneratedFitsArgoSchemas(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(cluster.Root, "functions", "generateargoapps", "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	// Not Argo CD's own, where a dry run would merge them with what other tests
	// have applied.
	const namespace = "argo-schemas"
	cluster.Namespace(t, namespace)
	kinds := map[string]int{}
	for _, path := range cases {
		_, want, found := strings.Cut(harness.MustRead(t, path), "-- want.yaml --\n")
		if !found {
			continue
		}
		want, _, _ = strings.Cut(want, "-- results.txt --\n")
		for _, o := range harness.MustObjects(t, want) {
			if _, owned := o.GetAnnotations()["fn.eda-gitops.io/owned-by"]; !owned || o.GroupVersionKind().Group != "argoproj.io" {
				continue
			}
			kinds[o.GetKind()]++
			o.SetNamespace(namespace)
			text, err := yaml.Marshal(o.Object)
			if err != nil {
				t.Fatal(err)
			}
			o.Text = string(text)
			if err := cluster.DryRun(t.Context(), o); err != nil {
				t.Errorf("%s: %s %s: %v", filepath.Base(path), o.GetKind(), o.GetName(), err)
			}
			if o.GetKind() != "AppProject" {
				continue
			}
			project := &argo.AppProject{}
			if err := yaml.UnmarshalStrict([]byte(o.Text), project); err != nil {
				t.Errorf("%s: %v", filepath.Base(path), err)
			}
			if err := project.ValidateProject(); err != nil {
				t.Errorf("%s: %s: %v", filepath.Base(path), project.Name, err)
			}
		}
	}
	for _, kind := range []string{"Application", "ApplicationSet", "AppProject", "ArgoCD"} {
		if kinds[kind] == 0 {
			t.Errorf("no golden case makes a %s", kind)
		}
	}
}
