package injectnamespace

import (
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/solution"
)

// testMoves are a base's placeholder, an everyday word and a namespace that is
// none.
func testMoves(pairs ...string) *moves {
	m := newMoves()
	for i := 0; i+1 < len(pairs); i += 2 {
		m.add(pairs[i], pairs[i+1])
		if solution.ValidNamespace(pairs[i]) != nil {
			m.placeholder = pairs[i]
		}
	}
	return m
}

// everySource runs a case with each kind of namespace in place of "NS".
var everySource = map[string]string{"ENVIRONMENT": "shop-qa", "dev": "stage", "rt-dev": "rt-qa"}

func TestTextNamesTheNamespace(t *testing.T) {
	for in, reason := range map[string]string{
		"es-kafka-bootstrap.NS.svc:9093":                                   "a service with a port",
		"es-kafka-bootstrap.NS.svc":                                        "a service",
		"es.NS.svc.cluster.local":                                          "a service, in full",
		"es.NS.svc.cluster.local.:9092":                                    "an absolute name",
		"Talk to es.NS.svc.":                                               "the end of a sentence",
		"store-mq-ibm-mq.NS.svc(1414)":                                     "MQ's form",
		"mq-a.NS.svc(1414),mq-b.NS.svc(1414)":                              "an MQ connection list",
		"failover:(amqp://mq.NS.svc:5672?x=y,amqp://b.NS.svc:5672)":        "a failover list",
		"http://item-aggregator.NS.svc:8080/api/v1/items":                  "a URL",
		"https://user@x.NS.svc/path":                                       "a URL with a user",
		"es-0.es-brokers.NS.svc:9092":                                      "a pod behind a headless service",
		"10-1-2-3.NS.pod.cluster.local":                                    "a pod",
		"NAMESPACE=${1:-NS}":                                               "a default in a script",
		"ns=\"${TARGET_NAMESPACE:-NS}\"":                                   "a default of a variable",
		`{"ns":"NS"}`:                                                      "ns for short",
		"oc get pods -nNS":                                                 "a flag with the namespace behind it",
		"kubectl -nNS get pods":                                            "the same in front",
		"*.NS.svc":                                                         "a certificate's wildcard",
		"${HOST}.NS.svc:8080":                                              "a variable for the service",
		"search NS.svc.cluster.local svc.cluster.local":                    "a search domain",
		".NS.svc.cluster.local,.example.com":                               "a list of suffixes without proxy",
		"http://a.gitops.x.NS.svc:80/":                                     "a host with git in it",
		"db2.NS:50000":                                                     "the short form with a port",
		"jdbc:db2://db2.NS:50000/ORDERS":                                   "the short form in a JDBC URL",
		"mq.NS(1414)":                                                      "the short form, MQ's",
		"image-registry.openshift-image-registry.svc:5000/NS/app:v1":       "the internal registry",
		"default-route-openshift-image-registry.apps.example.com/NS/app":   "its Route",
		"docker://image-registry.openshift-image-registry.svc:5000/NS/app": "the internal registry with skopeo's scheme",
		"image=image-registry.openshift-image-registry.svc.cluster.local:5000/NS/app": "the registry in full",
		"oc -n NS get pods":                                  "kubectl's short flag",
		"oc get pods -n NS":                                  "kubectl's short flag at the end",
		"oc get pods -n=NS":                                  "with a sign",
		"oc get pods -n \"NS\"":                              "in quotes",
		"oc get pods \\\n  -n \\\n  NS":                      "over several lines",
		"echo -n done; oc delete pod x -n NS":                "echo's own -n comes first",
		"echo x | oc apply -n NS -f -":                       "behind a pipe",
		"TOKEN=$(oc -n NS whoami -t)":                        "in a substitution",
		"KUBECONFIG=/tmp/k oc -n NS get pods":                "an assignment in front",
		"if ! oc get route x -n NS; then exit 1; fi":         "in a condition",
		"while oc get job x -n NS; do sleep 1; done":         "in a loop",
		"xargs -r oc delete -n NS":                           "through xargs",
		"$OC -n NS get pods":                                 "a variable for the program",
		"--namespace=NS":                                     "the long flag",
		"--namespace NS":                                     "the long flag and a blank",
		"helm upgrade --install x --namespace 'NS' --wait":   "the long flag, in quotes",
		"--watch-namespaces=NS,kube-system":                  "a flag with a list",
		"--watch-namespaces=kube-system,NS":                  "last in a flag's list",
		`["oc","get","pods","-n","NS"]`:                      "arguments as JSON",
		`.metadata.namespace="NS"`:                           "jq",
		`.metadata.namespace |= "NS"`:                        "jq's update",
		"namespace: NS":                                      "YAML inside of a string",
		"metadata:\n  namespace: NS\n  name: x":              "YAML inside of a string",
		"namespaces:\n- NS\n- other":                         "a YAML list",
		"namespaces:\n  - other\n  - \"NS\"":                 "a YAML list, the second one",
		"namespaces: [other, NS]":                            "a YAML list in one line",
		`{"namespace":"NS","name":"x"}`:                      "JSON",
		`{"targetNamespaces": ["a", "NS"]}`:                  "JSON's list",
		`"{\"namespace\": \"NS\"}"`:                          "JSON inside of JSON",
		"quarkus.kubernetes-client.namespace=NS\nother=1":    "properties",
		"WATCH_NAMESPACE=NS":                                 "a shell variable",
		"NS=NS":                                              "a shell variable called NS",
		`sum(kube_pod_info{namespace="NS"})`:                 "PromQL",
		`kube_pod_info{namespace=~"a|NS"}`:                   "PromQL's pattern",
		"https://api:6443/api/v1/namespaces/NS/configmaps":   "the API's path",
		"/namespaces/NS/Service/x":                           "kpt's depends-on",
		"https://console.apps.example.com/k8s/ns/NS/pods":    "the console's path",
		"system:serviceaccount:NS:default":                   "a service account's user",
		"system:serviceaccounts:NS":                          "a namespace's service accounts",
		"oc create namespace NS":                             "a script that makes it",
		"kubectl get ns NS || kubectl create ns NS":          "a script that makes it",
		"oc new-project NS":                                  "a script that makes it",
		"oc project NS && oc get pods":                       "a script that enters it",
		"es-apicurio-NS.apps.cluster.example.com":            "a route's host",
		"https://es-ui-NS.apps.cluster.example.com:443/home": "a route's URL",
		"${ROUTE}-NS.apps.cluster.example.com":               "a variable for the route",
		`org.apache.kafka.common.security.oauthbearer required uri="https://sso.NS.svc/token" namespace="NS" ;`: "a JAAS line",
	} {
		for from, to := range everySource {
			if strings.HasPrefix(in, "NS=") {
				continue
			}
			check(t, in, "NS", from, to, reason)
		}
	}
	check(t, "NS=dev", "dev", "dev", "stage", "a shell variable called NS")
}

