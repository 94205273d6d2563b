package schema_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/schema"
)

// What is committed is what the structs and their comments say.
func TestGeneratedIsCurrent(t *testing.T) {
	const root = "../.."
	files, err := schema.Generate(root, functions.All)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2*len(functions.All) {
		t.Errorf("%d files for %d functions; expected a definition and a README of each", len(files), len(functions.All))
	}
	for path, want := range files {
		if now, err := os.ReadFile(filepath.Join(root, path)); err != nil || !bytes.Equal(now, want) {
			t.Errorf("%s is stale; run make generate (%v)", path, err)
		}
	}
}

type undocumented struct {
	fn.Header
	Spec undocumentedSpec
}

type undocumentedSpec struct {
	Field string `yaml:"field"`
}

// A field without a comment can't be documented.
func TestFieldsNeedComments(t *testing.T) {
	source := &schema.Source{Root: "../.."}
	_, _, err := source.Config(&undocumented{}, fn.APIVersion, "Undocumented")
	if err == nil || !strings.Contains(err.Error(), "write a comment") {
		t.Errorf("got %v", err)
	}
}
