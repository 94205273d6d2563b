package view

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// TemplateEntry is one entry of a SealedSecret's template that becomes part of
// the Secret without being sealed.
type TemplateEntry struct {
	// Field is data or stringData.
	Field string
	// Key is the Secret's data key.
	Key string
	// Value is the text, in which {{ }} are Go templates.
	Value string
}

// TemplateData returns spec.template.data (and stringData, which the
// controller does not read but people write) sorted by field and key.
func (s SealedSecret) TemplateData() []TemplateEntry {
	var entries []TemplateEntry
	for _, field := range []string{"data", "stringData"} {
		node := s.Lookup("spec", "template", field)
		for i := 0; node != nil && node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			entries = append(entries, TemplateEntry{Field: field, Key: node.Content[i].Value, Value: Text(node.Content[i+1])})
		}
	}
	slices.SortFunc(entries, func(a, b TemplateEntry) int {
		return strings.Compare(a.Field+"/"+a.Key, b.Field+"/"+b.Key)
	})
	return entries
}
