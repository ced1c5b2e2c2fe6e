{{/*
The Deployment of a service, or of the gateway, which has no internal port and reads no secret. The chart supplies
"authdb.<chart>.secretEnvironment" and "authdb.<chart>.secrets" (what it reads at its start), and may supply volumes and mounts in
"authdb.<chart>.volumes" and "authdb.<chart>.volumeMounts" (each empty where it has none).
*/}}
{{- define "authdb.deployment" -}}
{{- include "authdb.checks" . -}}
{{- $secrets := include (printf "authdb.%s.secrets" .Chart.Name) . | fromYamlArray -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
  {{- if $secrets }}
  annotations:
    {{- include "authdb.reloaderAnnotation" (dict "secrets" $secrets) | nindent 4 }}
  {{- end }}
spec:
  {{- /* Server-side apply gives the field to its last writer: beside an autoscaler it must not be rendered at all. */}}
  {{- if not (include "authdb.isScaled" .) }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 300
  {{- with .Values.minReadySeconds }}
  minReadySeconds: {{ . }}
  {{- end }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: {{ .Values.maxSurge }}
  selector:
    matchLabels:
      {{- include "authdb.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "authdb.podLabels" . | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- include "authdb.strings" . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "authdb.environment" . | sha256sum }}
        {{- include "authdb.secretAnnotations" (dict "root" . "secrets" $secrets) | trim | nindent 8 }}
        {{- with .Values.podAnnotations }}
        {{- include "authdb.strings" . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "authdb.podSpec" . | nindent 6 }}
{{- end }}

{{- define "authdb.podSpec" -}}
serviceAccountName: {{ include "authdb.fullname" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "authdb.gracePeriodSeconds" . }}
securityContext:
  {{- include "authdb.podSecurityContext" . | nindent 2 }}
{{- include "authdb.scheduling" . | nindent 0 }}
{{- with .Values.initContainers }}
initContainers:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
containers:
  - name: {{ .Chart.Name }}
    {{- include "authdb.container" . | nindent 4 }}
  {{- with .Values.sidecars }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- include "authdb.caVolume" . | nindent 2 }}
  {{- include (printf "authdb.%s.volumes" .Chart.Name) . | nindent 2 }}
  {{- with .Values.extraVolumes }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
{{- end }}

{{/* A probe's timings, where it is not switched off; without an internal port it is the page that tells. Arguments: root, name, path. */}}
{{- define "authdb.probe" -}}
{{- $timings := get .root.Values.probes .name -}}
{{- if $timings.enabled -}}
{{ .name }}Probe:
  httpGet: {{ ternary (printf "{path: %s, port: internal}" .path) "{path: /, port: http}" (hasKey .root.Values.ports "internal") }}
  {{- toYaml (omit $timings "enabled") | nindent 2 }}
{{- end -}}
{{- end }}

{{- define "authdb.container" -}}
image: {{ include "authdb.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "authdb.containerSecurityContext" . | nindent 2 }}
{{- /* What the process said last becomes the pod's status, for example which setting it misses. */}}
terminationMessagePolicy: FallbackToLogsOnError
ports:
  - name: http
    containerPort: {{ .Values.ports.http }}
  {{- with .Values.ports.internal }}
  - name: internal
    containerPort: {{ . }}
  {{- end }}
envFrom:
  - configMapRef:
      name: {{ include "authdb.fullname" . }}
  {{- with .Values.envFrom }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
env:
  {{- include "authdb.threadPool" . | nindent 2 }}
  {{- if and .Values.ports.internal (include "authdb.config" . | fromYaml).nameInstances }}
  - name: INSTANCE_NAME
    valueFrom:
      fieldRef: {fieldPath: metadata.name}
  {{- end }}
  {{- include (printf "authdb.%s.secretEnvironment" .Chart.Name) . | nindent 2 }}
  {{- with .Values.extraEnv }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
{{- include "authdb.probe" (dict "root" . "name" "startup" "path" "/livez") | nindent 0 }}
{{- include "authdb.probe" (dict "root" . "name" "readiness" "path" "/readyz") | nindent 0 }}
{{- include "authdb.probe" (dict "root" . "name" "liveness" "path" "/livez") | nindent 0 }}
{{- /* Endpoints are withdrawn everywhere while the process still serves as if nothing had happened; SIGTERM comes after that. */}}
lifecycle:
  preStop:
    sleep:
      seconds: {{ .Values.preStopSleepSeconds }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if include "authdb.caVolume" . }}
  - name: ca
    mountPath: /etc/authdb-ca
    readOnly: true
  {{- end }}
  {{- include (printf "authdb.%s.volumeMounts" .Chart.Name) . | nindent 2 }}
  {{- with .Values.extraVolumeMounts }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
As many pool threads as CPUs: argon2 would otherwise starve the event loop of its own pod. Without a limit the pod's share is its
request; the field of a limit that is not set would be the whole node.
*/}}
{{- define "authdb.threadPool" -}}
- name: UV_THREADPOOL_SIZE
  {{- if .Values.threadPoolSize }}
  value: {{ .Values.threadPoolSize | int64 | quote }}
  {{- else }}
  valueFrom:
    resourceFieldRef:
      containerName: {{ .Chart.Name }}
      resource: {{ ternary "limits.cpu" "requests.cpu" (not (empty (dig "limits" "cpu" "" .Values.resources))) }}
  {{- end }}
{{- end }}

{{/* The number that this comes to. */}}
{{- define "authdb.threads" -}}
{{- $cpu := default (dig "requests" "cpu" "" .Values.resources) (dig "limits" "cpu" "" .Values.resources) -}}
{{- default (include "authdb.quantity" (dict "root" . "value" $cpu "path" "resources.limits.cpu") | float64 | ceil | int) .Values.threadPoolSize | int -}}
{{- end }}
