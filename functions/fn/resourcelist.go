package fn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Limits on what is read. Real packages stay far below them; input beyond is an
// error, not a slow death.
const (
	// MaxInput is the largest ResourceList that is read, in bytes: some 500,000
	// objects of ordinary size.
	MaxInput = 1 << 30
	// MaxAliasNodes is how many YAML nodes the aliases of one list may expand
	// to, all together ("billion laughs" has 10^9).
	MaxAliasNodes = 1_000_000
)

// listVersions are the ResourceList's published versions; they differ in
// nothing that is used here.
var listVersions = []string{"config.kubernetes.io/v1", "config.kubernetes.io/v1beta1"}

// ResourceList is what a host sends and gets back.
type ResourceList struct {
	// APIVersion is echoed as it came.
	APIVersion string
	// Items in the order of the input.
	Items []*yaml.RNode
	// Config is the functionConfig, nil when there is none.
	Config *yaml.RNode
	// Results that were there already stay in front of the function's own.
	Results *yaml.Node
	// aliased keeps, for items that used YAML aliases, the node as it came.
	aliased map[*yaml.Node]aliasedItem
}

// aliasedItem holds an item as written, and a copy of its expansion: as long
// as the expansion does not change, the item is written back as it was.
type aliasedItem struct {
	written  *yaml.Node
	expanded *yaml.Node
}

// ReadResourceList parses exactly one ResourceList. Whatever is unclear in it
// is an error: another kind, a second document, items that are no list, a null
// item, a key that appears twice.
func ReadResourceList(data []byte) (*ResourceList, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("stdin is empty; expected a ResourceList (config.kubernetes.io/v1), as kustomize and kpt send it")
	}
	// kyaml reads Windows line ends this way.
	root, err := singleDocument(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode || view.Text(view.Field(root, "kind")) != kio.ResourceListKind {
		return nil, fmt.Errorf("stdin is %s; expected one ResourceList (config.kubernetes.io/v1); to render a folder use eda-fn build DIR", what(root))
	}
	list := &ResourceList{APIVersion: view.Text(view.Field(root, "apiVersion")), aliased: map[*yaml.Node]aliasedItem{}}
	if list.APIVersion != listVersions[0] && list.APIVersion != listVersions[1] {
		return nil, fmt.Errorf("ResourceList: apiVersion: is %q; expected %s", list.APIVersion, strings.Join(listVersions, " or "))
	}
	if path := duplicateKey(root, ""); path != "" {
		return nil, fmt.Errorf("ResourceList: %s: the key appears twice; keep one of the two", path)
	}
	if err := list.readItems(view.Field(root, "items")); err != nil {
		return nil, err
	}
	if results := view.Field(root, "results"); !view.IsNull(results) {
		if results.Kind != yaml.SequenceNode {
			return nil, errors.New("ResourceList: results: is no list")
		}
		list.Results = results
	}
	return list, list.readConfig(view.Field(root, "functionConfig"))
}

func (l *ResourceList) readItems(items *yaml.Node) error {
	if items == nil || items.Kind != yaml.SequenceNode {
		return errors.New("ResourceList: items: is no list; expected the package's objects, [] when there are none")
	}
	budget := MaxAliasNodes
	for i, node := range items.Content {
		if view.IsNull(node) {
			return fmt.Errorf("ResourceList: items[%d]: is null; remove the empty document", i)
		}
		if hasAlias(node) {
			expanded, err := expand(node, &budget, nil)
			if err != nil {
				return fmt.Errorf("ResourceList: items[%d]: %w", i, err)
			}
			l.aliased[expanded] = aliasedItem{written: node, expanded: view.Copy(expanded)}
			node = expanded
		}
		if node.Kind != yaml.MappingNode {
			return fmt.Errorf("ResourceList: items[%d]: is %s; expected an object", i, what(node))
		}
		l.Items = append(l.Items, yaml.NewRNode(node))
	}
	return nil
}

func (l *ResourceList) readConfig(config *yaml.Node) error {
	if view.IsNull(config) {
		return nil
	}
	budget := MaxAliasNodes
	expanded, err := expand(config, &budget, nil)
	if err != nil {
		return fmt.Errorf("ResourceList: functionConfig: %w", err)
	}
	if expanded.Kind != yaml.MappingNode {
		return fmt.Errorf("ResourceList: functionConfig: is %s; expected an object", what(expanded))
	}
	l.Config = yaml.NewRNode(expanded)
	return nil
}

