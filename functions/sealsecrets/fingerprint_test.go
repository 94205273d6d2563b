package sealsecrets_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"strings"
	"testing"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

// keySpec is the config's part about the fingerprint key.
const keySpec = "  fingerprintKeyFrom: {secretKeyRef: {name: fingerprint-key, key: key}}"

// keyItem is the item that holds a fingerprint key.
func keyItem(key []byte) string {
	return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: fingerprint-key, annotations: {config.kubernetes.io/local-config: \"true\"}}\ndata: {key: " +
		base64.StdEncoding.EncodeToString(key) + "}\n"
}

func newKey(t testing.TB) []byte {
	t.Helper()
	key := make([]byte, sealsecrets.KeyBytes)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	return key
}

// machine is one run of the function, with randomness of its own.
type machine struct {
	certificate string
	key         []byte
	more        []string
}

func (m machine) render(t testing.TB, in string) (view.SealedSecret, string, fn.Results) {
	t.Helper()
	lines := m.more
	if m.key != nil {
		lines = append([]string{keySpec}, lines...)
		in += keyItem(m.key)
	}
	c, results := functions.Decode(fntest.Items(t, config(m.certificate, lines...))[0])
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	items, results := fn.Apply(c, fn.Env{Now: fntest.Now, Rand: rand.Reader}, fntest.Items(t, in))
	all := view.SealedSecrets(items)
	if results.Failed() || len(all) != 1 {
		return view.SealedSecret{}, "", results
	}
	if plain := view.Secrets(items); len(plain) > 0 {
		t.Fatalf("a plain Secret is left: %v", plain[0].Ref())
	}
	text, err := all[0].RNode().String()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], text, results
}

func secretOf(values string, more ...string) string {
	return "apiVersion: v1\nkind: Secret\nmetadata: {name: greeting, namespace: rt-dev}\nstringData: {" + values + "}\n" + strings.Join(more, "\n") + "\n"
}

// changedKeys returns the data keys whose ciphertext or tags differ.
func changedKeys(before, after view.SealedSecret) string {
	var out []string
	a, b, at, bt := before.EncryptedData(), after.EncryptedData(), before.Fingerprints(), after.Fingerprints()
	for key := range b {
		if a[key] != b[key] || at[key] != bt[key] {
			out = append(out, key)
		}
	}
	for key := range a {
		if _, found := b[key]; !found {
			out = append(out, "-"+key)
		}
	}
	return strings.Join(out, " ")
}

func TestTwoMachinesWithOneKey(t *testing.T) {
	m := machine{certificate: sealtest.Default().Certificate(t), key: newKey(t)}
	in := secretOf("a: hello, b: hello, c: ''")
	first, text, results := m.render(t, in)
	if len(results) > 0 {
		t.Error(results)
	}
	if _, again, _ := m.render(t, in); again != text {
		t.Error("two renders of a plain Secret with one key differ")
	}
	if _, again, _ := m.render(t, text+"---\n"+in); again != text {
		t.Error("a render beside the SealedSecret changes it")
	}
	if _, other, _ := (machine{certificate: m.certificate, key: newKey(t)}).render(t, in); other == text {
		t.Error("another key gives the same")
	}
	data, tags := first.EncryptedData(), first.Fingerprints()
	if data["a"][len(data["a"])-8:] == data["b"][len(data["b"])-8:] || tags["a"] == tags["b"] || tags["a"].Value == tags["a"].Ciphertext {
		t.Error("equal values look equal")
	}
	if secret := sealtest.Default().MustUnseal(t, text); string(secret.Data["a"]) != "hello" || string(secret.Data["b"]) != "hello" || len(secret.Data["c"]) > 0 {
		t.Errorf("unsealed %v", secret.Data)
	}
}

func TestOneChangedValue(t *testing.T) {
	m := machine{certificate: sealtest.Default().Certificate(t), key: newKey(t)}
	first, text, _ := m.render(t, secretOf("a: hello, b: hello"))
	second, changed, results := m.render(t, text+"---\n"+secretOf("a: servus, b: hello"))
	if len(results) > 0 || changedKeys(first, second) != "a" {
		t.Errorf("changed: %q, %v", changedKeys(first, second), results)
	}
	if _, again, _ := m.render(t, text+"---\n"+secretOf("a: servus, b: hello")); again != changed {
		t.Error("two machines change it differently")
	}
	if secret := sealtest.Default().MustUnseal(t, changed); string(secret.Data["a"]) != "servus" || string(secret.Data["b"]) != "hello" {
		t.Errorf("unsealed %v", secret.Data)
	}
	third, _, _ := m.render(t, changed+"---\n"+secretOf("a: hello, b: hello"))
	if third.EncryptedData()["a"] == first.EncryptedData()["a"] {
		t.Error("a value that comes back looks as it did before")
	}
	fourth, _, results := m.render(t, text+"---\n"+secretOf("a: hello, new: hello"))
	if keys := changedKeys(first, fourth); keys != "new -b" || len(results) != 1 || !strings.Contains(results[0].Message, "loses b") {
		t.Errorf("changed: %q, %v", keys, results)
	}
	for lines := range strings.SplitSeq(text, "\n") {
		if strings.Contains(changed, lines) || strings.Contains(lines, "fingerprints") || strings.HasPrefix(strings.TrimSpace(lines), "a:") {
			continue
		}
		t.Errorf("another line changed: %s", lines)
	}
}

