package guard_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/guard"
	"github.com/eda-gitops/functions/functions/seal/sealtest"
)

// V stands in the cases for a value that is a credential; messages never hold
// it. Cases write it as @V@, so that no file here looks like one with secrets.
const V = "Kx7-qPz93rTw"

// pair is a certificate with its key for all cases.
var pair = sync.OnceValue(func() sealtest.Pair { return sealtest.TLSPair(&testing.T{}) })

// texts are values that cannot stand in a file of a repository.
func texts() *strings.Replacer {
	pair := pair()
	indented := strings.ReplaceAll(strings.TrimSpace(string(pair.Key)), "\n", "\n    ")
	return strings.NewReplacer(
		"@V@", V,
		"@PEM@", indented,
		"@PEM64@", base64.StdEncoding.EncodeToString(pair.Key),
		"@CERT@", strings.ReplaceAll(strings.TrimSpace(string(pair.Certificate)), "\n", "\n    "),
		"@PAIR64@", base64.StdEncoding.EncodeToString([]byte("user:"+V)),
		"@JWT@", "eyJ"+"hbGciOiJIUzI1NiJ9"+".eyJ"+"zdWIiOiIxMjM0NTY3ODkwIn0"+"."+strings.Repeat("aB3-", 8),
		"@AWS@", "AK"+"IA"+strings.Repeat("Q7", 8),
		"@GITHUB@", "gh"+"p_"+strings.Repeat("aB3d", 9),
		"@SLACK@", "https://hooks.slack"+".com/services/T00000000/B00000000/"+strings.Repeat("x1Y2", 6),
		"@OPENSHIFT@", "sha256"+"~"+strings.Repeat("aB3d", 10)+"xyz",
		"@BCRYPT@", "$2"+"y$10$"+strings.Repeat("abcDEF12", 6)+"abcde",
	)
}

// objects of the cases: a case's text goes where they say %s.
const (
	configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: rt-dev}\ndata:\n%s"
	container = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, namespace: rt-dev}\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n%s"
	connector = "apiVersion: eventstreams.ibm.com/v1beta2\nkind: KafkaConnector\nmetadata: {name: sink, namespace: rt-dev}\nspec:\n  class: com.example.Sink\n  config:\n%s"
	custom    = "apiVersion: example.com/v1\nkind: Service\nmetadata: {name: service, namespace: rt-dev}\nspec:\n%s"
	whole     = "%s"
)

// check indents a case's lines to where they stand and runs the guard.
func check(t testing.TB, object, text string) fn.Results {
	t.Helper()
	indent := map[string]string{configMap: "  ", container: "        ", connector: "    ", custom: "  "}[object]
	lines := strings.Split(texts().Replace(text), "\n")
	for i := range lines {
		if lines[i] != "" {
			lines[i] = indent + lines[i]
		}
	}
	results := guard.Check(guard.Spec{}, fntest.Items(t, fmt.Sprintf(object, strings.Join(lines, "\n"))))
	for _, secret := range []string{V, base64.StdEncoding.EncodeToString([]byte("user:" + V))} {
		if strings.Contains(fmt.Sprint(results), secret) {
			t.Errorf("a value is in a message: %v", results)
		}
	}
	return results
}

