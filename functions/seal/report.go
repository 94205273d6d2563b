package seal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

// Row is what static rules say of one SealedSecret.
type Row struct {
	Sealed view.SealedSecret
	// Certificate is "current", "another" or "not said": by which one it was
	// sealed, going by its annotation.
	Certificate string
	// Results are what makes it impossible, or doubtful, to unseal.
	Results fn.Results
}

// Words for Row.Certificate.
const (
	certificateCurrent = "current"
	certificateAnother = "another"
	certificateNotSaid = "not said"
)

// Check looks at SealedSecrets as they get deployed, without any key.
// Certificates are the environment's, of which current seals; without
// certificates, only names and scopes are compared.
func Check(all []view.SealedSecret, certificates sealsecrets.Certificates, current string) []Row {
	var rows []Row
	for _, sealed := range all {
		row := Row{Sealed: sealed, Certificate: certificateNotSaid, Results: sealsecrets.CheckPlace(sealed)}
		if sealed.Namespace() == "" && sealed.Scope() != view.ScopeClusterWide {
			row.Results = append(row.Results, fn.Errorf(sealed.Ref(), "metadata.namespace", "is missing, but scope %s binds the SealedSecret to it", sealed.Scope()))
		}
		data := sealed.EncryptedData()
		for _, key := range slices.Sorted(maps.Keys(data)) {
			if len(certificates) == 0 {
				break
			}
			if err := certificates.CheckCiphertext(data[key]); err != nil {
				row.Results = append(row.Results, fn.Errorf(sealed.Ref(), view.EncryptedPath(key), "%v", err))
			}
		}
		switch by := sealed.Certificate(); {
		case by == "" || current == "":
		case by == current:
			row.Certificate = certificateCurrent
		default:
			row.Certificate = certificateAnother
			row.Results = append(row.Results, fn.Warnf(sealed.Ref(), view.Path("metadata", "annotations", view.SealingCertificateAnnotation),
				"is %s, but the certificate here is %s: it unseals as long as the controller keeps that key; eda-fn seal rotate says what to seal again", by, current))
		}
		rows = append(rows, row)
	}
	return rows
}

// Table writes rows for people.
func Table(rows []Row) string {
	var b strings.Builder
	const gap = 2
	w := tabwriter.NewWriter(&b, 0, 0, gap, ' ', 0)
	fmt.Fprintln(w, "SECRET\tSCOPE\tTYPE\tKEYS\tCERTIFICATE\tUNSEALS")
	for _, row := range rows {
		secretType := row.Sealed.SecretType()
		if secretType == "" {
			secretType = DefaultType
		}
		verdict := "by static rules"
		if row.Results.Failed() {
			verdict = "no"
		}
		keys := strings.Join(slices.Sorted(maps.Keys(row.Sealed.EncryptedData())), ",")
		fmt.Fprintf(w, "%s/%s\t%s\t%s\t%s\t%s\t%s\n", row.Sealed.Namespace(), row.Sealed.Name(), row.Sealed.Scope(), secretType, keys, row.Certificate, verdict)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// Command returns the command that seals all values of a SealedSecret again.
func Command(sealed view.SealedSecret, environment, into string) string {
	line := []string{"eda-fn seal " + quote(sealed.Name()), "--env " + quote(environment), "--reseal all"}
	for _, key := range slices.Sorted(maps.Keys(sealed.EncryptedData())) {
		line = append(line, "--from-file "+quote(key+"=FILE"))
	}
	return strings.Join(append(line, "--into "+quote(into)), " ")
}

// quote makes a word of the shell; most need nothing.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:@%+,", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
