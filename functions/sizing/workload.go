package sizing

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Workload is what a cluster has to carry. Rates are those of an average
// second; the peak and growth come on top.
type Workload struct {
	// Ingress is the average rate of all producers together, before
	// replication, with its unit: 50MB/s is 50e6 bytes a second, 50MiB/s is
	// 52.4e6. Required, unless messageRate and messageSize are given.
	Ingress Rate `yaml:"ingress,omitempty"`
	// Egress is the average rate of all consumers together. Defaults to
	// ingress times consumerGroups.
	Egress Rate `yaml:"egress,omitempty"`
	// MessageRate is how many records come in, in place of ingress: 1000/s,
	// 20k/s, 9600000/d.
	MessageRate MessageRate `yaml:"messageRate,omitempty"`
	// MessageSize is the average record: 512B, 1KiB. Required with messageRate.
	MessageSize ByteSize `yaml:"messageSize,omitempty"`
	// PeakFactor is the peak rate over the average one; CPU and network are
	// sized for the peak, volumes for the average. Defaults to 1.
	PeakFactor float64 `yaml:"peakFactor,omitempty"`
	// CompressionRatio is bytes on the wire for each byte of the rates above.
	// Defaults to 1: the rates are those of the wire already.
	CompressionRatio float64 `yaml:"compressionRatio,omitempty"`
	// ConsumerGroups is how many groups read everything. Defaults to 1.
	ConsumerGroups *int `yaml:"consumerGroups,omitempty"`
	// LaggingGroups is how many groups read from disk, since what they read has
	// left the page cache. Defaults to 0.
	LaggingGroups int `yaml:"laggingGroups,omitempty"`
	// Retention is how long records are kept (72h, 7d), or how much of each
	// partition (10GiB). Defaults to 7 days, as Kafka's does.
	Retention Retention `yaml:"retention,omitempty"`
	// LocalRetention is how much of the retention stays on the brokers' own
	// volumes where tiered storage has the rest. Defaults to all of it.
	LocalRetention Retention `yaml:"localRetention,omitempty"`
	// ReplicationFactor is how many copies there are of each record. Defaults
	// to 3.
	ReplicationFactor int `yaml:"replicationFactor,omitempty"`
	// MinInSyncReplicas is how many copies a record needs to count as written.
	// Defaults to one less than there are, so that a broker may be down.
	MinInSyncReplicas int `yaml:"minInSyncReplicas,omitempty"`
	// Topics by name, for the partitions that they need.
	Topics map[string]TopicLoad `yaml:"topics,omitempty"`
	// Partitions of all topics that are not listed, without copies. Defaults to
	// 0, where no topics are listed to what the ingress needs.
	Partitions int `yaml:"partitions,omitempty"`
	// Connections is how many clients are connected at once. Defaults to 0:
	// they are no constraint.
	Connections int `yaml:"connections,omitempty"`
	// TLS says that clients' connections are encrypted. Defaults to true, and
	// the measured CPU figures contain it; none is published without it, so
	// false is no cheaper.
	TLS *bool `yaml:"tls,omitempty"`
	// Zones is how many availability zones the brokers are spread over.
	// Defaults to 3.
	Zones int `yaml:"zones,omitempty"`
	// SurviveFailure is what may be lost while the rest carries the peak below
	// 80%: none, broker or zone. Defaults to zone in class prod (broker where
	// there is one zone), broker in stage, none in dev.
	SurviveFailure Failure `yaml:"surviveFailure,omitempty"`
	// Growth is what the rates are multiplied with for the time to come: 1.3
	// for 30% more. Defaults to 1.
	Growth float64 `yaml:"growth,omitempty"`

	// Mirrored is what MirrorMaker reads of this cluster for another one.
	Mirrored Rate `yaml:"-"`
}

