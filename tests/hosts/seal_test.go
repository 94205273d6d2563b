package hosts_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
	"github.com/eda-gitops/functions/functions/view"
	"github.com/eda-gitops/functions/tests/host"
)

const (
	plainSecret = `apiVersion: v1
kind: Secret
metadata:
  name: credentials
  namespace: rt-inventory-dev
type: Opaque
stringData:
  elastic.properties: |
    username=reader
    password=example
data:
  binary: AAECAwQ=
`
	sealSpec = `certificateFrom: {configMapKeyRef: {name: sealing-certificate, key: cert.pem}}`
)

// A plain Secret is sealed anew in each host: the ciphertexts differ, what the
// controller unseals does not, and a second render changes nothing.
func TestNewlySealed(t *testing.T) {
	t.Parallel()
	key := sealtest.New()
	certificate := key.CertificateFor(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	tree := t.TempDir()
	write(t, filepath.Join(tree, "kustomization.yaml"), "resources: [secret.yaml, certificate.yaml]\ntransformers: [seal.yaml]\n")
	write(t, filepath.Join(tree, "secret.yaml"), plainSecret)
	write(t, filepath.Join(tree, "certificate.yaml"), `apiVersion: v1
kind: ConfigMap
metadata:
  name: sealing-certificate
  annotations: {config.kubernetes.io/local-config: "true"}
data:
  cert.pem: |
    `+strings.ReplaceAll(strings.TrimSpace(certificate), "\n", "\n    ")+"\n")
	single, pipeline := "kind: SealSecrets\nSPEC: {"+sealSpec+"}\n", "kind: Pipeline\nSPEC: {steps: [{kind: SealSecrets, spec: {"+sealSpec+"}}]}\n"

	render := map[string]func(t *testing.T) string{
		"eda-fn build": func(t *testing.T) string {
			t.Helper()
			return edaBuild(t, sealTree(t, tree, single, "exec: {path: eda-fn}"))
		},
		"pipeline": func(t *testing.T) string {
			t.Helper()
			return edaBuild(t, sealTree(t, tree, pipeline, "exec: {path: eda-fn}"))
		},
		"kustomize exec": func(t *testing.T) string {
			t.Helper()
			return kustomizeExec(t, sealTree(t, tree, single, "exec: {path: eda-fn}"))
		},
		"kustomize container": func(t *testing.T) string {
			t.Helper()
			return kustomizeContainer(t, sealTree(t, tree, single, "container: {image: '"+host.Image(t)+"'}"))
		},
		"kpt exec": func(t *testing.T) string {
			t.Helper()
			return sealedByKpt(t, sealTree(t, tree, single, ""), "exec: eda-fn", "--allow-exec")
		},
		"kpt container": func(t *testing.T) string {
			t.Helper()
			return sealedByKpt(t, sealTree(t, tree, single, ""), "image: "+host.Image(t), "--image-pull-policy", "never")
		},
	}
	for name, run := range render {
		t.Run(name, func(t *testing.T) {
			sealed := objects(t, run(t))
			if len(sealed) != 1 || sealed[0].Kind() != "SealedSecret" {
				t.Fatalf("rendered %v, want one SealedSecret", sealed)
			}
			unsealed := key.MustUnseal(t, text(t, sealed[0]))
			want := map[string][]byte{"elastic.properties": []byte("username=reader\npassword=example\n"), "binary": {0, 1, 2, 3, 4}}
			if unsealed.Name != "credentials" || unsealed.Namespace != "rt-inventory-dev" || unsealed.Type != "Opaque" ||
				!maps.EqualFunc(unsealed.Data, want, func(a, b []byte) bool { return string(a) == string(b) }) {
				t.Errorf("unsealed to %s/%s of type %s with the keys %v", unsealed.Namespace, unsealed.Name, unsealed.Type, unsealed.Data)
			}
		})
	}
}

// sealTree copies a tree with a config that is run as the annotation says.
func sealTree(t *testing.T, tree, config, annotation string) string {
	t.Helper()
	dir := kptCopy(t, tree)
	metadata := "metadata:\n  name: seal\n"
	if annotation != "" {
		metadata += "  annotations:\n    config.kubernetes.io/function: \"" + annotation + "\"\n"
	}
	write(t, filepath.Join(dir, "seal.yaml"), "apiVersion: "+fn.APIVersion+"\n"+strings.Replace(config, "SPEC:", metadata+"spec:", 1))
	return dir
}

// sealedByKpt renders a tree as a package, twice.
func sealedByKpt(t *testing.T, dir, function string, flags ...string) string {
	t.Helper()
	write(t, filepath.Join(dir, "Kptfile"), "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: seal}\npipeline:\n  mutators:\n  - "+function+"\n    configPath: seal.yaml\n")
	kptRender(t, dir, flags...)
	first := contents(t, dir)
	kptRender(t, dir, flags...)
	same(t, contents(t, dir), first)
	return stream(t, dir)
}

func text(t *testing.T, o view.Object) string {
	t.Helper()
	text, err := o.RNode().String()
	if err != nil {
		t.Fatal(err)
	}
	return text
}
