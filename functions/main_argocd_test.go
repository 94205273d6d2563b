package functions

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eda-gitops/functions/functions/fn"
)

// exampleCopy is the example in a folder of the test's own.
func exampleCopy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../examples/rt-inventory")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write writes a file below a folder.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asPlugin sets the variables that Argo CD sets.
func asPlugin(t *testing.T, variables ...string) {
	t.Helper()
	for _, entry := range append([]string{
		"ARGOCD_APP_NAME=rt-inventory-stage", "ARGOCD_APP_SOURCE_PATH=environments/stage", "ARGOCD_APP_REVISION=1a2b3c",
	}, variables...) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

// An Application that says nothing, or what is so, gets what build prints.
func TestPluginRenders(t *testing.T) {
	const stage = "../examples/rt-inventory/environments/stage"
	want, _, _ := callProgram(t, "", "build", stage)
	for name, tc := range map[string]struct {
		dir       string
		variables []string
	}{
		"nothing is said":           {stage, nil},
		"where it goes":             {stage, []string{"ARGOCD_APP_NAMESPACE=rt-inventory-stage"}},
		"this version":              {stage, []string{"ARGOCD_ENV_EDA_FN_VERSION=" + fn.Version}},
		"its environment":           {stage, []string{`ARGOCD_APP_PARAMETERS=[{"name":"environment","string":"stage"}]`, "PARAM_ENVIRONMENT=stage"}},
		"its environment in env":    {stage, []string{"ARGOCD_ENV_ENVIRONMENT=stage"}},
		"an environment of a tree":  {"../examples/rt-inventory", []string{"ARGOCD_ENV_ENVIRONMENT=stage"}},
		"no parameters":             {stage, []string{"ARGOCD_APP_PARAMETERS=[]"}},
		"null parameters":           {stage, []string{"ARGOCD_APP_PARAMETERS=null"}},
		"by hand, without the JSON": {"../examples/rt-inventory", []string{"PARAM_ENVIRONMENT=stage"}},
	} {
		t.Run(name, func(t *testing.T) {
			asPlugin(t, tc.variables...)
			stdout, stderr, status := callProgram(t, "", "build", "--argocd", tc.dir)
			if status != 0 || stderr != "" || stdout != want {
				t.Errorf("exit %d, %d bytes of %d\n%s", status, len(stdout), len(want), stderr)
			}
		})
	}
}

// One component's objects, each as the whole environment has it.
func TestPluginRendersAComponent(t *testing.T) {
	const dir = "../examples/rt-inventory/environments/stage"
	whole, _, _ := callProgram(t, "", "build", dir)
	asPlugin(t, `ARGOCD_APP_PARAMETERS=[{"name":"component","string":"mq"}]`, "PARAM_COMPONENT=mq")
	stdout, stderr, status := callProgram(t, "", "build", "--argocd", dir)
	if status != 0 || stderr != "" {
		t.Fatalf("exit %d\n%s", status, stderr)
	}
	parts := strings.Split(stdout, "---\n")
	for _, part := range parts {
		if !strings.Contains(part, "app.kubernetes.io/component: mq\n") || !strings.Contains(whole, part) {
			t.Errorf("not one of the environment's and the component's:\n%s", part)
		}
	}
	if all := strings.Count(whole, "    app.kubernetes.io/component: mq\n"); len(parts) < 2 || len(parts) > all {
		t.Errorf("%d objects, of %d labels in the environment", len(parts), all)
	}
}

// What the plugin refuses: nothing on stdout, exit 1, and a line that names the
// Application and what to do. No value of what it does not know is in it.
func TestPluginRefuses(t *testing.T) {
	const marker = "marker-of-the-test"
	for name, tc := range map[string]struct {
		variables []string
		folder    string
		edit      func(t *testing.T, dir string)
		want      string
	}{
		"an undeclared parameter": {
			variables: []string{`ARGOCD_APP_PARAMETERS=[{"name":"environments","string":"` + marker + `"}]`, "PARAM_ENVIRONMENTS=" + marker},
			want:      `spec.source.plugin.parameters[environments]: is not declared by the plugin, which would not heed it; did you mean "environment"?`,
		},
		"an undeclared map": {
			variables: []string{`ARGOCD_APP_PARAMETERS=[{"name":"images","map":{"a":"` + marker + `"}}]`, "PARAM_IMAGES_A=" + marker},
			want:      `parameters[images]: is not declared`,
		},
		"an array": {
			variables: []string{`ARGOCD_APP_PARAMETERS=[{"name":"environment","array":["stage","dev"]}]`, "PARAM_ENVIRONMENT_0=stage", "PARAM_ENVIRONMENT_1=dev"},
			want:      `parameters[environment]: is an array or a map; expected string`,
		},
		"parameters that are none": {variables: []string{"ARGOCD_APP_PARAMETERS={" + marker}, want: "is no list of parameters"},
		"a variable by hand":       {variables: []string{"PARAM_COMPONENTS=" + marker}, want: `PARAM_COMPONENTS: is no parameter that the plugin declares; did you mean "component"?`},
		"an undeclared variable": {
			variables: []string{"ARGOCD_ENV_TOKEN=" + marker},
			want:      `spec.source.plugin.env[TOKEN]: is not declared by the plugin`,
		},
		"another version":        {variables: []string{"ARGOCD_ENV_EDA_FN_VERSION=v9.9.9"}, want: "is v9.9.9, but the plugin is eda-fn " + fn.Version},
		"a version that is none": {variables: []string{"ARGOCD_ENV_EDA_FN_VERSION=" + marker}, want: "no version (value withheld)"},
		"two environments":       {variables: []string{"ARGOCD_ENV_ENVIRONMENT=dev", `ARGOCD_APP_PARAMETERS=[{"name":"environment","string":"stage"}]`}, want: `is "dev", but the environment is said to be "stage"`},
		"a path":                 {variables: []string{"ARGOCD_ENV_ENVIRONMENT=../" + marker}, want: "is no name of an environment (value withheld)"},
		"another environment":    {variables: []string{"ARGOCD_ENV_ENVIRONMENT=dev"}, want: `is "dev", but the path renders stage`},
		"no environment":         {variables: []string{"ARGOCD_ENV_ENVIRONMENT=dev"}, folder: "clusters/nonprod", want: "name no environment; leave the parameter out"},
		"an unknown environment": {
			variables: []string{"ARGOCD_ENV_ENVIRONMENT=stagee"}, folder: ".", want: `neither a kustomization nor environments/stagee in the Application's path; did you mean "stage"?`,
		},
		"another namespace":    {variables: []string{"ARGOCD_APP_NAMESPACE=rt-inventory-prod"}, want: `spec.destination.namespace: is "rt-inventory-prod", but every object is for rt-inventory-stage`},
		"an unknown component": {variables: []string{"ARGOCD_ENV_COMPONENT=mqq"}, want: "no object has the label app.kubernetes.io/component: mqq, and Argo CD would prune"},
		"nothing to render":    {folder: "solution", want: "the path renders no object, and Argo CD would prune all"},
		"no folder":            {folder: "nowhere", want: "no such folder"},
		"no kustomization":     {folder: "environments", want: "no kustomization.yaml"},
		"somebody's program": {
			edit: func(t *testing.T, dir string) {
				write(t, dir, "environments/stage/other.yaml", "apiVersion: example.com/v1\nkind: Other\nmetadata:\n  name: other\n  annotations: {config.kubernetes.io/function: \"exec: {path: ./run}\"}\n")
				replaceIn(t, dir, "environments/stage/kustomization.yaml", "transformers: [functions]", "transformers: [functions, other.yaml]")
			},
			want: "runs a program of this machine",
		},
		"a remote base": {
			edit: func(t *testing.T, dir string) {
				replaceIn(t, dir, "environments/stage/kustomization.yaml", "- sealed\n", "- sealed\n- https://example.com/base.yaml\n")
			},
			want: "is remote",
		},
		"a literal that a function did not see": {
			// After the functions, nobody has looked but the guard.
			edit: func(t *testing.T, dir string) {
				write(t, dir, "environments/stage/functions/stage.yaml", "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: InjectNamespace\nmetadata:\n  name: stage\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec: {environment: stage, residue: ignore}\n")
				write(t, dir, "environments/stage/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ENVIRONMENT}\ndata: {db.password: "+marker+"}\n")
				replaceIn(t, dir, "environments/stage/kustomization.yaml", "- sealed\n", "- sealed\n- settings.yaml\n")
			},
			want: `"db.password" has a literal that looks like a credential (value withheld)`,
		},
		"a plain Secret that a function did not see": {
			edit: func(t *testing.T, dir string) {
				write(t, dir, "environments/stage/functions/stage.yaml", "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: InjectNamespace\nmetadata:\n  name: stage\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec: {environment: stage, residue: ignore}\n")
				write(t, dir, "environments/stage/plain.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: plain, namespace: ENVIRONMENT}\nstringData: {password: "+marker+"}\n")
				replaceIn(t, dir, "environments/stage/kustomization.yaml", "- sealed\n", "- sealed\n- plain.yaml\n")
			},
			want: "v1 Secret rt-inventory-stage/plain: is a plain Secret",
		},
		"a patch of a Secret that fits nothing": {
			edit: func(t *testing.T, dir string) {
				replaceIn(t, dir, "environments/stage/kustomization.yaml", "transformers:", "patches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: nobody}\n    stringData: {password: "+marker+"}\ntransformers:")
			},
			want: "no matches for Id",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := exampleCopy(t)
			if tc.edit != nil {
				tc.edit(t, dir)
			}
			folder := tc.folder
			if folder == "" {
				folder = "environments/stage"
			}
			asPlugin(t, tc.variables...)
			stdout, stderr, status := callProgram(t, "", "build", "--argocd", filepath.Join(dir, folder))
			if status != 1 || stdout != "" || !strings.Contains(stderr, tc.want) {
				t.Errorf("exit %d with %d bytes on stdout\n%s\nexpected %s", status, len(stdout), stderr, tc.want)
			}
			if strings.Contains(stderr, marker) {
				t.Errorf("a value is in the message:\n%s", stderr)
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "error: ") && !strings.HasPrefix(line, "warning: ") {
					t.Errorf("no line of a message: %q", line)
				}
			}
		})
	}
}

