package sizing

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// quantity is what is read of Kubernetes' quantities: its exponents are limited
// to two digits, since 1e999999999 takes minutes to compare.
var quantity = regexp.MustCompile(`^[+-]?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?$`)

func parse(text string) (resource.Quantity, bool) {
	if !quantity.MatchString(text) {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(text)
	return q, err == nil
}

// IsQuantity says whether a text is one of Kubernetes' quantities.
func IsQuantity(text string) bool {
	_, ok := parse(text)
	return ok
}

// SameQuantity says whether two Kubernetes quantities are equal: 2 and 2000m,
// 1Gi and 1024Mi.
func SameQuantity(a, b string) bool {
	if a == b {
		return true
	}
	x, ok := parse(a)
	if !ok {
		return false
	}
	y, ok := parse(b)
	return ok && x.Cmp(y) == 0
}

// Bytes reads a quantity of bytes, 0 when it is none.
func Bytes(text string) int64 {
	q, ok := parse(text)
	if !ok {
		return 0
	}
	return max(q.Value(), 0)
}

// Millicores reads a quantity of CPU in thousandths of a core, 0 when it is
// none.
func Millicores(text string) int64 {
	q, ok := parse(text)
	if !ok {
		return 0
	}
	return max(q.MilliValue(), 0)
}

// FormatThousandths writes thousandths as a decimal number: 1500 is 1.5.
func FormatThousandths(thousandths int64) string {
	whole, part := thousandths/1000, thousandths%1000
	if part == 0 {
		return strconv.FormatInt(whole, 10)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%03d", whole, part), "0")
}

// FormatGiB writes bytes in GiB with at most one decimal, rounded.
func FormatGiB(bytes int64) string {
	tenths := (bytes/1024*10 + gibibyte/1024/2) / (gibibyte / 1024)
	return FormatThousandths(tenths*100) + " GiB"
}

// DefaultHeap is the heap that Strimzi gives a broker whose JVM options don't
// say one, for a memory limit in bytes: half of it, at most 5Gi
// (strimzi-kafka-operator KafkaCluster.java, JvmOptionUtils.heapOptions).
func DefaultHeap(limit int64) int64 {
	const share, most = 2, 5 * gibibyte
	return min(limit/share, most)
}

// SameHeap says whether two values of the JVM's -Xmx or -Xms are equal: 1g and
// 1024m.
func SameHeap(a, b string) bool {
	x, ok := heapBytes(a)
	if !ok {
		return a == b
	}
	y, ok := heapBytes(b)
	return ok && x == y
}

var heap = regexp.MustCompile(`^([0-9]{1,12})([kKmMgG]?)$`)

func heapBytes(text string) (int64, bool) {
	parts := heap.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	value, err := strconv.ParseInt(parts[1], 10, 64)
	unit := map[string]int64{"": 1, "k": 1 << 10, "m": mebibyte, "g": gibibyte}[strings.ToLower(parts[2])]
	return value * unit, err == nil && value <= math.MaxInt64/gibibyte
}

// VolumeSize is the size of a volume in a config, with its unit: 100Gi.
type VolumeSize string

// volumeSize asks for a unit: 100 alone would be 100 bytes.
const volumeSize = `^[1-9][0-9]{0,8}(\.[0-9]{1,3})?(Mi|Gi|Ti|Pi|M|G|T|P)$`

var volumeSizePattern = regexp.MustCompile(volumeSize)

// DecodeConfig reads the size and checks its unit.
func (v *VolumeSize) DecodeConfig(node *yaml.Node) error {
	text := view.Text(node)
	if !volumeSizePattern.MatchString(text) {
		return fmt.Errorf("is %q; expected a size with its unit, such as 100Gi", text)
	}
	*v = VolumeSize(text)
	return nil
}

// SchemaPattern is the size's form, for the JSON schema.
func (*VolumeSize) SchemaPattern() string { return volumeSize }

// NodeMemory is memory as a node says it: 60Gi, 63230712Ki.
type NodeMemory string

const nodeMemory = `^[1-9][0-9]{0,12}(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti|k|M|G|T)?$`

var nodeMemoryPattern = regexp.MustCompile(nodeMemory)

// Set reads the memory, as a flag.
func (m *NodeMemory) Set(text string) error {
	if !nodeMemoryPattern.MatchString(text) {
		return fmt.Errorf("is %q; expected memory such as 60Gi or 63230712Ki", text)
	}
	*m = NodeMemory(text)
	return nil
}

// DecodeConfig reads the memory.
func (m *NodeMemory) DecodeConfig(node *yaml.Node) error { return m.Set(view.Text(node)) }

// String is the memory as it was said.
func (m *NodeMemory) String() string { return string(*m) }

// Type names the flag's value in help.
func (*NodeMemory) Type() string { return "SIZE" }

// SchemaPattern is the memory's form, for the JSON schema.
func (*NodeMemory) SchemaPattern() string { return nodeMemory }

// Duration is a length of time in a config: 72h, 7d, 1h30m, 500ms. 0 is a field
// left out.
type Duration time.Duration

const duration = `^([0-9]{1,9}(ms|s|m|h|d))+$`

var (
	durationPattern = regexp.MustCompile(duration)
	durationPart    = regexp.MustCompile(`([0-9]+)(ms|s|m|h|d)`)
	durationUnits   = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}
)

// DecodeConfig reads the duration.
func (d *Duration) DecodeConfig(node *yaml.Node) error { return d.Set(view.Text(node)) }

// Set reads the duration: whole numbers with units from ms to d, above 0 and
// below 292 years.
func (d *Duration) Set(text string) error {
	if !durationPattern.MatchString(text) {
		return fmt.Errorf("is %q; expected a duration such as 72h, 7d or 1h30m", text)
	}
	var sum time.Duration
	for _, part := range durationPart.FindAllStringSubmatch(text, -1) {
		count, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil || time.Duration(count) > (math.MaxInt64-sum)/durationUnits[part[2]] {
			return fmt.Errorf("%q is too long; the longest is 292 years", text)
		}
		sum += time.Duration(count) * durationUnits[part[2]]
	}
	if sum == 0 {
		return fmt.Errorf("is %q; expected more than 0", text)
	}
	*d = Duration(sum)
	return nil
}

// SchemaPattern is the duration's form, for the JSON schema.
func (*Duration) SchemaPattern() string { return duration }

// Milliseconds is the duration as Kafka's settings have it.
func (d *Duration) Milliseconds() int64 { return time.Duration(*d).Milliseconds() }

// Seconds is the duration in seconds.
func (d *Duration) Seconds() float64 { return time.Duration(*d).Seconds() }

var capacityPattern = regexp.MustCompile(`^([0-9]{1,12})(([KMG]i?)?)B/s$`)

// CapacityKiB reads one of Cruise Control's network capacities in KiB/s, and
// says whether it is one: 10000KiB/s, 100MB/s.
func CapacityKiB(text string) (int64, bool) {
	parts := capacityPattern.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	value, err := strconv.ParseInt(parts[1], 10, 64)
	unit := map[string]float64{"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}[parts[2]]
	return int64(float64(value) * unit / 1024), err == nil
}

// CPU is cores in a config, as Kubernetes writes them: 4, 1500m.
type CPU string

const cpuForm = `^([1-9][0-9]{0,3}(\.[0-9]{1,3})?|0\.[0-9]{1,3}|[1-9][0-9]{0,6}m)$`

var cpuPattern = regexp.MustCompile(cpuForm)

// DecodeConfig reads the cores.
func (c *CPU) DecodeConfig(node *yaml.Node) error { return c.Set(view.Text(node)) }

// String is the cores as they were said.
func (c *CPU) String() string { return string(*c) }

// Type names the flag's value in help.
func (*CPU) Type() string { return "CORES" }

// Set reads the cores, as a flag.
func (c *CPU) Set(text string) error {
	if !cpuPattern.MatchString(text) {
		return fmt.Errorf("is %q; expected cores such as 4 or 1500m", text)
	}
	*c = CPU(text)
	return nil
}

// SchemaPattern is the form of cores, for the JSON schema.
func (*CPU) SchemaPattern() string { return cpuForm }
