// Package injectnamespace gives the objects of a base the namespace of one
// environment, in every place that names it: metadata.namespace, Namespaces,
// subjects, selectors, webhooks, service addresses inside strings, route hosts,
// images of the internal registry, flags in scripts.
//
// # What a string's namespace is
//
// Strings are read by token: a maximal run of letters, digits and '-'. A
// namespace inside a longer token ("dev-kafka", "rt-development") is none. A
// token is rewritten where the text around it says that it names a namespace:
//
//   - service addresses: x.TOKEN.svc, with .cluster.local, port, path or MQ's
//     (1414) behind it; x.TOKEN:8080 and x.TOKEN(1414); TOKEN.svc.cluster.local
//   - what a key or a flag named ...namespace says: a field, an environment
//     variable, a property, JSON and YAML inside of strings, PromQL,
//     --namespace TOKEN, and -n TOKEN but for commands where -n means
//     something else (echo, grep, jq and so on)
//   - images of the internal registry: image-registry.openshift-image-registry.svc:5000/TOKEN/image
//   - API paths /namespaces/TOKEN, and system:serviceaccount(s):TOKEN
//   - route hosts: name-TOKEN.apps.example.com, and any domain in a Route's
//     host, a KafkaMirrorMaker2's bootstrap servers and ES_APICURIO_URL
//
// A namespace with a '-' in it is no everyday word: as a token it is rewritten
// anywhere in a string's text, except in names, images of other registries and
// Git URLs. One that is a plain word ("dev", "kafka", and the base's
// ENVIRONMENT as well) never is.
//
// The base's namespace, as long as it is no DNS label (ENVIRONMENT), can't be
// part of a real host; it is rewritten besides wherever it is a label of a
// host with a scheme or a port (http://x.ENVIRONMENT/) and at the end of the
// first one (name-ENVIRONMENT.example.com). Left over in what looks like a
// host, it is residue. As the name of a variable, a key, a word in a sentence
// or on either side of "ENVIRONMENT=prod" it stays.
//
// # What has another name
//
// rename.clusters, connects and queueManagers rename custom resources, and with
// them what their operators derive from the name (view.OwnerClass); in a host,
// the namespace says whose it is. rename.names renames objects of any kind.
//
// # What is left
//
// A second walk over each object looks for old namespaces and names and for
// other environments' namespaces. It is the tokenizer that rewrites, set to note
// what it would change; identities with a '-' count wherever they are a token.
//
// # What never changes
//
// Names (but for Namespace, Project and ProjectRequest, what rename lists, and
// ClusterRoleBindings under clusterScopedNames: suffix), mapping keys, comments,
// Git URLs, cluster-scoped objects' metadata, objects of other namespaces,
// hosts' annotations, local-config objects, function configs. No object is ever
// added or removed, but for the Namespace of createNamespace.
package injectnamespace
