package sizing

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Cited is a constant as reports have it.
type Cited struct {
	ID     string  `json:"id"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	Source string  `json:"source"`
	// Instead is what to say in place of an assumption, where something can be
	// said; Assumed marks one.
	Instead string `json:"instead,omitempty"`
	Assumed bool   `json:"assumed,omitempty"`
}

func cite(constants ...Constant) []Cited {
	cited := make([]Cited, len(constants))
	for i, c := range constants {
		say, assumed := c.Assumed()
		cited[i] = Cited{ID: c.ID, Value: c.Value, Unit: c.Unit, Source: c.Source, Instead: say, Assumed: assumed}
	}
	return cited
}

// Sources returns the constants behind each of a plan's numbers, by the path of
// the number in the plan's JSON.
func (p Plan) Sources() map[string][]Cited {
	profile := p.Input.Policy.CPUProfile.constant()
	sources := map[string][]Cited{
		"perBroker.cpu":       cite(cpuMeasured, cpuSmallest),
		"perBroker.memory":    cite(cpuMemory, cacheTime, memoryOff),
		"perBroker.heap":      cite(heapPercent, heapCap, heapLeast),
		"perBroker.storage":   cite(diskUtil, diskOverhead, diskMargin, diskCleanup, diskSegment, diskIndex, diskSegmentTime, diskQuotaCheck, diskQuotaSafety),
		"utilization":         cite(p.rests([]Constant{profile, cpuReadWeight, netAssumed, diskAssumed})...),
		"partitionsPerBroker": cite(partitionsPerVCPU, partitionsLeast, partitionsMost),
		"partitions":          cite(partitionFormula, partitionProduce),
		"quorum":              cite(quorumDefault),
		"threads":             cite(threadsIO, threadsNetwork, threadsCleaner, fetchersPerVCPU, fetchersWarn),
		"cruiseControl":       cite(netUtil),
		"maxIngress.ibm":      cite(ibmZones),
		"licenceCores":        cite(licenceProduction),
	}
	if LicenceRatio(p.Input.LicenseUse) > 1 {
		sources["licenceCores"] = cite(licenceNonProduction)
	}
	if p.Input.Class == "dev" {
		sources["perBroker.storage"][2] = cite(diskMarginDev)[0]
	}
	var behind []Constant
	if p.Failure != "" {
		behind = append(behind, degradedUtil)
	}
	for _, n := range p.Needs {
		if n.Constraint == p.Binding {
			behind = append(behind, n.By...)
		}
	}
	sources["brokers"] = cite(p.rests(behind)...)
	return sources
}

// rests leaves out the assumptions in whose place the input says something.
func (p Plan) rests(on []Constant) []Constant {
	return slices.DeleteFunc(slices.Clone(on), func(c Constant) bool {
		say, _ := c.Assumed()
		return say != "" && !slices.Contains(p.Assumptions, c)
	})
}

// PlanJSON is a plan as -o json and -o yaml print it.
type PlanJSON struct {
	Brokers           int                `json:"brokers"`
	BindingConstraint Constraint         `json:"bindingConstraint"`
	BindingDegraded   bool               `json:"bindingWithFailure,omitempty"`
	Needs             map[Constraint]int `json:"brokersBy"`
	PerBroker         PerBrokerJSON      `json:"perBroker"`
	Utilization       UtilizationJSON    `json:"utilization"`
	Partitions        int                `json:"partitions"`
	PartitionsPer     int                `json:"partitionsPerBroker"`
	Topics            map[string]int     `json:"topics,omitempty"`
	ReplicationFactor int                `json:"replicationFactor"`
	MinInSync         int                `json:"minInSyncReplicas"`
	Quorum            int                `json:"quorum"`
	Config            map[string]int     `json:"config"`
	CruiseControl     map[string]string  `json:"cruiseControl"`
	Quotas            map[string]int64   `json:"quotas"`
	MaxIngress        MaxIngressJSON     `json:"maxIngress"`
	LicenceCores      float64            `json:"licenceCores"`
	LicenceRatio      string             `json:"licenceRatio"`
	Totals            map[string]any     `json:"totals"`
	Cost              *CostJSON          `json:"cost,omitempty"`
	Assumptions       []Cited            `json:"assumptions"`
	Sources           map[string][]Cited `json:"sources"`
	Guides            []Guide            `json:"guides,omitempty"`
	Diagnostics       []Diagnostic       `json:"diagnostics"`
}

// PerBrokerJSON is one broker: CPU in cores, the rest as Kubernetes writes it.
type PerBrokerJSON struct {
	CPU     float64 `json:"cpu"`
	Memory  string  `json:"memory"`
	Heap    string  `json:"heap"`
	Storage string  `json:"storage"`
}

// UtilizationJSON is shares of what brokers can do. Degraded is null where
// nothing is left.
type UtilizationJSON struct {
	Normal   Utilization  `json:"normal"`
	Degraded *Utilization `json:"degraded"`
	Failure  Failure      `json:"failure"`
}

// MaxIngressJSON is how much comes in when the first limit is reached.
type MaxIngressJSON struct {
	Plan    string `json:"plan"`
	IBM     string `json:"ibm"`
	IBMKept bool   `json:"ibmKept"`
}

// Report is the plan as it is printed.
func (p Plan) Report() PlanJSON {
	j := PlanJSON{
		Brokers: p.Brokers, BindingConstraint: p.Binding, BindingDegraded: p.BindingDegraded,
		Needs: map[Constraint]int{},
		PerBroker: PerBrokerJSON{
			CPU: cores(p.CPU), Memory: Quantity(p.Memory), Heap: Quantity(p.Heap), Storage: Quantity(p.Storage),
		},
		Utilization: UtilizationJSON{Normal: p.Normal.rounded(), Failure: p.Failure},
		Partitions:  p.Partitions, PartitionsPer: p.PartitionsPerBroker,
		ReplicationFactor: p.ReplicationFactor, MinInSync: p.MinInSync, Quorum: p.Quorum,
		Config: map[string]int{},
		CruiseControl: map[string]string{
			"inboundNetwork": NetworkCapacity(p.InboundNetwork), "outboundNetwork": NetworkCapacity(p.OutboundNetwork),
		},
		Quotas:       map[string]int64{"producerByteRate": p.ProducerQuota, "consumerByteRate": p.ConsumerQuota},
		MaxIngress:   MaxIngressJSON{FormatRate(p.MaxIngress), FormatRate(p.IBMIngress), p.IBMKept},
		LicenceCores: cores(p.LicenceCores), LicenceRatio: fmt.Sprintf("%d:1", LicenceRatio(p.Input.LicenseUse)),
		Totals: map[string]any{
			"cpu": cores(p.Pods().VCPU), "memory": Quantity(p.Pods().MemoryBytes), "storage": Quantity(p.Pods().DiskBytes),
		},
		Cost: p.Input.Prices.JSON(p.Cost()), Assumptions: cite(p.Assumptions...), Sources: p.Sources(), Guides: p.Guides, Diagnostics: p.Diagnostics,
	}
	if j.Diagnostics == nil {
		j.Diagnostics = []Diagnostic{}
	}
	if p.Degraded != nil {
		rounded := p.Degraded.rounded()
		j.Utilization.Degraded = &rounded
	}
	for _, n := range p.Needs {
		j.Needs[n.Constraint] = n.Brokers
	}
	for _, s := range p.Settings() {
		j.Config[s.Key] = s.Value
	}
	for _, t := range p.Topics {
		if j.Topics == nil {
			j.Topics = map[string]int{}
		}
		j.Topics[t.Name] = t.Partitions
	}
	return j
}

func cores(thousandths int64) float64 { return float64(thousandths) / 1000 }

// rounded has four digits behind the point.
func (u Utilization) rounded() Utilization {
	round := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	return Utilization{round(u.CPU), round(u.Ingress), round(u.Egress), round(u.Disk)}
}

// Quantity writes bytes as Kubernetes does, in the largest unit that they are a
// whole number of; Ti is not used, so that sizes compare at a glance.
func Quantity(bytes int64) string {
	switch {
	case bytes%gibibyte == 0:
		return strconv.FormatInt(bytes/gibibyte, 10) + "Gi"
	case bytes%mebibyte == 0:
		return strconv.FormatInt(bytes/mebibyte, 10) + "Mi"
	}
	return strconv.FormatInt(bytes, 10)
}

// NetworkCapacity writes a capacity as Cruise Control's brokerCapacity has it.
func NetworkCapacity(kib int64) string { return strconv.FormatInt(kib, 10) + "KiB/s" }

// WriteJSON prints a value as indented JSON.
func WriteJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// WriteTable prints the plan for people: each number with the ids of its
// constants, and the sources of those at the end.
func (p Plan) WriteTable(w io.Writer) {
	j := p.Report()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	cited := map[string]string{}
	var order []string
	row := func(path, what, format string, args ...any) {
		var ids []string
		for _, c := range j.Sources[path] {
			ids = append(ids, c.ID)
			if _, known := cited[c.ID]; !known {
				order = append(order, c.ID)
			}
			cited[c.ID] = strings.TrimSpace(number(math.Round(c.Value*1e4)/1e4)+" "+c.Unit) + ": " + c.Source
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", what, fmt.Sprintf(format, args...), strings.Join(ids, " "))
	}
	bound := string(p.Binding)
	if p.BindingDegraded {
		bound += ", with one " + string(p.Failure) + " lost"
	}
	row("brokers", "brokers", "%d, bound by %s", p.Brokers, bound)
	for _, n := range p.Needs {
		fmt.Fprintf(table, "  for %s\t%d\t\n", n.Constraint, n.Brokers)
	}
	row("perBroker.cpu", "CPU a broker", "%s", FormatThousandths(p.CPU))
	row("perBroker.memory", "memory a broker", "%s", j.PerBroker.Memory)
	row("perBroker.heap", "heap a broker", "%s", j.PerBroker.Heap)
	row("perBroker.storage", "volume a broker", "%s (%s of records)", j.PerBroker.Storage, FormatGiB(int64(p.StorageNeeded)))
	row("utilization", "use at the peak", "%s", p.Normal)
	if p.Degraded != nil {
		row("", "  with one "+string(p.Failure)+" lost", "%s", *p.Degraded)
	}
	row("maxIngress.ibm", "carries on average", "%s; IBM's margin would be %s", j.MaxIngress.Plan, j.MaxIngress.IBM)
	row("partitions", "partitions", "%d", p.Partitions)
	row("partitionsPerBroker", "replicas a broker", "%d", p.PartitionsPerBroker)
	row("quorum", "controllers or ZooKeeper nodes", "%d", p.Quorum)
	row("threads", "threads", "io %d, network %d, cleaner %d, fetchers %d", p.Threads.IO, p.Threads.Network, p.Threads.Cleaner, p.Threads.Fetchers)
	row("cruiseControl", "Cruise Control", "in %s, out %s", j.CruiseControl["inboundNetwork"], j.CruiseControl["outboundNetwork"])
	row("", "in all", "%s vCPU, %s memory, %s disk", FormatThousandths(int64(p.Brokers)*p.CPU), FormatGiB(int64(p.Brokers)*p.Memory), FormatGiB(int64(p.Brokers)*p.Storage))
	row("licenceCores", "licence cores", "%s (%s)", FormatThousandths(p.LicenceCores), j.LicenceRatio)
	if p.Input.Prices.Known() {
		row("", "cost", "%s at your prices", p.Input.Prices.Cost(p.Cost()))
	}
	for _, g := range p.Guides {
		fmt.Fprintf(table, "  %s says\t%d\t%s\n", g.Name, g.Brokers, g.Rule)
	}
	table.Flush()
	fmt.Fprintln(w)
	WriteDiagnostics(w, p.Diagnostics)
	fmt.Fprintln(w, "\nassumed:")
	for _, c := range p.Assumptions {
		say, _ := c.Assumed()
		if say != "" {
			say = "; say " + say + " for yours"
		}
		fmt.Fprintf(w, "  %s = %s%s\n", c.ID, strings.TrimSpace(number(c.Value)+" "+c.Unit), say)
	}
	fmt.Fprintln(w, "\nsources:")
	for _, id := range order {
		fmt.Fprintf(w, "  %s = %s\n", id, cited[id])
	}
}

// String writes the four shares.
func (u Utilization) String() string {
	return fmt.Sprintf("CPU %s, ingress %s, egress %s, disk %s", percent(u.CPU), percent(u.Ingress), percent(u.Egress), percent(u.Disk))
}

// WriteDiagnostics prints findings, a line each.
func WriteDiagnostics(w io.Writer, found []Diagnostic) {
	for _, d := range found {
		fmt.Fprintln(w, d)
	}
}

// Failed says whether any diagnostic is an error.
func Failed(found []Diagnostic) bool {
	for _, d := range found {
		if d.Severity == DiagnosticError {
			return true
		}
	}
	return false
}

// WriteAudits prints audits for people.
func WriteAudits(w io.Writer, audits []Audit) {
	for i := range audits {
		a := &audits[i]
		if i > 0 {
			fmt.Fprintln(w)
		}
		if a.Folder != "" && (i == 0 || audits[i-1].Folder != a.Folder) {
			fmt.Fprintf(w, "%s:\n\n", a.Folder)
		}
		fmt.Fprintf(w, "%s%s\n", a.Object, ofClass(a.Class))
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		a.writePods(table)
		if a.Degraded != nil {
			fmt.Fprintf(table, "  and a failure\t%s\n", *a.Degraded)
		}
		if a.HoldsText != "" {
			fmt.Fprintf(table, "  holds\t%s at %s; records shall be kept for %s%s\n", a.HoldsText, a.At, a.RetentionText, upTo(a.HoldsAt))
		}
		if a.LicenceCores > 0 {
			fmt.Fprintf(table, "  licence cores\t%s (%s)\n", number(a.LicenceCores), a.LicenceRatio)
		}
		if len(a.Assumes) > 0 {
			fmt.Fprintf(table, "  assumed\t%s\n", strings.Join(a.Assumes, ", "))
		}
		fmt.Fprintf(table, "  breaks first\t%s\n", a.BreaksFirst)
		table.Flush()
		for _, d := range a.Diagnostics {
			if d.Object == a.Object {
				d.Object = ""
			}
			fmt.Fprintf(w, "  %s\n", d)
		}
	}
}

// writePods prints what pods there are and what they carry.
func (a *Audit) writePods(table io.Writer) {
	if a.Brokers > 0 {
		b := a.PerBroker
		fmt.Fprintf(table, "  brokers\t%d with %s vCPU%s, %s memory, %s heap, %s volume\n", a.Brokers, said(number(b.CPU)), from(a.CPUFrom), said(b.Memory), said(b.Heap), said(b.Storage))
		fmt.Fprintf(table, "  copies\t%d, %d in sync; %d partitions known, %d replicas a broker\n", a.ReplicationFactor, a.MinInSync, a.Partitions, a.PartitionsPer)
	}
	if a.Workers > 0 {
		fmt.Fprintf(table, "  pods\t%d with %s vCPU, %s memory, %s volume\n", a.Workers, said(number(a.PerBroker.CPU)), said(a.PerBroker.Memory), said(a.PerBroker.Storage))
	}
	if a.Carries != "" {
		fmt.Fprintf(table, "  carries\t%s, then %s is at its limit\n", a.Carries, a.CarriesBoundBy)
		fmt.Fprintf(table, "  at %s\t%s\n", a.At, a.Utilization)
	}
}

// WriteColumns prints rows as a table.
func WriteColumns(w io.Writer, rows [][]string) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, "  "+strings.Join(row, "\t"))
	}
	table.Flush()
}

func ofClass(class string) string {
	if class == "" {
		return ""
	}
	return " (class " + class + ")"
}

// from says where a broker's CPU is from when no limit says it.
func from(where string) string {
	switch where {
	case "request":
		return " (requested; nothing limits it)"
	case "assumed":
		return " (assumed)"
	}
	return ""
}

func upTo(rate string) string {
	if rate == "" {
		return ""
	}
	return ", which holds up to " + rate
}

// said is an amount, or that there is none.
func said(amount string) string {
	if amount == "0" || amount == "0Gi" {
		return "no"
	}
	return amount
}
