package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

var scopes = []string{"strict", "namespace-wide", "cluster-wide"}

// secrets are one of each kind that is sealed in its own way, for a namespace.
func secrets(t *testing.T, namespace string) []corev1.Secret {
	t.Helper()
	certificate, key := tlsPair(t)
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	made := func(name string, kind corev1.SecretType, data map[string][]byte) corev1.Secret {
		return corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
			Type:       kind, Data: data,
		}
	}
	auth := base64.StdEncoding.EncodeToString([]byte("cp:" + marker(t)))
	return []corev1.Secret{
		made("opaque", corev1.SecretTypeOpaque, map[string][]byte{"password": []byte(marker(t)), "user.name": []byte("app\n"), "true": []byte("1e3")}),
		made("binary", corev1.SecretTypeOpaque, map[string][]byte{"bytes": binary, "empty": {}, "large": bytes.Repeat(binary, 256)}),
		made("pull", corev1.SecretTypeDockerConfigJson, map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths": {"cp.icr.io": {"auth": "` + auth + `"}}}`)}),
		made("tls", corev1.SecretTypeTLS, map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key}),
	}
}

// The function seals what stands plain in a package.
func TestFunctionSealsWhatTheControllerUnseals(t *testing.T) {
	for _, scope := range scopes {
		t.Run(scope, func(t *testing.T) {
			namespace := "function-" + scope
			cluster.Namespace(t, namespace)
			originals := secrets(t, namespace)
			immutable := true
			originals[0].Immutable = &immutable
			originals[0].Labels = map[string]string{"app": "orders"}
			originals[0].Annotations = map[string]string{"example.com/owner": "team-a"}

			sealed := function(t, sealSecrets(cluster.SealingCertificate(t), scope), originals)
			withheld(t, sealed, originals)
			cluster.MustApply(t, sealed)
			for _, original := range originals {
				same(t, original)
			}
		})
	}
}

// `eda-fn seal` makes a SealedSecret of values; the environment's build passes
// it through.
func TestVerbSealsWhatTheControllerUnseals(t *testing.T) {
	for _, scope := range scopes {
		t.Run(scope, func(t *testing.T) {
			namespace := "verb-" + scope
			cluster.Namespace(t, namespace)
			originals := secrets(t, namespace)
			dir := environment(t, namespace, scope, cluster.SealingCertificate(t))
			for _, original := range originals {
				seal(t, dir, original)
			}
			rendered := harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"build", dir}})
			if again := harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"build", dir}}); again != rendered {
				t.Errorf("two builds differ:\n%s\n%s", rendered, again)
			}
			withheld(t, rendered, originals)
			cluster.MustApply(t, rendered)
			for _, original := range originals {
				same(t, original)
			}

			// A second value of a secret that is there: the first one stays.
			more := originals[0]
			more.Data = map[string][]byte{"token": []byte("second " + marker(t))}
			seal(t, dir, more)
			cluster.MustApply(t, harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"build", dir}}))
			maps.Copy(more.Data, originals[0].Data)
			cluster.Wait(t, "v1", "Secret", namespace, more.Name, func(o *unstructured.Unstructured) bool {
				data, _, _ := unstructured.NestedMap(o.Object, "data")
				return len(data) == len(more.Data)
			})
			same(t, more)
		})
	}
}

// What kubeseal sealed passes through the function, and kubeseal finds that
// what the function sealed can be unsealed.
func TestKubesealAgrees(t *testing.T) {
	certificate := cluster.SealingCertificate(t)
	file := filepath.Join(t.TempDir(), "cert.pem")
	harness.MustWrite(t, file, certificate)
	for _, scope := range scopes {
		t.Run(scope, func(t *testing.T) {
			originals := secrets(t, "kubeseal-"+scope)
			for _, original := range originals {
				theirs := cluster.MustKubeseal(t, document(t, original), "--cert", file, "--scope", scope, "--format", "yaml")
				once := function(t, sealSecrets(certificate, scope), theirs)
				if got, want := ciphertexts(t, once), ciphertexts(t, theirs); !maps.Equal(got, want) {
					t.Errorf("%s: the function changed what kubeseal sealed:\n%s\n%s", original.Name, theirs, once)
				}
				cluster.MustKubeseal(t, once, "--validate")
				ours := function(t, sealSecrets(certificate, scope), []corev1.Secret{original})
				cluster.MustKubeseal(t, ours, "--validate")
			}
		})
	}
	t.Run("damaged", func(t *testing.T) {
		ours := function(t, sealSecrets(certificate, "strict"), secrets(t, "kubeseal-strict")[:1])
		damaged := strings.ReplaceAll(ours, "kubeseal-strict", "kubeseal-other")
		if answer := cluster.Kubeseal(t, damaged, "--validate"); answer.Status == 0 {
			t.Error("kubeseal --validate accepts what was sealed for another namespace, so it proves nothing here")
		}
	})
}

