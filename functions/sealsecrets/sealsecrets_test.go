package sealsecrets_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

var functions = fn.Set{sealsecrets.Function}

func TestGolden(t *testing.T) { fntest.Golden(t, functions) }

func FuzzTransform(f *testing.F) { fntest.Fuzz(f, functions) }

// config is a functionConfig with a certificate and more lines of its spec.
func config(certificate string, more ...string) string {
	lines := append([]string{
		"apiVersion: fn.eda-gitops.io/v1alpha1", "kind: SealSecrets", "metadata: {name: seal}", "spec:",
		fmt.Sprintf("  certificate: %q", certificate),
	}, more...)
	return strings.Join(lines, "\n") + "\n"
}

// seal runs the function on documents and returns those after it.
func seal(t testing.TB, in string, more ...string) ([]string, fn.Results) {
	t.Helper()
	out, results := fntest.Run(t, functions, config(sealtest.Default().Certificate(t), more...), in)
	return strings.Split(out, "---\n"), results
}

func TestUnseals(t *testing.T) {
	const metadata = "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\n"
	for name, tc := range map[string]struct {
		reason string
		scope  string
		in     string
		want   map[string]string
	}{
		"data":          {reason: "base64 is decoded before it is sealed", in: metadata + "data: {greeting: aGVsbG8=}", want: map[string]string{"greeting": "hello"}},
		"stringData":    {reason: "text is sealed as it is", in: metadata + "stringData: {greeting: aGVsbG8=}", want: map[string]string{"greeting": "aGVsbG8="}},
		"both":          {reason: "stringData wins, as in the API server", in: metadata + "data: {a: aGVsbG8=, b: aGVsbG8=}\nstringData: {a: servus}", want: map[string]string{"a": "servus", "b": "hello"}},
		"binary":        {reason: "bytes that are no UTF-8 survive", in: metadata + "data: {bytes: AP/+gA==}", want: map[string]string{"bytes": "\x00\xff\xfe\x80"}},
		"lines":         {reason: "base64 may be wrapped, as `base64` prints it", in: metadata + "data:\n  greeting: |\n    aGVs\n    bG8=\n", want: map[string]string{"greeting": "hello"}},
		"text block":    {reason: "line ends belong to the value", in: metadata + "stringData:\n  greeting: |\n    hello\n    world\n", want: map[string]string{"greeting": "hello\nworld\n"}},
		"empty values":  {reason: "null is empty to the API server", in: metadata + "data: {a: , b: null, c: ''}\nstringData: {d: ''}", want: map[string]string{"a": "", "b": "", "c": "", "d": ""}},
		"no values":     {reason: "a Secret without values stays one", in: metadata + "data: null", want: map[string]string{}},
		"odd keys":      {reason: "keys that YAML 1.1 reads as something else", in: metadata + `stringData: {"on": a, "123": b, "1e3": c, "null": d, .e: f}`, want: map[string]string{"on": "a", "123": "b", "1e3": "c", "null": "d", ".e": "f"}},
		"namespace":     {reason: "namespace-wide is unsealed by its annotation", scope: "namespace-wide", in: metadata + "stringData: {a: b}", want: map[string]string{"a": "b"}},
		"cluster":       {reason: "cluster-wide needs no namespace", scope: "cluster-wide", in: "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting}\nstringData: {a: b}", want: map[string]string{"a": "b"}},
		"pull secret":   {reason: "auths is an object", in: metadata + "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\": {}}'}", want: map[string]string{".dockerconfigjson": `{"auths": {}}`}},
		"old pull form": {reason: "dockercfg is a map of registries", in: metadata + "type: kubernetes.io/dockercfg\nstringData: {.dockercfg: '{}'}", want: map[string]string{".dockercfg": "{}"}},
		"token of ours": {reason: "a service account's token that is written down is sealed", in: metadata + "type: kubernetes.io/service-account-token\nstringData: {a: b}", want: map[string]string{"a": "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var more []string
			if tc.scope != "" {
				more = []string{"  scope: " + tc.scope}
			}
			docs, results := seal(t, tc.in, more...)
			if err := results.Err(); err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			secret := sealtest.Default().MustUnseal(t, docs[0])
			got := map[string]string{}
			for key, value := range secret.Data {
				got[key] = string(value)
			}
			if !maps.Equal(got, tc.want) {
				t.Errorf("%s: unsealed %q, expected %q", tc.reason, got, tc.want)
			}
			if strings.Contains(docs[0], "null") && !strings.Contains(tc.in, `"null"`) {
				t.Errorf("a null gives Argo CD a permanent diff:\n%s", docs[0])
			}
		})
	}
}

