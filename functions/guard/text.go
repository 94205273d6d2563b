package guard

import (
	"encoding/base64"
	"path/filepath"
	"slices"
	"strings"
)

// hit is a credential in a text. It holds no part of the value.
type hit struct {
	// name is that of the setting, empty for what is known by its form.
	name string
	// what it is: "a private key".
	what string
}

// forms are credentials that are known by their form wherever they stand.
var forms = []struct {
	// needs is a part of every match, for a fast no.
	needs []string
	what  string
	form  *pattern
}{
	{[]string{"PRIVATE KEY"}, "a private key in PEM", atFirstUse(`-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r|\|)*(?:[A-Za-z0-9+/=]{16}|Proc-Type|Version:|Comment:)`)},
	{[]string{"eyJ"}, "a JSON Web Token", atFirstUse(`\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}`)},
	{[]string{"AKIA", "ASIA"}, "an AWS access key", atFirstUse(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)},
	{[]string{"gh", "github_pat_"}, "a GitHub token", atFirstUse(`\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,})`)},
	{[]string{"glpat-"}, "a GitLab token", atFirstUse(`\bglpat-[\w-]{16,}`)},
	{[]string{"xox"}, "a Slack token", atFirstUse(`\bxox[abeoprs]-[\w-]{10,}`)},
	{[]string{"hooks.slack.com"}, "a Slack webhook", atFirstUse(`hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}`)},
	{[]string{"sk_live_", "rk_live_"}, "a Stripe key", atFirstUse(`\b[sr]k_live_\w{16,}`)},
	{[]string{"AIza"}, "a Google API key", atFirstUse(`\bAIza[\w-]{35}`)},
	{[]string{"npm_"}, "an npm token", atFirstUse(`\bnpm_[A-Za-z0-9]{36}`)},
	{[]string{"dckr_pat_"}, "a Docker token", atFirstUse(`\bdckr_pat_[\w-]{20,}`)},
	{[]string{"hvs."}, "a Vault token", atFirstUse(`\bhvs\.[\w-]{20,}`)},
	{[]string{"sha256~"}, "an OpenShift token", atFirstUse(`\bsha256~[\w-]{43}`)},
	{[]string{"SG."}, "a SendGrid key", atFirstUse(`\bSG\.[\w-]{22}\.[\w-]{43}`)},
	{[]string{"AGE-SECRET-KEY-1"}, "an age key", atFirstUse(`AGE-SECRET-KEY-1[A-Z0-9]{20,}`)},
	{[]string{"webhook.office.com"}, "a Teams webhook", atFirstUse(`webhook\.office\.com/webhookb2/[\w@-]{8,}`)},
	{[]string{"/api/webhooks/"}, "a Discord webhook", atFirstUse(`discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}`)},
	{[]string{"sig="}, "a signed URL", atFirstUse(`[?&]sig=[\w%+/-]{20,}`)},
	{[]string{"$apr1$", "$2y$", "$2a$", "$2b$", "{SHA}", "$5$", "$6$"}, "a password's hash", atFirstUse(`(?m)(?:^|[\s:'"=])(?:\$apr1\$[^\s$]{1,8}\$[\w./]{22}|\$2[aby]\$\d\d\$[\w./]{53}|\{SHA\}[A-Za-z0-9+/]{27}=|\$[56]\$[^\s]{20,})`)},
}

// base64PEM is how "-----BEGIN" begins in base64.
var base64PEM = atFirstUse(`LS0tLS1CRUdJTi[A-Za-z0-9+/]+={0,2}`)

// slot is a place of a text where a credential stands: the group is its value.
type slot struct {
	// needs is a part of every match, in capitals where the match has any case.
	needs string
	what  string
	form  *pattern
}

