package functions_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

// call runs eda-fn in this process.
func call(stdin string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = functions.Main(args, strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

// copyExample copies the example solution into a folder of the test's own.
func copyExample(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rt-inventory")
	if err := os.CopyFS(dir, os.DirFS("../examples/rt-inventory")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func edit(t *testing.T, path, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each mistake is exit 1, nothing on stdout, and one line that names the place
// and what to write.
func TestMistakes(t *testing.T) {
	for name, tc := range map[string]struct {
		file, old, replacement string
		build                  string // folder, environments/dev by default
		want                   []string
	}{
		"a size that does not exist": {
			"environments/dev/functions/dev.yaml", "size: S", "size: SS", "",
			[]string{"Pipeline/dev: spec.steps[0].spec.clusters.es.size", `"SS"`, "XS, S, M"},
		},
		"an environment that the Solution does not have": {
			"environments/dev/functions/dev.yaml", "environment: dev", "environment: devv", "",
			[]string{"Pipeline/dev: spec.steps[0].spec.environment", `no environment "devv"`, `did you mean "dev"?`},
		},
		"a misspelt field": {
			"environments/dev/functions/dev.yaml", "clusters:", "clutsers:", "",
			[]string{"spec.steps[0].spec.clutsers: unknown field", `did you mean "clusters"?`},
		},
		"a step of no kind": {
			"environments/dev/functions/dev.yaml", "kind: SealSecrets", "kind: SealSecret", "",
			[]string{"spec.steps[2].kind", `did you mean "SealSecrets"?`},
		},
		"an unknown kind": {
			"environments/dev/functions/dev.yaml", "kind: Pipeline", "kind: Pipelin", "",
			[]string{"Pipelin/dev: kind", `did you mean "Pipeline"?`},
		},
		"steps in another order": {
			"environments/dev/functions/dev.yaml", "- kind: SizeEventStreams", "- kind: InjectNamespace\n  - kind: SizeEventStreams", "",
			[]string{"Pipeline/dev: spec.steps[1]", "SizeEventStreams stands behind InjectNamespace", "before InjectNamespace renames"},
		},
		"a namespace that is no DNS label": {
			"solution/solution.yaml", "namespace: rt-inventory-dev", "namespace: RT_dev", "",
			[]string{"Solution/rt-inventory: spec.environments.dev.namespace", `"RT_dev" is no DNS label`},
		},
		"a repoURL that is none": {
			"solution/solution.yaml", "https://git.example.com/acme/rt-inventory-gitops.git", "not a url", "clusters/nonprod/argocd",
			[]string{"Solution/rt-inventory: spec.repoURL", `"not a url" is no Git URL`, "https://host/path"},
		},
		"an unreadable certificate": {
			"clusters/nonprod/shared/sealing-certificate.yaml", "BEGIN CERT", "BEGIN CRET", "",
			[]string{"spec.certificateFrom", "no certificate that can be read"},
		},
		"a pin to a channel that does not exist": {
			"clusters/nonprod/shared/pins/pins.yaml", "version: 3.0.5", "channel: v3.99", "clusters/nonprod",
			[]string{"PinOperators/nonprod: spec.operators.ibm-eventstreams.channel", `no channel "v3.99"`},
		},
		"a file that is not there": {
			"environments/dev/kustomization.yaml", "- ../../base", "- ../../bases", "",
			[]string{"environments/dev/kustomization.yaml: resources: ../../bases: no such file or folder"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyExample(t)
			edit(t, filepath.Join(dir, tc.file), tc.old, tc.replacement)
			folder := tc.build
			if folder == "" {
				folder = "environments/dev"
			}
			status, stdout, stderr := call("", "build", filepath.Join(dir, folder))
			if status != 1 || stdout != "" {
				t.Errorf("exit %d with %d bytes on stdout; expected 1 with none", status, len(stdout))
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "error: ") {
				t.Errorf("not one line: %s", stderr)
			}
			for _, part := range tc.want {
				if !strings.Contains(stderr, part) {
					t.Errorf("%q is not in %s", part, stderr)
				}
			}
		})
	}
}

// -o DIR/ writes a file per object, removes what it wrote before and is not
// rendered any more, and nothing else; --check finds each difference.
func TestBuildIntoFolder(t *testing.T) {
	dir := copyExample(t)
	environment, out := filepath.Join(dir, "environments/dev"), filepath.Join(t.TempDir(), "rendered")+"/"
	must := func(args ...string) {
		t.Helper()
		if status, _, stderr := call("", args...); status != 0 {
			t.Fatalf("eda-fn %v: %s", args, stderr)
		}
	}
	stale := func(part string) {
		t.Helper()
		status, stdout, stderr := call("", "build", environment, "-o", out, "--check")
		if status != 1 || !strings.Contains(stdout, part) || !strings.Contains(stderr, "without --check") {
			t.Errorf("--check: exit %d, %q not in the diff:\n%s%s", status, part, stdout, stderr)
		}
	}
	stale("+kind: EventStreams")
	must("build", environment, "-o", out)
	must("build", environment, "-o", out, "--check")

	own := filepath.Join(out, "mq", "README.md")
	if err := os.WriteFile(own, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(out, "event-streams/eventstreams-es.yaml"), "replicas: 3", "replicas: 4")
	stale("-      replicas: 4")
	must("build", environment, "-o", out)
	must("build", environment, "-o", out, "--check")

	// A component less: its files go, and its folder; what others put there stays.
	edit(t, filepath.Join(dir, "base/kustomization.yaml"), "- apps/store-simulator", "")
	edit(t, filepath.Join(dir, "base/kustomization.yaml"), "- services/mq", "")
	stale("-kind: QueueManager")
	must("build", environment, "-o", out)
	for path, there := range map[string]bool{
		"store-simulator": false, "mq/queuemanager-store-mq.yaml": false, "mq/README.md": true, "event-streams/eventstreams-es.yaml": true,
	} {
		if _, err := os.Stat(filepath.Join(out, path)); (err == nil) != there {
			t.Errorf("%s: there is %v, expected %v", path, err == nil, there)
		}
	}

	// A file that no build wrote stands in the way.
	foreign := filepath.Join(out, "store-simulator")
	if err := os.MkdirAll(foreign, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "deployment-store-simulator.yaml"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(dir, "base/kustomization.yaml"), "resources:", "resources:\n- apps/store-simulator")
	if status, _, stderr := call("", "build", environment, "-o", out); status != 1 || !strings.Contains(stderr, "stands in the way") {
		t.Errorf("exit %d: %s", status, stderr)
	}
}

// -o FILE and stdout are the same bytes; a failed build leaves the file alone.
func TestBuildIntoFile(t *testing.T) {
	dir := copyExample(t)
	environment, out := filepath.Join(dir, "environments/dev"), filepath.Join(t.TempDir(), "dev.yaml")
	_, stdout, _ := call("", "build", environment)
	if status, printed, stderr := call("", "build", environment, "-o", out); status != 0 || printed != "" {
		t.Fatalf("exit %d: %s%s", status, printed, stderr)
	}
	text, err := os.ReadFile(out)
	if err != nil || string(text) != stdout {
		t.Errorf("the file is not what stdout has: %v", err)
	}
	edit(t, filepath.Join(dir, "environments/dev/functions/dev.yaml"), "size: S", "size: SS")
	if status, _, _ := call("", "build", environment, "-o", out); status != 1 {
		t.Error("a failed build exits 0")
	}
	if after, err := os.ReadFile(out); err != nil || !bytes.Equal(after, text) {
		t.Error("a failed build changed the file")
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// The verb seals for the environment: its namespace, scope and certificate; the
// first secret of an environment too, which its kustomization lists already.
func TestSealForEnvironment(t *testing.T) {
	dir := copyExample(t)
	keys := sealtest.Default()
	certificate := filepath.Join(dir, "clusters/nonprod/shared/sealing-certificate.yaml")
	indented := "    " + strings.ReplaceAll(strings.TrimSpace(keys.Certificate(t)), "\n", "\n    ")
	if err := os.WriteFile(certificate, []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: sealing-certificate\n"+
		"  annotations: {config.kubernetes.io/local-config: \"true\"}\ndata:\n  cert.pem: |\n"+indented+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := filepath.Join(dir, "environments/dev")
	for _, file := range []string{"elastic-credentials.yaml", "ibm-entitlement-key.yaml"} {
		if err := os.Remove(filepath.Join(environment, "sealed", file)); err != nil {
			t.Fatal(err)
		}
	}
	into := filepath.Join(environment, "sealed/elastic-credentials.yaml")
	const value = "marker-of-the-test"
	status, stdout, stderr := call(value, "seal", "elastic-credentials", "--env", environment, "--from-file", "elastic.properties=-", "--into", into)
	if status != 0 || stdout != "" {
		t.Fatalf("exit %d: %s%s", status, stdout, stderr)
	}
	text, err := os.ReadFile(into)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text)+stderr, value) {
		t.Error("the value is in the file or on stderr")
	}
	for _, part := range []string{"kind: SealedSecret", "namespace: rt-inventory-dev", "elastic.properties: A"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// Every kind has a schema that is JSON and says what the config may hold.
func TestSchemas(t *testing.T) {
	for _, kind := range append(functions.All.Kinds(), "Solution") {
		status, stdout, stderr := call("", "schema", kind)
		var schema struct {
			Properties struct {
				Kind struct{ Enum []string }
				Spec struct {
					AdditionalProperties bool
					Properties           map[string]any
				}
			}
		}
		if err := json.Unmarshal([]byte(stdout), &schema); status != 0 || err != nil {
			t.Fatalf("%s: exit %d: %v: %s", kind, status, err, stderr)
		}
		if len(schema.Properties.Kind.Enum) != 1 || schema.Properties.Kind.Enum[0] != kind || len(schema.Properties.Spec.Properties) == 0 {
			t.Errorf("%s: %+v", kind, schema)
		}
	}
}

func TestCommands(t *testing.T) {
	for name, tc := range map[string]struct {
		args   []string
		status int
		want   string // on stdout or stderr
	}{
		"version":                  {[]string{"version"}, 0, "eda-fn " + fn.Version},
		"list":                     {[]string{"list"}, 0, "inject-namespace"},
		"help":                     {[]string{"--help"}, 0, "Functions (ResourceList in, ResourceList out)"},
		"a command that is none":   {[]string{"biuld"}, 1, `did you mean "build"?`},
		"a kind that is none":      {[]string{"schema", "PinOperator"}, 1, `did you mean "PinOperators"?`},
		"a flag that is none":      {[]string{"build", "--frob"}, 1, "unknown flag: --frob"},
		"a flag that is near":      {[]string{"build", "--chekc"}, 1, `did you mean "--check"?`},
		"two folders":              {[]string{"build", "a", "b"}, 1, "eda-fn build: accepts at most 1 arg(s), received 2; use: eda-fn build [DIR]"},
		"no name of a folder":      {[]string{"build", ""}, 1, "the folder's name is empty"},
		"a folder that is none":    {[]string{"build", "nowhere"}, 1, "nowhere: no such folder"},
		"zones that are none":      {[]string{"size", "--ingress", "50MB/s", "--zones", "0"}, 1, "--zones is 0; expected 1 or more"},
		"sealed secrets nowhere":   {[]string{"seal", "check", "nowhere"}, 1, "nowhere: no such folder"},
		"check without output":     {[]string{"build", ".", "--check"}, 1, "--check needs -o"},
		"as a function, no input":  {nil, 1, "stdin is empty"},
		"a value in the arguments": {[]string{"seal", "a", "--env", "../examples/rt-inventory/environments/dev", "--from-file", "value"}, 1, "never stands on the command line"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := call("", tc.args...)
			if status != tc.status || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit %d: %s%s", status, stdout, stderr)
			}
		})
	}
}

// The program installs itself where an init container wants it, executable.
func TestInstall(t *testing.T) {
	dir := t.TempDir()
	if status, _, stderr := call("", "install", dir); status != 0 {
		t.Fatal(stderr)
	}
	info, err := os.Stat(filepath.Join(dir, "eda-fn"))
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v %v", info, err)
	}
}

// Budgets of the design: under 30 MB, stripped.
func TestSize(t *testing.T) {
	const most = 30_000_000 // bytes
	program := filepath.Join(t.TempDir(), "eda-fn")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/eda-fn")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil || info.Size() > most {
		t.Errorf("the program has %d bytes, of at most %d (%v)", info.Size(), most, err)
	}
}

// Budgets of the design: no client-go in the program.
func TestDependencies(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/eda-fn")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		for _, heavy := range []string{"k8s.io/client-go", "k8s.io/api/", "github.com/kptdev/", "sealed-secrets/pkg/kubeseal"} {
			if strings.HasPrefix(path, heavy) || strings.Contains(path, heavy) {
				t.Errorf("the program depends on %s", path)
			}
		}
	}
}