// TopicLoad is what one topic has to carry. A rate that is left out is its
// share of the workload's ingress: that of one among the topics listed.
type TopicLoad struct {
	// Partitions that the topic has already; never gets fewer.
	Partitions int `yaml:"partitions,omitempty"`
	// Ingress is the average rate of its producers.
	Ingress Rate `yaml:"ingress,omitempty"`
	// MessageRate is how many records come in. Required with processing.
	MessageRate MessageRate `yaml:"messageRate,omitempty"`
	// Consumers is how many members its largest consumer group has; each needs
	// a partition of its own.
	Consumers int `yaml:"consumers,omitempty"`
	// Processing is how long a consumer takes for one record: 20ms.
	Processing Duration `yaml:"processing,omitempty"`
	// Keyed says that records have keys whose order matters: more partitions
	// then put keys elsewhere, which is warned of.
	Keyed bool `yaml:"keyed,omitempty"`
	// CleanupPolicy is the topic's cleanup.policy: delete, compact, or
	// compact,delete. A compacted topic is keyed; what its keys leave is not
	// known, and counts as if it were deleted by its age. Defaults to delete.
	CleanupPolicy CleanupPolicy `yaml:"cleanupPolicy,omitempty"`
}

// keyed says whether records have keys for certain.
func (t TopicLoad) keyed() bool {
	return t.Keyed || strings.Contains(string(t.CleanupPolicy), "compact")
}

// CleanupPolicy is what becomes of a topic's old records.
type CleanupPolicy string

// Enum lists the values.
func (CleanupPolicy) Enum() []string { return []string{"delete", "compact", "compact,delete"} }

// Platform is what the brokers run on.
type Platform struct {
	// Disk is the throughput of one broker's volumes: 250MB/s. Defaults to
	// 250MB/s, a general-purpose cloud volume.
	Disk Rate `yaml:"disk,omitempty"`
	// Nic is the throughput of one broker's network, each way: 1250MB/s.
	// Defaults to 1250MB/s, which is 10 Gbit/s.
	Nic Rate `yaml:"nic,omitempty"`
	// MaxVolume is the largest volume that there is: 16Ti. Defaults to none.
	MaxVolume VolumeSize `yaml:"maxVolume,omitempty"`
	// StorageClass is the class of the brokers' volumes; storage.class, where
	// that is said, is the same.
	StorageClass string `yaml:"storageClass,omitempty"`
	// AllowVolumeExpansion says whether the storage class lets volumes grow.
	// Left out, growth of a volume is not checked for it.
	AllowVolumeExpansion *bool `yaml:"allowVolumeExpansion,omitempty"`
	// MaxCPU is the most that one broker gets, in cores. Defaults to 4, on
	// which IBM measured.
	MaxCPU float64 `yaml:"maxCPU,omitempty"`
	// Nodes is how many worker nodes can run a broker. Left out, it is not
	// checked.
	Nodes int `yaml:"nodes,omitempty"`
	// NodeAllocatable is what one worker node has for pods: a broker gets no more
	// CPU than that, and more brokers carry the rest. Left out, it is not checked.
	NodeAllocatable *Allocatable `yaml:"nodeAllocatable,omitempty"`
}

// Allocatable is what one worker node has for pods.
type Allocatable struct {
	// CPU in cores, as the node's status.allocatable has it: 15500m.
	CPU CPU `yaml:"cpu,omitempty"`
	// Memory, as the node's status.allocatable has it: 60Gi.
	Memory NodeMemory `yaml:"memory,omitempty"`
}

// Policy is how full things may be.
type Policy struct {
	// CPUUtilization is the share of the CPUs that the peak may use. Defaults
	// to 0.60 (Amazon MSK, best practices).
	CPUUtilization float64 `yaml:"cpuUtilization,omitempty"`
	// DiskUtilization is the share of a volume, and of its throughput, that may
	// be used. Defaults to 0.80 (Cruise Control, disk.capacity.threshold).
	DiskUtilization float64 `yaml:"diskUtilization,omitempty"`
	// NetworkUtilization is the share of the network that may be used. Defaults
	// to 0.80 (Cruise Control, network.inbound.capacity.threshold).
	NetworkUtilization float64 `yaml:"networkUtilization,omitempty"`
	// CPUProfile says what one vCPU carries: google (20 MB/s written, the
	// lower) or ibm-measured (23 MB/s). Defaults to google.
	CPUProfile CPUProfile `yaml:"cpuProfile,omitempty"`
	// MaxReplicasPerBroker is how many copies of partitions a broker has at
	// most. Defaults to 250 for each vCPU, from 1000 to 4000.
	MaxReplicasPerBroker int `yaml:"maxReplicasPerBroker,omitempty"`
}

