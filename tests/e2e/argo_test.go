package e2e

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

// applications of the example's cluster nonprod, with the folder that each
// syncs and what builds it.
var applications = map[string]struct{ source, rendered string }{
	"rt-inventory-dev":               {"environments/dev", "rendered/dev"},
	"rt-inventory-stage":             {"environments/stage", "rendered/stage"},
	"rt-inventory-nonprod-operators": {"clusters/nonprod", "rendered/clusters/nonprod"},
}

// openShiftNamespaces are there on every cluster.
var openShiftNamespaces = []string{"openshift-operators", "openshift-marketplace", "openshift-monitoring"}

// The example, moved to a repository and a cluster of our own by editing what
// its README says to edit, is synced by Argo CD from the Applications that
// GenerateArgoApps made. Parts run in order, each on what the last one left.
func TestArgoSyncsTheExample(t *testing.T) {
	cluster.StartArgo(t, pluginPod(t))
	s := newSolution(t)
	originals := append(s.sealAll(t, "dev"), s.sealAll(t, "stage")...)
	s.renderAll(t)
	s.push(t, "the solution")
	for _, namespace := range openShiftNamespaces {
		cluster.Namespace(t, namespace)
	}
	cluster.MustApply(t, s.build(t, "clusters/nonprod/argocd"))

	run := func(name string, part func(*testing.T)) {
		if !t.Failed() {
			t.Run(name, part)
		}
	}
	run("synced", func(t *testing.T) {
		for name := range applications {
			cluster.WaitForApplication(t, name, harness.Synced)
			if errs := conditions(cluster.Refresh(t, name)); len(errs) > 0 {
				t.Errorf("%s: %v", name, errs)
			}
		}
		for _, original := range originals {
			same(t, original)
		}
	})
	run("a pushed change arrives", func(t *testing.T) {
		s.replace(t, "environments/dev/kustomization.yaml", "newTag: 1.5.0-rc.2", "newTag: 1.5.0")
		s.replace(t, "environments/dev/functions/dev.yaml", "size: S", "size: L")
		s.replace(t, "clusters/nonprod/shared/pins/pins.yaml", "ibm-eventstreams: {version: 3.0.5}", "ibm-eventstreams: {version: 3.0.4}")
		s.renderAll(t)
		s.push(t, "dev runs 1.5.0 on a bigger cluster; another operator")
		before := cluster.Get(t, "eventstreams.ibm.com/v1beta2", "EventStreams", "rt-inventory-dev", "es")
		for _, name := range []string{"rt-inventory-dev", "rt-inventory-nonprod-operators"} {
			cluster.Refresh(t, name)
		}
		cluster.Wait(t, "apps/v1", "Deployment", "rt-inventory-dev", "store-simulator", runs(":1.5.0"))
		cluster.Wait(t, "eventstreams.ibm.com/v1beta2", "EventStreams", "rt-inventory-dev", "es", func(o *unstructured.Unstructured) bool {
			return brokerMemory(o) != brokerMemory(before)
		})
		cluster.Wait(t, "operators.coreos.com/v1alpha1", "Subscription", "openshift-operators", "ibm-eventstreams", func(o *unstructured.Unstructured) bool {
			csv, _, _ := unstructured.NestedString(o.Object, "spec", "startingCSV")
			return csv == "ibm-eventstreams.v3.0.4"
		})
		for name := range applications {
			cluster.WaitForApplication(t, name, harness.Synced)
		}
	})
	run("ten refreshes change nothing", func(t *testing.T) {
		for name := range applications {
			before := history(cluster.WaitForApplication(t, name, harness.Synced))
			for range 10 {
				if o := cluster.Refresh(t, name); !harness.Synced(o) {
					t.Fatalf("%s is out of sync after a refresh: %v", name, o.Object["status"].(map[string]any)["resources"])
				}
			}
			if after := history(cluster.WaitForApplication(t, name, harness.Synced)); after != before {
				t.Errorf("%s was synced again: %s, before %s", name, after, before)
			}
		}
	})
	run("rendered by the plugin", func(t *testing.T) {
		s.replace(t, "environments/stage/kustomization.yaml", "newTag: 1.4.0", "newTag: 1.4.1")
		s.replace(t, "environments/stage/functions/stage.yaml", "size: M", "size: L")
		s.push(t, "stage runs 1.4.1 on a bigger cluster")
		memory := brokerMemory(cluster.Get(t, "eventstreams.ibm.com/v1beta2", "EventStreams", "rt-inventory-stage", "es"))
		generated := s.build(t, "clusters/nonprod/argocd")
		for name, folders := range applications {
			before := history(cluster.WaitForApplication(t, name, harness.Synced))
			app := throughPlugin(t, generated, name, folders.source, plugin, env{"EDA_FN_VERSION": s.version(t)})
			if name == "rt-inventory-stage" { // by the repository's root and a parameter
				app = throughPlugin(t, generated, name, ".", plugin, nil, parameter("environment", "stage"))
			}
			cluster.MustApply(t, app)
			cluster.WaitForApplication(t, name, func(o *unstructured.Unstructured) bool {
				kind, _, _ := unstructured.NestedString(o.Object, "status", "sourceType")
				return kind == "Plugin" && harness.Synced(o) && (name != "rt-inventory-stage" || history(o) != before)
			})
			if o := cluster.Refresh(t, name); len(conditions(o)) > 0 || !harness.Synced(o) {
				t.Errorf("%s: synced is %v, conditions %v", name, harness.Synced(o), conditions(o))
			}
		}
		cluster.Wait(t, "apps/v1", "Deployment", "rt-inventory-stage", "store-simulator", runs(":1.4.1"))
		if now := brokerMemory(cluster.Get(t, "eventstreams.ibm.com/v1beta2", "EventStreams", "rt-inventory-stage", "es")); now == memory {
			t.Errorf("the cluster is as big as it was: %s", now)
		}
		for _, original := range originals {
			same(t, original)
		}
	})
	run("the plugin refuses what it does not declare", func(t *testing.T) {
		const name = "rt-inventory-stage"
		value := marker(t)
		generated := s.build(t, "clusters/nonprod/argocd")
		for want, app := range map[string]string{
			`parameters[environments]: is not declared by the plugin`:         throughPlugin(t, generated, name, "environments/stage", plugin, nil, parameter("environments", value)),
			`env[TOKEN]: is not declared by the plugin`:                       throughPlugin(t, generated, name, "environments/stage", plugin, env{"TOKEN": value}),
			`is v9.9.9, but the plugin is eda-fn ` + s.version(t):             throughPlugin(t, generated, name, "environments/stage", plugin, env{"EDA_FN_VERSION": "v9.9.9"}),
			`is "rt-inventory-stage", but every object is for rt-inventory-d`: throughPlugin(t, generated, name, "environments/dev", plugin, nil),
			`renders no object, and Argo CD would prune`:                      throughPlugin(t, generated, name, "solution", plugin, nil),
		} {
			cluster.MustApply(t, app)
			cluster.WaitForApplication(t, name, func(o *unstructured.Unstructured) bool {
				said := strings.Join(conditions(o), "\n")
				// Argo CD itself logs what an Application says; the plugin does not.
				if strings.Contains(said, value) {
					t.Errorf("the value of what is not declared is in %s", said)
				}
				return strings.Contains(said, want)
			})
		}
		if cluster.Get(t, "apps/v1", "Deployment", name, "store-simulator") == nil {
			t.Error("what could not be rendered was pruned")
		}
	})
	run("containers render without an engine", func(t *testing.T) {
		const name = "rt-inventory-stage"
		s.replace(t, "functions/kustomization.yaml", "components: [exec]", "components: [container]")
		s.replace(t, "environments/stage/kustomization.yaml", "newTag: 1.4.1", "newTag: 1.4.2")
		s.push(t, "functions are containers; stage runs 1.4.2")
		cluster.MustApply(t, throughPlugin(t, s.build(t, "clusters/nonprod/argocd"), name, "environments/stage", standInPlugin, nil))
		cluster.Wait(t, "apps/v1", "Deployment", name, "store-simulator", runs(":1.4.2"))
		cluster.WaitForApplication(t, name, harness.Synced)
		if o := cluster.Refresh(t, name); len(conditions(o)) > 0 || !harness.Synced(o) {
			t.Errorf("synced is %v, conditions %v", harness.Synced(o), conditions(o))
		}

		s.replace(t, "functions/container/kustomization.yaml", "eda-fn:v", "eda-fn:v9.")
		s.push(t, "another version")
		cluster.Refresh(t, name)
		cluster.WaitForApplication(t, name, func(o *unstructured.Unstructured) bool {
			return strings.Contains(strings.Join(conditions(o), "\n"), "this is the stand-in of eda-fn "+s.version(t))
		})
		s.replace(t, "functions/container/kustomization.yaml", "eda-fn:v9.", "eda-fn:v")
		s.push(t, "this version again")
		cluster.MustApply(t, throughPlugin(t, s.build(t, "clusters/nonprod/argocd"), name, "environments/stage", plugin, nil))
		cluster.WaitForApplication(t, name, harness.Synced)
	})
	run("a plain Secret stays out of what Argo CD keeps", func(t *testing.T) {
		const kustomization = "environments/stage/kustomization.yaml"
		broken, sealable := marker(t), marker(t)
		secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: plain, namespace: ENVIRONMENT}\n"
		harness.MustWrite(t, filepath.Join(s.dir, "environments/stage/plain.yaml"),
			secret+"type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: "+broken+"}\n")
		s.replace(t, kustomization, "- sealed\n", "- sealed\n- plain.yaml\n")
		s.push(t, "a plain Secret that cannot be sealed")
		cluster.Refresh(t, "rt-inventory-stage")
		cluster.WaitForApplication(t, "rt-inventory-stage", func(o *unstructured.Unstructured) bool {
			return strings.Contains(strings.Join(conditions(o), "\n"), ".dockerconfigjson is not JSON")
		})

		harness.MustWrite(t, filepath.Join(s.dir, "environments/stage/plain.yaml"), secret+"stringData: {password: "+sealable+"}\n")
		s.push(t, "a plain Secret that the function seals")
		cluster.Refresh(t, "rt-inventory-stage")
		if got := cluster.Secret(t, "rt-inventory-stage", "plain").Data["password"]; string(got) != sealable {
			t.Error("the Secret in the cluster has another value")
		}
		kept := cluster.Kept(t)
		for _, value := range []string{broken, sealable} {
			if strings.Contains(kept, value) || strings.Contains(kept, base64.StdEncoding.EncodeToString([]byte(value))) {
				t.Error("Redis or a log holds a Secret's value")
			}
		}
		if !strings.Contains(kept, ".dockerconfigjson is not JSON") || !strings.Contains(kept, `"SealedSecret`) {
			t.Error("neither Redis nor a log holds what Argo CD certainly kept, so the check proves nothing")
		}
	})
	run("a component that goes is pruned alone", func(t *testing.T) {
		s.replace(t, "base/kustomization.yaml", "- apps/store-simulator\n", "")
		s.push(t, "no simulator")
		cluster.Refresh(t, "rt-inventory-dev") // through the plugin
		// No garbage collector runs here, so what is deleted in the foreground
		// stays, marked.
		gone := func(o *unstructured.Unstructured) bool { return o == nil || o.GetDeletionTimestamp() != nil }
		cluster.Wait(t, "apps/v1", "Deployment", "rt-inventory-dev", "store-simulator", gone)
		for _, name := range []string{"store-aggregator", "item-aggregator"} {
			if gone(cluster.Get(t, "apps/v1", "Deployment", "rt-inventory-dev", name)) {
				t.Errorf("%s went, too", name)
			}
		}
		for _, original := range originals {
			same(t, original)
		}
	})
}

