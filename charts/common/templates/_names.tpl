{{/* Release and chart name, always both: other charts of the release can then name this one without asking. */}}
{{- define "common.fullname" -}}
{{- default (printf "%s-%s" .Release.Name .Chart.Name) .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that never change over the life of a release. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of pods: none that a new version of the chart alone would change, or it would restart every store. */}}
{{- define "common.podLabels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/version: {{ include "common.version" . | trunc 63 | quote }}
app.kubernetes.io/part-of: authdb
{{- end }}

{{- define "common.labels" -}}
{{ include "common.podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What runs: the image's tag, which is the service's version unless somebody chose another. */}}
{{- define "common.version" -}}
{{- default .Chart.AppVersion .Values.image.tag -}}
{{- end }}

{{- define "common.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ include "common.version" . }}
{{- end -}}
{{- end }}

{{/* Pods of `helm test` and of set-up jobs are not the workload: they carry their own component and are selected by no Service. */}}
{{- define "common.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
app.kubernetes.io/part-of: authdb
{{- end }}

{{- define "common.testAnnotations" -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
