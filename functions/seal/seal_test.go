package seal_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/seal"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

// marker is a value that no message may hold.
const marker = "marker-of-a-value"

func environment(t testing.TB) seal.Environment {
	t.Helper()
	return seal.Environment{
		Name: "stage", Class: "stage", Namespace: "rt-stage", Scope: sealsecrets.ScopeStrict,
		Certificate: []byte(sealtest.Default().Certificate(t)),
	}
}

func options(t testing.TB, existing string, values ...string) seal.Options {
	t.Helper()
	o := seal.Options{
		Name: "greeting", Environment: environment(t), Existing: []byte(existing),
		Values: map[string][]byte{}, Env: fn.Env{Now: fntest.Now, Rand: rand.Reader},
	}
	for i := 0; i+1 < len(values); i += 2 {
		o.Values[values[i]] = []byte(values[i+1])
	}
	return o
}

// must seals and returns the file; warnings are the caller's to look at.
func must(t testing.TB, o seal.Options) (string, fn.Results) {
	t.Helper()
	out, results := seal.Seal(o)
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	return string(out), results
}

// sealed returns the documents of a file that are SealedSecrets.
func sealed(t testing.TB, file string) []view.SealedSecret {
	t.Helper()
	return view.SealedSecrets(fntest.Items(t, file))
}

func TestNewFile(t *testing.T) {
	out, results := must(t, options(t, "", "greeting", "hello", "on", "\x00\xff"))
	if len(results) > 0 {
		t.Error(results)
	}
	secret := sealtest.Default().MustUnseal(t, out)
	if secret.Namespace != "rt-stage" || secret.Name != "greeting" || secret.Type != "Opaque" ||
		string(secret.Data["greeting"]) != "hello" || string(secret.Data["on"]) != "\x00\xff" || len(secret.Data) != 2 {
		t.Errorf("unsealed %v", secret)
	}
	s := sealed(t, out)[0]
	if s.TemplateName() != "greeting" || s.TemplateNamespace() != "rt-stage" || s.SecretType() != "Opaque" || s.Certificate() == "" {
		t.Errorf("the template lacks something:\n%s", out)
	}
	if _, results := fntest.Run(t, fn.Set{sealsecrets.Function}, fmt.Sprintf(
		"apiVersion: fn.eda-gitops.io/v1alpha1\nkind: SealSecrets\nmetadata: {name: seal}\nspec: {certificate: %q}", environment(t).Certificate), out); len(results) > 0 {
		t.Errorf("SealSecrets has something to say about it: %v", results)
	}
}