// slots are places that a format or a language has.
var slots = []slot{
	{"://", "a URL with a password", atFirstUse(`(?i)\b[a-z][a-z0-9+.-]{1,24}://[^\s/:@"'<>]*:([^\s/@"'<>]+)@[^\s"']`)},
	{"://", "a URL with a token", atFirstUse(`(?i)\bhttps?://([a-z0-9_-]*[0-9][a-z0-9_-]{19,})@[^\s"']`)},
	{"@", "a connection string with a password", atFirstUse(`[\w.-]+:([^\s:@/'"]+)@(?:tcp|unix)\(`)},
	{"jdbc:oracle:", "a connection string with a password", atFirstUse(`jdbc:oracle:\w+:[\w$]+/([^@\s/]+)@`)},
	{"LoginModule", "a JAAS user's password", atFirstUse(`\buser_[\w.-]+\s*=\s*\\?["']([^"'\\]+)`)},
	{"machine", "a password in netrc's form", atFirstUse(`\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S+)`)},
	{"IDENTIFIED", "a password in SQL", atFirstUse(`(?i)\bIDENTIFIED\s+(?:WITH\s+\S+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?["']([^"'\n]+)["']`)},
	{"PASSWORD", "a password in SQL", atFirstUse(`(?i)\b(?:CREATE|ALTER)\s+(?:USER|ROLE|LOGIN)\b[^;]*?\bPASSWORD\s*=?\s*'([^'\n]+)'`)},
	{"INSECURE-PASSWORD", "a password of HAProxy", atFirstUse(`\binsecure-password\s+(\S+)`)},
	{">", "a password of a Redis user", atFirstUse(`(?m)^\s*user\s+\S+\s+on\b[^\n]*?\s>(\S+)`)},
	{"CONNECT", "a password in SQL", atFirstUse(`(?i)\bconnect\s+[\w$#]+/([^\s@/'"]+)@`)},
	{"PASS", "a password of MQ", atFirstUse(`(?i)\b(?:DEFINE|DEF|ALTER|ALT|SET)\b[^;]*?\b(?:PASSWORD|LDAPPWD|KEYRPWD|SSLKEYRPWD|PASSWD)\s*\(\s*'?([^')]*?)'?\s*\)`)},
	{"PWD", "a password of MQ", atFirstUse(`(?i)\b(?:DEFINE|DEF|ALTER|ALT|SET)\b[^;]*?\b(?:LDAPPWD|KEYRPWD|SSLKEYRPWD)\s*\(\s*'?([^')]*?)'?\s*\)`)},
	{">", "a password in XML", atFirstUse(`(?i)<(?:[\w.:-]*(?:password|passwd|passphrase|secretkey|apikey|accesstoken|clientsecret))(?:\s[^<>]*)?>\s*([^<\s][^<]*?)\s*</`)},
	{"echo", "a password for an other program", atFirstUse(`\becho\s+(?:-n\s+)?["']?([^\s"'|]+)["']?\s*\|[^\n|]*--password-stdin`)},
}

// commands are programs that take a credential where it has no name. They are
// looked for in lists of arguments as well.
var commands = []slot{
	{"-p", "a password of a MySQL client", atFirstUse(`\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n|;&]*\s-p([^\s"';|&]+)`)},
	{"curl", "a password of curl", atFirstUse(`\bcurl\b[^\n|;&]*\s(?:-u|--user)[\s=]?["']?[^\s:"']+:([^\s"']+)`)},
	{"sshpass", "a password of sshpass", atFirstUse(`\bsshpass\s+-p\s*["']?([^\s"']+)`)},
	{"redis-cli", "a password of redis-cli", atFirstUse(`\bredis-cli\b[^\n|;&]*\s-a\s+["']?([^\s"']+)`)},
	{"login", "a password of a login", atFirstUse(`\b(?:docker|podman|buildah|skopeo|oc|cloudctl|az|apic|helm\s+registry)\s+login\b[^\n|;&]*?\s-p[\s=]+["']?([^\s"';|&]+)`)},
	{"mongo", "a password of a MongoDB client", atFirstUse(`\bmongo(?:sh|dump|restore|export|import)?\b[^\n|;&]*?\s-p[\s=]*["']?([^\s"';|&-][^\s"';|&]*)`)},
	{"ldap", "a password of an LDAP client", atFirstUse(`\bldap(?:search|add|modify|delete|passwd|whoami)\b[^\n|;&]*?\s-w\s*["']?([^\s"';|&]+)`)},
	{"mc alias", "a password of an S3 client", atFirstUse(`\bmc\s+alias\s+set\s+\S+\s+\S+\s+\S+\s+["']?([^\s"';|&]+)`)},
	{"sqlplus", "a password of sqlplus", atFirstUse(`\bsqlplus\b[^\n|;&]*?\s["']?[\w$#]+/([^\s@/'"]+)@`)},
	{"htpasswd", "a password of htpasswd", atFirstUse(`\bhtpasswd\s+(?:-\w+\s+)*-\w*b\w*\s+(?:-\w+\s+)*\S+\s+\S+\s+["']?([^\s"';|&]+)`)},
	{"mqsisetdbparms", "a password of mqsisetdbparms", atFirstUse(`\bmqsisetdbparms\b[^\n|;&]*?\s-p[\s=]+["']?([^\s"';|&]+)`)},
	{"rabbitmqctl", "a password of rabbitmqctl", atFirstUse(`\brabbitmqctl\s+(?:add_user|change_password)\s+\S+\s+["']?([^\s"';|&]+)`)},
}

