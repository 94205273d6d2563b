package sizing

// Constant is a number that the model uses, and where it is from.
type Constant struct {
	// ID is dotted and stable: disk.util_target. Plans cite it.
	ID string
	// Value in Unit.
	Value float64
	// Unit is empty for a share or a count.
	Unit string
	// Source is a document, a repository with a path, or a derivation from
	// constants that have one.
	Source string
}

// Where constants are from, when that is more than one of them.
const (
	sourceGoogle     = "docs.cloud.google.com managed-service-for-apache-kafka/docs/plan-cluster-size"
	sourceMSK        = "awsdocs/amazon-msk-developer-guide doc_source/bestpractices.md"
	sourceCC         = "linkedin/cruise-control config/cruisecontrol.properties"
	sourceIBMPlan    = "IBM/event-automation _es_13.0/02-installing/04-capacity-planning.md"
	sourceIBMTable   = "IBM/event-automation _es_13.0/02-installing/02-planning.md, table of samples"
	sourceIBMReport  = "IBM/event-streams pdfs/11.0.4 Performance Report_v3.pdf"
	sourceIBMCloud   = "ibm-cloud-docs/EventStreams limits_quotas.md, scaling_capacity.md"
	sourceIBMMirror  = "ibm-cloud-docs/EventStreams mirroring.md"
	sourceLicensing  = "IBM/event-automation _support/licensing.md"
	sourceRHOSAK     = "bf2fc6cc711aee1a0c2a/kas-fleetshard standard.properties, managedkafka.properties"
	sourceRHOSAKDev  = "bf2fc6cc711aee1a0c2a/kas-fleetshard developer.properties"
	sourceTuning     = "strimzi.io blog 2021-06-08 broker-tuning"
	sourceHardware   = "apache/kafka docs/operations/hardware-and-os.md"
	sourceKRaft      = "apache/kafka docs/operations/kraft.md"
	sourceJava       = "apache/kafka docs/operations/java-version.md"
	sourceCapacity   = "dmitrykrivaltsevich/kafka-internals op04-capacity-planning.html"
	sourceKIP578     = "cwiki.apache.org KIP-578"
	sourceHeap       = "strimzi/strimzi-kafka-operator@8541da1e KafkaCluster.java:1655"
	sourceAMQ        = "AndyYuen/kafka-sizing application.properties, SizingServiceImpl.java"
	sourceClouderaOp = "docs.cloudera.com csm-operator/1.3 csm-op-sizing-and-performance"
	sourceConfluent  = "docs.confluent.io operator co-plan-sizing"
	sourceMSKDisk    = "docs.aws.amazon.com msk/latest/developerguide/msk-provision-throughput-management"
	sourceAWSBlog    = "aws.amazon.com blog best-practices-for-right-sizing-your-apache-kafka-clusters"
	sourceAlibaba    = "alibabacloud.com ApsaraMQ for Confluent suggestions-for-estimating-cluster-resources"
	sourcePurbon     = "purbon/kafka-cluster-size-calculator *.ods"
	sourceMQChart    = "ibm-messaging/mq-helm charts/ibm-mq values.yaml, limits"
	sourceSamplesDir = "IBM/ibm-event-automation event-streams/cr-examples"
)

