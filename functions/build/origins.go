package build

import (
	"fmt"
	"path/filepath"
	"strconv"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// keepsOrigins says that kustomize may write the file and the name of each
// function's config into the output: then configs keep both, and each function
// is called by itself.
func (t *tree) keepsOrigins() bool { return len(t.top.BuildMetadata) > 0 }

func originOf(path string) string {
	text, _ := (&resource.Origin{Path: path}).String() // a string always marshals
	return text
}

// foldersOf gives each config a folder of its own, which is not on disk: an
// inline config has the kustomization for its origin, but a folder can say
// where its config is from.
func (t *tree) foldersOf(k *kustomization, field string, configs []config) (*yaml.Node, error) {
	origin, known := t.origins[k.dir]
	lines := view.Seq()
	for i := range configs {
		name := ".eda-fn-" + field + "-" + strconv.Itoa(i)
		path, _ := view.Of(configs[i].node).Annotation(originAnnotation)
		var from resource.Origin
		if err := sigsyaml.Unmarshal([]byte(path), &from); err != nil {
			return nil, fmt.Errorf("%s: %s: %s: %w", t.shown(k.path), field, configs[i].ref(), err)
		}
		if t.remote && (!known || from.Repo != "") {
			return nil, fmt.Errorf("%s: %s: %s: a function from a remote base has no origin that could be written; remove buildMetadata, or copy the base into the repository",
				t.shown(k.path), field, configs[i].ref())
		}
		text, err := t.configText(configs[i : i+1])
		if err != nil {
			return nil, err
		}
		list, err := sigsyaml.Marshal(map[string]any{
			"resources":         []string{"config.yaml"},
			"commonAnnotations": map[string]string{originAnnotation: originOf(filepath.Join(origin, from.Path))},
		})
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(k.dir, name)
		t.virtual[filepath.Join(dir, "config.yaml")] = []byte(text)
		t.virtual[filepath.Join(dir, konfig.DefaultKustomizationFileName())] = list
		lines.Content = append(lines.Content, view.String(name))
	}
	return lines, nil
}
