package build

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// execFS is the disk as kustomize has to see it to call this program for our
// functions: in each kustomization that lists one, the configs stand in line,
// with this program's path as their exec function, and those that follow one
// another are fused into one call.
func (t *tree) execFS() *overlay {
	fsys := newOverlay(t.shown)
	fsys.rewrite = t.rewrite
	fsys.virtual, fsys.links = t.virtual, t.links
	return fsys
}

// rewrite changes one kustomization as kustomize reads it. What is not allowed
// in it is an error, also in a base that came from elsewhere.
func (t *tree) rewrite(path string, content []byte) ([]byte, error) {
	if changed, found := t.rewritten[path]; found {
		return changed, nil
	}
	changed, err := t.rewriteAnew(path, content)
	if err == nil {
		t.rewritten[path] = changed
	}
	return changed, err
}

func (t *tree) rewriteAnew(path string, content []byte) ([]byte, error) {
	k, err := parseKustomization(path, content)
	if err != nil {
		return content, nil //nolint:nilerr // kustomize reports it, in its words
	}
	if err := t.refuse(k); err != nil {
		return nil, err
	}
	changed := t.lenient && withoutMissing(k)
	for _, list := range []struct {
		field   string
		entries []string
	}{{"generators", k.Generators}, {"transformers", k.Transformers}, {"validators", k.Validators}} {
		if len(list.entries) == 0 {
			continue
		}
		configs, err := t.loadConfigs(k, list.field, list.entries)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(configs, func(c config) bool { return c.ours }) {
			continue
		}
		lines, err := t.entries(k, list.field, configs)
		if err != nil {
			return nil, err
		}
		dropFields(k.node, list.field)
		view.SetField(k.node, list.field, lines)
		changed = true
	}
	if !changed {
		return content, nil
	}
	text, err := yaml.NewRNode(k.node).String()
	return []byte(text), err
}

// withoutMissing takes resources that are not on this disk out of a
// kustomization and says whether there were any.
func withoutMissing(k *kustomization) bool {
	listed := view.Field(k.node, "resources")
	if listed == nil {
		return false
	}
	there := view.Seq()
	for _, entry := range listed.Content {
		if _, err := os.Stat(filepath.Join(k.dir, entry.Value)); err == nil || remote(entry.Value) {
			there.Content = append(there.Content, entry)
		}
	}
	if len(there.Content) == len(listed.Content) {
		return false
	}
	listed.Content = there.Content
	// kustomize refuses a kustomization that says nothing; this says nothing
	// that matters without generators.
	view.SetField(view.Ensure(k.node, "generatorOptions"), "disableNameSuffixHash", view.Bool(true))
	return true
}

// entries is a list's configs as kustomize has to read them.
func (t *tree) entries(k *kustomization, field string, configs []config) (*yaml.Node, error) {
	if t.keepsOrigins() {
		return t.foldersOf(k, field, configs)
	}
	return t.inlineConfigs(configs, field == "transformers" && !t.fifo())
}

// fifo says that the output keeps the order in which objects arrive, which a
// function that renames one changes: then each function is called by itself.
func (t *tree) fifo() bool {
	return t.top.SortOptions != nil && t.top.SortOptions.Order == types.FIFOSortOrder
}

// inlineConfigs writes configs as in-line entries.
func (t *tree) inlineConfigs(configs []config, fuse bool) (*yaml.Node, error) {
	lines := view.Seq()
	for i := 0; i < len(configs); {
		run := 1
		for fuse && configs[i].ours && i+run < len(configs) && configs[i+run].ours {
			run++
		}
		text, err := t.configText(configs[i:i+run], i)
		if err != nil {
			return nil, err
		}
		lines.Content = append(lines.Content, view.String(text))
		i += run
	}
	return lines, nil
}

