package sealsecrets

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/guard"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Transform seals the plain Secrets, checks the SealedSecrets that are there,
// and refuses what would leave it plain.
func (c *SealSecrets) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	declared, place, results := solution.Lookup(&c.Header, "spec.environment", c.Spec.Environment, items)
	if results.Failed() {
		return items, results
	}
	certificates, found := c.parsed(items)
	if results = append(results, found...); results.Failed() {
		return items, results
	}
	s := sealer{
		config: c, rand: env.Rand,
		certificates: certificates, certificate: certificates.Newest(env.Now),
		baseNamespace: solution.DefaultBaseNamespace, namespace: place.Namespace,
		present:     map[view.Ref]view.SealedSecret{},
		writtenBack: writtenBack(items),
		merged:      map[*yaml.Node]bool{},
	}
	if declared != nil {
		s.baseNamespace = declared.Spec.BaseNamespace
	}
	for _, sealed := range view.SealedSecrets(items) {
		results = append(results, s.check(sealed)...)
		s.present[identity(sealed.Object)] = sealed
	}
	secrets := slices.DeleteFunc(view.Secrets(items), func(secret view.Secret) bool { return c.Spec.Guard.Allows(secret.Object) })
	results = append(results, s.expired(env, secrets)...)
	if slices.ContainsFunc(secrets, func(secret view.Secret) bool { return !clusterFills(secret) }) {
		key, found := c.fingerprintKey(items)
		if results = append(results, found...); found.Failed() {
			return items, results
		}
		s.key = key
	}
	references := referencesOf(items)
	for _, secret := range secrets {
		results = append(results, s.seal(secret)...)
	}
	items = slices.DeleteFunc(slices.Clone(items), func(item *yaml.RNode) bool { return s.merged[view.Of(item).Node()] })
	results = append(append(results, references.rewrite(items)...), c.unusedScopes(items)...)
	if c.Spec.RolloutOnChange {
		rollout(items)
	}
	results = append(results, c.leftOver(items)...)
	return items, append(results, guard.Literals(c.Spec.Guard, items)...)
}

// sealer is what sealing one Secret needs to know.
type sealer struct {
	config       *SealSecrets
	rand         io.Reader
	certificates Certificates
	certificate  Certificate
	// baseNamespace is what the base says where no environment has been put in.
	baseNamespace string
	// namespace is the environment's, empty when none is known.
	namespace string
	// key is the fingerprint key, nil when there is none.
	key *Key
	// present are the SealedSecrets among the items.
	present map[view.Ref]view.SealedSecret
	// merged are the plain Secrets that went into a SealedSecret beside them.
	merged map[*yaml.Node]bool
	// writtenBack says that a SealedSecret takes the plain Secret's place in
	// the package, so that the next render finds it sealed.
	writtenBack bool
}

// identity is namespace and name alone.
func identity(o view.Object) view.Ref {
	return view.Ref{Namespace: o.Namespace(), Name: o.Name()}
}

// expired reports an expired certificate: an error when there is something to
// seal with it. What is sealed already does not care.
func (s *sealer) expired(env fn.Env, secrets []view.Secret) fn.Results {
	err := s.certificate.Expired(env.Now)
	if err == nil {
		return s.expiring(env)
	}
	if slices.ContainsFunc(secrets, func(secret view.Secret) bool { return !clusterFills(secret) }) {
		return fn.Results{s.config.Errorf(s.config.certificateField(), "%v", err)}
	}
	return fn.Results{s.config.Warnf(s.config.certificateField(), "%v", err)}
}

// expiring warns of a certificate that is about to expire.
func (s *sealer) expiring(env fn.Env) fn.Results {
	end := s.certificate.x509.NotAfter
	if end.Sub(env.Now) > time.Duration(s.config.Spec.ExpiryWarning) {
		return nil
	}
	return fn.Results{s.config.Warnf(s.config.certificateField(), "expires on %s; get the controller's current one: kubeseal --fetch-cert", end.UTC().Format(time.DateOnly))}
}

// clusterFills says that a Secret is an order for a service account's token:
// the cluster makes its values, and there is nothing to hide.
func clusterFills(secret view.Secret) bool {
	return secret.Type() == view.ServiceAccountTokenType && !secret.HasValues()
}

// check finds, without any key, what the controller cannot unseal.
func (s *sealer) check(sealed view.SealedSecret) fn.Results {
	results := CheckPlace(sealed)
	data := sealed.EncryptedData()
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if err := s.certificates.CheckCiphertext(data[key]); err != nil {
			results = append(results, fn.Errorf(sealed.Ref(), view.EncryptedPath(key), "%v", err))
		}
	}
	if by := sealed.Certificate(); by != "" && !s.certificates.knows(by) {
		results = append(results, fn.Warnf(sealed.Ref(), view.Path("metadata", "annotations", view.SealingCertificateAnnotation),
			"is %s, but the certificate here is %s: it was sealed with another one, and unseals as long as the controller keeps that key; seal its values again with eda-fn seal", by, s.certificate.Fingerprint()))
	}
	return results
}

