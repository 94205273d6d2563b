package view

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Field returns the value of a mapping's key, nil when the node is no mapping
// or has no such key. A null value is returned as its node.
func Field(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key && mapping.Content[i].Kind == yaml.ScalarNode {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// Lookup follows mapping keys from a node; nil when a step is missing or null.
func Lookup(node *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		node = Field(node, key)
	}
	if IsNull(node) {
		return nil
	}
	return node
}

// Text returns a scalar's value, empty for nil, null and other kinds of node.
func Text(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode || IsNull(node) {
		return ""
	}
	return node.Value
}

// IsNull says whether a node is missing or YAML's null.
func IsNull(node *yaml.Node) bool {
	return node == nil || node.Kind == yaml.ScalarNode && node.ShortTag() == yaml.NodeTagNull
}

// Ensure returns the mapping at a path below a mapping and makes what is
// missing, null or no mapping on the way.
func Ensure(mapping *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		next := Field(mapping, key)
		if next == nil || next.Kind != yaml.MappingNode {
			made := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
			SetField(mapping, key, made)
			next = Field(mapping, key)
		}
		mapping = next
	}
	return mapping
}

// SetField writes a mapping's field, at the end when it is new, and says
// whether anything changed. See Object.SetNode.
func SetField(mapping *yaml.Node, key string, value *yaml.Node) bool {
	old := Field(mapping, key)
	if old == nil {
		mapping.Content = append(mapping.Content, String(key), value)
		if len(mapping.Content) == 2 {
			mapping.Style &^= yaml.FlowStyle // "{}" that gets its first field
		}
		return true
	}
	if Equal(old, value) {
		return false
	}
	replace(old, value)
	return true
}

// replace puts a value into a node and keeps the node's comments, and its
// quoting where both are scalars.
func replace(old, value *yaml.Node) {
	style := value.Style
	quoted := old.Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
	if old.Kind == yaml.ScalarNode && value.Kind == yaml.ScalarNode && (style == 0 || quoted != 0) && old.ShortTag() == value.ShortTag() {
		style = old.Style
	}
	old.Kind, old.Tag, old.Value, old.Style = value.Kind, value.Tag, value.Value, style
	old.Content, old.Alias, old.Anchor = value.Content, value.Alias, value.Anchor
}

// DeleteField removes a mapping's field and says whether it was there.
func DeleteField(mapping *yaml.Node, key string) bool {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key && mapping.Content[i].Kind == yaml.ScalarNode {
			mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
			return true
		}
	}
	return false
}

// Equal compares two nodes by value: key order, comments and style do not
// count, a scalar's tag counts by what it resolves to, and null is null however
// it is written.
func Equal(a, b *yaml.Node) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.Kind != b.Kind:
		return false
	case a.Kind == yaml.ScalarNode:
		return a.ShortTag() == b.ShortTag() && (a.Value == b.Value || IsNull(a))
	case len(a.Content) != len(b.Content):
		return false
	case a.Kind != yaml.MappingNode:
		for i := range a.Content {
			if !Equal(a.Content[i], b.Content[i]) {
				return false
			}
		}
		return true
	}
	for i := 0; i+1 < len(a.Content); i += 2 {
		other := b.Content[i+1]
		if !Equal(a.Content[i], b.Content[i]) {
			other = Field(b, a.Content[i].Value)
		}
		if other == nil || !Equal(a.Content[i+1], other) {
			return false
		}
	}
	return true
}

// String makes a string scalar. The encoder quotes it where YAML 1.2 needs it;
// the words that YAML 1.1 takes for booleans, as an API server does, and for a
// merge key are quoted here.
func String(value string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: value}
	switch strings.ToLower(value) {
	case "y", "n", "yes", "no", "on", "off", "<<":
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// Int makes an integer scalar from its decimal digits.
func Int(digits string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: digits}
}

// Bool makes a boolean scalar.
func Bool(value bool) *yaml.Node {
	text := "false"
	if value {
		text = "true"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagBool, Value: text}
}

// Map makes a mapping of keys and values in the order given:
// Map("a", String("1"), "b", Bool(true)).
func Map(pairs ...any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	for i := 0; i+1 < len(pairs); i += 2 {
		m.Content = append(m.Content, String(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return m
}

// Seq makes a sequence of nodes.
func Seq(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: items}
}

// Copy returns a deep copy of a node without aliases.
func Copy(node *yaml.Node) *yaml.Node {
	if node == nil {
		return nil
	}
	c := *node
	c.Content = make([]*yaml.Node, len(node.Content))
	for i, child := range node.Content {
		c.Content[i] = Copy(child)
	}
	return &c
}

// Path joins keys into a field path for messages: spec.config and, for keys
// that hold a dot or a slash, data[application.properties].
func Path(keys ...string) string {
	var b strings.Builder
	for i, key := range keys {
		switch {
		case strings.ContainsAny(key, "./"):
			b.WriteString("[" + key + "]")
		case i > 0 && !strings.HasPrefix(key, "["):
			b.WriteString("." + key)
		default:
			b.WriteString(key)
		}
	}
	return b.String()
}

func scalarField(mapping *yaml.Node, key string) (string, bool) {
	value := Field(mapping, key)
	if value == nil || value.Kind != yaml.ScalarNode {
		return "", false
	}
	return Text(value), true
}