// solution is a working copy of the example with a remote.
type solution struct{ dir, remote string }

func newSolution(t *testing.T) solution {
	t.Helper()
	s := copySolution(t)
	s.replace(t, "solution/solution.yaml", "https://git.example.com/acme/rt-inventory-gitops.git", "file://"+s.remote)
	harness.MustWrite(t, filepath.Join(s.dir, "clusters/nonprod/shared/sealing-certificate.yaml"), fmt.Sprintf(
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: sealing-certificate\n  annotations: {config.kubernetes.io/local-config: \"true\"}\ndata: {cert.pem: %q}\n",
		cluster.SealingCertificate(t)))
	return s
}

// copySolution is the example as it is, with a remote.
func copySolution(t *testing.T) solution {
	t.Helper()
	s := solution{dir: filepath.Join(t.TempDir(), "rt-inventory"), remote: filepath.Join(t.TempDir(), "rt-inventory.git")}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(cluster.Root, "examples", "rt-inventory"))); err != nil {
		t.Fatal(err)
	}
	s.git(t, "init", "-q", "--bare", "-b", "main", s.remote)
	s.git(t, "init", "-q", "-b", "main")
	s.git(t, "remote", "add", "origin", "file://"+s.remote)
	return s
}

func (s solution) git(t *testing.T, args ...string) {
	t.Helper()
	harness.MustRun(t, harness.Call{Program: "git", Dir: s.dir, Args: append([]string{
		"-c", "user.name=e2e", "-c", "user.email=e2e@localhost", "-c", "commit.gpgsign=false"}, args...)})
}