// A strict SealedSecret that was moved is refused by the function; the
// controller, asked all the same, does not unseal it either.
func TestMovedIsRefused(t *testing.T) {
	const home, away = "moved-home", "moved-away"
	cluster.Namespace(t, home)
	cluster.Namespace(t, away)
	certificate := cluster.SealingCertificate(t)
	for name, tc := range map[string]struct {
		reason           string
		scope            string
		name             string
		field, value     string
		namespace, moved string // where it is then
		refused          string // what the function says; empty: it may move
	}{
		"strict to a namespace":         {"kustomize's namespace: does it", "strict", "a", "namespace", away, away, "a", `metadata.namespace: is "moved-away", but it was sealed for "moved-home"`},
		"strict to a name":              {"namePrefix: does it", "strict", "b", "name", "dev-b", home, "dev-b", `metadata.name: is "dev-b", but it was sealed for "b"`},
		"namespace-wide to a namespace": {"it is bound to its own", "namespace-wide", "c", "namespace", away, away, "c", `metadata.namespace: is "moved-away", but it was sealed for "moved-home"`},
		"namespace-wide to a name":      {"it may have any", "namespace-wide", "d", "name", "dev-d", home, "dev-d", ""},
		"cluster-wide to a namespace":   {"it is bound to nothing", "cluster-wide", "e", "namespace", away, away, "e", ""},
	} {
		t.Run(name, func(t *testing.T) {
			original := secrets(t, home)[0]
			original.Name = tc.name
			sealed := function(t, sealSecrets(certificate, tc.scope), []corev1.Secret{original})
			moved := move(t, sealed, tc.field, tc.value)
			answer := call(t, sealSecrets(certificate, tc.scope), moved)
			if refused := answer.Status != 0; refused != (tc.refused != "") || !strings.Contains(answer.Stderr, tc.refused) {
				t.Errorf("%s: exit %d, stderr %q, expected %q", tc.reason, answer.Status, answer.Stderr, tc.refused)
			}

			cluster.MustApply(t, moved)
			if tc.refused == "" {
				original.Namespace, original.Name = tc.namespace, tc.moved
				same(t, original)
				return
			}
			cluster.Wait(t, "bitnami.com/v1alpha1", "SealedSecret", tc.namespace, tc.moved, func(o *unstructured.Unstructured) bool {
				return harness.Condition(o, "Synced") == "False"
			})
			if cluster.Get(t, "v1", "Secret", tc.namespace, tc.moved) != nil {
				t.Errorf("%s: the controller unsealed it", tc.reason)
			}
		})
	}
}