// configText is a run of configs as one config: ours are called by this
// program's path. The place is that of the first in its list.
func (t *tree) configText(run []config, place int) (string, error) {
	node := yaml.NewRNode(view.Copy(run[0].node.YNode()))
	if len(run) > 1 {
		node = chainConfig(run, place)
	}
	if run[0].ours {
		spec, err := sigsyaml.Marshal(map[string]any{"exec": map[string]any{"path": t.Self}})
		if err != nil {
			return "", err
		}
		o := view.Of(node)
		annotations := view.Ensure(o.Node(), "metadata", "annotations")
		for _, key := range append([]string{"config.kubernetes.io/container"}, view.FunctionAnnotations...) {
			view.DeleteField(annotations, key)
		}
		o.SetAnnotation(view.FunctionAnnotations[0], string(spec))
	}
	return node.String()
}

// ChainKind is the functionConfig that build writes when it fuses functions
// for kustomize; people write Pipelines.
const ChainKind = "Chain"

// Chain runs functions one after another, as kustomize would call them.
type Chain struct {
	fn.Header `yaml:",inline"`
	// FunctionConfigs in the order of the calls.
	FunctionConfigs []yaml.Node `yaml:"functionConfigs"`

	functions fn.Set
}

// NewChain returns the Chain function over a set of functions.
func NewChain(functions fn.Set) fn.Function {
	return fn.Function{
		Name:  "chain",
		Kind:  ChainKind,
		Short: "what eda-fn build writes for kustomize",

		Internal: true,
		New:      func() fn.Config { return &Chain{functions: functions} },
	}
}

// Default has nothing to fill.
func (c *Chain) Default() {}

// Validate has nothing to check: each config is checked in its turn.
func (c *Chain) Validate() fn.Results { return nil }

// Transform calls the functions; the first that fails ends it.
func (c *Chain) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	var results fn.Results
	// Without objects kustomize hands over the config, which here is none that
	// the functions would see: call hands each its own.
	items = slices.DeleteFunc(slices.Clone(items), func(item *yaml.RNode) bool {
		o := view.Of(item)
		return o.APIVersion() == fn.APIVersion && o.Kind() == ChainKind
	})
	for i := range c.FunctionConfigs {
		var found fn.Results
		items, found = call(c.functions, env, yaml.NewRNode(&c.FunctionConfigs[i]), items)
		results = append(results, found...)
		if found.Failed() {
			break
		}
	}
	return items, results
}

// call runs a function on items as kustomize does, order and duplicates
// included.
func call(functions fn.Set, env fn.Env, node *yaml.RNode, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	config, results := functions.Decode(node)
	if config == nil {
		return items, results
	}
	if len(items) == 0 {
		items = append(items, selfItem(node))
	}
	before := identify(items)
	items, found := fn.Apply(config, env, items)
	results = append(results, found...)
	if results.Failed() {
		return items, results
	}
	items, err := reorder(before, items)
	if err != nil {
		results = append(results, config.Head().Errorf("", "%v", err))
	}
	return items, results
}

// selfItem is what kustomize hands to a function when there are no items: its
// config, marked so that it drops it in the end.
func selfItem(node *yaml.RNode) *yaml.RNode {
	self := node.Copy()
	view.Of(self).SetAnnotation(localConfigKey, "true")
	return self
}

// chainConfig fuses a run. Its place is in its name, since kustomize takes no
// two configs of one name, and a list may hold two runs of the same kinds.
func chainConfig(run []config, place int) *yaml.RNode {
	list := view.Seq()
	names := []string{strconv.Itoa(place)}
	for _, c := range run {
		list.Content = append(list.Content, view.Copy(c.node.YNode()))
		names = append(names, strings.ToLower(view.Of(c.node).Kind()))
	}
	return yaml.NewRNode(view.Map(
		"apiVersion", view.String(fn.APIVersion), "kind", view.String(ChainKind),
		"metadata", view.Map("name", view.String(strings.Join(names, "-"))),
		"functionConfigs", list))
}

// SelfPath checks that a path can stand as an exec function's.
func SelfPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("the program's own path: %w", err)
	}
	return abs, nil
}
