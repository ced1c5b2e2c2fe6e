{{/*
The Deployment of a service. The chart supplies "<chart>.secretEnvironment", and may supply volumes and mounts
in "<chart>.volumes" and "<chart>.volumeMounts" (empty where it has none).
*/}}
{{- define "common.deployment" -}}
{{- include "common.checks" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  {{- /* Server-side apply gives the field to its last writer: beside an autoscaler it must not be rendered at all. */}}
  {{- if not (or .Values.autoscaling.enabled .Values.keda.enabled) }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 300
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: {{ .Values.maxSurge }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.podLabels" . | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "common.environment" . | sha256sum }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "common.podSpec" . | nindent 6 }}
{{- end }}

{{- define "common.podSpec" -}}
serviceAccountName: {{ include "common.fullname" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "common.gracePeriodSeconds" . }}
securityContext:
  {{- include "common.podSecurityContext" 1000 | nindent 2 }}
{{- include "common.scheduling" . | nindent 0 }}
containers:
  - name: {{ .Chart.Name }}
    {{- include "common.container" . | nindent 4 }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- include (printf "%s.volumes" .Chart.Name) . | nindent 2 }}
{{- end }}

{{- define "common.container" -}}
image: {{ include "common.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "common.containerSecurityContext" . | nindent 2 }}
{{- /* What the process said last becomes the pod's status, for example which setting it misses. */}}
terminationMessagePolicy: FallbackToLogsOnError
ports:
  - name: http
    containerPort: {{ .Values.ports.http }}
  - name: internal
    containerPort: {{ .Values.ports.internal }}
envFrom:
  - configMapRef:
      name: {{ include "common.fullname" . }}
env:
  {{- /* As many pool threads as CPUs: argon2 would otherwise starve the event loop of its own pod. */}}
  - name: UV_THREADPOOL_SIZE
    {{- if .Values.threadPoolSize }}
    value: {{ .Values.threadPoolSize | int64 | quote }}
    {{- else }}
    valueFrom:
      resourceFieldRef:
        containerName: {{ .Chart.Name }}
        resource: limits.cpu
    {{- end }}
  {{- include (printf "%s.secretEnvironment" .Chart.Name) . | nindent 2 }}
  {{- with .Values.extraEnv }}
  {{- tpl (toYaml .) $ | nindent 2 }}
  {{- end }}
startupProbe:
  httpGet: {path: /livez, port: internal}
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: internal}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /livez, port: internal}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
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
  {{- include (printf "%s.volumeMounts" .Chart.Name) . | nindent 2 }}
{{- end }}