func TestUnsealsMetadata(t *testing.T) {
	docs, results := seal(t, `
apiVersion: v1
kind: Secret
metadata:
  name: greeting
  namespace: rt-dev
  labels: {team: stores}
  annotations: {example.com/owner: stores}
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: "1"}]
  finalizers: [example.com/wait]
type: example.com/greeting
immutable: true
data: {greeting: aGVsbG8=}
`)
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	secret := sealtest.Default().MustUnseal(t, docs[0])
	if secret.Namespace != "rt-dev" || secret.Name != "greeting" || secret.Type != "example.com/greeting" ||
		secret.Immutable == nil || !*secret.Immutable || secret.Labels["team"] != "stores" ||
		secret.Annotations["example.com/owner"] != "stores" || !slices.Equal(secret.Finalizers, []string{"example.com/wait"}) {
		t.Errorf("the Secret is not what it was: %v", secret.ObjectMeta)
	}
	if len(secret.OwnerReferences) != 1 || secret.OwnerReferences[0].Kind != "SealedSecret" {
		t.Errorf("owners are %v; expected the SealedSecret alone", secret.OwnerReferences)
	}
}

// A strict ciphertext opens for its own name and namespace only: that it does
// not elsewhere is what the scope promises.
func TestScopeBinds(t *testing.T) {
	docs, _ := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\nstringData: {greeting: hello}")
	for _, moved := range []string{
		strings.Replace(docs[0], "name: greeting", "name: other", 1),
		strings.Replace(docs[0], "namespace: rt-dev", "namespace: rt-prod", 1),
	} {
		if _, err := sealtest.Default().Unseal(moved); err == nil {
			t.Errorf("unseals in another place:\n%s", moved)
		}
	}
}

// What an API server does not read and a person meant to be a value is refused
// also where a Secret without values would pass.
func TestTokenWithMisspeltData(t *testing.T) {
	_, results := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: rt-dev}\ntype: kubernetes.io/service-account-token\nstringdata: {token: "+marker+"}")
	if !results.Failed() || strings.Contains(fmt.Sprint(results), marker) {
		t.Errorf("%v", results)
	}
}

func TestTLSPair(t *testing.T) {
	pair := sealtest.TLSPair(t)
	other := sealtest.TLSPair(t)
	secret := func(certificate, key []byte) string {
		return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: rt-dev}\ntype: kubernetes.io/tls\ndata: {tls.crt: %s, tls.key: %s}",
			base64.StdEncoding.EncodeToString(certificate), base64.StdEncoding.EncodeToString(key))
	}
	if _, results := seal(t, secret(pair.Certificate, pair.Key)); results.Failed() {
		t.Error(results)
	}
	if _, results := seal(t, secret(pair.Certificate, other.Key)); !results.Failed() {
		t.Error("a key that is not the certificate's is sealed")
	}
}

