package sizeeventstreams

import (
	"slices"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// Releases of Event Streams that changed where sizes are written.
var (
	// poolsAllowed is the first with spec.strimziOverrides.nodePools.
	poolsAllowed = sizing.Release{Major: 11, Minor: 7}
	// poolsRequired is the first with KRaft, which needs them.
	poolsRequired = sizing.Release{Major: 11, Minor: 8}
)

// shape says where a cluster's sizes are written.
type shape struct {
	// brokers are the groups of pods that are brokers: node pools, or the one
	// kafka part.
	brokers []view.KafkaNodes
	// controllers are the pools that are controllers, alone or as brokers too.
	controllers []view.KafkaNodes
	// zooKeeper says that there is an ensemble.
	zooKeeper bool
}

// readShape finds out where the cluster's sizes are written. What can't be told
// for certain is an error: a number in the wrong place is one that the operator
// ignores without a word.
func (s *sizer) readShape() (shape, bool) {
	if !s.wellFormed() || !s.versionKnown() {
		return shape{}, false
	}
	if s.cluster.Version() == "v1" {
		s.removedInV1()
	}
	sh := shape{zooKeeper: s.cluster.ZooKeeper().Present()}
	if len(s.cluster.Pools()) == 0 {
		s.checkWithoutPools(sh.zooKeeper)
		sh.brokers = []view.KafkaNodes{s.cluster.Kafka()}
		return sh, !s.results.Failed()
	}
	s.checkPools()
	for _, pool := range s.cluster.Pools() {
		if pool.Is(view.BrokerRole) {
			sh.brokers = append(sh.brokers, pool)
		}
		if pool.Is(view.ControllerRole) {
			sh.controllers = append(sh.controllers, pool)
		}
	}
	switch {
	case s.results.Failed():
	case len(sh.brokers) == 0:
		s.errorf(s.poolsField(), "no node pool has the role broker; give it to one")
	case len(sh.controllers) == 0 && !sh.zooKeeper:
		s.errorf(s.poolsField(), "no node pool has the role controller, and there is no ZooKeeper; give the role to a pool")
	}
	return sh, !s.results.Failed()
}

// wellFormed reports fields that should be maps or lists and are not.
func (s *sizer) wellFormed() bool {
	if at := s.cluster.Misshapen(); at != "" {
		s.errorf(at, "is no map")
		return false
	}
	if s.cluster.IsEventStreams() {
		if at, misshapen := s.cluster.PoolsField(); misshapen {
			s.errorf(at, "is no list of node pools")
			return false
		}
	}
	groups := append(slices.Clone(s.cluster.Pools()), s.cluster.Kafka(), s.cluster.ZooKeeper())
	for _, nodes := range groups {
		if at := nodes.Misshapen(); at != "" {
			s.results = append(s.results, fn.Errorf(nodes.Ref, at, "is neither a map nor a list of what belongs there"))
		}
	}
	return !s.results.Failed()
}

// versionKnown reports API versions whose fields this function does not know.
func (s *sizer) versionKnown() bool {
	switch version := s.cluster.Version(); {
	case version == "v1beta2", version == "v1", version == "v1beta1":
		return true
	case version == "v1alpha1" && !s.cluster.IsEventStreams(): // Strimzi up to 0.21
		return true
	case s.cluster.IsEventStreams():
		s.errorf("apiVersion", "is %q; sizes are known for v1beta1 (10.0 to 10.5), v1beta2 (11.0 to 12.3) and v1 (13.0 and later)", version)
	default:
		s.errorf("apiVersion", "is %q; sizes are known for v1alpha1, v1beta1 (Strimzi up to 0.21), v1beta2 (up to 0.51) and v1 (0.49 and later)", version)
	}
	return false
}

// removedInV1 reports fields of v1beta2 that v1 does not have.
func (s *sizer) removedInV1() {
	for _, gone := range sizing.RemovedInV1(s.cluster) {
		s.diagnose("SZ120", fn.Errorf(gone.Ref, gone.Path, "is no field of v1 any more; %s", gone.Instead).Change(gone.Path, gone.To))
	}
}

// poolsField is where the cluster's node pools are, or would be.
func (s *sizer) poolsField() string {
	if s.cluster.IsEventStreams() {
		path, _ := s.cluster.PoolsField()
		return path
	}
	return ""
}

// checkWithoutPools makes sure that a cluster without node pools is one that
// keeps its brokers in the kafka part.
func (s *sizer) checkWithoutPools(zooKeeper bool) {
	release := s.release()
	mode, _ := s.cluster.Annotation(view.StrimziNodePoolsAnnotation)
	switch {
	case s.cluster.IsEventStreams() && (s.cluster.Version() == "v1" || release.Known() && !release.Before(poolsRequired)):
		s.errorf(s.poolsField(), "is missing; Event Streams %s and later keep brokers and controllers in node pools", poolsRequired)
	case s.cluster.IsEventStreams() && !zooKeeper && s.cluster.Version() != "v1beta1" && !release.Known():
		s.errorf("spec.strimziOverrides", "has neither nodePools nor zookeeper, and spec.version is no release: where the brokers' size belongs can't be told; add the part that runs")
	case s.cluster.IsEventStreams() && !zooKeeper:
		s.errorf(s.cluster.Field("zookeeper"), "is missing; clusters without node pools need it, with replicas and storage")
	case s.cluster.IsEventStreams():
	case s.cluster.Version() == "v1" || mode == "enabled" || !zooKeeper:
		s.errorf("", "there is no KafkaNodePool with the label %s: %s in its namespace; list the pools under resources",
			view.StrimziClusterLabel, s.cluster.Name())
	}
}

// checkPools makes sure that node pools are what the cluster runs on, and say
// their roles.
func (s *sizer) checkPools() {
	release := s.release()
	mode, _ := s.cluster.Annotation(view.StrimziNodePoolsAnnotation)
	switch {
	case s.cluster.Version() == "v1beta1" && s.cluster.IsEventStreams():
		s.errorf(s.poolsField(), "is no field of v1beta1; node pools come with Event Streams %s and v1beta2", poolsAllowed)
	case !s.cluster.IsEventStreams() && s.cluster.Version() != "v1beta2" && s.cluster.Version() != "v1":
		s.errorf("apiVersion", "is %q, and there are KafkaNodePools of this cluster, which come with v1beta2; raise the version, or remove the pools", s.cluster.Version())
	case release.Known() && release.Before(poolsAllowed):
		s.errorf(s.poolsField(), "node pools come with Event Streams %s, and spec.version says %s; remove them, or raise the version", poolsAllowed, release)
	case mode == "disabled" && !s.cluster.IsEventStreams():
		s.errorf("metadata.annotations["+view.StrimziNodePoolsAnnotation+"]", "is disabled, but there are KafkaNodePools of this cluster; remove the annotation or the pools")
	}
	for _, pool := range s.cluster.Pools() {
		known := func(role string) bool { return role == view.BrokerRole || role == view.ControllerRole }
		if roles := pool.Roles(); len(roles) == 0 || !slices.ContainsFunc(roles, known) {
			s.results = append(s.results, fn.Errorf(pool.Ref, pool.Field("roles"), "is %q; expected broker, controller or both", roles))
		}
	}
}

// release is the release that an EventStreams says, zero when it says none.
func (s *sizer) release() sizing.Release {
	if !s.cluster.IsEventStreams() {
		return sizing.Release{}
	}
	return sizing.ParseRelease(s.cluster.ProductVersion())
}
