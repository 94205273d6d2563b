package hosts_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
	"github.com/eda-gitops/functions/tests/host"
)

// podUsing names the Secret db in every field of a pod that kustomize follows,
// and other things of the same name beside them.
const podUsing = `{
  imagePullSecrets: [{name: db}],
  initContainers: [{name: i, image: i, env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: db}}}], envFrom: [{secretRef: {name: db}}]}],
  containers: [{name: db, image: db, env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: db}}}, {name: V, value: db}], envFrom: [{secretRef: {name: db}}, {configMapRef: {name: db}}]}],
  volumes: [{name: db, secret: {secretName: db}}, {name: p, projected: {sources: [{secret: {name: db}}, {configMap: {name: db}}]}}]}`

// referrers are the kinds of kustomize's list of name references to a Secret
// (konfig/builtinpluginconsts, namereference.go).
func referrers() string {
	var b strings.Builder
	write := func(apiVersion, kind, body string) {
		fmt.Fprintf(&b, "---\napiVersion: %s\nkind: %s\nmetadata: {name: %s}\n%s\n", apiVersion, kind, strings.ToLower(kind), body)
	}
	for _, kind := range []string{"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"} {
		write("apps/v1", kind, "spec: {template: {spec: "+podUsing+"}}")
	}
	write("v1", "Pod", "spec: "+podUsing)
	write("v1", "PodTemplate", "template: {spec: "+podUsing+"}")
	write("batch/v1", "Job", "spec: {template: {spec: "+podUsing+"}}")
	write("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: {spec: "+podUsing+"}}}}")
	write("serving.knative.dev/v1", "Service", "spec: {template: {spec: {containers: [{image: i, env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: db}}}]}]}}}")
	write("v1", "ServiceAccount", "imagePullSecrets: [{name: db}]")
	write("rbac.authorization.k8s.io/v1", "Role", `rules: [{apiGroups: [""], resources: [secrets], resourceNames: [db, other], verbs: [get]}]`)
	write("v1", "Service", "spec: {selector: {app: db}}")
	b.WriteString(`---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ingress
  annotations:
    ingress.kubernetes.io/auth-secret: db
    nginx.ingress.kubernetes.io/auth-secret: db
    nginx.ingress.kubernetes.io/auth-tls-secret: db
spec: {tls: [{secretName: db, hosts: [db]}], defaultBackend: {service: {name: db}}}
`)
	return b.String()
}

// atLarge are referrers without a namespace. They are in one kustomization
// only: of two Secrets of one name in two namespaces they say neither.
const atLarge = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [db], verbs: [get]}]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: storage}
parameters: {secretName: db, adminSecretName: db, userSecretName: db, secretRef: db}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume}
spec: {azureFile: {secretName: db, shareName: db}}
`

// A tree with prefixes and suffixes in it renders the same with its Secrets
// sealed as it does with plain ones, but for the Secrets.
func TestRenamed(t *testing.T) {
	t.Parallel()
	key := sealtest.New()
	certificate := strings.ReplaceAll(strings.TrimSpace(key.CertificateFor(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))), "\n", "\n    ")
	spec := `
  certificateFrom: {configMapKeyRef: {name: sealing-certificate, key: cert.pem}}
  fingerprintKeyFrom: {secretKeyRef: {name: fingerprint-key, key: key}}