func TestFinds(t *testing.T) {
	for _, tc := range []struct{ reason, object, text string }{
		{"a setting by its name", configMap, "DB_PASSWORD: @V@"},
		{"short ones are real", configMap, "password: abc"},
		{"the word itself is one of the most common", configMap, "MYSQL_PASSWORD: password"},
		{"a default that everybody knows", configMap, "keystore.password: changeit"},
		{"digits alone", configMap, `ROOT_PASSWORD: "123456"`},
		{"camel case", configMap, "clientSecret: @V@"},
		{"an abbreviation in capitals", configMap, "APIKey: @V@"},
		{"numbered", configMap, "PASSWORD_2: @V@"},
		{"a tail that says nothing", configMap, "TOKEN_VALUE: @V@"},
		{"a hash of one can be guessed against", configMap, "users.htpasswd: |\n  admin:@BCRYPT@"},
		{"properties", configMap, "application.properties: |\n  spring.datasource.username=app\n  spring.datasource.password=@V@"},
		{"properties with blanks", configMap, "app.properties: |\n  a = b\n  db.password = @V@"},
		{"INI", configMap, "app.ini: |\n  [database]\n  user = app\n  password = @V@"},
		{"an environment file", configMap, ".env: |\n  export API_TOKEN=@V@\n  B=c"},
		{"YAML in a text", configMap, "config.yaml: |\n  datasource:\n    username: app\n    password: @V@"},
		{"YAML with a template around", configMap, "config.yaml: |\n  url: {{ .Values.url }}\n  password: @V@"},
		{"JSON", configMap, `config.json: '{"db": {"user": "app", "password": "@V@"}}'`},
		{"JSON in lines", configMap, "config.json: |\n  {\n    \"clientSecret\": \"@V@\"\n  }"},
		{"XML by element", configMap, "server.xml: |\n  <server>\n    <dbPassword>@V@</dbPassword>\n  </server>"},
		{"XML by attribute", configMap, "server.xml: |\n  <server>\n    <dataSource user=\"app\" password=\"@V@\"/>\n  </server>"},
		{"Hadoop's XML", configMap, "hive-site.xml: |\n  <configuration><property>\n    <name>javax.jdo.option.ConnectionPassword</name>\n    <value>@V@</value>\n  </property></configuration>"},
		{"Liberty's variable", configMap, "server.xml: |\n  <variable name=\"db.password\" value=\"@V@\"/>"},
		{"TOML", configMap, "config.toml: |\n  [db]\n  password = \"@V@\""},
		{"HOCON", configMap, "app.conf: |\n  db {\n    password: \"@V@\"\n  }"},
		{"Ruby's arrow, as in Logstash", configMap, "logstash.conf: |\n  output { elasticsearch { user => \"app\" password => \"@V@\" } }"},
		{"Redis", configMap, "redis.conf: |\n  port 6379\n  requirepass @V@"},
		{"a program", configMap, "init.py: |\n  import db\n  password = \"@V@\"\n  db.login(\"app\", password)"},
		{"a script", configMap, "init.sh: |\n  #!/bin/sh\n  PASSWORD=@V@\n  run"},
		{"SQL within a script", configMap, "init.sh: |\n  mysql -uroot -p@V@ -e 'select 1'"},
		{"curl", configMap, "init.sh: |\n  curl -s -u admin:@V@ https://es.example.com"},
		{"a header", configMap, "init.sh: |\n  curl -H \"Authorization: Bearer @V@\" https://es.example.com"},
		{"MQSC", configMap, "start.mqsc: |\n  DEFINE AUTHINFO(LDAP) AUTHTYPE(IDPWLDAP) +\n    LDAPUSER('cn=mq') +\n    LDAPPWD('@V@')\n  ALTER QMGR CONNAUTH(LDAP)"},
		{"JAAS of a client", configMap, "client.properties: |\n  sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"app\" password=\"@V@\";"},
		{"JAAS of a server", configMap, "jaas.conf: |\n  KafkaServer {\n    org.apache.kafka.common.security.plain.PlainLoginModule required\n    user_alice=\"@V@\";\n  };"},
		{"a pull secret's file", configMap, `config.json: '{"auths": {"registry.example.com": {"auth": "@PAIR64@"}}}'`},
		{"a private key", configMap, "tls.key: |\n    @PEM@"},
		{"a private key under any name", configMap, "data: |\n    @PEM@"},
		{"in base64", configMap, "data: @PEM64@"},
		{"a URL", configMap, "DATABASE_URL: postgres://app:@V@@db:5432/app"},
		{"a URL without a user", configMap, "REDIS_URL: redis://:@V@@redis:6379/0"},
		{"a URL in a text", configMap, "app.yaml: |\n  broker:\n    url: amqp://app:@V@@mq:5672/"},
		{"a URL with a token", configMap, "REPO: https://@GITHUB@@github.com/acme/app.git"},
		{"Go's data source name", configMap, "DSN: app:@V@@tcp(db:3306)/app?parseTime=true"},
		{"ODBC's connection string", configMap, "CONNECTION: Server=db;Database=app;User Id=sa;Password=@V@;Encrypt=true"},
		{"Azure's connection string", configMap, "CONNECTION: DefaultEndpointsProtocol=https;AccountName=a;AccountKey=@V@==;EndpointSuffix=core.windows.net"},
		{"Oracle's", configMap, "JDBC: jdbc:oracle:thin:app/@V@@//db:1521/app"},
		{"JDBC with a query", configMap, "JDBC: jdbc:postgresql://db/app?user=app&password=@V@"},
		{"netrc", configMap, ".netrc: |\n  machine git.example.com login app password @V@"},
		{"npm", configMap, ".npmrc: |\n  //registry.example.com/:_authToken=@V@"},
		{"a JSON Web Token under any name", configMap, "value: @JWT@"},
		{"AWS", configMap, "id: @AWS@"},
		{"Slack", configMap, "url: @SLACK@"},
		{"OpenShift", configMap, "login.sh: |\n  oc login --token=@OPENSHIFT@"},
		{"the default of a variable", configMap, "app.properties: |\n  a=b\n  db.password=${DB_PASSWORD:@V@}"},
		{"the shell's default", configMap, "run.sh: |\n  PASSWORD=\"${PASSWORD:-@V@}\"\n  run"},
		{"a manifest in a text", configMap, "secret.yaml: |\n  apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  stringData: {a: @V@}"},
		{"binary data that is text", whole, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: {auth: " + base64.StdEncoding.EncodeToString([]byte("db.password="+V+"\n")) + "}"},
		{"an environment variable", container, "env:\n- {name: DB_PASSWORD, value: @V@}"},
		{"a name with a capital", container, "env:\n- name: RABBITMQ_DEFAULT_PASS\n  value: guest"},
		{"basic auth's pair", container, "env:\n- {name: SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO, value: 'app:@V@'}"},
		{"JVM options", container, "env:\n- name: JAVA_OPTS\n  value: -Xmx1g -Djavax.net.ssl.trustStorePassword=@V@ -Da=b"},
		{"Rails' key", container, "env:\n- {name: SECRET_KEY_BASE, value: @V@}"},
		{"an argument", container, "args: [--user=app, --password=@V@]"},
		{"an argument and its value", container, "args: [--user, app, --password, @V@]"},
		{"one dash", container, "command: [keytool, -list, -storepass, changeit]"},
		{"a script in an argument", container, "command: [sh, -c, 'PGPASSWORD=@V@ psql -h db']"},
		{"a script in lines", container, "args:\n- |\n  set -e\n  login --token @V@\n  run"},
		{"helm's set", container, "args: [upgrade, --set, auth.password=@V@]"},
		{"an init container", whole, "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: a, env: [{name: TOKEN, value: @V@}]}]}}}}}"},
		{"a connector", connector, "connection.user: app\nconnection.password: @V@"},
		{"a connector's JAAS", connector, `sasl.jaas.config: org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="@V@";`},
		{"a connector's JAAS, escaped", connector, `sasl.jaas.config: "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"app\" password=\"@V@\";"`},
		{"a connector's producer", connector, "producer.override.ssl.key.password: @V@"},
		{"AWS in a connector", connector, "aws.secret.access.key: @V@"},
		{"a connector's URL", connector, "connection.url: jdbc:mysql://app:@V@@db:3306/app"},
		{"a name that looks like one of a Secret's, but is a password", connector, "mq.password: my-secret"},
		{"a token in a field", custom, "token: @V@"},
		{"a mapping with the value", custom, "password:\n  value: @V@"},
		{"Helm values in a field", custom, "values: |\n  auth:\n    rootPassword: @V@"},
		{"a Template's parameter", whole, "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: a}\nparameters: [{name: DB_PASSWORD, value: @V@}]"},
		{"an annotation", whole, "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {example.com/api-key: @V@}}"},
		{"what kubectl applied last", whole, "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"},\"stringData\":{\"a\":\"@V@\"}}'}}"},
		{"SQL of MySQL and Oracle", configMap, "init.sql: |\n  CREATE USER app IDENTIFIED BY '@V@';\n  GRANT ALL ON *.* TO app;"},
		{"SQL of Postgres", configMap, "init.sql: |\n  CREATE ROLE app LOGIN\n    ENCRYPTED PASSWORD '@V@';"},
		{"SQL of SQL Server", configMap, "init.sql: |\n  ALTER LOGIN app WITH PASSWORD = '@V@';"},
		{"sqlplus", configMap, "init.sh: |\n  sqlplus system/@V@@ORCL @/scripts/a.sql"},
		{"SQL of sqlplus", configMap, "init.sql: |\n  CONNECT system/@V@@ORCL;"},
		{"PHP", configMap, "config.php: |\n  <?php\n  define( 'DB_PASSWORD', '@V@' );"},
		{"Liberty's encoding is none", configMap, "users.xml: |\n  <server>\n    <user name=\"admin\" password=\"{xor}Lz4sLChvLTs=\"/>\n  </server>"},
		{"a broker's users", configMap, "artemis-users.properties: |\n  admin = @V@\n  guest = @V@"},
		{"a broker's users and their groups", configMap, "users.properties: |\n  admin=@V@,admin"},
		{"pgpass", configMap, ".pgpass: |\n  db:5432:*:app:@V@"},
		{"PgBouncer's users", configMap, "userlist.txt: |\n  \"app\" \"md5d8578edf8458ce06fbc5bb76a58c5ca4\""},
		{"RabbitMQ's definitions", configMap, `definitions.json: '{"users": [{"name": "app", "password_hash": "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30"}]}'`},
		{"HAProxy's users", configMap, "haproxy.cfg: |\n  userlist all\n    user admin insecure-password @V@"},
		{"Redis' users", configMap, "users.acl: |\n  user app on >@V@ ~* +@all"},
		{"Fluent Bit", configMap, "output.conf: |\n  [OUTPUT]\n      HTTP_User app\n      HTTP_Passwd @V@"},
		{"PagerDuty", configMap, "alertmanager.yml: |\n  receivers:\n  - pagerduty_configs:\n    - routing_key: 0f3b1d5c7e9a2b4d6f8091a3b5c7d9e1"},
		{"a webhook is a credential", configMap, "url: https://acme.webhook.office" + ".com/webhookb2/2b4d6f80-91a3@b5c7d9e1/IncomingWebhook/0f3b1d5c7e9a/a"},
		{"a signed URL", configMap, "url: https://a.blob.core.windows.net/c?sv=2020-08-04&sig=kI3GCqW5JLMJa4iX1lo7X4D6%3D"},
		{"a header under a name that says nothing", configMap, "datasources.yaml: |\n  secureJsonData:\n    httpHeaderValue1: Bearer kI3GCqW5JLMJa4iX1lo7X4D6"},
		{"an environment behind the name", container, "env:\n- {name: DB_PASSWORD_PROD, value: @V@}"},
		{"an owner behind the name", container, "env:\n- {name: PASSWORD_DB, value: @V@}"},
		{"a short form", container, "env:\n- {name: LDAP_BIND_PW, value: @V@}"},
		{"what looks like a call", container, "env:\n- {name: SA_PASSWORD, value: yourStrong(!)Password}"},
		{"Neo4j's pair", container, "env:\n- {name: NEO4J_AUTH, value: neo4j/@V@}"},
		{"Vault's development server", container, "env:\n- {name: VAULT_DEV_ROOT_TOKEN_ID, value: @V@}"},
		{"a license key", container, "env:\n- {name: NEW_RELIC_LICENSE_KEY, value: 0f3b1d5c7e9a2b4d6f8091a3b5c7d9e10f3b1d5c}"},
		{"a pair in an argument", container, "args: [--auth.basic=admin:@V@]"},
		{"a pair as an argument", container, "args: [--basic-auth, 'admin:@V@']"},
		{"a client's argument", container, "command: [mysqladmin, ping, -uroot, -p@V@]"},
		{"another client's argument", container, "command: [redis-cli, -a, @V@, ping]"},
		{"logins", container, "command: [sh, -c, 'oc login -u kubeadmin -p @V@ https://api:6443']"},
		{"MongoDB's client", container, "command: [sh, -c, 'mongosh -u admin -p @V@ --eval x']"},
		{"LDAP's client", container, "command: [sh, -c, 'ldapsearch -x -D cn=admin -w @V@ -b dc=acme']"},
		{"MinIO's client", container, "command: [sh, -c, 'mc alias set store http://minio:9000 minio @V@']"},
		{"App Connect's credentials", container, "command: [sh, -c, 'mqsisetdbparms -w /home/ace -n odbc::db -u app -p @V@']"},
		{"an event hub's key", connector, "azure.eventhubs.sas.key: @V@"},
		{"a connector's header", connector, "headers: 'Authorization:Basic @PAIR64@|Content-Type:application/json'"},
		{"a pair in a field", custom, "basicAuth: admin:@V@"},
		{"a plain Secret", whole, "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: @V@}"},
		{"a plain Secret without a name", whole, "apiVersion: v1\nkind: Secret\nstringData: {a: @V@}"},
		{"a plain Secret in a List", whole, "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: @V@}}]"},
		{"a plain Secret in a SecretList that says the kind once", whole, "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: SecretList, items: [{metadata: {name: a}, stringData: {a: @V@}}]}]"},
		{"a plain Secret in a Template", whole, "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: a}\nobjects: [{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: aGVsbG8=}}]"},
		{"a plain Secret in a ManifestWork", whole, "apiVersion: work.open-cluster-management.io/v1\nkind: ManifestWork\nmetadata: {name: a}\nspec: {workload: {manifests: [{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: @V@}}]}}"},
		{"a plain Secret in a Policy", whole, "apiVersion: policy.open-cluster-management.io/v1\nkind: Policy\nmetadata: {name: a}\nspec: {policy-templates: [{objectDefinition: {apiVersion: policy.open-cluster-management.io/v1, kind: ConfigurationPolicy, metadata: {name: b}, spec: {object-templates: [{complianceType: musthave, objectDefinition: {apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: @V@}}}]}}}]}"},
		{"a ConfigMap in a ManifestWork", whole, "apiVersion: work.open-cluster-management.io/v1\nkind: ManifestWork\nmetadata: {name: a}\nspec: {workload: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {password: @V@}}]}}"},
		{"a SealedSecret's template", whole, "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec: {encryptedData: {}, template: {data: {user: app}}}"},
		{"a SealedSecret's template around one", whole, "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec: {encryptedData: {}, template: {data: {config: \"user={{ .user }}\\npassword=@V@\"}}}"},
	} {
		if results := check(t, tc.object, tc.text); !results.Failed() {
			t.Errorf("%s: not found:\n%s", tc.reason, tc.text)
		}
	}
}

