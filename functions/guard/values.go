package guard

import (
	"slices"
	"strings"
	"unicode"
)

// expression is something that is put in place of itself before the value is
// used: ${file:...}, $(VAR), {{ .Values.x }}, <%= x %>, a command in backticks.
var expression = atFirstUse("\\$(__\\w+)?\\{|\\$\\(|\\{\\{|<%|%\\{|#\\{|`|\\[\\[|\\$\\[")

// Whole values that are no literals.
var (
	variable = atFirstUse(`^(\$[A-Za-z_][\w.:/-]*|\$[0-9@*#]|%[A-Za-z_]\w*%|@[A-Za-z_][\w.-]*@|<[^<>]+>|__\w+__|\{[\w.]*\}|\[\^.*|\(\?.*|\.[*+].*|%\w+[({].*|\\\$.*|:\w+)$`)
	provider = atFirstUse(`^(vault|op|arn|secretref|ref\+[a-z]+|awssm|awsssm|gcpsm|azurekeyvault|akv|file|env|ssm|secretsmanager|classpath|conjur|k8s|keyvault|sm):|^(ENC[(\[]|\{cipher\}|\{aes\}|projects/[^/]+/secrets/|!vault|!secret|\$ANSIBLE_VAULT)`)
	path     = atFirstUse(`^(/|\./|\.\./|~/|[A-Za-z]:\\)[a-z._][\w.@%+~{}\\-]*(/[\w.@%+~{}-]+)*/?$`)
	fileName = atFirstUse(`^[\w.-]+\.(key|pem|crt|cer|p12|jks|pfx|txt|json|ya?ml|properties|conf|env|jceks|keytab|kubeconfig)$`)
	address  = atFirstUse(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	masked   = atFirstUse(`(?i)^([*x•.#_-]{2,}|\(?\[?<?(redacted|hidden|masked|withheld|secret-value-redacted)>?\]?\)?|(please[-_ ]?)?replace([-_ ].*|me|this|it|here)?|to[-_ ]be[-_ ].*|change[-_ ]?(me|this)[.!]*|todo([-_: ].*)?|tbd|your[-_ ].*|insert[-_ ].*|fill[-_ ]?me([-_ ]in)?)$`)
	code     = atFirstUse(`(?i)^[a-z_$][\w.$]*\(($|[\w.$"'\[({)*&-])|getenv|environ\b|process\.env|^\.Values\.|^(self|this|config|cfg|args|opts|options|settings|env|secrets|params|request|values|props|conf|vault)\.[\w.]*$|ENV\[|^(new|await|func|function|lambda)\s`)
	number   = atFirstUse(`^[0-9.,_]+ ?(ms|s|m|h|d|[KMG]i?B?|%)?$`)
	// capitals is a variable's name, in which a name of a credential is a
	// placeholder: ELASTIC_PASSWORD, ENTER_TOKEN_HERE.
	capitals = atFirstUse(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	// opaque is what services give out as keys.
	opaque = atFirstUse(`^([A-Za-z0-9+/_]{20,}={0,2}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)
	// sentence ends as one: a passphrase of words does not.
	sentence = atFirstUse(`^[A-Za-z]+,?( [A-Za-z]+,?){2,}[.!?]$`)
	// dataKey is a name that a reference to a Secret's key may have.
	dataKey = atFirstUse(`^[-._a-zA-Z0-9]{1,63}$`)
	// object is the name of an object, or namespace/name.
	object = atFirstUse(`^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[a-z]([-a-z0-9.]*[a-z0-9])?$`)
	// about is prose about a credential: "Enter your password".
	about = atFirstUse(`(?i)(\w+[,.:]? .*|^)(pass ?word|pass ?phrase|token|secret|credentials?|api key)\b.*`)
	// fromProvider is an expression of a Kafka config provider.
	fromProvider = atFirstUse(`\$\{(file|directory|dir|env|secrets?|configmaps?|vault|strimzienv|strimzifile|strimzidir|aws|azure|gcp|secretsmanager|secretManager|ssm|keyvault|awssm)(:[^}]*)?\}`)
	// withDefault is an expression with a value for when it gives none:
	// ${DB_PASSWORD:-x}, ${db.password:x}.
	withDefault = atFirstUse(`\$\{([\w.-]+):([-=]?)([^}]*)\}`)
)

// nothing are words in place of a value.
var nothing = []string{
	"true", "false", "yes", "no", "on", "off", "null", "nil", "none", "undefined", "required", "requisite", "optional", "enabled",
	"disabled", "string", "never", "always", "auto", "n/a", "na", "empty",
}

// tokenKindsNamed are kinds of tokens, not tokens.
var tokenKindsNamed = []string{
	"jwt", "opaque", "bearer", "basic", "id_token", "access_token", "refresh_token", "header", "cookie", "query", "body",
	"authorization", "kubernetes", "serviceaccount", "projected", "oauth", "oauth2", "oidc", "same-origin", "include", "omit", "token",
	"password", "otp", "totp",
}

// nouns are parts of names of Secrets: db-credentials, my-tls.
var nouns = []string{
	"secret", "secrets", "cred", "creds", "credential", "credentials", "tls", "cert", "certs", "certificate", "ca", "key", "keys",
	"auth", "token", "tokens", "password", "passwords", "config", "account", "pull", "docker", "registry", "login", "user", "sa",
}

// literal says whether the value of a name of a class is a credential that
// stands there itself. In a structured object a weak name names another object
// more often than not.
func literal(value string, of class, structured bool) bool {
	value = unquote(strings.TrimSpace(value))
	lower := strings.ToLower(value)
	switch {
	case len(value) < 2, slices.Contains(nothing, lower):
		return false
	case expression.MatchString(value):
		return literalDefault(value, of)
	case variable.MatchString(value), provider.MatchString(value), path.MatchString(value), fileName.MatchString(value),
		address.MatchString(value), masked.MatchString(value), code.MatchString(value):
		return false
	case capitals.MatchString(value) && (strings.HasSuffix(value, "_HERE") || classify(value) != plain):
		return false
	case of == formed:
		return issued(value)
	case strings.Contains(value, " ") && about.MatchString(value), sentence.MatchString(value):
		return false
	case strings.HasPrefix(value, "ssh-") && strings.Contains(value, " AAAA"): // a public key
		return false
	case number.MatchString(value):
		const pin = 4
		return of == strong && len(value) >= pin
	case of == strong:
		return true
	case strings.Contains(value, " "): // a sentence: a token has no blanks
		return false
	}
	return !slices.Contains(tokenKindsNamed, lower) && !namesObject(value, structured)
}

// issued says whether a value has the form of a key that a service gave out.
func issued(value string) bool {
	return opaque.MatchString(value) && strings.ContainsAny(value, "0123456789") && strings.ContainsFunc(value, unicode.IsLetter)
}

// literalDefault finds the literal behind a variable's colon. Config providers
// have the same form (${file:/path:key}).
func literalDefault(value string, of class) bool {
	value = fromProvider.ReplaceAllString(value, "")
	for _, found := range withDefault.FindAllStringSubmatch(value, -1) {
		name, operator, fallback := found[1], found[2], found[3]
		variable := operator != "" || classify(name) != plain || strings.ToUpper(name) == name
		if variable && !strings.HasPrefix(fallback, "?") && literal(fallback, of, false) {
			return true
		}
	}
	return false
}

// namesObject says whether a weak name's value is a Secret's name.
func namesObject(value string, structured bool) bool {
	if !object.MatchString(value) || random(value) {
		return false
	}
	if structured || strings.Contains(value, "/") {
		return true
	}
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == '-' || r == '.' })
	return len(parts) > 1 && slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(nouns, part) })
}

// random says whether a part of a value changes between letters and digits as
// no word does: 9f86d081 and not v2 or es01.
func random(value string) bool {
	const changes, long = 3, 16
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '-' || r == '.' || r == '/' || r == '_' }) {
		count := 0
		for i := 1; i < len(part); i++ {
			if isDigit(part[i]) != isDigit(part[i-1]) {
				count++
			}
		}
		if count >= changes || count > 1 && len(part) >= long {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func unquote(value string) string {
	const pair = 2
	if len(value) >= pair && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		return strings.TrimSpace(value[1 : len(value)-1])
	}
	return value
}
