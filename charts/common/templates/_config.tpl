{{/* The settings of a service: its own `config`, with `global.config` of an umbrella chart on top. */}}
{{- define "common.config" -}}
{{- $global := default dict .Values.global -}}
{{- mergeOverwrite (deepCopy .Values.config) (default dict $global.config) | toYaml -}}
{{- end }}

{{/* A switch of a service (ingress, httpRoute) with `global.<name>` of an umbrella chart on top. Arguments: root, name. */}}
{{- define "common.switch" -}}
{{- $global := default dict .root.Values.global -}}
{{- mergeOverwrite (deepCopy (get .root.Values .name)) (default dict (get $global .name)) | toYaml -}}
{{- end }}

{{- define "common.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
data:
  {{- include "common.environment" . | nindent 2 }}
{{- end }}

{{/*
Environment that is no secret. The chart adds its own in the template "<chart>.environment".
Whole numbers pass through int64, because YAML numbers are floats here and 2592000 would become 2.592e+06.
*/}}
{{- define "common.environment" -}}
{{- $config := include "common.config" . | fromYaml -}}
HOST: 0.0.0.0
PORT: {{ .Values.ports.http | quote }}
INTERNAL_PORT: {{ .Values.ports.internal | quote }}
LOG_LEVEL: {{ $config.logLevel | quote }}
MONGODB_DATABASE: {{ .Values.mongodb.database | quote }}
MONGODB_POOL_SIZE: {{ .Values.mongodb.poolSize | int64 | quote }}
CORS_ORIGINS: {{ $config.corsOrigins | quote }}
TRUST_PROXY: {{ $config.trustProxy | quote }}
TOKEN_ISSUER: {{ $config.tokenIssuer | quote }}
TOKEN_AUDIENCE: {{ $config.tokenAudience | quote }}
RATE_LIMIT_PER_MINUTE: {{ $config.rateLimitPerMinute | int64 | quote }}
MAX_IN_FLIGHT: {{ $config.maxInFlight | int64 | quote }}
DRAIN_DELAY_MS: {{ $config.drainDelayMs | int64 | quote }}
SHUTDOWN_TIMEOUT_MS: {{ $config.shutdownTimeoutMs | int64 | quote }}
{{- include (printf "%s.environment" .Chart.Name) (dict "root" . "config" $config) | nindent 0 }}
{{- end }}

{{/* The name of a secret that must come from outside. Arguments: root, value (may hold a template), path and keys for the sentence. */}}
{{- define "common.existingSecret" -}}
{{- $name := tpl (default "" .value) .root -}}
{{- if not $name -}}
{{- fail (printf "%s: %s is required: the name of a Secret with the key%s %s" .root.Chart.Name .path (ternary "s" "" (contains ", " .keys)) .keys) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{/* One environment variable out of a secret. Arguments: name, secret, key. */}}
{{- define "common.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}
