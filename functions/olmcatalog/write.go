package olmcatalog

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// Item renders facts of one package as an OperatorCatalog, a local-config
// object for the package of a cluster, which stands in place of what the
// program knows of that package.
func Item(operator *catalog.Operator) ([]byte, error) {
	facts := &yaml.Node{}
	if err := facts.Encode(operator); err != nil {
		return nil, fmt.Errorf("package %s: %w", operator.Package, err)
	}
	compact(facts)
	item := view.Map(
		"apiVersion", view.String(fn.APIVersion), "kind", view.String("OperatorCatalog"),
		"metadata", view.Map(
			"name", view.String(operator.Package),
			"annotations", view.Map(view.LocalConfigAnnotation, &yaml.Node{
				Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: "true", Style: yaml.DoubleQuotedStyle,
			}),
		),
		"spec", view.Map("mode", view.String("replace"), "operators", view.Map(operator.Package, facts)),
	)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	if err := encoder.Encode(item); err != nil {
		return nil, fmt.Errorf("package %s: %w", operator.Package, err)
	}
	return out.Bytes(), encoder.Close()
}

// compact writes each CSV, and each operand's version, in one line.
func compact(facts *yaml.Node) {
	for _, list := range values(view.Field(facts, "channels")) {
		if csvs := view.Field(list, "csvs"); csvs != nil {
			for _, csv := range csvs.Content {
				csv.Style = yaml.FlowStyle
			}
		}
	}
	for _, operand := range values(view.Field(facts, "operands")) {
		for _, version := range values(view.Field(operand, "versions")) {
			version.Style = yaml.FlowStyle
		}
	}
}

func values(mapping *yaml.Node) []*yaml.Node {
	var all []*yaml.Node
	if mapping == nil {
		return nil
	}
	for i := 1; i < len(mapping.Content); i += 2 {
		all = append(all, mapping.Content[i])
	}
	return all
}

// Inherit adds to imported facts what an image of a catalog does not say: where
// the package is found, what is known of its operands and of mistakes with it.
func Inherit(operator, known *catalog.Operator) {
	operator.Source, operator.SourceNamespace, operator.Namespace = known.Source, known.SourceNamespace, known.Namespace
	operator.Operands, operator.Wrong = known.Operands, known.Wrong
	operator.DropRefuted()
	if operator.Lifecycle == nil {
		operator.Lifecycle = known.Lifecycle
	}
	if len(operator.InstallModes) == 0 {
		operator.InstallModes = known.InstallModes
	}
}