func TestTypes(t *testing.T) {
	pair := sealtest.TLSPair(t)
	for name, tc := range map[string]struct {
		reason string
		given  string
		values []string
		want   string
	}{
		"pull secret":     {reason: "its key says it", values: []string{".dockerconfigjson", `{"auths":{"registry.example.com":{}}}`}, want: "kubernetes.io/dockerconfigjson"},
		"TLS":             {reason: "its keys say it", values: []string{"tls.crt", string(pair.Certificate), "tls.key", string(pair.Key)}, want: "kubernetes.io/tls"},
		"given":           {reason: "what is said counts", given: "example.com/greeting", values: []string{".dockerconfigjson", "hello"}, want: "example.com/greeting"},
		"one key of more": {reason: "a pull secret has one key", values: []string{".dockerconfigjson", "hello", "a", "b"}, want: "Opaque"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, "", tc.values...)
			o.Type = tc.given
			out, _ := must(t, o)
			if secret := sealtest.Default().MustUnseal(t, out); string(secret.Type) != tc.want {
				t.Errorf("%s: type %s, expected %s", tc.reason, secret.Type, tc.want)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	for _, scope := range []sealsecrets.Scope{sealsecrets.ScopeStrict, sealsecrets.ScopeNamespaceWide, sealsecrets.ScopeClusterWide} {
		o := options(t, "", "greeting", "hello")
		o.Environment.Scope = scope
		out, _ := must(t, o)
		o.Existing, o.Values = []byte(out), map[string][]byte{"second": []byte("servus")}
		out, results := must(t, o)
		if len(results) > 0 {
			t.Error(results)
		}
		if data := sealtest.Default().MustUnseal(t, out).Data; string(data["greeting"]) != "hello" || string(data["second"]) != "servus" {
			t.Errorf("scope %s: unsealed %v", scope, data)
		}
	}
}

// file is a file as people keep it: with comments, blank lines, indents and
// quotes of their own, and more than one document.
func file(t testing.TB) (text, ciphertext string) {
	t.Helper()
	out, _ := must(t, options(t, "", "greeting", "hello"))
	ciphertext = sealed(t, out)[0].EncryptedData()["greeting"]
	return `# Sealed for stage.
---
apiVersion: v1
kind:   ConfigMap
metadata: {name: greeting}

data:
    a:   "b"   # as it is
---
# Two values.

apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
    creationTimestamp: null
    name: 'greeting'
    namespace: rt-stage
spec:
    encryptedData:
        # What the stores say.
        greeting: ` + ciphertext + ` # since May

        # What they said.
        old: "` + ciphertext + `"
    template:
        metadata:
            name: greeting
            namespace: rt-stage
...
`, ciphertext
}

// lines that stand in one text and not, in that number, in the other.
func changed(before, after string) (gone, come []string) {
	come = strings.Split(after, "\n")
	for line := range strings.SplitSeq(before, "\n") {
		if i := slices.Index(come, line); i >= 0 {
			come = slices.Delete(come, i, i+1)
			continue
		}
		gone = append(gone, line)
	}
	return gone, come
}

func TestMergeChangesOneLine(t *testing.T) {
	before, ciphertext := file(t)
	for name, tc := range map[string]struct {
		reason     string
		key        string
		gone, come string // with CIPHERTEXT in place of any
	}{
		"replaced":        {reason: "the comment behind the value stays", key: "greeting", gone: "        greeting: CIPHERTEXT # since May", come: "        greeting: CIPHERTEXT # since May"},
		"replaced quoted": {reason: "the quotes stay", key: "old", gone: `        old: "CIPHERTEXT"`, come: `        old: "CIPHERTEXT"`},
		"added":           {reason: "behind the last key, with its indent", key: "second", come: "        second: CIPHERTEXT"},
		"added quoted":    {reason: "YAML 1.1 takes it for true", key: "on", come: `        "on": CIPHERTEXT`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n"} {
				text := strings.ReplaceAll(before, "\n", eol)
				after, results := must(t, options(t, text, tc.key, "servus"))
				if len(results) > 0 {
					t.Error(results)
				}
				fresh := sealed(t, strings.ReplaceAll(after, "\r\n", "\n"))[0].EncryptedData()[tc.key]
				gone, come := changed(text, after)
				got := [2]string{strings.Join(gone, "|"), strings.Join(come, "|")}
				cr := strings.TrimSuffix(eol, "\n")
				want := [2]string{tc.gone, tc.come + cr}
				if tc.gone != "" {
					want[0] += cr
				}
				want[0] = strings.ReplaceAll(want[0], "CIPHERTEXT", ciphertext)
				want[1] = strings.ReplaceAll(want[1], "CIPHERTEXT", fresh)
				if got != want {
					t.Errorf("%s: changed lines\n%q\nexpected\n%q", tc.reason, got, want)
				}
			}
		})
	}
}

func TestMergeUnseals(t *testing.T) {
	before, _ := file(t)
	after, _ := must(t, options(t, before, "greeting", "servus", "third", "moin"))
	_, document, _ := strings.Cut(after, "# Two values.")
	data := sealtest.Default().MustUnseal(t, strings.ReplaceAll(document, "...", "")).Data
	for key, want := range map[string]string{"greeting": "servus", "old": "hello", "third": "moin"} {
		if string(data[key]) != want {
			t.Errorf("%s is %q, expected %q", key, data[key], want)
		}
	}
}

