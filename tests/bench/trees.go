package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// functionKinds in the order of their work.
var functionKinds = []string{"PinOperators", "SizeEventStreams", "InjectNamespace", "SealSecrets", "GenerateArgoApps"}

// specs of the functions, as one environment and cluster would have them.
var specs = map[string]string{
	"PinOperators":     "{operators: {ibm-eventstreams: {version: 3.0.5}}, unpinned: ignore}",
	"SizeEventStreams": "{environment: stage, clusters: {es: {size: M}}}",
	"InjectNamespace":  "{environment: stage}",
	"SealSecrets":      "{certificateFrom: {configMapKeyRef: {name: sealing-certificate, key: cert.pem}}}",
	"GenerateArgoApps": "{cluster: nonprod}",
}

// trees are the folders of one number of objects.
type trees struct {
	dir string
	// plain has no functions, chain has five, pipeline has one of five steps.
	plain, chain, pipeline string
}

func treesIn(dir string) trees {
	return trees{
		dir: dir, plain: filepath.Join(dir, "plain"), chain: filepath.Join(dir, "chain"), pipeline: filepath.Join(dir, "pipeline"),
	}
}

// list is the file of a function's ResourceList.
func (t trees) list(kind string) string { return filepath.Join(t.dir, kind+".yaml") }