// Figures of the model, by what they are about.
var (
	cpuPerVCPU    = Constant{"cpu.write_equiv_mb_s_per_vcpu", 20, "MB/s at 100% CPU", sourceGoogle + "; 12 other published points imply 0.71 to 1.48 of it"}
	cpuIBM        = Constant{"cpu.ibm_measured_write_equiv_mb_s_per_vcpu", 23, "MB/s at 100% CPU", sourceIBMReport + ": 220.65 MB/s on 9 brokers of 4 vCPU, replication factor 3, is 827.4/36; smaller clusters gave up to 28"}
	cpuReadWeight = Constant{"cpu.read_weight", 0.25, "of a written byte", sourceGoogle}
	cpuUtil       = Constant{"cpu.target_util_default", 0.60, "", sourceMSK + " (CPU user+system under 60%)"}
	cpuMemory     = Constant{"cpu.memory_gib_per_vcpu", 4, "GiB", sourceGoogle}
	cpuMeasured   = Constant{"cpu.ibm_measured_broker_vcpu", 4, "vCPU", sourceIBMReport + ": brokers of 4 vCPU"}
	cpuSmallest   = Constant{"cpu.smallest_broker_vcpu", 1, "vCPU", sourceSamplesDir + "/eventstreams: limits of minimal-prod"}
	degradedUtil  = Constant{"resilience.degraded_util", 0.80, "", sourceCC + " (network and disk capacity thresholds 0.8), with a zone or a broker lost"}

	diskUtil        = Constant{"disk.util_target", 0.80, "", sourceCC + " (disk.capacity.threshold=0.8)"}
	diskOverhead    = Constant{"disk.fs_overhead", 0.05, "", sourceRHOSAK + " (storage.formatting-overhead, measured on ext4)"}
	diskMargin      = Constant{"disk.min_margin_gib", 10, "GiB", sourceRHOSAK}
	diskMarginDev   = Constant{"disk.min_margin_gib.dev", 1, "GiB", sourceRHOSAKDev}
	fanoutAssumed   = Constant{"workload.fanout_assumed", 2, "consumer groups", sourceRHOSAK + " (50 MiB/s in, 100 MiB/s out)"}
	diskQuotaCheck  = Constant{"disk.quota_check_interval_s", 30, "s", sourceRHOSAK}
	diskQuotaSafety = Constant{"disk.quota_check_interval_s.safety_factor", 2, "", sourceRHOSAK}
	diskCleanup     = Constant{"disk.retention_cleanup_delay_s", 360, "s", sourceIBMPlan + " (log.retention.check.interval.ms 300000 + log.segment.delete.delay.ms 60000)"}
	diskSegment     = Constant{"disk.segment_bytes", 1 << 30, "B", sourceIBMPlan}
	diskIndex       = Constant{"disk.index_bytes_per_index", 10485760, "B", sourceIBMPlan}
	diskIndexes     = Constant{"disk.index_bytes_per_index.indexes_per_segment", 2, "", sourceIBMPlan}
	diskSpare       = Constant{"disk.spare_segments", 1, "", sourceIBMPlan}
	diskSegmentTime = Constant{"disk.segment_ms", 604800000, "ms", sourceCapacity + " (LogConfig.java DEFAULT_SEGMENT_MS)"}
	diskRetention   = Constant{"disk.retention_ms_default", 604800000, "ms", sourceIBMPlan}
	diskAssumed     = Constant{"platform.disk_mb_s_assumed", 250, "MB/s a broker", sourceMSKDisk + ": 250 MiB/s is the default of a broker's volume, here in MB/s; a gp3 volume gives 125 MiB/s unasked"}

	netUtil     = Constant{"network.util_target", 0.80, "", sourceCC + " (network.{in,out}bound.capacity.threshold=0.8)"}
	netStrimzi  = Constant{"network.strimzi_default_capacity", 10000, "KiB/s a broker each way", "strimzi@8541da1e NetworkCapacity.java; from 0.48 network goals are off when capacity is unset (CHANGELOG 0.48.0)"}
	netAssumed  = Constant{"platform.nic_mb_s_assumed", 1250, "MB/s a broker each way", "10 Gbit/s, in " + sourceCapacity + ", " + sourceAWSBlog + "; cloud machines of 4 vCPU give it as a burst only (AWS EC2 instance types, m5.xlarge: up to 10 Gigabit)"}
	connections = Constant{"connections.per_broker", 3000, "", sourceRHOSAK + " (9000 for 3 brokers)"}

	heapPercent   = Constant{"memory.strimzi_broker_heap.percent", 50, "% of the limit", sourceHeap}
	heapCap       = Constant{"memory.strimzi_broker_heap.cap_gib", 5, "GiB", sourceHeap}
	heapLeast     = Constant{"memory.heap_min_gib", 1, "GiB", "docs.confluent.io config-kraft; the heap of IBM's smallest samples"}
	heapMost      = Constant{"memory.kafka_heap_recommended_gib", 6, "GiB", sourceJava + " (-Xmx6g -Xms6g); kas-fleetshard kafka.jvm-xms=6442450944"}
	heapConnect   = Constant{"memory.strimzi_connect_heap_percent", 75, "% of the limit", "strimzi/strimzi-kafka-operator@8541da1e KafkaConnectCluster.java:597"}
	memoryOff     = Constant{"memory.off_heap_gib", 0.5, "GiB", "what a JVM has beside its heap (classes, code, stacks, buffers), by experience; the half that " + sourceHeap + " leaves is more"}
	cacheTime     = Constant{"memory.page_cache_seconds", 30, "s", sourceHardware + " (write_throughput*30)"}
	cleanerBuffer = Constant{"memory.cleaner_entry_bytes.dedupe_buffer_bytes", 134217728, "B", sourceTuning}
	cleanerLoad   = Constant{"memory.cleaner_entry_bytes.load_factor", 0.9, "", sourceTuning}
	cleanerEntry  = Constant{"memory.cleaner_entry_bytes", 24, "B", sourceTuning}
	fetchResponse = Constant{"memory.replica_fetch_response_max_bytes", 10485760, "B", "apache/kafka docs, replica.fetch.response.max.bytes"}

	quorumDefault = Constant{"controllers.quorum.default", 3, "", sourceKRaft + " (2N+1)"}
	quorumMost    = Constant{"controllers.quorum.max_useful", 5, "", sourceKRaft}

	partitionsPerVCPU = Constant{"partitions.per_vcpu_rule", 250, "replicas per vCPU and broker", "fits the table of " + sourceMSK + ": 1000 for 2 and 4 vCPU, 2000 for 8, 4000 from 16"}
	partitionsLeast   = Constant{"partitions.per_vcpu_rule.least", 1000, "replicas per broker", sourceMSK}
	partitionsMost    = Constant{"partitions.broker_error_above", 4000, "replicas per broker", sourceKIP578}
	partitionsMmap    = Constant{"partitions.mmap_hard", 32765, "replicas per broker", sourceHardware + " (vm.max_map_count 65530, 2 areas a segment)"}
	partitionProduce  = Constant{"partitions.throughput_mb_s_per_partition_produce", 10, "MB/s", sourceCapacity + "; IBM measured 28 to 77 on one partition"}
	partitionFormula  = Constant{"partitions.formula", 1, "", "Confluent blog, How to choose the number of topics/partitions: max(t/p, t/c)"}

	mirrorPartition = Constant{"partitions.throughput_mb_s_per_partition_mirror.same_region", 2.5, "MB/s", sourceIBMMirror}
	mirrorTotal     = Constant{"partitions.throughput_mb_s_per_partition_mirror.total_max", 35, "MB/s", sourceIBMMirror}

	threadsIO         = Constant{"threads.ibm_sample.num.io.threads", 24, "", sourceSamplesDir + "/eventstreams; Performance Report 2019.4.1, tuning table"}
	threadsNetwork    = Constant{"threads.ibm_sample.num.network.threads", 9, "", threadsIO.Source}
	threadsCleaner    = Constant{"threads.ibm_sample.log.cleaner.threads", 6, "", threadsIO.Source}
	fetchersPerVCPU   = Constant{"threads.fetchers_per_vcpu", 2, "", "derived: " + sourceSamplesDir + "/eventstreams have as many fetchers as brokers; prod-3 to prod-6 have 1.5 to 3 a vCPU"}
	fetchersWarn      = Constant{"threads.fetcher_threads_per_vcpu_warn", 8, "", "derived: threads (fetchers times other brokers) a vCPU in " + sourceSamplesDir + "/eventstreams are 3 in prod-3, 15 in prod-6 and 36 in prod-9; 8 is the number of I/O threads that Kafka gives a disk"}
	threadsStep       = Constant{"threads.dynamic_change_limit", 2, "", sourceTuning + " (between half and twice)"}
	connectDefault    = Constant{"connect.strimzi_default_replicas", 3, "", "strimzi.io documentation, KafkaConnectSpec and KafkaMirrorMaker2Spec: replicas defaults to 3 in v1beta2, and is required in v1"}
	connectNodes      = Constant{"connect.amq_tool.nodes_min", 2, "", sourceAMQ}
	connectVCPU       = Constant{"connect.amq_tool.vcpu_per_connector", 1, "vCPU, beside 1", sourceAMQ}
	connectMemory     = Constant{"connect.amq_tool.ram_gib_per_connector", 1, "GiB, beside 2", sourceAMQ}
	connectBaseVCPU   = Constant{"connect.amq_tool.vcpu", 1, "vCPU", sourceAMQ}
	connectBaseMemory = Constant{"connect.amq_tool.ram_gib", 2, "GiB", sourceAMQ}

	ibmZones      = Constant{"resilience.ibm_zone_rule", 2.0 / 3, "of the maximum, for 3 zones: (zones-1)/zones", sourceIBMCloud}
	ibmPartitions = Constant{"partitions.ibm_cloud_unit", 3000, "partitions per capacity unit", sourceIBMCloud}

	licenceNonProduction   = Constant{"licence.cp4i_ratio.event_streams_nonproduction", 2, "cores per licence core", sourceLicensing}
	licenceMQProduction    = Constant{"licence.cp4i_ratio.mq_advanced_production", 2, "cores per licence core", "IBM/charts ibm-mqadvanced-server-integration-prod, metering of production: productCloudpakRatio 2:1"}
	licenceMQNonProduction = Constant{"licence.cp4i_ratio.mq_advanced_nonproduction", 4, "cores per licence core", "ibm-messaging/mq-helm README, productCloudpakRatio 4:1; IBM MQ documentation, Customizing license service annotations"}
	geoReplicatorVCPU      = Constant{"licence.vpc.geo_replicator", 1, "VPC a node", "IBM/event-automation _es_11.1/02-installing/02-planning.md, VPCs by node"}
	queueManagerVCPU       = Constant{"queue_manager.cpu_limit", 0.5, "vCPU a pod", sourceMQChart}
	queueManagerMemory     = Constant{"queue_manager.memory_limit_gib", 1, "GiB a pod", sourceMQChart}
	licenceProduction      = Constant{"licence.cp4i_ratio.event_streams_production", 1, "cores per licence core", sourceLicensing}
)