func TestMergeShapes(t *testing.T) {
	const head = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: greeting\n"
	for name, tc := range map[string]struct {
		reason string
		before string
		after  string // with CIPHERTEXT in place of the new one
	}{
		"folded":         {reason: "several lines become one", before: head + "spec:\n  encryptedData:\n    greeting: >-\n      AAAA\n      BBBB\n\n    b: AAAA\n", after: head + "spec:\n  encryptedData:\n    greeting: CIPHERTEXT\n\n    b: AAAA\n"},
		"below its key":  {reason: "a value on its own line", before: head + "spec:\n  encryptedData:\n    greeting:\n      AAAA\n    b: AAAA\n", after: head + "spec:\n  encryptedData:\n    greeting: CIPHERTEXT\n    b: AAAA\n"},
		"no value":       {reason: "a key that waits for its value", before: head + "spec:\n  encryptedData:\n    greeting:\n    b: AAAA\n", after: head + "spec:\n  encryptedData:\n    greeting: CIPHERTEXT\n    b: AAAA\n"},
		"behind folded":  {reason: "the last value has several lines", before: head + "spec:\n  encryptedData:\n    a: |-\n      AAAA\n\n  # end\n", after: head + "spec:\n  encryptedData:\n    a: |-\n      AAAA\n    greeting: CIPHERTEXT\n\n  # end\n"},
		"no end of line": {reason: "the last line is not complete", before: head + "spec:\n  encryptedData:\n    a: AAAA", after: head + "spec:\n  encryptedData:\n    a: AAAA\n    greeting: CIPHERTEXT\n"},
		"in a List":      {reason: "a List holds objects", before: "apiVersion: v1\nkind: List\nitems:\n- apiVersion: bitnami.com/v1alpha1\n  kind: SealedSecret\n  metadata: {name: greeting}\n  spec:\n    encryptedData:\n      a: AAAA\n", after: "apiVersion: v1\nkind: List\nitems:\n- apiVersion: bitnami.com/v1alpha1\n  kind: SealedSecret\n  metadata: {name: greeting}\n  spec:\n    encryptedData:\n      a: AAAA\n      greeting: CIPHERTEXT\n"},
	} {
		t.Run(name, func(t *testing.T) {
			after, _ := must(t, options(t, tc.before, "greeting", "hello"))
			var fresh string
			for line := range strings.SplitSeq(after, "\n") {
				if value, found := strings.CutPrefix(strings.TrimSpace(line), "greeting: "); found {
					fresh = value
				}
			}
			if want := strings.Replace(tc.after, "CIPHERTEXT", fresh, 1); after != want || fresh == "" {
				t.Errorf("%s:\n%s\nexpected\n%s", tc.reason, after, want)
			}
		})
	}
}

func TestAppends(t *testing.T) {
	other, _ := must(t, func() seal.Options { o := options(t, "", "a", "b"); o.Name = "other"; return o }())
	elsewhere := strings.ReplaceAll(strings.ReplaceAll(other, "other", "greeting"), "rt-stage", "rt-dev")
	for name, tc := range map[string]struct {
		reason string
		before string
		want   string // what stands in front of the new document
	}{
		"another object":    {reason: "each object is a document", before: other, want: other + "---\n"},
		"another namespace": {reason: "the same name elsewhere is another object", before: elsewhere, want: elsewhere + "---\n"},
		"comment alone":     {reason: "a comment is no document", before: "# Sealed for stage.\n", want: "# Sealed for stage.\n"},
		"separator at end":  {reason: "one is enough", before: other + "---\n", want: other + "---\n"},
		"no end of line":    {reason: "the last line is completed", before: strings.TrimSuffix(other, "\n"), want: other + "---\n"},
	} {
		t.Run(name, func(t *testing.T) {
			after, results := must(t, options(t, tc.before, "greeting", "hello"))
			document, found := strings.CutPrefix(after, tc.want)
			if !found || len(results) > 0 {
				t.Fatalf("%s: %v\n%s", tc.reason, results, after)
			}
			sealtest.Default().MustUnseal(t, document)
		})
	}
}

