package sizing_test

import (
	"math"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/sizing"
)

// Every preset says where its numbers are from and is consistent in itself.
func TestPresets(t *testing.T) {
	for _, p := range sizing.Presets() {
		if p.Source == "" || p.Sample == "" {
			t.Errorf("%s: has no source", p.Size)
		}
		if found, ok := sizing.Lookup(p.Size); !ok || found != p {
			t.Errorf("%s: Lookup gives %+v", p.Size, found)
		}
		if p.ReplicationFactor > p.Brokers {
			t.Errorf("%s: %d copies on %d brokers", p.Size, p.ReplicationFactor, p.Brokers)
		}
		if p.Quorum%2 == 0 {
			t.Errorf("%s: a quorum of %d", p.Size, p.Quorum)
		}
		heap := sizing.DefaultHeap(sizing.Bytes(p.Memory.Limit))
		if sizing.Bytes(p.Memory.Request) < heap {
			t.Errorf("%s: requests less memory than its heap", p.Size)
		}
		g := p.Guaranteed()
		if g.CPU.Request != p.CPU.Limit || g.Memory.Request != p.Memory.Limit || g.CPU.Limit != p.CPU.Limit {
			t.Errorf("%s: guaranteed is %+v", p.Size, g)
		}
	}
	if _, ok := sizing.Lookup("m"); ok {
		t.Error("sizes are exact")
	}
}

// Licence cores that IBM publishes for its samples (02-planning.md: chargeable
// cores; 10.x counts 0.5 and 1.5 for the two that are for development).
func TestPublishedLicenceCores(t *testing.T) {
	for size, tc := range map[string]struct {
		reason              string
		production, nonProd int64
	}{
		"XS":   {"light-insecure: 1, or 0.5", 1000, 500},
		"S":    {"development: 3, or 1.5", 3000, 1500},
		"M":    {"minimal-prod: 3", 3000, 1500},
		"L":    {"prod-3-brokers: 6", 6000, 3000},
		"XL":   {"prod-6-brokers: 12", 12000, 6000},
		"XXL":  {"prod-9-brokers: 18", 18000, 9000},
		"L4":   {"prod-3-brokers of 10.x: 12", 12000, 6000},
		"XL4":  {"prod-6-brokers of 10.x: 24", 24000, 12000},
		"XXL4": {"prod-9-brokers of 10.x: 36", 36000, 18000},
	} {
		p, _ := sizing.Lookup(size)
		cores := int64(p.Brokers) * sizing.Millicores(p.CPU.Limit)
		if got := sizing.LicenceCores(cores, "CloudPakForIntegrationProduction"); got != tc.production {
			t.Errorf("%s: %d; expected %d (%s)", size, got, tc.production, tc.reason)
		}
		if got := sizing.LicenceCores(cores, "CloudPakForIntegrationNonProduction"); got != tc.nonProd {
			t.Errorf("%s: %d; expected %d (%s)", size, got, tc.nonProd, tc.reason)
		}
	}
}

func TestLicence(t *testing.T) {
	for use, tc := range map[string]struct {
		reason     string
		ratio      int64
		production bool
	}{
		"CloudPakForIntegrationProduction":       {"ibm-lic-prod: 12 cores are 12", 1, true},
		"CloudPakForIntegrationNonProduction":    {"ibm-lic-nonprod: 6 cores are 3", 2, false},
		"CloudPakForIntegrationDisasterRecovery": {"ibm-lic-dr: 12 cores are 6; it stands in for production", 2, true},
		"EventAutomationNonProduction":           {"licences of its own, each core counts", 1, false},
		"EventAutomationDevelopment":             {"not for production", 1, false},
		"":                                       {"not said: nothing is saved", 1, false},
	} {
		if got := sizing.LicenceRatio(use); got != tc.ratio {
			t.Errorf("%s: ratio %d; expected %d (%s)", use, got, tc.ratio, tc.reason)
		}
		if got := sizing.ForProduction(use); got != tc.production {
			t.Errorf("%s: production %v (%s)", use, got, tc.reason)
		}
	}
	if uses := sizing.LicenceUses(); len(uses) == 0 || uses[0] != "CloudPakForIntegrationProduction" {
		t.Errorf("uses %v", uses)
	}
}

