{{/* Release and chart name, always both: other charts of the release can then name this one without asking. */}}
{{- define "authdb.fullname" -}}
{{- if contains "." .Release.Name -}}
{{- fail (printf "the release name %q holds a dot: Services are named after it, and their names cannot" .Release.Name) -}}
{{- end -}}
{{- default (printf "%s-%s" .Release.Name .Chart.Name) .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that never change over the life of a release. */}}
{{- define "authdb.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of pods: none that a new version of the chart alone would change, or it would restart every store. */}}
{{- define "authdb.podLabels" -}}
{{ include "authdb.selectorLabels" . }}
app.kubernetes.io/version: {{ include "authdb.labelValue" (include "authdb.version" .) | quote }}
app.kubernetes.io/part-of: authdb
{{- with include "authdb.commonLabels" . }}
{{ . }}
{{- end }}
{{- end }}

{{- define "authdb.labels" -}}
{{ include "authdb.podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ include "authdb.labelValue" (printf "%s-%s" .Chart.Name .Chart.Version) }}
{{- end }}

{{/* Labels for everything, from `global.commonLabels`; those that select or describe stay the chart's own. */}}
{{- define "authdb.commonLabels" -}}
{{- $global := include "authdb.global" . | fromYaml -}}
{{- $own := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/part-of" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- $labels := default dict $global.commonLabels -}}
{{- range $own }}{{ $labels = omit $labels . }}{{ end -}}
{{- include "authdb.strings" $labels -}}
{{- end }}

{{/* As a label may be: at most 63 letters, digits, dots, dashes and underscores, a letter or digit at the end. */}}
{{- define "authdb.labelValue" -}}
{{- regexReplaceAll "[^A-Za-z0-9]+$" (regexReplaceAll "[^A-Za-z0-9._-]" (regexReplaceAll "@.*$" . "") "_" | trunc 63) "" -}}
{{- end }}

{{/* What runs: the image's tag, which is the service's version unless somebody chose another. */}}
{{- define "authdb.version" -}}
{{- default .Chart.AppVersion .Values.image.tag -}}
{{- end }}

{{/* The image, from `global.imageRegistry` where an umbrella names one: a registry in the repository's name gives way to it. */}}
{{- define "authdb.image" -}}
{{- include "authdb.imageOf" (dict "root" . "image" .Values.image "version" (include "authdb.version" .)) -}}
{{- end }}

{{/* Arguments: root, image (repository, digest), version. */}}
{{- define "authdb.imageOf" -}}
{{- $repository := .image.repository -}}
{{- with (include "authdb.global" .root | fromYaml).imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $repository "") -}}
{{- end -}}
{{- if .image.digest -}}
{{ $repository }}@{{ .image.digest }}
{{- else -}}
{{ $repository }}:{{ .version }}
{{- end -}}
{{- end }}