func TestLooksAlike(t *testing.T) {
	for _, tc := range []struct{ reason, object, text string }{
		{"a config provider", connector, "es.password: ${file:/opt/kafka/external-configuration/elastic/elastic.properties:password}"},
		{"other providers", connector, "a.password: ${env:PASSWORD}\nb.password: ${secrets:rt-dev/db:password}\nc.password: ${directory:/opt/secrets:password}\nd.password: ${vault:secret/db:password}\ne.password: ${strimzienv:DB_PASSWORD}"},
		{"a provider in JAAS", connector, `sasl.jaas.config: org.apache.kafka.common.security.scram.ScramLoginModule required username="${file:/a/b.properties:user}" password="${file:/a/b.properties:password}";`},
		{"JAAS without a password", connector, `sasl.jaas.config: com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab="/etc/a.keytab";`},
		{"policies", connector, "password.encoder.iterations: 4096\ntoken.endpoint.uri: https://sso.example.com/token\nsasl.oauthbearer.token.endpoint.url: https://sso.example.com\nkey.converter: org.apache.kafka.connect.storage.StringConverter\nmq.record.builder.key.header: JMSCorrelationID\ntransforms.key.type: org.apache.kafka.connect.transforms.ValueToKey"},
		{"where a store is", connector, "ssl.keystore.location: /opt/kafka/keystore.p12\nssl.keystore.type: PKCS12\nssl.truststore.password.file: /opt/a"},
		{"a variable", container, "env:\n- {name: PASSWORD, value: $(DB_PASSWORD)}\n- {name: TOKEN, value: '${TOKEN}'}\n- {name: API_KEY, value: $API_KEY}"},
		{"a reference", container, "env:\n- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db, key: password}}"},
		{"a file with it", container, "env:\n- {name: POSTGRES_PASSWORD_FILE, value: /run/secrets/password}\n- {name: DB_PASSWORD, value: /run/secrets/db-password}\n- {name: TOKEN_PATH, value: /var/run/token}"},
		{"names and settings", container, "env:\n- {name: SECRET_NAME, value: db}\n- {name: DB_SECRET, value: db-credentials}\n- {name: TOKEN_TTL, value: 3600s}\n- {name: PASSWORD_MIN_LENGTH, value: '12'}\n- {name: MAX_TOKENS, value: '4096'}\n- {name: TOKEN_EXPIRATION, value: '3600'}\n- {name: ENABLE_PASSWORD, value: 'true'}\n- {name: ALLOW_EMPTY_PASSWORD, value: 'yes'}\n- {name: PASSWORD, value: ''}\n- {name: PWD, value: /app}\n- {name: KEY, value: abc}\n- {name: PUBLIC_KEY, value: abcdef}\n- {name: PARTITION_KEY, value: store}\n- {name: TOKENIZER, value: standard}\n- {name: SSH_AUTH_SOCK, value: /tmp/a}"},
		{"Vault and friends", container, "env:\n- {name: PASSWORD, value: 'vault:secret/data/db#password'}\n- {name: TOKEN, value: 'ref+vault://a/b'}\n- {name: API_KEY, value: 'arn:aws:secretsmanager:eu-west-1:1:secret:a'}\n- {name: DB_PASSWORD, value: 'ENC(abcdef)'}\n- {name: A_PASSWORD, value: '{cipher}abcdef'}"},
		{"arguments", container, "args: [--password-file=/etc/password, --password=$(PASSWORD), --token-ttl=1h, --client-secret, '$(SECRET)', --use-token-auth, --secret-name=db, --password-stdin, --service-account-private-key-file=/etc/sa.key, --tls-private-key-file=/etc/tls.key]"},
		{"etcd's cluster token is a name", container, "command: [etcd, --initial-cluster-token, etcd-cluster-1]"},
		{"what an init container replaces", configMap, "redis.conf: |\n  port 6379\n  requirepass replace-default-auth\n  masterauth replace-default-auth"},
		{"a script with variables", container, "command:\n- sh\n- -c\n- |\n  # password=none of them\n  export PGPASSWORD=\"$DB_PASSWORD\"\n  if [ -z \"$PASSWORD\" ]; then echo 'PASSWORD is missing'; exit 1; fi\n  TOKEN=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)\n  curl -H \"Authorization: Bearer $TOKEN\" -u \"$USER:$PASSWORD\" https://es\n  mysql -u root -p\"$PASSWORD\" -h db\n  keytool -storepass \"$STOREPASS\" -list\n  oc login --token=\"${TOKEN}\""},
		{"programs", configMap, "init.py: |\n  import os\n  password = os.environ[\"DB_PASSWORD\"]\n  token = get_token(password)\n  self.password = password\n  login(user=user, password=password)\n  print(f\"{user}:{password}\")"},
		{"more programs", configMap, "app.js: |\n  const password = process.env.PASSWORD;\n  const { token } = config;\n  if (token === '') throw new Error('token: missing');\n  headers.Authorization = `Bearer ${token}`;"},
		{"masks and placeholders", configMap, "password: '********'\nTOKEN: <your-token>\nAPI_KEY: REPLACE_ME\nSECRET_KEY: xxxxxxxx\nB_PASSWORD: '{{ .Values.password }}'\nC_PASSWORD: __PASSWORD__\nD_PASSWORD: '%PASSWORD%'\nE_PASSWORD: '@db.password@'"},
		{"texts for people", configMap, "messages.properties: |\n  login.password=Enter your password\n  label.password=Password\n  error.token=The token has expired\n  password.hint=at least 12 characters"},
		{"comments", configMap, "app.properties: |\n  # password=hello\n  ; password=hello\n  // token: hello\n  ! secret=hello\n  a=b"},
		{"Spring's variables", configMap, "application.yaml: |\n  spring:\n    datasource:\n      username: ${DB_USER:app}\n      password: ${DB_PASSWORD}\n      other-password: ${DB_PASSWORD:}\n      third-password: ${vault.db.password}"},
		{"a certificate and a public key", configMap, "ca.crt: |\n    @CERT@\nid.pub: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 a@b"},
		{"a check for a private key", configMap, "check.sh: |\n  grep -q -- '-----BEGIN PRIVATE KEY-----' \"$1\"\n  grep -q 'BEGIN RSA PRIVATE KEY' \"$1\""},
		{"URLs", configMap, "a: https://es.example.com:9200/path@v1\nb: postgres://$(USER):$(PASSWORD)@db/app\nc: redis://redis:6379/0\nd: git@github.com:acme/app.git\ne: https://app@git.example.com/a.git\nf: http://[::1]:8080/a@b\ng: amqp://${USER}:${PASSWORD}@mq\nh: registry.example.com/acme/app:1.0@sha256:abc\ni: mongodb://<user>:<password>@db\nj: jdbc:postgresql://db:5432/app?user=app&password=${PASSWORD}"},
		{"nginx passes", configMap, "nginx.conf: |\n  location / {\n    proxy_pass http://backend:8080;\n    fastcgi_pass unix:/run/php.sock;\n  }"},
		{"MQSC without one", configMap, "start.mqsc: |\n  * ALTER AUTHINFO(X) LDAPPWD('hello')\n  DEFINE CHANNEL(APP.SVRCONN) CHLTYPE(SVRCONN) SSLCAUTH(OPTIONAL)\n  ALTER AUTHINFO(SYSTEM.DEFAULT.AUTHINFO.IDPWOS) AUTHTYPE(IDPWOS) CHCKCLNT(REQDADM) ADOPTCTX(YES)\n  DEFINE AUTHINFO(LDAP) AUTHTYPE(IDPWLDAP) LDAPPWD(' ')\n  SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT)"},
		{"metrics", configMap, "rules.yaml: |\n  rules:\n  - pattern: kafka.server<type=token-metrics, name=(.+)><>Value\n    name: kafka_token_$1\n  - pattern: secret<>Count"},
		{"a tokenizer", configMap, "model.json: '{\"pad_token\": \"abcde\", \"eos_token\": \"fghij\", \"max_tokens\": 100, \"tokenizer\": \"a-b\"}'"},
		{"OIDC", configMap, "dex.yaml: |\n  oidc:\n    clientSecret: $oidc.dex.clientSecret\n    tokenEndpoint: https://a\n    grantType: client_credentials"},
		{"a redis file as it comes", configMap, "redis.conf: |\n  # requirepass foobared\n  # masterauth <password>\n  maxmemory 10mb"},
		{"a realm's settings", configMap, "realm.json: '{\"accessTokenLifespan\": 300, \"resetPasswordAllowed\": true, \"passwordPolicy\": \"length(12)\", \"grant\": \"password\", \"otpPolicyType\": \"totp\"}'"},
		{"Grafana's providers", configMap, "grafana.ini: |\n  [security]\n  admin_password = $__file{/etc/secrets/password}\n  secret_key = $__env{SECRET_KEY}"},
		{"SASL", configMap, "kafka.properties: |\n  sasl.mechanism=SCRAM-SHA-512\n  security.protocol=SASL_SSL\n  sasl.jaas.config=${SASL_JAAS_CONFIG}\n  ssl.truststore.password=${file:/a:b}"},
		{"a service account's token", whole, "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {kubernetes.io/service-account.name: b}}\ntype: kubernetes.io/service-account-token"},
		{"a Secret for functions", whole, "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {config.kubernetes.io/local-config: \"true\"}}\nstringData: {a: hello}"},
		{"a SealedSecret", whole, "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec: {encryptedData: {password: AgBhZ0abcdef}, template: {data: {config: \"password={{ .password }}\"}, metadata: {name: a}}}"},
		{"a Kafka user's password", whole, "apiVersion: eventstreams.ibm.com/v1beta2\nkind: KafkaUser\nmetadata: {name: a}\nspec: {authentication: {type: scram-sha-512, password: {valueFrom: {secretKeyRef: {name: a, key: password}}}}}"},
		{"Strimzi's references", whole, "apiVersion: eventstreams.ibm.com/v1beta2\nkind: KafkaConnect\nmetadata: {name: a}\nspec: {authentication: {type: scram-sha-512, username: app, passwordSecret: {secretName: a, password: password}}, tls: {trustedCertificates: [{secretName: b, certificate: ca.crt}]}}"},
		{"OAuth's references", whole, "apiVersion: eventstreams.ibm.com/v1beta2\nkind: KafkaConnect\nmetadata: {name: a}\nspec: {authentication: {type: oauth, clientId: a, clientSecret: {secretName: b, key: client-secret}, tokenEndpointUri: https://sso, accessTokenIsJwt: true}}"},
		{"an ExternalSecret", whole, "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {secretStoreRef: {name: vault, kind: SecretStore}, target: {name: db, template: {data: {password: \"{{ .password }}\"}}}, data: [{secretKey: password, remoteRef: {key: db/prod, property: password}}]}"},
		{"a SecretProviderClass", whole, "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: a}\nspec: {provider: vault, secretObjects: [{secretName: db, type: Opaque, data: [{key: password, objectName: db-password}]}]}"},
		{"roles", whole, "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: token-reader}\nrules: [{apiGroups: [''], resources: [secrets, serviceaccounts/token], resourceNames: [db-password], verbs: [get]}]"},
		{"pull secrets and volumes", whole, "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {token: abcdefg, secret: abcdefg}}\nspec: {automountServiceAccountToken: false, imagePullSecrets: [{name: ibm-entitlement-key}], volumes: [{name: token, secret: {secretName: db, items: [{key: password, path: password}]}}, {name: b, projected: {sources: [{serviceAccountToken: {path: token, expirationSeconds: 3600, audience: vault}}]}}]}"},
		{"an ingress", whole, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: {nginx.ingress.kubernetes.io/auth-secret: basic-auth, nginx.ingress.kubernetes.io/auth-tls-secret: rt-dev/ca, nginx.ingress.kubernetes.io/auth-realm: Authentication Required, vault.hashicorp.com/agent-inject-secret-db: database/creds/app, vault.hashicorp.com/agent-inject-token: \"false\"}}\nspec: {tls: [{secretName: a-tls}]}"},
		{"a certificate", whole, "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {secretName: a-tls, privateKey: {algorithm: RSA, size: 4096, rotationPolicy: Always}, keystores: {pkcs12: {create: true, passwordSecretRef: {name: store, key: password}}}}"},
		{"a definition", whole, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec: {versions: [{schema: {openAPIV3Schema: {properties: {password: {type: string, default: hello, description: 'the password: as https://user:pass@host'}}}}}]}"},
		{"a dashboard's words", custom, "description: 'password: the one of the user'\nsecret: my-secret\ntlsSecret: a-tls\ntokenType: jwt\ncredentials: cloud-credentials\npasswordKey: password"},
		{"a queue manager", whole, "apiVersion: mq.ibm.com/v1beta1\nkind: QueueManager\nmetadata: {name: a}\nspec: {queueManager: {mqsc: [{secret: {name: mqsc, items: [a.mqsc]}}]}, pki: {keys: [{name: default, secret: {secretName: a-tls, items: [tls.key, tls.crt]}}]}}"},
		{"Tekton", whole, "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a}\nspec: {params: [{name: token-secret, default: github-token, description: the Secret}, {name: password, default: ''}], steps: [{name: a, script: \"curl -H \\\"Authorization: token $(params.token)\\\" https://a\"}]}"},
		{"Prometheus", whole, "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: a}\nspec: {podMetricsEndpoints: [{bearerTokenSecret: {key: '', name: ''}, basicAuth: {username: {name: a, key: user}, password: {name: a, key: password}}}]}"},
		{"a variable's name in place of a value", connector, "connection.password: ELASTIC_PASSWORD\ncos.api.key: IBM_COS_API_KEY\ndatabase.password: EXAMPLE_DB_USER_PASSWORD\nes.password: ENTER_IT_HERE"},
		{"templates", configMap, "A_PASSWORD: changeme\nB_PASSWORD: CHANGE_ME\nC_TOKEN: change-me!\nD_API_KEY: your-api-key"},
		{"SQL that names columns", configMap, "init.sql: |\n  CREATE TABLE users (password varchar(255) NOT NULL, token text, api_key text DEFAULT '');\n  ALTER USER app WITH PASSWORD :'password';\n  CREATE USER app IDENTIFIED BY '${DB_PASSWORD}';\n  CONNECT ${APP_USER}/${APP_PASSWORD}@${ORACLE_SID};"},
		{"the data key of a Secret", custom, "passwordSecretKey: password\ntokenSecretKey: token\nsecretKeys: {adminPasswordKey: admin-password}"},
		{"a parameter with the data key of a Secret", whole, "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a}\nspec: {params: [{name: GIT_TOKEN_SECRET_NAME, default: git-token}, {name: GIT_TOKEN_SECRET_KEY, default: token}]}"},
		{"sums", whole, "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {checksum/secret: 0f3b1d5c7e9a2b4d6f8091a3b5c7d9e1}}"},
		{"loggers", configMap, "log4j.properties: |\n  log4j.logger.org.apache.kafka.clients.producer.token=INFO\n  logger.secret.level=debug\n  layout.pattern=%c: password=%replace(%m){'password=[^&]*','password=***'}"},
		{"kinds of credentials", configMap, `realm.json: '{"requiredCredentials": ["password"], "credentials": "password"}'`},
		{"a CA's Secret", container, "env:\n- {name: CA_CERT_SECRET, value: ca}\n- {name: IMAGE_PULL_SECRET, value: registry}"},
		{"a routing key of a queue", configMap, "app.yaml: |\n  rabbit:\n    routing_key: store.inventory\n    service-key: orders"},
		{"sentences", configMap, "README.md: |\n  # Passwords\n  The password: ask an administrator, who has it.\n  Token: see https://acme.example.com/token.\nalerts.yaml: |\n  - summary: 'Token: expires soon'"},
		{"translations", configMap, "messages_de.properties: |\n  login.password=Kennwort\ni18n.json: '{\"token\": \"Zugangsmarke\"}'"},
		{"-p of other programs", container, "command: [sh, -c, 'mkdir -p /data && cp -p a b && docker run -p 8080:8080 x && psql -p 5432 && ssh -p 2222 host && mysql -P 3306']"},
		{"clients with variables", container, "command: [sh, -c, 'oc login -u \"$U\" -p \"$P\" https://api; mongosh -u $U -p $P; mysqladmin -uroot -p$MYSQL_ROOT_PASSWORD ping; ldapsearch -w \"$P\" -D x']"},
		{"a client's port", container, "command: [pg_isready, -U, postgres, -p, '5432']"},
		{"a mapping of fields", configMap, `mapping.json: '{"properties": {"password": {"type": "keyword"}, "token": {"type": "text"}}}'`},
		{"authentication without one", container, "env:\n- {name: NEO4J_AUTH, value: none}\n- {name: AUTH, value: basic}\n- {name: HEADER, value: Bearer authentication}"},
		{"a function's config", whole, "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: SealSecrets\nmetadata: {name: a}\nspec: {password: hello}"},
		{"a kustomization", whole, "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator: [{name: a, literals: [password=hello]}]"},
	} {
		if results := check(t, tc.object, tc.text); len(results) > 0 {
			t.Errorf("%s:\n%s\n%v", tc.reason, tc.text, results)
		}
	}
}

func TestAllow(t *testing.T) {
	text := texts().Replace("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: rt-dev}\ndata: {db.password: @V@, token: @V@}\n---\n" +
		"apiVersion: v1\nkind: Secret\nmetadata: {name: open, namespace: rt-dev}\nstringData: {a: b}\n")
	for name, tc := range map[string]struct {
		reason string
		spec   guard.Spec
		want   int
	}{
		"none":            {reason: "all three are found", want: 3},
		"key":             {reason: "one key of one object", spec: guard.Spec{Allow: []guard.Allow{{Kind: "ConfigMap", Name: "a", Namespace: "rt-dev", Key: "token"}}}, want: 2},
		"object":          {reason: "the whole object", spec: guard.Spec{Allow: []guard.Allow{{Kind: "ConfigMap", Name: "a"}}}, want: 1},
		"other namespace": {reason: "the same name elsewhere", spec: guard.Spec{Allow: []guard.Allow{{Kind: "ConfigMap", Name: "a", Namespace: "rt-prod"}}}, want: 3},
		"Secret":          {reason: "one that holds nothing to hide", spec: guard.Spec{Allow: []guard.Allow{{Kind: "Secret", Name: "open"}}}, want: 2},
		"ignore":          {reason: "a plain Secret is not ignored with the literals", spec: guard.Spec{Literals: fn.LevelIgnore}, want: 1},
	} {
		if results := guard.Check(tc.spec, fntest.Items(t, text)); len(results) != tc.want {
			t.Errorf("%s: %s: %d findings, expected %d: %v", name, tc.reason, len(results), tc.want, results)
		}
	}
	results := guard.Check(guard.Spec{Literals: fn.LevelWarn}, fntest.Items(t, text))
	if len(results) != 3 || results[0].Severity != fn.Warning || results[2].Severity != fn.Error {
		t.Error(results)
	}
}

func TestPatterns(t *testing.T) {
	items := fntest.Items(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {licence: abc, other: ACME-12345678, third: b}\n")
	results := guard.Check(guard.Spec{Patterns: []string{"^licence=", "ACME-[0-9]{8}"}}, items)
	if len(results) != 2 {
		t.Error(results)
	}
}

func TestValidate(t *testing.T) {
	spec := guard.Spec{Allow: []guard.Allow{{Kind: "ConfigMap"}}, Patterns: []string{"(", "a*"}}
	results := spec.Validate(&fn.Header{Kind: "SealSecrets"}, "spec.guard")
	if len(results) != 4 {
		t.Error(results)
	}
}

// The example is what the guard's default level has to let through.
func TestExample(t *testing.T) {
	files := 0
	err := fs.WalkDir(os.DirFS("../../examples/rt-inventory/rendered"), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		files++
		text, err := os.ReadFile(filepath.Join("../../examples/rt-inventory/rendered", path))
		if err != nil {
			return err
		}
		if results := guard.Check(guard.Spec{}, fntest.Items(t, string(text))); len(results) > 0 {
			t.Errorf("%s: %v", path, results)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files: %v", files, err)
	}
}

// FuzzCheck puts a marker where a ConfigMap's text has it and looks for it in
// the messages.
func FuzzCheck(f *testing.F) {
	const marker = "Zq8-marker-wV5"
	for _, seed := range []string{"password=%s", "a: {password: %s}", "--token %s", "postgres://a:%s@b/c", "DEFINE AUTHINFO(A) LDAPPWD('%s')", "<password>%s</password>"} {
		f.Add(strings.ReplaceAll(seed, "%s", "\x00"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		// A name is quoted, so the marker stands behind something that ends one.
		text = strings.ReplaceAll(text, "\x00", " '"+marker+"' ")
		node := yaml.NewRNode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
			{Kind: yaml.ScalarNode, Value: "apiVersion"}, {Kind: yaml.ScalarNode, Value: "v1"},
			{Kind: yaml.ScalarNode, Value: "kind"}, {Kind: yaml.ScalarNode, Value: "ConfigMap"},
			{Kind: yaml.ScalarNode, Value: "data"}, {Kind: yaml.MappingNode, Content: []*yaml.Node{
				{Kind: yaml.ScalarNode, Value: "text"}, {Kind: yaml.ScalarNode, Value: text}}},
		}})
		for _, result := range guard.Check(guard.Spec{}, []*yaml.RNode{node}) {
			if strings.Contains(result.Message, marker) {
				t.Fatalf("%v\n%q", result, text)
			}
		}
	})
}
