package hosts_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/tests/host"
)

// A function that fails says so in one line, and takes nothing away: no host
// prints, writes or loses anything.
func TestFailureLosesNothing(t *testing.T) {
	t.Parallel()
	const (
		right = "ibm-eventstreams: {version: 3.0.5}"
		wrong = "ibm-eventstreams: {channel: v0.0}"
		line  = "error: PinOperators/nonprod: spec.operators.ibm-eventstreams"
	)
	f := folderOf(t, "rendered/clusters/nonprod")
	tree := copied(t)
	replaceIn(t, filepath.Join(tree, f.config), right, wrong)
	dir := filepath.Join(tree, f.path)

	for name, call := range map[string]host.Call{
		"eda-fn build":    {Program: host.EdaFn(t), Args: []string{"build", dir}},
		"eda-fn build -o": {Program: host.EdaFn(t), Args: []string{"build", dir, "-o", filepath.Join(tree, "rendered", f.rendered) + "/"}},
		"kustomize exec":  {Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", "--enable-exec", dir}, Env: onPath(t)},
	} {
		t.Run(name, func(t *testing.T) {
			before := contents(t, tree)
			answer := host.Run(t, call)
			if answer.Status == 0 || answer.Stdout != "" || strings.Count(answer.Stderr, line) != 1 {
				t.Errorf("exit %d, stdout %q, stderr\n%s\nwant one line with %q", answer.Status, answer.Stdout, answer.Stderr, line)
			}
			same(t, contents(t, tree), before)
		})
	}
	t.Run("kpt exec", func(t *testing.T) {
		kpt := host.Kpt(t)
		pkg := kptPackage(t, f)
		replaceIn(t, filepath.Join(pkg, "pipeline.yaml"), right, wrong)
		before := contents(t, pkg)
		answer := host.Run(t, host.Call{Program: kpt, Args: []string{"fn", "render", pkg, "--allow-exec"}, Env: onPath(t)})
		if answer.Status == 0 || !strings.Contains(answer.Stderr, "v0.0") {
			t.Errorf("exit %d\n%s", answer.Status, answer.Stderr)
		}
		same(t, contents(t, pkg), before)
	})
}
