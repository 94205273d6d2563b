package injectnamespace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/eda-gitops/functions/functions/fntest"
)

// rows are the classes of places where an environment's identity hides. Each
// has a file in testdata/rows with three cases: what has to change, what names
// somebody else, and what only looks like a place of the class.
var rows = []struct{ file, place string }{
	{"metadata-namespace", "metadata.namespace of every namespaced object"},
	{"namespace-name", "metadata.name of Namespace, Project and ProjectRequest"},
	{"rolebinding-subject", "a RoleBinding's ServiceAccounts"},
	{"clusterrolebinding-subject", "a ClusterRoleBinding's ServiceAccounts"},
	{"subject-names", "Groups system:serviceaccounts:<ns> and Users system:serviceaccount:<ns>:<name>"},
	{"operatorgroup", "an OperatorGroup's targetNamespaces"},
	{"application", "an Application's destination"},
	{"appproject-destination", "an AppProject's destinations"},
	{"appproject-policy", "an AppProject's policies p, proj:x:role, applications, get, <ns>/*, allow"},
	{"sealedsecret", "a SealedSecret's metadata.namespace with that of its template"},
	{"webhook", "a webhook's clientConfig.service.namespace"},
	{"apiservice", "an APIService's spec.service.namespace"},
	{"crd-conversion", "a CustomResourceDefinition's conversion webhook"},
	{"monitor", "a ServiceMonitor's and PodMonitor's namespaceSelector"},
	{"networkpolicy", "a NetworkPolicy's namespaceSelector on kubernetes.io/metadata.name"},
	{"certificate", "a Certificate's dnsNames"},
	{"inject-ca-from", "the annotation inject-ca-from"},
	{"gateway-refs", "parentRefs and backendRefs of an HTTPRoute, a Gateway's references"},
	{"dns-configmap", "service addresses in a ConfigMap's values"},
	{"dns-properties", "service addresses in properties, JSON and YAML inside of values"},
	{"dns-failover", "failover lists of AMQP addresses"},
	{"dns-container", "service addresses in env, args and command"},
	{"kafkaconnect", "a KafkaConnect's bootstrapServers"},
	{"kafkaconnector", "a KafkaConnector's MQ connection lists and Elasticsearch addresses"},
	{"apicurio", "an ApicurioRegistry's kafkasql.bootstrapServers"},
	{"flink", "a Flink deployment's flinkConfiguration"},
	{"grafana", "a GrafanaDataSource's url"},
	{"jaas", "JAAS lines"},
	{"route-mirrormaker", "route hosts in a KafkaMirrorMaker2's bootstrapServers"},
	{"route-apicurio", "the route host in ES_APICURIO_URL"},
	{"route-host", "a Route's host"},
	{"registry-image", "images of the internal registry"},
	{"registry-param", "the internal registry in a TriggerBinding's params"},
	{"script-n", "-n <ns> of kubectl and oc in scripts"},
	{"script-namespace", "--namespace=<ns> in scripts"},
	{"script-jq", ".metadata.namespace=\"<ns>\" in scripts"},
	{"names-objects", "names that embed an environment: bindings, TriggerBindings, webhook secrets"},
	{"names-cluster-scoped", "names of cluster-scoped bindings, which environments of one cluster share"},
	{"derived-labels", "labels that name a cluster, on topics, users, node pools and rebalances"},
	{"derived-connector", "a connector's label, which names its Connect cluster"},
	{"derived-hosts", "hosts <cluster>-kafka-bootstrap, -kafka-brokers, -ibm-es-*"},
	{"derived-secrets", "secrets <cluster>-cluster-ca-cert and -clients-ca-cert"},
	{"derived-podmonitor", "a PodMonitor's matchLabels"},
	{"derived-mq", "MQ's <queue manager>-ibm-mq"},
}

// rowsConfig is the config of all rows: an environment that is copied from
// another, with a namespace that is no word (shop-dev) and one that is (dev).
const rowsConfig = `{
  namespace: shop-qa, namespaceMatcher: shop-dev, clusterScopedNames: suffix,
  rename: {
    namespaces: {dev: qa, ci-dev: ci-qa},
    clusters: {es-dev: es-qa}, connects: {links-dev: links-qa}, queueManagers: {mq-dev: mq-qa},
    names: {shop-dev-view: shop-qa-view, shop-dev-hook: shop-qa-hook, hook-secret-shop-dev-app: hook-secret-shop-qa-app}
  },
  shared: [es-qa, links-qa, tenant-es, tenant-links, es-dev, es-dev-2, links-dev]}`

// TestRows: in every class, what has to change does, byte for byte, and the
// other two cases come out as they came in, without a finding.
func TestRows(t *testing.T) {
	files, err := filepath.Glob("testdata/rows/*.txtar")
	if err != nil || len(files) != len(rows) {
		t.Errorf("%d files for %d rows (%v); each row has one, and each file is a row's", len(files), len(rows), err)
	}
	for _, row := range rows {
		t.Run(row.file, func(t *testing.T) {
			path := "testdata/rows/" + row.file + ".txtar"
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatalf("%s: %v", row.place, err)
			}
			sections := map[string]string{}
			for _, file := range archive.Files {
				sections[file.Name] = string(file.Data)
			}
			for _, name := range []string{"changed.yaml", "want.yaml", "unchanged.yaml", "look-alike.yaml"} {
				if strings.TrimSpace(sections[name]) == "" && (name != "want.yaml" || os.Getenv("UPDATE_GOLDEN") == "") {
					t.Fatalf("%s: %s is missing", row.place, name)
				}
			}
			got := inject(t, rowsConfig, sections["changed.yaml"])
			switch {
			case os.Getenv("UPDATE_GOLDEN") != "":
				for i := range archive.Files {
					if archive.Files[i].Name == "want.yaml" {
						archive.Files[i].Data = []byte(got)
					}
				}
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			case got != sections["want.yaml"]:
				t.Errorf("%s: changed.yaml gives\n%s\nexpected\n%s", row.place, got, sections["want.yaml"])
			}
			if got == pass(t, sections["changed.yaml"]) {
				t.Errorf("%s: changed.yaml does not change", row.place)
			}
			if again := inject(t, rowsConfig, got); again != got {
				t.Errorf("%s: a second run gives\n%s", row.place, again)
			}
			for _, name := range []string{"unchanged.yaml", "look-alike.yaml"} {
				got, results := fntest.Run(t, set, config(rowsConfig), sections[name])
				if want := pass(t, sections[name]); got != want || len(results) > 0 {
					t.Errorf("%s: %s gives %v\n%s\nexpected\n%s", row.place, name, results, got, want)
				}
			}
		})
	}
}
