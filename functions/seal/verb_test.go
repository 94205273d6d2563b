package seal_test

import (
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/seal"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

// environmentShell is a shell with an environment in stage/.
func environmentShell(t *testing.T, spec string) shell {
	t.Helper()
	s := newShell(t)
	s.write(t, "cluster.pem", certificateNow(t, sealtest.Default()))
	s.must(t, "mkdir -p stage/sealed; eda-fn seal cert cluster.pem --into stage/cert.yaml")
	s.write(t, "stage/kustomization.yaml", "resources: [cert.yaml, sealed/db.yaml]\ntransformers: [fn.yaml]\n")
	s.write(t, "stage/fn.yaml", `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Pipeline
metadata:
  name: stage
  annotations: {config.kubernetes.io/function: "exec: {path: eda-fn}"}
spec:
  steps:
  - kind: InjectNamespace
    spec: {namespace: rt-stage}
  - kind: SealSecrets
    spec:
      certificateFrom: {configMapKeyRef: {name: sealing-certificate, key: cert.pem}}
`+spec)
	return s
}

func TestVerbRefuses(t *testing.T) {
	s := environmentShell(t, "")
	value := random(t)
	s.env = append(s.env, "V="+value)
	s.write(t, "value", value)
	s.write(t, "bad.env", "a="+value+"\n"+value+"\n")
	s.write(t, "expired.pem", sealtest.Default().CertificateFor(t, sealtest.NotBefore.AddDate(-2, 0, 0), sealtest.NotBefore.AddDate(-1, 0, 0)))
	s.write(t, "short.key", value[1:])
	s.must(t, "eda-fn seal key stage.key; eda-fn seal key other.key")
	s.must(t, "eda-fn seal db --env stage --key-file stage.key --from-file a=value --into stage/sealed/db.yaml")
	for name, tc := range map[string]struct {
		reason, command, want string
	}{
		"literal":         {"the shell's history has it", `eda-fn seal db --env stage --from-literal a="$V"`, "--from-literal leaves the value in the shell's history"},
		"value as a file": {"the commonest slip", `eda-fn seal db --env stage --from-file "$V"`, "takes KEY=FILE"},
		"no value":        {"nothing to do", "eda-fn seal db --env stage", "there is no value to seal"},
		"twice":           {"which one?", "eda-fn seal db --env stage --from-file a=value --from-file a=value", "the key a is given twice"},
		"stdin twice":     {"there is one", `printf %s "$V" | eda-fn seal db --env stage --from-file a=- --from-file b=-`, "stdin is read for a and for b"},
		"env file":        {"a line without a key", "eda-fn seal db --env stage --from-env-file bad.env", "line 2 is not KEY=VALUE"},
		"no password":     {"half a login", "eda-fn seal db --env stage --docker-server a --docker-username b", "--docker-password-file is missing"},
		"no server":       {"half a login", "eda-fn seal db --env stage --docker-username b --docker-password-file value", "--docker-server is missing"},
		"foreign":         {"somebody else sealed it", "eda-fn seal db --env stage --key-file other.key --from-file a=value --into stage/sealed/db.yaml", "--reseal a seals it over"},
		"reseal all":      {"a value is missing", "eda-fn seal db --env stage --from-file b=value --reseal all --into stage/sealed/db.yaml", "there is no value for a to seal again"},
		"reseal unknown":  {"a slip of the key", "eda-fn seal db --env stage --from-file a=value --reseal aa --into stage/sealed/db.yaml", "there is no value for aa"},
		"bad key":         {"no 32 bytes", "eda-fn seal db --env stage --key-file short.key --from-file a=value", "is no fingerprint key"},
		"raw and into":    {"two outputs", "eda-fn seal db --env stage --raw --into x --from-file a=value", "keep one of the two"},
		"raw of two":      {"which one?", "eda-fn seal db --env stage --raw --from-file a=value --from-file b=value", "there are 2 values"},
		"expired":         {"kubeseal refuses it", "eda-fn seal cert expired.pem", "expired on"},
		"no certificate":  {"a value by mistake", "eda-fn seal cert value", "is no certificate that can be read"},
		"into another":    {"the file is somebody's", "eda-fn seal cert cluster.pem --into stage/fn.yaml", "expected the ConfigMap sealing-certificate"},
		"key is there":    {"what it sealed would be foreign", "eda-fn seal key stage.key", "is there already"},
		"old rotation":    {"to a certificate of yesterday", "eda-fn seal rotate stage --cert expired.pem", "expired on"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, err := s.run(t, tc.command)
			if err == nil || stdout != "" || !strings.Contains(stderr, tc.want) || strings.Contains(stderr, value) {
				t.Errorf("%s: %v, stdout %q, stderr %q; expected %q", tc.reason, err, stdout, stderr, tc.want)
			}
		})
	}
	holdsNot(t, s.dir, value, "value", "bad.env", "short.key")
}

