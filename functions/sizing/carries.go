package sizing

import "math"

// Carried is what a cluster carries.
type Carried struct {
	// Ingress is the average rate in bytes a second at which the first limit is
	// reached, and Binding that limit.
	Ingress float64
	Binding Constraint
	// Retention is for how long the volumes hold that workload's records, in
	// seconds.
	Retention float64
}

// Carries is the model in reverse: the largest ingress that a plan's brokers
// carry below every limit, all else of its workload being in proportion, and
// for how long they hold the workload's own records.
func Carries(p Plan) Carried {
	m := newModel(p.Input.withDefaults())
	cpu := float64(p.CPU) / 1000
	limits := map[Constraint]float64{
		CPUConstraint: m.cpuUtil, IngressConstraint: m.netUtil, EgressConstraint: m.netUtil, DiskConstraint: m.diskUtil,
	}
	factor, binding := m.normal(p.Brokers, cpu).room(limits)
	if m.failure != NoFailure {
		for of := range limits {
			limits[of] = degradedUtil.Value
		}
		if d := m.degraded(p.Brokers, cpu, m.failure); d != nil {
			if less, of := d.room(limits); less < factor {
				factor, binding = less, of
			}
		}
	}
	return Carried{
		Ingress: float64(p.Input.Workload.Ingress) * factor, Binding: binding,
		Retention: m.held(float64(p.Storage), p.Brokers),
	}
}

// room is by how much the use may grow until the first limit is reached.
func (u Utilization) room(limits map[Constraint]float64) (float64, Constraint) {
	factor, binding := math.Inf(1), CPUConstraint
	for _, of := range []struct {
		constraint Constraint
		share      float64
	}{{CPUConstraint, u.CPU}, {IngressConstraint, u.Ingress}, {EgressConstraint, u.Egress}, {DiskConstraint, u.Disk}} {
		if of.share > 0 && limits[of.constraint]/of.share < factor {
			factor, binding = limits[of.constraint]/of.share, of.constraint
		}
	}
	return factor, binding
}

// held is for how many seconds a volume on each broker holds the workload's
// records: the equation of the claim, solved for the retention.
func (m *model) held(volume float64, brokers int) float64 {
	perBroker := m.avg * float64(m.rf) / float64(brokers)
	if perBroker == 0 {
		return math.Inf(1)
	}
	margin := diskMargin.Value * gib
	if m.in.Class == "dev" {
		margin = diskMarginDev.Value * gib
	}
	inFlight := m.w * float64(m.rf) / float64(brokers) * diskQuotaCheck.Value * diskQuotaSafety.Value
	stored := volume/(1+diskOverhead.Value)*m.diskUtil - margin - inFlight
	partitions := m.partitionsOn(brokers)
	replicas := float64(ceil(float64(partitions*m.rf) / float64(brokers)))
	stored -= replicas * SegmentOverhead(m.avg/float64(partitions), diskSegment.Value, diskSegmentTime.Value/1000)
	return math.Max(stored/perBroker-diskCleanup.Value, 0)
}
