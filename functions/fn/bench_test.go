package fn_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"

	"github.com/eda-gitops/functions/functions/fn"
)

// manyObjects is a ResourceList of n objects of ordinary size, some 40 lines
// each, with comments.
func manyObjects(n int) []byte {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%[1]d # the app
  namespace: ENVIRONMENT
  labels:
    app.kubernetes.io/name: app-%[1]d
    app.kubernetes.io/component: store-simulator
  annotations:
    internal.config.kubernetes.io/index: '%[1]d'
    internal.config.kubernetes.io/path: 'base/app-%[1]d.yaml'
    config.kubernetes.io/index: '%[1]d'
    config.kubernetes.io/path: 'base/app-%[1]d.yaml'
spec:
  replicas: 3
  selector:
    matchLabels: {app.kubernetes.io/name: app-%[1]d}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-%[1]d
    spec:
      # one container is enough
      containers:
      - name: app
        image: quay.io/acme/app-%[1]d:1.4.0
        args: ["--topic", "items", "--rate=100"]
        env:
        - name: BOOTSTRAP
          value: es-kafka-bootstrap.ENVIRONMENT.svc:9093
        - name: SCRIPT
          value: |
            #!/bin/sh
            exec java -jar /app.jar
        ports:
        - containerPort: 8080
          name: http
        resources:
          requests: {cpu: 100m, memory: 256Mi}
          limits: {cpu: "1", memory: 512Mi}
        livenessProbe:
          httpGet: {path: /q/health/live, port: http}
          periodSeconds: 10
`, i)
	}
	return []byte(list("{idle: true}", items...))
}

// BenchmarkProcess compares a function that does nothing with kyaml's bare read
// and write of the same 1,000 objects.
func BenchmarkProcess(b *testing.B) {
	const objects = 1000
	data := manyObjects(objects)
	b.Run("kyaml", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			var out bytes.Buffer
			rw := kio.ByteReadWriter{Reader: bytes.NewReader(data), Writer: &out, OmitReaderAnnotations: true, KeepReaderAnnotations: true}
			items, err := rw.Read()
			if err != nil {
				b.Fatal(err)
			}
			if err := rw.Write(items); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("identity", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			output, results, err := fn.Process(data, set, "", env())
			if err != nil || results.Failed() || len(output) == 0 {
				b.Fatal(results, err)
			}
		}
	})
}

// TestManyObjects: the benchmark compares the same work.
func TestManyObjects(t *testing.T) {
	data := string(manyObjects(20))
	if got := run(data); got.stdout != bare(t, data) || strings.Count(got.stdout, "kind: Deployment") != 20 {
		t.Error(got.stderr)
	}
}
