package seal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/seal"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

const declared = `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Solution
metadata: {name: rt-inventory, annotations: {config.kubernetes.io/local-config: "true"}}
spec:
  repoURL: https://git.example.com/acme/rt-inventory-gitops.git
  clusters:
    nonprod: {destination: {server: https://kubernetes.default.svc}}
  environments:
    dev: {cluster: nonprod, namespace: rt-dev}
    stage: {cluster: nonprod, namespace: rt-stage}
`

// single is a function config of its own.
func single(kind, spec string) string {
	return fmt.Sprintf("apiVersion: fn.eda-gitops.io/v1alpha1\nkind: %s\nmetadata: {name: single}\nspec: {%s}\n", kind, spec)
}

func pipeline(environment string, steps ...string) string {
	out := "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: Pipeline\nmetadata: {name: steps}\nspec:\n"
	if environment != "" {
		out += "  environment: " + environment + "\n"
	}
	return out + "  steps:\n" + strings.Join(steps, "")
}

func step(kind, spec string) string {
	return "  - kind: " + kind + "\n    spec: {" + spec + "}\n"
}

func TestFindEnvironment(t *testing.T) {
	certificate := sealtest.Default().Certificate(t)
	configMap := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cert, annotations: {config.kubernetes.io/local-config: \"true\"}}\ndata: {cert.pem: %q}\n", certificate)
	const from = "certificateFrom: {configMapKeyRef: {name: cert, key: cert.pem}}"
	solved := declared + "---\n" + configMap
	for name, tc := range map[string]struct {
		reason  string
		items   string
		configs []string
		want    string // name class namespace scope
		err     string
	}{
		"pipeline":               {reason: "the Solution's environment", items: solved, configs: []string{pipeline("stage", step("InjectNamespace", ""), step("SealSecrets", from))}, want: "stage stage rt-stage strict"},
		"without injection":      {reason: "the base says the namespace already", items: solved, configs: []string{pipeline("stage", step("SealSecrets", from+", scope: namespace-wide"))}, want: "stage stage rt-stage namespace-wide"},
		"own environment":        {reason: "a step's own wins", items: solved, configs: []string{pipeline("stage", step("InjectNamespace", "environment: dev"), step("SealSecrets", from))}, want: "dev dev rt-dev strict"},
		"own namespace":          {reason: "the config's own wins over the Solution", items: solved, configs: []string{pipeline("stage", step("InjectNamespace", "namespace: other"), step("SealSecrets", from))}, want: "stage stage other strict"},
		"single functions":       {reason: "a chain without Pipeline", items: solved, configs: []string{single("InjectNamespace", "environment: dev"), single("SealSecrets", from)}, want: "dev dev rt-dev strict"},
		"seal's own environment": {reason: "the only one that names it", items: solved, configs: []string{single("SealSecrets", "environment: dev, "+from)}, want: "dev dev rt-dev strict"},
		"no Solution":            {reason: "the namespace stands in a config", items: configMap, configs: []string{single("InjectNamespace", "namespace: other"), single("SealSecrets", from)}, want: "  other strict"},
		"cluster-wide":           {reason: "is bound to no namespace", items: configMap, configs: []string{single("SealSecrets", from+", scope: cluster-wide")}, want: "   cluster-wide"},
		"other configs":          {reason: "they say nothing about sealing", items: solved, configs: []string{"apiVersion: example.com/v1\nkind: SealSecrets\nmetadata: {name: x}\n", pipeline("stage", step("PinOperators", ""), step("SealSecrets", from))}, want: "stage stage rt-stage strict"},
		"no SealSecrets":         {reason: "no certificate", items: solved, configs: []string{pipeline("stage", step("InjectNamespace", ""))}, err: "has no SealSecrets"},
		"two SealSecrets":        {reason: "which certificate?", items: solved, configs: []string{single("SealSecrets", from), pipeline("stage", step("SealSecrets", from))}, err: "two SealSecrets among its functions, single and steps"},
		"misspelt":               {reason: "a config is read strictly", items: solved, configs: []string{pipeline("stage", step("SealSecrets", "certificat: x"))}, err: `unknown field; did you mean "certificate"?`},
		"unknown environment":    {reason: "the Solution does not have it", items: solved, configs: []string{pipeline("qa", step("SealSecrets", from))}, err: `no environment "qa"`},
		"no ConfigMap":           {reason: "nobody lists it", items: declared, configs: []string{pipeline("stage", step("SealSecrets", from))}, err: `no ConfigMap "cert"`},
		"no namespace":           {reason: "nothing says it", items: configMap, configs: []string{single("SealSecrets", from)}, err: "namespace is unknown"},
		"a step that is none":    {reason: "the Pipeline itself refuses it", items: solved, configs: []string{pipeline("stage", "  - hello\n", step("SealSecrets", from))}, want: "stage stage rt-stage strict"},
	} {
		t.Run(name, func(t *testing.T) {
			env, err := seal.FindEnvironment(fntest.Items(t, tc.items), fntest.Items(t, strings.Join(tc.configs, "---\n")))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%s: %v, expected %q", tc.reason, err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if got := strings.Join([]string{env.Name, env.Class, env.Namespace, string(env.Scope)}, " "); got != tc.want {
				t.Errorf("%s: %q, expected %q", tc.reason, got, tc.want)
			}
			if string(env.Certificate) != certificate {
				t.Errorf("%s: the certificate is %q", tc.reason, env.Certificate)
			}
		})
	}
}
