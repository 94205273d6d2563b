package sealsecrets_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

// The cases here are those of the sealed-secrets library's own tests (pkg/crypto,
// pkg/kubeseal, pkg/apis/sealedsecrets/v1alpha1), tried on our sealer with the
// library's Unseal. What opens a URL, merges files or reads private keys is
// kubeseal's alone, or in package seal.

// edit changes a sealed document and returns it as text.
func edit(t *testing.T, document string, change func(view.SealedSecret)) string {
	t.Helper()
	sealed, _ := view.AsSealedSecret(view.Of(yaml.MustParse(document)))
	change(sealed)
	text, err := sealed.RNode().String()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// check runs the function on a document that is sealed already.
func check(t *testing.T, document string) fn.Results {
	t.Helper()
	out, results := seal(t, document)
	if !results.Failed() && strings.TrimSpace(strings.Join(out, "---\n")) != strings.TrimSpace(document) {
		t.Errorf("a SealedSecret was changed:\n%s\nto\n%s", document, out)
	}
	return results
}

func TestLibraryLabels(t *testing.T) {
	for scope, want := range map[sealsecrets.Scope]string{
		sealsecrets.ScopeStrict: "myns/myname", sealsecrets.ScopeNamespaceWide: "myns", sealsecrets.ScopeClusterWide: "",
	} {
		if got := string(scope.Label("myns", "myname")); got != want {
			t.Errorf("%s: the label is %q, want %q", scope, got, want)
		}
	}
}

// A Secret is sealed by its annotations, and what the library unseals has the
// same values. Without the annotation it does not unseal, and we say so before.
func TestLibraryScopes(t *testing.T) {
	for name, tc := range map[string]struct {
		reason      string
		annotations string
		scope       string
	}{
		"none":           {"strict is the default", "", view.ScopeStrict},
		"cluster-wide":   {"bound to nothing", `sealedsecrets.bitnami.com/cluster-wide: "true"`, view.ScopeClusterWide},
		"namespace-wide": {"bound to the namespace", `sealedsecrets.bitnami.com/namespace-wide: "true"`, view.ScopeNamespaceWide},
		"both":           {"the wider one wins", `sealedsecrets.bitnami.com/namespace-wide: "true", sealedsecrets.bitnami.com/cluster-wide: "true"`, view.ScopeClusterWide},
		"no":             {"false is none", `sealedsecrets.bitnami.com/cluster-wide: "false"`, view.ScopeStrict},
	} {
		t.Run(name, func(t *testing.T) {
			out, results := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: myname, namespace: myns, annotations: {"+tc.annotations+"}}\ndata: {foo: YmFy, fss: YnJy}\nstringData: {fss: baa}\n")
			if results.Failed() {
				t.Fatal(results)
			}
			secret := sealtest.Default().MustUnseal(t, out[0])
			if string(secret.Data["foo"]) != "bar" || string(secret.Data["fss"]) != "baa" {
				t.Errorf("%s: unsealed to %d values", tc.reason, len(secret.Data))
			}
			if sealed, _ := view.AsSealedSecret(view.Of(yaml.MustParse(out[0]))); sealed.Scope() != tc.scope || sealed.TemplateScope() != strings.TrimPrefix(tc.scope, view.ScopeStrict) {
				t.Errorf("%s: the scope is %s", tc.reason, sealed.Scope())
			}
			if tc.scope == view.ScopeStrict {
				return
			}
			changed := edit(t, out[0], func(sealed view.SealedSecret) {
				sealed.SetAnnotation(view.ClusterWideAnnotation, "false")
				sealed.SetAnnotation(view.NamespaceWideAnnotation, "false")
			})
			if _, err := sealtest.Default().Unseal(changed); err == nil {
				t.Errorf("%s: unseals without the annotation", tc.reason)
			}
			if results := check(t, changed); !results.Failed() {
				t.Errorf("%s: we let it pass", tc.reason)
			}
		})
	}
}

