package functions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/sizing"
)

// sizeFlags are what the user says of a workload.
type sizeFlags struct {
	in     sizing.Input
	groups int
	tls    bool
	from   string
	sweep  string
	env    []string
	output string
	guides bool

	nodeCPU    sizing.CPU
	nodeMemory sizing.NodeMemory
}

func (p *program) sizeCommand() *cobra.Command {
	var flags sizeFlags
	options := buildOptions()
	cmd := &cobra.Command{
		Use:     "size",
		Short:   "what a Kafka cluster carries, or what a workload needs",
		GroupID: groupVerbs,
		Long: `size --from FILE|DIR says of each Event Streams or Strimzi cluster in a file, or
in a folder of manifests: what it carries, for how long it keeps it, what breaks
first and what is wrong with it. It needs nothing but the manifests. Of a folder of
kustomizations, each that no other one uses is rendered and reported by itself.

size --ingress RATE plans a cluster: brokers, CPU, memory, heap, volumes, and
which limit decides. Each number comes with the id of the constant behind it and
that constant's source.

size --sweep ingress=FROM..TO shows cost over load, size --env DIR a Solution's
environments side by side.`,
		Example: `  eda-fn size --from rendered/prod/
  eda-fn size --ingress 50MB/s --peak 2 --retention 72h --groups 3 --rf 3 --zones 3 --cpu 4 --partitions 100
  eda-fn size --sweep ingress=10MB/s..500MB/s --groups 3 -o svg > cost.svg
  eda-fn size --env environments/`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.size(cmd, options, flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.from, "from", "", "audit the clusters in `FILE|DIR`; - is stdin")
	f.StringArrayVar(&flags.env, "env", nil, "compare what the environments below `DIR` render, or those beside it; may be repeated")
	f.StringVar(&flags.sweep, "sweep", "", "`ingress=FROM..TO`: cost over load")
	f.StringVarP(&flags.output, "output", "o", "table", "table, json or yaml; with --sweep svg too")
	w := &flags.in.Workload
	f.Var(&w.Ingress, "ingress", "average rate of all producers, such as 50MB/s")
	f.Var(&w.Egress, "egress", "average rate of all consumers, in place of --groups")
	f.Var(&w.MessageRate, "message-rate", "records a second, such as 20k/s, in place of --ingress")
	f.Var(&w.MessageSize, "message-size", "an average record, such as 1KiB")
	f.Float64Var(&w.PeakFactor, "peak", 1, "peak rate over the average one")
	f.Float64Var(&w.CompressionRatio, "compression", 1, "bytes on the wire per byte of the rates")
	f.IntVar(&flags.groups, "groups", 1, "consumer groups that read everything")
	f.IntVar(&w.LaggingGroups, "lagging-groups", 0, "groups that read from disk")
	f.Var(&w.Retention, "retention", "how long records are kept (72h, 7d), or how much of a partition (10GiB); default 7d")
	f.Var(&w.LocalRetention, "local-retention", "how much of it stays on brokers with tiered storage")
	f.IntVar(&w.ReplicationFactor, "rf", 3, "copies of each record")
	f.IntVar(&w.MinInSyncReplicas, "min-isr", 0, "copies that a record needs to count as written (default one less than --rf)")
	f.IntVar(&w.Partitions, "partitions", 0, "partitions of all topics (default what the ingress needs)")
	f.IntVar(&w.Connections, "connections", 0, "clients connected at once")
	f.BoolVar(&flags.tls, "tls", true, "clients' connections are encrypted; the CPU figures contain it")
	f.IntVar(&w.Zones, "zones", 3, "availability zones")
	f.StringVar((*string)(&w.SurviveFailure), "survive", "", "none, broker or zone (default by --class)")
	f.Float64Var(&w.Growth, "growth", 1, "what the rates are multiplied with for the time to come")
	f.Var(&w.Mirrored, "mirrored", "what MirrorMaker reads of this cluster")
	f.Float64Var(&flags.in.CPU, "cpu", 0, "cores of a broker (default what the load needs, up to --max-cpu)")
	f.StringVar(&flags.in.Class, "class", "prod", "dev, stage or prod")
	f.StringVar(&flags.in.LicenseUse, "license-use", "", "spec.license.use, for the ratio of licence cores")
	o := &flags.in.Policy
	f.Float64Var(&o.CPUUtilization, "cpu-utilization", 0, "share of the CPUs that the peak may use (default 0.6)")
	f.Float64Var(&o.DiskUtilization, "disk-utilization", 0, "share of a volume that may be used (default 0.8)")
	f.Float64Var(&o.NetworkUtilization, "network-utilization", 0, "share of the network that may be used (default 0.8)")
	f.StringVar((*string)(&o.CPUProfile), "cpu-profile", "", "google (20 MB/s a vCPU, the default) or ibm-measured (23)")
	f.IntVar(&o.MaxReplicasPerBroker, "max-replicas", 0, "replicas a broker has at most (default 250 per vCPU, 1000 to 4000)")
	q := &flags.in.Platform
	f.Var(&q.Disk, "disk", "throughput of a broker's volumes (default 250MB/s)")
	f.Var(&q.Nic, "nic", "throughput of a broker's network each way (default 1250MB/s)")
	f.StringVar((*string)(&q.MaxVolume), "max-volume", "", "largest volume there is, such as 16Ti")
	f.Float64Var(&q.MaxCPU, "max-cpu", 0, "most cores that a broker gets (default 4)")
	f.IntVar(&q.Nodes, "nodes", 0, "worker nodes that can run a broker")
	f.Var(&flags.nodeCPU, "node-cpu", "cores that a worker node has for pods, such as 15500m: no broker gets more")
	f.Var(&flags.nodeMemory, "node-memory", "memory that a worker node has for pods, such as 60Gi")
	f.Var(&flags.in.Prices, "price", "a price of yours: vCPU=25, memoryGiB=3, diskGiB=0.1, licenceCore=200, currency=EUR; may be repeated")
	f.BoolVar(&flags.guides, "guides", false, "show what other sizing guides say of the same workload")
	allowFlags(cmd, &options)
	return cmd
}

func (p *program) size(cmd *cobra.Command, options build.Options, flags sizeFlags) error {
	if cmd.Flags().Changed("groups") || flags.in.Workload.Egress == 0 {
		flags.in.Workload.ConsumerGroups = &flags.groups
	}
	flags.in.Workload.TLS = &flags.tls
	if flags.nodeCPU != "" || flags.nodeMemory != "" {
		flags.in.Platform.NodeAllocatable = &sizing.Allocatable{CPU: flags.nodeCPU, Memory: flags.nodeMemory}
	}
	if err := checkSizeFlags(flags); err != nil {
		return err
	}
	// Zero means "not said" to the model; said outright it is a mistake.
	for _, name := range []string{"zones", "rf", "min-isr", "nodes", "max-replicas"} {
		if n, err := cmd.Flags().GetInt(name); err == nil && cmd.Flags().Changed(name) && n < 1 {
			return fmt.Errorf("--%s is %d; expected 1 or more", name, n)
		}
	}
	for _, name := range []string{"peak", "compression", "growth", "cpu", "max-cpu", "cpu-utilization", "disk-utilization", "network-utilization"} {
		if x, err := cmd.Flags().GetFloat64(name); err == nil && cmd.Flags().Changed(name) && !(x > 0) {
			return fmt.Errorf("--%s is %v; expected a number above 0", name, x)
		}
	}
	switch {
	case flags.from != "":
		ask := sizing.AuditOptions{
			Ingress: flags.in.Workload.Ingress, CPU: flags.in.CPU, Platform: flags.in.Platform, Policy: flags.in.Policy,
		}
		if cmd.Flags().Changed("groups") {
			ask.ConsumerGroups = &flags.groups
		}
		if cmd.Flags().Changed("class") {
			ask.Class = flags.in.Class
		}
		if cmd.Flags().Changed("zones") {
			ask.Zones = flags.in.Workload.Zones
		}
		if problems := ask.Check(); len(problems) > 0 {
			return p.refuse(problems)
		}
		return p.audit(options, flags, ask)
	case len(flags.env) > 0:
		return p.sizeEnvironments(options, flags)
	case flags.sweep != "":
		return p.sweep(flags)
	case flags.in.Workload.Ingress == 0 && flags.in.Workload.MessageRate == 0:
		return errors.New("say what to size: --ingress RATE (or --message-rate and --message-size) for a workload, --from FILE|DIR for manifests, --sweep ingress=FROM..TO, or --env DIR")
	}
	return p.plan(flags)
}

// plan prints the size of a workload; errors among its diagnostics are the
// program's.
func (p *program) plan(flags sizeFlags) error {
	plan := sizing.Size(flags.in)
	if plan.Brokers == 0 {
		return p.refuse(plan.Diagnostics)
	}
	if !flags.guides {
		plan.Guides = nil
	}
	if flags.output == "table" {
		plan.WriteTable(p.stdout)
	} else if err := p.print(flags.output, plan.Report()); err != nil {
		return err
	}
	if sizing.Failed(plan.Diagnostics) {
		sizing.WriteDiagnostics(p.stderr, plan.Diagnostics)
		return errReported
	}
	return nil
}

// flagOf are the flags that say a field of the workload, the platform or the
// policy.
var flagOf = map[string]string{
	"ingress": "ingress", "egress": "egress", "peakFactor": "peak", "compressionRatio": "compression", "growth": "growth", "consumerGroups": "groups",
	"laggingGroups": "lagging-groups", "localRetention": "local-retention", "replicationFactor": "rf", "minInSyncReplicas": "min-isr", "partitions": "partitions",
	"connections": "connections", "zones": "zones", "surviveFailure": "survive", "cpu": "cpu", "maxCPU": "max-cpu", "nodes": "nodes",
	"cpuUtilization": "cpu-utilization", "diskUtilization": "disk-utilization", "networkUtilization": "network-utilization", "maxReplicasPerBroker": "max-replicas",
}

// refuse prints why nothing can be sized, by the flag that says it.
func (p *program) refuse(problems []sizing.Diagnostic) error {
	for _, d := range problems {
		if flag, found := flagOf[d.Field]; found {
			d.Field = "--" + flag
		}
		fmt.Fprintln(p.stderr, d)
	}
	return errReported
}

// print writes a value as JSON or YAML.
func (p *program) print(output string, value any) error {
	if output == "json" {
		return sizing.WriteJSON(p.stdout, value)
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	_, err = p.stdout.Write(text)
	return err
}

// checkSizeFlags finds values that flags take and sizes don't.
func checkSizeFlags(flags sizeFlags) error {
	for _, f := range []struct {
		flag, value string
		allowed     []string
	}{
		{"output", flags.output, []string{"table", "json", "yaml", "svg"}},
		{"class", flags.in.Class, []string{"dev", "stage", "prod"}},
		{"survive", string(flags.in.Workload.SurviveFailure), append(sizing.NoFailure.Enum(), "")},
		{"cpu-profile", string(flags.in.Policy.CPUProfile), append(sizing.GoogleProfile.Enum(), "")},
		{"license-use", flags.in.LicenseUse, append(sizing.LicenceUses(), "")},
	} {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("--%s is %q; expected one of %s", f.flag, f.value, strings.Trim(strings.Join(f.allowed, ", "), ", "))
		}
	}
	if flags.output == "svg" && flags.sweep == "" {
		return errors.New("-o svg is for --sweep; take table, json or yaml")
	}
	if v := string(flags.in.Platform.MaxVolume); v != "" && sizing.Bytes(v) == 0 {
		return fmt.Errorf("--max-volume is %q; expected a size such as 16Ti", v)
	}
	return nil
}

// sweepSteps are enough to see where cost jumps.
const sweepSteps = 20

func (p *program) sweep(flags sizeFlags) error {
	const form = "--sweep is %q; expected ingress=FROM..TO, such as ingress=10MB/s..500MB/s"
	name, span, found := strings.Cut(flags.sweep, "=")
	from, to, ranged := strings.Cut(span, "..")
	if !found || !ranged || name != "ingress" {
		return fmt.Errorf(form, flags.sweep)
	}
	var first, last sizing.Rate
	if first.Set(from) != nil || last.Set(to) != nil || last <= first {
		return fmt.Errorf(form, flags.sweep)
	}
	in := flags.in
	in.Workload.Ingress, in.Workload.MessageRate, in.Workload.MessageSize = first, 0, 0
	if plan := sizing.Size(in); plan.Brokers == 0 {
		return p.refuse(plan.Diagnostics)
	}
	points := sizing.Sweep(in, float64(first), float64(last), sweepSteps)
	switch flags.output {
	case "table":
		sizing.WriteSweep(p.stdout, points)
	case "svg":
		sizing.WriteSVG(p.stdout, points)
	default:
		return p.print(flags.output, points)
	}
	return nil
}
