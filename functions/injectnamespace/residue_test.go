package injectnamespace

import (
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		above, path string
		want        bool
	}{
		{"", "data.a", true},
		{"data.a", "data.a", true},
		{"data", "data.a", true},
		{"data.a", "data", false},
		{"data.a", "data.ab", false},
		{"data.app.properties", "data[app.properties]", true},
		{"data[app.properties]", "data[app.properties]", true},
		{"spec.clusters[0].bootstrapServers", "spec.clusters[0].bootstrapServers", true},
		{"spec.clusters.0.bootstrapServers", "spec.clusters[0].bootstrapServers", true},
		{"spec.clusters[1].bootstrapServers", "spec.clusters[0].bootstrapServers", false},
		{"spec.clusters[].bootstrapServers", "spec.clusters[7].bootstrapServers", true},
		{"spec.clusters[*].bootstrapServers", "spec.clusters[7].bootstrapServers", true},
		{"metadata.annotations[a.b/c]", "metadata.annotations[a.b/c]", true},
	} {
		if got := covers(tc.above, tc.path); got != tc.want {
			t.Errorf("%q covers %q: %v", tc.above, tc.path, got)
		}
	}
}

func TestSecretLooking(t *testing.T) {
	for value, paths := range map[string]map[string]bool{
		"rt-dev": {
			"data/PASSWORD": true, "data/apiKey": true, "stringData/db-token": true, "spec/config/sasl.jaas.config": true,
			"data/HOST": false, "spec/tls/secretName": false, "env/valueFrom/secretKeyRef/name": false, "spec/imagePullSecrets/name": false,
		},
		"amqp://user:pw@mq.rt-dev.svc":                     {"data/URL": true},
		"amqp://mq.rt-dev.svc":                             {"data/URL": false},
		"-----BEGIN PRIVATE KEY----- rt-dev":               {"data/x": true},
		"host=rt-dev\npassword = x":                        {"data/app.properties": true},
		"oc create token x -n rt-dev":                      {"data/run": false},
		`{"password": "x", "namespace": "rt-dev"}`:         {"data/x": true},
		"http://a:8080/x@y http://b.rt-dev.svc:8080/x?a@b": {"data/x": false},
	} {
		for path, want := range paths {
			w := &walker{}
			for key := range strings.SplitSeq(path, "/") {
				w.path = append(w.path, step{key: key})
			}
			if got := w.secretLooking(value); got != want {
				t.Errorf("%s: %q: %v", path, value, got)
			}
		}
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", 200)
	for value, want := range map[string]string{
		"a TOKEN b":                     "a TOKEN b",
		"one\ntwo=TOKEN.svc three":      "two=TOKEN.svc",
		"\"" + long + " " + "\"TOKEN\"": "TOKEN",
		long + "TOKEN" + long:           strings.Repeat("x", 80) + "TOKEN" + strings.Repeat("x", 80),
	} {
		start := strings.Index(value, "TOKEN")
		if got := excerpt(value, span{start, start + len("TOKEN")}); got != want {
			t.Errorf("%q: %q, expected %q", value, got, want)
		}
	}
}

func TestEmbeds(t *testing.T) {
	for name, want := range map[string]bool{
		"rt-qa": true, "app-rt-qa": true, "rt-qa-app": true, "a:rt-qa:b": true, "a.rt-qa": true,
		"rt-qax": false, "xrt-qa": false, "rt": false, "": false, "xrt-qa-rt-qa": true,
	} {
		if got := embeds(name, "rt-qa"); got != want {
			t.Errorf("%q embeds rt-qa: %v", name, got)
		}
	}
}