func TestSizes(t *testing.T) {
	for name, tc := range map[string]struct {
		reason   string
		bytes    int
		severity fn.Severity
		message  string
	}{
		"small": {reason: "fits into client-side apply's annotation", bytes: 180_000},
		"large": {reason: "client-side apply keeps a copy of at most 256 KiB", bytes: 191_000, severity: fn.Warning, message: "server-side apply"},
		"huge":  {reason: "above 1 MiB of base64 no cluster takes it", bytes: 790_000, severity: fn.Error, message: "at most 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			value := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), tc.bytes))
			_, results := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: large, namespace: rt-dev, annotations: {internal.config.kubernetes.io/path: a.yaml}}\ndata: {value: "+value+"}")
			if tc.message == "" {
				if len(results) > 0 {
					t.Errorf("%s: %v", tc.reason, results)
				}
				return
			}
			if len(results) != 1 || results[0].Severity != tc.severity || !strings.Contains(results[0].Message, tc.message) {
				t.Errorf("%s: %v", tc.reason, results)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	key := sealtest.Default()
	now := key.Certificate(t)
	expired := key.CertificateFor(t, fntest.Now.AddDate(-2, 0, 0), fntest.Now.AddDate(-1, 0, 0))
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\nstringData: {greeting: hello}"
	const other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: greeting, namespace: rt-dev}"
	const inner = "MIIEvQIBADANBgkqhki" // stands for a private key's text
	for name, tc := range map[string]struct {
		reason      string
		certificate string
		in          string
		want        string // of the one result that is no warning about a render; empty: none
	}{
		"PEM":             {reason: "as kubeseal prints it", certificate: now, in: secret},
		"base64":          {reason: "one line, for key=value", certificate: base64.StdEncoding.EncodeToString([]byte(now)), in: secret},
		"DER in base64":   {reason: "the PEM without its frame", certificate: strings.Join(strings.Split(strings.TrimSpace(now), "\n")[1:len(strings.Split(strings.TrimSpace(now), "\n"))-1], "\n"), in: secret},
		"expired":         {reason: "kubeseal refuses it too", certificate: expired, in: secret, want: "error: SealSecrets/seal: spec.certificate: expired on 2025-06-01"},
		"expired, unused": {reason: "what is sealed already unseals", certificate: expired, in: other, want: "warning: SealSecrets/seal: spec.certificate: expired on 2025-06-01"},
		"expired, token":  {reason: "the cluster fills it", certificate: expired, in: "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\ntype: kubernetes.io/service-account-token", want: "warning: SealSecrets/seal: spec.certificate: expired on 2025-06-01"},
		"old and new":     {reason: "the one that has not expired seals", certificate: expired + now, in: secret},
		"no certificate":  {reason: "one line, however it is broken", certificate: "hello", in: secret, want: "error: SealSecrets/seal: spec.certificate: is no certificate that can be read"},
		"cut off":         {reason: "half a PEM", certificate: now[:400], in: secret, want: "is no certificate that can be read"},
		"broken inside":   {reason: "no DER", certificate: "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", in: secret, want: "is no certificate that can be read"},
		"other PEM":       {reason: "a public key alone has no dates", certificate: "-----BEGIN PUBLIC KEY-----\naGVsbG8=\n-----END PUBLIC KEY-----\n", in: secret, want: "no CERTIFICATE"},
		"private key":     {reason: "is never printed", certificate: now + "-----BEGIN PRIVATE KEY-----\n" + inner + "\n-----END PRIVATE KEY-----\n", in: secret, want: "holds a private key (value withheld)"},
		"private, base64": {reason: "nor in base64", certificate: base64.StdEncoding.EncodeToString([]byte("-----BEGIN RSA PRIVATE KEY-----\n" + inner)), in: secret, want: "holds a private key (value withheld)"},
		"ECDSA":           {reason: "sealed-secrets needs RSA", certificate: string(sealtest.TLSPair(t).Certificate), in: secret, want: "needs RSA"},
		"missing":         {reason: "there is no default", certificate: "", in: secret, want: "spec.certificate: is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			out, results := fntest.Run(t, functions, config(tc.certificate), tc.in)
			results = slices.DeleteFunc(results, func(r fn.Result) bool { return strings.Contains(r.Message, "sealed anew") })
			if tc.want == "" {
				if len(results) > 0 {
					t.Fatalf("%s: %v", tc.reason, results)
				}
				key.MustUnseal(t, out)
				return
			}
			if len(results) != 1 || !strings.Contains(results[0].String(), tc.want) || strings.Contains(results[0].String(), inner) {
				t.Errorf("%s: %v, expected %q", tc.reason, results, tc.want)
			}
		})
	}
}