// check replaces a mark by a namespace, and expects the target in its place and
// no further change.
func check(t *testing.T, in, mark, from, to, reason string) {
	t.Helper()
	m := testMoves(from, to)
	in, want := strings.ReplaceAll(in, mark, from), strings.ReplaceAll(in, mark, to)
	got, residue := m.rewrite(in, place{})
	if got != want || len(residue) > 0 {
		t.Errorf("%s:\n%q becomes\n%q, expected\n%q (residue %q)", reason, in, got, want, residue)
	}
	if again, _ := m.rewrite(got, place{}); again != got {
		t.Errorf("%s: the second run makes %q of %q", reason, again, got)
	}
}

func TestTextLeavesLookAlikes(t *testing.T) {
	for in, reason := range map[string]string{
		"NS-kafka.other.svc": "inside a longer token",
		"x.my-NS.svc":        "inside a longer token",
		"x.NSelopment.svc":   "inside a longer token",
		"NS":                 "a word alone says nothing",
		"the NS environment": "a sentence",
		"NS=prod":            "a variable's name",
		"export NS=prod; echo $NS ${NS} $(NS) %NS%":  "variables",
		"oc get pods -n $NS":                         "a variable of that name",
		"oc get pods -n ${NS}":                       "a variable of that name",
		"x.${NS}.svc":                                "a variable of that name",
		"NS: prod":                                   "a key",
		`{"NS": 1}`:                                  "a key",
		`{"namespace":"a","NS":"b"}`:                 "a key behind a namespace",
		"namespace: a\nNS: b":                        "a key on the next line",
		"broker-0.NS.svc01.us-east.example.com":      "svc01 is no svc",
		"x.NS.svc.example.com":                       "somebody's own domain",
		"echo -n NS":                                 "echo's -n",
		"/usr/bin/echo -n NS":                        "echo's -n by its path",
		"grep -n NS file":                            "grep's -n",
		"oc get x | grep -n NS":                      "grep's -n behind a pipe",
		"[ -n NS ] && true":                          "test's -n",
		"if test -n \"NS\"; then :; fi":              "test's -n",
		"oc get pods --all-namespaces\nNS start":     "a flag without a value",
		"helm install --create-namespace NS chart":   "a flag without a value",
		`{"type":"record","namespace":"NS.acme"}`:    "Avro's namespace goes on",
		"namespace=com.acme.NS":                      "a Java package",
		"namespace: NS/x":                            "a path",
		"namespace::NS":                              "C++",
		"quay.io/NS/app:v1":                          "another registry",
		"registry.example.com:5000/NS/app":           "another registry",
		"app-NS.tar.gz":                              "a file",
		"x-NS.yaml":                                  "a file",
		"NS-x.apps.example.com":                      "the route's name begins so",
		"system:serviceaccounts":                     "no namespace in it",
		"git@github.com:NS/repo.git":                 "a Git URL",
		"https://github.com/acme/NS/tree/main":       "a Git URL",
		"https://git.example.com/NS/namespaces/NS":   "a Git URL",
		"https://code.example.com/acme/NS.git":       "a Git URL",
		"https://code.example.com/acme/x.git?ref=NS": "a Git URL",
		"https://code.example.com/acme/x.git#NS":     "a Git URL",
		"ssh://git@code.example.com/NS/repo":         "a Git URL",
		"git://code.example.com/NS":                  "a Git URL",
		"--filename=NS.yaml":                         "another flag",
		"create namespace-x NS":                      "another kind",
	} {
		for _, from := range []string{"ENVIRONMENT", "dev"} {
			unchanged(t, strings.ReplaceAll(in, "NS", from), from, reason)
		}
	}
	for in, reason := range map[string]string{
		"broker-0.dev.svc01.example.com:9093": "svc01 is no svc",
		"https://web.dev/articles":            "a public top-level domain",
		"https://go.dev":                      "a public top-level domain",
		"shop-dev.example.com":                "somebody's own domain",
		"process.env.dev":                     "code",
		"kubernetes.dev.example.com:443":      "somebody's own domain",
	} {
		unchanged(t, in, "dev", reason)
	}
	for in, reason := range map[string]string{
		"process.env.ENVIRONMENT":                 "code",
		"settings.ENVIRONMENT.toLowerCase()":      "code",
		"{{ .Values.ENVIRONMENT }}":               "a template",
		"config-ENVIRONMENT.yaml":                 "a file",
		"backup-ENVIRONMENT.tar.gz":               "a file",
		"ENVIRONMENT variable":                    "a sentence",
		"Set MY_ENVIRONMENT, then ENVIRONMENT_ID": "other variables",
		"MQ_ENVIRONMENT.svc":                      "a variable and a file",
	} {
		unchanged(t, in, "ENVIRONMENT", reason)
	}
	unchanged(t, "https://kubernetes.default.svc:443", "default", "the API server's own address")
	unchanged(t, "kubernetes.default:443", "default", "the API server's own address")
	unchanged(t, "rt-development and my-rt-dev", "rt-dev", "inside longer tokens")
	unchanged(t, "quay.io/rt-dev/app", "rt-dev", "another registry")
}

