package build

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// refuse says no to what a kustomization takes from elsewhere, unless it is
// allowed.
func (t *tree) refuse(k *kustomization) error {
	if len(k.HelmCharts) > 0 || len(k.HelmChartInflationGenerator) > 0 {
		return &RefusedError{fmt.Sprintf("%s: helmCharts: eda-fn build runs no helm; render the chart into a file and list that", t.shown(k.path))}
	}
	if t.AllowRemote {
		return nil
	}
	for _, list := range []struct {
		field   string
		entries []string
	}{
		{"resources", k.Resources}, {"components", k.Components},
		{"generators", k.Generators}, {"transformers", k.Transformers}, {"validators", k.Validators},
		{"crds", k.Crds}, {"configurations", k.Configurations},
	} {
		for _, entry := range list.entries {
			if inline(entry) {
				continue
			}
			if err := t.refuseEntry(k, list.field, entry); err != nil {
				return err
			}
		}
	}
	return t.refuseURLs(k)
}

func (t *tree) refuseEntry(k *kustomization, field, entry string) error {
	if _, err := os.Stat(filepath.Join(k.dir, entry)); err == nil && !filepath.IsAbs(entry) {
		return nil
	}
	if remote(entry) {
		return t.remoteError(t.shown(k.path)+": "+field, entry)
	}
	if filepath.IsAbs(entry) || t.lenient && field == "resources" {
		return nil // kustomize refuses it, or reads it; or withoutMissing leaves it out
	}
	return fmt.Errorf("%s: %s: %s: no such file or folder", t.shown(k.path), field, entry)
}

// refuseURLs looks at the other fields that kustomize fetches when they are
// URLs.
func (t *tree) refuseURLs(k *kustomization) error {
	paths := map[string][]string{"openapi": {k.OpenAPI["path"]}}
	for _, p := range k.Patches {
		paths["patches"] = append(paths["patches"], p.Path)
	}
	for _, p := range k.PatchesStrategicMerge {
		paths["patchesStrategicMerge"] = append(paths["patchesStrategicMerge"], string(p))
	}
	for _, r := range k.Replacements {
		paths["replacements"] = append(paths["replacements"], r.Path)
	}
	for _, g := range k.ConfigMapGenerator {
		paths["configMapGenerator"] = append(append(paths["configMapGenerator"], g.FileSources...), g.EnvSources...)
	}
	for _, g := range k.SecretGenerator {
		paths["secretGenerator"] = append(append(paths["secretGenerator"], g.FileSources...), g.EnvSources...)
	}
	for _, p := range k.PatchesJson6902 {
		paths["patchesJson6902"] = append(paths["patchesJson6902"], p.Path)
	}
	for field, entries := range paths {
		for _, entry := range entries {
			if fetched(entry) {
				return t.remoteError(t.shown(k.path)+": "+field, entry)
			}
		}
	}
	return nil
}

func (t *tree) remoteError(at, entry string) error {
	return &RefusedError{fmt.Sprintf("%s: %s is remote; allow it with --allow-remote, or copy it into the repository", at, entry)}
}

// RefusedError says that a tree takes from elsewhere what this program does not
// fetch or run here. The tree may be right all the same.
type RefusedError struct{ message string }

// Error implements error.
func (e *RefusedError) Error() string { return e.message }

// fetched says whether kustomize would fetch a file: a URL, also behind the key
// that a generator gives it.
func fetched(entry string) bool {
	_, path, _ := strings.Cut(entry, "=")
	for _, scheme := range []string{"http://", "https://"} {
		if strings.HasPrefix(entry, scheme) || strings.HasPrefix(path, scheme) {
			return true
		}
	}
	return false
}

// refuseBuiltin looks at the files that the config of a builtin transformer or
// generator names.
func (t *tree) refuseBuiltin(at string, node *yaml.Node) error {
	if t.AllowRemote || node.Kind == yaml.ScalarNode {
		return nil
	}
	if node.Kind == yaml.SequenceNode {
		for _, child := range node.Content {
			if err := t.refuseBuiltin(at, child); err != nil {
				return err
			}
		}
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		switch key {
		case "path", "paths", "file", "files", "env", "envs":
			for _, leaf := range append([]*yaml.Node{value}, value.Content...) {
				if leaf.Kind == yaml.ScalarNode && fetched(leaf.Value) {
					return t.remoteError(at+": "+key, leaf.Value)
				}
			}
		}
		if err := t.refuseBuiltin(at, value); err != nil {
			return err
		}
	}
	return nil
}

// remote says whether an entry that is not on this disk looks like a URL or a
// Git repository's address.
func remote(entry string) bool {
	host, _, _ := strings.Cut(entry, "/")
	return strings.Contains(entry, "://") || strings.Contains(entry, "::") || strings.Contains(entry, "?ref=") ||
		strings.Contains(entry, ".git/") || strings.HasSuffix(entry, ".git") ||
		strings.Contains(host, "@") || strings.Contains(host, ":") ||
		strings.HasPrefix(host, "github.com") || strings.HasPrefix(host, "gh:")
}

// inline says whether an entry of generators or transformers is a config
// itself and no path, in kustomize's own way of telling.
func inline(entry string) bool {
	_, err := resmaps.NewResMapFromBytes([]byte(entry))
	return err == nil
}
