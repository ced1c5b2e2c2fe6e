{{/* The settings of a service: its own `config`, with `global.config` of an umbrella chart on top. */}}
{{- define "authdb.config" -}}
{{- $global := include "authdb.global" . | fromYaml -}}
{{- mergeOverwrite (deepCopy .Values.config) (default dict $global.config) | toYaml -}}
{{- end }}

{{/* A switch of a service (ingress, httpRoute) with `global.<name>` of an umbrella chart on top. Arguments: root, name. */}}
{{- define "authdb.switch" -}}
{{- $global := include "authdb.global" .root | fromYaml -}}
{{- mergeOverwrite (deepCopy (get .root.Values .name)) (default dict (get $global .name)) | toYaml -}}
{{- end }}

{{- define "authdb.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "authdb.fullname" . }}
  labels:
    {{- include "authdb.labels" . | nindent 4 }}
data:
  {{- include "authdb.environment" . | nindent 2 }}
{{- end }}

{{/*
Environment that is no secret. The chart adds its own in the template "authdb.<chart>.environment".
Whole numbers pass through int64, because YAML numbers are floats here and 2592000 would become 2.592e+06.
*/}}
{{- define "authdb.environment" -}}
{{- $config := include "authdb.config" . | fromYaml -}}
HOST: 0.0.0.0
PORT: {{ .Values.ports.http | quote }}
LOG_LEVEL: {{ $config.logLevel | quote }}
CORS_ORIGINS: {{ default "" $config.corsOrigins | quote }}
TRUST_PROXY: {{ $config.trustProxy | quote }}
MAX_IN_FLIGHT: {{ $config.maxInFlight | int64 | quote }}
SHUTDOWN_TIMEOUT_MS: {{ $config.shutdownTimeoutMs | int64 | quote }}
{{- if .Values.mongodb }}
INTERNAL_PORT: {{ .Values.ports.internal | quote }}
MONGODB_DATABASE: {{ .Values.mongodb.database | quote }}
MONGODB_POOL_SIZE: {{ .Values.mongodb.poolSize | int64 | quote }}
TOKEN_ISSUER: {{ $config.tokenIssuer | quote }}
TOKEN_AUDIENCE: {{ $config.tokenAudience | quote }}
RATE_LIMIT_PER_MINUTE: {{ $config.rateLimitPerMinute | int64 | quote }}
SERVER_TIMING: {{ $config.serverTiming | quote }}
DRAIN_DELAY_MS: {{ $config.drainDelayMs | int64 | quote }}
{{- end }}
{{- if include "authdb.caVolume" . }}
NODE_EXTRA_CA_CERTS: /etc/authdb-ca/ca.crt
{{- end }}
{{- include (printf "authdb.%s.environment" .Chart.Name) (dict "root" . "config" $config) | nindent 0 }}
{{- end }}

{{/* Certificates of authorities that the image does not know: `ca` of the service, with `global.ca` of an umbrella chart on top. */}}
{{- define "authdb.ca" -}}
{{- $global := include "authdb.global" . | fromYaml -}}
{{- /* The gateway calls nobody by TLS. */}}
{{- if .Values.ca -}}
{{- mergeOverwrite (deepCopy .Values.ca) (default dict $global.ca) | toYaml -}}
{{- end -}}
{{- end }}

{{- define "authdb.caVolume" -}}
{{- $ca := include "authdb.ca" . | fromYaml -}}
{{- if and $ca.secret $ca.configMap -}}
{{- fail (printf "%s: ca.secret and ca.configMap exclude each other" .Chart.Name) -}}
{{- end -}}
{{- if $ca.secret -}}
- name: ca
  secret: {secretName: {{ tpl $ca.secret . }}, items: [{key: {{ $ca.key }}, path: ca.crt}]}
{{- else if $ca.configMap -}}
- name: ca
  configMap: {name: {{ tpl $ca.configMap . }}, items: [{key: {{ $ca.key }}, path: ca.crt}]}
{{- end -}}
{{- end }}
