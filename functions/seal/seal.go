package seal

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// DefaultType is the type of a Secret that says none (Kubernetes' own default).
const DefaultType = "Opaque"

// TypeOf returns the type that values are meant for, going by their keys:
// kubernetes.io/dockerconfigjson for .dockerconfigjson alone,
// kubernetes.io/tls for tls.crt and tls.key, else Opaque.
func TypeOf(values map[string][]byte) string {
	keys := slices.Sorted(maps.Keys(values))
	switch {
	case slices.Equal(keys, []string{".dockerconfigjson"}):
		return view.DockerConfigJSONType
	case slices.Equal(keys, []string{"tls.crt", "tls.key"}):
		return view.TLSType
	}
	return DefaultType
}

// Options say what to seal.
type Options struct {
	// Name is the Secret's name, a DNS subdomain (RFC 1123). Required.
	Name string
	// Environment is what it is sealed for. Required.
	Environment Environment
	// Values are the plaintexts by data key, at least one. Other keys of a
	// SealedSecret that is there stay as they are.
	Values map[string][]byte
	// Type is the Secret's type. Defaults to that of the SealedSecret that is
	// there, and for a new one to what its keys are those of (see TypeOf); it
	// cannot change.
	Type string
	// Key is the fingerprint key, nil when there is none. With it a value that
	// has not changed keeps its bytes, and one that somebody sealed without the
	// key is refused.
	Key *sealsecrets.Key
	// Reseal are data keys whose values are sealed whatever is there, or "all"
	// or the Secret's name for every one of them: then there must be a value
	// for each key that is there.
	Reseal []string
	// Existing is the file's content, YAML of one or more documents; empty for
	// a new file.
	Existing []byte
	// Env is the clock, by which the certificate must not have expired, and
	// the source of session keys.
	Env fn.Env
}

// Seal returns the file's new content. A SealedSecret of the name and the
// environment's namespace gets the values, or is added behind what is there.
// When a result is an error, there is no content and nothing must be written.
func Seal(opts Options) ([]byte, fn.Results) {
	if scope := opts.Environment.Scopes[opts.Environment.Namespace+"/"+opts.Name]; scope != "" {
		opts.Environment.Scope = scope
	}
	certificates, results := opts.check()
	if results.Failed() {
		return nil, results
	}
	file, err := parse(string(opts.Existing))
	if err != nil {
		return nil, fn.Results{opts.errorf("", "%v", err)}
	}
	target, found := file.find(opts.Name, opts.Environment.Namespace)
	if found.Failed() {
		return nil, found
	}
	w := work{Options: opts, file: file, target: target, certificate: certificates.Newest(opts.Env.Now)}
	if results := w.checkReseal(); results.Failed() {
		return nil, results
	}
	if target.IsZero() {
		return w.add()
	}
	return w.merge()
}

// check looks at the options alone and returns the certificates.
func (o *Options) check() (sealsecrets.Certificates, fn.Results) {
	var results fn.Results
	if err := validName(o.Name); err != nil {
		results = append(results, o.errorf("metadata.name", "%v", err))
	}
	if o.Environment.Namespace != "" || o.Environment.Scope != sealsecrets.ScopeClusterWide {
		if err := solution.ValidNamespace(o.Environment.Namespace); err != nil {
			results = append(results, o.errorf("metadata.namespace", "%v", err))
		}
	}
	if len(o.Values) == 0 {
		results = append(results, o.errorf("spec.encryptedData", "there is no value to seal; give at least one: --from-file KEY=FILE, or KEY=- for stdin"))
	}
	for _, key := range slices.Sorted(maps.Keys(o.Values)) {
		if !view.ValidDataKey(key) {
			results = append(results, o.errorf("spec.encryptedData", "%q %s", key, view.DataKeyRule))
		}
	}
	certificates, err := sealsecrets.ParseCertificates(string(o.Environment.Certificate))
	if err != nil {
		return nil, append(results, o.errorf("", "the certificate %v", err))
	}
	if err := certificates.Newest(o.Env.Now).Expired(o.Env.Now); err != nil {
		results = append(results, o.errorf("", "the certificate %v", err))
	}
	return certificates, results
}

// MaxName is the longest name of a Secret (RFC 1123 subdomain).
const MaxName = 253

var subdomain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

