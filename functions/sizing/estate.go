package sizing

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Resource is what one object of an estate asks for, and what IBM charges for.
type Resource struct {
	// Ref names the object.
	Ref view.Ref
	// What its pods are: brokers, workers, queue manager, ...
	What string
	// Pods are those that are charged for or carry load, Beside them ZooKeeper
	// nodes and controllers, which IBM does not charge for.
	Pods, Beside Pods
	// Ratio is how many chargeable cores count as one licence core; 0 where the
	// object needs no licence of IBM's.
	Ratio int64
	// LicenceCores are thousandths, not rounded.
	LicenceCores int64
	// RatioSaid is false where nothing in the manifests says the ratio, and 1:1
	// is taken.
	RatioSaid bool
}

// geoReplicatorPod is what IBM counts for a geo-replicator, whose object has no
// field for resources.
var geoReplicatorPod = Pods{Count: 1, VCPU: int64(geoReplicatorVCPU.Value * 1000)}

// queueManagerPod is what a queue manager's pod has whose resources are not said.
var queueManagerPod = Pods{Count: 1, VCPU: int64(queueManagerVCPU.Value * 1000), MemoryBytes: int64(queueManagerMemory.Value * gibibyte)}

// queueManagerPods is how many pods a queue manager has by its availability.
var queueManagerPods = map[string]int{"SingleInstance": 1, "MultiInstance": 2, "NativeHA": 3}

// Estate adds up every object among finished manifests that runs Kafka, Connect,
// MirrorMaker, a geo-replicator or a queue manager, in that order.
func Estate(items []*yaml.RNode) []Resource {
	var all []Resource
	clusters := view.KafkaClusters(items)
	for i, f := range Footprint(items) {
		r := Resource{
			Ref: f.Ref, What: "brokers", Pods: Pods{f.Brokers, f.VCPU, f.MemoryBytes, f.DiskBytes}, Beside: f.Quorum, LicenceCores: f.LicenceCores,
		}
		if clusters[i].IsEventStreams() {
			r.Ratio, r.RatioSaid = LicenceRatio(f.LicenseUse), f.LicenseUse != ""
		}
		all = append(all, r)
	}
	for _, connect := range view.KafkaConnects(items) {
		all = append(all, workersOf(connect))
	}
	for _, o := range view.Manifests(items) {
		if o.Is(view.EventStreamsGroup, "EventStreamsGeoReplicator") {
			all = append(all, geoReplicator(o, clusters))
		}
	}
	for _, q := range view.QueueManagers(items) {
		all = append(all, queueManager(q))
	}
	return all
}

// limits are what each pod of a group may take, what it requests where nothing
// limits it, and the operator's defaults else.
func limits(nodes view.KafkaNodes, operator Pods) Pods {
	one := operator
	for _, bound := range []string{"requests", "limits"} {
		if text := nodes.Quantity(bound, "cpu"); text != "" {
			one.VCPU = Millicores(text)
		}
		if text := nodes.Quantity(bound, "memory"); text != "" {
			one.MemoryBytes = Bytes(text)
		}
	}
	return one
}

func (p Pods) times(count int) Pods {
	n := int64(count)
	return Pods{Count: count, VCPU: n * p.VCPU, MemoryBytes: n * p.MemoryBytes, DiskBytes: n * p.DiskBytes}
}

// workersOf is a Connect cluster or a MirrorMaker. IBM charges for those that run
// under its own group: by the ratio that the License Service reads of the pods.
func workersOf(connect view.KafkaConnect) Resource {
	replicas, _ := connect.Workers().Replicas()
	if connect.Workers().ReplicasText() == "" {
		replicas = int(connectDefault.Value)
	}
	r := Resource{Ref: connect.Ref(), What: "workers", Pods: limits(connect.Workers(), Pods{}).times(replicas)}
	if connect.Group() == view.EventStreamsGroup {
		ratio := connect.License()
		r.Ratio, r.RatioSaid = orElse(ratio, 1), ratio > 0
		r.LicenceCores = r.Pods.VCPU / r.Ratio
	}
	return r
}

// geoReplicator counts as the cluster does that it belongs to.
func geoReplicator(o view.Object, clusters []view.KafkaCluster) Resource {
	replicas, ok := view.Whole(o.Text("spec", "replicas"))
	if !ok {
		replicas = 1
	}
	r := Resource{Ref: o.Ref(), What: "replicators", Pods: geoReplicatorPod.times(int(clamp(replicas, maxPods))), Ratio: 1}
	name, _ := o.Label(view.EventStreamsClusterLabel)
	for _, c := range clusters {
		if use, _ := c.LicenseUse(); c.IsEventStreams() && c.Name() == name && c.Namespace() == o.Namespace() {
			r.Ratio, r.RatioSaid = LicenceRatio(use), use != ""
		}
	}
	r.LicenceCores = r.Pods.VCPU / r.Ratio
	return r
}

// maxPods is more than any manifest means.
const maxPods = 1e6

// queueManager is charged for each pod: those that stand by count as the one
// that runs, which is the most that IBM asks for. The ratios are those of MQ
// Advanced within Cloud Pak for Integration.
func queueManager(q view.QueueManager) Resource {
	use, annotated, free := q.License()
	one := limits(q.Pods(), queueManagerPod)
	for _, size := range q.Volumes() {
		one.DiskBytes += Bytes(size)
	}
	r := Resource{
		Ref: q.Ref(), What: "queue manager", Pods: one.times(max(queueManagerPods[q.Availability()], 1)),
		Ratio: annotated, RatioSaid: use != "" || annotated > 0,
	}
	switch {
	case free || use == "Development" && annotated == 0:
		return r
	case r.Ratio > 0:
	case use == "NonProduction":
		r.Ratio = int64(licenceMQNonProduction.Value)
	case use == "Production":
		r.Ratio = int64(licenceMQProduction.Value)
	default:
		r.Ratio = 1
	}
	r.LicenceCores = r.Pods.VCPU / r.Ratio
	return r
}

// Licenced says whether a resource needs a licence of IBM's at all.
func (r Resource) Licenced() bool { return r.Ratio > 0 }

// EstateLicenceCores is the whole of an estate in thousandths: rounded up to
// whole cores.
func EstateLicenceCores(all []Resource) int64 {
	var sum int64
	for _, r := range all {
		sum += r.LicenceCores
	}
	return RoundLicenceCores(sum)
}

// Total adds up what all pods of an estate ask for, those beside the brokers
// included.
func Total(all []Resource) Pods {
	var sum Pods
	for _, r := range all {
		sum = sum.plus(r.Pods).plus(r.Beside)
	}
	return sum
}