// CheckPlace finds a SealedSecret that was moved: a strict one is bound to
// namespace and name, a namespace-wide one to its namespace.
func CheckPlace(sealed view.SealedSecret) fn.Results {
	var results fn.Results
	moved := func(field, now, was string) {
		if was != "" && was != now {
			results = append(results, fn.Errorf(sealed.Ref(), "metadata."+field,
				"is %q, but it was sealed for %q (spec.template.metadata.%s), and its scope %s binds it to that: the controller cannot unseal it; seal its values again with eda-fn seal, or take out what changes its %s (kustomize: namespace, namePrefix, nameSuffix)",
				now, was, field, sealed.Scope(), field))
		}
	}
	if was := sealed.TemplateScope(); was != "" && was != sealed.Scope() {
		results = append(results, fn.Errorf(sealed.Ref(), "metadata.annotations",
			"say scope %s, but it was sealed with scope %s (spec.template.metadata.annotations): the controller cannot unseal it; seal its values again with eda-fn seal, or put the annotation sealedsecrets.bitnami.com/%s: \"true\" back",
			sealed.Scope(), was, was))
	}
	if sealed.Lookup("spec", "data") != nil {
		results = append(results, fn.Errorf(sealed.Ref(), "spec.data", "is the format before version 0.7, which the controller does not unseal as it comes; seal its values again with eda-fn seal"))
	}
	if sealed.Scope() == view.ScopeClusterWide {
		return results
	}
	moved("namespace", sealed.Namespace(), sealed.TemplateNamespace())
	if sealed.Scope() == view.ScopeStrict {
		moved("name", sealed.Name(), sealed.TemplateName())
	}
	return results
}

// seal makes one Secret a SealedSecret, on its node.
func (s *sealer) seal(secret view.Secret) fn.Results {
	ref := secret.Ref()
	values, results := read(secret)
	if clusterFills(secret) && !results.Failed() {
		return nil
	}
	scope := s.config.Spec.ScopeOf(ref.Namespace, ref.Name)
	if own := secret.SealingScope(); own != "" {
		scope = Scope(own)
	}
	results = append(results, s.place(secret, scope)...)
	if results.Failed() {
		return results
	}
	if sealed, found := s.present[identity(secret.Object)]; found {
		return append(results, s.merge(secret, sealed, values, scope)...)
	}
	sealing, err := s.sealer(ref, scope).SealAll(values)
	if err != nil {
		return fn.Results{fn.Errorf(ref, "data", "%v", err)}
	}
	if results = append(results, sizes(ref, sealing.EncryptedData)...); results.Failed() {
		return results
	}
	secret.Seal(sealing)
	if !s.writtenBack && s.key == nil {
		results = append(results, fn.Warnf(ref, "", "is sealed anew at each render, with other bytes each time, because nothing writes the SealedSecret back to where the plain Secret is; "+
			"seal it once: eda-fn seal %s --env DIR --from-file KEY=FILE --into FILE, and take the plain Secret out", ref.Name))
	}
	return results
}

func (s *sealer) sealer(ref view.Ref, scope Scope) Sealer {
	return Sealer{Certificate: s.certificate, Scope: scope, Namespace: ref.Namespace, Name: ref.Name, Rand: s.rand, Key: s.key}
}

// sizes is CheckSize as results.
func sizes(ref view.Ref, encrypted map[string]string) fn.Results {
	warning, err := CheckSize(encrypted)
	switch {
	case err != nil:
		return fn.Results{fn.Errorf(ref, "data", "%v", err)}
	case warning != "":
		return fn.Results{fn.Warnf(ref, "data", "%s", warning)}
	}
	return nil
}

// SealAll encrypts values in the order of their keys.
func (s Sealer) SealAll(values map[string][]byte) (view.Sealing, error) {
	sealing := view.Sealing{
		Scope: string(s.Scope), Certificate: s.Certificate.Fingerprint(),
		EncryptedData: map[string]string{}, Fingerprints: map[string]view.Fingerprint{},
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		ciphertext, tags, err := s.Seal(key, values[key], "")
		if err != nil {
			return view.Sealing{}, err
		}
		sealing.EncryptedData[key], sealing.Fingerprints[key] = ciphertext, tags
	}
	return sealing, nil
}

