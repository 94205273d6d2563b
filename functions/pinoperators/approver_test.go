package pinoperators

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kubectl is a double that answers from files: installed, plans; and notes what
// was patched.
const kubectl = `#!/bin/sh
case "$1 $2" in
"get clusterserviceversions.operators.coreos.com") grep -x "$3" "$WORLD/installed" || : ;;
"get installplans.operators.coreos.com") cat "$WORLD/plans" ;;
"patch installplans.operators.coreos.com") echo "$@" >> "$WORLD/patched" ;;
*) echo "unexpected: $*" >&2; exit 3 ;;
esac
`

// The script approves the plan of exactly the pinned releases, or ends with
// what is wanted and what is offered.
func TestApproverScript(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		reason, wanted, installed, plans string
		approved                         string // the plan; empty: none
		output                           string
	}{
		"exactly": {
			"the one that was asked for", "a.v1.0.0 b.v2.0.0", "", `install-1 ["b.v2.0.0","a.v1.0.0"]`, "install-1", "approved install-1",
		},
		"one is there": {
			"OLM plans what is missing", "a.v1.0.0 b.v2.0.0", "a.v1.0.0", `install-1 ["b.v2.0.0"]`, "install-1", "approved install-1",
		},
		"all there": {
			"nothing to do", "a.v1.0.0", "a.v1.0.0", `install-2 ["a.v1.1.0"]`, "", "installed: a.v1.0.0",
		},
		"newer": {
			"the catalog moved on", "a.v1.0.0", "", `install-1 ["a.v1.1.0"]`, "", "wanted: a.v1.0.0 \noffered:  install-1 (a.v1.1.0);",
		},
		"more": {
			"a neighbour would be upgraded too", "a.v1.0.0", "", `install-1 ["a.v1.0.0","c.v3.0.0"]`, "", "offered:  install-1 (a.v1.0.0 c.v3.0.0);",
		},
		"nothing yet": {
			"OLM resolves nothing", "a.v1.0.0", "", "", "", "offered: nothing",
		},
		"second plan": {
			"the first is somebody else's", "a.v1.0.0", "", "install-1 [\"c.v3.0.0\"]\ninstall-2 [\"a.v1.0.0\"]", "install-2", "approved install-2",
		},
		"old kubectl": {
			"prints lists its own way", "a.v1.0.0 b.v2.0.0", "", "install-1 [a.v1.0.0 b.v2.0.0]", "install-1", "approved install-1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			world := t.TempDir()
			for file, text := range map[string]string{"kubectl": kubectl, "installed": tc.installed + "\n", "plans": tc.plans + "\n"} {
				if err := os.WriteFile(filepath.Join(world, file), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), shell, "-eu", "-c", approverScript)
			cmd.Env = []string{"PATH=" + world + ":" + os.Getenv("PATH"), "WORLD=" + world, "NAMESPACE=es", "WANTED=" + tc.wanted, "WAIT=0"}
			output, err := cmd.CombinedOutput()
			if !strings.Contains(string(output), tc.output) {
				t.Errorf("%s\nexpected %q: %s", output, tc.output, tc.reason)
			}
			if failed := strings.Contains(string(output), "offered:"); failed != (err != nil) {
				t.Errorf("exit: %v\n%s", err, output)
			}
			patched, _ := os.ReadFile(filepath.Join(world, "patched"))
			want := ""
			if tc.approved != "" {
				want = "patch installplans.operators.coreos.com " + tc.approved + ` -n es --type merge -p {"spec":{"approved":true}}` + "\n"
			}
			if string(patched) != want {
				t.Errorf("patched %q; expected %q: %s", patched, want, tc.reason)
			}
		})
	}
}
