package sizing_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"math/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/sizing"
)

// Every constant in the sources has an id of its own, a value and a source, and
// is in the list; so none can be added without.
func TestConstantsHaveSources(t *testing.T) {
	listed := map[string]bool{}
	for _, c := range sizing.Constants() {
		if c.ID == "" || c.Value == 0 || len(c.Source) < 5 {
			t.Errorf("%+v: lacks an id, a value or a source", c)
		}
		if listed[c.ID] {
			t.Errorf("%s: appears twice", c.ID)
		}
		listed[c.ID] = true
	}
	for id := range written(t) {
		if !listed[id] {
			t.Errorf("%s: is not among Constants()", id)
		}
	}
}

// written returns the ids of all Constants in the package's sources.
func written(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("constants*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	ids := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok || len(literal.Elts) == 0 {
				return true
			}
			if id, ok := literal.Elts[0].(*ast.BasicLit); ok && id.Kind == token.STRING {
				ids[strings.Trim(id.Value, `"`)] = true
			}
			return true
		})
	}
	if len(ids) < 150 {
		t.Fatalf("only %d constants found in the sources", len(ids))
	}
	return ids
}

func random(r *rand.Rand) sizing.Input {
	groups := r.Intn(6)
	w := sizing.Workload{
		Ingress:          sizing.Rate(math.Pow(10, 4+r.Float64()*5)),
		PeakFactor:       1 + r.Float64()*3,
		CompressionRatio: 0.2 + r.Float64()*0.8,
		ConsumerGroups:   &groups,
		LaggingGroups:    r.Intn(3),
		Growth:           1 + r.Float64(),
		Partitions:       1 + r.Intn(2000),
		Connections:      r.Intn(20000),
	}
	w.ReplicationFactor = 1 + r.Intn(4)
	w.Zones = 1 + r.Intn(4)
	w.Retention = sizing.Retention{Time: time.Duration(1+r.Intn(14*24)) * time.Hour}
	if r.Intn(4) == 0 {
		w.Retention = sizing.Retention{Bytes: float64(1+r.Intn(50)) * gib}
	}
	if w.Zones > 1 {
		w.SurviveFailure = []sizing.Failure{"", sizing.NoFailure, sizing.BrokerFailure, sizing.ZoneFailure}[r.Intn(4)]
	}
	in := sizing.Input{Workload: w, Class: []string{"dev", "stage", "prod"}[r.Intn(3)]}
	if r.Intn(2) == 0 {
		in.CPU = []float64{1, 1.5, 2, 4, 8}[r.Intn(5)]
	}
	if r.Intn(3) == 0 {
		in.Platform.MaxVolume = "4Ti"
	}
	if r.Intn(3) == 0 {
		in.Workload.Topics = map[string]sizing.TopicLoad{
			"a": {Ingress: w.Ingress / 2, Consumers: r.Intn(30)},
			"b": {MessageRate: 500, Processing: sizing.Duration(time.Duration(r.Intn(50)) * time.Millisecond), Partitions: r.Intn(40)},
		}
	}
	return in
}

const workloads = 10000

// The model's invariants, on random workloads.
func TestInvariants(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range workloads {
		in := random(r)
		p := sizing.Size(in)
		for _, broken := range invariants(in, p) {
			t.Fatalf("%s\n%+v\n%+v", broken, in, p)
		}
	}
}