// writeTrees writes the trees and the lists of n objects.
func writeTrees(dir string, n int) error {
	objects, err := objects(n)
	if err != nil {
		return err
	}
	t := treesIn(dir)
	var chain, steps strings.Builder
	for _, kind := range functionKinds {
		fmt.Fprintf(&chain, "---\n%s", config(kind, specs[kind]))
		fmt.Fprintf(&steps, "\n  - {kind: %s, spec: %s}", kind, specs[kind])
	}
	for folder, functions := range map[string]string{
		t.plain: "", t.chain: chain.String(),
		t.pipeline: config("Pipeline", "\n  steps:"+steps.String()),
	} {
		if err := writeTree(folder, objects, functions); err != nil {
			return err
		}
	}
	for _, kind := range functionKinds {
		input := objects
		if kind == "SealSecrets" { // which seals for a final namespace
			input = strings.ReplaceAll(objects, "ENVIRONMENT", "bench-stage")
		}
		text, err := list(config(kind, specs[kind]), input)
		if err != nil {
			return err
		}
		if err := os.WriteFile(t.list(kind), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func writeTree(dir, objects, functions string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	kustomization := "resources: [objects.yaml]\n"
	if functions != "" {
		kustomization += "transformers: [functions.yaml]\n"
		if err := os.WriteFile(filepath.Join(dir, "functions.yaml"), []byte(functions), 0o600); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "objects.yaml"), []byte(objects), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(kustomization), 0o600)
}

func config(kind, spec string) string {
	return fmt.Sprintf(`apiVersion: fn.eda-gitops.io/v1alpha1
kind: %s
metadata:
  name: bench
  annotations:
    config.kubernetes.io/function: "exec: {path: eda-fn}"
spec: %s
`, kind, spec)
}

func list(config, objects string) ([]byte, error) {
	items, err := (&kio.ByteReader{Reader: strings.NewReader(objects), OmitReaderAnnotations: true}).Read()
	if err != nil {
		return nil, err
	}
	node, err := yaml.Parse(config)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = kio.ByteWriter{
		Writer: &out, WrappingKind: kio.ResourceListKind, WrappingAPIVersion: kio.ResourceListAPIVersion,
		FunctionConfig: node, KeepReaderAnnotations: true,
	}.Write(items)
	return out.Bytes(), err
}

// objects is a stream of n objects of the kinds that a solution has, and the
// Solution, a certificate, an EventStreams and a Subscription among them.
func objects(n int) (string, error) {
	certificate, err := certificate()
	if err != nil {
		return "", err
	}
	docs := []string{
		solution, fmt.Sprintf(certificateMap, indent(certificate)), eventStreams, subscription, secret,
	}
	for i := len(docs); i < n; i++ {
		docs = append(docs, fmt.Sprintf(fillers[i%len(fillers)], i))
	}
	return strings.Join(docs, "---\n"), nil
}

// certificate is a throw-away sealing certificate.
func certificate() (string, error) {
	const bits = 4096 // as the sealed-secrets controller makes them
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

const solution = `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Solution
metadata:
  name: bench
  annotations: {config.kubernetes.io/local-config: "true"}
spec:
  repoURL: https://git.example.com/acme/bench-gitops.git
  targetRevision: main
  clusters:
    nonprod: {destination: {server: https://kubernetes.default.svc}}
  environments:
    dev: {cluster: nonprod, namespace: bench-dev}
    stage: {cluster: nonprod, namespace: bench-stage}
  components:
    event-streams: {wave: 10}
`

const certificateMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: sealing-certificate
  annotations: {config.kubernetes.io/local-config: "true"}
data:
  cert.pem: |
%s
`

const eventStreams = `apiVersion: eventstreams.ibm.com/v1beta2
kind: EventStreams
metadata:
  name: es
  namespace: ENVIRONMENT
spec:
  version: 11.0.4
  license: {accept: true, use: CloudPakForIntegrationNonProduction}
  strimziOverrides:
    kafka:
      replicas: 3
      config: {offsets.topic.replication.factor: 3}
      storage: {type: ephemeral}
    zookeeper:
      replicas: 3
      storage: {type: ephemeral}
`

const subscription = `apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: ibm-eventstreams
  namespace: openshift-operators
spec:
  channel: v3.0
  name: ibm-eventstreams
  source: ibm-operator-catalog
  sourceNamespace: openshift-marketplace
`

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: bench
  namespace: ENVIRONMENT
data:
  value: YmVuY2g=
`

// fillers are the other objects, numbered.
var fillers = []string{`apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%[1]d
  namespace: ENVIRONMENT
  labels: {app.kubernetes.io/name: app-%[1]d, app.kubernetes.io/component: apps}
spec:
  replicas: 2
  selector:
    matchLabels: {app.kubernetes.io/name: app-%[1]d}
  template:
    metadata:
      labels: {app.kubernetes.io/name: app-%[1]d}
    spec:
      serviceAccountName: app-%[1]d
      containers:
      - name: app
        image: quay.io/acme/app:1.4.0
        args: [--bootstrap, "es-kafka-bootstrap.ENVIRONMENT.svc:9093"]
        env:
        - {name: KAFKA_USER, valueFrom: {secretKeyRef: {name: es-user, key: username}}}
        - {name: MQ_HOST, value: store-mq-ibm-mq.ENVIRONMENT.svc}
        resources:
          requests: {cpu: 100m, memory: 256Mi}
          limits: {cpu: "1", memory: 512Mi}
        livenessProbe:
          httpGet: {path: /q/health/live, port: 8080}
`, `apiVersion: v1
kind: Service
metadata:
  name: app-%[1]d
  namespace: ENVIRONMENT
spec:
  selector: {app.kubernetes.io/name: app-%[1]d}
  ports:
  - {name: http, port: 8080, targetPort: 8080}
`, `apiVersion: v1
kind: ConfigMap
metadata:
  name: app-%[1]d
  namespace: ENVIRONMENT
data:
  KAFKA_BOOTSTRAP_SERVERS: es-kafka-bootstrap.ENVIRONMENT.svc:9093
  application.properties: |
    mp.messaging.connector.smallrye-kafka.bootstrap.servers=es-kafka-bootstrap.ENVIRONMENT.svc:9093
    quarkus.http.port=8080
    app.topic=items
`, `apiVersion: eventstreams.ibm.com/v1beta2
kind: KafkaTopic
metadata:
  name: topic-%[1]d
  namespace: ENVIRONMENT
  labels: {eventstreams.ibm.com/cluster: es}
spec:
  partitions: 3
  replicas: 3
  config: {retention.ms: 604800000}
`, `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: app-%[1]d
  namespace: ENVIRONMENT
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: ServiceAccount, name: app-%[1]d, namespace: ENVIRONMENT}
`}
