{{- define "redis.secretName" -}}
{{- if .Values.auth.generate -}}
{{- include "common.fullname" . -}}
{{- else -}}
{{- include "common.existingSecret" (dict "root" . "value" .Values.auth.existingSecret "path" "auth.existingSecret" "keys" "password, url") -}}
{{- end -}}
{{- end }}

{{/* The server needs room beside its data: buffers, fragmentation. Beyond the limit the kernel kills it. */}}
{{- define "redis.checks" -}}
{{- $limit := include "common.memoryLimit" . | int -}}
{{- $data := trimSuffix "mb" .Values.maxmemory | int -}}
{{- if gt (mul 4 $data) (mul 3 $limit) -}}
{{- fail (printf "redis: maxmemory (%s) must stay below three quarters of resources.limits.memory (%s)" .Values.maxmemory .Values.resources.limits.memory) -}}
{{- end -}}
{{- end }}

{{/* What the server reads at its start. */}}
{{- define "redis.files" -}}
redis.conf: |
  bind * -::*
  port 6379
  protected-mode yes
  dir /tmp
  # A cache: nothing is written to disk, and a restart starts empty.
  save ""
  appendonly no
  maxmemory {{ .Values.maxmemory }}
  maxmemory-policy {{ .Values.maxmemoryPolicy }}
  maxclients {{ .Values.maxClients | int64 }}
  {{- with .Values.extraConfig }}
  {{- . | nindent 2 }}
  {{- end }}
{{ (.Files.Glob "files/*").AsConfig }}
{{- end }}
