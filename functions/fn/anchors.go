package fn

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Limits on YAML aliases.
const (
	// MaxAliasNodes is how many YAML nodes the aliases of one list may expand
	// to, all together ("billion laughs" has 10^9).
	MaxAliasNodes = 1_000_000
	// MaxAliasDepth is how deep nodes may nest once aliases are expanded: a
	// tenth of what the YAML parser of the hosts takes.
	MaxAliasDepth = 1000
)

// anchored holds a node that has anchors, aliases or merge keys, as it was
// written, and a copy of its expansion: as long as the expansion that functions
// see does not change, the node is written back as it was.
type anchored struct {
	written  *yaml.Node
	expanded *yaml.Node
}

// stands says whether the node can be written as it was, given the anchors
// written in front of it: each alias must mean what it meant.
func (a anchored) stands(now *yaml.Node, before map[string]*yaml.Node) bool {
	if !view.Equal(a.expanded, now) {
		return false
	}
	own := map[string]*yaml.Node{}
	if !resolves(a.written, before, own) {
		return false
	}
	maps.Copy(before, own)
	return true
}

// resolves follows a node in the order of the text and notes its anchors in own.
func resolves(node *yaml.Node, before, own map[string]*yaml.Node) bool {
	if node.Kind == yaml.AliasNode {
		target := own[node.Value]
		if target == nil {
			target = before[node.Value]
		}
		return target == node.Alias
	}
	if node.Anchor != "" {
		own[node.Anchor] = node
	}
	for _, child := range node.Content {
		if !resolves(child, before, own) {
			return false
		}
	}
	return true
}

// expander copies nodes with every alias replaced by what it names and merge
// keys ("<<") carried out.
type expander struct {
	// left is the nodes that aliases may still expand to.
	left int
	// open is what the aliases name that lead to the node in hand.
	open  map[*yaml.Node]bool
	depth int
}

func newExpander() *expander {
	return &expander{left: MaxAliasNodes, open: map[*yaml.Node]bool{}}
}

func (e *expander) expand(node *yaml.Node) (*yaml.Node, error) {
	if len(e.open) > 0 {
		if e.left--; e.left < 0 {
			return nil, errTooMany
		}
	}
	if node.Kind == yaml.AliasNode {
		return e.alias(node)
	}
	if e.depth++; e.depth > MaxAliasDepth {
		return nil, fmt.Errorf("with its YAML aliases expanded it is nested deeper than %d levels", MaxAliasDepth)
	}
	defer func() { e.depth-- }()
	c := *node
	c.Anchor, c.Content = "", nil
	for _, child := range node.Content {
		made, err := e.expand(child)
		if err != nil {
			return nil, err
		}
		c.Content = append(c.Content, made)
	}
	return &c, merge(&c)
}

func (e *expander) alias(node *yaml.Node) (*yaml.Node, error) {
	if e.open[node.Alias] {
		return nil, errItself(node)
	}
	e.open[node.Alias] = true
	defer delete(e.open, node.Alias)
	return e.expand(node.Alias)
}

// CheckAliases says what is wrong with the aliases of YAML documents, before a
// parser expands them that knows no limit. What is no YAML is not its concern.
func CheckAliases(data []byte) error {
	if !mayHaveAliases(data) {
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	e := newExpander()
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); err != nil {
			return nil //nolint:nilerr // the end, or what the parser will report
		}
		if err := e.measure(&document); err != nil {
			return err
		}
	}
}

// mayHaveAliases is a quick look at a text: an anchor's character, and a star at
// a word's beginning.
func mayHaveAliases(data []byte) bool {
	if bytes.IndexByte(data, '&') < 0 {
		return false
	}
	for at := 0; ; at++ {
		next := bytes.IndexByte(data[at:], '*')
		if next < 0 {
			return false
		}
		at += next
		if at > 0 && at+1 < len(data) && strings.IndexByte(" \t\n[{,:", data[at-1]) >= 0 && strings.IndexByte(" \t\r\n*", data[at+1]) < 0 {
			return true
		}
	}
}

// measure is expand without its result.
func (e *expander) measure(node *yaml.Node) error {
	if len(e.open) > 0 {
		if e.left--; e.left < 0 {
			return errTooMany
		}
	}
	if node.Kind == yaml.AliasNode {
		if e.open[node.Alias] {
			return errItself(node)
		}
		e.open[node.Alias] = true
		defer delete(e.open, node.Alias)
		return e.measure(node.Alias)
	}
	for _, child := range node.Content {
		if err := e.measure(child); err != nil {
			return err
		}
	}
	return nil
}

var errTooMany = fmt.Errorf("its YAML aliases expand to more than %d nodes", MaxAliasNodes)

func errItself(alias *yaml.Node) error {
	return fmt.Errorf("the YAML anchor %q contains itself", alias.Value)
}

// mergeKey says whether a mapping's key is "<<" without quotes.
func mergeKey(key *yaml.Node) bool {
	return key.Value == "<<" && key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge"
}

// merge carries out a mapping's "<<" key: fields of its own win, then those of
// the earlier mapping.
func merge(mapping *yaml.Node) error {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	var source *yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mergeKey(mapping.Content[i]) {
			source = mapping.Content[i+1]
			mapping.Content = append(mapping.Content[:i], mapping.Content[i+2:]...)
			break
		}
	}
	if source == nil {
		return nil
	}
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