// read returns a Secret's values, and everything that is wrong with it but for
// its place.
func read(secret view.Secret) (map[string][]byte, fn.Results) {
	var results fn.Results
	ref := secret.Ref()
	for _, path := range secret.UnknownFields() {
		known := view.SecretFields
		if len(path) > 1 {
			known = view.MetadataFields
		}
		results = append(results, fn.Errorf(ref, view.Path(path...), "is no field of a Secret and would be lost (value withheld)%s",
			fnconfig.Suggest(path[len(path)-1], known)))
	}
	values, problems := secret.Values()
	for _, problem := range append(secret.Shape(), problems...) {
		results = append(results, fn.Errorf(ref, problem.Path, "%s", problem.Message))
	}
	if results.Failed() || secret.Type() == view.ServiceAccountTokenType {
		return values, results
	}
	for _, err := range CheckType(secret.Type(), values) {
		results = append(results, fn.Errorf(ref, "data", "%v", err))
	}
	return values, results
}

// place finds why a Secret must not be sealed where it stands.
func (s *sealer) place(secret view.Secret, scope Scope) fn.Results {
	var results fn.Results
	ref := secret.Ref()
	if path := hashed(secret.Object); path != "" {
		results = append(results, fn.Errorf(ref, path, "kustomize would add a hash of the content to the name, and the sealed content differs each time; set disableNameSuffixHash: true in the secretGenerator's options (or in generatorOptions), or seal it once with eda-fn seal"))
	}
	return append(results, s.namespaceOf(ref, scope)...)
}

// namespaceOf finds why the controller could not unseal what is bound to the
// namespace that a Secret has now.
func (s *sealer) namespaceOf(ref view.Ref, scope Scope) fn.Results {
	const field = "metadata.namespace"
	advice := "set it, or let InjectNamespace run before SealSecrets"
	if s.namespace != "" {
		advice += "; environment " + s.config.Spec.Environment + " has " + s.namespace
	}
	switch {
	case scope == ScopeClusterWide:
		return nil
	case ref.Namespace == "":
		return fn.Results{fn.Errorf(ref, field, "is missing, but scope %s binds the SealedSecret to it; %s", scope, advice)}
	case ref.Namespace == s.baseNamespace:
		return fn.Results{fn.Errorf(ref, field, "is the base's %q, which no environment has, and scope %s binds the SealedSecret to it; %s", ref.Namespace, scope, advice)}
	}
	if err := solution.ValidNamespace(ref.Namespace); err != nil {
		return fn.Results{fn.Errorf(ref, field, "%v", err)}
	}
	return nil
}

// leftOver is the last look: no plain Secret with values leaves the function.
func (c *SealSecrets) leftOver(items []*yaml.RNode) fn.Results {
	var results fn.Results
	for _, item := range items {
		o := view.Of(item)
		if o.LocalConfig() || c.Spec.Guard.Allows(o) {
			continue
		}
		secret, plain := view.AsSecret(o)
		switch {
		case plain && !o.Manifest() && secret.HasValues():
			results = append(results, fn.Errorf(o.Ref(), "", "is a plain Secret that cannot be sealed: it needs a metadata.name, and no annotation %s; one that only functions read is marked with the annotation %s: \"true\"",
				strings.Join(view.FunctionAnnotations, " or "), view.LocalConfigAnnotation))
		case !plain:
			for _, path := range o.PlainSecrets() {
				results = append(results, fn.Errorf(o.Ref(), path, "is a plain Secret inside another object, where it is not sealed; make it an object of its own, or put a SealedSecret in its place: eda-fn seal"))
			}
		}
	}
	return results
}

// Bookkeeping of hosts, by which they say how they treat an object. It is read
// and never changed.
const (
	kustomizeID        = "kustomize.config.k8s.io/id"
	kustomizeNeedsHash = "kustomize.config.k8s.io/needs-hash"
	kustomizeAddsHash  = "internal.config.kubernetes.io/needsHashSuffix"
	packagePath        = "internal.config.kubernetes.io/path"
)

// writtenBack says whether the host writes objects back to the files that they
// came from, as kpt does: it gives each file's path. kustomize does not write
// back; it adds paths all the same between two functions, beside ids.
func writtenBack(items []*yaml.RNode) bool {
	paths := false
	for _, item := range items {
		o := view.Of(item)
		if _, kustomize := o.Annotation(kustomizeID); kustomize {
			return false
		}
		_, path := o.Annotation(packagePath)
		paths = paths || path
	}
	return paths
}

// hashed returns the path of the annotation by which kustomize is to add a
// hash to the name, empty when there is none.
func hashed(o view.Object) string {
	if _, found := o.Annotation(kustomizeAddsHash); found {
		return view.Path("metadata", "annotations", kustomizeAddsHash)
	}
	value, _ := o.Annotation(kustomizeNeedsHash)
	if needed, err := strconv.ParseBool(value); err == nil && needed { // as kustomize reads it
		return view.Path("metadata", "annotations", kustomizeNeedsHash)
	}
	return ""
}
