package build

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

type resMap = resmap.ResMap

// Facts about a tree that decide how it is built.
type Facts struct {
	// Obstacles to running the functions in this process, in the order found;
	// none means that the result is provably the same.
	Obstacles []string
}

// InProcess says that the functions run in this process.
func (f *Facts) InProcess() bool { return len(f.Obstacles) == 0 }

// tree is what has been read of a tree before it is built.
type tree struct {
	Options
	root string
	top  *kustomization
	// generators and transformers of the top kustomization.
	generators   []config
	transformers []config
	// localConfig says that a resource file names the local-config annotation;
	// resources are all those files.
	localConfig bool
	resources   map[string]bool
	facts       Facts
	// loaded holds configs by kustomization and field, rewritten, virtual and
	// links what kustomize reads in place of the disk's files.
	loaded    map[[2]string][]config
	rewritten map[string][]byte
	virtual   map[string][]byte
	links     map[string]string
	// scoped names, by kustomization, a config file that names a path.
	scoped map[string]string
	// warnings about configs.
	warnings fn.Results
	// lenient leaves out resources that are not there (yet).
	lenient bool
}

// kustomization is one kustomization file.
type kustomization struct {
	dir  string
	path string
	raw  []byte
	node *yaml.Node
	types.Kustomization
}

func (t *tree) obstacle(format string, args ...any) {
	t.facts.Obstacles = append(t.facts.Obstacles, fmt.Sprintf(format, args...))
}

// loadTree reads the kustomizations of a tree and the configs of its top.
func loadTree(o Options, dir string, lenient bool) (*tree, error) {
	info, err := os.Stat(dir)
	switch {
	case dir == "":
		return nil, errors.New("the folder's name is empty; \".\" is this folder")
	case err != nil:
		return nil, fmt.Errorf("%s: no such folder", dir)
	case !info.IsDir():
		return nil, fmt.Errorf("%s: is a file; name the folder that holds its kustomization.yaml", dir)
	}
	confirmed, _, err := filesys.MakeFsOnDisk().CleanedAbs(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	t := &tree{
		Options: o, root: string(confirmed), lenient: lenient,
		resources: map[string]bool{}, scoped: map[string]string{}, loaded: map[[2]string][]config{},
		rewritten: map[string][]byte{}, virtual: map[string][]byte{}, links: map[string]string{},
	}
	if t.top, err = t.read(t.root); err != nil {
		return nil, err
	}
	if t.top == nil {
		return nil, fmt.Errorf("%s: no %s here", dir, strings.Join(konfig.RecognizedKustomizationFileNames(), ", "))
	}
	if err := t.scan(t.top, nil); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		entries []string
		into    *[]config
		field   string
	}{{t.top.Generators, &t.generators, "generators"}, {t.top.Transformers, &t.transformers, "transformers"}} {
		if *list.into, err = t.loadConfigs(t.top, list.field, list.entries); err != nil {
			return nil, err
		}
		for _, c := range *list.into {
			if !c.ours {
				t.obstacle("%s: %s is not a function of this project", list.field, c.ref())
			}
		}
	}
	return t, nil
}

// read parses a folder's kustomization; nil when there is none, more than one,
// or one that kustomize will complain about.
func (t *tree) read(dir string) (*kustomization, error) {
	var found *kustomization
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		path := filepath.Join(dir, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%s: has both %s and %s; keep one", t.shown(dir), filepath.Base(found.path), name)
		}
		if found, err = parseKustomization(path, raw); err != nil {
			return nil, fmt.Errorf("%s: %w", t.shown(path), quiet(err))
		}
	}
	return found, nil
}

func parseKustomization(path string, raw []byte) (*kustomization, error) {
	k := &kustomization{dir: filepath.Dir(path), path: path, raw: raw}
	if err := k.Unmarshal(raw); err != nil {
		return nil, err
	}
	k.FixKustomization()
	parsed, err := yaml.Parse(string(raw))
	if errors.Is(err, io.EOF) {
		return nil, errors.New("is empty; list resources")
	}
	if err != nil {
		return nil, err
	}
	if err := parsed.DeAnchor(); err != nil {
		return nil, err
	}
	k.node = parsed.YNode()
	return k, nil
}