var (
	// authorization is a header with a credential.
	authorization = atFirstUse(`(?i)authorization["']?\s*[:=,]\s*["']?(?:basic|bearer|token|apikey)\s+([^\s"',}]+)`)
	scheme        = atFirstUse(`(?i)^(?:basic|bearer|token|apikey)\s+(\S+)$`)
	// pair is a name, a separator and the first part of a value.
	pair = atFirstUse(`(-{0,2}[A-Za-z_][\w.-]*)(?:\[\w*\])?\\?["']?\]?[ \t]*(=>|:=|[:=])[ \t]*(\\?"(?:[^"\\\n]|\\[^"])*\\?"|'[^'\n]*'|[^\s"',;&|]+)`)
	// option is an option with its value behind a blank.
	option = atFirstUse(`(?:^|\s)(--?[A-Za-z][\w.-]*)[ \t]+("[^"\n]*"|'[^'\n]*'|[^\s"'|;&-][^\s|;&]*)`)
	// directive is a line of a file whose names and values stand side by side.
	directive = atFirstUse(`^\s*(requirepass|masterauth|[A-Za-z_]*[pP]ass(?:word|wd|phrase)|[A-Za-z_]*_(?:[kK]ey|[tT]oken))[ \t]+("[^"]*"|\S+)\s*;?$`)
	// prose is what follows a word and a colon in a sentence.
	prose = atFirstUse(`^[A-Za-z]+,?( [A-Za-z]+,?)+[ .:;]*`)
	// define is PHP's define('NAME', 'value').
	define = atFirstUse(`\bdefine\(\s*["']([^"'\n]+)["']\s*,\s*["']([^"'\n]*)["']`)
	// property is XML's <name>x</name><value>y</value>.
	property = atFirstUse(`<name>\s*([^<\s]+)\s*</name>\s*<value>\s*([^<]*?)\s*</value>`)
	// entry is XML's <add key="x" value="y"/> and <variable name="x" value="y"/>.
	entry = atFirstUse(`<\w+\s[^<>]*?\b(?:key|name)\s*=\s*["']([^"']+)["'][^<>]*?\bvalue\s*=\s*["']([^"']*)["']`)
)

// codeFiles hold programs: a value there is in quotes, what is not is an
// expression.
var codeFiles = []string{".py", ".js", ".mjs", ".ts", ".java", ".go", ".rb", ".groovy", ".lua", ".php", ".kt", ".scala", ".c", ".cpp", ".rs", ".cs", ".jsx", ".tsx"}

// userLists are files with a user and a password in each line, whose names say
// so; the group is the password.
var userLists = []struct{ file, line *pattern }{
	{atFirstUse(`(?i)(^|[-_.])(users|passwords?|realm|credentials)\.properties$`), atFirstUse(`^\s*[\w.@-]+\s*[=:]\s*([^\s,]+)\s*(?:,.*)?$`)},
	{atFirstUse(`^\.?pgpass$`), atFirstUse(`^(?:[^:#\s]+:){4}(\S+)\s*$`)},
	{atFirstUse(`^userlist\.txt$`), atFirstUse(`^\s*"[^"]+"\s+"([^"]+)"\s*$`)},
}

// forPeople is the name of a file with texts for people, where password is a
// word to translate.
var forPeople = atFirstUse(`(?i)(^|[-_./])(i18n|l10n|messages?|translations?|locales?|lang)([-_.][\w-]+)*\.(properties|json|ya?ml|po|xml|js|ts)$`)

// scan finds the credentials in a text that are known by their name or their
// place. Name is the data key, which may be a file's name.
func scan(text, name string) []hit {
	if strings.Contains(text, "\n") {
		text = uncommented(text)
	}
	hits := scanSlots(text)
	if !strings.ContainsAny(text, ":= \n") {
		return hits
	}
	inCode := false
	for _, ending := range codeFiles {
		inCode = inCode || strings.EqualFold(filepath.Ext(name), ending)
	}
	for line := range strings.Lines(text) {
		hits = append(hits, scanLine(strings.TrimRight(line, "\r\n"), inCode)...)
		for _, list := range userLists {
			if found := list.line.FindStringSubmatch(line); found != nil && list.file.MatchString(name) && literal(found[1], strong, false) {
				hits = append(hits, hit{what: "a user's password"})
			}
		}
	}
	for _, form := range []*pattern{property, entry, define} {
		for _, found := range form.FindAllStringSubmatch(text, -1) {
			if of := classify(found[1]); of != plain && literal(found[2], of, false) {
				hits = append(hits, hit{name: found[1], what: whatSetting})
			}
		}
	}
	return hits
}

