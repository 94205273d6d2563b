package sealsecrets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// rollout writes the hash of the SealedSecrets that each workload uses into its
// pod template. The hash is of ciphertexts, so it tells nothing about values.
func rollout(items []*yaml.RNode) {
	sealed := map[view.Ref]view.SealedSecret{}
	for _, s := range view.SealedSecrets(items) {
		sealed[identity(s.Object)] = s
	}
	for _, user := range view.SecretUsers(items) {
		h, used := sha256.New(), false
		for _, name := range user.Secrets() {
			s, found := sealed[view.Ref{Namespace: user.Namespace(), Name: name}]
			if !found {
				continue
			}
			used = true
			data := s.EncryptedData()
			for _, key := range slices.Sorted(maps.Keys(data)) {
				fmt.Fprintf(h, "%q %q %q\n", name, key, data[key])
			}
		}
		hash := ""
		if used {
			hash = "sha256:" + hex.EncodeToString(h.Sum(nil))
		}
		user.SetSecretsHash(hash)
	}
}

// unusedScopes warns of scopes for Secrets that are not there.
func (c *SealSecrets) unusedScopes(items []*yaml.RNode) fn.Results {
	if len(c.Spec.Scopes) == 0 {
		return nil
	}
	present := map[string]bool{}
	for _, o := range view.Manifests(items) {
		_, plain := view.AsSecret(o)
		_, sealed := view.AsSealedSecret(o)
		if plain || sealed {
			present[o.Namespace()+"/"+o.Name()] = true
		}
	}
	var results fn.Results
	for _, place := range slices.Sorted(maps.Keys(c.Spec.Scopes)) {
		if !present[place] {
			results = append(results, c.Warnf("spec.scopes."+place, "there is no such Secret or SealedSecret%s", fnconfig.Suggest(place, slices.Sorted(maps.Keys(present)))))
		}
	}
	return results
}