func invariants(in sizing.Input, p sizing.Plan) []string {
	w := p.Input.Workload
	var broken []string
	hold := func(ok bool, what string) {
		if !ok {
			broken = append(broken, what)
		}
	}
	const most = 0.8 + 1e-6
	hold(p.Brokers >= p.ReplicationFactor, "RF <= brokers")
	hold(p.ReplicationFactor == 1 || p.MinInSync >= 1 && p.MinInSync <= p.ReplicationFactor-1, "1 <= min.insync <= RF-1")
	hold(p.Brokers%w.Zones == 0, "brokers are a multiple of zones")
	hold(p.Quorum%2 == 1 && (in.Class != "prod" || p.Quorum >= 3), "controllers are odd, 3 in prod")
	hold(float64(p.Storage) >= p.StorageNeeded, "the volume holds what is needed")
	hold(p.Memory >= p.Heap, "memory holds the heap")
	peak := float64(w.Ingress) * w.PeakFactor * w.CompressionRatio * w.Growth
	cache := peak * float64(w.ReplicationFactor) / float64(p.Brokers) * 30
	hold(float64(p.Memory) >= float64(p.Heap)+cache, "memory holds heap and page cache")
	hold(p.Heap%mib == 0 && p.Heap <= 6*gib && p.Heap >= gib, "the heap is whole MiB, from 1 to 6 GiB")
	hold(p.Normal.CPU <= 0.6+1e-6 && p.Normal.Ingress <= most && p.Normal.Egress <= most && p.Normal.Disk <= most, "utilization below the targets")
	if w.SurviveFailure != sizing.NoFailure {
		d := p.Degraded
		hold(d != nil && d.CPU <= most && d.Ingress <= most && d.Egress <= most && d.Disk <= most, "the rest carries the load")
	}
	binds := 0
	for _, n := range p.Needs {
		hold(n.Brokers <= p.Brokers, string(n.Constraint)+" is met")
		if n.Constraint == p.Binding {
			binds = n.Brokers
		}
	}
	hold(binds > 0 || p.BindingDegraded, "the binding constraint asks for something")
	hold(p.LicenceCores == int64(p.Brokers)*p.CPU, "licence cores are the sum of the limits")
	for _, topic := range p.Topics {
		hold(topic.Partitions >= topic.Current && topic.Partitions%p.Brokers == 0, "partitions never fewer, a multiple of brokers")
	}
	broken = append(broken, bounds(p)...)
	for _, d := range p.Diagnostics {
		const huge = 240 // 5 GiB of heap are not enough for their fetchers
		hold(d.ID != "SZ061" && (d.ID != "SZ060" || p.Brokers > huge), "the plan's own threads and heap need no warning: "+d.Message)
	}
	return broken
}

// amounts are what more of any input never makes smaller.
//
// Three outputs are left out, since whole numbers forbid it; each is held between
// bounds instead, and the amount that it is rounded from is here. (decisions/0061)
//
//   - partitions are rounded up to a multiple of the brokers: 7 are 12 on 6
//     brokers and 9 on 9. What is needed never falls.
//   - a broker's volume is its share, and copies are shared in whole numbers: with
//     more brokers each stores less, and 10 copies are 2 on each of 6 brokers (12
//     in all) and 1 on each of 10. What all store together never falls.
//   - network capacities and quotas are whole KiB/s and bytes/s of each broker: the
//     sum of all is within one a broker of what it is rounded from.
func amounts(p sizing.Plan) map[string]float64 {
	b := float64(p.Brokers)
	needed := 0
	for _, t := range p.Topics {
		needed += t.Needed
	}
	return map[string]float64{
		"brokers": b, "a broker's CPU": float64(p.CPU), "a broker's memory": float64(p.Memory), "a broker's heap": float64(p.Heap),
		"CPU": b * float64(p.CPU), "memory": b * float64(p.Memory), "licence cores": float64(p.LicenceCores), "quorum": float64(p.Quorum),
		"stored": p.StorageLeast, "partitions of topics": float64(needed),
	}
}

// rounded are sums over brokers of what each broker has in whole units: they fall
// by less than one unit a broker.
func rounded(p sizing.Plan) map[string]float64 {
	b := float64(p.Brokers)
	return map[string]float64{"inbound": b * float64(p.InboundNetwork), "outbound": b * float64(p.OutboundNetwork)}
}

