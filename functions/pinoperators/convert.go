package pinoperators

import (
	"slices"
	"strings"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// apiVersions are Event Streams', from the oldest.
var apiVersions = []string{"v1alpha1", "v1beta1", "v1beta2", "v1"}

// componentLabel tells which component of the solution an object is of.
const componentLabel = "app.kubernetes.io/component"

// belongings are the kinds that change their API version with Event Streams.
var belongings = []string{
	"KafkaTopic", "KafkaUser", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker2", "KafkaBridge", "KafkaRebalance",
}

// convert brings an EventStreams and what belongs to it to the API of its
// version, in the order of the releases: v1beta2 (11.0), node pools (11.7),
// controllers in place of ZooKeeper (11.8), v1 (13.0).
func (o *operand) convert() fn.Results {
	objects := append([]view.Operand{o.object}, o.belonging()...)
	var results fn.Results
	for _, object := range objects {
		results = append(results, o.checkAPI(object)...)
	}
	if results.Failed() {
		return results
	}
	for _, object := range objects {
		now := slices.Index(apiVersions, object.Version())
		if now < slices.Index(apiVersions, "v1beta2") && o.facts.API != "v1beta1" {
			results = append(results, o.toV1Beta2(object)...)
		}
		if object.Kind() == o.object.Kind() {
			results = append(results, o.toMetadata()...)
		}
		if object.Version() != "v1" && o.facts.API == "v1" {
			results = append(results, o.toV1(object)...)
		}
		object.SetAPI(o.facts.API)
	}
	return append(results, o.checkLicense()...)
}

// belonging lists the objects that belong to the EventStreams: those of its
// namespace, except what another cluster's label claims.
func (o *operand) belonging() []view.Operand {
	var all []view.Operand
	others := map[string]bool{}
	manifests := view.Manifests(o.items)
	for _, object := range manifests {
		if object.Is(view.EventStreamsGroup, o.object.Kind()) && object.Namespace() == o.object.Namespace() && object.Name() != o.object.Name() {
			others[object.Name()] = true
		}
	}
	for _, object := range manifests {
		if object.Group() != view.EventStreamsGroup || object.Namespace() != o.object.Namespace() || !slices.Contains(belongings, object.Kind()) {
			continue
		}
		if cluster, _ := object.Label(view.EventStreamsClusterLabel); !others[cluster] {
			all = append(all, view.Operand{Object: object})
		}
	}
	return all
}

// checkAPI refuses what can't be brought to the version's API.
func (o *operand) checkAPI(object view.Operand) fn.Results {
	target, now := slices.Index(apiVersions, o.facts.API), slices.Index(apiVersions, object.Version())
	switch {
	case now < 0:
		return fn.Results{fn.Errorf(object.Ref(), "apiVersion", "is %q; Event Streams has %s", object.APIVersion(), strings.Join(apiVersions[1:], ", "))}
	case now > target:
		return fn.Results{fn.Errorf(object.Ref(), "apiVersion", "is %s, and Event Streams %s has %s; a newer form is not turned into an older one: choose a version that has it, or write the object for %s",
			object.Version(), o.pin.Version, o.facts.API, o.facts.API).Change(object.APIVersion(), object.Group()+"/"+o.facts.API)}
	}
	if path := object.Misshapen(); path != "" {
		return fn.Results{fn.Errorf(object.Ref(), path, "is neither a map nor a list of what belongs there")}
	}
	if o.facts.API != "v1" || now == target {
		return nil
	}
	var results fn.Results
	for _, misfit := range object.MisfitsOfV1() {
		results = append(results, fn.Errorf(object.Ref(), misfit.Path, "%s", misfit.Message))
	}
	return results
}

// toV1Beta2 turns what v1beta1 wrote another way.
func (o *operand) toV1Beta2(object view.Operand) fn.Results {
	var results fn.Results
	if unknown := object.ListListeners(); len(unknown) > 0 {
		results = append(results, fn.Errorf(object.Ref(), object.Field("kafka", "listeners"), "has %s; v1beta1 has plain, tls and external", strings.Join(unknown, ", ")))
	}
	if object.RunsKafka() {
		object.CustomAuthorizer()
		if object.Has("topicOperator") {
			results = append(results, fn.Errorf(object.Ref(), object.Field("topicOperator"), "is no field of v1beta2; move it to %s", object.Field("entityOperator", "topicOperator")))
		}
	}
	if !slices.Contains([]string{"EventStreams", "KafkaConnect", "KafkaMirrorMaker2"}, object.Kind()) {
		return results
	}
	for _, part := range object.MetricsParts() {
		if path := object.MovePlacement(part); path != "" {
			results = append(results, fn.Errorf(object.Ref(), path, "stands in template.pod too; keep that one"))
		}
		results = append(results, o.metrics(object, part)...)
	}
	return results
}

// metrics moves the rules of a part's metrics into a ConfigMap.
func (o *operand) metrics(object view.Operand, part []string) fn.Results {
	configMap, key := object.Name()+"-metrics-config", "metrics-config.yaml"
	if object.RunsKafka() {
		key = part[len(part)-1] + "-" + key
	}
	rules := object.TakeMetrics(part, configMap, key)
	if rules == nil {
		return nil
	}
	text, err := view.Document(rules)
	if err != nil {
		return fn.Results{fn.Errorf(object.Ref(), view.Path(part...)+".metrics", "can't be written as a file: %v", err)}
	}
	home := o.metricsFile(object, configMap)
	if home.Text("data", key) != "" {
		return fn.Results{fn.Errorf(home.Ref(), view.Path("data", key), "is there already, and the rules of %s belong there; remove one of the two", object.Ref())}
	}
	home.Set(text, "data", key)
	return fn.Results{fn.Infof(object.Ref(), view.Path(part...)+".metrics", "the rules are in ConfigMap %s, %s now, as metricsConfig has it", configMap, key)}
}

// metricsFile returns the ConfigMap for an object's metrics, a new one where
// there is none.
func (o *operand) metricsFile(object view.Operand, name string) view.Object {
	for _, other := range view.Manifests(o.items) {
		if other.Is("", "ConfigMap") && other.Name() == name && other.Namespace() == object.Namespace() {
			return other
		}
	}
	metadata := view.Map("name", view.String(name))
	if object.Namespace() != "" {
		view.SetField(metadata, "namespace", view.String(object.Namespace()))
	}
	made := view.OfNode(view.Map("apiVersion", view.String("v1"), "kind", view.String("ConfigMap"), "metadata", metadata))
	if component, found := object.Label(componentLabel); found {
		made.SetLabel(componentLabel, component)
	}
	made.SetAnnotation(CreatedByAnnotation, o.config.Ref().String())
	o.items = append(o.items, made.RNode())
	return made
}

// toMetadata brings the cluster from ZooKeeper to node pools and from there to
// controllers, as far as its version is.
func (o *operand) toMetadata() fn.Results {
	roles, pools := o.object.PoolRoles()
	if o.facts.Metadata == catalog.ZooKeeper || o.facts.Metadata == "" {
		if pools {
			return fn.Results{fn.Errorf(o.object.Ref(), o.object.Field("nodePools"), "come with Event Streams 11.7, and the version is %s; remove them, or raise the version", o.pin.Version)}
		}
		return nil
	}
	var results fn.Results
	if !pools && o.object.MoveBrokers() {
		results = append(results, fn.Infof(o.object.Ref(), o.object.Field("nodePools"), "has the brokers now, in a pool named kafka, so that their pods and volumes keep their names"))
	}
	if o.facts.Metadata != catalog.KRaft {
		return results
	}
	switch controllers := slices.Contains(roles, view.ControllerRole); {
	case controllers && o.object.Has("zookeeper"):
		results = append(results, fn.Warnf(o.object.Ref(), o.object.Field("zookeeper"), "stands beside a pool of controllers; remove it once the migration is done"))
	case controllers:
	case o.object.MoveControllers():
		results = append(results, fn.Warnf(o.object.Ref(), o.object.Field("nodePools"),
			"has a pool of controllers in place of ZooKeeper, as Event Streams %s runs; from there no way leads back, and its storage type can't change", o.pin.Version))
	default:
		results = append(results, fn.Errorf(o.object.Ref(), o.object.Field("nodePools"), "no pool has the role controller, and there is no ZooKeeper to make one of; add it"))
	}
	for _, path := range o.object.DropProtocol() {
		results = append(results, fn.Infof(o.object.Ref(), path, "is removed: brokers without ZooKeeper have no such setting"))
	}
	return results
}

// toV1 turns what v1beta2 wrote another way.
func (o *operand) toV1(object view.Operand) fn.Results {
	var dropped []string
	switch object.Kind() {
	case "EventStreams":
		dropped = object.DropForV1()
	case "KafkaConnect":
		dropped = object.DropClientsForV1()
		object.ExternalEnvToV1()
		object.ConnectToV1()
	case "KafkaMirrorMaker2":
		dropped = object.DropClientsForV1()
		object.ExternalEnvToV1()
		object.MirrorToV1()
	case "KafkaBridge":
		dropped = object.DropClientsForV1()
	case "KafkaConnector":
		object.ConnectorToV1()
	case "KafkaUser":
		object.UserToV1()
	}
	var results fn.Results
	for _, path := range dropped {
		results = append(results, fn.Warnf(object.Ref(), path, "is removed: v1 has no such field"))
	}
	if replicas := object.RequireReplicas(); replicas != "" {
		results = append(results, fn.Infof(object.Ref(), "spec.replicas", "is %s now: v1 demands it, and that is what the operator took", replicas))
	}
	return results
}

// checkLicense warns of a licence without its id, which the operator demands
// from 11.2 on.
func (o *operand) checkLicense() fn.Results {
	const first = "11.2.0"
	if catalog.Compare(o.pin.Version, first) < 0 || o.object.Text("spec", "license", "license") != "" {
		return nil
	}
	return fn.Results{fn.Warnf(o.object.Ref(), "spec.license.license", "is missing; from %s on the operator takes no instance without the licence's id", first)}
}