// Each row seals for one place and scope, as kubeseal --raw does, and unseals in
// myns/mysecret.
func TestLibraryRaw(t *testing.T) {
	const namespace, name = "myns", "mysecret"
	certificates, err := sealsecrets.ParseCertificates(sealtest.Default().Certificate(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, tc := range []struct {
		scope           sealsecrets.Scope
		namespace, name string
		opens           bool
	}{
		{sealsecrets.ScopeStrict, namespace, name, true},
		{sealsecrets.ScopeStrict, "other", name, false},
		{sealsecrets.ScopeStrict, namespace, "other", false},
		{sealsecrets.ScopeNamespaceWide, namespace, name, true},
		{sealsecrets.ScopeNamespaceWide, "other", "", false},
		{sealsecrets.ScopeNamespaceWide, "other", "other", false},
		{sealsecrets.ScopeNamespaceWide, namespace, "", true},
		{sealsecrets.ScopeNamespaceWide, namespace, "other", true},
		{sealsecrets.ScopeClusterWide, namespace, name, true},
		{sealsecrets.ScopeClusterWide, "other", name, true},
		{sealsecrets.ScopeClusterWide, namespace, "", true},
		{sealsecrets.ScopeClusterWide, namespace, "other", true},
		{sealsecrets.ScopeClusterWide, "", "", true},
		{sealsecrets.ScopeClusterWide, "", "other", true},
	} {
		sealer := sealsecrets.Sealer{Certificate: certificates[0], Scope: tc.scope, Namespace: tc.namespace, Name: tc.name, Rand: rand.Reader}
		ciphertext, _, err := sealer.Seal("foo", []byte("hello"), "")
		if err != nil {
			t.Fatal(err)
		}
		secret, err := sealtest.Default().Unseal(fmt.Sprintf("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: %s, namespace: %s, annotations: {sealedsecrets.bitnami.com/%s: 'true'}}\nspec: {encryptedData: {foo: %s}}\n",
			name, namespace, tc.scope, ciphertext))
		if (err == nil) != tc.opens || tc.opens && string(secret.Data["foo"]) != "hello" {
			t.Errorf("row %d, %s sealed for %s/%s: %v", i, tc.scope, tc.namespace, tc.name, err)
		}
	}
}

// Where the namespace is missing kubeseal takes that of its own context; here
// there is none, and only what is bound to no namespace goes without.
func TestLibraryNamespaces(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, metadata, spec string
		want                   string // the namespace; "-" when it is refused
	}{
		"given":                       {"it stays", "name: mysecret, namespace: myns", "", "myns"},
		"none":                        {"strict needs one", "name: mysecret", "", "-"},
		"none, namespace-wide":        {"this as well", "name: mysecret, annotations: {sealedsecrets.bitnami.com/namespace-wide: 'true'}", "", "-"},
		"none, cluster-wide":          {"none is made up", "name: mysecret, annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}", "", ""},
		"given, cluster-wide":         {"it stays", "name: mysecret, namespace: myns, annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true'}", "", "myns"},
		"none, namespace-wide config": {"the config's scope counts as well", "name: mysecret", "  scope: namespace-wide", "-"},
		"none, cluster-wide config":   {"the config's scope counts as well", "name: mysecret", "  scope: cluster-wide", ""},
	} {
		for format, document := range map[string]string{
			"YAML": "apiVersion: v1\nkind: Secret\nmetadata: {" + tc.metadata + "}\ndata: {foo: c2Vrcml0}\nstringData: {foos: hello}\n",
			"JSON": `{"apiVersion": "v1", "kind": "Secret", "metadata": {` + strings.NewReplacer("name:", `"name":`, "namespace:", `"namespace":`, "mysecret", `"mysecret"`, "myns", `"myns"`,
				"annotations:", `"annotations":`, "'", `"`, "sealedsecrets.bitnami.com/namespace-wide", `"sealedsecrets.bitnami.com/namespace-wide"`,
				"sealedsecrets.bitnami.com/cluster-wide", `"sealedsecrets.bitnami.com/cluster-wide"`).Replace(tc.metadata) + `}, "data": {"foo": "c2Vrcml0"}, "stringData": {"foos": "hello"}}` + "\n",
		} {
			out, results := seal(t, document, tc.spec)
			if tc.want == "-" {
				if !results.Failed() {
					t.Errorf("%s, %s: %s: was sealed", name, format, tc.reason)
				}
				continue
			}
			if results.Failed() {
				t.Errorf("%s, %s: %v", name, format, results)
				continue
			}
			secret := sealtest.Default().MustUnseal(t, out[0])
			if secret.Namespace != tc.want || string(secret.Data["foo"]) != "sekrit" || string(secret.Data["foos"]) != "hello" {
				t.Errorf("%s, %s: %s: unsealed into %q", name, format, tc.reason, secret.Namespace)
			}
		}
	}
}

func TestLibraryMetadata(t *testing.T) {
	for annotation, kept := range map[string]bool{
		"foo":                    true,
		"foo.bar.io/foo-bar-baz": true,
		"kubectl.kubernetes.io/last-applied-configuration":    false,
		"kubecfg.ksonnet.io/last-applied-configuration":       false,
		"sealedsecrets.bitnami.com/skip-set-owner-references": true,
		"sealedsecrets.bitnami.com/managed":                   true,
		"sealedsecrets.bitnami.com/patch":                     true,
	} {
		out, results := seal(t, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: myname\n  namespace: myns\n  annotations: {"+annotation+": \"true\"}\n"+
			"  ownerReferences: [{apiVersion: foo/v1, kind: Foo, name: foo, uid: a}]\ndata: {foo: YmFy}\n")
		if results.Failed() {
			t.Fatal(results)
		}
		secret := sealtest.Default().MustUnseal(t, out[0])
		if _, found := secret.Annotations[annotation]; found != kept {
			t.Errorf("annotation %s is on the Secret: %v, want %v", annotation, found, kept)
		}
		owners := 1 // the SealedSecret
		if annotation == "sealedsecrets.bitnami.com/skip-set-owner-references" {
			owners = 0
		}
		if len(secret.OwnerReferences) != owners || owners == 1 && secret.OwnerReferences[0].Kind != "SealedSecret" {
			t.Errorf("annotation %s: the owners are %v", annotation, secret.OwnerReferences)
		}
	}
}

// A template with placeholders is let through and filled; one that holds its
// values in the open is none of ours.
func TestLibraryTemplates(t *testing.T) {
	out, results := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: myname, namespace: myns}\ndata: {foo: YmFy}\nstringData: {password: \"hunter2'\\\"=\"}\n")
	if results.Failed() {
		t.Fatal(results)
	}
	filled := edit(t, out[0], func(sealed view.SealedSecret) {
		sealed.Set(`secret {{ index . "foo" }} !`, "spec", "template", "data", "bar")
		sealed.Set("{{ toJson .password }}", "spec", "template", "data", "password-json")
	})
	if results := check(t, filled); results.Failed() {
		t.Error(results)
	}
	secret := sealtest.Default().MustUnseal(t, filled)
	if string(secret.Data["bar"]) != "secret bar !" || string(secret.Data["password-json"]) != `"hunter2'\"="` {
		t.Errorf("the template gives %q", secret.Data)
	}
	open := "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: myname, namespace: myns}\nspec: {template: {data: {foo: hunter2}}}\n"
	if secret := sealtest.Default().MustUnseal(t, open); string(secret.Data["foo"]) != "hunter2" {
		t.Error("the library no longer takes a template without ciphertexts")
	}
	if results := check(t, open); !results.Failed() || strings.Contains(fmt.Sprint(results), "hunter2") {
		t.Errorf("a value in the open: %v", results)
	}
}

// What the library cannot unseal, whoever has the key, is an error here.
func TestLibraryRefuses(t *testing.T) {
	const document = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: myname, namespace: myns}\nspec: "
	out, _ := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: myname, namespace: myns}\ndata: {foo: YmFy}\n")
	good, _ := view.AsSealedSecret(view.Of(yaml.MustParse(out[0])))
	ciphertext := good.EncryptedData()["foo"]
	raw, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ reason, spec, want string }{
		"no base64":        {"the key is named", "{encryptedData: {foo: NOTVALIDBASE64}}", "spec.encryptedData.foo"},
		"nothing":          {"no length", "{encryptedData: {foo: ''}}", "too short"},
		"a byte":           {"half a length", "{encryptedData: {foo: AA==}}", "too short"},
		"cut off":          {"shorter than its length says", "{encryptedData: {foo: " + base64.StdEncoding.EncodeToString(raw[:200]) + "}}", "too short"},
		"the first format": {"the controller takes it behind a flag only", "{data: " + ciphertext + "}", "spec.data"},
		"both formats":     {"never", "{data: '', encryptedData: {foo: " + ciphertext + "}}", "spec.data"},
	} {
		if _, err := sealtest.Default().Unseal(document + tc.spec); err == nil && name != "both formats" {
			t.Errorf("%s: the library unseals it", name)
		}
		if results := check(t, document+tc.spec+"\n"); !results.Failed() || !strings.Contains(fmt.Sprint(results), tc.want) {
			t.Errorf("%s: %s: %v, want %q", name, tc.reason, results, tc.want)
		}
	}
}