// The controller makes a new key every 30 days and keeps the old ones. It is
// the last of the tests that seal, since the others want one certificate.
func TestKeyRotation(t *testing.T) {
	const namespace = "rotation"
	cluster.Namespace(t, namespace)
	first := cluster.SealingCertificate(t)
	originals := secrets(t, namespace)
	old := function(t, sealSecrets(first, "strict"), originals[:1])

	second := cluster.RotateSealingKey(t)
	answer := call(t, sealSecrets(second, "strict"), old)
	if answer.Status != 0 || !strings.Contains(answer.Stderr, "it was sealed with another one, and unseals as long as the controller keeps that key") {
		t.Errorf("exit %d, stderr %q: expected a warning about the certificate", answer.Status, answer.Stderr)
	}
	if got := items(t, answer.Stdout); got != old {
		t.Errorf("the function changed what the old key sealed:\n%s\n%s", old, got)
	}
	if answer := call(t, sealSecrets(first, "strict"), old); answer.Stderr != "" {
		t.Errorf("a warning with the certificate that sealed it: %q", answer.Stderr)
	}
	cluster.MustApply(t, old)
	same(t, originals[0])

	// Both certificates are in the config: the newest seals, and neither is
	// strange to it.
	both := sealSecrets(first+second, "strict")
	answer = call(t, both, old+"---\n"+document(t, originals[2]))
	if answer.Status != 0 || strings.Contains(answer.Stderr, "sealed with another one") {
		t.Errorf("exit %d, stderr %q: expected no warning", answer.Status, answer.Stderr)
	}
	sealed := items(t, answer.Stdout)
	if alone := call(t, sealSecrets(second, "strict"), sealed); strings.Count(alone.Stderr, "sealed with another one") != 1 {
		t.Errorf("of two SealedSecrets, the old one alone is of another certificate: %q", alone.Stderr)
	}
	cluster.MustApply(t, sealed)
	same(t, originals[2])
}

// sealSecrets is a function config.
func sealSecrets(certificate, scope string) string {
	return fmt.Sprintf("apiVersion: fn.eda-gitops.io/v1alpha1\nkind: SealSecrets\nmetadata: {name: e2e}\nspec: {scope: %s, certificate: %q}\n", scope, certificate)
}

// function runs a function as kustomize does and returns what comes out; the
// input is YAML documents or objects.
func function(t *testing.T, config string, input any) string {
	t.Helper()
	answer := call(t, config, input)
	if answer.Status != 0 {
		t.Fatalf("eda-fn: exit %d\n%s", answer.Status, answer.Stderr)
	}
	return items(t, answer.Stdout)
}

func call(t *testing.T, config string, input any) harness.Answer {
	t.Helper()
	text, ok := input.(string)
	if !ok {
		for _, secret := range input.([]corev1.Secret) {
			text += "---\n" + document(t, secret)
		}
	}
	var list strings.Builder
	list.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n" + indent(config, "  ", "  "))
	list.WriteString("items:\n")
	for _, o := range harness.MustObjects(t, text) {
		list.WriteString(indent(strings.TrimPrefix(o.Text, "---\n"), "- ", "  "))
	}
	return harness.Run(t, harness.Call{Program: cluster.EdaFn, Stdin: list.String()})
}

func indent(text, first, rest string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return first + strings.Join(lines, "\n"+rest) + "\n"
}

// items are a ResourceList's items as YAML documents.
func items(t *testing.T, resourceList string) string {
	t.Helper()
	_, list, found := strings.Cut(resourceList, "\nitems:\n")
	if !found {
		t.Fatalf("no items in\n%s", resourceList)
	}
	var out strings.Builder
	for line := range strings.Lines(list) {
		switch {
		case strings.HasPrefix(line, "- "):
			if out.Len() > 0 {
				out.WriteString("---\n")
			}
			out.WriteString(line[2:])
		case strings.HasPrefix(line, "  "):
			out.WriteString(line[2:])
		default:
			return out.String() // functionConfig or results
		}
	}
	return out.String()
}