func validName(name string) error {
	if len(name) > MaxName || !subdomain.MatchString(name) {
		return fmt.Errorf("%q is no name for a Secret: lower-case letters, digits, '-' and '.', at most %d", name, MaxName)
	}
	return nil
}

func (o *Options) errorf(field, format string, args ...any) fn.Result {
	return fn.Errorf(view.SealedSecretRef(o.Environment.Namespace, o.Name), field, format, args...)
}

// work is one call of Seal under way.
type work struct {
	Options
	file        file
	target      view.SealedSecret
	certificate sealsecrets.Certificate
}

// sealed is what became of the values.
type sealed struct {
	encrypted map[string]string
	tags      map[string]view.Fingerprint
	// kept are the keys whose bytes stay.
	kept map[string]bool
}

// seal encrypts the values for a scope.
func (w *work) seal(scope sealsecrets.Scope) (sealed, fn.Results) {
	sealer := sealsecrets.Sealer{
		Certificate: w.certificate, Scope: scope, Namespace: w.Environment.Namespace, Name: w.Name, Rand: w.Env.Rand, Key: w.Key,
	}
	out := sealed{encrypted: map[string]string{}, tags: map[string]view.Fingerprint{}, kept: map[string]bool{}}
	all := map[string]string{}
	if !w.target.IsZero() {
		all = w.target.EncryptedData()
		out.tags = w.target.Fingerprints()
	}
	var results fn.Results
	for _, key := range slices.Sorted(maps.Keys(w.Values)) {
		before := all[key]
		if before != "" && w.Key != nil && !w.reseals(key) {
			switch w.Key.Match(sealer.Binding(key), []string{w.target.Certificate(), w.certificate.Fingerprint()}, out.tags[key], before, w.Values[key]) {
			case sealsecrets.Same:
				out.kept[key] = true
				continue
			case sealsecrets.Foreign:
				results = append(results, w.errorf(view.EncryptedPath(key), "was sealed by somebody without this fingerprint key, so whether it is this value cannot be told; --reseal %s seals it over what is there", key))
				continue
			}
		}
		ciphertext, tags, err := sealer.Seal(key, w.Values[key], before)
		if err != nil {
			return out, fn.Results{w.errorf("spec.encryptedData", "%v", err)}
		}
		delete(out.tags, key)
		if w.Key != nil {
			out.tags[key] = tags
		}
		out.encrypted[key], all[key] = ciphertext, ciphertext
	}
	if results.Failed() {
		return out, results
	}
	warning, err := sealsecrets.CheckSize(all)
	if err != nil {
		return out, fn.Results{w.errorf("spec.encryptedData", "%v", err)}
	}
	if warning != "" {
		results = append(results, fn.Warnf(view.SealedSecretRef(w.Environment.Namespace, w.Name), "spec.encryptedData", "%s", warning))
	}
	return out, results
}

// reseals says whether a key is to be sealed whatever is there.
func (o *Options) reseals(key string) bool {
	return o.resealsAll() || slices.Contains(o.Reseal, key)
}

func (o *Options) resealsAll() bool {
	return slices.Contains(o.Reseal, "all") || slices.Contains(o.Reseal, o.Name)
}