func TestRefuses(t *testing.T) {
	existing, _ := file(t)
	broken := func(old, with string) string { return strings.ReplaceAll(existing, old, with) }
	for name, tc := range map[string]struct {
		reason string
		change func(*seal.Options)
		want   string
	}{
		"no values":      {reason: "nothing to do is a mistake", change: func(o *seal.Options) { o.Values = nil }, want: "no value to seal"},
		"bad key":        {reason: "the API server refuses it", change: func(o *seal.Options) { o.Values["a b"] = []byte(marker) }, want: `"a b" is no data key`},
		"bad name":       {reason: "the API server refuses it", change: func(o *seal.Options) { o.Name = "Greeting" }, want: "no name for a Secret"},
		"no namespace":   {reason: "strict binds to it", change: func(o *seal.Options) { o.Environment.Namespace = "" }, want: "metadata.namespace"},
		"base namespace": {reason: "the base's is no environment", change: func(o *seal.Options) { o.Environment.Namespace = "ENVIRONMENT" }, want: "is no DNS label"},
		"certificate":    {reason: "unreadable", change: func(o *seal.Options) { o.Environment.Certificate = []byte("hello") }, want: "the certificate is no certificate that can be read"},
		"expired":        {reason: "kubeseal refuses it too", change: func(o *seal.Options) { o.Env.Now = sealtest.NotAfter.AddDate(0, 0, 1) }, want: "the certificate expired on 2036-01-01"},
		"no randomness":  {reason: "no session key", change: func(o *seal.Options) { o.Env.Rand = bytes.NewReader(nil) }, want: "cannot be sealed"},
		"pull secret":    {reason: "useless without auths", change: func(o *seal.Options) { o.Type = view.DockerConfigJSONType }, want: ".dockerconfigjson is missing"},
		"pull secret's text": {reason: "no JSON", change: func(o *seal.Options) {
			o.Type = view.DockerConfigJSONType
			o.Values[".dockerconfigjson"] = []byte(marker)
		}, want: ".dockerconfigjson is not JSON"},
		"half a pair": {reason: "the other half is sealed and cannot be compared", change: func(o *seal.Options) { o.Type = view.TLSType; o.Values["tls.key"] = []byte(marker) }, want: "tls.crt is missing"},
		"half a pair again": {reason: "nor in what is there", change: func(o *seal.Options) {
			o.Existing = []byte(broken("    template:\n", "    template:\n        type: kubernetes.io/tls\n"))
			o.Values["tls.key"] = []byte(marker)
		}, want: "come as a pair"},
		"other type": {reason: "a Secret's type cannot change", change: func(o *seal.Options) { o.Existing, o.Type = []byte(existing), view.TLSType }, want: "spec.template.type: is Opaque"},
		"moved": {reason: "what is there cannot be unsealed", change: func(o *seal.Options) {
			o.Existing = []byte(broken("            name: greeting", "            name: other"))
		}, want: `was sealed for "other"`},
		"plain one": {reason: "the SealedSecret becomes this Secret", change: func(o *seal.Options) {
			o.Existing = []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: greeting}\nstringData: {a: " + marker + "}\n")
		}, want: "holds the plain Secret"},
		"twice":     {reason: "which one?", change: func(o *seal.Options) { o.Existing = []byte(existing + "---\n" + existing) }, want: "more than once"},
		"JSON":      {reason: "kubeseal writes it by default", change: func(o *seal.Options) { o.Existing = []byte(`{"kind": "SealedSecret"}`) }, want: "is JSON"},
		"no YAML":   {reason: "its text may be a value", change: func(o *seal.Options) { o.Existing = []byte("a: *" + marker) }, want: "no YAML that can be read"},
		"no object": {reason: "a text file", change: func(o *seal.Options) { o.Existing = []byte(marker) }, want: "no object"},
		"flow style": {reason: "there is no line to change", change: func(o *seal.Options) {
			o.Existing = []byte("kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nmetadata: {name: greeting}\nspec: {encryptedData: {a: AAAA}}\n")
		}, want: "one line"},
		"no data yet": {reason: "there is no indent to follow", change: func(o *seal.Options) {
			o.Existing = []byte("kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nmetadata: {name: greeting}\nspec:\n  encryptedData: {}\n")
		}, want: "one line"},
		"too large": {reason: "no cluster takes it", change: func(o *seal.Options) { o.Values["large"] = bytes.Repeat([]byte(marker), 50_000) }, want: "at most 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, "", "greeting", marker)
			tc.change(&o)
			out, results := seal.Seal(o)
			if !results.Failed() || out != nil {
				t.Fatalf("%s: not refused: %v\n%s", tc.reason, results, out)
			}
			if text := fmt.Sprint(results); !strings.Contains(text, tc.want) || strings.Contains(text, marker) {
				t.Errorf("%s: %v, expected %q", tc.reason, results, tc.want)
			}
		})
	}
}

