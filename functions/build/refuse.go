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
		return fmt.Errorf("%s: helmCharts: eda-fn build runs no helm; render the chart into a file and list that", t.shown(k.path))
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
		return fmt.Errorf("%s: %s: %s is remote; allow it with --allow-remote, or copy it into the repository", t.shown(k.path), field, entry)
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
	for field, entries := range paths {
		for _, entry := range entries {
			if _, path, found := strings.Cut(entry, "="); found && !remote(entry) {
				entry = path
			}
			if strings.HasPrefix(entry, "http://") || strings.HasPrefix(entry, "https://") {
				return fmt.Errorf("%s: %s: %s is remote; allow it with --allow-remote, or copy it into the repository", t.shown(k.path), field, entry)
			}
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
// itself and no path.
func inline(entry string) bool {
	if !strings.Contains(entry, "\n") && !strings.HasPrefix(strings.TrimSpace(entry), "{") {
		return false
	}
	node, err := yaml.Parse(entry)
	return err == nil && node.YNode().Kind == yaml.MappingNode
}