// bounds hold what is rounded between what it is rounded from and what whole
// numbers can add.
func bounds(p sizing.Plan) []string {
	var broken []string
	hold := func(ok bool, what string) {
		if !ok {
			broken = append(broken, what)
		}
	}
	w := p.Input.Workload
	b, rf := float64(p.Brokers), float64(p.ReplicationFactor)
	for _, t := range p.Topics {
		hold(t.Partitions >= t.Needed && t.Partitions < t.Needed+p.Brokers, "partitions are the next multiple of the brokers")
	}
	const index = 4 * 10485760
	replica := gib + float64(index)
	if w.Retention.Bytes > 0 {
		replica = (math.Ceil(w.Retention.Bytes/gib)+1)*gib + index
	}
	topics := float64(max(len(p.Topics), 1))
	more := (topics*b*rf + b) * replica
	hold(b*p.StorageNeeded >= p.StorageLeast*(1-1e-9), "brokers store what there is")
	hold(b*p.StorageNeeded <= p.StorageLeast+more, "and at most a rounded topic and a copy a broker more")
	peak := float64(w.Ingress) * w.PeakFactor * w.CompressionRatio * w.Growth
	exact := peak * rf / p.Input.Policy.NetworkUtilization / 1024
	hold(b*float64(p.InboundNetwork) >= exact*(1-1e-9) && b*float64(p.InboundNetwork) < exact*(1+1e-9)+b, "the capacity is the sized traffic, in whole KiB/s")
	return broken
}

// raises are ways to ask for more, one for each input of a workload.
func raises() map[string]func(*sizing.Input, float64) {
	topic := func(in *sizing.Input, raise func(*sizing.TopicLoad)) {
		topics := map[string]sizing.TopicLoad{"x": {Ingress: in.Workload.Ingress / 3, Consumers: 5, MessageRate: 100, Processing: sizing.Duration(5 * time.Millisecond), Partitions: 3}}
		maps.Copy(topics, in.Workload.Topics)
		in.Workload.Topics = topics
		t := topics["x"]
		raise(&t)
		topics["x"] = t
	}
	count := func(n int, by float64) int { return int(float64(n)*by) + 1 }
	return map[string]func(*sizing.Input, float64){
		"ingress":     func(in *sizing.Input, by float64) { in.Workload.Ingress *= sizing.Rate(by) },
		"peak":        func(in *sizing.Input, by float64) { in.Workload.PeakFactor *= by },
		"growth":      func(in *sizing.Input, by float64) { in.Workload.Growth *= by },
		"compression": func(in *sizing.Input, by float64) { in.Workload.CompressionRatio *= by },
		"mirrored":    func(in *sizing.Input, by float64) { in.Workload.Mirrored = in.Workload.Ingress * sizing.Rate(by-1) },
		"groups": func(in *sizing.Input, by float64) {
			more := count(*in.Workload.ConsumerGroups, by)
			in.Workload.ConsumerGroups = &more
		},
		"egress": func(in *sizing.Input, by float64) {
			in.Workload.Egress = in.Workload.Ingress * sizing.Rate(float64(*in.Workload.ConsumerGroups)+by)
			in.Workload.ConsumerGroups = nil
		},
		"lagging":     func(in *sizing.Input, _ float64) { in.Workload.LaggingGroups++ },
		"partitions":  func(in *sizing.Input, by float64) { in.Workload.Partitions = count(in.Workload.Partitions, by) },
		"connections": func(in *sizing.Input, by float64) { in.Workload.Connections = count(in.Workload.Connections, by) },
		"copies":      func(in *sizing.Input, _ float64) { in.Workload.ReplicationFactor++ },
		"in sync": func(in *sizing.Input, _ float64) {
			in.Workload.MinInSyncReplicas = max(in.Workload.ReplicationFactor-1, 1)
		},
		"tls":           func(in *sizing.Input, _ float64) { on := true; in.Workload.TLS = &on },
		"another topic": func(in *sizing.Input, _ float64) { topic(in, func(*sizing.TopicLoad) {}) },
		"a topic's consumers": func(in *sizing.Input, by float64) {
			topic(in, func(t *sizing.TopicLoad) { t.Consumers = count(t.Consumers, by) })
		},
		"a topic's ingress": func(in *sizing.Input, by float64) {
			topic(in, func(t *sizing.TopicLoad) { t.Ingress *= sizing.Rate(by) })
		},
		"a topic's processing": func(in *sizing.Input, by float64) {
			topic(in, func(t *sizing.TopicLoad) { t.Processing *= sizing.Duration(count(1, by)) })
		},
		"retention": func(in *sizing.Input, by float64) {
			r := &in.Workload.Retention
			r.Time, r.Bytes = time.Duration(float64(r.Time)*by), r.Bytes*by
		},
		"local retention": func(in *sizing.Input, _ float64) { in.Workload.LocalRetention = in.Workload.Retention },
		"a failure": func(in *sizing.Input, by float64) {
			in.Workload.SurviveFailure = sizing.BrokerFailure
			if by > 2 && in.Workload.Zones > 1 {
				in.Workload.SurviveFailure = sizing.ZoneFailure
			}
		},
		"production": func(in *sizing.Input, _ float64) { in.Class = "prod" },
		"spare CPU":  func(in *sizing.Input, by float64) { in.Policy.CPUUtilization = 0.6 / by },
		"spare disk": func(in *sizing.Input, by float64) { in.Policy.DiskUtilization = 0.8 / by },
		"spare network": func(in *sizing.Input, by float64) {
			in.Policy.NetworkUtilization = 0.8 / by
		},
	}
}