func (s solution) push(t *testing.T, message string) {
	t.Helper()
	s.git(t, "add", "--all")
	s.git(t, "commit", "-q", "-m", message)
	s.git(t, "push", "-q", "origin", "main")
}

func (s solution) replace(t *testing.T, file, from, to string) {
	t.Helper()
	path := filepath.Join(s.dir, file)
	text := harness.MustRead(t, path)
	if !strings.Contains(text, from) {
		t.Fatalf("%s has no %q", file, from)
	}
	harness.MustWrite(t, path, strings.ReplaceAll(text, from, to))
}

func (s solution) build(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Dir: s.dir, Args: append([]string{"build", dir}, args...)})
}

// version is that of the program under test.
func (s solution) version(t *testing.T) string {
	t.Helper()
	return strings.Fields(harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"version"}}))[1]
}

// render writes what an Application syncs.
func (s solution) render(t *testing.T, application string) {
	t.Helper()
	folders := applications[application]
	s.build(t, folders.source, "-o", folders.rendered+"/")
}

func (s solution) renderAll(t *testing.T) {
	t.Helper()
	for _, application := range slices.Sorted(maps.Keys(applications)) {
		s.render(t, application)
	}
}

// sealAll seals new values for an environment in place of those that are there,
// which no cluster can unseal, and returns what the cluster should make of
// them.
func (s solution) sealAll(t *testing.T, environment string) []corev1.Secret {
	t.Helper()
	folder := filepath.Join("environments", environment)
	var originals []corev1.Secret
	err := fs.WalkDir(os.DirFS(filepath.Join(s.dir, folder, "sealed")), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" || path == "kustomization.yaml" {
			return err
		}
		file := filepath.Join(folder, "sealed", path)
		for _, o := range harness.MustObjects(t, harness.MustRead(t, filepath.Join(s.dir, file))) {
			originals = append(originals, s.reseal(t, folder, file, o))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return originals
}

// reseal gives each key of a SealedSecret a value of ours.
func (s solution) reseal(t *testing.T, environment, file string, o harness.Object) corev1.Secret {
	t.Helper()
	kind, _, _ := unstructured.NestedString(o.Object, "spec", "template", "type")
	encrypted, _, _ := unstructured.NestedMap(o.Object, "spec", "encryptedData")
	secret := corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: o.GetName(), Namespace: "rt-inventory-" + filepath.Base(environment)},
		Type:       corev1.SecretType(kind), Data: map[string][]byte{},
	}
	args := []string{"seal", o.GetName(), "--env", environment, "--into", file}
	values := t.TempDir()
	for _, key := range slices.Sorted(maps.Keys(encrypted)) {
		value := marker(t)
		if key == corev1.DockerConfigJsonKey {
			value = `{"auths": {"cp.icr.io": {"auth": "` + base64.StdEncoding.EncodeToString([]byte("cp:"+value)) + `"}}}`
		}
		secret.Data[key] = []byte(value)
		harness.MustWrite(t, filepath.Join(values, key), value)
		args = append(args, "--from-file", key+"="+filepath.Join(values, key))
	}
	harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Dir: s.dir, Args: args})
	return secret
}