const whatSetting = "a literal"

func scanForms(text string) []hit {
	var hits []hit
	for _, f := range forms {
		if containsAny(text, f.needs) && f.form.MatchString(text) {
			hits = append(hits, hit{what: f.what})
		}
	}
	if strings.Contains(text, "LS0tLS1CRUdJTi") {
		for _, found := range base64PEM.FindAllString(text, -1) {
			found = strings.TrimRight(found, "=")
			decoded, _ := base64.RawStdEncoding.DecodeString(found)
			if strings.Contains(string(decoded), "PRIVATE KEY-----") {
				hits = append(hits, hit{what: "a private key in base64"})
			}
		}
	}
	return hits
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func scanSlots(text string) []hit {
	hits := scanFor(slots, text)
	for _, found := range authorization.FindAllStringSubmatch(text, -1) {
		if literal(found[1], strong, false) {
			hits = append(hits, hit{name: "Authorization", what: whatSetting})
		}
	}
	return append(hits, scanFor(commands, text)...)
}

func scanFor(slots []slot, text string) []hit {
	var hits []hit
	for _, slot := range slots {
		if !strings.Contains(text, slot.needs) && !strings.Contains(strings.ToUpper(text), slot.needs) {
			continue
		}
		for _, found := range slot.form.FindAllStringSubmatch(text, -1) {
			if literal(found[1], strong, false) {
				hits = append(hits, hit{what: slot.what})
			}
		}
	}
	return hits
}

// comments begin a line that is one, in the files that are common in
// ConfigMaps: properties, shell, INI, JavaScript, SQL, MQSC, XML.
var comments = []string{"#", "//", ";", "*", "-- ", "<!--", "!"}

// npmToken is a line of .npmrc, which begins as a comment does elsewhere.
const npmToken = ":_auth"

// uncommented returns a text without its comment lines.
func uncommented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		begins := func(mark string) bool { return strings.HasPrefix(trimmed, mark) }
		if !slices.ContainsFunc(comments, begins) || strings.Contains(line, npmToken) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// scanLine finds name and value pairs in a line.
func scanLine(line string, inCode bool) []hit {
	var hits []hit
	line = fromProvider.ReplaceAllString(line, "$${}")
	add := func(name, value string) {
		if of := classify(name); of != plain && literal(value, of, false) || login(name, value) {
			hits = append(hits, hit{name: strings.TrimLeft(name, "-"), what: whatSetting})
		}
	}
	for at := 0; at < len(line); {
		found := pair.FindStringSubmatchIndex(line[at:])
		if found == nil {
			break
		}
		name, separator, value := line[at+found[2]:at+found[3]], line[at+found[4]:at+found[5]], line[at+found[6]:at+found[7]]
		rest := line[at+found[6]:]
		at += found[5] // a value may hold another pair
		switch {
		case strings.HasPrefix(value, "="), strings.HasPrefix(value, "~"), strings.HasPrefix(value, ">"): // == and =~ compare, => is a pair of its own
			continue
		case separator == ":" && strings.HasPrefix(value, "//"), separator == ":" && strings.HasPrefix(value, ":"): // a URL, a C++ name
			continue
		case separator == ":" && strings.HasPrefix(rest, "'") && strings.HasSuffix(line[:at], " :"): // psql's variable
			continue
		case separator == ":" && prose.MatchString(rest) && !strings.ContainsAny(strings.TrimRight(rest, "\"'"), "=\"'"):
			continue
		case inCode && !strings.ContainsAny(value[:1], `"'\`):
			continue
		case !strings.ContainsAny(value[:1], `"'\`) && strings.Contains(strings.TrimSpace(rest), " ") && about.MatchString(rest):
			continue // prose
		case expression.MatchString(value) && !strings.Contains(value, "}"): // ${A:-b c} and the like, cut off at a blank
			continue
		}
		add(name, strings.Trim(strings.ReplaceAll(value, `\"`, `"`), `\`))
	}
	for _, found := range option.FindAllStringSubmatch(line, -1) {
		add(found[1], found[2])
	}
	if found := directive.FindStringSubmatch(line); found != nil {
		add(found[1], strings.TrimSuffix(found[2], ";"))
	}
	return hits
}
