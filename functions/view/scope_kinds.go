package view

// The tables below are read with Scopes.Of. They are Go values, not kyaml's
// schema, because that takes some 30 ms to parse; a test holds the first one
// equal to it.

// kubernetesKinds are the kinds of Kubernetes' own API groups: those of kyaml's
// schema (1.21 and before), and what came up to Kubernetes 1.34, as
// `kubectl api-resources` lists it.
var kubernetesKinds = map[string]kindScopes{
	"": {
		namespaced: "Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
		cluster:    "ComponentStatus Namespace Node PersistentVolume",
	},
	"admissionregistration.k8s.io": {cluster: "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"},
	"apiextensions.k8s.io":         {cluster: "CustomResourceDefinition"},
	"apiregistration.k8s.io":       {cluster: "APIService"},
	"apps":                         {namespaced: "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"},
	"authentication.k8s.io":        {cluster: "SelfSubjectReview TokenReview"},
	"authorization.k8s.io":         {namespaced: "LocalSubjectAccessReview", cluster: "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"},
	"autoscaling":                  {namespaced: "HorizontalPodAutoscaler Scale"},
	"batch":                        {namespaced: "CronJob Job"},
	"certificates.k8s.io":          {namespaced: "PodCertificateRequest", cluster: "CertificateSigningRequest ClusterTrustBundle"},
	"coordination.k8s.io":          {namespaced: "Lease LeaseCandidate"},
	"discovery.k8s.io":             {namespaced: "EndpointSlice"},
	"events.k8s.io":                {namespaced: "Event"},
	"extensions":                   {namespaced: "DaemonSet Deployment Ingress NetworkPolicy ReplicaSet", cluster: "PodSecurityPolicy"},
	"flowcontrol.apiserver.k8s.io": {cluster: "FlowSchema PriorityLevelConfiguration"},
	"internal.apiserver.k8s.io":    {cluster: "StorageVersion"},
	"metrics.k8s.io":               {namespaced: "PodMetrics", cluster: "NodeMetrics"},
	"networking.k8s.io":            {namespaced: "Ingress NetworkPolicy", cluster: "IPAddress IngressClass ServiceCIDR"},
	"node.k8s.io":                  {cluster: "RuntimeClass"},
	"policy":                       {namespaced: "Eviction PodDisruptionBudget", cluster: "PodSecurityPolicy"},
	"rbac.authorization.k8s.io":    {namespaced: "Role RoleBinding", cluster: "ClusterRole ClusterRoleBinding"},
	"resource.k8s.io":              {namespaced: "ResourceClaim ResourceClaimTemplate", cluster: "DeviceClass DeviceTaintRule ResourceSlice"},
	"scheduling.k8s.io":            {cluster: "PriorityClass"},
	"storage.k8s.io":               {namespaced: "CSIStorageCapacity", cluster: "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass"},
	"storagemigration.k8s.io":      {cluster: "StorageVersionMigration"},
}