// env is spec.source.plugin.env.
type env map[string]string

// parameter is one of spec.source.plugin.parameters.
func parameter(name, value string) any { return map[string]any{"name": name, "string": value} }

// throughPlugin is an Application of those in a text that syncs what a plugin
// renders from a folder.
func throughPlugin(t *testing.T, text, name, folder, plugin string, variables env, parameters ...any) string {
	t.Helper()
	for _, o := range harness.MustObjects(t, text) {
		if o.GetKind() != "Application" || o.GetName() != name {
			continue
		}
		source, _, _ := unstructured.NestedMap(o.Object, "spec", "source")
		delete(source, "directory")
		source["path"] = folder
		asked := map[string]any{"name": plugin}
		if len(parameters) > 0 {
			asked["parameters"] = parameters
		}
		for _, key := range slices.Sorted(maps.Keys(variables)) {
			list, _ := asked["env"].([]any)
			asked["env"] = append(list, map[string]any{"name": key, "value": variables[key]})
		}
		source["plugin"] = asked
		if err := unstructured.SetNestedMap(o.Object, source, "spec", "source"); err != nil {
			t.Fatal(err)
		}
		return document(t, o.Object)
	}
	t.Fatalf("no Application %s in\n%s", name, text)
	return ""
}

// runs says whether a Deployment's image has a tag.
func runs(tag string) func(*unstructured.Unstructured) bool {
	return func(o *unstructured.Unstructured) bool {
		if o == nil {
			return false
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		return strings.HasSuffix(containers[0].(map[string]any)["image"].(string), tag)
	}
}

// brokerMemory is what a broker of an Event Streams cluster may have.
func brokerMemory(o *unstructured.Unstructured) string {
	memory, _, _ := unstructured.NestedString(o.Object, "spec", "strimziOverrides", "kafka", "resources", "limits", "memory")
	return memory
}

// conditions are what Argo CD finds wrong with an Application.
func conditions(o *unstructured.Unstructured) []string {
	var messages []string
	found, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, condition := range found {
		fields := condition.(map[string]any)
		messages = append(messages, fmt.Sprintf("%s: %s", fields["type"], fields["message"]))
	}
	return messages
}

// history says which syncs an Application has had.
func history(o *unstructured.Unstructured) string {
	syncs, _, _ := unstructured.NestedSlice(o.Object, "status", "history")
	finished, _, _ := unstructured.NestedString(o.Object, "status", "operationState", "finishedAt")
	return fmt.Sprintf("%d syncs, the last finished at %s", len(syncs), finished)
}