`
	metadata := "metadata:\n  name: seal\n  annotations: {config.kubernetes.io/function: \"exec: {path: eda-fn}\"}\n"
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hello}\n"
	const local = `metadata: {name: %s, annotations: {config.kubernetes.io/local-config: "true"}}`
	common := map[string]string{
		"certificate.yaml": "apiVersion: v1\nkind: ConfigMap\n" + fmt.Sprintf(local, "sealing-certificate") + "\ndata:\n  cert.pem: |\n    " + certificate + "\n" +
			"---\napiVersion: v1\nkind: Secret\n" + fmt.Sprintf(local, "fingerprint-key") + "\nstringData: {key: a fingerprint key for the tests!}\n",
		"single.yaml":       "apiVersion: " + fn.APIVersion + "\nkind: SealSecrets\n" + metadata + "spec:" + spec,
		"pipeline.yaml":     "apiVersion: " + fn.APIVersion + "\nkind: Pipeline\n" + metadata + "spec:\n  steps:\n  - kind: SealSecrets\n    spec:" + strings.ReplaceAll(spec, "\n  ", "\n      "),
		"base/secret.yaml":  secret,
		"base/users.yaml":   referrers(),
		"base/atlarge.yaml": atLarge,
	}
	for name, tree := range map[string]map[string]string{
		"the same kustomization": {
			"kustomization.yaml":      "namePrefix: stage-\nnameSuffix: -x\nnamespace: rt-stage\nresources: [certificate.yaml, base]\n",
			"base/kustomization.yaml": "resources: [secret.yaml, users.yaml, atlarge.yaml]\n",
		},
		"an inner one": {
			"kustomization.yaml":      "namespace: rt-stage\nresources: [certificate.yaml, base]\n",
			"base/kustomization.yaml": "namePrefix: stage-\nresources: [secret.yaml, users.yaml, atlarge.yaml]\n",
		},
		"both": {
			"kustomization.yaml":      "namePrefix: a-\nnamespace: rt-stage\nresources: [certificate.yaml, base]\n",
			"base/kustomization.yaml": "namePrefix: b-\nnameSuffix: -c\nresources: [secret.yaml, users.yaml]\n",
		},
		"a base used twice": {
			"kustomization.yaml":      "namespace: rt-stage\nresources: [certificate.yaml, one, two]\n",
			"one/kustomization.yaml":  "namePrefix: one-\nresources: [../base]\n",
			"two/kustomization.yaml":  "namePrefix: two-\nresources: [../base]\n",
			"base/kustomization.yaml": "resources: [secret.yaml, users.yaml]\n",
		},
		"users outside": {
			"kustomization.yaml":       "namespace: rt-stage\nresources: [certificate.yaml, base, users]\n",
			"base/kustomization.yaml":  "namePrefix: stage-\nresources: [secret.yaml]\n",
			"users/kustomization.yaml": "nameSuffix: -x\nresources: [users.yaml]\n",
			"users/users.yaml":         referrers(),
		},
		"a generator": {
			"kustomization.yaml":      "namePrefix: stage-\nnamespace: rt-stage\nresources: [certificate.yaml, base]\nsecretGenerator: [{name: db, literals: [password=hello], options: {disableNameSuffixHash: true}}]\n",
			"base/kustomization.yaml": "resources: [users.yaml]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, files := range []map[string]string{common, tree} {
				for path, text := range files {
					write(t, filepath.Join(dir, path), text)
				}
			}
			plain := host.MustRun(t, host.Call{Program: host.Kustomize(t), Args: []string{"build", dir}})
			for _, function := range []string{"single.yaml", "pipeline.yaml"} {
				write(t, filepath.Join(dir, "kustomization.yaml"), tree["kustomization.yaml"]+"transformers: ["+function+"]\n")
				sealed := kustomizeExec(t, dir)
				same(t, edaBuild(t, dir), sealed)
				same(t, without(t, sealed, "SealedSecret"), without(t, plain, "Secret"))
				for _, o := range objects(t, sealed) {
					if o.Kind() == "SealedSecret" {
						if unsealed := key.MustUnseal(t, text(t, o)); string(unsealed.Data["password"]) != "hello" || unsealed.Name != o.Name() {
							t.Errorf("%s unseals to %s with the keys %v", o.Ref(), unsealed.Name, unsealed.Data)
						}
					}
				}
			}
		})
	}
}

// without is a stream without the objects of a kind, which has to be there.
func without(t *testing.T, stream, kind string) string {
	t.Helper()
	var out strings.Builder
	gone := 0
	for _, o := range objects(t, stream) {
		if o.Kind() == kind {
			gone++
			continue
		}
		out.WriteString("---\n" + text(t, o))
	}
	if gone == 0 {
		t.Errorf("there is no %s in\n%s", kind, stream)
	}
	return out.String()
}
