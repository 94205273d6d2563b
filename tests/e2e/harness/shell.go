package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Shell runs a script as an administrator at a terminal does: with oc, kubeseal
// and eda-fn on PATH, and logged in. It returns what the script printed.
func (c *Cluster) Shell(t testing.TB, dir, script string, environment ...string) string {
	t.Helper()
	tools := t.TempDir()
	for name, program := range map[string]string{"oc": c.Kubectl(), "kubeseal": c.tools.path("kubeseal"), "eda-fn": c.EdaFn} {
		if err := os.Symlink(program, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	answer := Run(t, Call{Program: "sh", Args: []string{"-euc", script}, Dir: dir, Env: append(append(os.Environ(),
		"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "KUBECONFIG="+c.sealing.kubeconfig,
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@localhost",
		"GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@localhost",
	), environment...)})
	said := fmt.Sprintf("%s%s", answer.Stdout, answer.Stderr)
	if answer.Status != 0 {
		t.Fatalf("exit %d of\n%s\n%s", answer.Status, script, said)
	}
	return said
}
