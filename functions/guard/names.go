package guard

import (
	"slices"
	"strings"
	"unicode"
)

// class is how much a name says about its value.
type class int

const (
	// plain names hold no credential.
	plain class = iota
	// formed names hold a credential when the value has the form of one: a
	// license key, a routing key.
	formed
	// weak names hold a credential or name the object that does: secret,
	// credentials, token.
	weak
	// strong names hold a credential: password, api key.
	strong
)

// Words by which names are told apart. They are compared in lower case.
var (
	// strongWords are credentials by themselves.
	strongWords = []string{
		"password", "passwords", "passwd", "passphrase", "passcode", "passwort", "pwd", "pswd", "psw", "pass", "passw", "pw", "rootpw",
		"apikey", "apitoken", "secretkey", "privatekey", "accesskey", "masterkey", "signingkey", "encryptionkey",
		"accountkey", "sharedkey", "authkey", "sharedaccesskey", "secretaccesskey", "clientsecret", "sharedsecret",
		"requirepass", "masterauth", "dbpass", "userpass", "rootpass", "adminpass", "storepass", "keypass", "ldappass",
		"authtoken", "accesstoken", "refreshtoken", "bearertoken", "sastoken",
	}
	strongEndings = []string{"password", "passwd", "passphrase", "pwd"}
	// keyKinds make a key a credential: api key, secretAccessKey.
	keyKinds = []string{
		"api", "secret", "private", "access", "auth", "encryption", "signing", "master", "account", "shared",
		"crypt", "cipher", "hmac", "jwt", "webhook", "app", "sas", "fernet", "cookie", "session",
	}
	// formedKeyKinds make a key a credential where its value looks like one: a
	// routing key is one of PagerDuty and the name of a queue in RabbitMQ.
	formedKeyKinds = []string{"license", "licence", "service", "routing", "integration", "subscription", "ingestion", "write", "deploy", "instance"}
	// secretKinds make a secret a credential and not the name of an object.
	secretKinds = []string{
		"client", "api", "app", "application", "consumer", "shared", "jwt", "oauth", "hmac", "signing", "cookie",
		"session", "webhook", "encryption", "master",
	}
	// tokenKinds make a token a credential.
	tokenKinds = []string{
		"access", "auth", "api", "bearer", "refresh", "bot", "deploy", "admin", "session", "sas", "personal", "root", "secret", "vault", "oauth",
	}
	// tokenOthers make a token no credential: a position, a count, a separator.
	tokenOthers = []string{
		"max", "min", "num", "next", "page", "stop", "eos", "bos", "pad", "unk", "sep", "continue", "continuation", "begin", "end", "cancel", "cancellation", "design", "cluster",
	}
	// captions are names of what people read (label.password is a text), of
	// sums and of loggers.
	captions = []string{"label", "labels", "placeholder", "title", "prompt", "hint", "tooltip", "caption", "i18n", "messages", "message", "checksum", "logger"}
	// holders are what a Secret holds that is named by the word before: a pull
	// secret, the secret of a CA.
	holders = []string{"cert", "certs", "certificate", "ca", "tls", "pull", "image", "registry"}
	// tails say nothing: password.value and DB_PASSWORD_PROD are passwords.
	tails = []string{"value", "plain", "plaintext", "base64", "b64", "encoded", "literal", "text", "default",
		"dev", "development", "test", "qa", "uat", "int", "stage", "staging", "prod", "production", "live", "primary", "secondary", "backup"}
	// owners say whose a password is where they stand behind it: PASSWORD_DB.
	owners = []string{"db", "database", "admin", "root", "app", "mysql", "postgres", "postgresql", "redis", "mongo", "mongodb", "kafka", "mq", "ldap", "smtp", "elastic", "es", "rabbitmq"}
)

// classify judges a name such as spring.datasource.password, DB_PASSWORD,
// --client-secret or secretAccessKey: by its last words, so that
// password.encoder and tokenEndpoint are plain.
func classify(name string) class {
	words := words(name)
	for len(words) > 1 && (slices.Contains(tails, words[len(words)-1]) ||
		slices.Contains(owners, words[len(words)-1]) && slices.Contains(strongWords, words[len(words)-2])) {
		words = words[:len(words)-1]
	}
	if len(words) == 0 || slices.ContainsFunc(words, func(word string) bool { return slices.Contains(captions, word) }) {
		return plain
	}
	last, before := words[len(words)-1], ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	switch {
	case slices.Contains(strongWords, last), slices.ContainsFunc(strongEndings, func(ending string) bool { return strings.HasSuffix(last, ending) }):
		return strong
	case last == "key" && before == "secret" && len(words) > 2 && classify(strings.Join(words[:len(words)-2], " ")) != plain:
		return plain // tokenSecretKey is the data key of a Secret
	case last == "key":
		return max(strongIf(slices.Contains(keyKinds, before)), formedIf(slices.Contains(formedKeyKinds, before)))
	case last == "hash":
		return formedIf(slices.Contains(strongWords, before))
	case last == "id":
		return strongIf(before == "token" && slices.Contains(words, "root")) // Vault's development server
	case last == "base":
		return strongIf(strings.HasSuffix(strings.Join(words, " "), "secret key base"))
	case last == "info" && before == "user", last == "userinfo":
		return weak
	case last == "secret" && slices.Contains(holders, before):
		return plain
	case last == "secret":
		return max(weak, strongIf(slices.Contains(secretKinds, before)))
	case last == "token", last == "tokens":
		if slices.Contains(tokenOthers, before) {
			return plain
		}
		return max(weak, strongIf(slices.Contains(tokenKinds, before)))
	case slices.Contains([]string{"secrets", "credential", "credentials", "creds"}, last), strings.HasSuffix(last, "token"), strings.HasSuffix(last, "secret"):
		return weak
	}
	return plain
}

func strongIf(condition bool) class {
	if condition {
		return strong
	}
	return plain
}

func formedIf(condition bool) class {
	if condition {
		return formed
	}
	return plain
}

// words splits a name at everything that is no letter or digit and at humps,
// in lower case and without numbers at the end: DB_PASSWORD_2 is db, password.
func words(name string) []string {
	var out []string
	runes := []rune(name)
	start := -1
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, strings.ToLower(string(runes[start:end])))
		}
		start = -1
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			continue
		case start < 0:
			start = i
		case unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1])):
			flush(i)
			start = i
		}
	}
	flush(len(runes))
	for len(out) > 0 {
		last := strings.TrimRightFunc(out[len(out)-1], unicode.IsDigit)
		if last != "" {
			out[len(out)-1] = last
			break
		}
		out = out[:len(out)-1]
	}
	return out
}
