{{/* The longest of ours, NAME-worker-housekeeping-…-…, has to be a host name: Celery calls workers by it. */}}
{{- define "explorer.name" -}}
{{- .Release.Name | trunc 24 | trimSuffix "-" -}}
{{- end -}}

{{/* What pods are chosen by; never changed, because a Deployment cannot. Takes (dict "root" . "component" "web"). */}}
{{- define "explorer.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "explorer.labels" -}}
{{ include "explorer.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "explorer.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Which queues a lane serves. */}}
{{- define "explorer.lanes" -}}
housekeeping: [critical]
interactive: [high]
bulk: [normal, low]
{{- end -}}

{{/* Pods that hold no state and may be as many as one likes, which a drain takes one by one. */}}
{{- define "explorer.many" -}}
- web
{{- range $lane, $_ := include "explorer.lanes" . | fromYaml }}
- worker-{{ $lane }}
{{- end }}
{{- end -}}
