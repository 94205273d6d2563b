package catalog

import (
	"embed"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

//go:embed functions/*.yaml
var functionFiles embed.FS

// FunctionSchema returns the JSON Schema of a function's config, by the
// function's name (pin-operators), indented.
func FunctionSchema(name string) ([]byte, error) {
	text, err := functionFiles.ReadFile("functions/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no definition of %s", name)
	}
	var definition struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return nil, fmt.Errorf("the definition of %s: %w", name, err)
	}
	return json.MarshalIndent(definition.Spec.Versions[0].Schema.OpenAPIV3Schema, "", "  ")
}
