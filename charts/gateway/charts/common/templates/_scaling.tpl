{{/* Whether something else than the chart says how many pods there are. */}}
{{- define "authdb.isScaled" -}}
{{- if or .Values.autoscaling.enabled (default dict .Values.keda).enabled }}true{{ end -}}
{{- end }}

{{/* Up at once and in large steps, down slowly: a pod too many costs little, a pod too few costs answers. */}}
{{- define "authdb.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Percent, value: 100, periodSeconds: 15}
    - {type: Pods, value: 4, periodSeconds: 15}
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDown.stabilizationWindowSeconds }}
  policies:
    - {type: Percent, value: {{ .Values.autoscaling.scaleDown.percent }}, periodSeconds: {{ .Values.autoscaling.scaleDown.periodSeconds }}}
{{- end }}

{{- define "authdb.hpa" -}}
{{- if .Values.autoscaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "authdb.fullname" . }}
  minReplicas: {{ .Values.autoscaling.minReplicas }}
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: {{ .Chart.Name }}
        target:
          type: Utilization
          averageUtilization: {{ .Values.autoscaling.targetCPUUtilizationPercentage }}
  behavior:
    {{- include "authdb.behavior" . | nindent 4 }}
{{- end -}}
{{- end }}

{{/*
KEDA divides the value of an AverageValue trigger by the number of pods it wants: sum(utilization) / threshold = pods.
So the query must be a sum; an average would always ask for one pod.
*/}}
{{- define "authdb.scaledObject" -}}
{{- if .Values.keda.enabled -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "authdb.fullname" . }}
  minReplicaCount: {{ .Values.autoscaling.minReplicas }}
  maxReplicaCount: {{ .Values.autoscaling.maxReplicas }}
  pollingInterval: 15
  {{- if .Values.keda.prometheus.serverAddress }}
  {{- /* Without Prometheus the deployment keeps what it has, and never less than the minimum. */}}
  fallback:
    failureThreshold: 3
    replicas: {{ .Values.autoscaling.minReplicas }}
    behavior: currentReplicasIfHigher
  {{- end }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- include "authdb.behavior" . | nindent 8 }}
  triggers:
    {{- with .Values.keda.cpuUtilization }}
    - type: cpu
      metricType: Utilization
      metadata:
        value: {{ . | quote }}
        containerName: {{ $.Chart.Name }}
    {{- end }}
    {{- if .Values.keda.prometheus.serverAddress }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ .Values.keda.prometheus.serverAddress | quote }}
        query: {{ tpl .Values.keda.prometheus.query . | quote }}
        threshold: {{ .Values.keda.prometheus.threshold | quote }}
        activationThreshold: "0"
    {{- end }}
{{- end -}}
{{- end }}

{{- define "authdb.pdb" -}}
{{- if .Values.podDisruptionBudget.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "authdb.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end }}

{{/* One monitor at most: of pods (each pod is scraped whatever Services exist) or of the internal Service. */}}
{{- define "authdb.monitor" -}}
{{- if ne .Values.metrics.monitor "none" -}}
{{- $pods := eq .Values.metrics.monitor "pod" -}}
apiVersion: monitoring.coreos.com/v1
kind: {{ ternary "PodMonitor" "ServiceMonitor" $pods }}
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
    {{- with .Values.metrics.labels }}
    {{- include "authdb.strings" . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "authdb.selectorLabels" . | nindent 6 }}
      {{- if not $pods }}
      app.kubernetes.io/component: internal
      {{- end }}
  {{ ternary "podMetricsEndpoints" "endpoints" $pods }}:
    - port: internal
      path: /metrics
      interval: {{ .Values.metrics.interval }}
{{- end -}}
{{- end }}

{{/* For NOTES.txt: what the autoscaler that is on needs of the cluster. */}}
{{- define "authdb.scalingNotes" -}}
{{- $keda := default dict .Values.keda }}
{{- if or .Values.autoscaling.enabled (and $keda.enabled $keda.cpuUtilization) }}

Autoscaling reads CPU from metrics-server, and changes nothing without it: kubectl top pods -n {{ .Release.Namespace }} must answer.
{{- end }}
{{- end }}