// The ciphertexts that are there are those of the function itself, changed.
func TestChecks(t *testing.T) {
	docs, _ := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\nstringData: {greeting: hello}")
	sealed := docs[0]
	wide, _ := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\nstringData: {greeting: hello}", "  scope: namespace-wide")
	everywhere, _ := seal(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\nstringData: {greeting: hello}", "  scope: cluster-wide")
	ciphertext := view.SealedSecret{Object: view.Of(yaml.MustParse(sealed))}.EncryptedData()["greeting"]
	raw, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(bytes []byte) string {
		return strings.Replace(sealed, ciphertext, base64.StdEncoding.EncodeToString(bytes), 1)
	}
	longer := slices.Clone(raw)
	binary.BigEndian.PutUint16(longer, 512)
	for name, tc := range map[string]struct {
		reason string
		in     string
		want   string // of the one result; empty: none, and nothing changed
	}{
		"as it is":          {reason: "sealed is sealed", in: sealed},
		"renamed":           {reason: "strict binds to the name", in: strings.Replace(sealed, "name: greeting", "name: hello", 1), want: `metadata.name: is "hello", but it was sealed for "greeting"`},
		"moved":             {reason: "strict binds to the namespace", in: strings.Replace(sealed, "namespace: rt-dev", "namespace: rt-prod", 1), want: `metadata.namespace: is "rt-prod", but it was sealed for "rt-dev"`},
		"lost":              {reason: "without a namespace it goes anywhere", in: strings.Replace(sealed, ", namespace: rt-dev", "", 1), want: `metadata.namespace: is "", but it was sealed for "rt-dev"`},
		"wide, renamed":     {reason: "namespace-wide does not bind to the name", in: strings.Replace(wide[0], "name: greeting", "name: hello", 1)},
		"wide, moved":       {reason: "but to the namespace", in: strings.Replace(wide[0], "namespace: rt-dev", "namespace: rt-prod", 1), want: "metadata.namespace"},
		"everywhere, moved": {reason: "cluster-wide binds to nothing", in: strings.Replace(everywhere[0], "namespace: rt-dev", "namespace: rt-prod", 1)},
		"no base64":         {reason: "nothing unseals it", in: strings.Replace(sealed, ciphertext, "hello!", 1), want: "spec.encryptedData.greeting: is not base64"},
		"nothing":           {reason: "not even a length", in: replaced(nil), want: "too short"},
		"cut off":           {reason: "the tag is missing", in: replaced(raw[:2+256+8]), want: "too short"},
		"other key length":  {reason: "another cluster's", in: replaced(longer), want: "has an RSA block of 512 bytes, but the certificate's key gives 256"},
		"other certificate": {reason: "the controller may still have that key", in: strings.Replace(sealed, "sha256:", "sha256:0", 1), want: "was sealed with another one"},
		"of another tool":   {reason: "kubeseal names no certificate, and raw ones have no template", in: "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: greeting, namespace: rt-dev} # ours\nspec: {encryptedData: {greeting: " + ciphertext + "}}\n"},
		"a plain one too":   {reason: "which of the two is right?", in: sealed + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\n", want: "there is a SealedSecret of this name already"},
	} {
		t.Run(name, func(t *testing.T) {
			out, results := fntest.Run(t, functions, config(sealtest.Default().Certificate(t)), tc.in)
			if tc.want == "" {
				if len(results) > 0 || out != tc.in {
					t.Errorf("%s: %v\n%s", tc.reason, results, out)
				}
				return
			}
			if len(results) != 1 || !strings.Contains(results[0].String(), tc.want) || strings.Contains(results[0].String(), ciphertext) {
				t.Errorf("%s: %v, expected %q", tc.reason, results, tc.want)
			}
		})
	}
}

func TestSameRandomnessSameOutput(t *testing.T) {
	const in = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: rt-dev}\nstringData: {x: hello, y: hello}\n---\n" +
		"apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: rt-dev}\nstringData: {x: hello}\n"
	first, _ := seal(t, in)
	second, _ := seal(t, in)
	if !slices.Equal(first, second) {
		t.Error("two runs with the same random bytes differ")
	}
}

// recorder hands out different bytes at each read and remembers those of the
// length of a session key.
type recorder struct {
	reads   byte
	handed  [][]byte
	failing bool
}

func (r *recorder) Read(p []byte) (int, error) {
	if r.failing {
		return 0, fmt.Errorf("no entropy")
	}
	r.reads++
	for i := range p {
		p[i] = r.reads
	}
	r.handed = append(r.handed, slices.Clone(p))
	return len(p), nil
}

func TestEachValueHasItsOwnSessionKey(t *testing.T) {
	items := fntest.Items(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: rt-dev}\nstringData: {x: hello, y: hello}\n---\n"+
		"apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: rt-dev}\nstringData: {x: hello}\n")
	c := &sealsecrets.SealSecrets{Spec: sealsecrets.Spec{Certificate: sealtest.Default().Certificate(t), Scope: sealsecrets.ScopeClusterWide}}
	rand := &recorder{}
	items, results := c.Transform(fn.Env{Now: fntest.Now, Rand: rand}, items)
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	const reads = 2 * 3 // a session key and an OAEP seed for each value
	if len(rand.handed) != reads {
		t.Errorf("randomness was read %d times, expected %d", len(rand.handed), reads)
	}
	tails := map[string]bool{}
	for _, sealed := range view.SealedSecrets(items) {
		for _, ciphertext := range sealed.EncryptedData() {
			tails[ciphertext[len(ciphertext)-8:]] = true // of AES-GCM's tag: equal for equal keys and values
		}
	}
	if len(tails) != 3 {
		t.Errorf("%d different ciphertexts of one value under three keys", len(tails))
	}
}

