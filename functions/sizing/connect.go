package sizing

import "strconv"

// Workers are the pods of a Kafka Connect cluster or a MirrorMaker.
type Workers struct {
	Replicas int
	// CPU in thousandths of a core and memory in bytes, of one of them.
	CPU, Memory int64
}

// ConnectWorkers sizes a Connect cluster for so many connectors: 1 vCPU and 2
// GiB, and 1 of each for each connector, over all workers (sourceAMQ). Without
// a number of workers production has two, since one may be down.
func ConnectWorkers(connectors, replicas int, production bool) Workers {
	if replicas == 0 {
		replicas = 1
		if production {
			replicas = int(connectNodes.Value)
		}
	}
	n := float64(connectors)
	vcpu := (connectBaseVCPU.Value + connectVCPU.Value*n) / float64(replicas)
	memory := (connectBaseMemory.Value + connectMemory.Value*n) / float64(replicas)
	return Workers{Replicas: replicas, CPU: int64(RoundCPU(vcpu) * 1000), Memory: RoundMemory(memory * gib)}
}

// MirrorTasks is tasksMax for a mirrored rate in bytes a second: a task for
// each 2.5 MB/s, no more than partitions (0: not known); and whether those
// carry it, and one MirrorMaker does.
func MirrorTasks(rate float64, partitions int) (tasks int, fits bool) {
	tasks = max(1, ceil(rate/(mirrorPartition.Value*mega)))
	fits = rate <= mirrorTotal.Value*mega
	if partitions > 0 && tasks > partitions {
		return partitions, false
	}
	return tasks, fits
}

// MirrorCarries is what one MirrorMaker carries at most, in bytes a second, with
// so many partitions (0: not known).
func MirrorCarries(partitions int) float64 {
	most := mirrorTotal.Value
	if partitions > 0 {
		most = min(most, float64(partitions)*mirrorPartition.Value)
	}
	return most * mega
}

// MirrorWorkers sizes a MirrorMaker of so many tasks: workers as in IBM's
// sample, 2 vCPU and 2 GiB, a task for each vCPU.
func MirrorWorkers(tasks int) Workers {
	const vcpu = 2 // mirrormaker2.ibm_sample.cpu_lim
	return Workers{Replicas: max(1, ceil(float64(tasks)/vcpu)), CPU: vcpu * 1000, Memory: 2 * gibibyte}
}

// JVMHeap writes bytes as a JVM option has them: 1024m.
func JVMHeap(bytes int64) string { return strconv.FormatInt(bytes/mebibyte, 10) + "m" }
