{{/*
Rules of the chart's files/alerts.yaml for the pods of this release. Prometheus' own templates use the same braces as Helm, so
that what differs between releases is a word in capitals there.
*/}}
{{- define "authdb.prometheusRule" -}}
{{- if .Values.metrics.rules.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
    {{- with .Values.metrics.rules.labels }}
    {{- include "authdb.strings" . | nindent 4 }}
    {{- end }}
spec:
  {{- $pods := printf "namespace=%q,pod=~%q" .Release.Namespace (printf "%s-.+" (include "authdb.fullname" .)) }}
  {{- .Files.Get "files/alerts.yaml" | replace "SELECTOR" $pods | replace "OBJECTIVE" (subf 1.0 (default 0.0 .Values.metrics.rules.objective) | toString) | nindent 2 }}
{{- end -}}
{{- end }}

{{/* A dashboard as Grafana's sidecar finds it: by a label. */}}
{{- define "authdb.dashboard" -}}
{{- if .Values.metrics.dashboard.enabled -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "authdb.fullname" . }}-dashboard
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
    {{- include "authdb.strings" .Values.metrics.dashboard.labels | nindent 4 }}
data:
  authdb-{{ .Chart.Name }}.json: |
    {{- .Files.Get "files/dashboard.json" | nindent 4 }}
{{- end -}}
{{- end }}

{{/* Prometheus' way to the exporter beside a store. */}}
{{- define "authdb.exporterMonitor" -}}
{{- if .Values.metrics.exporter.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
    {{- with .Values.metrics.exporter.labels }}
    {{- include "authdb.strings" . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "authdb.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints:
    - port: metrics
      interval: {{ .Values.metrics.exporter.interval }}
{{- end -}}
{{- end }}

{{/* Whom the exporter answers. */}}
{{- define "authdb.exporterIngress" -}}
{{- if .Values.metrics.exporter.enabled }}
- from:
    {{- include "authdb.peers" (dict "root" . "peers" .Values.metrics.exporter.clients) | nindent 4 }}
  ports:
    - {port: metrics, protocol: TCP}
{{- end }}
{{- end }}
