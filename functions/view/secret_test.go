package view

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func TestSecretValues(t *testing.T) {
	for name, tc := range map[string]struct {
		reason  string
		in      string
		want    string // the value of a
		problem string // path and message of the one problem
	}{
		"base64":     {reason: "data is encoded", in: "data: {a: aGVsbG8=}", want: "hello"},
		"text":       {reason: "stringData is not, and wins", in: "data: {a: aGVsbG8=}\nstringData: {a: servus}", want: "servus"},
		"null":       {reason: "is empty", in: "data: {a: }"},
		"quoted":     {reason: "a number in quotes is a string", in: "stringData: {a: '0755'}", want: "0755"},
		"no base64":  {reason: "the value stays out of the message", in: "data: {a: hello!}", problem: "data.a not base64 (value withheld)"},
		"number":     {reason: "kustomize would hand over 493", in: "stringData: {a: 0755}", problem: "stringData.a is no string to YAML; quote it (value withheld)"},
		"map":        {reason: "no value", in: "stringData: {a: {b: c}}", problem: "stringData.a is a map or a list; expected a string (value withheld)"},
		"list":       {reason: "no keys", in: "data: [a]", problem: "data is no map of keys and values (value withheld)"},
		"odd key":    {reason: "the API server refuses it", in: "data: {..a: aGVsbG8=}", problem: "data[..a] " + DataKeyRule},
		"number key": {reason: "kustomize would hand over 493", in: "data: {0755: aGVsbG8=}", problem: "data.0755 the key is no string to YAML; quote it"},
	} {
		t.Run(name, func(t *testing.T) {
			secret, ok := AsSecret(Of(yaml.MustParse("apiVersion: v1\nkind: Secret\nmetadata: {name: greeting}\n" + tc.in)))
			if !ok {
				t.Fatal("is no Secret")
			}
			values, problems := secret.Values()
			if tc.problem != "" {
				if len(problems) != 1 || problems[0].Path+" "+problems[0].Message != tc.problem {
					t.Errorf("%s: %v, expected %q", tc.reason, problems, tc.problem)
				}
				return
			}
			if string(values["a"]) != tc.want || len(problems) > 0 {
				t.Errorf("%s: %q %v, expected %q", tc.reason, values["a"], problems, tc.want)
			}
		})
	}
}

func TestValidDataKey(t *testing.T) {
	for key, want := range map[string]bool{
		"tls.crt": true, ".dockerconfigjson": true, "A_b-9": true, strings.Repeat("k", 253): true,
		"": false, ".": false, "..": false, "..a": false, "a b": false, "a/b": false, "ä": false, strings.Repeat("k", 254): false,
	} {
		if ValidDataKey(key) != want {
			t.Errorf("%q: expected %v", key, want)
		}
	}
}

func TestPlainSecrets(t *testing.T) {
	o := Of(yaml.MustParse(`
kind: Anything
spec:
  manifests:
  - {apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: aGVsbG8=}}
  - {apiVersion: v1, kind: Secret, metadata: {name: without-values}, data: {}}
  - {apiVersion: example.com/v1, kind: Secret, data: {a: aGVsbG8=}}
  - apiVersion: v1
    kind: List
    items:
    - {apiVersion: v1, kind: Secret, stringData: {a: hello}}
  template.yaml: {apiVersion: v1, kind: Secret, stringData: hello}
`))
	want := []string{"spec.manifests[0]", "spec.manifests[3].items[0]", "spec[template.yaml]"}
	if got := o.PlainSecrets(); !slices.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
	if got := (Object{}).PlainSecrets(); got != nil {
		t.Errorf("no object holds %q", got)
	}
}
