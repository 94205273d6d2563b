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
	const line = "error: PinOperators/nonprod: spec.operators.ibm-eventstreams"
	f := folders[3]
	if f.path != "clusters/nonprod" {
		t.Fatal("the table of folders has changed")
	}
	tree := copied(t)
	replaceIn(t, filepath.Join(tree, f.config), "ibm-eventstreams: {version: 3.0.5}", "ibm-eventstreams: {channel: v0.0}")
	dir := filepath.Join(tree, f.path)
	output := filepath.Join(tree, "rendered", f.rendered) + "/"
	before := contents(t, output)

	check := func(name string, answer host.Answer) {
		t.Helper()
		if answer.Status == 0 || answer.Stdout != "" {
			t.Errorf("%s: exit %d, stdout %q", name, answer.Status, answer.Stdout)
		}
		if strings.Count(answer.Stderr, line) != 1 {
			t.Errorf("%s: stderr is\n%s\nwant one line with %q", name, answer.Stderr, line)
		}
	}
	check("eda-fn build", host.Run(t, host.Call{Program: host.EdaFn(t), Args: []string{"build", dir, "-o", output}}))
	same(t, contents(t, output), before)
	check("kustomize exec", host.Run(t, host.Call{
		Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", "--enable-exec", dir}, Env: onPath(t),
	}))

	host.Kpt(t)
	pkg := kptPackage(t, f)
	replaceIn(t, filepath.Join(pkg, "pipeline.yaml"), "ibm-eventstreams: {version: 3.0.5}", "ibm-eventstreams: {channel: v0.0}")
	before = contents(t, pkg)
	answer := host.Run(t, host.Call{Program: host.Kpt(t), Args: []string{"fn", "render", pkg, "--allow-exec"}, Env: onPath(t)})
	if answer.Status == 0 || !strings.Contains(answer.Stderr, "v0.0") {
		t.Errorf("kpt: exit %d\n%s", answer.Status, answer.Stderr)
	}
	same(t, contents(t, pkg), before)
}