func TestVerbWays(t *testing.T) {
	s := environmentShell(t, "")
	value := random(t)
	s.env = append(s.env, "V="+value)
	s.write(t, "value", value)
	for name, tc := range map[string]struct {
		reason, flags, key string
		kind               string
	}{
		"forced literal": {"whoever wants it", `--force --from-literal a="$V"`, "a", "Opaque"},
		"file":           {"as it is", "--from-file a=value", "a", "Opaque"},
		"env file": {"one of its lines", `--from-env-file /dev/fd/3 3<<END
# comment
a=$V
END`, "a", "Opaque"},
		"type": {"as it is said", "--type example.com/a --from-file a=value", "a", "example.com/a"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr := s.must(t, "eda-fn seal db --env stage "+tc.flags)
			secret := sealtest.Default().MustUnseal(t, stdout)
			if string(secret.Data[tc.key]) != value || string(secret.Type) != tc.kind || strings.Contains(stdout+stderr, value) {
				t.Errorf("%s: unsealed %s %d bytes, %s", tc.reason, secret.Type, len(secret.Data[tc.key]), stderr)
			}
		})
	}
	raw, _ := s.must(t, "eda-fn seal db --env stage --raw --from-file a=value")
	if _, err := base64.StdEncoding.DecodeString(strings.TrimSpace(raw)); err != nil || strings.Contains(raw, "kind") {
		t.Errorf("--raw prints %q", raw)
	}
	if stdout, _ := s.must(t, "eda-fn seal --env stage --from-file a=value -- key"); !strings.Contains(stdout, "name: key") {
		t.Errorf("a Secret that is called key: %s", stdout)
	}
}

// With the key, a value that has not changed keeps the file as it is, and one
// that somebody else sealed is sealed over when that is said.
func TestVerbWithKey(t *testing.T) {
	s := environmentShell(t, "      scopes: {rt-stage/db: namespace-wide}\n")
	s.must(t, "eda-fn seal key stage.key; printf hello > value; printf servus > other")
	const file = "stage/sealed/db.yaml"
	s.must(t, "eda-fn seal db --env stage --from-file a=value --from-file b=value --into "+file)
	if secret := sealtest.Default().MustUnseal(t, s.read(t, file)); secret.Annotations["sealedsecrets.bitnami.com/namespace-wide"] != "true" && !strings.Contains(s.read(t, file), "namespace-wide") {
		t.Error("the scope is not the one of scopes")
	}
	if strings.Contains(s.read(t, file), "fingerprints") {
		t.Error("there are tags without a key")
	}
	s.must(t, "eda-fn seal db --env stage --key-file stage.key --reseal db --from-file a=value --from-file b=value --into "+file)
	before := s.read(t, file)
	s.must(t, "eda-fn seal db --env stage --key-file stage.key --from-file a=value --from-file b=value --into "+file)
	if s.read(t, file) != before {
		t.Error("unchanged values change the file")
	}
	s.must(t, "eda-fn seal db --env stage --key-file stage.key --from-file a=other --from-file b=value --into "+file)
	was, is := sealed(t, before)[0], sealed(t, s.read(t, file))[0]
	if was.EncryptedData()["a"] == is.EncryptedData()["a"] || was.EncryptedData()["b"] != is.EncryptedData()["b"] || was.Fingerprints()["b"] != is.Fingerprints()["b"] {
		t.Error("not the changed value alone has changed")
	}
	s.must(t, "eda-fn seal db --env stage --from-file b=other --into "+file)
	if tags := sealed(t, s.read(t, file))[0].Fingerprints(); len(tags) != 1 {
		t.Errorf("sealed without the key, b has tags: %v", tags)
	}
	s.must(t, "eda-fn seal db --env stage --from-file a=other --into "+file)
	if strings.Contains(s.read(t, file), "fingerprints") {
		t.Error("the annotation stays without tags")
	}
	sealtest.Default().MustUnseal(t, s.read(t, file))
}

// What an outer kustomization breaks is found on its build.
func TestOuterPrefix(t *testing.T) {
	s := environmentShell(t, "")
	s.must(t, "printf hello | eda-fn seal db --env stage --from-file a=- --into stage/sealed/db.yaml")
	s.write(t, "outer/kustomization.yaml", "resources: [../stage]\nnamePrefix: blue-\n")
	for _, command := range []string{"eda-fn seal check outer", "eda-fn build outer --enable-exec | eda-fn guard -"} {
		stdout, stderr, err := s.run(t, command)
		if err == nil || stdout != "" || !strings.Contains(stderr, `metadata.name: is "blue-db", but it was sealed for "db"`) {
			t.Errorf("%s: %v\n%s%s", command, err, stdout, stderr)
		}
	}
	s.must(t, "eda-fn build stage -o rendered/; eda-fn seal check rendered; eda-fn seal check rendered --cert cluster.pem; eda-fn guard $(find rendered -name '*.yaml')")
	if out, _ := s.must(t, "eda-fn seal check stage"); !strings.Contains(out, "rt-stage/db  strict  Opaque  a     current      by static rules") {
		t.Errorf("check:\n%s", out)
	}
	s.write(t, "renewed.pem", certificateNow(t, sealtest.New()))
	if out, stderr := s.must(t, "eda-fn seal check stage --cert renewed.pem"); !strings.Contains(out, "another") || !strings.Contains(stderr, "seal rotate") {
		t.Errorf("check:\n%s%s", out, stderr)
	}
}

