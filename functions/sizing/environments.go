package sizing

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// EnvironmentSize is what all Kafka clusters of an environment ask for.
type EnvironmentSize struct {
	Name  string `json:"name"`
	Class string `json:"class"`
	// CPU and LicenceCores in cores, the rest in bytes; brokers' alone.
	Brokers      int     `json:"brokers"`
	CPU          float64 `json:"cpu"`
	MemoryBytes  int64   `json:"memoryBytes"`
	DiskBytes    int64   `json:"diskBytes"`
	LicenceCores float64 `json:"licenceCores"`
}

// SumEnvironment adds up an environment's clusters.
func SumEnvironment(name, class string, clusters []ClusterFootprint) EnvironmentSize {
	sum := EnvironmentSize{Name: name, Class: class}
	for i := range clusters {
		f := &clusters[i]
		sum.Brokers += f.Brokers
		sum.CPU += cores(f.VCPU)
		sum.MemoryBytes += f.MemoryBytes
		sum.DiskBytes += f.DiskBytes
		sum.LicenceCores += cores(f.LicenceCores)
	}
	return sum
}

// UpsideDown finds environments of a smaller class that have more than one of a
// larger class.
func UpsideDown(environments []EnvironmentSize, classes []string) []Diagnostic {
	var found []Diagnostic
	rank := func(e EnvironmentSize) int { return slices.Index(classes, e.Class) }
	for _, small := range environments {
		for _, large := range environments {
			if rank(small) < 0 || rank(small) >= rank(large) {
				continue
			}
			var more []string
			for _, m := range []struct {
				what         string
				small, large float64
				text         func(float64) string
			}{
				{"vCPU", small.CPU, large.CPU, number},
				{"memory", float64(small.MemoryBytes), float64(large.MemoryBytes), gibText},
				{"disk", float64(small.DiskBytes), float64(large.DiskBytes), gibText},
			} {
				if m.small > m.large {
					more = append(more, fmt.Sprintf("%s %s over %s", m.what, m.text(m.small), m.text(m.large)))
				}
			}
			if len(more) > 0 {
				found = append(found, Diagnostic{ID: "SZ043", Severity: DiagnosticError, Object: small.Name, Message: fmt.Sprintf(
					"class %s is bigger than %s of class %s: %s; give it a smaller size", small.Class, large.Name, large.Class, strings.Join(more, ", "))})
			}
		}
	}
	return found
}

func gibText(bytes float64) string { return FormatGiB(int64(bytes)) }

// WriteEnvironments prints environments side by side.
func WriteEnvironments(w io.Writer, environments []EnvironmentSize) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "environment\tclass\tbrokers\tvCPU\tmemory\tdisk\tlicence cores")
	for _, e := range environments {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", e.Name, e.Class, e.Brokers, number(e.CPU), FormatGiB(e.MemoryBytes), FormatGiB(e.DiskBytes), number(e.LicenceCores))
	}
	table.Flush()
}
