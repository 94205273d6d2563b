package argo_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/argo"
	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fntest"
)

func options() build.Options {
	return build.Options{Functions: functions.All, Env: fntest.Env(), Self: "eda-fn"}
}

// lay writes a txtar's files into a folder and returns it and the archive.
func lay(t *testing.T, path string) (string, *txtar.Archive) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, file := range archive.Files {
		write(t, root, file.Name, string(file.Data))
	}
	return root, archive
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// findings are the lines of a check and its summary.
func findings(t *testing.T, root string) string {
	t.Helper()
	tree, err := argo.Load(options(), root)
	if err != nil {
		t.Fatal(err)
	}
	report := tree.Check()
	var b strings.Builder
	for i := range report.Results {
		line := strings.ReplaceAll(report.Results[i].String(), root, "ROOT")
		b.WriteString(line + "\n")
	}
	return b.String() + report.Summary() + "\n"
}

// TestCheck: repositories and what is wrong with them, in findings.txt. Set
// UPDATE_GOLDEN=1 to write it anew.
func TestCheck(t *testing.T) {
	paths, err := filepath.Glob("testdata/check-*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			root, archive := lay(t, path)
			if err := os.Remove(filepath.Join(root, "findings.txt")); err != nil {
				t.Fatal(err)
			}
			got := findings(t, root)
			compare(t, path, archive, "findings.txt", got)
		})
	}
}

func compare(t *testing.T, path string, archive *txtar.Archive, name, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if os.Getenv("UPDATE_GOLDEN") != "" {
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(archive.Files[i].Data); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
