package functions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestArgo runs the verbs as people and CI do, on a copy of the example.
func TestArgo(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../examples/rt-inventory")); err != nil {
		t.Fatal(err)
	}
	expect := func(reason string, wantStatus int, wantOut, wantErr string, args ...string) {
		t.Helper()
		stdout, stderr, status := callProgram(t, "", args...)
		if status != wantStatus || !strings.Contains(stdout, wantOut) || !strings.Contains(stderr, wantErr) {
			t.Errorf("%s: eda-fn %s: status %d\nstdout: %s\nstderr: %s", reason, strings.Join(args, " "), status, stdout, stderr)
		}
	}
	expect("the example is right", 0, "6 Applications and 4 AppProjects checked: 0 errors, 0 warnings", "", "argo", "check", dir)
	expect("its facts are current", 0, "", "", "argo", "update", dir, "--check")

	extra := filepath.Join(dir, "rendered/dev/mq/secret.yaml")
	if err := os.WriteFile(extra, []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: elsewhere}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("a kind came in", 1, "+    - Secret\n", "error: facts are not what the tree renders", "argo", "update", dir, "--check")
	expect("and no project has it", 1, "", "project rt-inventory-nonprod does not allow the kinds Secret", "argo", "check", dir)
	expect("nor its namespace", 1, "", "renders objects into elsewhere, which project rt-inventory-nonprod does not allow", "argo", "check", dir)
	expect("the verb writes", 0, "", "updated ", "argo", "update", dir)
	expect("once", 0, "", "", "argo", "update", dir, "--check")
	expect("who asks for nothing is told what there is", 1, "", "argo needs a command: update or check", "argo")
	expect("a word that is no command", 1, "", `there is no command "chek"; did you mean "check"?`, "argo", "chek")
	expect("no folder", 1, "", "nowhere: no such folder", "argo", "check", filepath.Join(dir, "nowhere"))
}
