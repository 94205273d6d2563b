package view

import (
	"regexp"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// templateGroup is the API group of OpenShift's Templates; old ones are of v1.
const templateGroup = "template.openshift.io"

var parameter = regexp.MustCompile(`\$\{(\{)?([A-Za-z0-9_]+)\}(\})?`)

// Unfold returns the items with the objects of OpenShift Templates in place of
// the Templates, their parameters replaced by the values that those have. A
// parameter without a value stays as it is written.
func Unfold(items []*yaml.RNode) []*yaml.RNode {
	var out []*yaml.RNode
	for _, item := range items {
		o := Of(item)
		list := o.Lookup("objects")
		if o.Kind() != "Template" || o.Group() != templateGroup && o.APIVersion() != "v1" || list == nil || list.Kind != yaml.SequenceNode {
			out = append(out, item)
			continue
		}
		values := map[string]string{}
		if parameters := o.Lookup("parameters"); parameters != nil {
			for _, p := range parameters.Content {
				if value := Field(p, "value"); value != nil && value.Value != "" {
					values[Text(Field(p, "name"))] = value.Value
				}
			}
		}
		for _, object := range list.Content {
			if object.Kind != yaml.MappingNode {
				continue
			}
			object = Copy(object)
			fill(object, values)
			out = append(out, yaml.NewRNode(object))
		}
	}
	return out
}

// fill replaces parameters: ${NAME} in a text, and ${{NAME}}, which takes the
// place of what is no text.
func fill(node *yaml.Node, values map[string]string) {
	for _, child := range node.Content {
		fill(child, values)
	}
	if node.Kind != yaml.ScalarNode || !parameter.MatchString(node.Value) {
		return
	}
	node.Value = parameter.ReplaceAllStringFunc(node.Value, func(text string) string {
		if value, found := values[parameter.FindStringSubmatch(text)[2]]; found {
			return value
		}
		return text
	})
	node.Tag, node.Style = "", 0
}
