package sizing_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
)

// table reads a file of tab-separated values with a header.
func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range strings.Split(line, "\t") {
			row[header[i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// sample writes one of IBM's samples as its row describes it.
func sample(row map[string]string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	class := ""
	if row["b_storage_class"] != "" {
		class = ", class: " + row["b_storage_class"]
	}
	storage := "{type: ephemeral}"
	if row["b_storage_size"] != "" {
		storage = "{type: persistent-claim, size: " + row["b_storage_size"] + class + "}"
	}
	resources := "{}"
	if row["b_cpu_lim"] != "" {
		resources = fmt.Sprintf("{requests: {cpu: %s, memory: %s}, limits: {cpu: %s, memory: %s}}", row["b_cpu_req"], row["b_mem_req"], row["b_cpu_lim"], row["b_mem_lim"])
	}
	use := "CloudPakForIntegrationProduction"
	if strings.HasPrefix(row["sample"], "dev") || strings.HasPrefix(row["sample"], "light") {
		use = "CloudPakForIntegrationNonProduction"
	}
	line("apiVersion: eventstreams.ibm.com/%s\nkind: EventStreams\nmetadata: {name: es}\nspec:\n  version: latest\n  license: {use: %s}\n  strimziOverrides:", row["api"], use)
	pools := strings.Contains(row["meta"], "nodePools") || row["meta"] == "KRaft"
	line("    kafka:")
	if !pools {
		line("      replicas: %s\n      resources: %s\n      storage: %s", row["brokers"], resources, storage)
	}
	line("      config:\n        placeholder: 1")
	for column, key := range map[string]string{
		"num.replica.fetchers": "num.replica.fetchers", "offsets.topic.rf": "offsets.topic.replication.factor",
		"txn.rf": "transaction.state.log.replication.factor", "txn.min.isr": "transaction.state.log.min.isr",
		"default.rf": "default.replication.factor", "min.isr": "min.insync.replicas",
	} {
		if row[column] != "" {
			line("        %s: %s", key, row[column])
		}
	}
	quorum := "{type: ephemeral}"
	if row["q_storage_size"] != "" {
		quorum = "{type: persistent-claim, size: " + row["q_storage_size"] + "}"
	}
	if strings.Contains(row["meta"], "ZooKeeper") {
		line("    zookeeper: {replicas: %s, storage: %s}", row["quorum_nodes"], quorum)
	}
	if pools {
		roles := strings.ReplaceAll(row["broker_roles"], "+", ", ")
		line("    nodePools:\n    - {name: kafka, roles: [%s], replicas: %s, resources: %s, storage: %s}", roles, row["brokers"], resources, storage)
		if row["meta"] == "KRaft" && row["quorum_nodes"] != "0" {
			line("    - {name: controller, roles: [controller], replicas: %s, storage: %s}", row["quorum_nodes"], quorum)
		}
	}
	return b.String()
}

// The audit finds in each of IBM's samples what is wrong with it, and nothing
// else of these.
func TestAuditOfSamples(t *testing.T) {
	rows := table(t, "testdata/ibm_samples_distinct.tsv")
	if len(rows) < 50 {
		t.Fatalf("%d samples", len(rows))
	}
	for _, row := range rows {
		t.Run(row["versions"]+" "+row["sample"], func(t *testing.T) {
			a := sizing.AuditAll(fntest.Items(t, sample(row)), sizing.AuditOptions{})[0]
			found := map[string]bool{}
			for _, d := range a.Diagnostics {
				found[d.ID] = true
			}
			brokers, _ := strconv.Atoi(row["brokers"])
			fetchers, _ := strconv.Atoi(row["num.replica.fetchers"])
			prod := strings.Contains(row["sample"], "prod")
			for id, want := range map[string]bool{
				"SZ031": row["b_storage_size"] != "",                                           // minutes of seven days
				"SZ060": row["b_mem_req"] == "128Mi",                                           // below the heap of 1Gi
				"SZ061": float64(fetchers*(brokers-1)) > 8*a.PerBroker.CPU,                     // fetcher threads
				"SZ027": row["b_storage_class"] != "",                                          // '' or the placeholder
				"SZ080": prod && row["default.rf"] == "",                                       // one copy in production
				"SZ012": prod && row["min.isr"] == "",                                          //
				"SZ090": a.PerBroker.CPU < 4,                                                   //
				"SZ026": false, "SZ010": false, "SZ011": false, "SZ120": false, "SZ001": false, // samples are right there
			} {
				if found[id] != want {
					t.Errorf("%s: %v; expected %v\n%v", id, found[id], want, a.Diagnostics)
				}
			}
			if a.Brokers != brokers || a.Carries == "" || a.BreaksFirst == "" {
				t.Errorf("%+v", a)
			}
		})
	}
}

// What the audit says of the samples is what the presets' published figures
// are: the ingress by design, minutes held, licence cores, Cruise Control's
// capacities and the CPU with a zone lost.
func TestAuditOfPresets(t *testing.T) {
	for _, row := range table(t, "testdata/presets.tsv") {
		t.Run(row["preset"], func(t *testing.T) {
			manifest := fmt.Sprintf(`
apiVersion: eventstreams.ibm.com/v1
kind: EventStreams
metadata: {name: es}
spec:
  license: {use: CloudPakForIntegrationProduction}
  strimziOverrides:
    kafka: {config: {default.replication.factor: %s, min.insync.replicas: %s}}
    cruiseControl: {brokerCapacity: {inboundNetwork: 1KiB/s, outboundNetwork: 1KiB/s}}
    nodePools:
    - {name: b, roles: [broker], replicas: %s, resources: {limits: {cpu: %s, memory: %sMi}}, storage: {type: persistent-claim, size: 10Gi}}
    - {name: c, roles: [controller], replicas: 3}
`, row["rf"], row["min_isr"], row["brokers"], row["cpu_limit"], row["mem_mi"])
			a := sizing.AuditAll(fntest.Items(t, manifest), sizing.AuditOptions{})[0]
			number := func(column string) float64 {
				x, err := strconv.ParseFloat(row[column], 64)
				if err != nil {
					t.Fatal(err)
				}
				return x
			}
			near := func(what string, got, want, tolerance float64) {
				if math.Abs(got-want) > tolerance {
					t.Errorf("%s: %v; expected %v", what, got, want)
				}
			}
			var rate sizing.Rate
			if err := rate.Set(a.Carries); err != nil {
				t.Fatal(err)
			}
			near("ingress", float64(rate)/1e6, number("design_ingress_MB_s"), 0.01)
			near("minutes", a.Holds/60, number("minutes_held_by_10Gi"), 0.06)
			near("heap", float64(sizing.Bytes(a.PerBroker.Heap))/(1<<20), number("default_heap_mi"), 0)
			near("licence cores", a.LicenceCores, number("cp4i_vpc_prod"), 0)
			if row["cpu_util_one_zone_lost"] != "" {
				near("a zone lost", a.Degraded.CPU, number("cpu_util_one_zone_lost"), 0.005)
			}
			proposed := map[string]string{}
			for _, d := range a.Diagnostics {
				if d.ID == "SZ070" {
					proposed[d.Field] = d.Proposed
				}
			}
			for field, column := range map[string]string{"inboundNetwork": "cc_inbound", "outboundNetwork": "cc_outbound"} {
				if got := proposed["spec.strimziOverrides.cruiseControl.brokerCapacity."+field]; got != row[column] {
					t.Errorf("%s: %s; expected %s", field, got, row[column])
				}
			}
		})
	}
}

// A cluster that nothing can be told of is reported, and none panics.
func TestAuditOfTheUnreadable(t *testing.T) {
	for name, tc := range map[string]struct{ manifest, id string }{
		"empty":    {"apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\n", "SZ001"},
		"list":     {"apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\nspec: []\n", "SZ001"},
		"no limit": {"apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 3}}\n", "SZ001"},
		"v1":       {"apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 3}}\n", "SZ120"},
		"factors":  {"apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 2, config: {default.replication.factor: 3}}}\n", "SZ010"},
		"in sync":  {"apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 3, config: {default.replication.factor: 3, min.insync.replicas: 3}}}\n", "SZ011"},
		"connect":  {"apiVersion: kafka.strimzi.io/v1\nkind: KafkaConnect\nmetadata: {name: k}\nspec: {config: {group.id: x}}\n", "SZ120"},
	} {
		a := sizing.AuditAll(fntest.Items(t, tc.manifest), sizing.AuditOptions{})
		if len(a) != 1 || !has(a[0].Diagnostics, tc.id) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func FuzzAudit(f *testing.F) {
	f.Add("apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {config: {num.replica.fetchers: 99999999999}}}\n")
	f.Fuzz(func(_ *testing.T, manifest string) {
		defer func() {
			if r := recover(); r != nil && !strings.Contains(fmt.Sprint(r), "yaml") {
				panic(r)
			}
		}()
		sizing.AuditAll(parse(manifest), sizing.AuditOptions{})
	})
}

func parse(manifest string) []*yaml.RNode {
	items, err := (&kio.ByteReader{Reader: strings.NewReader(manifest), OmitReaderAnnotations: true}).Read()
	if err != nil {
		return nil
	}
	return items
}