// before is the input that a raise is held against: with what it raises said.
func before(name string, in sizing.Input) sizing.Input {
	switch {
	case strings.HasPrefix(name, "a topic's"):
		raises()["another topic"](&in, 1)
	case name == "local retention":
		in.Workload.LocalRetention = sizing.Retention{Time: in.Workload.Retention.Time / 2, Bytes: in.Workload.Retention.Bytes / 2}
	case name == "a failure":
		in.Workload.SurviveFailure = sizing.NoFailure
	case name == "production":
		in.Class = "dev"
	}
	return in
}

// More of any input never makes a cluster smaller. Zones are no load: with more of
// them less is lost with one, and fewer brokers may do.
func TestMonotone(t *testing.T) {
	for name, raise := range raises() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewSource(2))
			sized := 0
			for range workloads / 10 {
				in := before(name, random(r))
				more := in
				raise(&more, 1+r.Float64()*2)
				small, large := sizing.Size(in), sizing.Size(more)
				if small.Brokers == 0 || large.Brokers == 0 {
					continue
				}
				sized++
				notLess(t, in, small, large)
			}
			if sized < workloads/20 {
				t.Errorf("only %d workloads could be sized", sized)
			}
		})
	}
}

// notLess holds a plan against that of less load.
func notLess(t *testing.T, in sizing.Input, small, large sizing.Plan) {
	t.Helper()
	more := amounts(large)
	for what, value := range amounts(small) {
		if more[what] < value*(1-1e-9) {
			t.Fatalf("%s falls from %v to %v\n%+v\n%+v", what, value, more[what], in, large.Input)
		}
	}
	more = rounded(large)
	for what, value := range rounded(small) {
		if more[what] < value*(1-1e-9)-float64(small.Brokers) {
			t.Fatalf("%s falls from %v to %v\n%+v\n%+v", what, value, more[what], in, large.Input)
		}
	}
	// On as many brokers, with as many partitions, nothing that is written falls.
	if small.Brokers == large.Brokers && small.Partitions == large.Partitions && large.Storage < small.Storage {
		t.Fatalf("volumes shrink from %d to %d\n%+v\n%+v", small.Storage, large.Storage, in, large.Input)
	}
}

// Doubling all rates never lowers any output of the cluster.
func TestDoubling(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range workloads {
		in := random(r)
		twice := in
		twice.Workload.Ingress *= 2
		notLess(t, in, sizing.Size(in), sizing.Size(twice))
	}
}

