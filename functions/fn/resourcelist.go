package fn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// MaxInput is the largest ResourceList that is read, in bytes: some 500,000
// objects of ordinary size. Input beyond is an error, not a slow death.
const MaxInput = 1 << 30

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
	// anchored keeps nodes with YAML anchors as they came, by the node that
	// functions see in their place.
	anchored map[*yaml.Node]anchored
}

// ReadResourceList parses exactly one ResourceList. Whatever is unclear in it
// is an error: another kind, a second document, items that are no list, a null
// item, metadata that is no map, a key that appears twice.
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
	list := &ResourceList{APIVersion: view.Text(view.Field(root, "apiVersion")), anchored: map[*yaml.Node]anchored{}}
	if list.APIVersion != listVersions[0] && list.APIVersion != listVersions[1] {
		return nil, fmt.Errorf("ResourceList: apiVersion: is %q; expected %s", list.APIVersion, strings.Join(listVersions, " or "))
	}
	if key, found := repeated(root.Content); found {
		return nil, fmt.Errorf("ResourceList: %s: the key appears twice; keep one of the two", key)
	}
	e := newExpander()
	if err := list.readItems(view.Field(root, "items"), e); err != nil {
		return nil, err
	}
	if err := list.readResults(view.Field(root, "results"), e); err != nil {
		return nil, err
	}
	return list, list.readConfig(view.Field(root, "functionConfig"), e)
}

func (l *ResourceList) readItems(items *yaml.Node, e *expander) error {
	if items == nil || items.Kind != yaml.SequenceNode {
		return errors.New("ResourceList: items: is no list; expected the package's objects, [] when there are none")
	}
	l.Items = make([]*yaml.RNode, 0, len(items.Content))
	for i, written := range items.Content {
		at := fmt.Sprintf("items[%d]", i)
		if view.IsNull(written) {
			return fmt.Errorf("ResourceList: %s: is null; remove the empty document", at)
		}
		node, err := l.read(written, at, e)
		if err != nil {
			return err
		}
		if node.Kind != yaml.MappingNode {
			return fmt.Errorf("ResourceList: %s: is %s; expected an object", at, what(node))
		}
		item := yaml.NewRNode(node)
		if err := checkMetadata(item, at); err != nil {
			return err
		}
		l.keep(node, written)
		l.Items = append(l.Items, item)
	}
	return nil
}

// checkMetadata refuses metadata that kyaml's writer panics on or drops without
// a word, and drops empty annotations as it does: each function of a chain sees
// the same then as each step of a Pipeline.
func checkMetadata(item *yaml.RNode, at string) error {
	for _, path := range [][]string{{"metadata"}, {"metadata", "annotations"}} {
		if found := view.Lookup(item.YNode(), path...); found != nil && found.Kind != yaml.MappingNode {
			return fmt.Errorf("%s: %s: is %s; expected a map", itemName(item.YNode(), at), view.Path(path...), what(found))
		}
	}
	return yaml.ClearEmptyAnnotations(item)
}

// keep notes a node as it was written, if functions see another in its place.
func (l *ResourceList) keep(node, written *yaml.Node) {
	if m := view.Field(written, "metadata"); node == written || m != nil && m.Kind == yaml.AliasNode { // kyaml can't write that
		return
	}
	l.anchored[node] = anchored{written: written, expanded: view.Copy(node)}
}

func (l *ResourceList) readResults(results *yaml.Node, e *expander) error {
	if view.IsNull(results) {
		return nil
	}
	node, err := l.read(results, "results", e)
	if err != nil {
		return err
	}
	if node.Kind != yaml.SequenceNode {
		return errors.New("ResourceList: results: is no list")
	}
	l.Results = node
	return nil
}

func (l *ResourceList) readConfig(config *yaml.Node, e *expander) error {
	if view.IsNull(config) {
		return nil
	}
	node, err := l.read(config, "functionConfig", e)
	if err != nil {
		return err
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("ResourceList: functionConfig: is %s; expected an object", what(node))
	}
	l.keep(node, config)
	l.Config = yaml.NewRNode(node)
	return nil
}