// Failure is what a cluster survives.
type Failure string

// What may fail.
const (
	NoFailure     Failure = "none"
	BrokerFailure Failure = "broker"
	ZoneFailure   Failure = "zone"
)

// Enum lists the values.
func (Failure) Enum() []string {
	return []string{string(NoFailure), string(BrokerFailure), string(ZoneFailure)}
}

// CPUProfile is a published figure of what a vCPU carries.
type CPUProfile string

// Profiles.
const (
	GoogleProfile CPUProfile = "google"
	IBMProfile    CPUProfile = "ibm-measured"
)

// Enum lists the values.
func (CPUProfile) Enum() []string { return []string{string(GoogleProfile), string(IBMProfile)} }

// constant is the figure of the profile.
func (p CPUProfile) constant() Constant {
	if p == IBMProfile {
		return cpuIBM
	}
	return cpuPerVCPU
}

// Prefixes of units: powers of 1000, and of 1024 with an i.
var prefixes = map[string]float64{
	"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
	"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
}

const (
	amount      = `[0-9]{1,15}(\.[0-9]{1,6})?`
	rate        = `^(` + amount + `) ?((k|K|M|G|T|Ki|Mi|Gi|Ti)?)B/s$`
	byteSize    = `^(` + amount + `) ?((k|K|M|G|T|Ki|Mi|Gi|Ti)?)B?$`
	messageRate = `^(` + amount + `)((k|K|M)?)/(s|min|h|d)$`
)

var (
	ratePattern        = regexp.MustCompile(rate)
	byteSizePattern    = regexp.MustCompile(byteSize)
	messageRatePattern = regexp.MustCompile(messageRate)
)

// read returns the number of a match with its prefix.
func read(parts []string) float64 {
	value, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return 0 // not possible: the pattern is that of a number
	}
	return value * prefixes[parts[3]]
}

// Rate is bytes a second, with its unit: 50MB/s, 50MiB/s.
type Rate float64

// Set reads the rate, as a flag.
func (r *Rate) Set(text string) error {
	parts := ratePattern.FindStringSubmatch(text)
	if parts == nil || read(parts) == 0 {
		return fmt.Errorf("is %q; expected a rate above 0 with its unit, such as 50MB/s or 50MiB/s", text)
	}
	*r = Rate(read(parts))
	return nil
}

// DecodeConfig reads the rate.
func (r *Rate) DecodeConfig(node *yaml.Node) error { return r.Set(view.Text(node)) }

// SchemaPattern is the rate's form, for the JSON schema.
func (*Rate) SchemaPattern() string { return rate }

// String writes the rate in MB/s.
func (r *Rate) String() string { return FormatRate(float64(*r)) }

// Type names the flag's value in help.
func (*Rate) Type() string { return "RATE" }

// FormatRate writes bytes a second in MB/s, below one in kB/s, with three
// significant digits.
func FormatRate(rate float64) string {
	switch {
	case rate == 0:
		return ""
	case rate < mega:
		return significant(rate/1e3) + "kB/s"
	}
	return significant(rate/1e6) + "MB/s"
}