// Write renders the list as kyaml does, with the results behind those that
// were there.
func (l *ResourceList) Write(w io.Writer, results Results) error {
	items := make([]*yaml.RNode, len(l.Items))
	for i, item := range l.Items {
		items[i] = item
		if a, found := l.aliased[item.YNode()]; found && view.Equal(a.expanded, item.YNode()) {
			items[i] = yaml.NewRNode(a.written)
		}
	}
	writer := kio.ByteWriter{
		Writer:                w,
		KeepReaderAnnotations: true,
		WrappingKind:          kio.ResourceListKind,
		WrappingAPIVersion:    l.APIVersion,
		FunctionConfig:        l.Config,
	}
	if l.Results != nil || len(results) > 0 {
		all := view.Seq()
		if l.Results != nil {
			all.Content = append(all.Content, l.Results.Content...)
		}
		for i := range results {
			all.Content = append(all.Content, results[i].node())
		}
		writer.Results = yaml.NewRNode(all)
	}
	return writer.Write(items)
}

// singleDocument parses data that holds one YAML document; empty ones behind
// it (a trailing "---") do not count.
func singleDocument(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first *yaml.Node
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("stdin is no YAML: %w", err)
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 && view.IsNull(doc.Content[0]) {
			continue
		}
		if first != nil {
			return nil, errors.New("stdin has more than one YAML document; expected exactly one ResourceList")
		}
		first = doc.Content[0]
	}
	if first == nil {
		return nil, errors.New("stdin has no YAML document; expected a ResourceList")
	}
	return first, nil
}

// duplicateKey returns the path of a mapping key that appears twice, empty
// when none does. kyaml lets such keys pass and keeps one of the two.
func duplicateKey(node *yaml.Node, path string) string {
	switch node.Kind {
	case yaml.SequenceNode:
		for i, child := range node.Content {
			if child.Kind == yaml.ScalarNode {
				continue
			}
			if found := duplicateKey(child, fmt.Sprintf("%s[%d]", path, i)); found != "" {
				return found
			}
		}
	case yaml.MappingNode:
		if key := repeated(node.Content); key != "" {
			return joinPath(path, key)
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i+1].Kind == yaml.ScalarNode {
				continue
			}
			if found := duplicateKey(node.Content[i+1], joinPath(path, node.Content[i].Value)); found != "" {
				return found
			}
		}
	}
	return ""
}

// repeated returns the first key that stands twice among a mapping's pairs.
// Most mappings are so small that comparing beats a set.
func repeated(pairs []*yaml.Node) string {
	const small = 16 // pairs
	if len(pairs) <= 2*small {
		for i := 2; i < len(pairs); i += 2 {
			for j := 0; j < i; j += 2 {
				if pairs[i].Value == pairs[j].Value && pairs[i].Kind == yaml.ScalarNode {
					return pairs[i].Value
				}
			}
		}
		return ""
	}
	seen := make(map[string]bool, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i].Kind == yaml.ScalarNode && seen[pairs[i].Value] {
			return pairs[i].Value
		}
		seen[pairs[i].Value] = true
	}
	return ""
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	if strings.ContainsAny(key, "./") {
		return path + "[" + key + "]"
	}
	return path + "." + key
}

func hasAlias(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode {
		return true
	}
	for _, child := range node.Content {
		if child.Kind != yaml.ScalarNode && hasAlias(child) {
			return true
		}
	}
	return false
}

// expand copies a node with every alias replaced by what it names and merge
// keys ("<<") carried out, as long as the budget of nodes lasts.
func expand(node *yaml.Node, budget *int, open []*yaml.Node) (*yaml.Node, error) {
	if *budget--; *budget < 0 {
		return nil, fmt.Errorf("its YAML aliases expand to more than %d nodes", MaxAliasNodes)
	}
	if node.Kind == yaml.AliasNode {
		for _, ancestor := range open {
			if ancestor == node.Alias {
				return nil, fmt.Errorf("the YAML anchor %q contains itself", node.Value)
			}
		}
		return expand(node.Alias, budget, open)
	}
	c := *node
	c.Anchor, c.Content = "", nil
	open = append(open, node)
	for _, child := range node.Content {
		made, err := expand(child, budget, open)
		if err != nil {
			return nil, err
		}
		c.Content = append(c.Content, made)
	}
	return &c, merge(&c)
}

// merge carries out a mapping's "<<" key: fields of its own win, then those of
// the earlier mapping.
func merge(mapping *yaml.Node) error {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	source := view.Field(mapping, "<<")
	if source == nil {
		return nil
	}
	view.DeleteField(mapping, "<<")
	sources := []*yaml.Node{source}
	if source.Kind == yaml.SequenceNode {
		sources = source.Content
	}
	for _, s := range sources {
		if s.Kind != yaml.MappingNode {
			return errors.New(`a YAML merge key ("<<") names no mapping`)
		}
		for i := 0; i+1 < len(s.Content); i += 2 {
			if view.Field(mapping, s.Content[i].Value) == nil {
				mapping.Content = append(mapping.Content, s.Content[i], s.Content[i+1])
			}
		}
	}
	return nil
}

// what describes a node for messages, without a scalar's value.
func what(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		if kind := view.Text(view.Field(node, "kind")); kind != "" {
			return "a " + kind
		}
		return "a map without kind"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return "a scalar"
	}
	return "no object"
}
