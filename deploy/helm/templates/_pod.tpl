{{/*
The template of a pod. Takes root, component, role, command, resources, and where they differ: env, probes, ports, data
(whether it sees datasets and exports), mounts (of claims, path to claim), grace (seconds), restartPolicy.
*/}}
{{- define "explorer.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "explorer.labels" . | nindent 4 }}
  {{- with $values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: {{ .restartPolicy | default "Always" }}
  terminationGracePeriodSeconds: {{ .grace | default 40 }}
  automountServiceAccountToken: false
  {{- with $values.serviceAccountName }}
  serviceAccountName: {{ . }}
  {{- end }}
  # Variables of Services would be read as settings: a Service called flower sets FLOWER_PORT.
  enableServiceLinks: false
  # As `init: true` of Compose: something has to wait for orphans, and the product's processes do not.
  shareProcessNamespace: true
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # A large volume is not gone through at each start.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "explorer.selector" . | nindent 10 }}
  containers:
    - name: {{ .component }}
      image: {{ include "explorer.image" .root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: {{ toJson .command }}
      env:
        {{- include "explorer.env" (dict "root" .root "role" .role "env" (.env | default dict)) | nindent 8 }}
      {{- with .ports }}
      ports:
        {{- range $name, $port := . }}
        - {name: {{ $name }}, containerPort: {{ $port }}}
        {{- end }}
      {{- end }}
      {{- with .probes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- if .data }}
        - {name: datasets, mountPath: /data/datasets}
        - {name: exports, mountPath: /data/exports}
        {{- end }}
        {{- range $path, $claim := .mounts }}
        - {name: {{ base $path }}, mountPath: {{ $path }}}
        {{- end }}
        {{- if $values.secret.authoritiesConfigMap }}
        - {name: authorities, mountPath: /authorities, readOnly: true}
        {{- end }}
  volumes:
    - {name: tmp, emptyDir: {sizeLimit: {{ $values.tmpSize }}}}
    {{- if .data }}
    - {name: datasets, persistentVolumeClaim: {claimName: {{ include "explorer.datasets" .root }}}}
    {{- if $values.exports.shared }}
    - {name: exports, persistentVolumeClaim: {claimName: {{ $values.exports.existingClaim | default (printf "%s-exports" (include "explorer.name" .root)) }}}}
    {{- else }}
    - {name: exports, emptyDir: {sizeLimit: {{ $values.exports.size }}}}
    {{- end }}
    {{- end }}
    {{- range $path, $claim := .mounts }}
    - {name: {{ base $path }}, persistentVolumeClaim: {claimName: {{ $claim }}}}
    {{- end }}
    {{- with $values.secret.authoritiesConfigMap }}
    - {name: authorities, configMap: {name: {{ . }}}}
    {{- end }}
{{- end -}}

{{- define "explorer.datasets" -}}
{{- .Values.datasets.existingClaim | default (printf "%s-datasets" (include "explorer.name" .)) -}}
{{- end -}}

{{/* A Deployment of such pods. Takes what explorer.pod takes, and replicas; without them an autoscaler has the say. */}}
{{- define "explorer.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "explorer.name" .root }}-{{ .component }}
  labels:
    {{- include "explorer.labels" . | nindent 4 }}
spec:
  {{- if .replicas }}
  replicas: {{ .replicas }}
  {{- end }}
  # The new one is there before the old one goes.
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "explorer.selector" . | nindent 6 }}
  template:
    {{- include "explorer.pod" . | nindent 4 }}
{{- end -}}