func replaceIn(t *testing.T, dir, name, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q (%v)", name, old, err)
	}
	write(t, dir, name, strings.ReplaceAll(string(text), old, replacement))
}

// An exception that SealSecrets grants holds at the end as well.
func TestPluginHeedsExceptions(t *testing.T) {
	dir := exampleCopy(t)
	write(t, dir, "environments/stage/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ENVIRONMENT}\ndata: {db.password: example-of-the-docs}\n")
	replaceIn(t, dir, "environments/stage/kustomization.yaml", "- sealed\n", "- sealed\n- settings.yaml\n")
	replaceIn(t, dir, "environments/stage/functions/stage.yaml", "      certificateFrom:", "      guard: {allow: [{kind: ConfigMap, name: settings, key: db.password, reason: an example}]}\n      certificateFrom:")
	if stdout, stderr, status := callProgram(t, "", "build", "--argocd", filepath.Join(dir, "environments/stage")); status != 0 || !strings.Contains(stdout, "db.password") {
		t.Errorf("exit %d\n%s", status, stderr)
	}
}

// At the deadline the program ends at once, says so, and leaves stdout empty: a
// base that never ends to be read.
func TestPluginEndsAtTheDeadline(t *testing.T) {
	program := filepath.Join(t.TempDir(), "eda-fn")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/eda-fn").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	write(t, dir, "kustomization.yaml", "resources: [pipe.yaml]\n")
	pipe := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "build", "--argocd", dir)
	cmd.Env = append(os.Environ(), "ARGOCD_APP_NAME=slow", "ARGOCD_APP_SOURCE_PATH=environments/slow", "ARGOCD_APP_REVISION=1a2b3c")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Opened for writing, it has a reader: the program stands in the middle.
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := bufio.NewWriter(writer).WriteString("kind: "); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	const grace = 5 * time.Second // then Argo CD sends KILL
	if took := time.Since(start); cmd.ProcessState.ExitCode() != 1 || took > grace {
		t.Errorf("%v after %s", cmd.ProcessState, took)
	}
	if stdout.String() != "" || !strings.Contains(stderr.String(), "Application slow: spec.source: rendering environments/slow at 1a2b3c was ended by Argo CD's deadline") {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
}

