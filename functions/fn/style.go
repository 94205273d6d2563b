package fn

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// keepValues restyles the scalars whose value kyaml's writer would change, and
// leaves every other node as it is:
//   - a folded scalar (">") with indented lines gains an empty line at each pass;
//   - a block that begins with a tab, or holds one of YAML 1.1's other line
//     breaks, does not parse again;
//   - a null without a text of its own becomes an empty string in flow style.
func keepValues(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode {
		if spoils(node) {
			node.Style = yaml.DoubleQuotedStyle
		}
		return
	}
	if node.Style&yaml.FlowStyle != 0 {
		keepNulls(node)
		return
	}
	for _, child := range node.Content {
		keepValues(child)
	}
}

// keepNulls is keepValues inside flow style, where no block can be.
func keepNulls(node *yaml.Node) {
	if node.Value == "" && view.IsNull(node) {
		node.Value = "null"
	}
	for _, child := range node.Content {
		keepNulls(child)
	}
}

func spoils(node *yaml.Node) bool {
	quoted := yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	value := node.Value
	// Without a style of its own, text of several lines becomes a literal.
	if node.Style&quoted != 0 || node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && strings.IndexByte(value, '\n') < 0 {
		return false
	}
	if strings.HasPrefix(value, "\t") || strings.ContainsAny(value, "\u0085\u2028\u2029") {
		return true
	}
	return node.Style&yaml.FoldedStyle != 0 && (strings.Contains(value, "\n ") || strings.Contains(value, "\n\t") ||
		strings.HasPrefix(value, " ") || strings.HasPrefix(value, "\n") || strings.HasSuffix(value, "\n\n"))
}
