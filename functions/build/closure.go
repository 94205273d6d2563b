package build

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Reach is all that a kustomization reads on this disk, as clean absolute paths,
// sorted. What is remote, or listed and not there, is not in it.
type Reach struct {
	// Folders are those of kustomizations, the top one included.
	Folders []string
	// Files are kustomizations, resources, patches, what generators read, and
	// all else.
	Files []string
	// Patches are those of the files that are patches.
	Patches []string
}

// ErrNoKustomization says that a folder holds none.
var ErrNoKustomization = errors.New("no kustomization here")

// ReachOf reads the kustomizations of a tree.
func ReachOf(dir string) (*Reach, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	w := &reachWalk{folders: map[string]bool{}, files: map[string]bool{}, patches: map[string]bool{}}
	if err := w.folder(absolute); err != nil {
		return nil, err
	}
	if !w.folders[absolute] {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoKustomization)
	}
	return &Reach{Folders: sortedKeys(w.folders), Files: sortedKeys(w.files), Patches: sortedKeys(w.patches)}, nil
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

type reachWalk struct {
	folders, files, patches map[string]bool
}

// folder adds a folder's kustomization and what it lists; a folder without one
// adds nothing.
func (w *reachWalk) folder(dir string) error {
	if w.folders[dir] {
		return nil
	}
	reader := &tree{}
	k, err := reader.read(dir)
	if err != nil || k == nil {
		return err
	}
	w.folders[dir], w.files[k.path] = true, true
	for _, entry := range slices.Concat(k.Resources, k.Components, k.Generators, k.Transformers, k.Validators,
		k.Crds, k.Configurations, []string{k.OpenAPI["path"]}) {
		if err := w.entry(dir, entry); err != nil {
			return err
		}
	}
	for _, p := range k.Patches {
		w.patch(dir, p.Path)
	}
	for _, p := range k.PatchesJson6902 {
		w.patch(dir, p.Path)
	}
	for _, p := range k.PatchesStrategicMerge {
		w.patch(dir, string(p))
	}
	for _, r := range k.Replacements {
		w.file(filepath.Join(dir, r.Path))
	}
	for _, g := range k.ConfigMapGenerator {
		w.sources(dir, slices.Concat(g.FileSources, g.EnvSources, []string{g.EnvSource}))
	}
	for _, g := range k.SecretGenerator {
		w.sources(dir, slices.Concat(g.FileSources, g.EnvSources, []string{g.EnvSource}))
	}
	for _, c := range k.HelmCharts {
		w.sources(dir, append(c.AdditionalValuesFiles, c.ValuesFile))
	}
	return nil
}

// entry adds what a list of resources or configs names.
func (w *reachWalk) entry(dir, entry string) error {
	if entry == "" || strings.Contains(entry, "\n") {
		w.config(dir, []byte(entry)) // an inline config
		return nil
	}
	path := filepath.Join(dir, entry)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return w.folder(path)
	}
	if !w.file(path) {
		return nil // remote, or an inline config of one line, or not there
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w.config(dir, text)
	return nil
}

// fileFields of a builtin generator's or transformer's config name files.
var fileFields = []string{"path", "paths", "files", "envs", "env", "valuesFile", "additionalValuesFiles"}

// config adds the files that a builtin config of kustomize names.
func (w *reachWalk) config(dir string, text []byte) {
	if !strings.Contains(string(text), "builtin") {
		return
	}
	nodes, err := parseStream(text)
	if err != nil {
		return
	}
	for _, node := range nodes {
		if view.Of(node).APIVersion() != "builtin" {
			continue
		}
		for _, field := range fileFields {
			w.sources(dir, scalars(view.Of(node).Lookup(field)))
		}
	}
}

func scalars(node *yaml.Node) []string {
	if node == nil {
		return nil
	}
	if node.Kind == yaml.ScalarNode {
		return []string{node.Value}
	}
	var out []string
	for _, child := range node.Content {
		out = append(out, view.Text(child))
	}
	return out
}

func (w *reachWalk) patch(dir, entry string) {
	path := filepath.Join(dir, entry)
	if entry != "" && !strings.Contains(entry, "\n") && w.file(path) {
		w.patches[path] = true
	}
}

// sources adds files of generators, which may stand behind a key: key=file.
func (w *reachWalk) sources(dir string, entries []string) {
	for _, entry := range entries {
		if _, path, found := strings.Cut(entry, "="); found {
			entry = path
		}
		if entry != "" {
			w.file(filepath.Join(dir, entry))
		}
	}
}

// file adds a file that is there, and says whether it is.
func (w *reachWalk) file(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	w.files[path] = true
	return true
}

// HasOurs says whether the transformers or generators of a folder's own
// kustomization are functions of this project, which only eda-fn runs, or
// kustomize with flags.
func HasOurs(o Options, dir string) bool {
	t, err := loadTree(o, dir, true)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(slices.Concat(t.generators, t.transformers), func(c config) bool {
		return c.ours
	})
}
