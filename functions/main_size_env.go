package functions

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// sizeEnvironments compares environments; one of a smaller class that is bigger
// than one of a larger class is an error.
func (p *program) sizeEnvironments(options build.Options, flags sizeFlags) error {
	dirs, err := environmentFolders(flags.env)
	if err != nil {
		return err
	}
	var environments []sizing.EnvironmentSize
	for _, dir := range dirs {
		size, err := p.environmentSize(options, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		environments = append(environments, size)
	}
	found := sizing.UpsideDown(environments, solution.Classes)
	if flags.output == "table" {
		sizing.WriteEnvironments(p.stdout, environments)
		sizing.WriteDiagnostics(p.stdout, found)
	} else if err := p.print(flags.output, map[string]any{"environments": environments, "diagnostics": orEmpty(found)}); err != nil {
		return err
	}
	if sizing.Failed(found) {
		sizing.WriteDiagnostics(p.stderr, found)
		return errReported
	}
	return nil
}

func orEmpty(found []sizing.Diagnostic) []sizing.Diagnostic {
	if found == nil {
		return []sizing.Diagnostic{}
	}
	return found
}

// environmentFolders are the folders themselves, those below a folder that is
// no kustomization, and beside one that stands alone, its neighbours.
func environmentFolders(paths []string) ([]string, error) {
	var dirs []string
	for _, path := range paths {
		if hasKustomization(path) {
			dirs = append(dirs, filepath.Clean(path))
			continue
		}
		below := kustomizationsIn(filepath.Join(path, "environments"))
		if len(below) == 0 {
			below = kustomizationsIn(path)
		}
		if len(below) == 0 {
			return nil, fmt.Errorf("%s is no kustomization, and has none", path)
		}
		dirs = append(dirs, below...)
	}
	if len(dirs) == 1 {
		if beside := kustomizationsIn(filepath.Dir(dirs[0])); len(beside) > 1 {
			return beside, nil
		}
	}
	return dirs, nil
}

func hasKustomization(dir string) bool {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func kustomizationsIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var dirs []string
	for _, entry := range entries {
		if path := filepath.Join(dir, entry.Name()); entry.IsDir() && hasKustomization(path) {
			dirs = append(dirs, path)
		}
	}
	return dirs
}

// environmentSize renders a folder; its class is that of the environment that
// its functions name.
func (p *program) environmentSize(options build.Options, dir string) (sizing.EnvironmentSize, error) {
	items, configs, err := build.Inputs(options, dir)
	if err != nil {
		return sizing.EnvironmentSize{}, err
	}
	result, err := p.build(options, dir)
	if err != nil {
		return sizing.EnvironmentSize{}, err
	}
	objects, err := result.Objects()
	if err != nil {
		return sizing.EnvironmentSize{}, err
	}
	return sizing.SumEnvironment(filepath.Base(dir), environmentClass(items, configs), sizing.Footprint(objects)), nil
}

func environmentClass(items, configs []*yaml.RNode) string {
	declared, results := solution.Find(items)
	if declared == nil || results.Failed() {
		return ""
	}
	for _, config := range configs {
		if name := view.Of(config).Text("spec", "environment"); name != "" {
			if environment, err := declared.Environment(name); err == nil {
				return environment.Class
			}
		}
	}
	return ""
}