// read returns the node that functions see in place of one that was written:
// the same one, or, when it has anchors, its expansion.
func (l *ResourceList) read(written *yaml.Node, at string, e *expander) (*yaml.Node, error) {
	var s survey
	if s.finds(written) {
		return nil, fmt.Errorf("%s: %s: the key appears twice; keep one of the two", itemName(written, at), s.path())
	}
	if !s.anchors {
		return written, nil
	}
	node, err := e.expand(written)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", itemName(written, at), err)
	}
	if s.finds(node) {
		return nil, fmt.Errorf("%s: %s: the key appears twice; keep one of the two", itemName(node, at), s.path())
	}
	return node, nil
}

// itemName names an object in messages; one without kind and name is named by
// its place in the list.
func itemName(node *yaml.Node, at string) string {
	o := view.OfNode(node)
	if o.Kind() == "" || o.Name() == "" {
		return "ResourceList: " + at
	}
	return o.Ref().String()
}

// Write renders the list as kyaml does, with the results behind those that
// were there.
func (l *ResourceList) Write(w io.Writer, results Results) error {
	written := map[string]*yaml.Node{} // by anchor
	items := make([]*yaml.RNode, len(l.Items))
	for i, item := range l.Items {
		items[i] = l.toWrite(item, written)
	}
	writer := kio.ByteWriter{
		Writer:                w,
		KeepReaderAnnotations: true,
		WrappingKind:          kio.ResourceListKind,
		WrappingAPIVersion:    l.APIVersion,
	}
	if l.Config != nil {
		writer.FunctionConfig = l.toWrite(l.Config, written)
	}
	if l.Results != nil || len(results) > 0 {
		all := view.Seq()
		if l.Results != nil {
			keepValues(l.Results)
			all.Content = append(all.Content, l.Results.Content...)
		}
		for i := range results {
			all.Content = append(all.Content, results[i].node())
		}
		writer.Results = yaml.NewRNode(all)
	}
	return writer.Write(items)
}

// toWrite returns an item with its anchors, if it had some and did not change.
func (l *ResourceList) toWrite(item *yaml.RNode, written map[string]*yaml.Node) *yaml.RNode {
	if a, found := l.anchored[item.YNode()]; found && a.stands(item.YNode(), written) {
		item = yaml.NewRNode(a.written)
	}
	keepValues(item.YNode())
	return item
}

// quoted is what a YAML error quotes of the input, which may be a secret's value:
// "unknown anchor 'hunter2' referenced".
var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"|` + "`[^`]*`")

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
			return nil, fmt.Errorf("stdin is no YAML: %s", quoted.ReplaceAllString(err.Error(), "(withheld)"))
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

// survey is what one walk over a node finds.
type survey struct {
	// anchors says that there are anchors, aliases or merge keys.
	anchors bool
	// twice is the path of a mapping's key that appears twice, from the key
	// upwards. kyaml lets such keys pass and keeps one of the two.
	twice []string
}

// finds says whether a key appears twice.
func (s *survey) finds(node *yaml.Node) bool {
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		s.anchors = true
	}
	switch node.Kind {
	case yaml.SequenceNode:
		for i, child := range node.Content {
			if s.finds(child) {
				s.twice = append(s.twice, fmt.Sprintf("[%d]", i))
				return true
			}
		}
	case yaml.MappingNode:
		if key, found := repeated(node.Content); found {
			s.twice = append(s.twice, key)
			return true
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if mergeKey(key) {
				s.anchors = true
			}
			if s.finds(key) || s.finds(node.Content[i+1]) {
				s.twice = append(s.twice, key.Value)
				return true
			}
		}
	}
	return false
}

func (s *survey) path() string {
	slices.Reverse(s.twice)
	return view.Path(s.twice...)
}

// repeated returns the first key that stands twice among a mapping's pairs.
// Most mappings are so small that comparing beats a set.
func repeated(pairs []*yaml.Node) (key string, found bool) {
	const small = 16 // pairs
	if len(pairs) > 2*small {
		return repeatedOfMany(pairs)
	}
	for i := 2; i < len(pairs); i += 2 {
		for j := 0; j < i; j += 2 {
			if pairs[i].Value == pairs[j].Value && pairs[i].Kind == yaml.ScalarNode && pairs[j].Kind == yaml.ScalarNode {
				return pairs[i].Value, true
			}
		}
	}
	return "", false
}

func repeatedOfMany(pairs []*yaml.Node) (key string, found bool) {
	seen := make(map[string]bool, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i].Kind != yaml.ScalarNode {
			continue
		}
		if seen[pairs[i].Value] {
			return pairs[i].Value, true
		}
		seen[pairs[i].Value] = true
	}
	return "", false
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
