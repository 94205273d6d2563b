package argoplugin_test

import (
	"os"
	"slices"
	"testing"

	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/argoplugin"
)

// pluginFile is all that Argo CD reads of a plugin.yaml. Source:
// cmpserver/plugin/config.go and reposerver/repository/repository.proto of
// v3.2.11; it takes other fields, too, and ignores them.
type pluginFile struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version    string  `json:"version"`
		Init       command `json:"init"`
		Generate   command `json:"generate"`
		Discover   *any    `json:"discover"`
		Parameters struct {
			Static []struct {
				Name           string            `json:"name"`
				Title          string            `json:"title"`
				Tooltip        string            `json:"tooltip"`
				Required       bool              `json:"required"`
				ItemType       string            `json:"itemType"`
				CollectionType string            `json:"collectionType"`
				String         string            `json:"string"`
				Array          []string          `json:"array"`
				Map            map[string]string `json:"map"`
			} `json:"static"`
			Dynamic command `json:"dynamic"`
		} `json:"parameters"`
		PreserveFileMode bool `json:"preserveFileMode"`
		ProvideGitCreds  bool `json:"provideGitCreds"`
	} `json:"spec"`
}

type command struct {
	Command []string `json:"command"`
	Args    []string `json:"args"`
}

func read(t *testing.T, path string) pluginFile {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file pluginFile
	if err := sigsyaml.UnmarshalStrict(text, &file); err != nil {
		t.Fatalf("%s: Argo CD would not heed it: %v", path, err)
	}
	if file.APIVersion != "argoproj.io/v1alpha1" || file.Kind != "ConfigManagementPlugin" {
		t.Errorf("%s: is %s %s", path, file.APIVersion, file.Kind)
	}
	// Discovery sends every repository here, and a version changes the name.
	if file.Spec.Discover != nil || file.Spec.Version != "" || file.Spec.PreserveFileMode || file.Spec.ProvideGitCreds {
		t.Errorf("%s: has discover, a version, file modes or credentials", path)
	}
	return file
}

// The example's plugin declares what the program heeds, in the same words.
func TestExamplePlugin(t *testing.T) {
	file := read(t, "../../examples/argocd-plugin/base/plugin.yaml")
	if file.Metadata.Name != "eda-fn" { // what GenerateArgoApps writes
		t.Errorf("the plugin's name is %q", file.Metadata.Name)
	}
	if got := slices.Concat(file.Spec.Generate.Command, file.Spec.Generate.Args); !slices.Equal(got, []string{"eda-fn", "build", "--argocd", "."}) {
		t.Errorf("generate is %q", got)
	}
	var declared []argoplugin.Parameter
	for _, p := range file.Spec.Parameters.Static {
		declared = append(declared, argoplugin.Parameter{Name: p.Name, Tooltip: p.Tooltip})
	}
	if !slices.Equal(declared, argoplugin.Parameters) {
		t.Errorf("plugin.yaml declares\n%q\nthe program\n%q", declared, argoplugin.Parameters)
	}
	other := read(t, "../../examples/argocd-plugin/stand-in/plugin.yaml")
	if other.Metadata.Name == file.Metadata.Name {
		t.Error("two plugins of one name")
	}
}
