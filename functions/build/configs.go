package build

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/fn/runtime/runtimeutil"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/pipeline"
	"github.com/eda-gitops/functions/functions/view"
)

// config is one entry of generators, transformers or validators.
type config struct {
	node *yaml.RNode
	// ours says that it is of this project's group.
	ours bool
	spec *runtimeutil.FunctionSpec
}

func (c config) ref() string { return view.Of(c.node).Ref().String() }

// loadConfigs reads a list's configs as kustomize does: inline ones first,
// then files and folders in their order. What is not allowed is refused.
func (t *tree) loadConfigs(k *kustomization, field string, entries []string) ([]config, error) {
	key := [2]string{k.path, field}
	if configs, found := t.loaded[key]; found {
		return configs, nil
	}
	at := t.shown(k.path) + ": " + field
	all := resmap.New()
	var paths []string
	for _, entry := range entries {
		inline, err := resmaps.NewResMapFromBytes([]byte(entry))
		if err != nil { // so kustomize takes it for a path
			paths = append(paths, entry)
			continue
		}
		if err := t.markInline(k, inline, entry); err != nil {
			return nil, err
		}
		if err := all.AppendAll(inline); err != nil {
			return nil, fmt.Errorf("%s: %w", at, quiet(err))
		}
	}
	if len(paths) > 0 {
		found, err := t.loadPaths(k, field, paths)
		if err != nil {
			return nil, err
		}
		if err := all.AppendAll(found); err != nil {
			return nil, fmt.Errorf("%s: %w", at, quiet(err))
		}
	}
	configs, err := t.classifyAll(k, field, all)
	if err != nil {
		return nil, err
	}
	if file := t.scoped[k.path]; file != "" && slices.ContainsFunc(configs, func(c config) bool { return c.ours }) {
		return nil, fmt.Errorf("%s: %s names %s, by which kustomize hides objects from a function; remove it", at, file, pathAnnotation)
	}
	t.loaded[key] = configs
	return configs, nil
}

// markInline gives inline configs the origin that kustomize gives them.
func (t *tree) markInline(k *kustomization, inline resMap, text string) error {
	t.noteScope(k, "an inline config", []byte(text))
	if !t.keepsOrigins() {
		return nil
	}
	return inline.AnnotateAll(originAnnotation, originOf(filepath.Base(k.path)))
}

// noteScope remembers that a kustomization's configs name a path.
func (t *tree) noteScope(k *kustomization, what string, text []byte) {
	if bytes.Contains(text, []byte(pathAnnotation)) {
		t.scoped[k.path] = what
	}
}

// classifyAll decides whose the configs of a list are, as kustomize hands them
// to functions: through JSON.
func (t *tree) classifyAll(k *kustomization, field string, all resMap) ([]config, error) {
	var configs []config
	var kinds []string
	for _, r := range all.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, quiet(err)
		}
		node, err := yaml.Parse(string(unhide(text)))
		if err != nil {
			return nil, err
		}
		c, err := t.classify(k, field, node)
		if err != nil {
			return nil, err
		}
		configs = append(configs, c)
		kinds = append(kinds, "")
		if c.ours {
			kinds[len(kinds)-1] = view.Of(node).Kind()
		}
	}
	return configs, t.checkOrder(k, field, kinds)
}

// checkOrder holds the order of functions in each uninterrupted run of ours.
func (t *tree) checkOrder(k *kustomization, field string, kinds []string) error {
	start := 0
	for i := 0; i <= len(kinds); i++ {
		if i < len(kinds) && kinds[i] != "" {
			continue
		}
		if _, err := pipeline.CheckOrder(kinds[start:i]); err != nil {
			return fmt.Errorf("%s: %s: %w", t.shown(k.path), field, err)
		}
		start = i + 1
	}
	return nil
}

// loadPaths lets kustomize read files and folders of configs.
func (t *tree) loadPaths(k *kustomization, field string, paths []string) (resMap, error) {
	for _, path := range paths {
		if err := t.refuseEntryUnlessAllowed(k, field, path); err != nil {
			return nil, err
		}
	}
	list := map[string]any{"resources": paths}
	if t.keepsOrigins() {
		list["buildMetadata"] = []string{types.OriginAnnotations, types.TransformerAnnotations}
	}
	content, err := sigsyaml.Marshal(list)
	if err != nil {
		return nil, err
	}
	fsys := t.execFS()
	fsys.replace[k.path] = content
	// Configs may be local-config objects, which kustomize drops from resources.
	fsys.hide = isManifest
	fsys.look = func(path string, content []byte) { t.noteScope(k, t.shown(path), content) }
	m, err := t.run(fsys, k.dir, krusty.ReorderOptionNone)
	if fsys.err != nil {
		return nil, fsys.err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", t.shown(k.path), field, quiet(err))
	}
	return m, nil
}

func (t *tree) refuseEntryUnlessAllowed(k *kustomization, field, entry string) error {
	if t.AllowRemote {
		return nil
	}
	return t.refuseEntry(k, field, entry)
}

// classify says whose function a config is and refuses those that are not
// allowed.
func (t *tree) classify(k *kustomization, field string, node *yaml.RNode) (config, error) {
	o := view.Of(node)
	c := config{node: node, ours: o.Group() == fn.Group}
	at := fmt.Sprintf("%s: %s: %s", t.shown(k.path), field, o.Ref())
	var err error
	if c.spec, err = runtimeutil.GetFunctionSpec(node); err != nil && !c.ours {
		return c, fmt.Errorf("%s: %w", at, err)
	}
	if c.ours {
		if o.APIVersion() != fn.APIVersion {
			return c, fmt.Errorf("%s: apiVersion: is %q; expected %s", at, o.APIVersion(), fn.APIVersion)
		}
		t.noteVersion(c)
		return c, nil
	}
	switch {
	case o.APIVersion() == "builtin":
		return c, t.refuseBuiltin(at, o.Node())
	case c.spec != nil && c.spec.Container.Image != "":
		if !t.EnableContainers {
			return c, fmt.Errorf("%s: runs the container image %s; allow it with --enable-containers", at, c.spec.Container.Image)
		}
	case !t.EnableExec:
		return c, fmt.Errorf("%s: runs a program of this machine; allow it with --enable-exec", at)
	}
	return c, nil
}

// noteVersion warns of an image of another version than this program, which
// runs the function all the same.
func (t *tree) noteVersion(c config) {
	if c.spec == nil || c.spec.Container.Image == "" {
		return
	}
	image := c.spec.Container.Image
	tagged, _, _ := strings.Cut(image, "@")
	_, version, found := strings.Cut(tagged[strings.LastIndexByte(tagged, '/')+1:], ":")
	if found && version != fn.Version {
		t.warnings = append(t.warnings, fn.Warnf(view.Of(c.node).Ref(), "metadata.annotations[config.kubernetes.io/function]",
			"names image %s, but this eda-fn is %s and runs it itself; the two may render differently", image, fn.Version))
	}
}

func isManifest(path string) bool {
	switch filepath.Ext(path) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func hideKey(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte(localConfigKey), []byte(hiddenKey))
}

func unhide(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte(hiddenKey), []byte(localConfigKey))
}

// parseStream parses what kustomize printed.
func parseStream(text []byte) ([]*yaml.RNode, error) {
	return (&kio.ByteReader{Reader: bytes.NewReader(text), OmitReaderAnnotations: true, DisableUnwrapping: true}).Read()
}

var (
	resources = provider.NewDefaultDepProvider().GetResourceFactory()
	resmaps   = resmap.NewFactory(resources)
)
