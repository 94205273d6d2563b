package functions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// audit says what the clusters of manifests carry; error findings are the
// program's.
func (p *program) audit(options build.Options, flags sizeFlags, ask sizing.AuditOptions) error {
	groups, err := p.manifestGroups(options, flags.from)
	if err != nil {
		return err
	}
	audits := []sizing.Audit{}
	for _, group := range groups {
		found := sizing.AuditAll(view.Unfold(group.items), ask)
		if len(groups) > 1 {
			for i := range found {
				found[i].Folder = group.folder
			}
		}
		audits = append(audits, found...)
	}
	if len(audits) == 0 {
		return fmt.Errorf("%s has no EventStreams, Kafka, KafkaNodePool, KafkaConnect, KafkaMirrorMaker2, EventStreamsGeoReplicator or QueueManager", flags.from)
	}
	if flags.output == "table" {
		sizing.WriteAudits(p.stdout, audits)
	} else if err := p.print(flags.output, audits); err != nil {
		return err
	}
	failed := false
	for i := range audits {
		for _, d := range audits[i].Diagnostics {
			if d.Severity == sizing.DiagnosticError {
				fmt.Fprintln(p.stderr, d)
				failed = true
			}
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// group is manifests that are deployed together, and the folder that they are
// from.
type group struct {
	folder string
	items  []*yaml.RNode
}

// manifestGroups reads what manifests does. Of a folder that is no kustomization
// itself, each kustomization in it that no other one uses is rendered, and is a
// group of its own: overlays, and not their bases and patches. All other files
// are one group, or one for each folder where an object is in several.
func (p *program) manifestGroups(options build.Options, path string) ([]group, error) {
	info, err := os.Stat(path)
	if path == "-" || err != nil || !info.IsDir() || hasKustomization(path) {
		items, err := p.manifests(options, path)
		return []group{{path, items}}, err
	}
	all, roots, err := kustomizationRoots(path)
	if err != nil {
		return nil, err
	}
	groups, err := p.folderGroups(path, all)
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		items, err := p.manifests(options, root)
		if err != nil {
			text, _, _ := strings.Cut(err.Error(), "\n")
			fmt.Fprintf(p.stderr, "warning: %s does not build, and is left out: %s\n", root, text)
			continue
		}
		groups = append(groups, group{root, items})
	}
	return groups, nil
}

// folderGroups are the manifests below a folder, without some folders: together,
// unless an object is there twice.
func (p *program) folderGroups(path string, without map[string]bool) ([]group, error) {
	var groups []group
	all := group{folder: path}
	seen, twice := map[view.Ref]bool{}, false
	err := p.walk(path, without, func(file string, items []*yaml.RNode) {
		dir := filepath.Dir(file)
		if len(groups) == 0 || groups[len(groups)-1].folder != dir {
			groups = append(groups, group{folder: dir})
		}
		last := &groups[len(groups)-1]
		last.items = append(last.items, items...)
		all.items = append(all.items, items...)
		for _, o := range view.Manifests(items) {
			twice = twice || seen[o.Ref()]
			seen[o.Ref()] = true
		}
	})
	switch {
	case err != nil || len(groups) == 0:
		return nil, err
	case twice:
		return groups, nil
	}
	return []group{all}, nil
}

// kustomizationRoots are the kustomizations below a folder: all, and those that
// no other one there uses. Components are none by themselves.
func kustomizationRoots(path string) (all map[string]bool, roots []string, err error) {
	all = map[string]bool{}
	used := map[string]bool{}
	err = filepath.WalkDir(path, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") && dir != path {
			return filepath.SkipDir
		}
		if !hasKustomization(dir) {
			return nil
		}
		all[dir] = true
		component, uses := kustomizationUses(dir)
		used[dir] = used[dir] || component
		for _, other := range uses {
			used[filepath.Join(dir, other)] = true
		}
		return nil
	})
	for _, dir := range slices.Sorted(maps.Keys(all)) {
		if !used[dir] {
			roots = append(roots, dir)
		}
	}
	return all, roots, err
}

// kustomizationUses says whether a kustomization is a Component, and what it
// takes from elsewhere. One that can't be read uses nothing: building it says
// what is wrong.
func kustomizationUses(dir string) (component bool, uses []string) {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		node, err := yaml.Parse(string(data))
		if err != nil {
			return false, nil
		}
		o := view.Of(node)
		for _, field := range []string{"resources", "bases", "components", "transformers", "generators", "validators", "crds"} {
			if list := o.Lookup(field); list != nil {
				for _, entry := range list.Content {
					uses = append(uses, view.Text(entry))
				}
			}
		}
		return o.Kind() == "Component", uses
	}
	return false, nil
}

// manifests reads a file, a folder or stdin. A folder with a kustomization is
// rendered; in another, every YAML file counts.
func (p *program) manifests(options build.Options, path string) ([]*yaml.RNode, error) {
	if path == "-" {
		return parseManifests("stdin", p.stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readManifests(path)
	}
	if hasKustomization(path) {
		result, err := p.build(options, path)
		if err != nil {
			return nil, err
		}
		return result.Objects()
	}
	var items []*yaml.RNode
	err = p.walk(path, nil, func(_ string, found []*yaml.RNode) { items = append(items, found...) })
	return items, err
}

// walk reads every manifest below a folder, but for those in some folders.
func (p *program) walk(path string, without map[string]bool, visit func(file string, items []*yaml.RNode)) error {
	return filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && file != path || without[file]) {
			return filepath.SkipDir
		}
		if extension := filepath.Ext(file); entry.IsDir() || extension != ".yaml" && extension != ".yml" && extension != ".json" {
			return nil
		}
		found, err := readManifests(file)
		if err != nil {
			fmt.Fprintf(p.stderr, "warning: %v; left out\n", err) // a template, perhaps
			return nil
		}
		visit(file, found)
		return nil
	})
}

func readManifests(path string) ([]*yaml.RNode, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseManifests(path, bytes.NewReader(data))
}

func parseManifests(name string, from io.Reader) (items []*yaml.RNode, err error) {
	defer func() { // kyaml's reader panics on some documents
		if recover() != nil {
			items, err = nil, errors.New(name+": is no YAML that can be read")
		}
	}()
	reader := kio.ByteReader{Reader: from, OmitReaderAnnotations: true}
	items, err = reader.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return items, nil
}