func TestWarns(t *testing.T) {
	existing, _ := must(t, options(t, "", "a", "hello", "b", "hello"))
	another := sealtest.New()
	t.Run("scope of the file", func(t *testing.T) {
		o := options(t, existing, "a", "servus")
		o.Environment.Scope = sealsecrets.ScopeClusterWide
		out, results := must(t, o)
		if len(results) != 1 || !strings.Contains(results[0].Message, "is sealed strict") {
			t.Error(results)
		}
		sealtest.Default().MustUnseal(t, out)
	})
	t.Run("some keys with a new certificate", func(t *testing.T) {
		o := options(t, existing, "a", "servus")
		o.Environment.Certificate = []byte(another.Certificate(t))
		out, results := must(t, o)
		if len(results) != 1 || !strings.Contains(results[0].Message, "another certificate") {
			t.Error(results)
		}
		if before, after := sealed(t, existing)[0].Certificate(), sealed(t, out)[0].Certificate(); before != after {
			t.Error("the annotation names a certificate that did not seal all keys")
		}
	})
	t.Run("all keys with a new certificate", func(t *testing.T) {
		o := options(t, existing, "a", "servus", "b", "servus")
		o.Environment.Certificate = []byte(another.Certificate(t))
		out, results := must(t, o)
		if len(results) > 0 {
			t.Error(results)
		}
		if before, after := sealed(t, existing)[0].Certificate(), sealed(t, out)[0].Certificate(); before == after {
			t.Error("the annotation still names the old certificate")
		}
		another.MustUnseal(t, out)
	})
	t.Run("large", func(t *testing.T) {
		_, results := must(t, options(t, existing, "large", strings.Repeat("x", 200_000)))
		if len(results) != 1 || !strings.Contains(results[0].Message, "server-side apply") {
			t.Error(results)
		}
	})
}

// FuzzSeal seals into any file: it is refused, or one SealedSecret has the new
// value and everything else is as before.
func FuzzSeal(f *testing.F) {
	text, _ := file(f)
	f.Add(text, "greeting")
	f.Add(text, "second")
	f.Add("", "a")
	f.Add("# c\n", "on")
	f.Add("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: greeting\nspec:\n  encryptedData:\n    greeting: >-\n      AAAA\n", "greeting")
	f.Fuzz(func(t *testing.T, existing, key string) {
		out, results := seal.Seal(options(t, existing, key, marker))
		if strings.Contains(fmt.Sprint(results), marker) && !strings.Contains(existing+key, marker) {
			t.Fatal("the value is in a message")
		}
		if results.Failed() {
			return
		}
		before, after := documents(t, existing), documents(t, string(out))
		differ := 0
		for i, document := range after {
			if i >= len(before) || document != before[i] {
				differ++
			}
		}
		if differ != 1 || len(after) < len(before) {
			t.Fatalf("%d of %d documents differ, before there were %d:\n%s", differ, len(after), len(before), out)
		}
	})
}

// documents returns the objects of a file, written anew without comments: one
// at the end of a file goes with another node when a document comes behind it.
func documents(t testing.TB, text string) []string {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var out []string
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); err != nil {
			return out
		}
		if o := view.OfNode(&document); !o.IsZero() {
			uncommented(o.Node())
			written, err := o.RNode().String()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, written)
		}
	}
}

func uncommented(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment = "", "", ""
	for _, child := range node.Content {
		uncommented(child)
	}
}