func TestMergeRefuses(t *testing.T) {
	key := newKey(t)
	certificate := sealtest.Default().Certificate(t)
	_, text, _ := machine{certificate: certificate, key: key}.render(t, secretOf("a: hello"))
	_, immutable, _ := machine{certificate: certificate, key: key}.render(t, secretOf("a: hello", "immutable: true"))
	for name, tc := range map[string]struct {
		reason string
		m      machine
		in     string
		want   string
	}{
		"no key":       {reason: "the value may be the older one", m: machine{certificate: certificate}, in: text + "---\n" + secretOf("a: hello"), want: "without a fingerprint key"},
		"other key":    {reason: "somebody else sealed it", m: machine{certificate: certificate, key: newKey(t)}, in: text + "---\n" + secretOf("a: hello"), want: "without this fingerprint key (a)"},
		"type":         {reason: "Kubernetes does not change it", m: machine{certificate: certificate, key: key}, in: text + "---\n" + secretOf("a: hello", "type: example.com/greeting"), want: "a Secret's type cannot change"},
		"immutable":    {reason: "nor a value then", m: machine{certificate: certificate, key: key}, in: immutable + "---\n" + secretOf("a: servus", "immutable: true"), want: "no value of the Secret can change"},
		"bad value":    {reason: "is said before anything else", m: machine{certificate: certificate, key: key}, in: text + "---\n" + secretOf("a: 12"), want: "is no string to YAML"},
		"other tagged": {reason: "tags of another data key are none", m: machine{certificate: certificate, key: key}, in: strings.Replace(text, "a=", "b=", 1) + "---\n" + secretOf("a: hello"), want: "without this fingerprint key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, results := tc.m.render(t, tc.in)
			if !results.Failed() || !strings.Contains(fmt.Sprint(results), tc.want) || strings.Contains(fmt.Sprint(results), "hello") {
				t.Errorf("%s: %v", tc.reason, results)
			}
		})
	}
}

// A ciphertext of another tool, with our tags copied to it, is not kept.
func TestForeignCiphertext(t *testing.T) {
	m := machine{certificate: sealtest.Default().Certificate(t), key: newKey(t)}
	sealed, text, _ := m.render(t, secretOf("a: hello"))
	foreign, err := crypto.HybridEncrypt(rand.Reader, &sealtest.Default().Private().PublicKey, []byte("hello"), []byte("rt-dev/greeting"))
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, sealed.EncryptedData()["a"], base64.StdEncoding.EncodeToString(foreign), 1)
	if _, _, results := m.render(t, text+"---\n"+secretOf("a: hello")); !strings.Contains(fmt.Sprint(results), "without this fingerprint key (a)") {
		t.Error(results)
	}
}

// What is new is sealed without a key too; what is on both sides is not.
func TestNewKeyWithoutFingerprintKey(t *testing.T) {
	m := machine{certificate: sealtest.Default().Certificate(t)}
	_, text, _ := m.render(t, secretOf("a: hello"))
	sealed, _, results := m.render(t, text+"---\n"+secretOf("b: hello"))
	if results.Failed() || len(sealed.EncryptedData()) != 1 || sealed.EncryptedData()["b"] == "" {
		t.Errorf("%v", results)
	}
	if _, tagged := sealed.Annotation(view.FingerprintsAnnotation); tagged {
		t.Error("there are tags without a key")
	}
}

func TestCertificateChanges(t *testing.T) {
	other := sealtest.New()
	key := newKey(t)
	first, text, _ := machine{certificate: sealtest.Default().Certificate(t), key: key}.render(t, secretOf("a: hello, b: hello"))
	now := machine{certificate: other.Certificate(t), key: key}
	kept, same, results := now.render(t, text+"---\n"+secretOf("a: hello, b: hello"))
	if same != text || changedKeys(first, kept) != "" || !strings.Contains(fmt.Sprint(results), "was sealed with another one") {
		t.Errorf("unchanged values are not kept: %v", results)
	}
	mixed, mixedText, results := now.render(t, text+"---\n"+secretOf("a: servus, b: hello"))
	if changedKeys(first, mixed) != "a" || mixed.Certificate() != first.Certificate() || !strings.Contains(fmt.Sprint(results), "was sealed with another one") {
		t.Errorf("%q, %v", changedKeys(first, mixed), results)
	}
	if _, again, _ := now.render(t, mixedText+"---\n"+secretOf("a: servus, b: hello")); again != mixedText {
		t.Error("what two certificates sealed is not kept")
	}
	renewed, renewedText, _ := now.render(t, mixedText+"---\n"+secretOf("a: hello, b: servus"))
	if changedKeys(mixed, renewed) == "" || renewed.Certificate() == first.Certificate() {
		t.Error("all keys are renewed, and the annotation names the old certificate")
	}
	other.MustUnseal(t, renewedText)
}