// A plan of a plan's own figures is the plan, and a cluster of a plan carries
// the workload that it was made for.
func TestReverse(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for range workloads {
		in := random(r)
		p := sizing.Size(in)
		if again := sizing.Size(p.Input); again.Brokers != p.Brokers || again.Storage != p.Storage || again.Memory != p.Memory || again.CPU != p.CPU {
			t.Fatalf("not idempotent:\n%+v\n%+v", p, again)
		}
		w := p.Input.Workload
		if carried := sizing.Carries(p); carried.Ingress < float64(w.Ingress)*(1-1e-9) {
			t.Fatalf("carries %v of %v\n%+v", carried.Ingress, w.Ingress, p)
		}
		if held := sizing.Carries(p).Retention; w.Retention.Time > 0 && held < w.Retention.Time.Seconds()*(1-1e-9) {
			t.Fatalf("holds %v s of %v\n%+v", held, w.Retention.Time, p)
		}
	}
}

// What the README's and the workload gives, by hand: W is 100 MB/s, E
// 300, so 425 are written and 9 brokers of 4 vCPU are at 59%.
func TestPlanByHand(t *testing.T) {
	groups := 3
	p := sizing.Size(sizing.Input{CPU: 4, Workload: sizing.Workload{
		Ingress: 50 * mb, PeakFactor: 2, Retention: sizing.Retention{Time: 72 * time.Hour}, ConsumerGroups: &groups,
		ReplicationFactor: 3, Zones: 3, Partitions: 100,
	}})
	if p.Brokers != 9 || p.Binding != sizing.CPUConstraint || p.Memory != 16*gib || p.Heap != 5*gib || p.PartitionsPerBroker != 34 {
		t.Errorf("%+v", p)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-4 }
	if !near(p.Normal.CPU, 425.0/720) || !near(p.Degraded.CPU, 300.0/480) || !near(p.Normal.Ingress, 100.0/3/1250) {
		t.Errorf("%+v %+v", p.Normal, p.Degraded)
	}
	// (50e6*3/9*259560 + 34*(1GiB+40MiB) + 10GiB + 33.3e6*60) / 0.8 * 1.05
	if p.Storage != 5400*gib {
		t.Errorf("storage %s", sizing.FormatGiB(p.Storage))
	}
}

// The failure that has to be survived adds brokers, and is named.
func TestFailureBinds(t *testing.T) {
	groups := 1
	in := sizing.Input{CPU: 4, Workload: sizing.Workload{Ingress: 33 * mb, ConsumerGroups: &groups, ReplicationFactor: 2, Zones: 3}}
	in.Workload.SurviveFailure = sizing.NoFailure
	without := sizing.Size(in)
	in.Workload.SurviveFailure = sizing.ZoneFailure
	in.Policy.CPUUtilization = 0.79
	with := sizing.Size(in)
	if with.Brokers < without.Brokers || with.Degraded.CPU > 0.8 {
		t.Errorf("%d brokers, %d with a zone lost at %v", without.Brokers, with.Brokers, with.Degraded.CPU)
	}
}