// Heaps that follow from Strimzi's code.
func TestDefaultHeap(t *testing.T) {
	for limit, want := range map[string]string{"8096Mi": "4048Mi", "2Gi": "1Gi", "64Gi": "5Gi"} {
		if got := sizing.DefaultHeap(sizing.Bytes(limit)); got != sizing.Bytes(want) {
			t.Errorf("limit %s: heap %d; expected %s", limit, got, want)
		}
	}
	for size, want := range map[string]string{"M": "1024m", "L": "4048m"} {
		if p, _ := sizing.Lookup(size); p.Heap() != want {
			t.Errorf("%s: heap %s; expected %s", size, p.Heap(), want)
		}
	}
	for pair, want := range map[[2]string]bool{
		{"1g", "1024m"}: true, {"1G", "1073741824"}: true, {"1g", "1g"}: true,
		{"2g", "1024m"}: false, {"much", "1024m"}: false, {"1024m", ""}: false, {"9999999999999g", "1g"}: false,
	} {
		if got := sizing.SameHeap(pair[0], pair[1]); got != want {
			t.Errorf("%v: %v", pair, got)
		}
	}
}

func TestSameQuantity(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"2", "2000m"}: true, {"1Gi", "1024Mi"}: true, {"0.1", "100m"}: true, {"1e3", "1k"}: true,
		{"1G", "1Gi"}: false, {"", "1"}: false, {"1", ""}: false, {"one", "1"}: false,
		// Text is not read, so that this does not take minutes.
		{"1e999999999", "1"}: false,
	} {
		if got := sizing.SameQuantity(pair[0], pair[1]); got != want {
			t.Errorf("%v: %v", pair, got)
		}
	}
	if sizing.Bytes("-1Gi") != 0 || sizing.Bytes("x") != 0 || sizing.Millicores("1.5") != 1500 || sizing.Millicores("") != 0 {
		t.Error("Bytes and Millicores are 0 for what is no amount")
	}
}

func TestFormat(t *testing.T) {
	for thousandths, want := range map[int64]string{0: "0", 500: "0.5", 1000: "1", 1500: "1.5", 2250: "2.25", 12001: "12.001"} {
		if got := sizing.FormatThousandths(thousandths); got != want {
			t.Errorf("%d: %s; expected %s", thousandths, got, want)
		}
	}
	for quantity, want := range map[string]string{"0": "0 GiB", "6Gi": "6 GiB", "24288Mi": "23.7 GiB", "1Ti": "1024 GiB", "100G": "93.1 GiB"} {
		if got := sizing.FormatGiB(sizing.Bytes(quantity)); got != want {
			t.Errorf("%s: %s; expected %s", quantity, got, want)
		}
	}
}

func TestRelease(t *testing.T) {
	for text, want := range map[string]sizing.Release{
		"11.0.4": {Major: 11}, "11.7": {Major: 11, Minor: 7}, "10.5.x": {Major: 10, Minor: 5},
		"latest": {}, "": {}, "11": {}, "v11.0": {}, "99999.1": {},
	} {
		if got := sizing.ParseRelease(text); got != want {
			t.Errorf("%q: %v; expected %v", text, got, want)
		}
	}
	eleven := sizing.Release{Major: 11, Minor: 7}
	if !(sizing.Release{Major: 10, Minor: 9}).Before(eleven) || eleven.Before(eleven) || (sizing.Release{}).Known() {
		t.Error("releases are compared by major and minor")
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]int64{"72h": 259200000, "7d": 604800000, "1h30m": 5400000, "500ms": 500, "0s": 0, "1.5h": 0, "72": 0, "-1h": 0, "999999999d": 0, "106751d999999999h": 0} {
		var d sizing.Duration
		err := d.DecodeConfig(yaml.NewStringRNode(text).YNode())
		if (err == nil) != (want > 0) || d.Milliseconds() != want {
			t.Errorf("%s: %d, %v; expected %d", text, d.Milliseconds(), err, want)
		}
	}
}