func TestScopeChanges(t *testing.T) {
	m := machine{certificate: sealtest.Default().Certificate(t), key: newKey(t)}
	_, text, _ := m.render(t, secretOf("a: hello"))
	m.more = []string{"  scope: namespace-wide"}
	sealed, wide, results := m.render(t, text+"---\n"+secretOf("a: hello"))
	if results.Failed() || sealed.Scope() != view.ScopeNamespaceWide {
		t.Fatalf("%v\n%s", results, wide)
	}
	sealtest.Default().MustUnseal(t, wide)
}

func TestParseKey(t *testing.T) {
	key := newKey(t)
	for name, text := range map[string][]byte{
		"bytes": key, "hex": []byte(hex.EncodeToString(key) + "\n"), "base64": []byte(base64.StdEncoding.EncodeToString(key) + "\n"),
	} {
		if _, err := sealsecrets.ParseKey(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string][]byte{"short": key[1:], "empty": nil, "words": []byte("hello, this is a very long text that is no key")} {
		if _, err := sealsecrets.ParseKey(text); err == nil || strings.Contains(err.Error(), "hello") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Guesses of a secret that people choose fail without the key, also for those
// who have all that is committed.
func TestDictionary(t *testing.T) {
	const words = 10_000
	dictionary := make([]string, words)
	for i := range dictionary {
		dictionary[i] = fmt.Sprintf("word%04d", i)
	}
	secret := dictionary[words/2]
	m := machine{certificate: sealtest.Default().Certificate(t), key: newKey(t)}
	sealed, text, results := m.render(t, secretOf("password: "+secret))
	if results.Failed() {
		t.Fatal(results)
	}
	// targets is everything in the output that is long enough to tell a guess,
	// and what it holds in base64 and hex.
	targets := map[string]bool{}
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n\t:,=.\"'{}", r) }) {
		targets[field] = true
		for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
			if decoded, err := decode(field); err == nil {
				targets[string(decoded)] = true
			}
		}
	}
	ciphertext := sealed.EncryptedData()["password"]
	raw, _ := base64.StdEncoding.DecodeString(ciphertext)
	sum := sha256.Sum256([]byte(ciphertext))
	tag := sealed.Fingerprints()["password"]
	contexts := [][]byte{nil, []byte("rt-dev/greeting"), []byte("password"), []byte("greeting"), []byte("rt-dev"), sum[:], raw[:32], []byte(tag.Ciphertext), []byte(sealed.Certificate()), make([]byte, sealsecrets.KeyBytes)}
	guessed, err := sealsecrets.ParseKey(raw[2 : 2+sealsecrets.KeyBytes])
	if err != nil {
		t.Fatal(err)
	}
	binding := sealsecrets.Binding{Certificate: sealed.Certificate(), Scope: sealsecrets.ScopeStrict, Namespace: "rt-dev", Name: "greeting", Key: "password"}
	hashes := []func() hash.Hash{sha256.New, sha1.New, md5.New, sha512.New}
	for _, word := range dictionary {
		tries := [][]byte{[]byte(word)}
		for _, context := range contexts {
			for _, h := range hashes {
				plain := h()
				plain.Write(append(append([]byte{}, context...), word...))
				keyed := hmac.New(h, context)
				keyed.Write([]byte(word))
				tries = append(tries, plain.Sum(nil), keyed.Sum(nil))
			}
		}
		guess := guessed.Fingerprint(binding, ciphertext, []byte(word))
		tries = append(tries, []byte(guess.Value), []byte(guess.Ciphertext))
		for _, try := range tries {
			if targets[string(try)] || bytes.Contains(raw, try) {
				t.Fatalf("%q can be told from what is committed", word)
			}
		}
	}
	// The test can fail: who has the key tells the word.
	key, err := sealsecrets.ParseKey(m.key)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, word := range dictionary {
		if key.Match(binding, []string{sealed.Certificate()}, tag, ciphertext, []byte(word)) == sealsecrets.Same {
			found++
		}
	}
	if found != 1 || maps.Equal(targets, map[string]bool{}) {
		t.Errorf("%d words match with the key", found)
	}
}
