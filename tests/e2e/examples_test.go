package e2e

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

// rendered are the objects of the examples' rendered folders, by file.
func rendered(t *testing.T) map[string][]harness.Object {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(cluster.Root, "examples", "*", "rendered"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no example has a folder rendered: %v", err)
	}
	files := map[string][]harness.Object{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && filepath.Ext(path) == ".yaml" {
				name, _ := filepath.Rel(filepath.Join(cluster.Root, "examples"), path)
				files[name] = harness.MustObjects(t, harness.MustRead(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// What the examples render is what an API server accepts, with every field
// known to its kind's schema.
func TestExamplesAreAccepted(t *testing.T) {
	files := rendered(t)
	for _, objects := range files {
		for _, o := range objects {
			if o.GetNamespace() != "" {
				cluster.Namespace(t, o.GetNamespace())
			}
		}
	}
	count := 0
	for name, objects := range files {
		for _, o := range objects {
			count++
			if !cluster.HasKind(o) {
				t.Errorf("%s: no definition of %s; add it to tests/e2e/crds, or its module to the harness", name, o.GroupVersionKind())
				continue
			}
			if err := cluster.DryRun(t.Context(), o); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d objects in %d files", count, len(files))
}

// An API server that accepts anything would prove nothing.
func TestWrongIsRefused(t *testing.T) {
	const namespace = "wrong"
	cluster.Namespace(t, namespace)
	valid := map[string]harness.Object{}
	for name, objects := range rendered(t) {
		if !strings.HasPrefix(name, "rt-inventory/") {
			continue // of other groups, some have the same kinds
		}
		for _, o := range objects {
			valid[o.GetKind()] = o
		}
	}
	for name, tc := range map[string]struct {
		kind, old, new string
		want           string
	}{
		"unknown field of an operand":     {"EventStreams", "\nspec:\n", "\nspec:\n  licence: {}\n", "spec.licence"},
		"unknown field deep inside":       {"EventStreams", "    zookeeper:\n", "    zookeeper:\n      replica: 1\n", "replica"},
		"wrong type":                      {"KafkaTopic", "  partitions: ", "  partitions: x", "spec.partitions"},
		"field twice":                     {"KafkaTopic", "\nspec:\n", "\nspec:\n  topicName: other\n", "topicName"},
		"unknown field of a Deployment":   {"Deployment", "\nspec:\n", "\nspec:\n  replica: 1\n", "spec.replica"},
		"unknown field of an Application": {"Application", "\nspec:\n", "\nspec:\n  sources:\n  - repo: x\n", "repo"},
		"unknown field of a Subscription": {"Subscription", "\nspec:\n", "\nspec:\n  startingCsv: x\n", "spec.startingCsv"},
		"unknown field of a SealedSecret": {"SealedSecret", "\nspec:\n", "\nspec:\n  encrypted: {}\n", "spec.encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			o := valid[tc.kind]
			cluster.Namespace(t, o.GetNamespace())
			if !strings.Contains(o.Text, tc.old) {
				t.Fatalf("the example's %s has no %q", tc.kind, tc.old)
			}
			o.Text = strings.Replace(o.Text, tc.old, tc.new, 1)
			if err := cluster.DryRun(t.Context(), o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the API server says %v, expected it to name %s", err, tc.want)
			}
		})
	}
}

// The example's base says namespace ENVIRONMENT, so that what a host renders
// without the functions, which kustomize does without a word, deploys nothing.
func TestWithoutFunctionsNothingIsDeployed(t *testing.T) {
	base := filepath.Join(cluster.Root, "examples", "rt-inventory", "base")
	rendered := harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"build", base}})
	objects := harness.MustObjects(t, rendered+"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ENVIRONMENT}\n")
	for _, o := range objects {
		if err := cluster.DryRun(t.Context(), o); err == nil {
			t.Errorf("the API server accepts %s %s in namespace %s", o.GetKind(), o.GetName(), o.GetNamespace())
		}
	}
	if len(objects) < 10 {
		t.Errorf("the base has no more than %d objects", len(objects))
	}
}