func TestGuardVerb(t *testing.T) {
	s := environmentShell(t, "      guard: {allow: [{kind: ConfigMap, name: settings, reason: of the test}]}\n")
	const settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {password: hello}\n"
	s.write(t, "settings.yaml", settings)
	s.write(t, "plain.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: hello}\n")
	s.write(t, "good.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}")
	s.write(t, "empty.yaml", "# nothing\n")
	s.write(t, "text.yaml", "hello")
	for _, command := range []string{"settings.yaml", "plain.yaml", "good.yaml settings.yaml", "empty.yaml", "text.yaml", "missing.yaml", "good.yaml --config good.yaml", ""} {
		if stdout, stderr, err := s.run(t, "eda-fn guard "+command); err == nil || stdout != "" || stderr == "" {
			t.Errorf("guard %s: %v\n%s%s", command, err, stdout, stderr)
		}
	}
	if out, _ := s.must(t, "eda-fn guard settings.yaml good.yaml --config stage/fn.yaml"); !strings.HasPrefix(out, settings+"---\n") {
		t.Errorf("the stream is not passed on:\n%s", out)
	}
}

// No temp file stays behind, and no value is in one: the shell's TMPDIR is the
// folder that is looked through.
func TestNoValueAnywhere(t *testing.T) {
	s := environmentShell(t, "")
	value := random(t)
	s.env = append(s.env, "V="+value)
	stdout, stderr := s.must(t, `printf %s "$V" | eda-fn seal db --env stage --from-file a=- --into stage/sealed/db.yaml; eda-fn build stage; eda-fn seal check stage`)
	if strings.Contains(stdout+stderr, value) {
		t.Error("a value is in the output")
	}
	for _, form := range []string{value, base64.StdEncoding.EncodeToString([]byte(value))} {
		holdsNot(t, s.dir, form)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "stage/sealed/*")); len(left) != 1 {
		t.Errorf("files beside the SealedSecret: %v", left)
	}
}

func TestParseEnvFile(t *testing.T) {
	values, err := seal.ParseEnvFile([]byte("\ufeff# c\n\na=b=c \r\n  b=\"q\"\nc=\n"))
	if err != nil || string(values["a"]) != "b=c " || string(values["b"]) != `"q"` || len(values["c"]) > 0 || len(values) != 3 {
		t.Errorf("%q %v", values, err)
	}
	for _, text := range []string{"", marker, "a=1\na=" + marker, "a b=" + marker} {
		if _, err := seal.ParseEnvFile([]byte(text)); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDockerLogin(t *testing.T) {
	text, err := seal.DockerLogin{Server: "cp.icr.io", Username: "cp", Password: []byte(marker)}.Config()
	if err != nil {
		t.Fatal(err)
	}
	var config struct{ Auths map[string]map[string]string }
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	auth, _ := base64.StdEncoding.DecodeString(config.Auths["cp.icr.io"]["auth"])
	if string(auth) != "cp:"+marker || config.Auths["cp.icr.io"]["password"] != marker {
		t.Errorf("%s", text)
	}
}

// The flow of values that stay at hand, as SealSecrets' README has it: two
// renders are equal, and beside what is committed one value changes one key.
func TestGenerated(t *testing.T) {
	s := environmentShell(t, "      fingerprintKeyFrom: {secretKeyRef: {name: fingerprint-key, key: key}}\n")
	kustomization := func(resources string) string {
		return "resources: [cert.yaml" + resources + `]
transformers: [fn.yaml]
secretGenerator:
- name: fingerprint-key
  files: [key=stage.key]
  options: {disableNameSuffixHash: true, annotations: {config.kubernetes.io/local-config: "true"}}
- name: db
  envs: [db.env]
  options: {disableNameSuffixHash: true}
`
	}
	s.write(t, "stage/kustomization.yaml", kustomization(""))
	s.write(t, "stage/db.env", "a=hello\nb=hello\n")
	s.must(t, "eda-fn seal key stage/stage.key")
	first, _ := s.must(t, "eda-fn build stage")
	again, stderr := s.must(t, "eda-fn build stage")
	if first != again || stderr != "" || strings.Contains(first, "fingerprint-key") {
		t.Errorf("two renders differ, or warn: %s\n%s", stderr, first)
	}
	s.write(t, "stage/sealed/db.yaml", first)
	s.write(t, "stage/kustomization.yaml", kustomization(", sealed/db.yaml"))
	if same, _ := s.must(t, "eda-fn build stage"); same != first {
		t.Errorf("beside what is committed it changes:\n%s", same)
	}
	s.write(t, "stage/db.env", "a=hello\nb=servus\n")
	changed, _ := s.must(t, "eda-fn build stage")
	was, is := sealed(t, first)[0].EncryptedData(), sealed(t, changed)[0].EncryptedData()
	if was["a"] != is["a"] || was["b"] == is["b"] {
		t.Error("not the changed value alone has changed")
	}
	if secret := sealtest.Default().MustUnseal(t, changed); string(secret.Data["b"]) != "servus" {
		t.Error("the changed value is not what was sealed")
	}
}
