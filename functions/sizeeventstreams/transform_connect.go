package sizeeventstreams

import (
	"math"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// sizeConnects sizes Connect clusters and MirrorMakers.
func (c *SizeEventStreams) sizeConnects(items []*yaml.RNode, class Class, sizers map[view.Ref]*sizer) fn.Results {
	var results fn.Results
	all := view.KafkaConnects(items)
	for _, name := range solution.Names(c.Spec.Connects) {
		connect, problem := c.findConnect(view.Path("spec", "connects", name), name, "KafkaConnect", all)
		if problem != nil {
			results = append(results, *problem)
			continue
		}
		want := c.Spec.Connects[name]
		results = append(results, writeWorkers(connect, sizing.ConnectWorkers(want.Connectors, want.Replicas, class == Prod), class)...)
		writeFactors(connect, sizers)
	}
	for _, name := range solution.Names(c.Spec.Mirrors) {
		at := view.Path("spec", "mirrors", name)
		mirror, problem := c.findConnect(at, name, "KafkaMirrorMaker2", all)
		if problem != nil {
			results = append(results, *problem)
			continue
		}
		want := c.Spec.Mirrors[name]
		tasks, fits := sizing.MirrorTasks(float64(want.Ingress), want.Partitions)
		if !fits {
			results = append(results, c.Warnf(at+".ingress", "is %s; one MirrorMaker carries about 35MB/s, and no more tasks than partitions: split the topics over several", sizing.FormatRate(float64(want.Ingress))).
				Change(sizing.FormatRate(float64(want.Ingress)), sizing.FormatRate(sizing.MirrorCarries(want.Partitions))).Tag(diagnostic, "SZ041"))
		}
		results = append(results, writeWorkers(mirror, sizing.MirrorWorkers(tasks), class)...)
		for _, number := range mirror.SourceTasks() {
			number.Set(tasks)
		}
		writeFactors(mirror, sizers)
	}
	return results
}

func (c *SizeEventStreams) findConnect(at, name, kind string, all []view.KafkaConnect) (view.KafkaConnect, *fn.Result) {
	var found []view.KafkaConnect
	var names []string
	for _, connect := range all {
		if connect.Kind() != kind {
			continue
		}
		names = append(names, connect.Name())
		if connect.Name() == name {
			found = append(found, connect)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		problem := c.Errorf(at, "%s", absent(kind, name, names))
		return view.KafkaConnect{}, &problem
	}
	problem := c.Errorf(at, "%d objects of kind %s have this name; size them in packages of their own", len(found), kind)
	return view.KafkaConnect{}, &problem
}

// writeWorkers writes replicas and resources; below production a worker
// requests half of its CPU.
func writeWorkers(connect view.KafkaConnect, size sizing.Workers, class Class) fn.Results {
	if at := connect.Misshapen(); at != "" {
		return fn.Results{fn.Errorf(connect.Ref(), at, "is neither a map nor a list of what belongs there")}
	}
	var results fn.Results
	if connect.Version() == "v1" {
		for _, path := range connect.RemovedInV1() {
			results = append(results, fn.Errorf(connect.Ref(), path, "is no field of v1 any more").Change(path, "").Tag(diagnostic, "SZ120"))
		}
	}
	workers := connect.Workers()
	workers.SetReplicas(size.Replicas)
	request := size.CPU / 2
	if class == Prod {
		request = size.CPU
	}
	writePods(workers, sizing.FormatCPU(request), sizing.FormatCPU(size.CPU), sizing.Quantity(size.Memory), sizing.Quantity(size.Memory))
	for _, option := range []string{"-Xms", "-Xmx"} {
		heap := sizing.JVMHeap(sizing.ConnectHeap(size.Memory))
		if current, found := workers.JVMOption(option); found && !sizing.SameHeap(current, heap) {
			workers.SetJVMOption(option, heap)
		}
	}
	return results
}

func writePods(nodes view.KafkaNodes, cpuRequest, cpuLimit, memoryRequest, memoryLimit string) {
	for _, r := range []struct{ bound, resource, value string }{
		{"requests", "cpu", cpuRequest}, {"requests", "memory", memoryRequest},
		{"limits", "cpu", cpuLimit}, {"limits", "memory", memoryLimit},
	} {
		if !sizing.SameQuantity(nodes.Quantity(r.bound, r.resource), r.value) {
			nodes.SetQuantity(r.value, r.bound, r.resource)
		}
	}
}

// writeFactors gives Connect's own topics as many copies as the cluster that
// it runs on keeps, 3 where that is not sized here. -1, the brokers' default,
// stays.
func writeFactors(connect view.KafkaConnect, sizers map[view.Ref]*sizer) {
	for _, number := range connect.InternalFactors() {
		const usual = 3
		copies := usual
		for _, s := range sizers {
			if number.Cluster.Names(s.cluster.Object) && s.cluster.Group() == connect.Group() {
				copies = s.preset.ReplicationFactor
			}
		}
		if current, _ := number.Value(); current >= 0 {
			number.Set(copies)
		}
	}
}

// sizeQueueManagers sizes queue managers.
func (c *SizeEventStreams) sizeQueueManagers(items []*yaml.RNode, class Class) fn.Results {
	var results fn.Results
	all := view.QueueManagers(items)
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name()
	}
	for _, name := range solution.Names(c.Spec.QueueManagers) {
		at := view.Path("spec", "queueManagers", name)
		var found []view.QueueManager
		for _, q := range all {
			if q.Name() == name {
				found = append(found, q)
			}
		}
		switch len(found) {
		case 0:
			results = append(results, c.Errorf(at, "%s", absent("QueueManager", name, names)))
		case 1:
			results = append(results, writeQueueManager(found[0], c.Spec.QueueManagers[name].Size, class)...)
		default:
			results = append(results, c.Errorf(at, "%d queue managers have this name; size them in packages of their own", len(found)))
		}
	}
	return results
}

func writeQueueManager(q view.QueueManager, size QueueManagerSize, class Class) fn.Results {
	if at := q.Misshapen(); at != "" {
		return fn.Results{fn.Errorf(q.Ref(), at, "is no map")}
	}
	factor := int64(math.Pow(2, float64(indexOf(size))))
	// mq-helm chart: requests 100m and 512Mi, limits 500m and 1Gi.
	const requestCPU, limitCPU, requestMi, limitMi, mebibyte = 100, 500, 512, 1024, 1 << 20
	cpu, memory := requestCPU*factor, requestMi*factor
	if class == Prod {
		cpu, memory = limitCPU*factor, limitMi*factor
	}
	writePods(q.Pods(), sizing.FormatCPU(cpu), sizing.FormatCPU(limitCPU*factor), sizing.Quantity(memory*mebibyte), sizing.Quantity(limitMi*factor*mebibyte))
	if kind := q.Availability(); class == Prod && kind == "SingleInstance" {
		return fn.Results{fn.Warnf(q.Ref(), "spec.queueManager.availability.type", "is %s in prod: the queues stand still while its pod restarts; take NativeHA or MultiInstance", kind)}
	}
	return nil
}

func indexOf(size QueueManagerSize) int {
	for i, known := range size.Enum() {
		if known == string(size) {
			return i
		}
	}
	return 0
}