func unchanged(t *testing.T, in, from, reason string) {
	t.Helper()
	if got, _ := testMoves(from, "other-place").rewrite(in, place{prose: true}); got != in {
		t.Errorf("%s: %q becomes %q", reason, in, got)
	}
}

func TestShortForNamespace(t *testing.T) {
	for in, want := range map[string]string{
		"TARGET_NS=dev": "TARGET_NS=qa", "target-ns: dev": "target-ns: qa", "app.ns=dev": "app.ns=qa",
		"DNS=dev": "DNS=dev", "columns: dev": "columns: dev", "java -ns dev": "java -ns dev", "tool -ndev": "tool -ndev",
		"${PROFILE:-dev}": "${PROFILE:-dev}", "${NAMESPACE:--dev}": "${NAMESPACE:--dev}", "PROFILE=${1:-dev}": "PROFILE=${1:-dev}",
		"${WHERE:-rt-dev}": "${WHERE:-rt-qa}",
	} {
		if got, _ := testMoves("dev", "qa", "rt-dev", "rt-qa").rewrite(in, place{prose: true}); got != want {
			t.Errorf("%q becomes %q, expected %q", in, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	m := testMoves("rt-dev", "rt-qa", "dev", "qa", "ENVIRONMENT", "rt-qa")
	const in = "for ns in rt-dev dev ENVIRONMENT; do echo (rt-dev) \"rt-dev\" x=rt-dev rt-dev/db rt-dev-x; done"
	want := "for ns in rt-qa dev ENVIRONMENT; do echo (rt-qa) \"rt-qa\" x=rt-qa rt-qa/db rt-dev-x; done"
	if got, _ := m.rewrite(in, place{prose: true}); got != want {
		t.Errorf("in prose: %q", got)
	}
	if got, _ := m.rewrite(in, place{}); got != in {
		t.Errorf("not in prose: %q", got)
	}
}

func TestPlaceholderInHosts(t *testing.T) {
	for in, want := range map[string]string{
		"http://aggregator.ENVIRONMENT/items":           "http://aggregator.shop-qa/items",
		"http://a.ENVIRONMENT.example.com/":             "http://a.shop-qa.example.com/",
		"a.ENVIRONMENT.example.com:443":                 "a.shop-qa.example.com:443",
		"es-ENVIRONMENT.cluster.example.com":            "es-shop-qa.cluster.example.com",
		"es-ENVIRONMENT.x-0000.us.appdomain.cloud:443":  "es-shop-qa.x-0000.us.appdomain.cloud:443",
		"https://a-ENVIRONMENT.example.com,b.other.com": "https://a-shop-qa.example.com,b.other.com",
	} {
		if got, residue := testMoves("ENVIRONMENT", "shop-qa").rewrite(in, place{}); got != want || len(residue) > 0 {
			t.Errorf("%q becomes %q, expected %q (residue %q)", in, got, want, residue)
		}
	}
}

func TestResidue(t *testing.T) {
	for in, want := range map[string]string{
		"es.ENVIRONMENT.svc.example.com":                   "es.ENVIRONMENT.svc.example.com",
		"ENVIRONMENT.svc":                                  "ENVIRONMENT.svc",
		"http://ENVIRONMENT/x":                             "ENVIRONMENT",
		"https://git.ENVIRONMENT.svc/a/b.git":              "git.ENVIRONMENT.svc",
		"es.ENVIRONMENT.svc:9093":                          "",
		"ENVIRONMENT=prod in ENVIRONMENT, app.ENVIRONMENT": "",
	} {
		_, residue := testMoves("ENVIRONMENT", "shop-qa").rewrite(in, place{})
		if got := strings.Join(residue, " "); got != want {
			t.Errorf("%q leaves %q, expected %q", in, got, want)
		}
	}
}

func TestRouteHosts(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, in string
		place      place
		want       string
	}{
		"any domain": {"a Route's host", "shop-dev.example.com", place{route: true}, "shop-stage.example.com"},
		"list":       {"bootstrap servers", "a-dev.example.com:443,b-dev.example.com:443", place{route: true}, "a-stage.example.com:443,b-stage.example.com:443"},
		"no domain":  {"a service's name", "shop-dev:8080", place{route: true}, "shop-dev:8080"},
		"later":      {"the second label", "a.shop-dev.example.com", place{route: true}, "a.shop-dev.example.com"},
		"alone":      {"no route's name in front", "dev.example.com", place{route: true}, "dev.example.com"},
		"longest":    {"my-dev is the namespace, not dev", "app-my-dev.apps.example.com", place{}, "app-mine.apps.example.com"},
		"target":     {"what a run wrote stays", "app-to-dev.apps.example.com", place{}, "app-to-dev.apps.example.com"},
		"hyphen":     {"any domain for one that is no word", "app-my-dev.example.com", place{}, "app-mine.example.com"},
		"image":      {"a registry", "registry-my-dev.example.com/x", place{image: true}, "registry-my-dev.example.com/x"},
	} {
		m := testMoves("dev", "stage", "my-dev", "mine", "x", "to-dev")
		if got, _ := m.rewrite(tc.in, tc.place); got != tc.want {
			t.Errorf("%s: %s: %q becomes %q, expected %q", name, tc.reason, tc.in, got, tc.want)
		}
	}
}

func TestFields(t *testing.T) {
	for in, want := range map[string]string{
		"dev": "stage", "a,dev": "a,stage", "dev, a": "stage, a", "dev,dev": "stage,stage", "(dev|a)": "(stage|a)",
		"dev.acme": "dev.acme", "my dev": "my dev", "dev dev": "stage dev", "$dev": "$dev", "dev-x": "dev-x", "": "",
	} {
		if got, _ := testMoves("dev", "stage").rewrite(in, place{field: true}); got != want {
			t.Errorf("%q becomes %q, expected %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"dev/ca": "stage/ca", "a/dev": "a/dev", "p, proj:dev:admin, applications, get, dev/*, allow": "p, proj:dev:admin, applications, get, stage/*, allow",
		"dev": "dev",
	} {
		if got, _ := testMoves("dev", "stage").rewrite(in, place{pair: true}); got != want {
			t.Errorf("%q becomes %q, expected %q", in, got, want)
		}
	}
}

func TestAllAtOnce(t *testing.T) {
	m := testMoves("a", "b", "b", "a", "c", "d", "d", "e")
	const in, want = "x.a.svc x.b.svc x.c.svc x.d.svc", "x.b.svc x.a.svc x.d.svc x.e.svc"
	if got, _ := m.rewrite(in, place{}); got != want {
		t.Errorf("%q, expected %q", got, want)
	}
}

func BenchmarkRewrite(b *testing.B) {
	m := testMoves("ENVIRONMENT", "shop-qa", "rt-dev", "rt-qa")
	s := strings.Repeat("quarkus.kafka-streams.bootstrap-servers=es-kafka-bootstrap.ENVIRONMENT.svc:9093\n", 100)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		m.rewrite(s, place{prose: true})
	}
}