// The certificate's key is what it was made with, and several Secrets in one
// stream are sealed each.
func TestLibraryKeyAndStreams(t *testing.T) {
	key := sealtest.New()
	certificates, err := sealsecrets.ParseCertificates(key.Certificate(t))
	if err != nil || len(certificates) != 1 {
		t.Fatal(err)
	}
	const secrets = "apiVersion: v1\nkind: Secret\nmetadata: {name: s1, namespace: testns, labels: {foo: \"1\"}}\ndata: {foo: MQ==}\n---\n" +
		`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s2", "namespace": "testns"}, "data": {"bar": "Mg=="}}` + "\n"
	text, results := fntest.Run(t, functions, config(key.Certificate(t), "  scope: namespace-wide"), secrets)
	if results.Failed() {
		t.Fatal(results)
	}
	var got []string
	for document := range strings.SplitSeq(text, "---\n") {
		secret := key.MustUnseal(t, document)
		got = append(got, fmt.Sprintf("%s/%s foo=%s bar=%s label=%s", secret.Namespace, secret.Name, secret.Data["foo"], secret.Data["bar"], secret.Labels["foo"]))
	}
	if want := []string{"testns/s1 foo=1 bar= label=1", "testns/s2 foo= bar=2 label="}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("unsealed %q, want %q", got, want)
	}
}

// A fingerprint key that can be guessed is found by the tags, which are public.
func TestKeysThatAreNotRandom(t *testing.T) {
	for name, text := range map[string][]byte{
		"zeros": make([]byte, sealsecrets.KeyBytes), "16 bytes in hex": []byte("10293847561029384756102938475610"), "a word": bytes.Repeat([]byte("password"), 4),
		"zeros in hex": bytes.Repeat([]byte("00"), sealsecrets.KeyBytes),
	} {
		if _, err := sealsecrets.ParseKey(text); err == nil || strings.Contains(err.Error(), string(text)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
