// Command generate writes what is made from the config structs: the function
// definitions in catalog/functions, the Solution's schema and the field tables
// in the READMEs. With -check it writes nothing and fails when one is stale.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/schema"
	"github.com/eda-gitops/functions/functions/solution"
)

func main() {
	root := flag.String("root", ".", "folder of go.mod")
	check := flag.Bool("check", false, "fail when a generated file is stale")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	files, err := schema.Generate(root, functions.All)
	if err != nil {
		return err
	}
	solutionSchema, err := solutionSchema(root)
	if err != nil {
		return err
	}
	files["functions/solution/schema.json"] = solutionSchema
	stale := []string{}
	for path, content := range files {
		full := filepath.Join(root, path)
		now, err := os.ReadFile(full)
		if err == nil && bytes.Equal(now, content) {
			continue
		}
		stale = append(stale, path)
		if check {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, content, 0o644); err != nil {
			return err
		}
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("stale: %s; run make generate and commit the result", strings.Join(stale, ", "))
	}
	return nil
}

func solutionSchema(root string) ([]byte, error) {
	source := &schema.Source{Root: root}
	node, _, err := source.Config(&solution.Solution{}, fn.APIVersion, solution.Kind)
	if err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(node)
	if err != nil {
		return nil, err
	}
	text, err = yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, text, "", "  ")
	return append(out.Bytes(), '\n'), err
}
