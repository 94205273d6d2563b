package seal

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/view"
)

// CertificateObject is the ConfigMap that holds a sealing certificate for
// functions.
type CertificateObject struct {
	// Name is the ConfigMap's name, Key the key in its data.
	Name, Key string
	// PEM is the text, checked by CheckCertificate.
	PEM string
	// Existing is the file's content, empty for a new file.
	Existing []byte
}

// File returns the file's new content. A file that is there must hold the
// ConfigMap of this name and nothing else; what else is in it stays, so that
// its comments and labels do.
func (c CertificateObject) File() ([]byte, error) {
	text := strings.TrimSpace(c.PEM) + "\n"
	if strings.TrimSpace(string(c.Existing)) == "" {
		o := view.OfNode(view.Map(
			"apiVersion", view.String("v1"), "kind", view.String("ConfigMap"),
			"metadata", view.Map("name", view.String(c.Name),
				"annotations", view.Map(view.LocalConfigAnnotation, &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: "true", Style: yaml.DoubleQuotedStyle})),
			"data", view.Map(c.Key, literal(text))))
		written, err := o.RNode().String()
		return []byte(written), err
	}
	file, err := parse(string(c.Existing))
	if err != nil {
		return nil, err
	}
	if len(file.documents) != 1 {
		return nil, errors.New("the file holds more than the ConfigMap; give a file of its own")
	}
	o := view.OfNode(file.documents[0])
	if o.APIVersion() != "v1" || o.Kind() != "ConfigMap" || o.Name() != c.Name {
		return nil, fmt.Errorf("the file holds %s; expected the ConfigMap %s, or no file", o.Ref(), c.Name)
	}
	o.SetAnnotation(view.LocalConfigAnnotation, "true")
	o.SetNode(literal(text), "data", c.Key)
	written, err := o.RNode().String()
	return []byte(written), err
}

func literal(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: text, Style: yaml.LiteralStyle}
}

// CheckCertificate reads a certificate's text and returns it as PEM with a line
// about the one that seals. It must not have expired.
func CheckCertificate(text []byte, now time.Time) (certificate sealsecrets.Certificate, about string, err error) {
	certificates, err := sealsecrets.ParseCertificates(string(text))
	if err != nil {
		return certificate, "", fmt.Errorf("the certificate %w", err)
	}
	newest := certificates.Newest(now)
	if err := newest.Expired(now); err != nil {
		return certificate, "", fmt.Errorf("the certificate %w", err)
	}
	return newest, newest.String(), nil
}
