package hosts_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Each Application may sync what its folder renders: its project knows the
// namespace and allows the kind.
func TestProjectsPermitWhatIsRendered(t *testing.T) {
	checked := 0
	for _, argocd := range folders {
		if !strings.HasSuffix(argocd.path, "/argocd") {
			continue
		}
		made := objects(t, edaBuild(t, filepath.Join(example(t), argocd.path)))
		projects := map[string]view.Object{}
		for _, o := range made {
			if o.Kind() == "AppProject" {
				projects[o.Name()] = o
			}
		}
		for _, app := range made {
			if app.Kind() != "Application" {
				continue
			}
			project, found := projects[app.Text("spec", "project")]
			if !found {
				t.Errorf("%s: there is no project %q", app.Ref(), app.Text("spec", "project"))
				continue
			}
			f := folderOf(t, app.Text("spec", "source", "path"))
			for _, o := range objects(t, edaBuild(t, filepath.Join(example(t), f.path))) {
				checked++
				if !permits(project, o) {
					t.Errorf("%s: its project %s forbids %s", app.Ref(), project.Name(), o.Ref())
				}
			}
		}
	}
	if checked == 0 {
		t.Error("no Application has a folder")
	}
}

// folderOf is the folder that renders to an Application's path.
func folderOf(t *testing.T, path string) folder {
	t.Helper()
	i := slices.IndexFunc(folders, func(f folder) bool { return "rendered/"+f.rendered == path })
	if i < 0 {
		t.Fatalf("no folder renders to %s", path)
	}
	return folders[i]
}

// permits says whether a project lets an object be synced, by Argo CD's rule: a
// namespaced one by destination and kind, another by kind.
func permits(project, o view.Object) bool {
	if o.Namespace() == "" {
		return listed(project.Lookup("spec", "clusterResourceWhitelist"), o)
	}
	for _, destination := range elements(project.Lookup("spec", "destinations")) {
		if view.Text(view.Field(destination, "namespace")) == o.Namespace() {
			return listed(project.Lookup("spec", "namespaceResourceWhitelist"), o)
		}
	}
	return false
}

func listed(kinds *yaml.Node, o view.Object) bool {
	return slices.ContainsFunc(elements(kinds), func(kind *yaml.Node) bool {
		return view.Text(view.Field(kind, "group")) == o.Group() && view.Text(view.Field(kind, "kind")) == o.Kind()
	})
}

func elements(list *yaml.Node) []*yaml.Node {
	if list == nil {
		return nil
	}
	return list.Content
}
