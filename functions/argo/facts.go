package argo

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Change is a file that is to be written.
type Change struct {
	// Path on the disk.
	Path     string
	Old, New []byte
}

// facts of one config, by the key of an Application.
type facts struct {
	kinds, generatePaths map[string][]string
}

var functions = fn.Set{generateargoapps.Function}

// Update works out the facts of all GenerateArgoApps configs in the tree, and
// returns the files that say something else. Results are about what is missing;
// with an error among them the changes do not count.
func (t *Tree) Update() ([]Change, fn.Results) {
	var changes []Change
	var results fn.Results
	found := 0
	for _, file := range sorted(t.files) {
		var wanted []facts
		var configs []Document
		for _, d := range t.files[file] {
			if !d.Is(fn.Group, "GenerateArgoApps") {
				continue
			}
			found++
			f, problems := t.factsOf(d)
			results = append(results, problems...)
			wanted, configs = append(wanted, f), append(configs, d)
		}
		if len(configs) == 0 || results.Failed() {
			continue
		}
		change, err := t.write(file, configs, wanted)
		if err != nil {
			results = append(results, fn.Errorf(configs[0].Ref(), "", "%s: %v", file, err))
			continue
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	if found == 0 {
		results = append(results, fn.Errorf(view.Ref{}, "", "%s holds no GenerateArgoApps config; name the repository's root", t.root))
	}
	return changes, results
}

// factsOf reads what the Applications of a config sync.
func (t *Tree) factsOf(d Document) (facts, fn.Results) {
	f := facts{kinds: map[string][]string{}, generatePaths: map[string][]string{}}
	decoded, results := functions.Decode(d.RNode())
	if decoded == nil || results.Failed() {
		return f, results
	}
	config := decoded.(*generateargoapps.GenerateArgoApps)
	s, problems := t.solutionOf(d)
	if results = append(results, problems...); s == nil {
		return f, results
	}
	planned, problems := config.Planned(s)
	for i := range problems {
		if problems[i].Severity == fn.Error {
			results = append(results, problems[i])
		}
	}
	if results.Failed() {
		return f, results
	}
	if config.Spec.Granularity == generateargoapps.GranularityComponent && config.Spec.Source == generateargoapps.SourceRendered {
		more, notes := t.foundComponents(config, s, planned)
		planned, results = append(planned, more...), append(results, notes...)
	}
	for i := range planned {
		if err := t.read(config, &planned[i], f); err != nil {
			results = append(results, config.Errorf("", "Application %s: %v", planned[i].Name, err))
		}
	}
	return f, results
}

// foundComponents are folders of rendered environments that no Application of
// the plan syncs. What lies beside them no Application can sync.
func (t *Tree) foundComponents(config *generateargoapps.GenerateArgoApps, s *solution.Solution, planned []generateargoapps.Planned) ([]generateargoapps.Planned, fn.Results) {
	var more []generateargoapps.Planned
	var notes fn.Results
	for _, name := range solution.Names(s.Spec.Environments) {
		if s.Spec.Environments[name].Cluster != config.Spec.Cluster {
			continue
		}
		folder := path.Join("rendered", name)
		entries, err := os.ReadDir(t.path(folder))
		if err != nil {
			continue
		}
		for _, entry := range entries {
			at := path.Join(folder, entry.Name())
			taken := slices.ContainsFunc(planned, func(p generateargoapps.Planned) bool { return p.Path == at })
			_, listed := config.Spec.Components[entry.Name()]
			switch {
			case entry.IsDir() && !taken && !listed:
				more = append(more, generateargoapps.Planned{
					Name: s.Metadata.Name + "-" + name + "-" + entry.Name(), Key: path.Join(name, entry.Name()), Path: at,
					Component: entry.Name(), Optional: true,
				})
			case !entry.IsDir() && isManifest(entry.Name()):
				notes = append(notes, config.Warnf("spec.granularity", "is component, and %s is of none, so no Application syncs it; give its object the label %s",
					at, build.ComponentLabel))
			}
		}
	}
	return more, notes
}

// read adds the facts of one Application.
func (t *Tree) read(config *generateargoapps.GenerateArgoApps, p *generateargoapps.Planned, f facts) error {
	if p.Path == "" {
		return nil // of others' repositories
	}
	if isDir, _ := t.isDir(p.Path); !isDir {
		if p.Optional {
			return nil
		}
		return fmt.Errorf("there is no folder %s below %s%s", p.Path, t.root, t.howToRender(config, p))
	}
	rendered := config.Spec.Source == generateargoapps.SourceRendered
	var r *render
	if rendered {
		r = t.directory(directory{path: p.Path, recurse: true, exclude: excludePattern(p.Exclude)})
	} else {
		r = t.kustomization(p.Path)
	}
	switch {
	case r.err != nil:
		return fmt.Errorf("%s: %w", p.Path, r.err)
	case r.skipped != "":
		return fmt.Errorf("%s: %s", p.Path, r.skipped)
	}
	f.kinds[p.Key] = kindsOf(r.objects)
	if rendered {
		return nil // the folder is all there is
	}
	paths, err := t.closure(p.Path)
	if err != nil {
		return err
	}
	f.generatePaths[p.Key] = paths
	return nil
}

func (t *Tree) howToRender(config *generateargoapps.GenerateArgoApps, p *generateargoapps.Planned) string {
	if config.Spec.Source != generateargoapps.SourceRendered {
		return ""
	}
	from, isRendered := strings.CutPrefix(p.Path, "rendered/")
	if !isRendered {
		return ""
	}
	if !strings.HasPrefix(from, "clusters/") {
		from = "environments/" + from
	}
	if isDir, _ := t.isDir(from); !isDir {
		return ""
	}
	return fmt.Sprintf("; render it first: eda-fn build %s -o %s/", from, p.Path)
}

func excludePattern(folders []string) string {
	if len(folders) == 0 {
		return ""
	}
	return "{" + strings.Join(folders, "/*,") + "/*}"
}

func kindsOf(objects []view.Object) []string {
	kinds := []string{}
	for _, o := range objects {
		if o.Manifest() {
			kinds = append(kinds, generateargoapps.FormatKind(o.GroupKind()))
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// closure returns what a kustomization reaches, from the root: a folder where
// every kustomization in it is reached, otherwise its files one by one.
func (t *Tree) closure(dir string) ([]string, error) {
	reach, err := build.ReachOf(t.path(dir))
	if err != nil {
		return nil, err
	}
	whole := map[string]bool{}
	for _, folder := range reach.Folders {
		below := t.below(folder)
		if below == ".." || strings.HasPrefix(below, "../") {
			return nil, fmt.Errorf("%s reaches %s, outside %s; name the repository's root", dir, folder, t.root)
		}
		whole[below] = t.isWhole(below, reach)
	}
	paths := map[string]bool{}
	for _, file := range reach.Files {
		below := t.below(file)
		if below == ".." || strings.HasPrefix(below, "../") {
			return nil, fmt.Errorf("%s reaches %s, outside %s; name the repository's root", dir, file, t.root)
		}
		paths[outermost(below, whole)] = true
	}
	return sorted(paths), nil
}

// isWhole says whether all kustomizations in a folder are reached.
func (t *Tree) isWhole(folder string, reach *build.Reach) bool {
	for _, other := range slices.Concat(sorted(t.kustomizations), sorted(t.broken)) {
		inside := folder == "." || other == folder || strings.HasPrefix(other, folder+"/")
		if inside && !slices.Contains(reach.Folders, t.path(other)) {
			return false
		}
	}
	return true
}

// outermost returns the outermost whole folder that holds a file, or the file.
func outermost(file string, whole map[string]bool) string {
	found := file
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if whole[dir] {
			found = dir
		}
		if dir == "." || dir == "/" {
			return found
		}
	}
}

// solutionOf finds the Solution that a config sees: that of the kustomization
// which lists it, or the only one of the tree.
func (t *Tree) solutionOf(d Document) (*solution.Solution, fn.Results) {
	for dir := path.Dir(d.File); ; dir = path.Dir(dir) {
		if t.kustomizations[dir] != nil {
			items, configs, err := build.Inputs(t.options, t.path(dir))
			listed := slices.ContainsFunc(configs, func(c *yaml.RNode) bool {
				return view.Of(c).GroupKind() == d.GroupKind() && view.Of(c).Name() == d.Name()
			})
			if err == nil && listed {
				if s, results := solution.Find(items); s != nil || results.Failed() {
					return s, results
				}
			}
		}
		if dir == "." {
			break
		}
	}
	var items []*yaml.RNode
	for _, other := range t.documents() {
		if other.Is(fn.Group, solution.Kind) {
			items = append(items, other.RNode())
		}
	}
	s, results := solution.Find(items)
	if s == nil && !results.Failed() {
		results = append(results, fn.Errorf(d.Ref(), "", "there is no Solution below %s; name the repository's root", t.root))
	}
	return s, results
}

const factsComment = "# Facts, written by `eda-fn argo update`; not by hand."

// write returns a file with the facts of its configs, nil when it says so
// already.
func (t *Tree) write(file string, configs []Document, wanted []facts) (*Change, error) {
	at := t.path(file)
	text, err := os.ReadFile(at)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	rw := &kio.ByteReadWriter{
		Reader: bytes.NewReader(text), Writer: &out, PreserveSeqIndent: true,
	}
	items, err := rw.Read()
	if err != nil {
		return nil, err
	}
	changed := false
	for _, item := range items {
		o := view.Of(item)
		for i := range configs {
			if o.GroupKind() == configs[i].GroupKind() && o.Name() == configs[i].Name() {
				changed = setFacts(o, wanted[i]) || changed
			}
		}
	}
	if !changed {
		return nil, nil
	}
	if err := rw.Write(items); err != nil {
		return nil, err
	}
	return &Change{Path: shown(at), Old: text, New: out.Bytes()}, nil
}

// shown is a path for people: relative to where they stand if that is shorter.
func shown(at string) string {
	if here, err := filepath.Abs("."); err == nil {
		if rel, err := filepath.Rel(here, at); err == nil && len(rel) < len(at) {
			return rel
		}
	}
	return at
}

func setFacts(o view.Object, f facts) bool {
	changed := setFact(o, "kinds", f.kinds)
	return setFact(o, "generatePaths", f.generatePaths) || changed
}

func setFact(o view.Object, field string, fact map[string][]string) bool {
	if len(fact) == 0 {
		return o.Lookup("spec") != nil && o.Delete("spec", field)
	}
	m := view.Map()
	for _, key := range sorted(fact) {
		list := view.Seq()
		for _, value := range fact[key] {
			list.Content = append(list.Content, view.String(value))
		}
		if len(list.Content) == 0 {
			list.Style = yaml.FlowStyle
		}
		view.SetField(m, key, list)
	}
	isNew := o.Lookup("spec", field) == nil
	changed := o.SetNode(m, "spec", field)
	if spec := o.Lookup("spec"); isNew && spec != nil {
		spec.Content[len(spec.Content)-2].HeadComment = factsComment
	}
	return changed
}
