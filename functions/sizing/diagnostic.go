package sizing

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Severity of a diagnostic.
type Severity string

// Severities of diagnostics.
const (
	DiagnosticError Severity = "error"
	DiagnosticWarn  Severity = "warn"
	DiagnosticInfo  Severity = "info"
)

// Diagnostic is a finding about a size. Its id stays the same, its text may
// change.
type Diagnostic struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// Object that the finding is about, empty for a plan.
	Object string `json:"object,omitempty"`
	// Field of the workload, or of the object.
	Field    string `json:"field,omitempty"`
	Current  string `json:"current,omitempty"`
	Proposed string `json:"proposed,omitempty"`
	Message  string `json:"message"`
}

// String is the form of messages: "SZ010 error: spec.replicas: ...".
func (d Diagnostic) String() string {
	parts := []string{d.ID + " " + string(d.Severity)}
	for _, part := range []string{d.Object, d.Field} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, d.Message), ": ")
}

// Plural counts things: 1 broker, 3 brokers.
func Plural(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return strconv.Itoa(count) + " " + many
}

// number writes a number without an exponent and without needless zeros.
func number(x float64) string {
	const most = 1e15 // beyond it, digits say less than an exponent
	if math.Abs(x) > most {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// percent writes a share.
func percent(share float64) string { return significant(share*100) + "%" }

// Percent writes a share in percent, with three significant digits.
func Percent(share float64) string { return percent(share) }

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func milliseconds(count float64) time.Duration { return time.Duration(count) * time.Millisecond }

// diagnose reports what a plan has that people should know.
func (p Plan) diagnose(m *model) []Diagnostic {
	var found []Diagnostic
	add := func(id string, severity Severity, field, current, proposed, format string, args ...any) {
		found = append(found, Diagnostic{ID: id, Severity: severity, Field: field, Current: current, Proposed: proposed, Message: fmt.Sprintf(format, args...)})
	}
	w := p.Input.Workload
	if p.MinInSync == 1 && m.production {
		add("SZ012", DiagnosticWarn, "minInSyncReplicas", "1", "2", "is 1 in production: the only copy that has a record may be the one that is lost; take 3 copies and 2 in sync")
	}
	for _, t := range p.Topics {
		if t.Current > 0 && t.Partitions > t.Current && w.Topics[t.Name].keyed() {
			add("SZ025", DiagnosticWarn, "topics."+t.Name+".partitions", strconv.Itoa(t.Current), strconv.Itoa(t.Partitions), "go from %d to %d, and the topic is keyed: keys move to other partitions", t.Current, t.Partitions)
		}
	}
	if most := m.maxVolume; most > 0 && m.claim(p.Brokers) > most {
		add("SZ030", DiagnosticError, "storage", Quantity(int64(most)), Quantity(p.Storage), "needs %s a broker, and the largest volume is %s; keep less, or raise maxVolume", FormatGiB(p.Storage), FormatGiB(int64(most)))
	}
	if p.Degraded != nil {
		if share, of := p.Degraded.most(); share > degradedUtil.Value+1e-9 {
			lost := *m
			lost.failure = p.Failure
			add("SZ041", DiagnosticWarn, "surviveFailure", strconv.Itoa(p.Brokers), strconv.Itoa(lost.survivors(p.Brokers, cores(p.CPU))),
				"with one %s lost, %s is at %s, above %s", p.Failure, of, percent(share), percent(degradedUtil.Value))
		}
	}
	if !p.IBMKept && p.IBMIngress > 0 && p.Input.Workload.Zones > 1 {
		add("SZ041", DiagnosticWarn, "ingress", FormatRate(float64(w.Ingress)), FormatRate(p.IBMIngress), "is above IBM's own margin of (zones-1)/zones of the maximum, which is %s here", FormatRate(p.IBMIngress))
	}
	p.diagnoseNodes(add)
	limit := PartitionLimit(float64(p.CPU) / 1000)
	switch replicas := p.PartitionsPerBroker; {
	case float64(replicas) > partitionsMmap.Value:
		add("SZ050", DiagnosticError, "partitions", strconv.Itoa(replicas), number(partitionsMmap.Value), "%d replicas on a broker need more memory maps than Linux gives (%s)", replicas, number(partitionsMmap.Value))
	case replicas > limit:
		add("SZ050", DiagnosticWarn, "partitions", strconv.Itoa(replicas), strconv.Itoa(limit), "%d replicas on a broker of %s vCPU; at most %d are advised", replicas, FormatThousandths(p.CPU), limit)
	}
	if threads := p.Threads.Fetchers * (p.Brokers - 1); p.Threads.Fetchers > 1 && float64(threads) > fetchersWarn.Value*float64(p.CPU)/1000 {
		add("SZ061", DiagnosticWarn, "num.replica.fetchers", strconv.Itoa(p.Threads.Fetchers), strconv.Itoa(Fetchers(p.Brokers, cores(p.CPU))), "%d fetcher threads on a broker of %s vCPU", threads, FormatThousandths(p.CPU))
	}
	if floor := HeapFloor(p.Threads.Fetchers, p.Brokers); floor*2 > p.Heap {
		add("SZ060", DiagnosticWarn, "heap", JVMHeap(p.Heap), JVMHeap(2*floor), "%s: the log cleaner and the replica fetchers alone may take %s of it; fewer, larger brokers", FormatGiB(p.Heap), FormatGiB(floor))
	}
	use := p.Input.LicenseUse
	add("SZ100", DiagnosticInfo, "license", use, use, "%s licence cores (%d:1)", FormatThousandths(p.LicenceCores), LicenceRatio(use))
	if use != "" && m.production != ForProduction(use) {
		add("SZ100", DiagnosticWarn, "license.use", use, UseFor(use, m.production), "is %q in class %s", use, p.Input.Class)
	}
	return found
}

// diagnoseNodes holds the brokers against the worker nodes.
func (p Plan) diagnoseNodes(add func(id string, severity Severity, field, current, proposed, format string, args ...any)) {
	if n := p.Input.Platform.Nodes; n > 0 && n < p.Brokers {
		add("SZ042", DiagnosticWarn, "nodes", strconv.Itoa(n), strconv.Itoa(p.Brokers), "%s for %d brokers: two of them share a node, and fall with it", Plural(n, "node", "nodes"), p.Brokers)
	}
	room := p.Input.Platform.NodeAllocatable
	if room == nil {
		return
	}
	if has := Millicores(string(room.CPU)); has > 0 && has < p.CPU {
		add("SZ042", DiagnosticError, "platform.nodeAllocatable.cpu", string(room.CPU), FormatCPU(p.CPU), "is %s, and a broker needs %s: no node takes it; larger nodes, or a smaller maxCPU", room.CPU, FormatCPU(p.CPU))
	}
	if has := Bytes(string(room.Memory)); has > 0 && has < p.Memory {
		add("SZ042", DiagnosticError, "platform.nodeAllocatable.memory", string(room.Memory), Quantity(p.Memory), "is %s, and a broker needs %s: no node takes it; larger nodes, or a smaller maxCPU", room.Memory, Quantity(p.Memory))
	}
}

// HeapFloor is what the log cleaner's buffer and the replica fetchers take of a
// broker's heap at most: 128 MiB, and 10 MiB for each fetcher of each other
// broker.
func HeapFloor(fetchers, brokers int) int64 {
	return int64(cleanerBuffer.Value) + int64(fetchers*(brokers-1))*int64(fetchResponse.Value)
}
