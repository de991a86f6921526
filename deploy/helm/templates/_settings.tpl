{{/* Settings of this chart; those of `settings` go before them. */}}
{{- define "explorer.defaults" -}}
{{- $web := printf "%s-web" (include "explorer.name" .) -}}
DEBUG: "false"
DATA_DIR: /data
{{/* 127.0.0.1 is for probes, the names of the Service for what reads /metrics. */ -}}
ALLOWED_HOSTS: {{ printf "%s,127.0.0.1,%s,%s.%s,%s.%s.svc" .Values.host $web $web .Release.Namespace $web .Release.Namespace }}
PROXIES: "1"
SECURE_PROXY_SSL_HEADER: X-Forwarded-Proto
SECURE_COOKIES: {{ .Values.https | quote }}
SECURE_SSL_REDIRECT: {{ .Values.https | quote }}
SECURE_HSTS_SECONDS: {{ ternary "31536000" "0" .Values.https | quote }}
EXPORT_FOLDER_SHARED: {{ .Values.exports.shared | quote }}
{{- end -}}

{{- define "explorer.secrets" -}}
needed: [SECRET_KEY, DATABASE_URL, CELERY_RESULT_BACKEND]
optional: [METRICS_TOKEN, EMAIL_PASSWORD, ALERT_WEBHOOK_URL, SENTRY_DSN, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]
{{- end -}}

{{/* Refuse what cannot work, with a sentence. */}}
{{- define "explorer.check" -}}
{{- if not .Values.secret.name }}
{{- fail "secret.name: make a Secret (docs/how-to/kubernetes.md) and name it here" }}
{{- end }}
{{- $secrets := include "explorer.secrets" . | fromYaml }}
{{- $ours := list "DATA_DIR" "SHUTDOWN_TIMEOUT_S" "DATABASE_POOL_SIZE" "EXPORT_FOLDER_SHARED" "EXPORT_ACCEL_PREFIX" }}
{{- range $name, $_ := .Values.settings }}
{{- if has $name (concat $secrets.needed $secrets.optional (list "CELERY_BROKER_URL")) }}
{{- fail (printf "settings.%s: this is a secret, which belongs into the Secret %s" $name $.Values.secret.name) }}
{{- end }}
{{- if has $name $ours }}
{{- fail (printf "settings.%s: the chart sets it by itself" $name) }}
{{- end }}
{{- end }}
{{- if and (not .Values.exports.shared) (not .Values.settings.EXPORT_S3_BUCKET) }}
{{- fail "exports.shared is false: finished files need a place that all pods see; set settings.EXPORT_S3_BUCKET" }}
{{- end }}
{{- if and .Values.ingress.enabled .Values.https (not .Values.ingress.tlsSecret) }}
{{- fail "ingress.tlsSecret: name a Secret of the type kubernetes.io/tls, or set https to false" }}
{{- end }}
{{- if and .Values.backup.enabled (not .Values.backup.existingClaim) }}
{{- fail "backup.existingClaim: name the claim that backups are written to" }}
{{- end }}
{{- end -}}

{{/* The variables of a container. Takes root, role (whose user of the broker) and env (what this pod alone gets). */}}
{{- define "explorer.env" -}}
{{- $secrets := include "explorer.secrets" .root | fromYaml -}}
{{- $settings := merge (dict) .env .root.Values.settings (include "explorer.defaults" .root | fromYaml) -}}
{{- range $name, $value := $settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- range $secrets.needed }}
- {name: {{ . }}, valueFrom: {secretKeyRef: {name: {{ $.root.Values.secret.name }}, key: {{ . }}}}}
{{- end }}
- {name: CELERY_BROKER_URL, valueFrom: {secretKeyRef: {name: {{ .root.Values.secret.name }}, key: {{ index .root.Values.secret.brokerKeys .role }}}}}
{{- if has .role (list "web" "worker") }}
{{- range $secrets.optional }}
- {name: {{ . }}, valueFrom: {secretKeyRef: {name: {{ $.root.Values.secret.name }}, key: {{ . }}, optional: true}}}
{{- end }}
{{- end }}
{{- if eq .role "flower" }}
- {name: FLOWER_BASIC_AUTH, valueFrom: {secretKeyRef: {name: {{ .root.Values.secret.name }}, key: FLOWER_BASIC_AUTH}}}
{{- end }}
{{- end -}}
