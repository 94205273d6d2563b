// Package build is `eda-fn build`: kustomize with the functions inside.
//
// Its output is byte for byte what `kustomize build --enable-alpha-plugins
// --enable-exec` prints for the same tree. Functions of this project always
// run: in this process where that is provably the same (see Facts.InProcess),
// otherwise as kustomize's exec functions, by this program's own path. Foreign
// functions and remote bases are refused unless they are allowed, never
// skipped.
package build

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// Options of a build.
type Options struct {
	// Functions are this project's; a config of their group is run whatever
	// its annotation says.
	Functions fn.Set
	// Env for their Transforms.
	Env fn.Env
	// Self is the path of this program, for functions that kustomize has to
	// call itself.
	Self string
	// EnableExec allows other people's exec functions and plugins.
	EnableExec bool
	// EnableContainers allows other people's container functions.
	EnableContainers bool
	// AllowRemote allows bases and files by URL.
	AllowRemote bool
}

// Result of a build.
type Result struct {
	// YAML is the output, empty when a result is an error.
	YAML []byte
	// Results of functions that ran in this process; those that kustomize
	// called have written theirs to stderr themselves.
	Results fn.Results
	// Facts about the tree.
	Facts Facts
	// Configs are those of this project's functions, wherever in the tree.
	Configs []*yaml.RNode
}

// Objects parses the output.
func (r *Result) Objects() ([]*yaml.RNode, error) { return parseStream(r.YAML) }

// Keep leaves only those objects in the output that are wanted, and returns
// them.
func (r *Result) Keep(want func(view.Object) bool) ([]*yaml.RNode, error) {
	objects, texts, err := split(r.YAML)
	if err != nil {
		return nil, err
	}
	var kept []*yaml.RNode
	var stream [][]byte
	for i := range objects {
		if want(view.Of(objects[i])) {
			kept, stream = append(kept, objects[i]), append(stream, texts[i])
		}
	}
	if len(kept) < len(objects) {
		r.YAML = bytes.Join(stream, []byte("---\n"))
	}
	return kept, nil
}

// Build renders a folder that holds a kustomization.
func Build(o Options, dir string) (*Result, error) {
	t, err := loadTree(o, dir, false)
	if err != nil {
		return nil, err
	}
	var items []*yaml.RNode
	if t.facts.InProcess() {
		if items, err = t.items(); err != nil {
			// A function may be what mends it: kustomize fails late.
			t.obstacle("kustomize fails without the functions: %v", err)
		}
	}
	result := &Result{Facts: t.facts}
	if t.facts.InProcess() {
		result.YAML, result.Results, err = t.inProcess(items)
	} else {
		result.YAML, err = t.withExec()
		result.Results = t.warnings
	}
	if err != nil {
		return nil, err
	}
	result.Configs = t.configs()
	return result, nil
}

// configs are all of ours that were read, in the order of their files.
func (t *tree) configs() []*yaml.RNode {
	keys := slices.SortedFunc(maps.Keys(t.loaded), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	var nodes []*yaml.RNode
	for _, key := range keys {
		for _, c := range t.loaded[key] {
			if c.ours {
				nodes = append(nodes, c.node)
			}
		}
	}
	return nodes
}

// Inputs returns what the functions of a folder's own transformers would see:
// the objects, local-config ones included, and the configs. Resources that are
// listed and not there are left out: a secret that is yet to be sealed, for one.
func Inputs(o Options, dir string) (items, configs []*yaml.RNode, err error) {
	t, err := loadTree(o, dir, true)
	if err != nil {
		return nil, nil, err
	}
	if items, err = t.items(); err != nil {
		return nil, nil, err
	}
	for i := range t.transformers {
		configs = append(configs, t.transformers[i].node)
	}
	return items, configs, nil
}

// run is kustomize's own build of a folder through a file system.
func (t *tree) run(fsys filesys.FileSystem, dir string, reorder krusty.ReorderOption) (resMap, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = reorder
	options.PluginConfig = types.EnabledPluginConfig(types.BploUseStaticallyLinked)
	// Foreign exec functions were refused while reading, unless allowed.
	options.PluginConfig.FnpLoadingOptions.EnableExec = true
	return krusty.MakeKustomizer(options).Run(fsys, dir)
}

// withExec lets kustomize call the functions.
func (t *tree) withExec() ([]byte, error) {
	fsys := t.execFS()
	m, err := t.run(fsys, t.root, krusty.ReorderOptionUnspecified)
	if fsys.err != nil {
		return nil, fsys.err
	}
	if err != nil {
		return nil, t.explain(err)
	}
	if err := t.signAsKustomize(m); err != nil {
		return nil, err
	}
	return m.AsYaml()
}

// kustomizeVersion is the release whose output this is; kustomize v5.8.2 is
// built on the API of this program's go.mod, v0.21.2.
const kustomizeVersion = "v5.8.2"

// signAsKustomize writes the version that kustomize writes into the label which
// buildMetadata asks for; the API would write this program's own.
func (t *tree) signAsKustomize(m resMap) error {
	if !slices.Contains(t.top.BuildMetadata, types.ManagedByLabelOption) {
		return nil
	}
	for _, r := range m.Resources() {
		// Not SetLabels, which makes text of labels that are none.
		if err := r.PipeE(yaml.SetLabel(konfig.ManagedbyLabelKey, "kustomize-"+kustomizeVersion)); err != nil {
			return err
		}
	}
	return nil
}

// explain is kustomize's error as one line.
func (t *tree) explain(err error) error {
	return fmt.Errorf("building %s: %w", t.shown(t.root), quiet(err))
}

// shown is a path for messages: relative to where the user stands if that is
// shorter.
func (t *tree) shown(path string) string {
	if abs, err := filepath.Abs("."); err == nil {
		if rel, err := filepath.Rel(abs, path); err == nil && len(rel) < len(path) {
			return rel
		}
	}
	return path
}

// Report writes results for people: a line for each warning and error.
func Report(w io.Writer, results fn.Results) {
	for i := range results {
		if results[i].Severity != fn.Info {
			fmt.Fprintln(w, results[i])
		}
	}
}