func TestRefused(t *testing.T) {
	groups, negative := 2, -1
	for name, tc := range map[string]struct {
		w      sizing.Workload
		id     string
		reason string
	}{
		"nothing":     {sizing.Workload{}, "SZ001", "no rate"},
		"both":        {sizing.Workload{Ingress: mb, MessageRate: 1, MessageSize: 1}, "SZ001", "two rates"},
		"two egress":  {sizing.Workload{Ingress: mb, Egress: mb, ConsumerGroups: &groups}, "SZ001", "two ways to say it"},
		"groups":      {sizing.Workload{Ingress: mb, ConsumerGroups: &negative}, "SZ001", "below 0"},
		"peak":        {sizing.Workload{Ingress: mb, PeakFactor: 0.5}, "SZ001", "a peak below the average"},
		"nan":         {sizing.Workload{Ingress: mb, Growth: math.NaN()}, "SZ001", "no number"},
		"in sync":     {sizing.Workload{Ingress: mb, MinInSyncReplicas: 3}, "SZ011", "none may be lost"},
		"one zone":    {sizing.Workload{Ingress: mb, Zones: 1, SurviveFailure: sizing.ZoneFailure}, "SZ001", "nothing is left"},
		"too much":    {sizing.Workload{Ingress: 1e15, PeakFactor: 1000, Growth: 1000}, "SZ001", "more brokers than there are"},
		"no messages": {sizing.Workload{Ingress: mb, Topics: map[string]sizing.TopicLoad{"a": {Processing: 1}}}, "SZ001", "processing of what"},
	} {
		p := sizing.Size(sizing.Input{Workload: tc.w})
		if p.Brokers != 0 || len(p.Diagnostics) == 0 || p.Diagnostics[0].ID != tc.id {
			t.Errorf("%s (%s): %+v", name, tc.reason, p.Diagnostics)
		}
	}
}

// Large brokers carry what no volume holds.
func TestTooLong(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	p := sizing.Size(sizing.Input{CPU: 1024, Workload: sizing.Workload{Ingress: 1e11, Retention: sizing.Retention{Time: 2 * century}}})
	if p.Brokers != 0 || !has(p.Diagnostics, "SZ001") {
		t.Errorf("%+v", p.Diagnostics)
	}
}

// No number of brokers makes a volume of 5 GiB hold the margin of 10.
func TestVolumeTooSmall(t *testing.T) {
	p := sizing.Size(sizing.Input{Workload: sizing.Workload{Ingress: mb}, Platform: sizing.Platform{MaxVolume: "5Gi"}})
	if !has(p.Diagnostics, "SZ030") {
		t.Errorf("%+v", p.Diagnostics)
	}
}

func has(found []sizing.Diagnostic, id string) bool {
	for _, d := range found {
		if d.ID == id {
			return true
		}
	}
	return false
}

func TestUnits(t *testing.T) {
	node := func(text string) *yaml.Node { return yaml.NewStringRNode(text).YNode() }
	for text, want := range map[string]float64{
		"50MB/s": 50e6, "50MiB/s": 50 << 20, "1.5GB/s": 1.5e9, "10kB/s": 1e4, "10KB/s": 1e4, "100B/s": 100,
		"50": 0, "50MB": 0, "0MB/s": 0, "-1MB/s": 0, "50mb/s": 0,
	} {
		var r sizing.Rate
		if err := r.DecodeConfig(node(text)); (err == nil) != (want > 0) || float64(r) != want {
			t.Errorf("%s: %v, %v", text, float64(r), err)
		}
	}
	for text, want := range map[string]float64{"1000/s": 1000, "20k/s": 20000, "86400/d": 1, "60/min": 1, "1000": 0} {
		var r sizing.MessageRate
		if err := r.DecodeConfig(node(text)); (err == nil) != (want > 0) || math.Abs(float64(r)-want) > 1e-9 {
			t.Errorf("%s: %v, %v", text, float64(r), err)
		}
	}
	for text, want := range map[string]float64{"512B": 512, "1KiB": 1024, "1Ki": 1024, "20kB": 20000, "512": 512, "x": 0} {
		var b sizing.ByteSize
		if err := b.DecodeConfig(node(text)); (err == nil) != (want > 0) || float64(b) != want {
			t.Errorf("%s: %v, %v", text, float64(b), err)
		}
	}
	for text, want := range map[string]sizing.Retention{
		"72h": {Time: 72 * time.Hour}, "10GiB": {Bytes: 10 << 30}, "10Gi": {Bytes: 10 << 30}, "10": {}, "": {}, "10m": {Time: 10 * time.Minute},
	} {
		var got sizing.Retention
		if err := got.DecodeConfig(node(text)); (err == nil) != (want != sizing.Retention{}) || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