// checkReseal finds keys that are to be sealed again and have no value.
func (w *work) checkReseal() fn.Results {
	var missing []string
	for _, key := range w.Reseal {
		if _, found := w.Values[key]; !found && key != "all" && key != w.Name {
			missing = append(missing, key)
		}
	}
	if w.resealsAll() && !w.target.IsZero() {
		for key := range w.target.EncryptedData() {
			if _, found := w.Values[key]; !found {
				missing = append(missing, key)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fn.Results{w.errorf("spec.encryptedData", "there is no value for %s to seal again; nobody but the controller can unseal what is there, so give each: --from-file KEY=FILE", strings.Join(missing, ", "))}
}

// add appends a new SealedSecret.
func (w *work) add() ([]byte, fn.Results) {
	if w.Type == "" {
		w.Type = TypeOf(w.Values)
	}
	if results := w.refuse(sealsecrets.CheckType(w.Type, w.Values)); results.Failed() {
		return nil, results
	}
	made, results := w.seal(w.Environment.Scope)
	if results.Failed() {
		return nil, results
	}
	secret := view.NewSecret(w.Environment.Namespace, w.Name, w.Type)
	object := secret.Seal(view.Sealing{
		Scope: string(w.Environment.Scope), EncryptedData: made.encrypted, Certificate: w.certificate.Fingerprint(), Fingerprints: made.tags,
	})
	document, err := object.RNode().String()
	if err != nil {
		return nil, fn.Results{w.errorf("", "cannot be written: %v", err)}
	}
	text, err := w.file.appended(document)
	if err != nil {
		return nil, fn.Results{w.errorf("", "%v", err)}
	}
	return []byte(text), results
}

// merge seals the values into the SealedSecret that is there.
func (w *work) merge() ([]byte, fn.Results) {
	if results := w.fits(); results.Failed() {
		return nil, results
	}
	scope := sealsecrets.Scope(w.target.Scope())
	made, results := w.seal(scope)
	if results.Failed() {
		return nil, results
	}
	if scope != w.Environment.Scope {
		results = append(results, fn.Warnf(w.target.Ref(), "", "is sealed %s, as its annotations say, and not %s as the environment's SealSecrets says", scope, w.Environment.Scope))
	}
	edited := w.file
	for _, key := range slices.Sorted(maps.Keys(made.encrypted)) {
		var err error
		if edited, err = edited.set(w.Name, w.Environment.Namespace, key, made.encrypted[key]); err != nil {
			return nil, fn.Results{fn.Errorf(w.target.Ref(), "spec.encryptedData", "%v", err)}
		}
	}
	edited, more := w.recordCertificate(edited, made)
	if more.Failed() {
		return nil, more
	}
	edited, err := w.recordFingerprints(edited, made)
	if err != nil {
		return nil, fn.Results{fn.Errorf(w.target.Ref(), view.Path("metadata", "annotations", view.FingerprintsAnnotation), "%v", err)}
	}
	return []byte(edited.text), append(results, more...)
}

// fits finds why the values cannot go into the SealedSecret that is there.
func (w *work) fits() fn.Results {
	var results fn.Results
	if w.target.Namespace() != "" {
		results = append(results, sealsecrets.CheckPlace(w.target)...)
	}
	secretType := w.target.SecretType()
	if secretType == "" {
		secretType = DefaultType
	}
	if w.Type != "" && w.Type != secretType {
		results = append(results, fn.Errorf(w.target.Ref(), "spec.template.type", "is %s, and a Secret's type cannot change to %s; give the new one another name", secretType, w.Type))
	}
	return append(results, w.refuse(sealsecrets.CheckValues(secretType, w.Values))...)
}

func (w *work) refuse(errs []error) fn.Results {
	var results fn.Results
	for _, err := range errs {
		results = append(results, w.errorf("spec.encryptedData", "%v", err))
	}
	return results
}

// recordCertificate keeps the annotation true: it names the certificate that
// sealed all keys. With others beside the new ones the old name stays, and so
// does SealSecrets' warning.
func (w *work) recordCertificate(edited file, made sealed) (file, fn.Results) {
	by, now := w.target.Certificate(), w.certificate.Fingerprint()
	if by == "" || by == now || len(made.encrypted) == 0 {
		return edited, nil
	}
	for key := range w.target.EncryptedData() {
		if made.encrypted[key] == "" {
			return edited, fn.Results{fn.Warnf(w.target.Ref(), "spec.encryptedData", "has keys that another certificate sealed, beside those sealed now with %s; seal them again before the controller drops that key", now)}
		}
	}
	edited, err := edited.annotate(w.Name, w.Environment.Namespace, view.SealingCertificateAnnotation, now)
	if err != nil {
		return edited, fn.Results{fn.Errorf(w.target.Ref(), view.Path("metadata", "annotations", view.SealingCertificateAnnotation), "%v", err)}
	}
	return edited, nil
}

// recordFingerprints writes the tags of what was sealed with the fingerprint
// key, and takes out those of what was sealed over without it.
func (w *work) recordFingerprints(edited file, made sealed) (file, error) {
	text := view.FingerprintsText(made.tags)
	was, found := w.target.Annotation(view.FingerprintsAnnotation)
	switch {
	case text == was && found, text == "" && !found:
		return edited, nil
	case text == "":
		return edited.unannotate(w.Name, w.Environment.Namespace, view.FingerprintsAnnotation)
	}
	return edited.annotate(w.Name, w.Environment.Namespace, view.FingerprintsAnnotation, text)
}