func TestNoRandomness(t *testing.T) {
	items := fntest.Items(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: rt-dev}\nstringData: {x: hello}\n")
	c := &sealsecrets.SealSecrets{Spec: sealsecrets.Spec{Certificate: sealtest.Default().Certificate(t), Scope: sealsecrets.ScopeStrict}}
	if _, results := c.Transform(fn.Env{Now: fntest.Now, Rand: &recorder{failing: true}}, items); !results.Failed() {
		t.Error("sealed without randomness")
	}
}

// marker is a value that must be nowhere but in a refused input: 24 characters,
// which are base64 as well, so that it can stand in data.
const marker = "bWFya2VyLW9mLWEtdmFsdWUh"

// FuzzMarker puts the marker into a Secret's values, in every shape that YAML
// has, and looks for it in everything that the function adds or lets out.
func FuzzMarker(f *testing.F) {
	certificate := sealtest.Default().Certificate(f)
	for _, seed := range [][4]string{
		{"data", "greeting: ", "", "Opaque"},
		{"stringData", "greeting: ", " # too", "Opaque"},
		{"stringData", "greeting: !!int ", "", ""},
		{"stringData", "greeting: |\n    ", "\n    hello", "kubernetes.io/tls"},
		{"stringData", "tls.key: hello\n  tls.crt: ", "", "kubernetes.io/tls"},
		{"stringData", ".dockerconfigjson: ", "", "kubernetes.io/dockerconfigjson"},
		{"stringData", ".dockerconfigjson: '{\"auths\": \"", "\"}'", "kubernetes.io/dockerconfigjson"},
		{"data", "greeting: '!", "'", "Opaque"},
		{"data", "greeting: [", "]", "Opaque"},
		{"stringdata", "greeting: ", "", "Opaque"},
		{"stringData", "# ", "\n  greeting: hello", "Opaque"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, field, before, after, secretType string) {
		in := fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\n%s:\n  %s%s%s\ntype: %q\n",
			field, before, marker, after, secretType)
		for _, more := range [][]string{nil, {keySpec}} {
			if data, only := list(config(certificate, more...), in); only {
				letsNothingOut(t, data)
			}
		}
	})
}

