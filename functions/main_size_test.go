package functions_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions"
)

// sized runs eda-fn and returns its exit status and output.
func sized(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := functions.Main(args, strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// The command of the documentation gives exactly these keys.
func TestSizePlan(t *testing.T) {
	args := strings.Fields("size --ingress 50MB/s --peak 2 --retention 72h --groups 3 --rf 3 --zones 3 --cpu 4 --partitions 100 -o json")
	status, out, stderr := sized(t, args...)
	if status != 0 {
		t.Fatal(stderr)
	}
	type use struct{ CPU, Ingress, Egress, Disk *float64 }
	var plan struct {
		Brokers           int
		BindingConstraint string
		PerBroker         struct {
			CPU                   float64
			Memory, Heap, Storage string
		}
		Utilization         struct{ Normal, Degraded use }
		PartitionsPerBroker int
		LicenceCores        float64
		Sources             map[string][]struct{ ID, Source string }
		Diagnostics         []struct{ ID, Severity string }
	}
	if err := json.Unmarshal([]byte(out), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.Brokers != 9 || plan.BindingConstraint != "cpu" || plan.PerBroker.CPU != 4 || plan.PerBroker.Memory != "16Gi" ||
		plan.PerBroker.Heap != "5Gi" || plan.PerBroker.Storage != "5400Gi" || plan.PartitionsPerBroker != 34 || plan.LicenceCores != 36 {
		t.Errorf("%+v", plan)
	}
	for _, u := range []use{plan.Utilization.Normal, plan.Utilization.Degraded} {
		if u.CPU == nil || u.Ingress == nil || u.Egress == nil || u.Disk == nil {
			t.Errorf("%+v", plan.Utilization)
		}
	}
	if len(plan.Sources["brokers"]) == 0 || plan.Sources["brokers"][0].ID == "" || plan.Sources["perBroker.storage"][0].Source == "" || plan.Diagnostics == nil {
		t.Errorf("%+v %+v", plan.Sources, plan.Diagnostics)
	}
	for _, form := range []string{"table", "yaml"} {
		args[len(args)-1] = form
		if status, out, _ := sized(t, args...); status != 0 || !strings.Contains(out, "5400Gi") || !strings.Contains(out, "disk.util_target") {
			t.Errorf("%s: %s", form, out)
		}
	}
}

// What can't be sized is refused with one line that says what to do.
func TestSizeRefused(t *testing.T) {
	for command, want := range map[string]string{
		"size":                                    "say what to size",
		"size --ingress 50":                       "50MB/s",
		"size --ingress 1MB/s -o svg":             "-o svg is for --sweep",
		"size --ingress 1MB/s -o xml":             "expected one of table",
		"size --ingress 1MB/s --peak .5":          "SZ001",
		"size --ingress 1MB/s --rf 3 --min-isr 3": "SZ011",
		"size --ingress 1MB/s --survive region":   "--survive",
		"size --ingress 1MB/s --max-volume big":   "--max-volume",
		"size --ingress 1MB/s --max-volume 5Gi":   "SZ030",
		"size --sweep ingress=1MB/s":              "FROM..TO",
		"size --sweep ingress=2MB/s..1MB/s":       "FROM..TO",
		"size --from /nowhere":                    "/nowhere",
		"size --env /nowhere":                     "/nowhere",
		"diff HEAD":                               "accepts 2 arg",
		"diff -- --output=x .":                    "no revision",
	} {
		status, _, stderr := sized(t, strings.Fields(command)...)
		if status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s", command, status, stderr)
		}
	}
}

func TestSizeSweep(t *testing.T) {
	status, svg, stderr := sized(t, "size", "--sweep", "ingress=10MB/s..500MB/s", "-o", "svg")
	if status != 0 || xml.Unmarshal([]byte(svg), new(struct{})) != nil || strings.Count(svg, "<polyline") != 2 {
		t.Errorf("%s %s", svg, stderr)
	}
	if status, table, _ := sized(t, "size", "--sweep", "ingress=10MB/s..500MB/s"); status != 0 || strings.Count(table, "\n") != 22 {
		t.Error(table)
	}
}

const cluster = `apiVersion: kafka.strimzi.io/v1
kind: Kafka
metadata: {name: k}
spec: {kafka: {config: {default.replication.factor: 3, min.insync.replicas: 2}}}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaNodePool
metadata: {name: all, labels: {strimzi.io/cluster: k}}
spec: {replicas: 3, roles: [broker, controller], resources: {limits: {cpu: 2, memory: 8Gi}}, storage: {type: persistent-claim, size: 100Gi}}
`

// manifests writes files into a new folder.
func manifests(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Files, folders, templates beside them, kustomizations and stdin are read.
func TestSizeFrom(t *testing.T) {
	dir := t.TempDir()
	manifests(t, dir, map[string]string{
		"plain/k.yaml": cluster, "plain/template.yaml": "{{ if }}\n: [", "plain/notes.txt": "no",
		"built/k.yaml": cluster, "built/kustomization.yaml": "resources: [k.yaml]\nnamespace: shop\n",
	})
	for path, want := range map[string]string{"plain/k.yaml": "Kafka k", "plain": "Kafka k", "built": "Kafka shop/k"} {
		status, out, stderr := sized(t, "size", "--from", filepath.Join(dir, path))
		if status != 0 || !strings.Contains(out, want) || !strings.Contains(out, "18MB/s") || !strings.Contains(out, "SZ031") {
			t.Errorf("%s: %s%s", path, out, stderr)
		}
	}
	var stdout, stderr bytes.Buffer
	list := `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "Kafka", "metadata": {"name": "l"}, "spec": {"kafka": {"replicas": 1, "config": {"default.replication.factor": 3}}}}]}`
	if status := functions.Main([]string{"size", "--from", "-", "-o", "json"}, strings.NewReader(list), &stdout, &stderr); status != 1 || !strings.Contains(stdout.String(), "SZ010") || !strings.Contains(stderr.String(), "SZ010") {
		t.Errorf("%d %s%s", status, &stdout, &stderr)
	}
}

// Of a repository, what is deployed is read: overlays and plain files, and not
// bases, patches and Components by themselves; what does not build is said.
func TestSizeFromRepository(t *testing.T) {
	dir := t.TempDir()
	manifests(t, dir, map[string]string{
		"base/k.yaml": cluster, "base/kustomization.yaml": "resources: [k.yaml]\n",
		"overlays/dev/kustomization.yaml":    "resources: [../../base]\nnamespace: dev\n",
		"overlays/prod/kustomization.yaml":   "resources: [../../base]\nnamespace: prod\npatches: [{path: brokers.yaml}]\n",
		"overlays/prod/brokers.yaml":         "apiVersion: kafka.strimzi.io/v1\nkind: KafkaNodePool\nmetadata: {name: all}\nspec: {replicas: 5}\n",
		"overlays/broken/kustomization.yaml": "resources: [../nothing]\n",
		"component/kustomization.yaml":       "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
		"plain/list.json":                    `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "KafkaConnect", "metadata": {"name": "c"}, "spec": {"replicas": 2}}]}`,
	})
	status, out, stderr := sized(t, "size", "--from", dir)
	if status != 0 || strings.Count(out, "(class prod)") != 3 || !strings.Contains(stderr, "overlays/broken does not build") {
		t.Errorf("%d\n%s%s", status, out, stderr)
	}
	for _, want := range []string{"overlays/dev:", "Kafka dev/k", "overlays/prod:", "Kafka prod/k", "5 with 2 vCPU", "KafkaConnect c"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
}

// The same cluster in two folders is two clusters, each with its own pools.
func TestSizeFromFoldersWithTheSame(t *testing.T) {
	dir := t.TempDir()
	manifests(t, dir, map[string]string{"one/k.yaml": cluster, "two/k.yaml": strings.ReplaceAll(cluster, "replicas: 3", "replicas: 5")})
	_, out, stderr := sized(t, "size", "--from", dir)
	for _, want := range []string{"one:", "3 with 2 vCPU", "two:", "5 with 2 vCPU"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s%s", want, out, stderr)
		}
	}
}

// JSON keys are exactly those of the documentation.
func TestSizePlanKeys(t *testing.T) {
	_, out, _ := sized(t, "size", "--ingress", "1MB/s", "-o", "json")
	var plan map[string]any
	if err := json.Unmarshal([]byte(out), &plan); err != nil {
		t.Fatal(err)
	}
	at := func(path string) any {
		var value any = plan
		for key := range strings.SplitSeq(path, ".") {
			inner, ok := value.(map[string]any)
			if !ok {
				return nil
			}
			value = inner[key]
		}
		return value
	}
	paths := strings.Fields("brokers bindingConstraint perBroker.cpu perBroker.memory perBroker.heap perBroker.storage partitionsPerBroker licenceCores sources diagnostics")
	for _, when := range []string{"normal", "degraded"} {
		for _, of := range []string{"cpu", "ingress", "egress", "disk"} {
			paths = append(paths, "utilization."+when+"."+of)
		}
	}
	for _, path := range paths {
		if at(path) == nil {
			t.Errorf("%s is not there:\n%s", path, out)
		}
	}
}

// What the flags of a plan can't be is said by flag, for an audit too; what is
// assumed and what it costs is printed.
func TestSizeFlags(t *testing.T) {
	dir := t.TempDir()
	manifests(t, dir, map[string]string{"k.yaml": cluster})
	file := filepath.Join(dir, "k.yaml")
	for command, want := range map[string]string{
		"size --ingress 1MB/s --peak NaN":                             "--peak",
		"size --ingress 1MB/s --cpu 0":                                "--cpu is 0",
		"size --ingress 1MB/s --compression 0":                        "--compression is 0",
		"size --ingress 1MB/s --groups -1":                            "--groups: is -1",
		"size --ingress 1MB/s --price vcpu=2":                         `did you mean "vCPU"?`,
		"size --ingress 1MB/s --node-memory 4GB":                      "60Gi",
		"size --ingress 1MB/s --node-cpu 1 --cpu 2":                   "no node takes it",
		"size --ingress 1MB/s --retention 1h --local-retention 2h":    "--local-retention",
		"size --from " + file + " --groups -4":                        "--groups: is -4",
		"size --from " + file + " --cpu-utilization 60":               "--cpu-utilization: is 60",
		"size --from " + file + " --zones 101":                        "--zones: is 101",
		"diff HEAD . --price":                                         "--price",
		"diff HEAD . --price vCPU=NaN":                                "vCPU is NaN",
		"size --sweep ingress=1MB/s..2MB/s --price vCPU=1 --node-cpu": "--node-cpu",
	} {
		if status, _, stderr := sized(t, strings.Fields(command)...); status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s", command, status, stderr)
		}
	}
	_, table, _ := sized(t, strings.Fields("size --ingress 1MB/s --disk 500MB/s --price vCPU=10 --price currency=EUR")...)
	for _, want := range []string{"30 EUR at your prices", "assumed:", "say platform.nic (--nic) for yours"} {
		if !strings.Contains(table, want) {
			t.Errorf("lacks %q:\n%s", want, table)
		}
	}
	if strings.Contains(table, "platform.disk_mb_s_assumed") {
		t.Errorf("what is said is no assumption:\n%s", table)
	}
	for form, want := range map[string]string{"table": "cost EUR", "svg": "cost EUR", "json": `"amount": 30`} {
		if _, out, stderr := sized(t, strings.Fields("size --sweep ingress=1MB/s..20MB/s --price vCPU=10 --price currency=EUR -o "+form)...); !strings.Contains(out, want) {
			t.Errorf("%s lacks %q:\n%s%s", form, want, out, stderr)
		}
	}
}

// A dev that is bigger than prod is found.
func TestSizeEnvironments(t *testing.T) {
	dir := t.TempDir()
	solution := `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Solution
metadata: {name: s, annotations: {config.kubernetes.io/local-config: "true"}}
spec:
  repoURL: https://git.example.com/a/b.git
  clusters: {c: {destination: {name: c}}}
  environments: {dev: {cluster: c, namespace: s-dev}, prod: {cluster: c, namespace: s-prod}}
`
	pipeline := `apiVersion: fn.eda-gitops.io/v1alpha1
kind: InjectNamespace
metadata: {name: x, annotations: {config.kubernetes.io/function: "exec: {path: eda-fn}"}}
spec: {environment: ENV}
`
	files := map[string]string{"solution/s.yaml": solution, "solution/kustomization.yaml": "resources: [s.yaml]\n"}
	for env, manifest := range map[string]string{"dev": strings.ReplaceAll(cluster, "cpu: 2", "cpu: 4"), "prod": cluster} {
		files["environments/"+env+"/k.yaml"] = strings.ReplaceAll(strings.ReplaceAll(manifest, "{name: k}", "{name: k, namespace: ENVIRONMENT}"), "{name: all,", "{name: all, namespace: ENVIRONMENT,")
		files["environments/"+env+"/fn.yaml"] = strings.ReplaceAll(pipeline, "ENV", env)
		files["environments/"+env+"/kustomization.yaml"] = "resources: [../../solution, k.yaml]\ntransformers: [fn.yaml]\n"
	}
	manifests(t, dir, files)
	for _, path := range []string{"environments", "environments/prod", "."} {
		status, out, stderr := sized(t, "size", "--env", filepath.Join(dir, path))
		if status != 1 || !strings.Contains(stderr, "class dev is bigger than prod of class prod: vCPU 12 over 6") || !strings.Contains(out, "prod") {
			t.Errorf("%s: %d %s%s", path, status, out, stderr)
		}
	}
}

// diff against a revision, in each form, by kustomization and by folder.
func TestDiff(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	git("init", "-q")
	kustomization := "resources: [k.yaml]\n"
	manifests(t, dir, map[string]string{"environments/prod/k.yaml": cluster, "environments/prod/kustomization.yaml": kustomization, "rendered/k.yaml": cluster})
	git("add", "-A")
	git("commit", "-q", "-m", "one")
	larger := strings.ReplaceAll(cluster, "cpu: 2", "cpu: 4")
	smaller := strings.ReplaceAll(cluster, "100Gi", "50Gi")
	manifests(t, dir, map[string]string{"environments/prod/k.yaml": larger, "rendered/k.yaml": smaller})
	for name, tc := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"table":     {[]string{"environments/prod"}, 0, "6 -> 12 (+6)"},
		"folder":    {[]string{"environments"}, 0, "6 -> 12 (+6)"},
		"markdown":  {[]string{"environments", "-o", "markdown"}, 0, "| resource | pods |"},
		"json":      {[]string{"environments/prod", "-o", "json"}, 0, `"cpu": 12`},
		"broken":    {[]string{"rendered"}, 1, "SZ020"},
		"unchanged": {[]string{".git/../environments/none"}, 1, ""},
	} {
		args := append([]string{"diff", "HEAD", filepath.Join(dir, tc.args[0])}, tc.args[1:]...)
		status, out, stderr := sized(t, args...)
		if status != tc.status || !strings.Contains(out, tc.want) {
			t.Errorf("%s: %d %s%s", name, status, out, stderr)
		}
	}
	if status, _, stderr := sized(t, "diff", "no-such-revision", dir); status != 1 || !strings.Contains(stderr, "no-such-revision") {
		t.Error(stderr)
	}
}
