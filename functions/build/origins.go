package build

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

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
// inline config has the kustomization for its origin, but a folder can take it
// from the path that the config's own file has.
func (t *tree) foldersOf(k *kustomization, field string, configs []config) (*yaml.Node, error) {
	lines := view.Seq()
	for i := range configs {
		text, _ := view.Of(configs[i].node).Annotation(originAnnotation)
		var from resource.Origin
		if err := sigsyaml.Unmarshal([]byte(text), &from); err != nil {
			return nil, fmt.Errorf("%s: %s: %s: %w", t.shown(k.path), field, configs[i].ref(), err)
		}
		if from.Repo != "" {
			return nil, fmt.Errorf("%s: %s: %s: a function's config from a remote folder has no origin that could be written; remove buildMetadata, or copy the config into the repository",
				t.shown(k.path), field, configs[i].ref())
		}
		text, err := t.configText(configs[i:i+1], i)
		if err != nil {
			return nil, err
		}
		name := ".eda-fn-" + field + "-" + strconv.Itoa(i)
		if err := t.standIn(filepath.Join(k.dir, name), from.Path, text); err != nil {
			return nil, err
		}
		lines.Content = append(lines.Content, view.String(name))
	}
	return lines, nil
}

// standIn lays out a folder that lists a file by its path beside the folder. The
// folder is a link to one so deep that the path leads to no file of the disk,
// but to a link to the text.
func (t *tree) standIn(link, path, text string) error {
	listed := filepath.Join("..", path)
	dir := filepath.Join(link, strings.Repeat("d/", 1+strings.Count(listed, "..")))
	list, err := sigsyaml.Marshal(map[string]any{"resources": []string{listed}})
	if err != nil {
		return err
	}
	content := filepath.Join(dir, ".content")
	t.virtual[filepath.Join(dir, konfig.DefaultKustomizationFileName())] = list
	t.virtual[content] = []byte(text)
	t.links[link] = dir
	t.links[filepath.Join(dir, listed)] = content
	return nil
}