// letsNothingOut runs the function and looks for the marker in what it adds.
func letsNothingOut(t *testing.T, data []byte) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := fn.Run(fn.Invocation{
		Functions: functions, Env: fntest.Env(),
		Stdin: bytes.NewReader(data), Stdout: &stdout, Stderr: &stderr,
	})
	out := stdout.String()
	if status != 0 { // the input is echoed, the results are not
		_, out, _ = strings.Cut(out, "\nresults:")
	}
	decoded, _ := base64.StdEncoding.DecodeString(marker)
	for _, text := range []string{marker, string(decoded), base64.StdEncoding.EncodeToString([]byte(marker))} {
		if strings.Contains(out, text) || strings.Contains(stderr.String(), text) {
			t.Fatalf("the value gets out:\n%s\n%s", out, &stderr)
		}
	}
}

// list makes a ResourceList; it says whether the marker is in values alone,
// and not in a key, a name or another document. A fingerprint key is among the
// items where the config wants one.
func list(config, in string) ([]byte, bool) {
	item, err := yaml.Parse(in)
	if err != nil || item.YNode().Kind != yaml.MappingNode {
		return nil, false
	}
	functionConfig, err := yaml.Parse(config)
	if err != nil {
		return nil, false
	}
	for i := 0; i+1 < len(item.YNode().Content); i += 2 {
		key, value := item.YNode().Content[i], item.YNode().Content[i+1]
		values := key.Value == "data" || key.Value == "stringData" || key.Value == "stringdata"
		if holdsMarker(key, values, true) || holdsMarker(value, values, false) {
			return nil, false
		}
	}
	items := []*yaml.Node{item.YNode()}
	if strings.Contains(config, keySpec) {
		_, key, _ := strings.Cut(keyItem(make([]byte, sealsecrets.KeyBytes)), "---\n")
		items = append(items, yaml.MustParse(key).YNode())
	}
	text, err := yaml.NewRNode(view.Map(
		"apiVersion", view.String("config.kubernetes.io/v1"), "kind", view.String("ResourceList"),
		"items", view.Seq(items...), "functionConfig", functionConfig.YNode())).String()
	return []byte(text), err == nil
}

// holdsMarker looks everywhere but in a Secret's values and the comments beside
// them, which are what must not get out.
func holdsMarker(node *yaml.Node, inValues, isKey bool) bool {
	text := node.Tag + node.Anchor
	if !inValues || isKey {
		text += node.Value
	}
	if !inValues {
		text += node.HeadComment + node.LineComment + node.FootComment
	}
	if strings.Contains(text, marker) {
		return true
	}
	for i, child := range node.Content {
		if holdsMarker(child, inValues, isKey || node.Kind == yaml.MappingNode && i%2 == 0) {
			return true
		}
	}
	return false
}

func TestExpiryWarning(t *testing.T) {
	certificate := sealtest.Default().CertificateFor(t, sealtest.NotBefore, fntest.Now.AddDate(0, 0, 20))
	const in = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: greeting, namespace: rt-dev}"
	for _, tc := range []struct {
		reason string
		more   []string
		want   int
	}{
		{reason: "30 days by default", want: 1},
		{reason: "as the config says", more: []string{"  expiryWarning: 10d"}},
		{reason: "in hours", more: []string{"  expiryWarning: 481h"}, want: 1},
	} {
		_, results := fntest.Run(t, functions, config(certificate, tc.more...), in)
		if len(results) != tc.want || tc.want > 0 && (results.Failed() || !strings.Contains(results[0].Message, "expires on 2026-06-21")) {
			t.Errorf("%s: %v", tc.reason, results)
		}
	}
}