// safeFields of kustomizations neither rename objects nor look at them after
// the transformers: with these alone, kustomize's last steps (hashes, name
// references, vars) change nothing.
var safeFields = []string{
	"apiVersion", "kind", "metadata", "resources", "bases", "components",
	"commonLabels", "commonAnnotations", "labels", "images", "replicas", "replacements",
	"patches", "patchesStrategicMerge", "configMapGenerator", "secretGenerator", "generatorOptions", "sortOptions",
}

// topFields are safe in the top kustomization alone.
var topFields = []string{"generators", "transformers"}

// scan walks a kustomization and those below it, refuses what is not allowed
// and notes what stands in the way of running in this process.
func (t *tree) scan(k *kustomization, open []string) error {
	if slices.Contains(open, k.dir) {
		return nil // kustomize reports the cycle
	}
	if err := t.refuse(k); err != nil {
		return err
	}
	t.note(k)
	for _, entry := range slices.Concat(k.Resources, k.Components) {
		path := filepath.Join(k.dir, entry)
		info, err := os.Stat(path)
		if err != nil {
			t.obstacle("%s: %s is not on this disk", t.shown(k.path), entry)
			continue
		}
		if !info.IsDir() {
			t.resource(path)
			continue
		}
		confirmed, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		below, err := t.read(confirmed)
		if err != nil {
			return err
		}
		if below == nil {
			continue // kustomize reports it
		}
		if err := t.scan(below, append(slices.Clone(open), k.dir)); err != nil {
			return err
		}
	}
	return nil
}

// note collects obstacles in one kustomization.
func (t *tree) note(k *kustomization) {
	at := t.shown(k.path)
	var seen []string
	for i := 0; i+1 < len(k.node.Content); i += 2 {
		field := k.node.Content[i].Value
		if slices.Contains(seen, field) {
			t.obstacle("%s: has %s twice", at, field)
		}
		seen = append(seen, field)
		if slices.Contains(safeFields, field) || view.IsNull(k.node.Content[i+1]) {
			continue
		}
		if k == t.top && slices.Contains(topFields, field) {
			continue
		}
		t.obstacle("%s: has %s", at, field)
	}
	for _, g := range k.ConfigMapGenerator {
		t.noteGenerator(at, k.dir, g.GeneratorArgs, k.GeneratorOptions)
	}
	for _, g := range k.SecretGenerator {
		t.noteGenerator(at, k.dir, g.GeneratorArgs, k.GeneratorOptions)
	}
	for _, p := range k.Patches {
		t.notePatch(at, k.dir, p)
	}
	if o := k.SortOptions; o != nil && o.Order != types.LegacySortOrder && (o.Order != types.FIFOSortOrder || o.LegacySortOptions != nil) {
		t.obstacle("%s: kustomize refuses its sortOptions", at)
	}
	if k.Kind == types.ComponentKind && k == t.top {
		t.obstacle("%s: is a Component", at)
	}
	if k == t.top && len(k.Resources)+len(k.Components)+len(k.ConfigMapGenerator)+len(k.SecretGenerator) == 0 {
		t.obstacle("%s: has no resources", at)
	}
	t.noteTexts(k)
	if k == t.top && len(k.Generators) > 0 {
		t.noteTopGenerators(k)
	}
}

func (t *tree) noteGenerator(at, dir string, g types.GeneratorArgs, global *types.GeneratorOptions) {
	for _, source := range slices.Concat(g.FileSources, g.EnvSources) {
		if _, path, found := strings.Cut(source, "="); found {
			source = path
		}
		if raw, err := os.ReadFile(filepath.Join(dir, source)); err == nil && bytes.Contains(raw, []byte(localConfigKey)) {
			t.obstacle("%s: generates %q from a file that names %s", at, g.Name, localConfigKey)
		}
	}
	if options := types.MergeGlobalOptionsIntoLocal(g.Options, global); options == nil || !options.DisableNameSuffixHash {
		t.obstacle("%s: the name of %q gets a hash", at, g.Name)
	}
}