// productKinds are the kinds of the products that event-driven solutions meet,
// by their CustomResourceDefinitions' spec.scope.
var productKinds = map[string]kindScopes{
	// OpenShift
	"apps.openshift.io":                   {namespaced: "DeploymentConfig"},
	"authorization.openshift.io":          {namespaced: "Role RoleBinding RoleBindingRestriction LocalResourceAccessReview LocalSubjectAccessReview", cluster: "ClusterRole ClusterRoleBinding ResourceAccessReview SubjectAccessReview"},
	"autoscaling.openshift.io":            {namespaced: "MachineAutoscaler", cluster: "ClusterAutoscaler"},
	"build.openshift.io":                  {namespaced: "Build BuildConfig"},
	"cloudcredential.openshift.io":        {namespaced: "CredentialsRequest"},
	"config.openshift.io":                 {namespaced: "ImagePolicy", cluster: "APIServer Authentication Backup Build ClusterImagePolicy ClusterOperator ClusterVersion Console DNS FeatureGate Image ImageContentPolicy ImageDigestMirrorSet ImageTagMirrorSet Infrastructure Ingress InsightsDataGather Network Node OAuth OperatorHub Project Proxy Scheduler"},
	"console.openshift.io":                {cluster: "ConsoleCLIDownload ConsoleExternalLogLink ConsoleLink ConsoleNotification ConsolePlugin ConsoleQuickStart ConsoleSample ConsoleYAMLSample"},
	"helm.openshift.io":                   {namespaced: "ProjectHelmChartRepository", cluster: "HelmChartRepository"},
	"image.openshift.io":                  {namespaced: "ImageStream ImageStreamImage ImageStreamImport ImageStreamMapping ImageStreamTag ImageTag", cluster: "Image ImageSignature"},
	"imageregistry.operator.openshift.io": {cluster: "Config ImagePruner"},
	"ingress.operator.openshift.io":       {namespaced: "DNSRecord"},
	"logging.openshift.io":                {namespaced: "ClusterLogForwarder ClusterLogging Elasticsearch Kibana LogFileMetricExporter"},
	"machine.openshift.io":                {namespaced: "ControlPlaneMachineSet Machine MachineHealthCheck MachineSet"},
	"machineconfiguration.openshift.io":   {cluster: "ContainerRuntimeConfig ControllerConfig KubeletConfig MachineConfig MachineConfigNode MachineConfigPool MachineOSBuild MachineOSConfig PinnedImageSet"},
	"monitoring.openshift.io":             {namespaced: "AlertRelabelConfig AlertingRule"},
	"network.openshift.io":                {namespaced: "EgressNetworkPolicy", cluster: "ClusterNetwork HostSubnet NetNamespace"},
	"network.operator.openshift.io":       {namespaced: "EgressRouter OperatorPKI"},
	"oauth.openshift.io":                  {cluster: "OAuthAccessToken OAuthAuthorizeToken OAuthClient OAuthClientAuthorization UserOAuthAccessToken"},
	"observability.openshift.io":          {namespaced: "ClusterLogForwarder", cluster: "UIPlugin"},
	"operator.openshift.io":               {namespaced: "IngressController IstioCSR", cluster: "Authentication CSISnapshotController CertManager CloudCredential ClusterCSIDriver Config Console DNS Etcd ExternalSecretsConfig ImageContentSourcePolicy InsightsOperator KubeAPIServer KubeControllerManager KubeScheduler KubeStorageVersionMigrator MachineConfiguration Network OLM OpenShiftAPIServer OpenShiftControllerManager ServiceCA Storage"},
	"pipelines.openshift.io":              {cluster: "GitopsService"},
	"project.openshift.io":                {cluster: "Project ProjectRequest"},
	"quota.openshift.io":                  {namespaced: "AppliedClusterResourceQuota", cluster: "ClusterResourceQuota"},
	"route.openshift.io":                  {namespaced: "Route"},
	"samples.operator.openshift.io":       {cluster: "Config"},
	"security.internal.openshift.io":      {cluster: "RangeAllocation"},
	"security.openshift.io":               {namespaced: "PodSecurityPolicyReview PodSecurityPolicySelfSubjectReview PodSecurityPolicySubjectReview", cluster: "RangeAllocation SecurityContextConstraints"},
	"template.openshift.io":               {namespaced: "Template TemplateInstance", cluster: "BrokerTemplateInstance"},
	"tuned.openshift.io":                  {namespaced: "Profile Tuned"},
	"user.openshift.io":                   {cluster: "Group Identity User UserIdentityMapping"},
	"k8s.cni.cncf.io":                     {namespaced: "NetworkAttachmentDefinition"},
	"k8s.ovn.org":                         {namespaced: "EgressFirewall EgressQoS EgressService UserDefinedNetwork", cluster: "AdminPolicyBasedExternalRoute ClusterUserDefinedNetwork EgressIP"},
	"local.storage.openshift.io":          {namespaced: "*"},
	"noobaa.io":                           {namespaced: "*"},
	"objectbucket.io":                     {namespaced: "ObjectBucketClaim", cluster: "ObjectBucket"},
	"ocs.openshift.io":                    {namespaced: "OCSInitialization StorageCluster StorageConsumer StorageRequest"},
	"oadp.openshift.io":                   {namespaced: "*"},
	"velero.io":                           {namespaced: "*"},
	"ceph.rook.io":                        {namespaced: "*"},
	"snapshot.storage.k8s.io":             {namespaced: "VolumeSnapshot", cluster: "VolumeSnapshotClass VolumeSnapshotContent"},
	"apps.open-cluster-management.io":     {namespaced: "*"},
	"cluster.open-cluster-management.io":  {namespaced: "AddOnPlacementScore Placement PlacementDecision ManagedClusterSetBinding", cluster: "ClusterClaim ManagedCluster ManagedClusterSet"},
	"policy.open-cluster-management.io":   {namespaced: "*"},
	"work.open-cluster-management.io":     {namespaced: "ManifestWork ManifestWorkReplicaSet", cluster: "AppliedManifestWork"},
	"operator.open-cluster-management.io": {namespaced: "MultiClusterHub", cluster: "ClusterManager Klusterlet"},
	"agent.open-cluster-management.io":    {namespaced: "*"},
	"operator.serverless.openshift.io":    {namespaced: "KnativeKafka"},
	"binding.operators.coreos.com":        {namespaced: "ServiceBinding"},
	"servicebinding.io":                   {namespaced: "ServiceBinding", cluster: "ClusterWorkloadResourceMapping"},
	"secrets-store.csi.x-k8s.io":          {namespaced: "SecretProviderClass SecretProviderClassPodStatus"},
	"policy.networking.k8s.io":            {cluster: "AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy"},
	"autoscaling.k8s.io":                  {namespaced: "VerticalPodAutoscaler VerticalPodAutoscalerCheckpoint"},
	"app.k8s.io":                          {namespaced: "Application"},

	// Operator Lifecycle Manager
	"operators.coreos.com":          {namespaced: "CatalogSource ClusterServiceVersion InstallPlan OperatorCondition OperatorGroup Subscription", cluster: "OLMConfig Operator"},
	"packages.operators.coreos.com": {namespaced: "PackageManifest"},
	"olm.operatorframework.io":      {cluster: "ClusterCatalog ClusterExtension ClusterExtensionRevision ClusterObjectSet"},

	// Argo CD, Workflows, Rollouts, Events
	"argoproj.io":          {namespaced: "AnalysisRun AnalysisTemplate AppProject Application ApplicationSet ArgoCD ArgoCDExport CronWorkflow EventBus EventSource Experiment ImageUpdater NamespaceManagement NotificationsConfiguration Rollout RolloutManager Sensor Workflow WorkflowArtifactGCTask WorkflowEventBinding WorkflowTaskResult WorkflowTaskSet WorkflowTemplate", cluster: "ClusterAnalysisTemplate ClusterWorkflowTemplate"},
	"promoter.argoproj.io": {namespaced: "ArgoCDCommitStatus ChangeTransferPolicy CommitStatus GitRepository PromotionStrategy PullRequest ScmProvider", cluster: "ClusterScmProvider ControllerConfiguration"},

	// IBM Event Streams, Event Automation, MQ, App Connect, Cloud Paks
	"appconnect.ibm.com":     {namespaced: "*"},
	"apiconnect.ibm.com":     {namespaced: "*"},
	"datapower.ibm.com":      {namespaced: "*"},
	"events.ibm.com":         {namespaced: "EventEndpointManagement EventGateway EventProcessing"},
	"eventstreams.ibm.com":   {namespaced: "*"},
	"ibmevents.ibm.com":      {namespaced: "*"},
	"integration.ibm.com":    {namespaced: "*"},
	"mq.ibm.com":             {namespaced: "*"},
	"operator.ibm.com":       {namespaced: "CommonService IBMLicensingDefinition IBMLicensingMetadata NamespaceScope OperandBindInfo OperandConfig OperandRegistry OperandRequest PodPreset", cluster: "IBMLicensing"},
	"oidc.security.ibm.com":  {namespaced: "Client"},
	"ibmcpcs.ibm.com":        {namespaced: "SecretShare"},
	"db2u.databases.ibm.com": {namespaced: "*"},

	// Strimzi, Streams for Apache Kafka, and what goes with them
	"access.strimzi.io":                 {namespaced: "KafkaAccess"},
	"core.strimzi.io":                   {namespaced: "StrimziPodSet"},
	"kafka.strimzi.io":                  {namespaced: "*"},
	"console.streamshub.github.com":     {namespaced: "Console"},
	"registry.apicur.io":                {namespaced: "*"},
	"debezium.io":                       {namespaced: "*"},
	"camel.apache.org":                  {namespaced: "*"},
	"flink.apache.org":                  {namespaced: "*"},
	"platform.confluent.io":             {namespaced: "*"},
	"rabbitmq.com":                      {namespaced: "*"},
	"infinispan.org":                    {namespaced: "*"},
	"keycloak.org":                      {namespaced: "*"},
	"k8s.keycloak.org":                  {namespaced: "*"},
	"postgresql.cnpg.io":                {namespaced: "*", cluster: "ClusterImageCatalog"},
	"postgres-operator.crunchydata.com": {namespaced: "*"},

	// Application runtimes, gateways, brokers and databases beside them
	"appsody.dev":                    {namespaced: "*"},
	"openliberty.io":                 {namespaced: "*"},
	"apps.openliberty.io":            {namespaced: "*"},
	"liberty.websphere.ibm.com":      {namespaced: "*"},
	"rc.app.stacks":                  {namespaced: "*"},
	"app.kiegroup.org":               {namespaced: "*"},
	"apps.3scale.net":                {namespaced: "*"},
	"capabilities.3scale.net":        {namespaced: "*"},
	"broker.amq.io":                  {namespaced: "*"},
	"interconnectedcloud.github.io":  {namespaced: "*"},
	"kafka.banzaicloud.io":           {namespaced: "*"},
	"cluster.redpanda.com":           {namespaced: "*"},
	"traefik.io":                     {namespaced: "*"},
	"traefik.containo.us":            {namespaced: "*"},
	"projectcontour.io":              {namespaced: "*"},
	"postgresql.k8s.enterprisedb.io": {namespaced: "*", cluster: "ClusterImageCatalog"},
	"mongodbcommunity.mongodb.com":   {namespaced: "*"},

	// Tekton
	"tekton.dev":                 {namespaced: "Condition CustomRun Pipeline PipelineResource PipelineRun Run StepAction Task TaskRun VerificationPolicy", cluster: "ClusterTask"},
	"triggers.tekton.dev":        {namespaced: "EventListener Interceptor Trigger TriggerBinding TriggerTemplate", cluster: "ClusterInterceptor ClusterTriggerBinding"},
	"operator.tekton.dev":        {cluster: "*"},
	"pipelinesascode.tekton.dev": {namespaced: "Repository"},
	"resolution.tekton.dev":      {namespaced: "ResolutionRequest"},
	"openshift-pipelines.org":    {namespaced: "ApprovalTask"},

	// cert-manager
	"cert-manager.io":        {namespaced: "Certificate CertificateRequest Issuer", cluster: "ClusterIssuer"},
	"acme.cert-manager.io":   {namespaced: "Challenge Order"},
	"policy.cert-manager.io": {cluster: "CertificateRequestPolicy"},
	"trust.cert-manager.io":  {cluster: "Bundle"},

	// Prometheus, Grafana, Elastic and other observers
	"monitoring.coreos.com":   {namespaced: "*"},
	"monitoring.rhobs":        {namespaced: "*"},
	"integreatly.org":         {namespaced: "*"},
	"grafana.integreatly.org": {namespaced: "*"},
	"loki.grafana.com":        {namespaced: "*"},
	"tempo.grafana.com":       {namespaced: "*"},
	"jaegertracing.io":        {namespaced: "*"},
	"opentelemetry.io":        {namespaced: "*"},
	"kiali.io":                {namespaced: "*"},

	// Sealed Secrets, external-secrets
	"bitnami.com":                    {namespaced: "SealedSecret"},
	"external-secrets.io":            {namespaced: "ExternalSecret PushSecret SecretStore", cluster: "ClusterExternalSecret ClusterPushSecret ClusterSecretStore"},
	"generators.external-secrets.io": {namespaced: "*", cluster: "ClusterGenerator"},

	// Knative, KEDA
	"eventing.knative.dev":             {namespaced: "*"},
	"messaging.knative.dev":            {namespaced: "*"},
	"sources.knative.dev":              {namespaced: "*"},
	"flows.knative.dev":                {namespaced: "*"},
	"sinks.knative.dev":                {namespaced: "*"},
	"bindings.knative.dev":             {namespaced: "*"},
	"serving.knative.dev":              {namespaced: "*"},
	"operator.knative.dev":             {namespaced: "*"},
	"networking.internal.knative.dev":  {namespaced: "Certificate Ingress ServerlessService", cluster: "ClusterDomainClaim"},
	"autoscaling.internal.knative.dev": {namespaced: "*"},
	"keda.sh":                          {namespaced: "ScaledJob ScaledObject TriggerAuthentication", cluster: "ClusterTriggerAuthentication"},
	"eventing.keda.sh":                 {namespaced: "CloudEventSource", cluster: "ClusterCloudEventSource"},

	// Istio, OpenShift Service Mesh, Gateway API
	"networking.istio.io":         {namespaced: "*"},
	"security.istio.io":           {namespaced: "*"},
	"telemetry.istio.io":          {namespaced: "*"},
	"extensions.istio.io":         {namespaced: "*"},
	"install.istio.io":            {namespaced: "IstioOperator"},
	"maistra.io":                  {namespaced: "*"},
	"federation.maistra.io":       {namespaced: "*"},
	"sailoperator.io":             {cluster: "Istio IstioCNI IstioRevision IstioRevisionTag ZTunnel"},
	"gateway.networking.k8s.io":   {namespaced: "BackendLBPolicy BackendTLSPolicy GRPCRoute Gateway HTTPRoute ListenerSet ReferenceGrant TCPRoute TLSRoute UDPRoute", cluster: "GatewayClass"},
	"gateway.networking.x-k8s.io": {namespaced: "XBackendTrafficPolicy XListenerSet", cluster: "XMesh"},

	// Policies and delivery
	"kyverno.io":                {namespaced: "CleanupPolicy Policy PolicyException", cluster: "ClusterCleanupPolicy ClusterPolicy GlobalContextEntry"},
	"templates.gatekeeper.sh":   {cluster: "ConstraintTemplate"},
	"constraints.gatekeeper.sh": {cluster: "*"},
}

// productFamilies are API groups that share all but their first label.
var productFamilies = map[string]kindScopes{
	// management, portal, gateway, analytics, eventendpointmanager
	"apiconnect.ibm.com": {namespaced: "*"},
	// elasticsearch, kibana, beat, agent, apm, logstash and so on (ECK)
	"k8s.elastic.co": {namespaced: "*"},
	// source, kustomize, helm, image, notification (Flux)
	"toolkit.fluxcd.io": {namespaced: "*"},
}