// used are the constants that the model computes with.
var used = []Constant{
	fanoutAssumed,
	cpuPerVCPU, cpuIBM, cpuReadWeight, cpuUtil, cpuMemory, cpuMeasured, cpuSmallest, degradedUtil,
	diskUtil, diskOverhead, diskMargin, diskMarginDev, diskQuotaCheck, diskQuotaSafety, diskCleanup, diskSegment, diskIndex,
	diskIndexes, diskSpare, diskSegmentTime, diskRetention, diskAssumed,
	netUtil, netStrimzi, netAssumed, connections,
	heapPercent, heapCap, heapLeast, heapMost, heapConnect, memoryOff, cacheTime, cleanerBuffer, cleanerLoad, cleanerEntry, fetchResponse,
	quorumDefault, quorumMost,
	partitionsPerVCPU, partitionsLeast, partitionsMost, partitionsMmap, partitionProduce, partitionFormula,
	mirrorPartition, mirrorTotal,
	threadsIO, threadsNetwork, threadsCleaner, fetchersPerVCPU, fetchersWarn, threadsStep,
	connectDefault, connectNodes, connectVCPU, connectMemory, connectBaseVCPU, connectBaseMemory,
	ibmZones, ibmPartitions, licenceNonProduction, licenceProduction, licenceMQProduction, licenceMQNonProduction,
	geoReplicatorVCPU, queueManagerVCPU, queueManagerMemory,
}

// instead is what to say in place of a constant that is an assumption: no
// document gives it for the user's own platform or brokers. Plans print those
// that they rest on.
var instead = map[string]string{
	diskAssumed.ID:     "platform.disk (--disk)",
	netAssumed.ID:      "platform.nic (--nic)",
	memoryOff.ID:       "",
	fetchersPerVCPU.ID: "",
	fetchersWarn.ID:    "",
}

// Assumed says whether a constant is an assumption, and what to say in its
// place, empty when nothing can be said.
func (c Constant) Assumed() (say string, assumed bool) {
	say, assumed = instead[c.ID]
	return say, assumed
}

// Constants returns every constant: those that the model computes with, and
// published figures that it is compared with.
func Constants() []Constant {
	return append(append([]Constant(nil), used...), published...)
}