// notePatch: a JSON patch makes kustomize remember the object's name and fix
// references later; so does one that may change names.
func (t *tree) notePatch(at, dir string, p types.Patch) {
	if p.Options != nil && (p.Options.AllowNameChange || p.Options.AllowKindChange) {
		t.obstacle("%s: a patch may change names or kinds", at)
	}
	text := p.Patch
	if p.Path != "" {
		raw, err := os.ReadFile(filepath.Join(dir, p.Path))
		if err != nil {
			t.obstacle("%s: patch %s is not on this disk", at, p.Path)
			return
		}
		text = string(raw)
	}
	if !strategicMerge(text) {
		t.obstacle("%s: has a JSON patch", at)
	}
}

// strategicMerge says whether every document of a patch is an object.
func strategicMerge(text string) bool {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); err != nil {
			return errors.Is(err, io.EOF)
		}
		if root := document.Content[0]; root.Kind != yaml.MappingNode && !view.IsNull(root) {
			return false
		}
	}
}

// noteTexts looks for kustomize's internal annotations written by hand, and
// for the local-config annotation anywhere but in a resource file.
func (t *tree) noteTexts(k *kustomization) {
	texts := [][]byte{k.raw}
	paths := slices.Clone(k.Crds)
	for _, p := range k.Patches {
		paths = append(paths, p.Path)
	}
	for _, p := range k.PatchesStrategicMerge {
		paths = append(paths, string(p))
	}
	for _, r := range k.Replacements {
		paths = append(paths, r.Path)
	}
	for _, path := range paths {
		if raw, err := os.ReadFile(filepath.Join(k.dir, path)); path != "" && err == nil {
			texts = append(texts, raw)
		}
	}
	for _, text := range texts {
		for _, word := range append([]string{localConfigKey}, hostWords...) {
			if bytes.Contains(text, []byte(word)) {
				t.obstacle("%s: it or a patch of it names %s", t.shown(k.path), word)
			}
		}
	}
}

const (
	localConfigKey = view.LocalConfigAnnotation
	// hiddenKey takes the place of localConfigKey while kustomize runs, which
	// drops local-config objects that the functions are to see. It has the same
	// length and sorts to the same place.
	hiddenKey = "config.kubernetes.io/local-confih"
	// pathAnnotation on a function's config scopes it to objects of that folder.
	pathAnnotation = "config.kubernetes.io/path"
	// originAnnotation is kustomize's note of where an object comes from.
	originAnnotation = "config.kubernetes.io/origin"
)

// hostWords are the hosts' bookkeeping, and what takes the place of
// localConfigKey: where people write these themselves, kustomize's exec
// functions are treated differently.
var hostWords = []string{
	hiddenKey, "internal.config.kubernetes.io/",
	pathAnnotation, "config.kubernetes.io/index", "config.kubernetes.io/id", "config.k8s.io/id",
	originAnnotation, "alpha.config.kubernetes.io/transformations",
	"kustomize.config.k8s.io/id", "kustomize.config.k8s.io/needs-hash", "kustomize.config.k8s.io/behavior",
}

// resource notes a resource file.
func (t *tree) resource(path string) {
	if cleaned, err := filepath.EvalSymlinks(path); err == nil {
		path = cleaned
	}
	if t.resources[path] {
		return
	}
	t.resources[path] = true
	raw, err := os.ReadFile(path)
	if err != nil {
		return // kustomize reports it
	}
	for _, word := range hostWords {
		if bytes.Contains(raw, []byte(word)) {
			t.obstacle("%s: names %s", t.shown(path), word)
		}
	}
	t.localConfig = t.localConfig || bytes.Contains(raw, []byte(localConfigKey))
}

// noteTopGenerators: generated objects pass through the kustomization's own
// transformations, so these must be none.
func (t *tree) noteTopGenerators(k *kustomization) {
	for i := 0; i+1 < len(k.node.Content); i += 2 {
		switch field := k.node.Content[i].Value; field {
		case "apiVersion", "kind", "metadata", "resources", "sortOptions", "generators", "transformers":
		default:
			t.obstacle("%s: has generators and %s", t.shown(k.path), field)
		}
	}
}