// document is an object as YAML, as people write it.
func document(t *testing.T, object any) string {
	t.Helper()
	text, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// environment writes an environment that seals for a namespace.
func environment(t *testing.T, namespace, scope, certificate string) string {
	t.Helper()
	dir := t.TempDir()
	harness.MustWrite(t, filepath.Join(dir, "certificate.yaml"), fmt.Sprintf(
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: sealing-certificate\n  annotations: {config.kubernetes.io/local-config: \"true\"}\ndata: {cert.pem: %q}\n", certificate))
	harness.MustWrite(t, filepath.Join(dir, "functions.yaml"), fmt.Sprintf(`apiVersion: fn.eda-gitops.io/v1alpha1
kind: Pipeline
metadata:
  name: e2e
  annotations: {config.kubernetes.io/function: "exec: {path: eda-fn}"}
spec:
  steps:
  - kind: InjectNamespace
    spec: {namespace: %s}
  - kind: SealSecrets
    spec: {scope: %s, certificateFrom: {configMapKeyRef: {name: sealing-certificate, key: cert.pem}}}
`, namespace, scope))
	harness.MustWrite(t, filepath.Join(dir, "kustomization.yaml"),
		"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [certificate.yaml]\ntransformers: [functions.yaml]\n")
	return dir
}

// seal seals a Secret's values into an environment with the verb: the first
// value from stdin, the others from files.
func seal(t *testing.T, dir string, secret corev1.Secret) {
	t.Helper()
	values := t.TempDir()
	into := filepath.Join(dir, secret.Name+".yaml")
	args := []string{"seal", secret.Name, "--env", dir, "--into", into, "--type", string(secret.Type)}
	stdin := ""
	for i, key := range slices.Sorted(maps.Keys(secret.Data)) {
		if i == 0 {
			args, stdin = append(args, "--from-file", key+"=-"), string(secret.Data[key])
			continue
		}
		file := filepath.Join(values, fmt.Sprint(i))
		if err := os.WriteFile(file, secret.Data[key], 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--from-file", key+"="+file)
	}
	_, err := os.Stat(into)
	harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: args, Stdin: stdin})
	if err != nil {
		list := filepath.Join(dir, "kustomization.yaml")
		harness.MustWrite(t, list, strings.Replace(harness.MustRead(t, list), "resources: [", "resources: ["+filepath.Base(into)+", ", 1))
	}
}

// same fails unless the controller made the original of what was applied.
func same(t *testing.T, want corev1.Secret) {
	t.Helper()
	got := cluster.Secret(t, want.Namespace, want.Name)
	if got.Type != want.Type {
		t.Errorf("%s: type %q, expected %q", want.Name, got.Type, want.Type)
	}
	if !maps.EqualFunc(got.Data, want.Data, bytes.Equal) {
		t.Errorf("%s: the controller's Secret has keys %v of other bytes, or not the keys %v",
			want.Name, slices.Sorted(maps.Keys(got.Data)), slices.Sorted(maps.Keys(want.Data)))
	}
	if (want.Immutable != nil) != (got.Immutable != nil && *got.Immutable) {
		t.Errorf("%s: immutable is %v", want.Name, got.Immutable)
	}
	for key, value := range want.Labels {
		if got.Labels[key] != value {
			t.Errorf("%s: label %s is %q, expected %q", want.Name, key, got.Labels[key], value)
		}
	}
	for key, value := range want.Annotations {
		if got.Annotations[key] != value {
			t.Errorf("%s: annotation %s is %q, expected %q", want.Name, key, got.Annotations[key], value)
		}
	}
}

// withheld fails when a text holds a secret's value, as it is or in base64, or
// a plain Secret at all.
func withheld(t *testing.T, text string, secrets []corev1.Secret) {
	t.Helper()
	for _, o := range harness.MustObjects(t, text) {
		if o.GetKind() == "Secret" {
			t.Errorf("Secret %s is plain", o.GetName())
		}
	}
	for _, secret := range secrets {
		for key, value := range secret.Data {
			if len(value) >= 16 && (strings.Contains(text, string(value)) || strings.Contains(text, base64.StdEncoding.EncodeToString(value))) {
				t.Errorf("the value of %s in Secret %s is there to read", key, secret.Name)
			}
		}
	}
}

// ciphertexts are the encrypted values of the SealedSecrets in a text.
func ciphertexts(t *testing.T, text string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, o := range harness.MustObjects(t, text) {
		values, _, err := unstructured.NestedStringMap(o.Object, "spec", "encryptedData")
		if err != nil || len(values) == 0 {
			t.Fatalf("%s has no encryptedData: %v", o.GetName(), err)
		}
		for key, value := range values {
			all[o.GetName()+"/"+key] = value
		}
	}
	return all
}

// move changes name or namespace in the outer metadata of one SealedSecret, as
// kustomize does, and leaves its template.
func move(t *testing.T, sealed, field, value string) string {
	t.Helper()
	o := harness.MustObjects(t, sealed)[0]
	if err := unstructured.SetNestedField(o.Object, value, "metadata", field); err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
