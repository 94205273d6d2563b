package build

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provider"
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
	var nodes []*yaml.RNode
	var paths []string
	for _, entry := range entries {
		if !inline(entry) {
			paths = append(paths, entry)
			continue
		}
		parsed, err := parseStream([]byte(entry))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: inline config: %w", t.shown(k.path), field, err)
		}
		nodes = append(nodes, parsed...)
	}
	if len(paths) > 0 {
		loaded, err := t.loadPaths(k, field, paths)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, loaded...)
	}
	var configs []config
	var kinds []string
	for _, node := range nodes {
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
func (t *tree) loadPaths(k *kustomization, field string, paths []string) ([]*yaml.RNode, error) {
	for _, path := range paths {
		if err := t.refuseEntryUnlessAllowed(k, field, path); err != nil {
			return nil, err
		}
	}
	content, err := sigsyaml.Marshal(map[string]any{"resources": paths})
	if err != nil {
		return nil, err
	}
	// Configs may be local-config objects, which kustomize drops from resources.
	fsys := t.execFS()
	fsys.replace[k.path] = content
	fsys.hide = func(path string) bool { return isManifest(path) }
	m, err := t.run(fsys, k.dir, krusty.ReorderOptionNone)
	if fsys.err != nil {
		return nil, fsys.err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", t.shown(k.path), field, err)
	}
	text, err := m.AsYaml()
	if err != nil {
		return nil, err
	}
	return parseStream(unhide(text))
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
		return c, nil
	}
	switch {
	case o.APIVersion() == "builtin":
	case c.spec != nil && c.spec.Container.Image != "":
		if !t.EnableContainers {
			return c, fmt.Errorf("%s: runs the container image %s; allow it with --enable-containers", at, c.spec.Container.Image)
		}
	case !t.EnableExec:
		return c, fmt.Errorf("%s: runs a program of this machine; allow it with --enable-exec", at)
	}
	return c, nil
}

// VersionWarnings names configs whose image is of another version than this
// program, which runs them all the same.
func (t *tree) versionWarnings(configs []config) fn.Results {
	var results fn.Results
	for _, c := range configs {
		if !c.ours || c.spec == nil || c.spec.Container.Image == "" {
			continue
		}
		image := c.spec.Container.Image
		tag := image[strings.LastIndexByte(image, '/')+1:]
		if _, version, found := strings.Cut(tag, ":"); found && version != fn.Version && !strings.Contains(version, "@") {
			results = append(results, fn.Warnf(view.Of(c.node).Ref(), "metadata.annotations[config.kubernetes.io/function]",
				"names image %s, but this eda-fn is %s and runs it itself; the two may render differently", image, fn.Version))
		}
	}
	return results
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

var resources = provider.NewDefaultDepProvider().GetResourceFactory()
