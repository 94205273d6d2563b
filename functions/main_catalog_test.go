package functions

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs the program and returns its output, its messages and its status.
func callProgram(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, messages bytes.Buffer
	status = Main(args, strings.NewReader(stdin), &out, &messages)
	return out.String(), messages.String(), status
}

const acmeFBC = `---
schema: olm.package
name: acme
---
schema: olm.channel
package: acme
name: alpha
entries:
- name: acme.v1.0.0
- name: acme.v1.1.0
  replaces: acme.v1.0.0
- name: acme.v1.2.0
  replaces: acme.v1.1.0
---
schema: olm.bundle
package: acme
name: acme.v1.0.0
properties:
- type: olm.package
  value: {packageName: acme, version: 1.0.0}
---
schema: olm.bundle
package: acme
name: acme.v1.1.0
properties:
- type: olm.package
  value: {packageName: acme, version: 1.1.0}
---
schema: olm.bundle
package: acme
name: acme.v1.2.0
properties:
- type: olm.package
  value: {packageName: acme, version: 1.2.0}
`

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What is imported is what pins are checked against, and what outdated knows.
func TestImportPinOutdated(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"kustomization.yaml": "resources: [acme.yaml, subscription.yaml]\ntransformers: [pins.yaml]\n",
		"subscription.yaml": `apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: acme, namespace: openshift-operators}
spec: {name: acme, source: community-operators, sourceNamespace: openshift-marketplace}
`,
		"pins.yaml": `apiVersion: fn.eda-gitops.io/v1alpha1
kind: PinOperators
metadata:
  name: pins
  annotations: {config.kubernetes.io/function: "exec: {path: eda-fn}"}
spec:
  operators: {acme: {version: "~1.0"}}
`,
	})
	if _, messages, status := callProgram(t, acmeFBC, "catalog", "import", "-", "--package", "acme", "-o", dir); status != 0 ||
		!strings.Contains(messages, "acme.yaml: 1 channels, 3 versions") {
		t.Fatalf("import: exit %d\n%s", status, messages)
	}
	output, messages, status := callProgram(t, "", "build", dir)
	if status != 0 || !strings.Contains(output, "startingCSV: acme.v1.0.0") || strings.Contains(output, "OperatorCatalog") {
		t.Fatalf("build: exit %d\n%s%s", status, output, messages)
	}
	output, messages, status = callProgram(t, "", "outdated", dir)
	if status != 0 || !strings.Contains(output, "by 1.1.0, 1.2.0") {
		t.Fatalf("outdated: exit %d\n%s%s", status, output, messages)
	}
	if _, messages, status = callProgram(t, "", "outdated", dir, "--exit-code"); status != 1 || !strings.Contains(messages, "1 of 1 operators are outdated") {
		t.Fatalf("outdated --exit-code: exit %d\n%s", status, messages)
	}
}

func TestCatalogShow(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"all":     {[]string{"catalog", "show"}, "openshift-gitops-operator"},
		"one":     {[]string{"catalog", "show", "ibm-eventstreams"}, "v1beta2 3.2.0 ZooKeeper"},
		"wrong":   {[]string{"catalog", "show", "ibm-apiconnect"}, "that channel starts at v2.5.0"},
		"no one":  {[]string{"catalog", "show", "ibm-eventstream"}, `did you mean "ibm-eventstreams"?`},
		"no file": {[]string{"catalog", "import", "/no/such/file"}, "no such file"},
		"no FBC":  {[]string{"catalog", "import", "-"}, "is empty"},
		"no dir":  {[]string{"outdated"}, "accepts 1 arg"},
	} {
		t.Run(name, func(t *testing.T) {
			output, messages, status := callProgram(t, "", tc.args...)
			if !strings.Contains(output+messages, tc.want) {
				t.Errorf("exit %d\n%s%s\nexpected %q", status, output, messages, tc.want)
			}
		})
	}
}

// The example's README says what the tables replace; its numbers and what is
// committed below rendered/ are those of the sources.
func TestOperatorCatalogExample(t *testing.T) {
	const example = "../examples/operator-catalog/"
	readme, err := os.ReadFile(example + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	subscriptions, tables := 0, 0
	for _, cluster := range []string{"ocp-4.7", "ocp-4.8"} {
		output, messages, status := callProgram(t, "", "build", example+"clusters/"+cluster, "-o", example+"rendered/"+cluster+".yaml", "--check")
		if status != 0 {
			t.Errorf("%s: exit %d\n%s%s", cluster, status, output, messages)
		}
		rendered, err := os.ReadFile(example + "rendered/" + cluster + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		subscriptions += strings.Count(string(rendered), "kind: Subscription\n")
		tables += lines(t, example+"clusters/"+cluster+"/pins/pins.yaml")
	}
	for _, count := range []string{
		fmt.Sprintf("%d Subscriptions", subscriptions),
		fmt.Sprintf("2 files and %d lines", tables),
		fmt.Sprintf("%d lines of base", lines(t, example+"base/subscriptions.yaml")+lines(t, example+"base/grafana.yaml")),
	} {
		if !strings.Contains(string(readme), count) {
			t.Errorf("README.md does not say %q", count)
		}
	}
}

// lines counts a file's lines without comments and blank ones.
func lines(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && line != "---" {
			count++
		}
	}
	return count
}
