// Command demo renders the example solution with the embedded engine and prints
// its clusters and environments side by side.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

func main() {
	bin := flag.String("bin", "build/eda-fn", "the program")
	example := flag.String("example", "examples/rt-inventory", "the solution to render")
	out := flag.String("out", "build", "the folder to write to")
	flag.Parse()
	if err := run(*bin, *example, *out); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(bin, example, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	d := demo{bin: bin, example: example, out: out}
	environments, err := d.renderAll("environments", "")
	if err != nil {
		return err
	}
	clusters, err := d.renderAll("clusters", "cluster-")
	if err != nil {
		return err
	}
	for i := range clusters {
		name := clusters[i].name
		apps, err := d.render(name, filepath.Join("clusters", name, "argocd"), "argocd-"+name+".yaml")
		if err != nil {
			return err
		}
		clusters[i].apps = apps
	}
	printEnvironments(environments)
	printClusters(clusters)
	fmt.Printf("\nRendered into %s/: %s\n", out, strings.Join(d.written, " "))
	return nil
}

// demo renders folders of an example.
type demo struct {
	bin, example, out string
	written           []string
}

// rendering is one folder, rendered.
type rendering struct {
	name     string
	objects  []*yaml.RNode
	warnings int
	took     time.Duration
	// apps is the rendering of a cluster's Argo CD objects.
	apps *rendering
}

// renderAll renders every folder of a folder that has a kustomization, in the
// order dev, stage, prod where the names are these.
func (d *demo) renderAll(folder, prefix string) ([]*rendering, error) {
	entries, err := os.ReadDir(filepath.Join(d.example, folder))
	if err != nil {
		return nil, err
	}
	var all []*rendering
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == "base" {
			continue
		}
		r, err := d.render(entry.Name(), filepath.Join(folder, entry.Name()), prefix+entry.Name()+".yaml")
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	order := []string{"dev", "nonprod", "qa", "stage", "prod"}
	slices.SortStableFunc(all, func(a, b *rendering) int { return slices.Index(order, a.name) - slices.Index(order, b.name) })
	return all, nil
}

func (d *demo) render(name, folder, file string) (*rendering, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(d.bin, "build", filepath.Join(d.example, folder))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w\n%s", folder, err, stderr.String())
	}
	fmt.Fprint(os.Stderr, stderr.String())
	if err := os.WriteFile(filepath.Join(d.out, file), stdout.Bytes(), 0o644); err != nil {
		return nil, err
	}
	d.written = append(d.written, file)
	objects, err := (&kio.ByteReader{Reader: &stdout, OmitReaderAnnotations: true}).Read()
	return &rendering{name: name, objects: objects, warnings: strings.Count(stderr.String(), "warning: "), took: took}, err
}

// count counts the objects of a group and kind.
func (r *rendering) count(group, kind string) int {
	n := 0
	for _, o := range view.Objects(r.objects) {
		if o.Is(group, kind) {
			n++
		}
	}
	return n
}

func (r *rendering) namespace() string {
	for _, o := range view.Objects(r.objects) {
		if o.Is("eventstreams.ibm.com", "EventStreams") || o.Is("kafka.strimzi.io", "Kafka") {
			return o.Namespace()
		}
	}
	return "-"
}

// total adds up the Kafka clusters.
func (r *rendering) total() sizing.ClusterFootprint {
	var sum sizing.ClusterFootprint
	for _, f := range sizing.Footprint(r.objects) {
		sum.Brokers += f.Brokers
		sum.VCPU += f.VCPU
		sum.MemoryBytes += f.MemoryBytes
		sum.DiskBytes += f.DiskBytes
		sum.LicenceCores += f.LicenceCores
	}
	return sum
}

func printEnvironments(all []*rendering) {
	w := newTable("ENVIRONMENT", all)
	w.row("namespace", func(r *rendering) string { return r.namespace() })
	w.row("objects", func(r *rendering) string { return fmt.Sprint(len(r.objects)) })
	w.row("Kafka brokers", func(r *rendering) string { return fmt.Sprint(r.total().Brokers) })
	w.row("  vCPU", func(r *rendering) string { return cores(r.total().VCPU) })
	w.row("  memory", func(r *rendering) string { return gibibytes(r.total().MemoryBytes) })
	w.row("  disk", func(r *rendering) string { return gibibytes(r.total().DiskBytes) })
	w.row("  licence cores", func(r *rendering) string { return cores(r.total().LicenceCores) })
	w.row("secrets, sealed", func(r *rendering) string { return fmt.Sprint(r.count("bitnami.com", "SealedSecret")) })
	w.row("secrets, plain", func(r *rendering) string { return fmt.Sprint(r.count("", "Secret")) })
	w.end()
}

func printClusters(all []*rendering) {
	w := newTable("CLUSTER", all)
	w.row("objects", func(r *rendering) string { return fmt.Sprint(len(r.objects)) })
	versions := map[string]map[string]string{}
	for _, r := range all {
		for _, s := range view.Subscriptions(r.objects) {
			name := s.Get(view.SubscriptionPackage)
			if versions[name] == nil {
				versions[name] = map[string]string{}
			}
			versions[name][r.name] = version(s)
		}
	}
	var packages []string
	for name := range versions {
		packages = append(packages, name)
	}
	slices.Sort(packages)
	for _, name := range packages {
		w.row("  "+name, func(r *rendering) string { return versions[name][r.name] })
	}
	const argo = "argoproj.io"
	w.row("Argo CD projects", func(r *rendering) string { return fmt.Sprint(r.apps.count(argo, "AppProject")) })
	w.row("Argo CD applications", func(r *rendering) string { return fmt.Sprint(r.apps.count(argo, "Application")) })
	w.end()
}

// version is a pinned CSV's version, or the channel where none is pinned.
func version(s view.Subscription) string {
	if csv := s.Get(view.SubscriptionCSV); csv != "" {
		_, version, _ := strings.Cut(csv, ".")
		return strings.TrimPrefix(version, "v")
	}
	return "channel " + s.Get(view.SubscriptionChannel)
}

func cores(thousandths int64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(thousandths)/1000), ".0")
}

func gibibytes(bytes int64) string { return fmt.Sprintf("%.0f Gi", float64(bytes)/(1<<30)) }

// table prints renderings side by side.
type table struct {
	w       *tabwriter.Writer
	columns []*rendering
}

func newTable(title string, columns []*rendering) *table {
	const gap = 3 // blanks between columns
	t := &table{w: tabwriter.NewWriter(os.Stdout, 0, 0, gap, ' ', 0), columns: columns}
	fmt.Println()
	t.row(title, func(r *rendering) string { return r.name })
	return t
}

func (t *table) row(label string, value func(*rendering) string) {
	fmt.Fprint(t.w, label)
	for _, r := range t.columns {
		fmt.Fprint(t.w, "\t", value(r))
	}
	fmt.Fprintln(t.w)
}

// end adds what every table has.
func (t *table) end() {
	t.row("warnings", func(r *rendering) string { return fmt.Sprint(r.warnings) })
	t.row("time", func(r *rendering) string { return r.took.Round(time.Millisecond).String() })
	t.w.Flush()
}