// significant writes a number with three significant digits and no exponent.
func significant(x float64) string {
	const digits = 3
	if x == 0 {
		return "0"
	}
	places := max(0, digits-1-int(math.Floor(math.Log10(math.Abs(x)))))
	text := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// MessageRate is records a second, with its unit: 1000/s, 20k/s, 9600000/d.
type MessageRate float64

// Set reads the rate, as a flag.
func (r *MessageRate) Set(text string) error {
	parts := messageRatePattern.FindStringSubmatch(text)
	if parts == nil || read(parts) == 0 {
		return fmt.Errorf("is %q; expected records above 0 in a time, such as 1000/s, 20k/s or 9600000/d", text)
	}
	seconds := map[string]float64{"s": 1, "min": 60, "h": 3600, "d": 86400}[parts[5]]
	*r = MessageRate(read(parts) / seconds)
	return nil
}

// DecodeConfig reads the rate.
func (r *MessageRate) DecodeConfig(node *yaml.Node) error { return r.Set(view.Text(node)) }

// SchemaPattern is the rate's form, for the JSON schema.
func (*MessageRate) SchemaPattern() string { return messageRate }

// String writes the rate.
func (r *MessageRate) String() string {
	if *r == 0 {
		return ""
	}
	return significant(float64(*r)) + "/s"
}

// Type names the flag's value in help.
func (*MessageRate) Type() string { return "RECORDS" }

// ByteSize is an amount of bytes, with its unit: 512B, 1KiB.
type ByteSize float64

// Set reads the size, as a flag.
func (b *ByteSize) Set(text string) error {
	parts := byteSizePattern.FindStringSubmatch(text)
	if parts == nil || read(parts) == 0 {
		return fmt.Errorf("is %q; expected a size above 0 such as 512B or 1KiB", text)
	}
	*b = ByteSize(read(parts))
	return nil
}

// DecodeConfig reads the size.
func (b *ByteSize) DecodeConfig(node *yaml.Node) error { return b.Set(view.Text(node)) }

// SchemaPattern is the size's form, for the JSON schema.
func (*ByteSize) SchemaPattern() string { return byteSize }

// String writes the size in bytes.
func (b *ByteSize) String() string {
	if *b == 0 {
		return ""
	}
	return significant(float64(*b)) + "B"
}

// Type names the flag's value in help.
func (*ByteSize) Type() string { return "SIZE" }

// Retention is a time, or an amount of each partition.
type Retention struct {
	// Time of it, 0 where Bytes says it.
	Time time.Duration
	// Bytes of each partition, 0 where Time says it.
	Bytes float64
}

const retention = `^([0-9]{1,9}(ms|s|m|h|d))+$|` + byteSize

// Set reads the retention, as a flag.
func (r *Retention) Set(text string) error {
	var d Duration
	if durationPattern.MatchString(text) {
		if err := d.Set(text); err != nil {
			return err
		}
		*r = Retention{Time: time.Duration(d)}
		return nil
	}
	var b ByteSize
	if strings.ContainsAny(text, "BKMGTi") && b.Set(text) == nil {
		*r = Retention{Bytes: float64(b)}
		return nil
	}
	return fmt.Errorf("is %q; expected a time such as 72h or 7d, or an amount of each partition such as 10GiB", text)
}

// DecodeConfig reads the retention.
func (r *Retention) DecodeConfig(node *yaml.Node) error { return r.Set(view.Text(node)) }

// SchemaPattern is the retention's form, for the JSON schema.
func (*Retention) SchemaPattern() string { return retention }

// String writes the retention.
func (r *Retention) String() string {
	switch {
	case r.Time > 0:
		return FormatTime(r.Time.Seconds())
	case r.Bytes > 0:
		return FormatGiB(int64(r.Bytes))
	}
	return ""
}

// Type names the flag's value in help.
func (*Retention) Type() string { return "TIME" }

// FormatTime writes seconds in the unit that people would: 20 s, 4.5 min, 36 h,
// 7 days.
func FormatTime(seconds float64) string {
	const minute, hour, day = 60, 3600, 86400
	switch {
	case seconds < 1.5*minute:
		return significant(seconds) + " s"
	case seconds < 2*hour:
		return significant(seconds/minute) + " min"
	case seconds < 3*day:
		return significant(seconds/hour) + " h"
	default:
		return significant(seconds/day) + " days"
	}
}