// The stand-in is chosen by the program's name, and answers as the image does.
func TestStandIn(t *testing.T) {
	const input = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {namespace: b}}
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: a}}
`
	run := func(name string, args ...string) (string, string, int) {
		var stdout, stderr strings.Builder
		status := MainAs(name, args, strings.NewReader(input), &stdout, &stderr)
		return stdout.String(), stderr.String(), status
	}
	image := "ghcr.io/eda-gitops/inject-namespace:" + fn.Version
	want, messages, status := run("/image/eda-fn", "inject-namespace")
	if status != 0 || !strings.Contains(want, "namespace: b") {
		t.Fatalf("exit %d: %s", status, messages)
	}
	if got, _, status := run("/tools/docker", "run", "--rm", "-i", image); status != 0 || got != want {
		t.Errorf("exit %d:\n%s\nexpected\n%s", status, got, want)
	}
	stdout, messages, status := run("docker", "run", "--rm", "-i", "busybox")
	if status != 125 || stdout != "" || strings.Count(messages, "\n") != 1 || !strings.Contains(messages, "stand-in of eda-fn "+fn.Version) {
		t.Errorf("exit %d: %q, %q", status, stdout, messages)
	}
	t.Setenv("EDA_FN_REGISTRIES", "mirror.example.com/eda/, other.example.com")
	if got, messages, status := run("docker", "run", "other.example.com/inject-namespace:"+fn.Version); status != 0 || got != want {
		t.Errorf("exit %d: %s", status, messages)
	}
	if _, messages, status := run("eda-fn", "run", "--rm", "-i", image); status != 1 {
		t.Errorf("under its own name it is no docker: exit %d: %s", status, messages)
	}
}

func TestInstallAs(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]int{"eda-fn": 0, "docker": 0, "kubectl": 1, "../docker": 1} {
		if _, messages, status := callProgram(t, "", "install", dir, "--as", name); status != want {
			t.Errorf("--as %s: exit %d: %s", name, status, messages)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || fmt.Sprint(entries[0].Name(), entries[1].Name()) != "dockereda-fn" {
		t.Errorf("%v, %v", entries, err)
	}
}