func TestVolumeSize(t *testing.T) {
	for text, valid := range map[string]bool{"100Gi": true, "1.5Ti": true, "500G": true, "100": false, "0Gi": false, "-1Gi": false, "100gi": false, "": false, "1e9Gi": false} {
		var v sizing.VolumeSize
		if err := v.DecodeConfig(yaml.NewStringRNode(text).YNode()); (err == nil) != valid {
			t.Errorf("%q: %v", text, err)
		} else if valid && string(v) != text {
			t.Errorf("%q became %q", text, v)
		}
	}
}

// What a cluster without resources adds up to, with the side components that
// IBM counts beside it (6.2 cores and 5.2 GiB of limits), is IBM's published
// total for its samples.
func TestFootprintOfSamples(t *testing.T) {
	const sideCores, sideGiB = 6.2, 5.2
	const rounding = 0.005
	for name, tc := range map[string]struct {
		brokers, quorum string
		resources       string
		cores, gib      float64
	}{
		"light-insecure": {"1", "1", "", 8.2, 8.2},
		"development":    {"3", "3", "", 12.2, 14.2},
		"minimal-prod":   {"3", "3", "resources: {limits: {cpu: 1000m, memory: 2048Mi}}", 12.2, 14.2},
		"prod-3-brokers": {"3", "3", "resources: {limits: {cpu: 2000m, memory: 8096Mi}}", 15.2, 31.9},
		"prod-9-brokers": {"9", "3", "resources: {limits: {cpu: 2000m, memory: 8096Mi}}", 27.2, 79.3},
	} {
		f := sizing.Footprint(fntest.Items(t, `
apiVersion: eventstreams.ibm.com/v1beta2
kind: EventStreams
metadata: {name: es}
spec:
  strimziOverrides:
    kafka:
      replicas: `+tc.brokers+`
      `+tc.resources+`
    zookeeper: {replicas: `+tc.quorum+`}
`))[0]
		cores := float64(f.VCPU+f.Quorum.VCPU)/1000 + sideCores
		gib := float64(f.MemoryBytes+f.Quorum.MemoryBytes)/(1<<30) + sideGiB
		if math.Abs(cores/tc.cores-1) > rounding || math.Abs(gib/tc.gib-1) > rounding {
			t.Errorf("%s: %.1f cores and %.1f GiB; IBM says %.1f and %.1f", name, cores, gib, tc.cores, tc.gib)
		}
	}
}

// Footprint reads every shape, finished manifests of both products in one list.
func TestFootprint(t *testing.T) {
	got := sizing.Footprint(fntest.Items(t, strings.Join([]string{`
apiVersion: eventstreams.ibm.com/v1
kind: EventStreams
metadata: {name: es, namespace: shop}
spec:
  license: {use: CloudPakForIntegrationNonProduction}
  strimziOverrides:
    nodePools:
    - {roles: [controller], replicas: 3, resources: {limits: {cpu: 500m, memory: 1Gi}}, storage: {type: persistent-claim, size: 4Gi}}
    - {roles: [broker], replicas: 3, resources: {limits: {cpu: 1, memory: 2Gi}}, storage: {type: jbod, volumes: [{type: persistent-claim, size: 10Gi}, {type: ephemeral}]}}
    - {roles: [broker, controller], replicas: 2, storage: {type: persistent-claim, size: 5Gi}}
`, `
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: k, namespace: shop}
spec:
  kafka: {replicas: 9, resources: {limits: {cpu: 2, memory: 4Gi}}}
`, `
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata: {name: a, namespace: shop, labels: {strimzi.io/cluster: k}}
spec: {roles: [broker], replicas: 3}
`}, "---")))
	want := []sizing.ClusterFootprint{
		{
			Ref: got[0].Ref, Name: "es", Namespace: "shop", LicenseUse: "CloudPakForIntegrationNonProduction",
			Brokers: 5, VCPU: 5000, MemoryBytes: 10 << 30, DiskBytes: 40 << 30, LicenceCores: 2500,
			Quorum: sizing.Pods{Count: 3, VCPU: 1500, MemoryBytes: 3 << 30, DiskBytes: 12 << 30},
		},
		{Ref: got[1].Ref, Name: "k", Namespace: "shop", Brokers: 3, VCPU: 6000, MemoryBytes: 12 << 30},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v\nexpected\n%+v", got[i], want[i])
		}
	}
}
